#include "script.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64 */
uint64_t
draw(uint64_t *state, uint64_t below)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return ((x ^ x >> 31) % below);
}

static int
draw_int(uint64_t *state, int least, int most)
{
	return (least + (int)draw(state, (uint64_t)(most - least + 1)));
}

static bool
chance(uint64_t *state, unsigned percent)
{
	return (draw(state, 100) < percent);
}

/*
 * Content.
 */

static void *
enlarge(void *old, size_t size)
{
	void *new = realloc(old, size);

	if (new == NULL)
		err(2, "realloc");
	return (new);
}

/* The room for so many bytes: not a new one for each that is added. */
static size_t
round_up(size_t length)
{
	size_t room = 64;

	while (room < length)
		room *= 2;
	return (room);
}

void
content_add(struct content *content, const char *bytes, size_t length)
{
	if (length == 0)
		return;
	if (content->length == 0 || round_up(content->length) !=
	    round_up(content->length + length))
		content->bytes = enlarge(content->bytes,
		    round_up(content->length + length));
	memcpy(content->bytes + content->length, bytes, length);
	content->length += length;
}

void
content_end_message(struct content *content)
{
	content->ends = enlarge(content->ends,
	    round_up(content->count + 1) * sizeof(*content->ends));
	content->ends[content->count++] = content->length;
}

void
content_free(struct content *content)
{
	free(content->bytes);
	free(content->ends);
	*content = (struct content){ 0 };
}

/* Any byte may come; those that something is done about come often. */
static void
write_bytes(struct content *content, size_t length, uint64_t *random)
{
	static const char special[] = "\n\n\n\r\r\r\n\0\377x";
	char *bytes = enlarge(NULL, length + 1);

	for (size_t i = 0; i < length; i++) {
		uint64_t n = draw(random, 4096);

		bytes[i] = n >= 3840 ? special[n % (sizeof(special) - 1)] :
		    (char)n;
		if (i > 0 && bytes[i - 1] == '\r' && n % 2 == 0)
			bytes[i] = '\n';
	}
	content_add(content, bytes, length);
	free(bytes);
}

/* Lines, some of them empty where that may be. The last may lack its end. */
static void
write_lines(struct content *content, size_t length, size_t most, bool empty,
    uint64_t *random)
{
	while (content->length < length) {
		size_t size = (size_t)draw(random, most + 1);
		size_t from = content->length;

		if (size == 0 && !empty)
			size = 1;
		write_bytes(content, size, random);
		for (size_t i = from; i < content->length; i++)
			if (content->bytes[i] == '\n')
				content->bytes[i] = 'n';
		if (content->length < length || chance(random, 70))
			content_add(content, "\n", 1);
	}
}

static void
write_messages(struct content *content, size_t count, size_t most, bool empty,
    uint64_t *random)
{
	for (size_t i = 0; i < count; i++) {
		size_t size = (size_t)draw(random, most + 1);

		if (size == 0 && !empty)
			size = 1;
		write_bytes(content, size, random);
		if (size > 0 && chance(random, 30))
			content->bytes[content->length - 1] = '\n';
		content_end_message(content);
	}
}

/* One of several orders of magnitude, so that small things are common. */
static size_t
some_size(uint64_t *random, size_t most)
{
	static const size_t sizes[] = {
		0, 1, 100, 100, 5000, 5000, 5000, 100000, 100000, 100000,
		1000000, 1000000, 4000000,
	};
	size_t size = sizes[draw(random, sizeof(sizes) / sizeof(sizes[0]))];

	if (size > most)
		size = most;
	return ((size_t)draw(random, size + 1));
}

/*
 * Paces.
 */

static void
set_pace(struct pace *pace, size_t length, uint64_t *random)
{
	static const size_t chunks[] = { 1, 20, 500, 4096, 65536, 1000000 };

	pace->chunk = chunks[draw(random,
	    sizeof(chunks) / sizeof(chunks[0]))];
	if (pace->chunk < length / 1000)
		pace->chunk = length / 1000;
	pace->chance = chance(random, 40) ? 0 : (unsigned)draw(random, 300);
	pace->pause = draw_int(random, 1, 12);
	pace->start = chance(random, 70) ? 0 : draw_int(random, 1, 20);
	pace->stall_at = (size_t)draw(random, length + 1);
	pace->stall = chance(random, 75) ? 0 : draw_int(random, 10, 60);
	/* Long enough for a loop that turns to be noticed. */
	if (chance(random, 3))
		pace->stall = 500;
}

/*
 * Plots.
 */

enum {
	QUIT = 1, ON_EOF = 2, NO_STDIN = 4, NO_SHUTDOWN = 8, COUNT = 16,
	MARKER = 32, IDLE = 64, KEEP = 128, READER_LEAVES = 256,
	TOO_FEW = 512, EMPTY_LINE = 1024, STINGY_PEER = 2048,
	STALLED_READER = 4096, LATE_END = 8192,
};

struct plot {
	const char *name;
	unsigned streams;	/* how often, for these */
	unsigned packets;
	unsigned datagrams;
	enum closing closing;
	enum ending ending;
	unsigned words;
};

static const struct plot plots[] = {
	/* Orderly: it has to be 0. */
	{ "the user ends first", 10, 6, 0, CLOSES, HALF_CLOSES_LAST, 0 },
	{ "the peer ends first", 10, 6, 0, CLOSES_AFTER_OUT, HALF_CLOSES, 0 },
	{ "each ends for itself", 12, 6, 0, CLOSES, HALF_CLOSES, 0 },
	{ "-q, and the peer stays", 5, 3, 9, CLOSES, STAYS, QUIT },
	{ "-q, and the peer ends", 4, 2, 0, CLOSES, HALF_CLOSES, QUIT },
	{ "-Q", 6, 3, 0, STAYS_OPEN, HALF_CLOSES, ON_EOF },
	{ "-Q, and the user ends", 3, 2, 0, CLOSES, HALF_CLOSES, ON_EOF },
	{ "-d", 4, 2, 0, STAYS_OPEN, HALF_CLOSES, NO_STDIN },
	{ "--no-shutdown", 3, 2, 0, CLOSES, HALF_CLOSES, NO_SHUTDOWN },
	{ "--no-shutdown -q", 2, 1, 0, CLOSES, STAYS, NO_SHUTDOWN | QUIT },
	{ "-W, stdin open", 0, 5, 7, STAYS_OPEN, STAYS, COUNT },
	{ "-W, stdin ends", 0, 5, 7, CLOSES, STAYS, COUNT },
	{ "-E", 0, 5, 9, CLOSES, STAYS, MARKER },
	{ "-E -Q", 0, 3, 5, STAYS_OPEN, STAYS, MARKER | ON_EOF },
	{ "-E -d", 0, 3, 5, STAYS_OPEN, STAYS, MARKER | NO_STDIN },
	{ "-E -W", 0, 3, 5, CLOSES, STAYS, MARKER | COUNT },
	{ "-w, of datagrams", 0, 0, 9, STAYS_OPEN, STAYS, IDLE },
	{ "-k", 8, 5, 0, STAYS_OPEN, HALF_CLOSES, KEEP },
	{ "-q, and a reader who stalls", 5, 2, 2, CLOSES, STAYS,
	    QUIT | STALLED_READER },
	{ "the peer is gone, and stdin ends later", 3, 2, 0, CLOSES, LEAVES,
	    LATE_END },
	/* Disorderly: it depends. */
	{ "a peer leaves", 6, 4, 9, CLOSES, LEAVES, QUIT },
	{ "a peer leaves without reading", 6, 4, 0, CLOSES, LEAVES_UNREAD, 0 },
	{ "... and there is -q", 3, 2, 0, CLOSES, LEAVES_UNREAD, QUIT },
	{ "... having half-closed", 4, 3, 0, CLOSES, HALF_CLOSES_UNREAD, 0 },
	{ "... and there is -Q", 2, 1, 0, STAYS_OPEN, HALF_CLOSES_UNREAD,
	    ON_EOF },
	{ "a peer resets", 7, 0, 0, CLOSES, RESETS, 0 },
	{ "a peer resets, stdin open", 4, 0, 0, STAYS_OPEN, RESETS, 0 },
	{ "... and there is -q", 4, 0, 0, CLOSES, RESETS, QUIT },
	{ "... having half-closed", 4, 0, 0, CLOSES, HALF_CLOSES_RESETS, 0 },
	{ "a peer that takes little resets, and there is -q", 4, 0, 0, CLOSES,
	    RESETS, QUIT | STINGY_PEER },
	{ "the reader leaves", 6, 4, 4, CLOSES, STAYS, READER_LEAVES },
	{ "the reader leaves, stdin open", 3, 2, 2, STAYS_OPEN, STAYS,
	    READER_LEAVES },
	{ "the reader leaves, the peer ends", 4, 2, 0, CLOSES, HALF_CLOSES,
	    READER_LEAVES },
	{ "-w", 5, 3, 0, STAYS_OPEN, STAYS, IDLE },
	{ "-W, and too few", 0, 4, 0, CLOSES, HALF_CLOSES, COUNT | TOO_FEW },
	{ "-W -w, and too few", 0, 2, 5, CLOSES, STAYS,
	    COUNT | TOO_FEW | IDLE },
	{ "-W -q, and too few", 0, 2, 5, CLOSES, STAYS,
	    COUNT | TOO_FEW | QUIT },
	{ "-E -L, an empty line", 0, 2, 4, CLOSES, STAYS,
	    MARKER | EMPTY_LINE | QUIT },
};

static const struct plot *
choose_plot(enum kind kind, uint64_t *random)
{
	enum { PLOTS = sizeof(plots) / sizeof(plots[0]) };
	unsigned weights[PLOTS], sum = 0;
	uint64_t at;

	for (size_t i = 0; i < PLOTS; i++) {
		weights[i] = kind == UNIX_DGRAM ? plots[i].datagrams :
		    kind == SEQPACKET ? plots[i].packets : plots[i].streams;
		/* No reset in the UNIX domain, but by what is unread. */
		if (kind == UNIX_STREAM && (plots[i].ending == RESETS ||
		    plots[i].ending == HALF_CLOSES_RESETS))
			weights[i] = 0;
		sum += weights[i];
	}
	at = draw(random, sum);
	for (size_t i = 0;; at -= weights[i++])
		if (at < weights[i])
			return (&plots[i]);
}

static enum kind
choose_kind(uint64_t *random)
{
	static const enum kind kinds[] = {
		TCP4, TCP4, TCP4, TCP4, TCP6, TCP6,
		UNIX_STREAM, UNIX_STREAM, UNIX_STREAM, UNIX_STREAM,
		SEQPACKET, SEQPACKET, SEQPACKET,
		UNIX_DGRAM, UNIX_DGRAM, UNIX_DGRAM,
	};

	return (kinds[draw(random, sizeof(kinds) / sizeof(kinds[0]))]);
}

/* What of stdin and stdout the plot cannot do with, becomes a pipe. */
static void
choose_stdio(struct script *s, const struct plot *plot, uint64_t *random)
{
	static const enum stdio ins[] = {
		STDIO_PIPE, STDIO_PIPE, STDIO_PIPE, STDIO_PIPE, STDIO_PIPE,
		STDIO_SOCKET, STDIO_SOCKET, STDIO_FILE, STDIO_FILE,
		STDIO_FILE, STDIO_BOTH, STDIO_NULL, STDIO_PACKETS,
	};
	static const enum stdio outs[] = {
		STDIO_PIPE, STDIO_PIPE, STDIO_PIPE, STDIO_PIPE,
		STDIO_SOCKET, STDIO_SOCKET, STDIO_FILE, STDIO_FILE,
		STDIO_PACKETS,
	};
	bool leaves = (plot->words & READER_LEAVES) != 0;

	s->in = ins[draw(random, sizeof(ins) / sizeof(ins[0]))];
	s->out = outs[draw(random, sizeof(outs) / sizeof(outs[0]))];
	if (!has_messages(s->kind) && s->in == STDIO_PACKETS)
		s->in = STDIO_PIPE;
	if (!has_messages(s->kind) && s->out == STDIO_PACKETS)
		s->out = STDIO_PIPE;
	if (s->in == STDIO_BOTH && (leaves || s->words.keep_open))
		s->in = STDIO_PIPE;
	if (s->in == STDIO_PACKETS && plot->words & EMPTY_LINE)
		s->in = STDIO_PIPE;
	if (s->in == STDIO_NULL && ((s->listens &&
	    plot->ending == HALF_CLOSES_LAST) || plot->words & EMPTY_LINE))
		s->in = STDIO_PIPE;
	if (leaves && s->out == STDIO_FILE)
		s->out = STDIO_PIPE;
	if (plot->words & STALLED_READER && s->out == STDIO_FILE)
		s->out = STDIO_PIPE;
	if (plot->words & (STALLED_READER | LATE_END | STINGY_PEER))
		s->in = STDIO_PIPE;
	if (s->in == STDIO_BOTH)
		s->out = STDIO_BOTH;
	s->closing = plot->closing;
	if (s->closing == CLOSES_AFTER_OUT &&
	    (s->out == STDIO_BOTH || s->out == STDIO_FILE))
		s->closing = CLOSES;
	s->pipe_size = chance(random, 70) ? 0 :
	    1 << draw_int(random, 12, 20);
	s->appends = chance(random, 30);
	s->abstract = chance(random, 25) && !is_set("PORTABLE");
}

static void
choose_words(struct script *s, const struct plot *plot, uint64_t *random)
{
	const bool messages = has_messages(s->kind);
	struct words *w = &s->words;

	*w = (struct words){ .quit = -1, .idle = -1 };
	if (plot->words & QUIT)
		w->quit = draw_int(random, 0, 60);
	if (plot->words & IDLE)
		w->idle = draw_int(random, 40, 120);
	else if (chance(random, 5))
		w->idle = 20000;
	w->quit_on_eof = (plot->words & ON_EOF) != 0;
	w->no_shutdown = (plot->words & NO_SHUTDOWN) != 0;
	w->no_stdin = (plot->words & NO_STDIN) != 0;
	w->keep_open = (plot->words & KEEP) != 0;
	w->marker = (plot->words & MARKER) != 0;
	w->connect = s->kind == UNIX_DGRAM && chance(random, 40);
	w->named = s->kind == UNIX_DGRAM && !s->listens && chance(random, 30);
	w->verbose = chance(random, 5);
	w->progress = chance(random, 4);
	w->dump = chance(random, 5);
	s->pokes = chance(random, 88) ? 0 : draw_int(random, 1, 5);
	if (plot->words & EMPTY_LINE ||
	    (messages && chance(random, 30) && !w->keep_open))
		w->lines = true;
	else if (messages && chance(random, 30) && !w->no_stdin)
		w->size = 1 + some_size(random, 20000);
	else if (chance(random, 15) && !w->no_stdin)
		w->crlf = true;
	if (chance(random, 6) && !w->no_stdin && !w->keep_open)
		w->interval = draw_int(random, 200, 3000);
	if (!messages && chance(random, 8))
		w->receive_buffer = 1 << draw_int(random, 10, 18);
	if (!messages && chance(random, 8))
		w->send_buffer = 1 << draw_int(random, 12, 18);
}

/* A plot needs its kind of listener: someone has to speak first. */
static bool
is_possible(const struct script *s, const struct plot *plot)
{
	if (plot->words & KEEP)
		return (s->listens);
	return (true);
}

/*
 * What a plot needs so that it does not depend on luck: much to send and a
 * peer who holds it up, or a reader who does; or a long time with one side
 * gone, in which a loop that turns would be noticed.
 */
static void
force(struct script *s, const struct plot *plot, uint64_t *random)
{
	struct part *part = &s->parts[0];

	if (plot->words & STINGY_PEER) {
		part->buffer = 4096;
		part->takes.chunk = 1000;
		part->takes.stall_at = (size_t)draw(random, 20000);
		part->takes.stall = 1000;
		part->lingers = draw_int(random, 80, 150);
	}
	if (plot->words & STALLED_READER) {
		s->reads.stall_at = (size_t)draw(random, 20000);
		s->reads.stall = draw_int(random, 80, 150);
		s->writes.start = draw_int(random, 10, 40);
	}
	if (plot->words & LATE_END || chance(random, 3))
		s->lingers = 250;
	if (chance(random, 3))
		part->lingers = 250;
}

/*
 * What each says.
 */

/* How much, and how it is cut: each piece may be waited for. */
static size_t
choose_length(struct script *s, const struct plot *plot, uint64_t *random)
{
	struct words *w = &s->words;
	const bool cut = w->lines || w->size > 0;
	size_t most = (size_t)-1;

	/* What one read can give has to fit in a message. */
	if (has_messages(s->kind))
		most = cut ? 400000 : w->crlf ? 50000 : 100000;
	if (s->kind == UNIX_DGRAM && most > 60000)
		most = 60000;
	if (w->interval > 0)
		most = 2000;
	most = plot->words & STINGY_PEER ? 300000 : plot->words & LATE_END ?
	    (size_t)draw(random, 2) : some_size(random, most);
	if (w->size > 0 && most / w->size > 400)
		w->size = most / 400;
	if (w->interval > 0 && w->size > 0 && most / w->size > 20)
		w->size = most / 20;
	return (most);
}

/* An empty line somewhere, or else at the end. */
static void
put_empty_line(struct content *content, uint64_t *random)
{
	size_t at = (size_t)draw(random, content->length + 1);

	while (at < content->length && content->bytes[at] != '\n')
		at++;
	if (at + 1 < content->length)
		content->bytes[at + 1] = '\n';
	else
		content_add(content, "\n\n", 2);
}

static void
write_user(struct script *s, const struct plot *plot, uint64_t *random)
{
	struct words *w = &s->words;
	size_t length;

	if (s->in == STDIO_NULL)
		return;
	if (s->in == STDIO_PACKETS) {
		w->lines = w->crlf = false;
		w->size = 0;
		w->interval = 0;
		write_messages(&s->types, (size_t)draw(random, 60), 3000,
		    false, random);
		return;
	}
	length = choose_length(s, plot, random);
	if (w->lines || w->interval > 0 || chance(random, 20))
		write_lines(&s->types, length, w->interval > 0 ? 200 :
		    length / 200 + 20, !w->marker, random);
	else
		write_bytes(&s->types, length, random);
	if (plot->words & EMPTY_LINE)
		put_empty_line(&s->types, random);
}

/* With -k, who said it can be told by the two high bits. */
static void
sign(struct content *content, unsigned number)
{
	for (size_t i = 0; i < content->length; i++)
		content->bytes[i] = (char)((content->bytes[i] & 0x3f) |
		    (int)(number << 6));
}

static void
write_peer(struct script *s, const struct plot *plot, unsigned number,
    uint64_t *random)
{
	struct content *says = &s->parts[number].says;
	const bool marker = s->words.marker;
	size_t count, most;

	if (!has_messages(s->kind)) {
		count = some_size(random, (size_t)-1);
		if (plot->words & STALLED_READER && count < 400000)
			count = 400000;
		write_bytes(says, count, random);
	} else {
		count = (size_t)draw(random, s->kind == UNIX_DGRAM ? 40 : 300);
		most = some_size(random, 100000) / (count / 8 + 1) + 2;
		/* A datagram listener has to be spoken to. */
		if (count == 0 && s->kind == UNIX_DGRAM && s->listens)
			count = 1;
		if (plot->words & STALLED_READER)
			most += 5000;
		if (plot->words & COUNT && count == 0)
			count = 1;
		write_messages(says, count, most, !marker, random);
		if (plot->words & COUNT)
			s->words.count = plot->words & TOO_FEW ? count + 1 +
			    (size_t)draw(random, 3) :
			    1 + (size_t)draw(random, count);
		if (marker)
			content_end_message(says);
		/* What comes behind the marker is nobody's. */
		if (marker && chance(random, 15))
			write_messages(says, 2, 100, true, random);
	}
	if (s->words.keep_open)
		sign(says, number);
}

/* Of the peers of -k, one may be disorderly, but not the last. */
static void
cast_peers(struct script *s, const struct plot *plot, uint64_t *random)
{
	static const enum ending rogues[] = {
		LEAVES_UNREAD, RESETS, HALF_CLOSES_UNREAD, LEAVES,
	};
	unsigned rogue = PEERS_MAX;

	s->peers = 1;
	if (s->words.keep_open) {
		s->peers = 2 + (unsigned)draw(random, PEERS_MAX - 1);
		if (s->in != STDIO_PIPE && s->in != STDIO_SOCKET &&
		    s->in != STDIO_PACKETS && chance(random, 50))
			rogue = (unsigned)draw(random, s->peers - 1);
	}
	for (unsigned i = 0; i < s->peers; i++) {
		struct part *part = &s->parts[i];

		write_peer(s, plot, i, random);
		set_pace(&part->sends, part->says.length, random);
		set_pace(&part->takes, s->types.length, random);
		part->ending = plot->ending;
		if (i == rogue)
			part->ending = rogues[draw(random, 4)];
		if (!is_tcp(s->kind) && part->ending == RESETS)
			part->ending = LEAVES_UNREAD;
		part->takes_most = (size_t)draw(random, s->types.length + 1);
		part->lingers = chance(random, 60) ? 0 :
		    draw_int(random, 1, 30);
		if (!has_messages(s->kind) && chance(random, 30))
			part->buffer = 1 << draw_int(random, 11, 17);
	}
}

void
script_write(struct script *s, uint64_t seed)
{
	uint64_t random = seed * UINT64_C(0x2545f4914f6cdd1d);
	const struct plot *plot;

	*s = (struct script){ .seed = seed, .reads_most = SIZE_MAX };
	s->kind = choose_kind(&random);
	s->listens = chance(&random, 50);
	do
		plot = choose_plot(s->kind, &random);
	while (!is_possible(s, plot));
	s->plot = plot->name;
	choose_words(s, plot, &random);
	choose_stdio(s, plot, &random);
	write_user(s, plot, &random);
	cast_peers(s, plot, &random);
	set_pace(&s->writes, s->types.length, &random);
	set_pace(&s->reads, s->parts[0].says.length, &random);
	if (plot->words & READER_LEAVES)
		s->reads_most = (size_t)draw(&random,
		    s->parts[0].says.length + 1);
	force(s, plot, &random);
}

void
script_free(struct script *s)
{
	content_free(&s->types);
	for (unsigned i = 0; i < s->peers; i++)
		content_free(&s->parts[i].says);
}

bool
script_is_talkative(const struct script *s)
{
	return (s->words.verbose || s->words.progress || s->pokes > 0);
}

bool
script_lacks_stdin(const struct script *s)
{
	return (s->listens && s->in == STDIO_NULL && s->words.quit == -1 &&
	    !s->words.marker);
}

/*
 * Printing.
 */

static const char *const stdio_names[] = {
	[STDIO_PIPE] = "a pipe", [STDIO_SOCKET] = "a stream socket",
	[STDIO_FILE] = "a file", [STDIO_BOTH] = "one socket for both",
	[STDIO_NULL] = "/dev/null", [STDIO_PACKETS] = "a packet socket",
};

static const char *const closings[] = {
	[CLOSES] = "closes it", [CLOSES_AFTER_OUT] = "closes it after stdout",
	[STAYS_OPEN] = "leaves it open",
};

static const char *const endings[] = {
	[HALF_CLOSES] = "half-closes",
	[HALF_CLOSES_LAST] = "half-closes after the other side",
	[STAYS] = "stays", [LEAVES] = "leaves",
	[LEAVES_UNREAD] = "leaves without reading all", [RESETS] = "resets",
	[HALF_CLOSES_UNREAD] = "half-closes, leaves without reading all",
	[HALF_CLOSES_RESETS] = "half-closes, resets",
};

static void
print_pace(const char *what, const struct pace *pace, FILE *f)
{
	fprintf(f, "%s up to %zu at a time", what, pace->chunk);
	if (pace->start > 0)
		fprintf(f, ", from %d ms", pace->start);
	if (pace->chance > 0)
		fprintf(f, ", %u.%u %% pauses of up to %d ms",
		    pace->chance / 10, pace->chance % 10, pace->pause);
	if (pace->stall > 0)
		fprintf(f, ", stalls at %zu for %d ms", pace->stall_at,
		    pace->stall);
}

static void
print_content(const struct content *content, FILE *f)
{
	fprintf(f, "%zu bytes", content->length);
	if (content->ends != NULL)
		fprintf(f, " in %zu messages", content->count);
}

void
script_print(const struct script *s, FILE *f)
{
	fprintf(f, "  plot: %s\n  stdin: %s, ", s->plot, stdio_names[s->in]);
	print_content(&s->types, f);
	print_pace(", written", &s->writes, f);
	fprintf(f, "; the user %s", closings[s->closing]);
	if (s->lingers > 0)
		fprintf(f, " after %d ms", s->lingers);
	fprintf(f, "\n  stdout: %s", stdio_names[s->out]);
	print_pace(", read", &s->reads, f);
	if (s->reads_most != SIZE_MAX)
		fprintf(f, "; the reader leaves after %zu", s->reads_most);
	if (s->pipe_size > 0)
		fprintf(f, "; pipes of %d", s->pipe_size);
	if (s->pokes > 0)
		fprintf(f, "; %d SIGUSR1", s->pokes);
	fputc('\n', f);
	for (unsigned i = 0; i < s->peers; i++) {
		const struct part *part = &s->parts[i];

		fprintf(f, "  peer %u: ", i);
		print_content(&part->says, f);
		print_pace(", sent", &part->sends, f);
		print_pace("; takes", &part->takes, f);
		fprintf(f, "; %s", endings[part->ending]);
		if (part->ending == LEAVES_UNREAD ||
		    part->ending == HALF_CLOSES_UNREAD)
			fprintf(f, " (of %zu)", part->takes_most);
		if (part->lingers > 0)
			fprintf(f, " after %d ms", part->lingers);
		if (part->buffer > 0)
			fprintf(f, "; buffers of %d", part->buffer);
		fputc('\n', f);
	}
}
