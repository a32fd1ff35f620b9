#include "model.h"

#include <sys/wait.h>

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS	INT64_C(1000000)

/* A time that no script of ours lasts: what ends by it, hangs. */
#define LONG	10000

enum { ORDERLY = 0, FAILED = 1, TIMED_OUT = 124 };

static void
wrong(struct verdict *verdict, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
wrong(struct verdict *verdict, const char *format, ...)
{
	size_t used = strlen(verdict->wrong);
	va_list arguments;

	if (used > 0 && used + 2 < sizeof(verdict->wrong)) {
		strcpy(verdict->wrong + used, "; ");
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(verdict->wrong + used, sizeof(verdict->wrong) - used, format,
	    arguments);
	va_end(arguments);
}

/*
 * What was owed.
 */

/* What one side is owed. */
struct owed {
	struct content content;
	bool exact;		/* messages are to be just these */
	bool barred;		/* the next line is an error */
};

static void
add_crlf(struct content *to, const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			content_add(to, "\r", 1);
		content_add(to, &bytes[i], 1);
	}
}

/* A line is a message: with its newline, or without. */
static void
cut_lines(struct owed *owed, const struct content *from, const struct words *w)
{
	size_t at = 0;

	while (at < from->length) {
		const char *line = from->bytes + at;
		const char *newline = memchr(line, '\n', from->length - at);
		size_t length = newline == NULL ? from->length - at :
		    (size_t)(newline - line) + 1;
		size_t skip = newline != NULL && w->lines ? 1 : 0;

		if (length == skip && w->marker) {
			owed->barred = true;
			return;
		}
		content_add(&owed->content, line, length - skip);
		content_end_message(&owed->content);
		at += length;
	}
}

static void
cut_sizes(struct owed *owed, const struct content *from, size_t size)
{
	for (size_t at = 0; at < from->length; at += size) {
		if (size > from->length - at)
			size = from->length - at;
		content_add(&owed->content, from->bytes + at, size);
		content_end_message(&owed->content);
	}
}

static void
cut_messages(struct owed *owed, const struct content *from, size_t length)
{
	size_t at = 0;

	for (size_t i = 0; i < from->count && from->ends[i] <= length; i++) {
		content_add(&owed->content, from->bytes + at,
		    from->ends[i] - at);
		content_end_message(&owed->content);
		at = from->ends[i];
	}
}

/* What the peer is owed of the first bytes that the user wrote. */
static void
owe_peer(const struct script *s, size_t length, struct owed *owed)
{
	const struct words *w = &s->words;
	struct content from = { 0 };

	*owed = (struct owed){ .exact = false };
	if (s->in == STDIO_PACKETS) {
		owed->exact = true;
		cut_messages(owed, &s->types, length);
		return;
	}
	if (w->crlf)
		add_crlf(&from, s->types.bytes, length);
	else
		content_add(&from, s->types.bytes, length);
	owed->exact = has_messages(s->kind) &&
	    (w->lines || w->size > 0 || w->interval > 0);
	if (owed->exact && w->size > 0)
		cut_sizes(owed, &from, w->size);
	else if (owed->exact)
		cut_lines(owed, &from, w);
	else {
		owed->content = from;
		return;
	}
	content_free(&from);
}

/* The message that is the end marker; all of them where there is none. */
static size_t
marker_of(const struct script *s, const struct content *says)
{
	size_t i = 0;

	if (!s->words.marker)
		return (says->count);
	while (i < says->count && says->ends[i] > (i == 0 ? 0 :
	    says->ends[i - 1]))
		i++;
	return (i);
}

/* What stdout is owed of the first bytes, or messages, that a peer said. */
static void
owe_stdout(const struct script *s, const struct content *says, size_t length,
    size_t count, struct owed *owed)
{
	size_t marker = marker_of(s, says), at = 0;

	*owed = (struct owed){ .exact = s->out == STDIO_PACKETS };
	if (!has_messages(s->kind)) {
		content_add(&owed->content, says->bytes, length);
		return;
	}
	if (count > marker)
		count = marker;
	if (s->words.count > 0 && count > s->words.count)
		count = s->words.count;
	for (size_t i = 0; i < count; at = says->ends[i++]) {
		length = says->ends[i] - at;
		content_add(&owed->content, says->bytes + at, length);
		if (s->words.lines && (length == 0 ||
		    says->bytes[says->ends[i] - 1] != '\n'))
			content_add(&owed->content, "\n", 1);
		content_end_message(&owed->content);
	}
}

/*
 * What was got.
 */

/* Is what was got the beginning of what was owed? `who` got it. */
static bool
is_beginning(const struct owed *owed, const struct content *got,
    const char *who, struct verdict *verdict)
{
	const struct content *content = &owed->content;
	size_t at = 0;

	while (at < got->length && at < content->length &&
	    got->bytes[at] == content->bytes[at])
		at++;
	if (at < got->length) {
		wrong(verdict, "%s got %zu bytes, of which %zu are right of "
		    "%zu", who, got->length, at, content->length);
		return (false);
	}
	if (!owed->exact)
		return (true);
	for (size_t i = 0; i < got->count; i++)
		if (i >= content->count || got->ends[i] != content->ends[i]) {
			wrong(verdict, "%s got %zu messages, of which %zu are "
			    "right", who, got->count, i);
			return (false);
		}
	return (true);
}

/* Is it all? `unread`: bytes that had arrived, and it did not want. */
static void
check_all(const struct owed *owed, const struct content *got, size_t unread,
    const char *who, struct verdict *verdict)
{
	if (!is_beginning(owed, got, who, verdict))
		return;
	if (got->length + unread != owed->content.length)
		wrong(verdict, "%s got %zu bytes and left %zu unread, of %zu",
		    who, got->length, unread, owed->content.length);
	else if (owed->exact && unread == 0 &&
	    got->count != owed->content.count)
		wrong(verdict, "%s got %zu messages of %zu", who, got->count,
		    owed->content.count);
}

/* Take the marker off what a peer got. Was there one? */
static bool
take_marker(const struct script *s, struct content *got)
{
	size_t before = got->count > 1 ? got->ends[got->count - 2] : 0;

	if (!s->words.marker || got->count == 0 ||
	    got->ends[got->count - 1] > before)
		return (false);
	got->count--;
	return (true);
}

/*
 * Words for what happened.
 */

static bool
is_idle_limited(const struct script *s)
{
	return (s->words.idle != -1 && s->words.idle < LONG);
}

/* Of all that the peer says, is the marker in what was sent? */
static bool
has_marked(const struct script *s, const struct facts *f)
{
	return (s->words.marker &&
	    f->peers[0].sent_count > marker_of(s, &s->parts[0].says));
}

static bool
may_leave_stdin(const struct script *s, const struct facts *f)
{
	const struct words *w = &s->words;

	return (w->no_stdin || script_lacks_stdin(s) || w->count > 0 ||
	    (w->quit_on_eof && (f->peers[0].ended || has_marked(s, f))) ||
	    (s->kind == UNIX_DGRAM && is_idle_limited(s)));
}

/* A silence, or the time since stdin's end, was enough. */
static bool
may_leave_peer(const struct script *s)
{
	const struct words *w = &s->words;

	return (w->quit != -1 || (s->kind == UNIX_DGRAM &&
	    (is_idle_limited(s) || (!s->listens && w->count == 0))));
}

static size_t
consumed(const struct facts *f)
{
	return (f->written - f->left);
}

static bool
has_too_few(const struct script *s)
{
	const size_t marker = marker_of(s, &s->parts[0].says);

	return (s->words.count > marker);
}

/*
 * Status 0: nobody lacks anything.
 */

static void
check_peer_has_all(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	const struct seen *seen = &f->peers[0];
	const bool early = may_leave_stdin(s, f);
	struct content got = seen->got;
	struct owed owed;
	bool marked = take_marker(s, &got);

	if (!early && !f->closed)
		wrong(verdict, "stdin is open still");
	if (!early && f->left > 0)
		wrong(verdict, "%zu bytes are left in stdin", f->left);
	if ((s->words.no_stdin || script_lacks_stdin(s)) && consumed(f) > 0)
		wrong(verdict, "%zu bytes of stdin were read", consumed(f));
	owe_peer(s, consumed(f), &owed);
	/* Without Linux, what TCP's peer has of it cannot be told. */
	if (seen->broke && is_tcp(s->kind) && is_set("PORTABLE"))
		(void)is_beginning(&owed, &got, "the peer", verdict);
	else
		check_all(&owed, &got, seen->unread, "the peer", verdict);
	if (owed.barred)
		wrong(verdict, "an empty line was no error");
	if (s->words.marker && !marked && !early && !seen->gone)
		wrong(verdict, "there was no marker");
	content_free(&owed.content);
}

static void
check_stdout_has_all(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	const struct content *says = &s->parts[0].says;
	const struct seen *seen = &f->peers[0];
	struct owed owed, least;

	owe_stdout(s, says, seen->sent, seen->sent_count, &owed);
	if (has_too_few(s))
		wrong(verdict, "there are fewer messages than -W");
	if (!may_leave_peer(s) || s->words.count > 0) {
		check_all(&owed, &f->out, f->out_unread, "stdout", verdict);
	} else if (is_beginning(&owed, &f->out, "stdout", verdict) &&
	    s->words.quit != -1) {
		owe_stdout(s, says, f->arrived, f->arrived_count, &least);
		if (f->out.length + f->out_unread < least.content.length)
			wrong(verdict, "stdout got %zu bytes of the %zu that "
			    "had arrived when stdin ended", f->out.length,
			    least.content.length);
		content_free(&least.content);
	}
	if (s->kind != UNIX_DGRAM && !seen->ended && !may_leave_peer(s) &&
	    s->words.count == 0 && !has_marked(s, f))
		wrong(verdict, "the peer had no orderly end");
	content_free(&owed.content);
}

/*
 * Another status: what there is, is no lie, and there was a reason.
 */

static void
check_no_lies(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	const struct seen *seen = &f->peers[0];
	struct content got = seen->got;
	struct owed owed;

	(void)take_marker(s, &got);
	/* The idle time lets a line go that waits for its rest: cut. */
	owe_peer(s, is_idle_limited(s) ? consumed(f) : f->written, &owed);
	(void)is_beginning(&owed, &got, "the peer", verdict);
	content_free(&owed.content);
	owe_stdout(s, &s->parts[0].says, seen->sent, seen->sent_count, &owed);
	(void)is_beginning(&owed, &f->out, "stdout", verdict);
	content_free(&owed.content);
}

/* What had arrived before the peer broke off is written all the same. */
static void
check_arrived(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	const struct seen *seen = &f->peers[0];
	struct owed owed;

	if (!seen->gone || f->reader_left || may_leave_peer(s) ||
	    s->words.count > 0 || s->words.marker ||
	    (s->kind == UNIX_DGRAM && s->words.connect))
		return;
	owe_stdout(s, &s->parts[0].says, seen->arrived, seen->arrived_count,
	    &owed);
	if (f->out.length < owed.content.length)
		wrong(verdict, "stdout got %zu bytes of the %zu that had "
		    "arrived", f->out.length, owed.content.length);
	content_free(&owed.content);
}

/* Has the peer, who closed, all that there will ever be for it? */
static bool
peer_lacks(const struct script *s, const struct facts *f)
{
	const struct content *got = &f->peers[0].got;
	struct owed owed;
	bool lacks;

	owe_peer(s, consumed(f), &owed);
	lacks = !f->closed || f->left > 0 ||
	    got->length < owed.content.length || (owed.exact &&
	    got->count < owed.content.count) || s->words.marker;
	content_free(&owed.content);
	return (lacks);
}

static bool
has_reason(const struct script *s, const struct facts *f, int status)
{
	const struct seen *seen = &f->peers[0];
	struct owed owed;

	if (status == TIMED_OUT)
		return (is_idle_limited(s));
	if (seen->broke || f->reader_left || has_too_few(s) ||
	    (seen->gone && peer_lacks(s, f)))
		return (true);
	owe_peer(s, f->written, &owed);
	content_free(&owed.content);
	/* By -q the end may come before the count is met. */
	return (owed.barred || (s->words.count > 0 && may_leave_peer(s)));
}

/* What it said failed; with -v and others there is more before and after. */
static const char *
last_words(const struct facts *f)
{
	const char *failure = strstr(f->said.bytes, "sockcat: ");

	return (failure == NULL ? f->said.bytes : failure);
}

/*
 * -k: one after the other, and the signal at the end.
 */

static bool
is_orderly(const struct part *part)
{
	return (part->ending == HALF_CLOSES);
}

/* What was said is signed: so it can be told who has said it. */
static void
check_stdout_of_many(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	size_t at = 0;
	char who[32];

	for (unsigned i = 0; i < s->peers; i++) {
		const struct seen *seen = &f->peers[i];
		struct content from = { .bytes = f->out.bytes + at };
		struct owed owed;

		snprintf(who, sizeof(who), "stdout (%u)", i);
		while (at + from.length < f->out.length &&
		    (unsigned char)from.bytes[from.length] >> 6 == i)
			from.length++;
		at += from.length;
		owe_stdout(s, &s->parts[i].says, seen->sent, seen->sent_count,
		    &owed);
		owed.exact = false;
		if (is_orderly(&s->parts[i]))
			check_all(&owed, &from, 0, who, verdict);
		else if (is_beginning(&owed, &from, who, verdict) &&
		    from.length < seen->arrived && !has_messages(s->kind))
			wrong(verdict, "%s got %zu bytes of the %zu that had "
			    "arrived", who, from.length, seen->arrived);
		content_free(&owed.content);
	}
	if (at < f->out.length)
		wrong(verdict, "stdout got %zu bytes in all, not %zu",
		    f->out.length, at);
}

/* Each is owed the file. */
static void
check_each_peer(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	struct owed owed;
	char who[32];

	owe_peer(s, s->types.length, &owed);
	for (unsigned i = 0; i < s->peers; i++) {
		snprintf(who, sizeof(who), "peer %u", i);
		if (is_orderly(&s->parts[i]))
			check_all(&owed, &f->peers[i].got, 0, who, verdict);
		else
			(void)is_beginning(&owed, &f->peers[i].got, who,
			    verdict);
	}
	content_free(&owed.content);
}

/* All of them together are owed what was read. */
static void
check_all_peers(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	struct content all = { 0 };
	struct owed owed;

	for (unsigned i = 0; i < s->peers; i++) {
		const struct content *got = &f->peers[i].got;
		size_t at = 0;

		for (size_t m = 0; m < got->count; at = got->ends[m++]) {
			content_add(&all, got->bytes + at, got->ends[m] - at);
			content_end_message(&all);
		}
		content_add(&all, got->bytes + at, got->length - at);
	}
	owe_peer(s, consumed(f), &owed);
	/* A piece that a peer's end cut short goes to it as it is. */
	if (s->in != STDIO_PACKETS)
		owed.exact = false;
	/* And CRLF is seen by each peer for itself. */
	if (!s->words.crlf)
		check_all(&owed, &all, 0, "all peers", verdict);
	content_free(&owed.content);
	content_free(&all);
}

static unsigned
count_failures(const struct script *s, const struct facts *f)
{
	unsigned failures = 0;

	for (const char *line = f->said.bytes; *line != '\0';) {
		failures += strncmp(line, "sockcat: ", 9) == 0 ||
		    !script_is_talkative(s);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	return (failures);
}

static void
judge_many(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	unsigned rogues = 0;

	for (unsigned i = 0; i < s->peers; i++)
		rogues += !is_orderly(&s->parts[i]);
	if (!f->killed || !WIFSIGNALED(f->status) ||
	    WTERMSIG(f->status) != SIGTERM)
		wrong(verdict, "status %#x instead of SIGTERM",
		    (unsigned)f->status);
	if (count_failures(s, f) > rogues)
		wrong(verdict, "it said: %s", last_words(f));
	check_stdout_of_many(s, f, verdict);
	if (s->in == STDIO_FILE)
		check_each_peer(s, f, verdict);
	else if (rogues == 0)
		check_all_peers(s, f, verdict);
}

/*
 * The verdict.
 */

static void
judge_one(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	int status = WEXITSTATUS(f->status);
	unsigned failures = count_failures(s, f);

	if (!WIFEXITED(f->status) || (status != ORDERLY && status != FAILED &&
	    status != TIMED_OUT)) {
		wrong(verdict, "status %#x: %s", (unsigned)f->status,
		    last_words(f));
		return;
	}
	if (failures != (status != ORDERLY))
		wrong(verdict, "status %d, and %u lines: %s", status, failures,
		    last_words(f));
	if (status == ORDERLY) {
		check_peer_has_all(s, f, verdict);
		check_stdout_has_all(s, f, verdict);
		return;
	}
	check_no_lies(s, f, verdict);
	if (status == FAILED)
		check_arrived(s, f, verdict);
	if (!has_reason(s, f, status))
		wrong(verdict, "status %d for no reason: %s", status,
		    last_words(f));
}

/* A loop that turns with nothing to do takes all the time there is. */
static void
check_processor(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	int64_t most = 100 * MS + (int64_t)f->calls * MS / 20;

	if (s->words.dump)
		most *= 10;
	if (is_set("WRAP") || is_set("SANITIZE"))
		return;
	if (f->processor > most)
		wrong(verdict, "it took %.0f ms of processor time, in %.0f ms",
		    (double)f->processor / MS, (double)f->took / MS);
}

void
model_judge(const struct script *s, const struct facts *f,
    struct verdict *verdict)
{
	verdict->wrong[0] = '\0';
	if (f->trouble[0] != '\0')
		wrong(verdict, "%s", f->trouble);
	if (f->hung)
		return;
	if (s->words.keep_open)
		judge_many(s, f, verdict);
	else
		judge_one(s, f, verdict);
	check_processor(s, f, verdict);
}
