/*
 * load: what is needed to measure programs that move bytes through a socket.
 *
 *	load pair [-p] file place receiver ... -- sender ...
 *	load check [-p] file place receiver ... -- sender ...
 *	load bare splice|copy|poll listen|connect place
 *	load starts count command ...
 *	load rounds count command ...
 *	load ports
 *	load gather place [command ...]
 *	load scatter merged|single place size seconds
 *	load relay milliseconds place
 *
 * A place is a port of 127.0.0.1, or the path of a UNIX socket.
 *
 * pair starts the receiver, waits until something listens at the place, and
 * then starts the sender: with stdin from the file and stdout to /dev/null or,
 * with -p, with pipes that are filled and emptied as fast as can be. It prints
 * the seconds from there to the end of both, the seconds of processor time of
 * the two, the bytes that came out of the last pipe and the kilobytes of memory
 * that the larger one took. check compares what comes out with the file.
 *
 * bare is the least program that can do it: one call in a loop, nothing else;
 * or, for both directions, poll, read and write.
 *
 * starts runs a command again and again, "hello" in its stdin, against a server
 * that takes the connection and hangs up at the end, whose port is put for
 * PORT at a word's end (with PORT in the environment, that server); it prints milliseconds
 * for each. rounds starts a command once, with an echo server, and sends 64
 * bytes through it, back and forth: it prints microseconds for each round.
 *
 * ports connects to all ports of 127.0.0.1, one after the other, and prints the
 * seconds.
 *
 * gather prints how many datagrams come to a place in a second, or with a
 * command how many bytes come out of that; scatter sends datagrams of a size
 * there for some seconds, as many as it can: so that they come merged, or each
 * by itself.
 *
 * relay prints its port, and passes on to the place what comes there, both
 * ways, with this delay, for one connection after the other.
 */
#include <sys/types.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/udp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "../number.h"

extern char **environ;

enum {
	MIB = 1024 * 1024,
	COPY = 64 * 1024,	/* bytes in a bare loop's buffer */
	ROUND = 64,		/* bytes of a round trip */
	LIMIT = 120		/* seconds until a pair is given up */
};

static char block[MIB];

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static void
nap(void)
{
	const struct timespec ms = { 0, 1000000 };

	nanosleep(&ms, NULL);
}

/*
 * Places.
 */

struct place {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_un un;
	} as;
};

static in_port_t
port_of(const char *text)
{
	return ((in_port_t)read_number(text, 0, UINT16_MAX));
}

static struct place
place_of(const char *text)
{
	struct place place;

	memset(&place, 0, sizeof(place));
	if (strchr(text, '/') == NULL) {
		place.as.in.sin_family = AF_INET;
		place.as.in.sin_port = htons(port_of(text));
		place.as.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		place.length = sizeof(place.as.in);
		return (place);
	}
	place.as.un.sun_family = AF_UNIX;
	if (strlen(text) >= sizeof(place.as.un.sun_path))
		errx(2, "%s is too long", text);
	strcpy(place.as.un.sun_path, text);
	place.length = sizeof(place.as.un);
	return (place);
}

static int
new_socket(const struct place *place, int type)
{
	int fd = socket(place->as.any.sa_family, type, 0);

	if (fd == -1)
		err(1, "socket");
	return (fd);
}

/* Bound and, as a stream, listening; a port of 0 becomes the one chosen. */
static int
listener(struct place *place, int type)
{
	const int on = 1;
	int fd = new_socket(place, type);

	if (place->as.any.sa_family == AF_UNIX)
		unlink(place->as.un.sun_path);
	else if (type == SOCK_STREAM)
		(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &place->as.any, place->length) == -1)
		err(1, "bind");
	if (type == SOCK_STREAM && listen(fd, SOMAXCONN) == -1)
		err(1, "listen");
	if (getsockname(fd, &place->as.any, &place->length) == -1)
		err(1, "getsockname");
	return (fd);
}

static int
connected(const struct place *place, int type)
{
	int fd = new_socket(place, type);

	if (connect(fd, &place->as.any, place->length) == -1)
		err(1, "connect");
	return (fd);
}

/* Does somebody listen there? Connecting would take a one-peer listener's. */
static int
is_listening(const char *text)
{
	char line[512], wanted[128];
	int unix_path = strchr(text, '/') != NULL, found = 0;
	FILE *f = fopen(unix_path ? "/proc/net/unix" : "/proc/net/tcp", "r");

	if (f == NULL)
		err(1, "/proc/net");
	if (unix_path)
		snprintf(wanted, sizeof(wanted), "%s\n", text);
	else
		snprintf(wanted, sizeof(wanted), ":%04X 00000000:0000 0A",
		    (unsigned)port_of(text));
	while (!found && fgets(line, sizeof(line), f) != NULL)
		found = strstr(line, wanted) != NULL &&
		    (!unix_path || strstr(line, " 00010000 ") != NULL);
	fclose(f);
	return (found);
}

/*
 * Pairs.
 */

struct pair {
	int pipes;
	const char *file;
	const char *place;
	char **receiver;
	char **sender;
	int compare;
};

static pid_t
start(char **command, int in, int out)
{
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid > 0)
		return (pid);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		err(1, "dup2");
	for (int fd = 3; fd < 32; fd++)
		close(fd);
	execvp(*command, command);
	err(127, "%s", *command);
}

static int
open_file(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC);

	if (fd == -1)
		err(1, "%s", name);
	return (fd);
}

/* Fill a pipe with so many bytes without making copies of them. */
static void
pour(int fd, uint64_t bytes)
{
	struct iovec part;
	ssize_t n;

	(void)fcntl(fd, F_SETPIPE_SZ, MIB);
	while (bytes > 0) {
		part.iov_base = block;
		part.iov_len = bytes < MIB ? (size_t)bytes : MIB;
		n = vmsplice(fd, &part, 1, 0);
		if (n == -1)
			err(1, "vmsplice");
		bytes -= (uint64_t)n;
	}
	_exit(0);
}

/* The file itself, for a comparison. */
static void
pour_file(int fd, const char *name)
{
	int file = open_file(name, O_RDONLY);
	ssize_t n;

	while ((n = splice(file, NULL, fd, NULL, MIB, 0)) > 0)
		continue;
	_exit(n == 0 ? 0 : 1);
}

/* Empty a pipe; how many bytes was it? */
static uint64_t
drain(int fd)
{
	int null = open_file("/dev/null", O_WRONLY);
	uint64_t bytes = 0;
	ssize_t n;

	(void)fcntl(fd, F_SETPIPE_SZ, MIB);
	while ((n = splice(fd, NULL, null, NULL, MIB, 0)) > 0)
		bytes += (uint64_t)n;
	close(null);
	return (bytes);
}

/* The same, where it has to be what the file holds. */
static uint64_t
drain_and_compare(int fd, const char *name)
{
	static char other[MIB];
	FILE *f = fopen(name, "r");
	uint64_t bytes = 0;
	ssize_t n;

	if (f == NULL)
		err(1, "%s", name);
	while ((n = read(fd, block, sizeof(block))) > 0) {
		if (fread(other, 1, (size_t)n, f) != (size_t)n ||
		    memcmp(block, other, (size_t)n) != 0)
			errx(1, "other bytes after %ju", (uintmax_t)bytes);
		bytes += (uint64_t)n;
	}
	if (getc(f) != EOF)
		errx(1, "it ends after %ju bytes", (uintmax_t)bytes);
	fclose(f);
	return (bytes);
}

static double
processor_time(const struct rusage *r)
{

	return ((double)(r->ru_utime.tv_sec + r->ru_stime.tv_sec) +
	    (double)(r->ru_utime.tv_usec + r->ru_stime.tv_usec) / 1e6);
}

/* Wait for a process; add the time it took, and note the memory, in kB. */
static void
reap(pid_t pid, double *processor, long *memory)
{
	struct rusage usage;
	int status;

	if (wait4(pid, &status, 0, &usage) == -1)
		err(1, "wait4");
	*processor += processor_time(&usage);
	if (usage.ru_maxrss > *memory)
		*memory = usage.ru_maxrss;
	if (status != 0)
		warnx("a process ended with %#x", (unsigned)status);
}

static uint64_t
size_of(const char *name)
{
	struct stat found;

	if (stat(name, &found) == -1)
		err(1, "%s", name);
	return ((uint64_t)found.st_size);
}

static void
make_pipe(int fds[2])
{

	if (pipe2(fds, O_CLOEXEC) == -1)
		err(1, "pipe");
}

/* What the sender reads: the file, or a pipe that a child fills. */
static int
source(const struct pair *pair, pid_t *filler)
{
	uint64_t size = size_of(pair->file);
	int fds[2];

	*filler = -1;
	if (!pair->pipes)
		return (open_file(pair->file, O_RDONLY));
	make_pipe(fds);
	*filler = fork();
	if (*filler == 0) {
		close(fds[0]);
		if (pair->compare)
			pour_file(fds[1], pair->file);
		pour(fds[1], size);
	}
	close(fds[1]);
	return (fds[0]);
}

static void
run_pair(const struct pair *pair)
{
	double began, processor = 0, unused = 0;
	int null = open_file("/dev/null", O_RDWR), in, out[2] = { -1, null };
	uint64_t bytes = 0;
	long memory = 0;
	pid_t receiver, sender, filler;

	if (pair->pipes || pair->compare)
		make_pipe(out);
	receiver = start(pair->receiver, null, out[1]);
	if (out[1] != null)
		close(out[1]);
	while (!is_listening(pair->place)) {
		if (waitpid(receiver, NULL, WNOHANG) != 0)
			errx(1, "the receiver did not listen");
		nap();
	}
	began = now();
	in = source(pair, &filler);
	sender = start(pair->sender, in, null);
	close(in);
	if (pair->compare)
		bytes = drain_and_compare(out[0], pair->file);
	else if (pair->pipes)
		bytes = drain(out[0]);
	reap(sender, &processor, &memory);
	reap(receiver, &processor, &memory);
	printf("%.6f %.6f %ju %ld\n", now() - began, processor,
	    (uintmax_t)bytes, memory);
	if (filler > 0)
		reap(filler, &unused, &memory);
}

static int
pair_main(char **argv, int compare)
{
	struct pair pair = { .compare = compare };
	char **word;

	if (*argv != NULL && strcmp(*argv, "-p") == 0) {
		pair.pipes = 1;
		argv++;
	}
	pair.file = *argv++;
	pair.place = *argv++;
	pair.receiver = argv;
	for (word = argv; *word != NULL && strcmp(*word, "--") != 0; word++)
		continue;
	if (*word == NULL)
		errx(2, "no --");
	*word = NULL;
	pair.sender = word + 1;
	signal(SIGPIPE, SIG_IGN);
	alarm(LIMIT);
	run_pair(&pair);
	return (0);
}

/*
 * Bare loops.
 */

static int
is_pipe(int fd)
{
	struct stat found;

	return (fstat(fd, &found) == 0 && S_ISFIFO(found.st_mode));
}

static void
copy(int from, int into)
{
	ssize_t n, done, m;

	while ((n = read(from, block, COPY)) > 0)
		for (done = 0; done < n; done += m)
			if ((m = write(into, block + done,
			    (size_t)(n - done))) == -1)
				err(1, "write");
	if (n == -1)
		err(1, "read");
}

static ssize_t
pass(int from, int into, size_t size)
{
	ssize_t n = splice(from, NULL, into, NULL, size, SPLICE_F_MOVE);

	if (n == -1)
		err(1, "splice");
	return (n);
}

/* By way of a pipe where neither side is one. */
static void
splice_all(int from, int into)
{
	int fds[2];
	ssize_t n;

	if (is_pipe(from) || is_pipe(into)) {
		(void)fcntl(is_pipe(from) ? from : into, F_SETPIPE_SZ, MIB);
		while (pass(from, into, MIB) > 0)
			continue;
		return;
	}
	make_pipe(fds);
	(void)fcntl(fds[1], F_SETPIPE_SZ, MIB);
	while ((n = pass(from, fds[1], MIB)) > 0)
		while (n > 0)
			n -= pass(fds[0], into, (size_t)n);
}

static void
poll_both(int fd)
{
	struct pollfd slots[2] = {
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};
	ssize_t n;

	while (poll(slots, 2, -1) > 0)
		for (size_t i = 0; i < 2; i++) {
			if (slots[i].revents == 0)
				continue;
			n = read(slots[i].fd, block, COPY);
			if (n <= 0 || write(i == 0 ? fd : STDOUT_FILENO, block,
			    (size_t)n) != n)
				return;
		}
}

static int
bare_main(char **argv)
{
	struct place place = place_of(argv[2]);
	int listens = strcmp(argv[1], "listen") == 0;
	int fd = listens ? accept(listener(&place, SOCK_STREAM), NULL, NULL) :
	    connected(&place, SOCK_STREAM);

	if (strcmp(argv[0], "poll") == 0) {
		poll_both(fd);
		return (0);
	}
	(strcmp(argv[0], "splice") == 0 ? splice_all : copy)(
	    listens ? fd : STDIN_FILENO, listens ? STDOUT_FILENO : fd);
	return (0);
}

/*
 * Small things.
 */

/* A server in a child; its port is put into the environment. */
static pid_t
serve(void (*answer)(int))
{
	struct place place = place_of("0");
	int fd = listener(&place, SOCK_STREAM);
	char port[8];
	pid_t pid = fork();

	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		for (;;)
			answer(accept(fd, NULL, NULL));
	close(fd);
	snprintf(port, sizeof(port), "%u",
	    (unsigned)ntohs(place.as.in.sin_port));
	setenv("PORT", port, 1);
	return (pid);
}

static void
hang_up(int fd)
{

	while (read(fd, block, COPY) > 0)
		continue;
	close(fd);
}

static void
echo(int fd)
{

	copy(fd, fd);
	close(fd);
}

/* A command whose words have the port where they end in PORT. */
static void
put_port(char **command)
{
	const char *port = getenv("PORT");
	size_t length;
	char *word;

	for (; *command != NULL; command++) {
		length = strlen(*command);
		if (length < 4 || strcmp(*command + length - 4, "PORT") != 0)
			continue;
		word = malloc(length + strlen(port));
		if (word == NULL)
			err(1, "malloc");
		memcpy(word, *command, length - 4);
		strcpy(word + length - 4, port);
		*command = word;
	}
}

static void
start_once(char **command, posix_spawn_file_actions_t *actions, int in)
{
	pid_t pid;
	int fds[2];

	make_pipe(fds);
	if (write(fds[1], "hello\n", 6) != 6)
		err(1, "write");
	close(fds[1]);
	dup2(fds[0], in);
	close(fds[0]);
	if ((errno = posix_spawnp(&pid, *command, actions, NULL, command,
	    environ)) != 0)
		err(1, "%s", *command);
	if (waitpid(pid, NULL, 0) == -1)
		err(1, "waitpid");
}

static int
starts_main(char **argv)
{
	enum { IN = 10 };
	int count = (int)read_number(argv[0], 1, INT_MAX);
	pid_t server = getenv("PORT") == NULL ? serve(hang_up) : -1;
	posix_spawn_file_actions_t actions;
	double began;

	put_port(argv + 1);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, IN, STDIN_FILENO);
	posix_spawn_file_actions_addclose(&actions, IN);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null",
	    O_WRONLY, 0);
	began = now();
	for (int i = 0; i < count; i++)
		start_once(argv + 1, &actions, IN);
	printf("%.6f\n", (now() - began) / count * 1e3);
	if (server != -1)
		kill(server, SIGKILL);
	return (0);
}

static void
round_trip(int into, int from)
{
	ssize_t n;

	if (write(into, block, ROUND) != ROUND)
		err(1, "write");
	for (size_t got = 0; got < ROUND; got += (size_t)n)
		if ((n = read(from, block, ROUND)) <= 0)
			errx(1, "the end after %zu bytes", got);
}

static int
rounds_main(char **argv)
{
	int count = (int)read_number(argv[0], 1, INT_MAX), to[2], back[2];
	pid_t server = serve(echo), pid;
	double began;

	put_port(argv + 1);
	make_pipe(to);
	make_pipe(back);
	pid = start(argv + 1, to[0], back[1]);
	close(to[0]);
	close(back[1]);
	round_trip(to[1], back[0]);
	began = now();
	for (int i = 0; i < count; i++)
		round_trip(to[1], back[0]);
	printf("%.6f\n", (now() - began) / count * 1e6);
	kill(pid, SIGKILL);
	kill(server, SIGKILL);
	return (0);
}

static int
ports_main(void)
{
	struct place place = place_of("0");
	double began = now();

	for (unsigned port = 1; port <= 65535; port++) {
		int fd = new_socket(&place, SOCK_STREAM);

		place.as.in.sin_port = htons((uint16_t)port);
		(void)connect(fd, &place.as.any, place.length);
		close(fd);
	}
	printf("%.6f\n", now() - began);
	return (0);
}

/*
 * Datagrams.
 */

/* From the first one on, for a second. */
static int
gather_main(char **argv)
{
	struct place place = place_of(argv[0]);
	unsigned long count = 0;
	double began = 0;
	pid_t pid = -1;
	int fds[2], fd;
	ssize_t n;

	if (argv[1] == NULL)
		fd = listener(&place, SOCK_DGRAM);
	else {
		make_pipe(fds);
		(void)fcntl(fds[0], F_SETPIPE_SZ, MIB);
		pid = start(argv + 1, open_file("/dev/null", O_RDONLY),
		    fds[1]);
		fd = fds[0];
	}
	alarm(LIMIT);
	while ((began == 0 || now() - began < 1) &&
	    (n = read(fd, block, sizeof(block))) > 0) {
		if (began == 0)
			began = now();
		count += pid == -1 ? 1 : (unsigned long)n;
	}
	printf("%.0f\n", (double)count / (now() - began));
	if (pid != -1)
		kill(pid, SIGTERM);
	return (0);
}

enum { BURST = 64 };	/* datagrams in one call */

/* Returns what send(2) would. */
static ssize_t
send_singly(int fd, size_t size)
{
	struct iovec part = { .iov_base = block, .iov_len = size };
	struct mmsghdr messages[BURST];

	for (size_t i = 0; i < BURST; i++)
		messages[i].msg_hdr = (struct msghdr){
			.msg_iov = &part, .msg_iovlen = 1,
		};
	return (sendmmsg(fd, messages, BURST, 0));
}

static int
scatter_main(char **argv)
{
	int merged = strcmp(argv[0], "merged") == 0;
	struct place place = place_of(argv[1]);
	int fd = connected(&place, SOCK_DGRAM);
	int size = (int)read_number(argv[2], 1, 65507);
	size_t all = (size_t)(65507 / size < BURST ? 65507 / size : BURST) *
	    (size_t)size;
	double until = now() + atof(argv[3]);

	if (merged &&
	    setsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, sizeof(size)) == -1)
		err(1, "UDP_SEGMENT");
	while (now() < until)
		if ((merged ? send(fd, block, all, 0) :
		    send_singly(fd, (size_t)size)) == -1 &&
		    errno != ECONNREFUSED)
			err(1, "send");
	return (0);
}

/*
 * The relay.
 */

enum { CHUNKS = 1024 };		/* on their way, in one direction */

struct chunk {
	double due;
	size_t size;
	size_t sent;
	char bytes[COPY];
};

/* One direction: a ring of what has come and is not due yet. */
struct wire {
	struct chunk *chunks;
	size_t first;
	size_t count;
	int from;		/* -1: its end has come, */
	int into;		/* -1: and has been passed on */
};

static double delay;

static void
wire_take(struct wire *wire)
{
	struct chunk *chunk =
	    &wire->chunks[(wire->first + wire->count) % CHUNKS];
	ssize_t n = read(wire->from, chunk->bytes, sizeof(chunk->bytes));

	if (n == -1)
		err(1, "read");
	chunk->due = now() + delay;
	chunk->size = (size_t)n;
	chunk->sent = 0;
	wire->count++;
	if (n == 0)
		wire->from = -1;
}

static void
wire_give(struct wire *wire)
{
	struct chunk *chunk = &wire->chunks[wire->first];
	ssize_t n;

	if (chunk->size == 0) {
		(void)shutdown(wire->into, SHUT_WR);
		wire->into = -1;
		return;
	}
	n = send(wire->into, chunk->bytes + chunk->sent,
	    chunk->size - chunk->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n == -1)
		err(1, "send");
	chunk->sent += (size_t)n;
	if (chunk->sent < chunk->size)
		return;
	wire->first = (wire->first + 1) % CHUNKS;
	wire->count--;
}

/* Fill in what a wire waits for, and until when. */
static void
wire_want(const struct wire *wire, struct pollfd slots[2], double *until)
{
	double due = wire->chunks[wire->first].due;

	slots[0] = (struct pollfd){ .fd = -1, .events = POLLIN };
	slots[1] = (struct pollfd){ .fd = -1, .events = POLLOUT };
	if (wire->from != -1 && wire->count < CHUNKS)
		slots[0].fd = wire->from;
	if (wire->into == -1 || wire->count == 0)
		return;
	if (due <= now())
		slots[1].fd = wire->into;
	else if (due < *until)
		*until = due;
}

static void
relay(struct wire wires[2])
{
	struct pollfd slots[4];
	double until;

	while (wires[0].into != -1 || wires[1].into != -1) {
		until = now() + 1;
		for (size_t i = 0; i < 2; i++)
			wire_want(&wires[i], &slots[2 * i], &until);
		until -= now();
		if (poll(slots, 4, until > 0 ? (int)(until * 1e3) : 0) == -1)
			err(1, "poll");
		for (size_t i = 0; i < 2; i++) {
			if (slots[2 * i].revents != 0)
				wire_take(&wires[i]);
			if (slots[2 * i + 1].revents != 0)
				wire_give(&wires[i]);
		}
	}
}

static int
relay_main(char **argv)
{
	struct place here = place_of("0"), there = place_of(argv[1]);
	int fd = listener(&here, SOCK_STREAM), one, other;

	delay = atof(argv[0]) / 1e3;
	printf("%u\n", (unsigned)ntohs(here.as.in.sin_port));
	fflush(stdout);
	for (;;) {
		one = accept(fd, NULL, NULL);
		other = connected(&there, SOCK_STREAM);
		struct wire wires[2] = {
			{ .from = one, .into = other },
			{ .from = other, .into = one },
		};
		for (size_t i = 0; i < 2; i++)
			if ((wires[i].chunks = calloc(CHUNKS,
			    sizeof(*wires[i].chunks))) == NULL)
				err(1, "calloc");
		relay(wires);
		for (size_t i = 0; i < 2; i++)
			free(wires[i].chunks);
		close(one);
		close(other);
	}
}

int
main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int words;
		int (*run)(char **);
	} loads[] = {
		{ "bare", 3, bare_main },
		{ "starts", 2, starts_main },
		{ "rounds", 2, rounds_main },
		{ "gather", 1, gather_main },
		{ "scatter", 4, scatter_main },
		{ "relay", 2, relay_main },
	};
	const char *name = argc > 1 ? argv[1] : "";

	if (argc > 5 && strcmp(name, "pair") == 0)
		return (pair_main(argv + 2, 0));
	if (argc > 5 && strcmp(name, "check") == 0)
		return (pair_main(argv + 2, 1));
	if (argc == 2 && strcmp(name, "ports") == 0)
		return (ports_main());
	for (size_t i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (argc - 2 >= loads[i].words &&
		    strcmp(name, loads[i].name) == 0)
			return (loads[i].run(argv + 2));
	errx(2, "see the top of load.c for what there is");
}
