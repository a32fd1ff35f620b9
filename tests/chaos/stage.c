#include "stage.h"

#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "actor.h"
#include "place.h"
#include "process.h"

/* How long a peer waits for what it is to leave unread. */
#define PATIENCE	(60 * MS)

/* How long between two signals. */
#define POKES		(7 * MS)

enum { WRITER, READER, SENDER, TAKER, ACTORS };

/* How a peer closes. */
enum manner { READ_ALL, UNREAD, RESET };

struct stage {
	const struct script *script;
	struct facts *facts;
	bool log;
	int64_t began;
	int64_t limit;		/* when it is given up */
	char folder[64];
	struct process process;
	bool ended;		/* sockcat has */

	char announced[256];
	size_t announced_length;
	bool ready;
	bool inspected;
	struct place there;	/* sockcat's, or where to send to it */
	struct place here;	/* the peer's own */

	int listener;
	unsigned at;		/* the peer whose turn it is */
	bool met;		/* connected */
	bool half_closed;
	int64_t end;		/* when it is to end; 0: it has not said all */
	int64_t stdin_end;	/* the same of stdin */
	int pokes;		/* signals sent, */
	int64_t poke;		/* and when the next may be */
	struct actor actors[ACTORS];
};

static void
say(const struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
say(const struct stage *stage, const char *format, ...)
{
	va_list arguments;

	if (!stage->log)
		return;
	fprintf(stderr, "%9.3f ms  ", (double)(now() - stage->began) / MS);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
}

static void
complain(struct stage *stage, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(struct stage *stage, const char *format, ...)
{
	char *trouble = stage->facts->trouble;
	size_t used = strlen(trouble);
	va_list arguments;

	if (used > 0 && used + 2 < sizeof(stage->facts->trouble)) {
		strcpy(trouble + used, "; ");
		used += 2;
	}
	va_start(arguments, format);
	vsnprintf(trouble + used, sizeof(stage->facts->trouble) - used, format,
	    arguments);
	va_end(arguments);
}

static const struct part *
part_of(const struct stage *stage)
{
	return (&stage->script->parts[stage->at]);
}

static struct seen *
seen_of(const struct stage *stage)
{
	return (&stage->facts->peers[stage->at]);
}

/*
 * What sockcat has.
 */

static size_t
waiting(int fd)
{
	int bytes = 0;

	return (ioctl(fd, FIONREAD, &bytes) == -1 ? 0 : (size_t)bytes);
}

/* Of what the peer has sent, how much is in the other side's kernel? */
static void
note_arrived(struct stage *stage, size_t *bytes, size_t *count)
{
	const struct actor *sender = &stage->actors[SENDER];
	int left = 0;

	*bytes = sender->done;
	*count = sender->count;
	if (sender->fd == -1 || !is_tcp(stage->script->kind) ||
	    ioctl(sender->fd, SIOCOUTQ, &left) == -1)
		return;
	*bytes -= (size_t)left < *bytes ? (size_t)left : *bytes;
}

/* What it shares with the shell is to be left as it is. */
static void
inspect(struct stage *stage)
{
	const struct process *process = &stage->process;
	char byte;

	if (stage->ended || !stage->ready || process->wrapped)
		return;
	for (int fd = 0; fd <= 1; fd++)
		if (process_non_blocking(process, fd))
			complain(stage, "O_NONBLOCK is set on %d", fd);
	/* stdio, listener, socket, dump, and a pipe for each direction. */
	if (process_descriptors(process) > 10)
		complain(stage, "%d descriptors are open",
		    process_descriptors(process));
	if (!stage->inspected && read(process->leak, &byte, 1) != 0)
		complain(stage, "an inherited descriptor is open");
	stage->inspected = true;
}

static bool
freeze(struct stage *stage)
{
	return (!stage->ended && process_freeze(&stage->process));
}

static void
thaw(struct stage *stage)
{
	if (!stage->ended)
		process_thaw(&stage->process);
}

/*
 * Actors.
 */

static void
cast(struct stage *stage, int which, const char *name,
    const struct pace *pace, int fd, bool messages)
{
	struct actor *actor = &stage->actors[which];

	*actor = (struct actor){
		.name = name, .pace = pace, .fd = fd, .messages = messages,
		.most = SIZE_MAX, .hurries = stage->ended,
		.random = stage->script->seed * 31 + (uint64_t)which * 7 +
		    stage->at,
		.wake = now() + pace->start * MS,
	};
}

static void
cast_user(struct stage *stage)
{
	const struct script *s = stage->script;
	struct process *process = &stage->process;
	struct actor *actors = stage->actors;

	cast(stage, WRITER, "writer", &s->writes, process->in, false);
	actors[WRITER].says = &s->types;
	cast(stage, READER, "reader", &s->reads, process->out,
	    s->out == STDIO_PACKETS);
	actors[READER].got = &stage->facts->out;
	actors[READER].most = s->reads_most;
	actors[WRITER].over = process->in == -1;
	stage->facts->closed = process->in == -1;
	if (process->in == -1)
		stage->facts->written = s->types.length;
	actors[READER].over = process->out == -1;
}

/* A peer is there, and begins. */
static void
cast_peer(struct stage *stage, int fd)
{
	const struct script *s = stage->script;
	const struct part *part = part_of(stage);
	struct actor *actors = stage->actors;

	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(2, "O_NONBLOCK");
	cast(stage, SENDER, "sender", &part->sends, fd, false);
	cast(stage, TAKER, "taker", &part->takes, fd, has_messages(s->kind));
	actors[SENDER].says = &part->says;
	actors[SENDER].over = stage->ended;
	actors[TAKER].got = &seen_of(stage)->got;
	if (s->kind == UNIX_DGRAM)
		actors[SENDER].to = actors[TAKER].to = &stage->there;
	if (part->ending == LEAVES_UNREAD ||
	    part->ending == HALF_CLOSES_UNREAD)
		actors[TAKER].most = part->takes_most;
	stage->met = seen_of(stage)->met = true;
	stage->half_closed = false;
	stage->end = 0;
	say(stage, "peer %u is there", stage->at);
}

/* The peer is done. With -k another one may come. */
static void
part_with_peer(struct stage *stage)
{
	struct seen *seen = seen_of(stage);
	const struct actor *sender = &stage->actors[SENDER];
	const struct actor *taker = &stage->actors[TAKER];

	seen->sent = sender->done;
	seen->sent_count = sender->count;
	seen->eof = taker->eof;
	seen->error = taker->error;
	stage->facts->calls += sender->calls + taker->calls;
	if (sender->fd != -1)
		close(sender->fd);
	stage->actors[SENDER].fd = stage->actors[TAKER].fd = -1;
	stage->met = false;
	say(stage, "peer %u is gone: sent %zu, took %zu", stage->at,
	    sender->done, taker->done);
	stage->at++;
}

/* A peer that comes to a listener. */
static void
visit(struct stage *stage)
{
	const struct script *s = stage->script;
	int fd = place_socket(s->kind, part_of(stage)->buffer);

	if (s->kind == UNIX_DGRAM)
		place_listen(fd, s->kind, &stage->here);
	else if (!place_connect(fd, &stage->there)) {
		say(stage, "peer %u is refused", stage->at);
		close(fd);
		stage->at = s->peers;
		return;
	}
	cast_peer(stage, fd);
}

static void
welcome(struct stage *stage)
{
	int fd = accept(stage->listener, NULL, NULL);

	if (fd == -1)
		err(2, "accept");
	close(stage->listener);
	stage->listener = -1;
	cast_peer(stage, fd);
}

/*
 * Ends.
 */

static void
close_stdin(struct stage *stage)
{
	struct actor *writer = &stage->actors[WRITER];

	note_arrived(stage, &stage->facts->arrived,
	    &stage->facts->arrived_count);
	say(stage, "stdin is closed after %zu", writer->done);
	stage->facts->written = writer->done;
	stage->facts->closed = true;
	if (stage->script->in == STDIO_BOTH)
		shutdown(writer->fd, SHUT_WR);
	close(writer->fd);
	stage->process.in = writer->fd = -1;
	inspect(stage);
}

static void
end_writer(struct stage *stage)
{
	const struct script *s = stage->script;
	struct actor *writer = &stage->actors[WRITER];

	if (writer->fd == -1 || !writer->over || writer->failed ||
	    stage->ended || s->closing == STAYS_OPEN ||
	    (s->closing == CLOSES_AFTER_OUT && !stage->actors[READER].over))
		return;
	if (stage->stdin_end == 0)
		stage->stdin_end = now() + s->lingers * MS;
	if (now() >= stage->stdin_end)
		close_stdin(stage);
}

static void
end_reader(struct stage *stage)
{
	struct actor *reader = &stage->actors[READER];

	if (reader->fd == -1 || reader->over || stage->ended ||
	    reader->done < stage->script->reads_most)
		return;
	if (freeze(stage)) {
		stage->facts->reader_left = true;
		stage->facts->out_unread = waiting(reader->fd);
		say(stage, "the reader leaves after %zu, %zu unread",
		    reader->done, stage->facts->out_unread);
		reader->over = true;
		close(reader->fd);
		stage->process.out = reader->fd = -1;
	} else
		reader->most = SIZE_MAX;
	thaw(stage);
}

static bool
has_told_all(const struct stage *stage)
{
	const struct actor *sender = &stage->actors[SENDER];

	return (sender->done == part_of(stage)->says.length &&
	    sender->count == part_of(stage)->says.count);
}

static void
half_close(struct stage *stage)
{
	if (shutdown(stage->actors[SENDER].fd, SHUT_WR) == -1 &&
	    errno != ENOTCONN)
		err(2, "shutdown");
	stage->half_closed = true;
	stage->end = now() + part_of(stage)->lingers * MS;
	seen_of(stage)->ended = has_told_all(stage);
	say(stage, "peer %u half-closes", stage->at);
}

/* Close, and note what it means, with sockcat held still meanwhile. */
static void
break_off(struct stage *stage, enum manner manner)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };
	struct seen *seen = seen_of(stage);
	struct actor *taker = &stage->actors[TAKER];

	(void)freeze(stage);
	if (manner == READ_ALL)
		actor_drain(taker);
	seen->unread = waiting(taker->fd);
	seen->broke = seen->unread > 0 || manner == RESET;
	seen->gone = seen->broke || !taker->over;
	if (!seen->broke && has_told_all(stage))
		seen->ended = true;
	note_arrived(stage, &seen->arrived, &seen->arrived_count);
	if (manner == RESET && setsockopt(taker->fd, SOL_SOCKET, SO_LINGER,
	    &none, sizeof(none)) == -1)
		err(2, "SO_LINGER");
	say(stage, "peer %u leaves with %zu unread; %zu had arrived",
	    stage->at, seen->unread, seen->arrived);
	part_with_peer(stage);
	thaw(stage);
}

/* Is there something to leave unread, or none to be waited for? */
static bool
can_leave_unread(const struct stage *stage)
{
	const struct actor *taker = &stage->actors[TAKER];

	return (taker->over || now() > stage->end + PATIENCE ||
	    (taker->done >= taker->most && waiting(taker->fd) > 0));
}

static void
end_peer(struct stage *stage)
{
	const enum ending ending = part_of(stage)->ending;
	const struct actor *sender = &stage->actors[SENDER];
	const struct actor *taker = &stage->actors[TAKER];
	bool half = ending == HALF_CLOSES || ending == HALF_CLOSES_UNREAD ||
	    ending == HALF_CLOSES_RESETS;

	if (stage->end == 0 && sender->over)
		stage->end = now() + part_of(stage)->lingers * MS;
	if (stage->end == 0 || now() < stage->end)
		return;
	if (half && !stage->half_closed) {
		half_close(stage);
		return;
	}
	switch (ending) {
	case HALF_CLOSES:
	case HALF_CLOSES_LAST:
	case STAYS:
		if (!taker->over || (ending == STAYS && !stage->ended))
			break;
		if (ending != STAYS && has_told_all(stage))
			seen_of(stage)->ended = true;
		part_with_peer(stage);
		break;
	case LEAVES:
		break_off(stage, READ_ALL);
		break;
	case LEAVES_UNREAD:
	case HALF_CLOSES_UNREAD:
		if (can_leave_unread(stage))
			break_off(stage, UNREAD);
		break;
	case RESETS:
	case HALF_CLOSES_RESETS:
		break_off(stage, RESET);
		break;
	}
}

/* With -k it does not end by itself: all is done when it waits again. */
static void
end_listener(struct stage *stage)
{
	const int idle = stage->process.wrapped ? -1 :
	    stage->script->words.dump ? 5 : 4;

	if (stage->ended || stage->facts->killed ||
	    !stage->script->words.keep_open ||
	    stage->at < stage->script->peers ||
	    (idle != -1 && process_descriptors(&stage->process) != idle))
		return;
	say(stage, "SIGTERM");
	inspect(stage);
	stage->facts->killed = true;
	kill(stage->process.pid, SIGTERM);
}

static bool
will_poke(const struct stage *stage)
{
	return (stage->ready && !stage->ended && !stage->process.wrapped &&
	    stage->pokes < stage->script->pokes);
}

/* Ask it how far it is: that must not matter to anybody. */
static void
poke(struct stage *stage)
{
	if (!will_poke(stage) || now() < stage->poke)
		return;
	say(stage, "SIGUSR1");
	kill(stage->process.pid, SIGUSR1);
	stage->pokes++;
	stage->poke = now() + POKES;
}

/*
 * What sockcat says, and how it ends.
 */

static void
hear(struct stage *stage)
{
	char text[4096];
	ssize_t n = read(stage->process.said, text, sizeof(text));

	if (n > 0) {
		say(stage, "stderr: %.*s", (int)n, text);
		content_add(&stage->facts->said, text, (size_t)n);
	} else if (n == 0) {
		close(stage->process.said);
		stage->process.said = -1;
	}
}

static void
hear_announcement(struct stage *stage)
{
	const struct script *s = stage->script;
	ssize_t n = read(stage->process.announced,
	    stage->announced + stage->announced_length,
	    sizeof(stage->announced) - 1 - stage->announced_length);

	if (n > 0) {
		stage->announced_length += (size_t)n;
		return;
	}
	close(stage->process.announced);
	stage->process.announced = -1;
	stage->announced[strcspn(stage->announced, "\n")] = '\0';
	if (stage->announced[0] == '\0')
		return;
	say(stage, "ready at %s", stage->announced);
	stage->ready = true;
	inspect(stage);
	if (s->listens || s->kind == UNIX_DGRAM)
		place_read(&stage->there, s->kind, stage->announced);
	if (!s->listens && s->kind == UNIX_DGRAM) {
		cast_peer(stage, stage->listener);
		stage->listener = -1;
	}
}

/* What of stdin has it not read? */
static size_t
left_in_stdin(const struct stage *stage)
{
	static char buffer[65536];
	int fd = stage->process.in_theirs;
	size_t left = 0;
	ssize_t n;

	if (stage->script->in == STDIO_NULL)
		return (0);
	if (stage->script->in == STDIO_FILE)
		return (stage->script->types.length -
		    (size_t)lseek(fd, 0, SEEK_CUR));
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(2, "O_NONBLOCK");
	while ((n = read(fd, buffer, sizeof(buffer))) > 0)
		left += (size_t)n;
	return (left);
}

static void
note_end(struct stage *stage)
{
	struct facts *facts = stage->facts;
	struct actor *writer = &stage->actors[WRITER];
	struct rusage usage;

	if (wait4(stage->process.pid, &facts->status, 0, &usage) == -1)
		err(2, "wait4");
	stage->ended = true;
	facts->took = now() - stage->began;
	facts->processor = (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
	    1000 * MS + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) *
	    1000;
	if (writer->fd != -1)
		facts->written = writer->done;
	if (fcntl(stage->process.in_theirs, F_GETFL) & O_NONBLOCK)
		complain(stage, "O_NONBLOCK was set on stdin");
	facts->left = left_in_stdin(stage);
	close(stage->process.in_theirs);
	stage->process.in_theirs = -1;
	say(stage, "it ends with %#x; %zu written, %zu left",
	    (unsigned)facts->status, facts->written, facts->left);
	for (int i = 0; i < ACTORS; i++) {
		stage->actors[i].hurries = true;
		stage->actors[i].wake = 0;
	}
	writer->over = stage->actors[SENDER].over = true;
	stage->actors[READER].most = SIZE_MAX;
}

/*
 * The play.
 */

enum { SAID = ACTORS, ENDED, ANNOUNCED, DOOR, SLOTS };

static int
want(const struct stage *stage, struct pollfd slots[SLOTS])
{
	int64_t until = stage->limit, wait;

	for (int i = 0; i < ACTORS; i++) {
		slots[i].events = actor_wants(&stage->actors[i], &until);
		slots[i].fd = slots[i].events == 0 ? -1 : stage->actors[i].fd;
	}
	slots[SAID].fd = stage->process.said;
	slots[ENDED].fd = stage->ended ? -1 : stage->process.ended;
	slots[ANNOUNCED].fd = stage->process.announced;
	slots[DOOR].fd = stage->script->kind == UNIX_DGRAM ?
	    -1 : stage->listener;
	for (int i = SAID; i < SLOTS; i++)
		slots[i].events = POLLIN;
	if (stage->stdin_end != 0 && !stage->facts->closed &&
	    until > stage->stdin_end)
		until = stage->stdin_end;
	if (will_poke(stage) && until > stage->poke)
		until = stage->poke;
	/* What the peer waits for can only be looked at. */
	if (stage->met && stage->actors[SENDER].over && until > now() + 2 * MS)
		until = now() + 2 * MS;
	if (stage->at >= stage->script->peers && !stage->ended &&
	    stage->script->words.keep_open && until > now() + MS)
		until = now() + MS;
	wait = until - now();
	return (wait < 0 ? 0 : (int)((wait + MS - 1) / MS));
}

/* After the end: no more can come of datagrams, nor through a closed door. */
static void
wind_up(struct stage *stage)
{
	struct actor *taker = &stage->actors[TAKER];

	if (!stage->ended)
		return;
	if (stage->met && stage->script->kind == UNIX_DGRAM && !taker->over) {
		actor_drain(taker);
		taker->over = true;
		stage->actors[SENDER].over = true;
	}
	if (!stage->met && stage->listener != -1) {
		close(stage->listener);
		stage->listener = -1;
		stage->at = stage->script->peers;
	}
}

static void
turn(struct stage *stage, const struct pollfd slots[SLOTS])
{
	if (slots[ANNOUNCED].fd != -1 && slots[ANNOUNCED].revents != 0)
		hear_announcement(stage);
	if (slots[SAID].fd != -1 && slots[SAID].revents != 0)
		hear(stage);
	if (slots[DOOR].fd != -1 && slots[DOOR].revents != 0)
		welcome(stage);
	for (int i = 0; i < ACTORS; i++)
		if (slots[i].fd != -1 && slots[i].revents != 0)
			actor_act(&stage->actors[i]);
	if (slots[ENDED].fd != -1 && slots[ENDED].revents != 0)
		note_end(stage);
	else
		wind_up(stage);
	end_writer(stage);
	end_reader(stage);
	if (stage->met)
		end_peer(stage);
	if (!stage->met && stage->ready && stage->script->listens &&
	    stage->at < stage->script->peers)
		visit(stage);
	end_listener(stage);
	poke(stage);
}

static bool
is_over(const struct stage *stage)
{
	const struct actor *reader = &stage->actors[READER];

	return (stage->ended && reader->over && !stage->met &&
	    (stage->at >= stage->script->peers || !stage->ready) &&
	    stage->process.said == -1);
}

/* It has not ended in time: what is it doing? */
static void
give_up(struct stage *stage)
{
	const struct actor *actors = stage->actors;

	stage->facts->hung = true;
	complain(stage, "it hangs, with %d descriptors; written %zu, read "
	    "%zu, sent %zu, taken %zu", process_descriptors(&stage->process),
	    actors[WRITER].done, actors[READER].done, actors[SENDER].done,
	    actors[TAKER].done);
	if (!stage->ended) {
		kill(stage->process.pid, SIGKILL);
		(void)waitpid(stage->process.pid, &stage->facts->status, 0);
	}
}

static void
perform(struct stage *stage)
{
	struct pollfd slots[SLOTS];

	while (!is_over(stage)) {
		if (now() > stage->limit) {
			give_up(stage);
			break;
		}
		if (poll(slots, SLOTS, want(stage, slots)) == -1)
			err(2, "poll");
		turn(stage, slots);
	}
	if (stage->met)
		part_with_peer(stage);
	stage->facts->out_eof = stage->actors[READER].eof;
	stage->facts->calls += stage->actors[WRITER].calls +
	    stage->actors[READER].calls;
}

/*
 * Before and after.
 */

/* Where the peer is, or sockcat is to be; in `text` as sockcat is told. */
static void
choose_place(struct stage *stage, char *text, size_t size)
{
	const struct script *s = stage->script;
	const char *mine = s->listens && s->kind == UNIX_DGRAM ?
	    "visitor" : "peer";

	if (is_tcp(s->kind)) {
		snprintf(text, size, "%s 0",
		    s->kind == TCP4 ? "127.0.0.1" : "::1");
	} else if (s->abstract)
		snprintf(text, size, "@chaos.%d.%s", (int)getpid(), mine);
	else
		snprintf(text, size, "%s/%s", stage->folder, mine);
	place_read(&stage->here, s->kind, text);
	if (s->listens && !is_tcp(s->kind)) {
		if (s->abstract)
			snprintf(text, size, "@chaos.%d", (int)getpid());
		else
			snprintf(text, size, "%s/socket", stage->folder);
	}
	if (s->listens)
		return;
	stage->listener = place_socket(s->kind, s->parts[0].buffer);
	place_listen(stage->listener, s->kind, &stage->here);
	if (is_tcp(s->kind))
		snprintf(text, size, "%s %u",
		    s->kind == TCP4 ? "127.0.0.1" : "::1",
		    place_port(&stage->here));
}

/* What stdout is, if that is a file. */
static void
read_out(struct stage *stage)
{
	char path[128], buffer[65536];
	size_t n;
	FILE *f;

	if (stage->script->out != STDIO_FILE)
		return;
	snprintf(path, sizeof(path), "%s/out", stage->folder);
	f = fopen(path, "r");
	if (f == NULL)
		err(2, "%s", path);
	while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
		content_add(&stage->facts->out, buffer, n);
	fclose(f);
}

/* Remove the folder; what is not ours was left behind. */
static void
clear_away(struct stage *stage)
{
	static const char *const ours[] = {
		"in", "out", "peer", "visitor", "dump",
	};
	char path[sizeof(stage->folder) + NAME_MAX + 2];
	DIR *folder = opendir(stage->folder);

	if (folder == NULL)
		err(2, "%s", stage->folder);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
		bool known = entry->d_name[0] == '.';

		for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
			known = known || strcmp(entry->d_name, ours[i]) == 0;
		if (!known && !stage->facts->hung)
			complain(stage, "left behind: %s", entry->d_name);
		snprintf(path, sizeof(path), "%s/%s", stage->folder,
		    entry->d_name);
		(void)unlink(path);
	}
	closedir(folder);
	if (rmdir(stage->folder) == -1)
		err(2, "%s", stage->folder);
}

static int64_t
limit_of(const struct process *process)
{
	const char *text = getenv("LIMIT");
	int64_t seconds = text != NULL ? atoi(text) :
	    process->wrapped ? 90 : 15;

	return (seconds * 1000 * MS);
}

void
stage_play(const struct script *script, const char *sockcat,
    struct facts *facts, bool log)
{
	const char *tmp = getenv("TMPDIR");
	const int announce = 3 + (int)(script->seed % 7);
	struct stage stage = {
		.script = script, .facts = facts, .log = log,
		.began = now(), .listener = -1,
	};
	struct line line;
	char place[128];

	*facts = (struct facts){ .status = -1 };
	snprintf(stage.folder, sizeof(stage.folder), "%s/chaos.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(stage.folder) == NULL)
		err(2, "%s", stage.folder);
	choose_place(&stage, place, sizeof(place));
	process_words(script, sockcat, stage.folder, place, announce, &line);
	process_start(&stage.process, script, &line, stage.folder, announce);
	stage.limit = stage.began + limit_of(&stage.process);
	stage.actors[SENDER].fd = stage.actors[TAKER].fd = -1;
	cast_user(&stage);
	perform(&stage);
	content_add(&facts->said, "", 1);
	read_out(&stage);
	process_close(&stage.process);
	if (stage.listener != -1)
		close(stage.listener);
	clear_away(&stage);
}

void
stage_forget(struct facts *facts)
{
	content_free(&facts->out);
	content_free(&facts->said);
	for (unsigned i = 0; i < PEERS_MAX; i++)
		content_free(&facts->peers[i].got);
}
