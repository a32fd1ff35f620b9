/*
 * soak: an hour's use of one process, squeezed into minutes.
 *
 *	soak [-p peers] [-m messages] [kind ...]
 *
 * For each kind (tcp4 tcp6 unix seqpacket unixdgram; none: all of them) so many
 * peers come to one listener that stays (-k), and so many lines go through one
 * client, to a peer who sends each of them back.
 *
 * Of the peers, several at a time, most say who they are and take the file that
 * everybody is sent; the others come and go, leave without reading, reset. In
 * the end each of the former has been heard, once, and has got the file; and
 * the latter have been reported at the most.
 *
 * All the while the process must have the same descriptors and, once it is
 * warm, the same memory; and in the end, with nothing to do, do nothing.
 *
 * From the environment: SOCKCAT, the binary; WRAP, a command to put before it
 * ("valgrind -q --error-exitcode=99"): then its stderr must have nothing but
 * what sockcat says, and the memory is not looked at. Nor is it if SANITIZE
 * says that the binary has memory of others to look after.
 */
#include <sys/prctl.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../chaos/place.h"
#include "../number.h"

enum {
	VISITORS = 4,		/* peers at a time */
	BATCH = 16,		/* lines on their way, at the most */
	LINE = 64,		/* bytes of a line, at the most */
	FILE_BYTES = 3000,
	GROWTH = 64,		/* kB that a warm process may still grow by */
	WORDS = 48,
	PATIENCE = 20000	/* ms to wait for what has to come */
};

static const char *const kind_names[KINDS] = {
	[TCP4] = "tcp4", [TCP6] = "tcp6", [UNIX_STREAM] = "unix",
	[SEQPACKET] = "seqpacket", [UNIX_DGRAM] = "unixdgram",
};

/* sockcat, and what is known of it. */
struct run {
	enum kind kind;
	const char *what;	/* "crowd" or "chatter" */
	char folder[64];
	pid_t pid;
	int in;			/* to write its stdin; -1: a file */
	int out;		/* to read its stdout */
	int said;		/* a file: its stderr */
	char place[128];	/* what it announces */
	long memory;		/* kB, when it was warm */
	int descriptors;
	bool good;
};

static void
complain(struct run *run, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void
complain(struct run *run, const char *format, ...)
{
	va_list arguments;

	fprintf(stderr, "%s %s: ", run->what, kind_names[run->kind]);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	run->good = false;
}

static void
nap(long ms)
{
	const struct timespec time = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&time, NULL);
}

static unsigned
below(unsigned *state, unsigned most)
{
	*state = *state * 1664525 + 1013904223;
	return ((*state >> 8) % most);
}

/*
 * The process.
 */

static int
open_in(const struct run *run, const char *name, int flags)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", run->folder, name);
	fd = open(path, flags | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		err(2, "%s", path);
	return (fd);
}

static void
make_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) == -1)
		err(2, "pipe");
}

/* Take a text apart at its spaces. Returns how many words there are now. */
static size_t
add_words(char *words[WORDS], size_t count, const char *text)
{
	char *copy = strdup(text == NULL ? "" : text);

	for (char *w = strtok(copy, " "); w != NULL; w = strtok(NULL, " ")) {
		if (count == WORDS - 1)
			errx(2, "too many words");
		words[count++] = w;
	}
	words[count] = NULL;
	return (count);
}

static void
put_words(const struct run *run, char *words[WORDS], const char *options,
    const char *place)
{
	static const char *const types[KINDS] = {
		[SEQPACKET] = "--type=seqpacket", [UNIX_DGRAM] = "-u",
	};
	const char *sockcat = getenv("SOCKCAT");
	size_t count = add_words(words, 0, getenv("WRAP"));

	count = add_words(words, count,
	    sockcat == NULL ? "build/sockcat" : sockcat);
	count = add_words(words, count, "--announce=/dev/fd/3");
	count = add_words(words, count, types[run->kind]);
	count = add_words(words, count, options);
	(void)add_words(words, count, place);
}

/* Start it, and wait until it says where it is. */
static void
start(struct run *run, const char *options, const char *place, int in, int out)
{
	char *words[WORDS];
	int announced[2];
	ssize_t n;

	make_pipe(announced);
	run->said = open_in(run, "said", O_RDWR | O_TRUNC);
	run->pid = fork();
	if (run->pid == -1)
		err(2, "fork");
	if (run->pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		put_words(run, words, options, place);
		signal(SIGPIPE, SIG_DFL);
		if (dup2(in, 0) == -1 || dup2(out, 1) == -1 ||
		    dup2(run->said, 2) == -1 ||
		    dup2(fcntl(announced[1], F_DUPFD, 10), 3) == -1)
			err(2, "dup2");
		execvp(words[0], words);
		err(2, "%s", words[0]);
	}
	close(announced[1]);
	close(in);
	close(out);
	n = read(announced[0], run->place, sizeof(run->place) - 1);
	close(announced[0]);
	if (n <= 0)
		errx(2, "%s %s: it did not start", run->what,
		    kind_names[run->kind]);
	run->place[strcspn(run->place, "\n")] = '\0';
}

/* A number behind a name in /proc/PID/status, such as VmRSS. */
static long
status_of(const struct run *run, const char *name)
{
	char path[64], line[256];
	long number = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)run->pid);
	f = fopen(path, "r");
	if (f == NULL)
		return (-1);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strncmp(line, name, strlen(name)) == 0)
			number = strtol(line + strlen(name) + 1, NULL, 10);
	fclose(f);
	return (number);
}

static int
count_descriptors(const struct run *run)
{
	char path[64];
	int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)run->pid);
	folder = opendir(path);
	if (folder == NULL)
		return (-1);
	while (readdir(folder) != NULL)
		count++;
	closedir(folder);
	return (count - 2);
}

/* Processor time, in ticks. */
static unsigned long
processor(const struct run *run)
{
	char path[64];
	unsigned long user = 0, kernel = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)run->pid);
	f = fopen(path, "r");
	if (f == NULL || fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u "
	    "%*u %*u %*u %*u %lu %lu", &user, &kernel) != 2)
		err(2, "%s", path);
	fclose(f);
	return (user + kernel);
}

static void
note_warm(struct run *run)
{
	run->memory = status_of(run, "VmRSS:");
	run->descriptors = count_descriptors(run);
}

/* It has come to rest: it has what it had, and does nothing. */
static void
check_rest(struct run *run)
{
	unsigned long used;
	long memory;
	int tries = PATIENCE / 10;

	while (count_descriptors(run) != run->descriptors && tries-- > 0)
		nap(10);
	if (count_descriptors(run) != run->descriptors)
		complain(run, "%d descriptors, and %d in the end",
		    run->descriptors, count_descriptors(run));
	memory = status_of(run, "VmRSS:");
	if (!is_set("WRAP") && !is_set("SANITIZE") &&
	    memory > run->memory + GROWTH)
		complain(run, "%ld kB of memory, and %ld in the end",
		    run->memory, memory);
	nap(50);
	used = processor(run);
	nap(500);
	used = processor(run) - used;
	if (used > 1)
		complain(run, "%lu ticks of processor time, idle", used);
	printf("  descriptors %d, memory %ld -> %ld kB, idle %lu ticks\n",
	    run->descriptors, run->memory, memory, used);
}

/* How many lines does its stderr have; and are they all its own? */
static unsigned
count_said(struct run *run)
{
	char line[512];
	unsigned count = 0;
	FILE *f = fdopen(run->said, "r");

	if (f == NULL)
		err(2, "fdopen");
	rewind(f);
	for (; fgets(line, sizeof(line), f) != NULL; count++)
		if (strncmp(line, "sockcat: ", 9) != 0)
			complain(run, "it says: %s", line);
	fclose(f);
	return (count);
}

static void
begin(struct run *run, enum kind kind, const char *what)
{
	const char *tmp = getenv("TMPDIR");

	*run = (struct run){ .kind = kind, .what = what, .in = -1,
		.good = true };
	snprintf(run->folder, sizeof(run->folder), "%s/soak.XXXXXX",
	    tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(run->folder) == NULL)
		err(2, "%s", run->folder);
}

/* Remove what is ours; the folder has to be empty then. */
static void
finish(struct run *run)
{
	static const char *const ours[] = { "said", "in", "peer" };
	char path[128];

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", run->folder, ours[i]);
		(void)unlink(path);
	}
	if (rmdir(run->folder) == -1)
		complain(run, "something is left in %s", run->folder);
}

static void
put_place(const struct run *run, const char *name, char *text, size_t size)
{
	if (is_tcp(run->kind))
		snprintf(text, size, "%s 0",
		    run->kind == TCP4 ? "127.0.0.1" : "::1");
	else
		snprintf(text, size, "%s/%s", run->folder, name);
}

/*
 * A crowd.
 */

/* Read until the end of file, or until an empty message ends it. */
static size_t
take_file(int fd, enum kind kind)
{
	char buffer[FILE_BYTES];
	size_t count = 0;
	ssize_t n;

	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		for (ssize_t i = 0; i < n; i++)
			if (buffer[i] != 'f')
				errx(1, "this is not the file");
		count += (size_t)n;
	}
	if (n == -1 && errno != ECONNRESET)
		err(1, "recv (%s)", kind_names[kind]);
	return (count);
}

static void
send_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);

		if (n == -1)
			err(1, "send");
		bytes += n;
		size -= (size_t)n;
	}
}

/* One who says who he is, and takes the file: in this order or that. */
static void
visit_well(int fd, enum kind kind, unsigned number, bool says_first)
{
	char line[LINE];
	size_t length = (size_t)snprintf(line, sizeof(line), "%u\n", number);
	size_t count = 0;

	if (!says_first)
		count = take_file(fd, kind);
	send_all(fd, line, length);
	if (shutdown(fd, SHUT_WR) == -1)
		err(1, "shutdown");
	if (says_first)
		count = take_file(fd, kind);
	if (count != FILE_BYTES)
		errx(1, "%zu bytes instead of the file", count);
}

/* One who does not: he resets, leaves what he is sent, or has only looked. */
static void
visit_badly(int fd, unsigned how)
{
	const struct linger none = { .l_onoff = 1, .l_linger = 0 };
	struct pollfd slot = { .fd = fd, .events = POLLIN };
	char byte;

	if (how % 2 == 0)
		(void)poll(&slot, 1, PATIENCE);
	if (how < 2)
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &none,
		    sizeof(none));
	else if (how < 4)
		(void)shutdown(fd, SHUT_WR);
	else
		(void)recv(fd, &byte, 1, MSG_DONTWAIT);
}

/*
 * A datagram peer: the kernel lets nobody else in while there is one. He is
 * first when he is let in, and says the end before he takes the file.
 */
static void
visit_by_datagrams(const struct place *place, unsigned number)
{
	const struct sockaddr_un any = { .sun_family = AF_UNIX };
	int fd = place_socket(UNIX_DGRAM, 0);
	char line[LINE];
	size_t length = (size_t)snprintf(line, sizeof(line), "%u\n", number);

	if (bind(fd, (const struct sockaddr *)&any,
	    sizeof(any.sun_family)) == -1)
		err(1, "bind");
	while (sendto(fd, line, length, MSG_NOSIGNAL, &place->as.any,
	    place->length) == -1) {
		if (errno != EPERM && errno != ECONNREFUSED)
			err(1, "sendto");
		nap(1);
	}
	while (sendto(fd, "", 0, MSG_NOSIGNAL, &place->as.any,
	    place->length) == -1)
		err(1, "sendto");
	if (take_file(fd, UNIX_DGRAM) != FILE_BYTES)
		errx(1, "not the whole file");
	close(fd);
}

static void
visit(enum kind kind, const struct place *place, unsigned number, bool well,
    unsigned *random)
{
	int fd;

	if (kind == UNIX_DGRAM) {
		visit_by_datagrams(place, number);
		return;
	}
	fd = place_socket(kind, 0);
	if (!place_connect(fd, place))
		errx(1, "nobody listens any more");
	if (well)
		visit_well(fd, kind, number, below(random, 2) == 0);
	else
		visit_badly(fd, below(random, 6));
	close(fd);
}

/* Every tenth is a bad one; of datagrams, where nobody waits, none. */
static bool
is_good(enum kind kind, unsigned number)
{
	return (kind == UNIX_DGRAM || number % 10 != 7);
}

/* One of several who come, one after the other, each with his numbers. */
static _Noreturn void
come_and_go(const struct run *run, unsigned which, unsigned step,
    unsigned from, unsigned until)
{
	struct place place;
	unsigned random = which + 1;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	place_read(&place, run->kind, run->place);
	for (unsigned i = from + which; i < until; i += step)
		visit(run->kind, &place, i, is_good(run->kind, i), &random);
	_exit(0);
}

/* Let those with these numbers come, and hear what they say. */
static void
receive_crowd(struct run *run, unsigned from, unsigned until, char *heard)
{
	unsigned visitors = run->kind == UNIX_DGRAM ? 1 : VISITORS;
	unsigned expected = 0, left = visitors;
	FILE *out = fdopen(dup(run->out), "r");
	char line[LINE];
	int status;

	for (unsigned i = 0; i < visitors; i++)
		if (fork() == 0)
			come_and_go(run, i, visitors, from, until);
	for (unsigned i = from; i < until; i++)
		expected += is_good(run->kind, i);
	for (; expected > 0 && fgets(line, sizeof(line), out) != NULL;
	    expected--) {
		unsigned long number = strtoul(line, NULL, 10);

		if (number < from || number >= until || heard[number]++)
			complain(run, "stdout: %s", line);
	}
	fclose(out);
	if (expected > 0)
		complain(run, "%u were not heard", expected);
	while (left-- > 0)
		if (wait(&status) == -1 || status != 0)
			complain(run, "a peer was not content");
}

static int
make_file(const struct run *run)
{
	char bytes[FILE_BYTES];
	int fd = open_in(run, "in", O_RDWR);

	memset(bytes, 'f', sizeof(bytes));
	if (write(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) ||
	    lseek(fd, 0, SEEK_SET) == -1)
		err(2, "write");
	return (fd);
}

static void
stop(struct run *run, unsigned bad)
{
	unsigned said;
	int status;

	kill(run->pid, SIGTERM);
	if (waitpid(run->pid, &status, 0) == -1)
		err(2, "wait");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM)
		complain(run, "it ends with %#x", (unsigned)status);
	said = count_said(run);
	if (said > bad)
		complain(run, "%u peers have failed, not %u", said, bad);
	printf("  reported %u of %u\n", said, bad);
}

static bool
crowd(enum kind kind, unsigned peers)
{
	char *heard = calloc(1, peers);
	char place[128];
	unsigned bad = 0, warm = peers / 10;
	struct run run;
	int out[2];

	begin(&run, kind, "crowd");
	printf("crowd %s: %u peers\n", kind_names[kind], peers);
	make_pipe(out);
	run.out = out[0];
	put_place(&run, "socket", place, sizeof(place));
	start(&run, kind == UNIX_DGRAM ? "-lkcE" : "-lk", place,
	    make_file(&run), out[1]);
	for (unsigned i = 0; i < peers; i++)
		bad += !is_good(kind, i);
	receive_crowd(&run, 0, warm, heard);
	nap(100);
	note_warm(&run);
	receive_crowd(&run, warm, peers, heard);
	check_rest(&run);
	stop(&run, bad);
	close(run.out);
	free(heard);
	finish(&run);
	return (run.good);
}

/*
 * Chatter.
 */

/* Send each message back, until the end. */
static _Noreturn void
echo(const struct run *run, int listener)
{
	static char buffer[65536];
	struct place from = { .length = 0 };
	int fd = listener;
	ssize_t n;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (run->kind != UNIX_DGRAM)
		fd = accept(listener, NULL, NULL);
	if (fd == -1)
		err(1, "accept");
	for (;;) {
		from.length = sizeof(from.as);
		n = recvfrom(fd, buffer, sizeof(buffer), 0, &from.as.any,
		    &from.length);
		if (n == -1 || (n == 0 && run->kind != UNIX_DGRAM))
			break;
		if (run->kind != UNIX_DGRAM)
			send_all(fd, buffer, (size_t)n);
		else if (sendto(fd, buffer, (size_t)n, MSG_NOSIGNAL,
		    &from.as.any, from.length) != n)
			err(1, "sendto");
		/* The marker has gone back as well. */
		if (n == 0)
			break;
	}
	_exit(n == 0 ? 0 : 1);
}

/* So many lines, a few at a time; each has to come back as it was. */
static void
chat(struct run *run, FILE *out, unsigned from, unsigned until)
{
	char lines[BATCH][LINE], all[BATCH * LINE], back[LINE];
	unsigned random = from + 1;

	while (from < until && run->good) {
		unsigned count = 1 + below(&random, BATCH);
		size_t length = 0;

		if (count > until - from)
			count = until - from;
		for (unsigned i = 0; i < count; i++) {
			snprintf(lines[i], LINE, "%u %.*s\n", from + i,
			    (int)below(&random, 32),
			    "and so on, and so on, and so on");
			length += (size_t)snprintf(all + length,
			    sizeof(all) - length, "%s", lines[i]);
		}
		if (write(run->in, all, length) != (ssize_t)length)
			err(2, "write");
		for (unsigned i = 0; i < count; i++)
			if (fgets(back, sizeof(back), out) == NULL ||
			    strcmp(back, lines[i]) != 0) {
				complain(run, "%s came back as %s", lines[i],
				    back);
				return;
			}
		from += count;
	}
}

/* The end of its stdin is the end of it, and of the peer. */
static void
hang_up(struct run *run)
{
	int status;

	close(run->in);
	if (waitpid(run->pid, &status, 0) == -1)
		err(2, "wait");
	if (status != 0)
		complain(run, "it ends with %#x", (unsigned)status);
	if (count_said(run) > 0)
		complain(run, "it has something to say");
	if (wait(&status) == -1 || status != 0)
		complain(run, "the peer was not content");
}

static bool
chatter(enum kind kind, unsigned messages)
{
	char place[128];
	struct place here;
	struct run run;
	int listener, in[2], out[2];
	FILE *f;

	begin(&run, kind, "chatter");
	printf("chatter %s: %u messages both ways\n", kind_names[kind],
	    messages);
	put_place(&run, "peer", place, sizeof(place));
	place_read(&here, kind, place);
	listener = place_socket(kind, 0);
	place_listen(listener, kind, &here);
	if (is_tcp(kind))
		snprintf(place, sizeof(place), "%s %u",
		    kind == TCP4 ? "127.0.0.1" : "::1", place_port(&here));
	if (fork() == 0)
		echo(&run, listener);
	close(listener);
	make_pipe(in);
	make_pipe(out);
	run.in = in[1];
	start(&run, has_messages(kind) ? "-L -E" : "", place, in[0], out[1]);
	f = fdopen(out[0], "r");
	chat(&run, f, 0, messages / 10);
	nap(100);
	note_warm(&run);
	chat(&run, f, messages / 10, messages);
	check_rest(&run);
	hang_up(&run);
	fclose(f);
	finish(&run);
	return (run.good);
}

static unsigned
read_count(const char *text)
{

	return ((unsigned)read_number(text, 10, 1000000000));
}

static bool
is_wanted(enum kind kind, char *const names[])
{
	if (*names == NULL)
		return (true);
	for (; *names != NULL; names++)
		if (strcmp(*names, kind_names[kind]) == 0)
			return (true);
	return (false);
}

int
main(int argc, char *argv[])
{
	unsigned peers = 10000, messages = 1000000;
	bool good = true;
	int ch;

	while ((ch = getopt(argc, argv, "m:p:")) != -1)
		if (ch == 'm')
			messages = read_count(optarg);
		else if (ch == 'p')
			peers = read_count(optarg);
		else
			errx(2, "usage: soak [-p peers] [-m messages] "
			    "[kind ...]");
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IONBF, 0);
	for (enum kind kind = TCP4; kind < KINDS; kind++)
		if (is_wanted(kind, argv + optind)) {
			good = crowd(kind, peers) && good;
			good = chatter(kind, messages) && good;
		}
	printf("%s\n", good ? "all is as it was" : "something is wrong");
	return (good ? 0 : 1);
}
