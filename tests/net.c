/*
 * net: what tests of the network need beside peer, one thing at a time.
 *
 *	net row kind:letters ...
 *	net tags kind [host [port]]
 *	net pass command [arg ...]
 *
 * row takes as many consecutive ports of 127.0.0.1 (or ::1) as there are
 * letters, so that whoever probes them meets nobody else, and prints the first
 * one's address, "host port". The kinds, tcp4 tcp6 udp4 udp6, begin at the same
 * port. A letter says what is to be found there:
 *
 *	o	open: sends back what it gets, an empty message too
 *	c	closed: nobody at home
 *	s	silent: a full backlog; for datagrams, nobody who answers
 *	l	closed until a line on stdin, then open
 *	m	silent until a line on stdin, then open
 *
 * It answers such a line with "ok" and the number of connections (messages, for
 * datagrams) until then, and ends with its stdin.
 *
 * tags prints its address, and for each datagram that comes to it the type of
 * service (or traffic class), the time to live (or hop limit) and the text:
 * "184 64 hello". With a host it is bound to that; with a host and a port it
 * sends "ping" there instead, and prints the answer.
 *
 * pass runs a command whose stdout is a socket, over which it has to pass
 * another one and then end with status 0. What that is like is printed in one
 * line, "blocking tos=0 ttl=64 ..."; then it is sent "hello", and what it
 * brings until the end of file is printed.
 */
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <netinet/in.h>
#include <netinet/ip.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
	SOCKETS = 128,		/* of a row, with their connections */
	TRIES = 1000		/* to find so many free ports side by side */
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
};

struct address {
	socklen_t len;
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} u;
};

struct port {
	const struct kind *kind;
	char letter;
	int fd;
	int filler;		/* what fills the backlog; -1: nothing */
};

struct row {
	struct port ports[SOCKETS];
	size_t ports_count;
	struct pollfd polled[1 + SOCKETS];
	size_t polled_count;
	unsigned long long served;
};

static char buffer[1 << 16];

static const struct kind *
find_kind(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strlen(kinds[i].name) == len &&
		    strncmp(kinds[i].name, name, len) == 0)
			return (&kinds[i]);
	errx(2, "no such kind: %s", name);
}

static void
set_address(struct address *a, int family, const char *host, const char *port)
{
	struct addrinfo hints, *list;
	int error;

	memset(&hints, 0, sizeof(hints));
	hints.ai_family = family;
	hints.ai_socktype = SOCK_STREAM;
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
set_loopback(struct address *a, int family, unsigned int port)
{
	char text[16];

	(void)snprintf(text, sizeof(text), "%u", port);
	set_address(a, family, family == AF_INET ? "127.0.0.1" : "::1", text);
}

static void
get_address(struct address *a, int fd)
{

	a->len = sizeof(a->u);
	if (getsockname(fd, &a->u.sa, &a->len) == -1)
		err(1, "getsockname");
}

static unsigned int
port_of(int fd)
{
	struct address a;

	get_address(&a, fd);
	return (ntohs(a.u.sa.sa_family == AF_INET ? a.u.in.sin_port :
	    a.u.in6.sin6_port));
}

static int
new_socket(const struct kind *kind)
{
	int fd;

	fd = socket(kind->family, kind->type | SOCK_CLOEXEC, 0);
	if (fd == -1)
		err(1, "socket");
	return (fd);
}

static void
print_address(int fd)
{
	struct address a;

	get_address(&a, fd);
	(void)printf("%s %u\n", a.u.sa.sa_family == AF_INET ? "127.0.0.1" :
	    "::1", port_of(fd));
}

/*
 * row.
 */

/* Bind them all, from this port on. Returns 0 if one is not free. */
static int
bind_row(struct row *row, unsigned int first)
{
	const struct kind *kind;
	struct address a;
	unsigned int port;
	size_t i;

	kind = row->ports[0].kind;
	port = first;
	for (i = 0; i < row->ports_count; i++, port++) {
		if (row->ports[i].kind != kind)
			port = first;
		kind = row->ports[i].kind;
		if (port > 65535)
			return (0);
		set_loopback(&a, kind->family, port);
		row->ports[i].fd = new_socket(kind);
		if (bind(row->ports[i].fd, &a.u.sa, a.len) == 0)
			continue;
		if (errno != EADDRINUSE)
			err(1, "bind");
		return (0);
	}
	return (1);
}

/*
 * A port that is free now. One that the kernel had chosen itself for the socket
 * would be taken away again where that becomes open only later.
 */
static unsigned int
free_port(const struct kind *kind)
{
	struct address a;
	unsigned int port;
	int fd;

	set_loopback(&a, kind->family, 0);
	fd = new_socket(kind);
	if (bind(fd, &a.u.sa, a.len) == -1)
		err(1, "bind");
	port = port_of(fd);
	(void)close(fd);
	return (port);
}

static void
unbind_row(struct row *row)
{
	size_t i;

	for (i = 0; i < row->ports_count; i++) {
		if (row->ports[i].fd != -1)
			(void)close(row->ports[i].fd);
		row->ports[i].fd = -1;
	}
}

/* A datagram socket that is connected to itself hears nobody else. */
static void
close_port(const struct port *port)
{
	struct address a;

	get_address(&a, port->fd);
	if (port->kind->type == SOCK_DGRAM &&
	    connect(port->fd, &a.u.sa, a.len) == -1)
		err(1, "connect to itself");
}

static void
silence_port(struct port *port)
{
	struct address a;

	if (port->kind->type == SOCK_DGRAM)
		return;
	get_address(&a, port->fd);
	port->filler = new_socket(port->kind);
	if (listen(port->fd, 0) == -1 ||
	    connect(port->filler, &a.u.sa, a.len) == -1)
		err(1, "listen");
}

static void
open_port(struct row *row, struct port *port)
{
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };
	int first;

	if (port->kind->type == SOCK_DGRAM && port->letter == 'l' &&
	    connect(port->fd, &nobody, sizeof(nobody)) == -1)
		err(1, "disconnect");
	if (port->kind->type == SOCK_STREAM) {
		/* What has filled it until now is none of those served. */
		if (port->filler != -1) {
			first = accept(port->fd, NULL, NULL);
			if (first == -1)
				err(1, "accept");
			(void)close(first);
			(void)close(port->filler);
		}
		if (listen(port->fd, SOCKETS) == -1)
			err(1, "listen");
	}
	row->polled[row->polled_count].fd = port->fd;
	row->polled[row->polled_count++].events = POLLIN;
}

static void
start_port(struct row *row, struct port *port)
{

	switch (port->letter) {
	case 'o':
		open_port(row, port);
		break;
	case 'c':
	case 'l':
		close_port(port);
		break;
	default:
		silence_port(port);
		break;
	}
}

/* Those that wait for it become open. Returns 0 at the end of stdin. */
static int
obey(struct row *row)
{
	size_t i;

	if (fgets(buffer, sizeof(buffer), stdin) == NULL)
		return (0);
	for (i = 0; i < row->ports_count; i++)
		if (row->ports[i].letter == 'l' ||
		    row->ports[i].letter == 'm') {
			open_port(row, &row->ports[i]);
			row->ports[i].letter = 'o';
		}
	(void)printf("ok %llu\n", row->served);
	return (1);
}

static int
is_listener(int fd)
{
	socklen_t size;
	int yes;

	size = sizeof(yes);
	return (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &size) == 0 &&
	    yes);
}

static int
is_dgram(int fd)
{
	socklen_t size;
	int type;

	size = sizeof(type);
	return (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
	    type == SOCK_DGRAM);
}

/* Returns 0 where this connection is done. */
static int
serve(struct row *row, int fd)
{
	struct address from;
	ssize_t n;
	int dgram, peer;

	if (is_listener(fd)) {
		row->served++;
		peer = accept(fd, NULL, NULL);
		if (peer == -1)
			return (1);
		if (row->polled_count == 1 + SOCKETS)
			errx(1, "too many connections");
		row->polled[row->polled_count].fd = peer;
		row->polled[row->polled_count++].events = POLLIN;
		return (1);
	}
	dgram = is_dgram(fd);
	if (dgram)
		row->served++;
	from.len = sizeof(from.u);
	n = recvfrom(fd, buffer, sizeof(buffer), 0, &from.u.sa, &from.len);
	if (n > 0 || (n == 0 && dgram))
		(void)sendto(fd, buffer, (size_t)n, MSG_NOSIGNAL,
		    dgram ? &from.u.sa : NULL, dgram ? from.len : 0);
	return (n > 0 || dgram);
}

static void
serve_row(struct row *row)
{
	size_t i;

	for (;;) {
		if (poll(row->polled, (nfds_t)row->polled_count, -1) == -1)
			err(1, "poll");
		for (i = row->polled_count; i-- > 1;) {
			if (row->polled[i].revents == 0 ||
			    serve(row, row->polled[i].fd))
				continue;
			(void)close(row->polled[i].fd);
			row->polled[i] = row->polled[--row->polled_count];
		}
		if (row->polled[0].revents != 0 && !obey(row))
			return;
	}
}

static void
add_ports(struct row *row, const char *word)
{
	const struct kind *kind;
	const char *letters;

	letters = word + strcspn(word, ":");
	kind = find_kind(word, (size_t)(letters - word));
	while (*letters != '\0' && *++letters != '\0') {
		if (strchr("ocslm", *letters) == NULL)
			errx(2, "no such letter: %c", *letters);
		if (row->ports_count == SOCKETS)
			errx(2, "too many ports");
		row->ports[row->ports_count].kind = kind;
		row->ports[row->ports_count].letter = *letters;
		row->ports[row->ports_count].filler = -1;
		row->ports[row->ports_count++].fd = -1;
	}
}

static void
make_row(char *argv[])
{
	static struct row row;
	size_t i;

	for (; *argv != NULL; argv++)
		add_ports(&row, *argv);
	if (row.ports_count == 0)
		errx(2, "no ports");
	for (i = 0; !bind_row(&row, free_port(row.ports[0].kind)); i++) {
		unbind_row(&row);
		if (i == TRIES)
			errx(1, "no free ports");
	}
	row.polled[0].fd = STDIN_FILENO;
	row.polled[0].events = POLLIN;
	row.polled_count = 1;
	for (i = 0; i < row.ports_count; i++)
		start_port(&row, &row.ports[i]);
	print_address(row.ports[0].fd);
	serve_row(&row);
}

/*
 * tags.
 */

static void
want_tags(const struct kind *kind, int fd)
{
	const int one = 1;

	if (kind->family == AF_INET ?
	    setsockopt(fd, IPPROTO_IP, IP_RECVTOS, &one, sizeof(one)) == -1 ||
	    setsockopt(fd, IPPROTO_IP, IP_RECVTTL, &one, sizeof(one)) == -1 :
	    setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, &one,
	    sizeof(one)) == -1 || setsockopt(fd, IPPROTO_IPV6,
	    IPV6_RECVHOPLIMIT, &one, sizeof(one)) == -1)
		err(1, "setsockopt");
}

/* A byte or an int, as the kernel has it. */
static int
value_of(const struct cmsghdr *c)
{
	int value;

	if (c->cmsg_len == CMSG_LEN(1))
		return (*CMSG_DATA(c));
	memcpy(&value, CMSG_DATA(c), sizeof(value));
	return (value);
}

static void
print_message(int fd)
{
	union {
		struct cmsghdr align;
		char bytes[256];
	} control;
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *c;
	ssize_t n;
	int tos, ttl;

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = buffer;
	iov.iov_len = sizeof(buffer);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	n = recvmsg(fd, &msg, 0);
	if (n == -1)
		err(1, "recvmsg");
	tos = ttl = -1;
	for (c = CMSG_FIRSTHDR(&msg); c != NULL; c = CMSG_NXTHDR(&msg, c))
		if ((c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_TOS) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_TCLASS))
			tos = value_of(c);
		else if ((c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_TTL) || (c->cmsg_level ==
		    IPPROTO_IPV6 && c->cmsg_type == IPV6_HOPLIMIT))
			ttl = value_of(c);
	(void)printf("%d %d %.*s\n", tos, ttl, (int)n, buffer);
}

static void
show_tags(char *argv[])
{
	const int one = 1;
	const struct kind *kind;
	struct address a;
	int fd;

	if (argv[0] == NULL)
		errx(2, "no kind");
	kind = find_kind(argv[0], strlen(argv[0]));
	fd = new_socket(kind);
	want_tags(kind, fd);
	if (argv[1] != NULL && argv[2] != NULL) {
		set_address(&a, kind->family, argv[1], argv[2]);
		if (sendto(fd, "ping", 4, 0, &a.u.sa, a.len) == -1)
			err(1, "sendto");
		print_message(fd);
		return;
	}
	set_loopback(&a, kind->family, 0);
	if (argv[1] != NULL)
		set_address(&a, kind->family, argv[1], "0");
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) == -1 ||
	    bind(fd, &a.u.sa, a.len) == -1)
		err(1, "bind");
	print_address(fd);
	for (;;)
		print_message(fd);
}

/*
 * pass.
 */

static int
receive_socket(int from)
{
	union {
		struct cmsghdr align;
		char bytes[256];
	} control;
	struct iovec iov;
	struct msghdr msg;
	struct cmsghdr *c;
	ssize_t n;
	int fd;

	memset(&msg, 0, sizeof(msg));
	iov.iov_base = buffer;
	iov.iov_len = sizeof(buffer);
	msg.msg_iov = &iov;
	msg.msg_iovlen = 1;
	msg.msg_control = &control;
	msg.msg_controllen = sizeof(control);
	n = recvmsg(from, &msg, MSG_CMSG_CLOEXEC);
	if (n == -1)
		err(1, "recvmsg");
	if (n == 0)
		errx(1, "nothing was passed");
	c = CMSG_FIRSTHDR(&msg);
	if (n != 1 || c == NULL || c->cmsg_level != SOL_SOCKET ||
	    c->cmsg_type != SCM_RIGHTS || c->cmsg_len != CMSG_LEN(sizeof(fd)) ||
	    CMSG_NXTHDR(&msg, c) != NULL)
		errx(1, "that is not one byte and one descriptor");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	n = recv(from, buffer, sizeof(buffer), 0);
	if (n != 0)
		errx(1, "%zd bytes more", n);
	return (fd);
}

static int
option(int fd, int level, int name)
{
	socklen_t size;
	int value;

	size = sizeof(value);
	if (getsockopt(fd, level, name, &value, &size) == -1)
		return (-1);
	return (value);
}

static void
print_options(int fd)
{
	struct address a;
	int ip6;

	get_address(&a, fd);
	ip6 = a.u.sa.sa_family == AF_INET6;
	(void)printf("%s", fcntl(fd, F_GETFL) & O_NONBLOCK ?
	    "non-blocking" : "blocking");
	if (a.u.sa.sa_family == AF_INET || ip6)
		(void)printf(" tos=%d ttl=%d min-ttl=%d",
		    ip6 ? option(fd, IPPROTO_IPV6, IPV6_TCLASS) :
		    option(fd, IPPROTO_IP, IP_TOS),
		    ip6 ? option(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS) :
		    option(fd, IPPROTO_IP, IP_TTL),
		    ip6 ? option(fd, IPPROTO_IPV6, IPV6_MINHOPCOUNT) :
		    option(fd, IPPROTO_IP, IP_MINTTL));
	(void)printf(" recv=%d send=%d\n", option(fd, SOL_SOCKET, SO_RCVBUF),
	    option(fd, SOL_SOCKET, SO_SNDBUF));
}

static void
use_socket(int fd)
{
	ssize_t n;

	print_options(fd);
	(void)fflush(stdout);
	if (send(fd, "hello", 5, MSG_NOSIGNAL) != 5 ||
	    shutdown(fd, SHUT_WR) == -1)
		err(1, "send");
	while ((n = recv(fd, buffer, sizeof(buffer), 0)) > 0)
		if (fwrite(buffer, 1, (size_t)n, stdout) != (size_t)n)
			err(1, "stdout");
	if (n == -1)
		err(1, "recv");
}

static void
run_command(char *argv[], const int ends[2])
{

	if (dup2(ends[1], STDOUT_FILENO) == -1)
		err(1, "dup2");
	(void)execvp(argv[0], argv);
	err(127, "%s", argv[0]);
}

static void
take_passed(char *argv[])
{
	pid_t pid;
	int ends[2], fd, status;

	if (argv[0] == NULL)
		errx(2, "no command");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == -1)
		err(1, "socketpair");
	pid = fork();
	if (pid == -1)
		err(1, "fork");
	if (pid == 0)
		run_command(argv, ends);
	(void)close(ends[1]);
	fd = receive_socket(ends[0]);
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	if (status != 0)
		errx(1, "status %#x", (unsigned int)status);
	use_socket(fd);
}

int
main(int argc, char *argv[])
{

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 2 && strcmp(argv[1], "row") == 0)
		make_row(argv + 2);
	else if (argc > 2 && strcmp(argv[1], "tags") == 0)
		show_tags(argv + 2);
	else if (argc > 2 && strcmp(argv[1], "pass") == 0)
		take_passed(argv + 2);
	else
		errx(2, "usage: net row kind:letters ... | "
		    "tags kind [host [port]] | pass command ...");
	return (0);
}
