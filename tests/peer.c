/*
 * peer: the other end of a connection, doing whatever it is told.
 *
 *	peer [-ln] [-b backlog] kind address ... [-- step ...]
 *	peer pattern bytes
 *
 * Well-behaved programs make poor tests. This one resets, leaves with input
 * unread, stops reading, goes on sending until nothing fits any more, each of
 * it exactly when the script says so. It connects, or with -l listens, on
 *
 *	tcp4 tcp6 udp4 udp6	host port (a listener: none, the kernel chooses)
 *	unix seqpacket unixdgram	path or @abstract-name
 *	fifo			path (opened for writing)
 *
 * and a listener first prints its address, "host port" or the path, one line.
 * With -n nobody is at home there: whoever connects or sends is refused, and
 * nobody else can take the port meanwhile.
 *
 * Steps are the arguments, or else the lines of stdin, where each step done is
 * answered by one line, "ok" and what it has to say. The connection is made
 * (or accepted) by the first step that needs it, so that after close, reset or
 * unread-close the next step opens a new one. A step that cannot be done ends
 * the program: status 1, and a line on stderr.
 *
 *	open			make or accept the connection, nothing else
 *	send:TEXT		send it (a message, possibly empty)
 *	urgent:TEXT		send it, its last byte as urgent data
 *	pattern:N		send N bytes of the pattern (one message)
 *	fill[:PID]		send the pattern until nothing fits any more,
 *				for good: nobody reads, and PID is asleep
 *	flood			send the pattern until the other side is gone
 *	expect:TEXT		receive exactly this (a message)
 *	expect-pattern:N	receive N bytes of the pattern (one message)
 *	recv-pattern:N		the same, in as many messages as they come
 *	expect-eof		receive the end of file, and nothing before it
 *	expect-reset		receive until a reset
 *	recv:N			receive N bytes of any content
 *	recv-eof		receive until the end of file
 *	readable		wait until there is something to receive
 *	ended			wait for the end of file, reading nothing
 *	quiet			there is nothing to receive, nor an end of file
 *	acked			wait until the other side has all that was sent
 *	half-close		shutdown(SHUT_WR)
 *	close			close(2)
 *	unread-close		wait for input, close without having read it
 *	reset			close with SO_LINGER 0, which sends RST
 *	wait			wait for a line on stdin
 *	say:WORD		print it
 *
 * The sending and receiving steps answer with the number of bytes so far, of
 * that direction, over all connections. The pattern is a sequence in which no
 * byte can be lost, doubled or moved unseen; it is a function of that number,
 * and so runs on from step to step.
 */
#include <sys/types.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/sockios.h>

#include "number.h"

enum {
	BIG = 1 << 18,		/* longer than any message */
	PIECE = 1024,		/* of a stream, or one message of fill */
	SOCKET_BUFFER = 1 << 16,	/* small, so that it is soon full */
	TICK = 10		/* ms between two looks at a condition */
};

struct kind {
	const char *name;
	int family;
	int type;
};

static const struct kind kinds[] = {
	{ "tcp4", AF_INET, SOCK_STREAM },
	{ "tcp6", AF_INET6, SOCK_STREAM },
	{ "udp4", AF_INET, SOCK_DGRAM },
	{ "udp6", AF_INET6, SOCK_DGRAM },
	{ "unix", AF_UNIX, SOCK_STREAM },
	{ "seqpacket", AF_UNIX, SOCK_SEQPACKET },
	{ "unixdgram", AF_UNIX, SOCK_DGRAM },
	{ "fifo", AF_UNSPEC, 0 },
};

struct address {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage storage;
	} u;
};

struct peer {
	const struct kind *kind;
	const char *host;	/* or the path */
	const char *port;
	int backlog;
	int deaf;
	int listener;		/* -1: connect */
	int fd;			/* -1: none now */
	struct address to;	/* a listener's last datagram came from there */
	uint64_t sent;
	uint64_t received;
	uint64_t value;		/* what a step answers, if has_value */
	int has_value;
};

struct step {
	const char *name;
	void (*run)(struct peer *, const char *);
};

static char buffer[BIG], pattern_buffer[BIG];
static const char *own_path;	/* to be removed at the end */

static int
is_stream(const struct peer *p)
{

	return (p->kind->type == SOCK_STREAM || p->kind->family == AF_UNSPEC);
}

static uint64_t
byte_count(const char *text)
{

	return ((uint64_t)read_number(text, 0, LLONG_MAX));
}

static void
pattern(char *to, uint64_t from, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		to[i] = (char)((uint32_t)(from + i) * 2654435761U >> 24);
}

static void
answer(struct peer *p, uint64_t value)
{

	p->value = value;
	p->has_value = 1;
}

/*
 * Addresses and connections.
 */

static void
remove_own_path(void)
{

	if (own_path != NULL)
		(void)unlink(own_path);
}

static void
unix_address(struct address *a, const char *path)
{
	size_t len;

	len = strlen(path);
	if (len >= sizeof(a->u.un.sun_path))
		errx(2, "path too long: %s", path);
	memset(a, 0, sizeof(*a));
	a->u.un.sun_family = AF_UNIX;
	memcpy(a->u.un.sun_path, path, len);
	if (path[0] == '@')
		a->u.un.sun_path[0] = '\0';
	else
		len++;
	a->len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
}

static void
inet_address(struct address *a, const struct kind *kind, const char *host,
    const char *port)
{
	struct addrinfo hints, *list;
	int error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = kind->family;
	hints.ai_socktype = kind->type;
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	error = getaddrinfo(host, port, &hints, &list);
	if (error != 0)
		errx(2, "%s %s: %s", host, port, gai_strerror(error));
	memset(a, 0, sizeof(*a));
	a->len = list->ai_addrlen;
	memcpy(&a->u, list->ai_addr, list->ai_addrlen);
	freeaddrinfo(list);
}

static void
given_address(const struct peer *p, struct address *a)
{

	if (p->kind->family == AF_UNIX)
		unix_address(a, p->host);
	else
		inet_address(a, p->kind, p->host, p->port);
}

static int
new_socket(const struct peer *p)
{
	const int one = 1, size = SOCKET_BUFFER;
	int fd;

	fd = socket(p->kind->family, p->kind->type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	if (p->kind->type == SOCK_STREAM) {
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
		    sizeof(size));
		if (p->kind->family != AF_UNIX)
			(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one,
			    sizeof(one));
	}
	/* A message has credentials, an end of file none: see receive(). */
	if (p->kind->type == SOCK_SEQPACKET)
		(void)setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one,
		    sizeof(one));
	return (fd);
}

static void
print_address(const struct peer *p, int fd)
{
	struct address a;
	char host[NI_MAXHOST], port[NI_MAXSERV];

	if (p->kind->family == AF_UNIX) {
		(void)puts(p->host);
		return;
	}
	a.len = sizeof(a.u);
	if (getsockname(fd, &a.u.sa, &a.len) == -1)
		err(1, "getsockname");
	if (getnameinfo(&a.u.sa, a.len, host, sizeof(host), port, sizeof(port),
	    NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		errx(1, "getnameinfo");
	(void)printf("%s %s\n", host, port);
}

/* A datagram socket connected to itself has a port, and hears nobody else. */
static void
stop_hearing(const struct peer *p, int fd)
{
	struct address a;

	if (p->kind->type != SOCK_DGRAM)
		return;
	a.len = sizeof(a.u);
	if (getsockname(fd, &a.u.sa, &a.len) == -1)
		err(1, "getsockname");
	if (connect(fd, &a.u.sa, a.len) == -1)
		err(1, "connect to itself");
}

static void
start_listening(struct peer *p)
{
	struct address a;
	int fd;

	if (p->host == NULL) {
		p->host = p->kind->family == AF_INET6 ? "::1" : "127.0.0.1";
		p->port = "0";
	}
	given_address(p, &a);
	fd = new_socket(p);
	if (bind(fd, &a.u.sa, a.len) == -1)
		err(1, "bind to %s", p->host);
	if (p->kind->family == AF_UNIX && p->host[0] != '@')
		own_path = p->host;
	if (p->deaf)
		stop_hearing(p, fd);
	else if (p->kind->type == SOCK_DGRAM)
		p->fd = fd;
	else if (listen(fd, p->backlog) == -1)
		err(1, "listen on %s", p->host);
	p->listener = fd;
	print_address(p, fd);
}

static void
start_connection(struct peer *p)
{
	struct address a;

	if (p->kind->family == AF_UNSPEC) {
		p->fd = open(p->host, O_WRONLY | O_CLOEXEC);
		if (p->fd == -1)
			err(1, "open %s", p->host);
		return;
	}
	p->fd = new_socket(p);
	if (p->kind->family == AF_UNIX && p->kind->type == SOCK_DGRAM) {
		/* The family alone: Linux chooses an abstract name. */
		a.u.sa.sa_family = AF_UNIX;
		if (bind(p->fd, &a.u.sa, sizeof(a.u.sa.sa_family)) == -1)
			err(1, "bind");
	}
	given_address(p, &a);
	if (connect(p->fd, &a.u.sa, a.len) == -1)
		err(1, "connect to %s", p->host);
}

static int
connection(struct peer *p)
{

	if (p->fd == -1 && p->listener != -1) {
		p->fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC);
		if (p->fd == -1)
			err(1, "accept");
	} else if (p->fd == -1)
		start_connection(p);
	return (p->fd);
}

static void
close_connection(struct peer *p)
{

	if (connection(p) == p->listener)
		p->listener = -1;
	if (close(p->fd) == -1)
		err(1, "close");
	p->fd = -1;
}

/*
 * Bytes and messages.
 */

/* Send what fits, or one message; -1 with EAGAIN if flags say not to wait. */
static ssize_t
send_some(struct peer *p, const char *data, size_t len, int flags)
{
	ssize_t n;

	if (p->kind->family == AF_UNSPEC)
		n = write(connection(p), data, len);
	else if (p->to.len != 0)
		n = sendto(connection(p), data, len, flags | MSG_NOSIGNAL,
		    &p->to.u.sa, p->to.len);
	else
		n = send(connection(p), data, len, flags | MSG_NOSIGNAL);
	if (n > 0)
		p->sent += (uint64_t)n;
	return (n);
}

static void
send_all(struct peer *p, const char *data, size_t len)
{
	ssize_t n;

	do {
		n = send_some(p, data, len, 0);
		if (n == -1)
			err(1, "send");
		if (!is_stream(p) && (size_t)n != len)
			errx(1, "a message was cut to %zd bytes", n);
		data += n;
		len -= (size_t)n;
	} while (len > 0);
	answer(p, p->sent);
}

/*
 * Receive some bytes, or one message, into the buffer; -1 at the end of file.
 * A packet without a byte and the end of file look the same but for the
 * packet's credentials.
 */
static ssize_t
receive(struct peer *p, size_t max, int *error)
{
	char control[256];
	struct iovec iov;
	struct msghdr msg;
	ssize_t n;

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = buffer;
	iov.iov_len = max;
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	if (p->listener != -1 && p->kind->type == SOCK_DGRAM) {
		msg.msg_name = &p->to.u;
		msg.msg_namelen = sizeof(p->to.u);
	}
	*error = 0;
	n = recvmsg(connection(p), &msg, 0);
	if (n == -1) {
		*error = errno;
		return (-1);
	}
	if (msg.msg_flags & MSG_TRUNC)
		errx(1, "a message is longer than %zu bytes", max);
	if (msg.msg_name != NULL)
		p->to.len = msg.msg_namelen;
	if (n == 0 && p->kind->type != SOCK_DGRAM && msg.msg_controllen == 0)
		return (-1);
	p->received += (uint64_t)n;
	return (n);
}

static ssize_t
receive_or_die(struct peer *p, size_t max)
{
	ssize_t n;
	int error;

	n = receive(p, max, &error);
	if (error != 0) {
		errno = error;
		err(1, "receive after %llu bytes",
		    (unsigned long long)p->received);
	}
	return (n);
}

/* Exactly these bytes; messages: exactly this one. */
static void
expect_bytes(struct peer *p, const char *data, size_t len)
{
	size_t max;
	ssize_t n;

	do {
		max = is_stream(p) ? len : sizeof(buffer);
		n = receive_or_die(p, max);
		if (n == -1)
			errx(1, "end of file, %zu bytes missing", len);
		if (!is_stream(p) && (size_t)n != len)
			errx(1, "a message of %zd bytes, not %zu", n, len);
		if (memcmp(buffer, data, (size_t)n) != 0)
			errx(1, "expected '%.*s', not '%.*s'", (int)n, data,
			    (int)n, buffer);
		data += n;
		len -= (size_t)n;
	} while (len > 0);
	answer(p, p->received);
}

/*
 * Conditions that can only be looked at.
 */

static void
wait_for(struct peer *p, short events)
{
	struct pollfd pfd;

	pfd.fd = connection(p);
	pfd.events = events;
	if (poll(&pfd, 1, -1) == -1)
		err(1, "poll");
}

static int
becomes_writable(struct peer *p)
{
	struct pollfd pfd;
	int n;

	pfd.fd = connection(p);
	pfd.events = POLLOUT;
	n = poll(&pfd, 1, TICK);
	if (n == -1)
		err(1, "poll");
	if (n > 0 && (pfd.revents & (POLLERR | POLLHUP)))
		errx(1, "the other side is gone");
	return (n > 0);
}

static int
is_asleep(const char *pid)
{
	char path[64], state;
	FILE *file;
	int n;

	(void)snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	file = fopen(path, "r");
	if (file == NULL)
		err(1, "%s", path);
	n = fscanf(file, "%*d (%*[^)]) %c", &state);
	(void)fclose(file);
	if (n != 1)
		errx(1, "%s: what is this?", path);
	return (state == 'S');
}

/*
 * The steps.
 */

static void
step_open(struct peer *p, const char *text)
{

	(void)text;
	(void)connection(p);
}

static void
step_send(struct peer *p, const char *text)
{

	send_all(p, text, strlen(text));
}

static void
step_urgent(struct peer *p, const char *text)
{
	size_t len;

	len = strlen(text);
	if (send(connection(p), text, len, MSG_OOB) != (ssize_t)len)
		err(1, "send urgent data");
	p->sent += len;
}

/* How much of the pattern comes next: one message, or a piece of the stream. */
static size_t
next_pattern(const struct peer *p, uint64_t from, uint64_t left)
{
	size_t len;

	len = left < BIG ? (size_t)left : BIG;
	if (!is_stream(p) && left > BIG)
		errx(2, "no message is that long");
	pattern(pattern_buffer, from, len);
	return (len);
}

/* Receive so many bytes, however cut, and look at them if they are pattern. */
static void
receive_until(struct peer *p, uint64_t len, int is_pattern)
{
	uint64_t end, from;
	size_t max;
	ssize_t n;

	for (end = p->received + len; p->received < end;) {
		from = p->received;
		max = sizeof(buffer);
		if (is_stream(p) && end - from < max)
			max = (size_t)(end - from);
		n = receive_or_die(p, max);
		if (n == -1)
			errx(1, "end of file, %llu bytes missing",
			    (unsigned long long)(end - from));
		pattern(pattern_buffer, from, (size_t)n);
		if (is_pattern &&
		    memcmp(buffer, pattern_buffer, (size_t)n) != 0)
			errx(1, "wrong bytes after %llu good ones",
			    (unsigned long long)from);
	}
	if (p->received != end)
		errx(1, "%llu bytes too many",
		    (unsigned long long)(p->received - end));
	answer(p, p->received);
}

static void
step_pattern(struct peer *p, const char *text)
{
	uint64_t left;
	size_t len;

	left = byte_count(text);
	do {
		len = next_pattern(p, p->sent, left);
		send_all(p, pattern_buffer, len);
		left -= len;
	} while (left > 0);
}

static void
step_expect_pattern(struct peer *p, const char *text)
{
	uint64_t left;
	size_t len;

	left = byte_count(text);
	do {
		len = next_pattern(p, p->received, left);
		expect_bytes(p, pattern_buffer, len);
		left -= len;
	} while (left > 0);
}

/*
 * What does not fit now may fit in a moment, if somebody still reads: the
 * socket has to stay full while pid (where one is given) is twice found
 * asleep.
 */
static void
step_fill(struct peer *p, const char *pid)
{
	ssize_t n;
	int full;

	if (p->kind->family == AF_UNSPEC &&
	    fcntl(connection(p), F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl");
	for (full = 0; full < 2;) {
		(void)next_pattern(p, p->sent, PIECE);
		n = send_some(p, pattern_buffer, PIECE, MSG_DONTWAIT);
		if (n == -1 && errno != EAGAIN)
			err(1, "send");
		if (n >= 0 || becomes_writable(p) ||
		    (*pid != '\0' && !is_asleep(pid)))
			full = 0;
		else
			full++;
	}
	answer(p, p->sent);
}

static void
step_flood(struct peer *p, const char *text)
{
	ssize_t n;

	(void)text;
	do {
		(void)next_pattern(p, p->sent, PIECE);
		n = send_some(p, pattern_buffer, PIECE, 0);
	} while (n != -1);
	if (errno != EPIPE && errno != ECONNRESET)
		err(1, "send");
	answer(p, p->sent);
}

static void
step_expect(struct peer *p, const char *text)
{

	expect_bytes(p, text, strlen(text));
}

static void
step_expect_eof(struct peer *p, const char *text)
{
	ssize_t n;

	(void)text;
	n = receive_or_die(p, sizeof(buffer));
	if (n != -1)
		errx(1, "%zd bytes instead of the end of file", n);
	answer(p, p->received);
}

static void
step_expect_reset(struct peer *p, const char *text)
{
	int error;

	(void)text;
	do {
		if (receive(p, sizeof(buffer), &error) == -1 && error == 0)
			errx(1, "end of file instead of a reset");
	} while (error == 0);
	if (error != ECONNRESET)
		errx(1, "%s instead of a reset", strerror(error));
	answer(p, p->received);
}

static void
step_recv(struct peer *p, const char *text)
{

	receive_until(p, byte_count(text), 0);
}

static void
step_recv_pattern(struct peer *p, const char *text)
{

	receive_until(p, byte_count(text), 1);
}

static void
step_recv_eof(struct peer *p, const char *text)
{

	(void)text;
	while (receive_or_die(p, sizeof(buffer)) != -1)
		;
	answer(p, p->received);
}

static void
step_readable(struct peer *p, const char *text)
{

	(void)text;
	wait_for(p, POLLIN);
}

static void
step_ended(struct peer *p, const char *text)
{

	(void)text;
	wait_for(p, POLLRDHUP);
}

static void
step_quiet(struct peer *p, const char *text)
{
	struct pollfd pfd;

	(void)text;
	pfd.fd = connection(p);
	pfd.events = POLLIN | POLLRDHUP;
	if (poll(&pfd, 1, 0) != 0)
		errx(1, "there is something to receive (%#x)",
		    (unsigned int)pfd.revents);
}

static void
step_acked(struct peer *p, const char *text)
{
	int left;

	(void)text;
	for (;;) {
		if (ioctl(connection(p), SIOCOUTQ, &left) == -1)
			err(1, "SIOCOUTQ");
		if (left == 0)
			return;
		(void)poll(NULL, 0, 1);
	}
}

static void
step_half_close(struct peer *p, const char *text)
{

	(void)text;
	if (shutdown(connection(p), SHUT_WR) == -1)
		err(1, "shutdown");
}

static void
step_close(struct peer *p, const char *text)
{

	(void)text;
	close_connection(p);
}

static void
step_unread_close(struct peer *p, const char *text)
{

	(void)text;
	wait_for(p, POLLIN);
	close_connection(p);
}

static void
step_reset(struct peer *p, const char *text)
{
	struct linger none;

	(void)text;
	none.l_onoff = 1;
	none.l_linger = 0;
	if (setsockopt(connection(p), SOL_SOCKET, SO_LINGER, &none,
	    sizeof(none)) == -1)
		err(1, "SO_LINGER");
	close_connection(p);
}

static void
step_wait(struct peer *p, const char *text)
{
	int ch;

	(void)p;
	(void)text;
	while ((ch = getchar()) != '\n')
		if (ch == EOF)
			errx(1, "no line to wait for");
}

static void
step_say(struct peer *p, const char *text)
{

	(void)p;
	(void)puts(text);
}

static const struct step steps[] = {
	{ "open", step_open },
	{ "send", step_send },
	{ "urgent", step_urgent },
	{ "pattern", step_pattern },
	{ "fill", step_fill },
	{ "flood", step_flood },
	{ "expect", step_expect },
	{ "expect-pattern", step_expect_pattern },
	{ "expect-eof", step_expect_eof },
	{ "expect-reset", step_expect_reset },
	{ "recv", step_recv },
	{ "recv-pattern", step_recv_pattern },
	{ "recv-eof", step_recv_eof },
	{ "readable", step_readable },
	{ "ended", step_ended },
	{ "quiet", step_quiet },
	{ "acked", step_acked },
	{ "half-close", step_half_close },
	{ "close", step_close },
	{ "unread-close", step_unread_close },
	{ "reset", step_reset },
	{ "wait", step_wait },
	{ "say", step_say },
};

static void
run_step(struct peer *p, const char *step)
{
	const char *text;
	size_t i, len;

	len = strcspn(step, ":");
	text = step[len] == ':' ? step + len + 1 : "";
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (strlen(steps[i].name) == len &&
		    strncmp(steps[i].name, step, len) == 0) {
			p->has_value = 0;
			steps[i].run(p, text);
			return;
		}
	}
	errx(2, "no such step: %s", step);
}

static void
run_lines(struct peer *p)
{
	char *line;
	size_t size;
	ssize_t len;

	line = NULL;
	size = 0;
	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		run_step(p, line);
		if (p->has_value)
			(void)printf("ok %llu\n", (unsigned long long)p->value);
		else
			(void)puts("ok");
	}
	free(line);
}

/*
 * The command line.
 */

static void
usage(void)
{

	errx(2, "usage: peer [-ln] [-b backlog] kind [address ...] "
	    "[-- step ...]");
}

static void
print_pattern(uint64_t len)
{
	uint64_t from;
	size_t n;

	for (from = 0; from < len; from += n) {
		n = len - from < BIG ? (size_t)(len - from) : BIG;
		pattern(buffer, from, n);
		if (fwrite(buffer, 1, n, stdout) != n)
			err(1, "stdout");
	}
	exit(0);
}

static const struct kind *
find_kind(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].name, name) == 0)
			return (&kinds[i]);
	errx(2, "no such kind: %s", name);
}

/* Returns what is left: NULL without steps among the arguments. */
static char **
operands(struct peer *p, char *argv[])
{

	if (argv[0] == NULL)
		usage();
	if (strcmp(argv[0], "pattern") == 0 && argv[1] != NULL)
		print_pattern(byte_count(argv[1]));
	p->kind = find_kind(*argv++);
	if (*argv != NULL && strcmp(*argv, "--") != 0)
		p->host = *argv++;
	if (*argv != NULL && strcmp(*argv, "--") != 0)
		p->port = *argv++;
	if (*argv == NULL)
		return (NULL);
	if (strcmp(*argv, "--") != 0)
		usage();
	return (argv + 1);
}

int
main(int argc, char *argv[])
{
	struct peer p = { .backlog = 8, .listener = -1, .fd = -1 };
	char **list;
	int ch, listening;

	listening = 0;
	while ((ch = getopt(argc, argv, "+b:ln")) != -1) {
		switch (ch) {
		case 'b':
			p.backlog = (int)read_number(optarg, 0, INT_MAX);
			break;
		case 'l':
			listening = 1;
			break;
		case 'n':
			listening = p.deaf = 1;
			break;
		default:
			usage();
		}
	}
	list = operands(&p, argv + optind);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)atexit(remove_own_path);
	if (listening)
		start_listening(&p);
	else if (p.host == NULL)
		usage();
	if (list == NULL)
		run_lines(&p);
	else
		for (; *list != NULL; list++)
			run_step(&p, *list);
	return (0);
}
