#include "place.h"

#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
read_path(struct place *place, const char *path)
{
	size_t length = strlen(path);

	if (length >= sizeof(place->as.un.sun_path))
		errx(2, "path too long: %s", path);
	place->as.un.sun_family = AF_UNIX;
	memcpy(place->as.un.sun_path, path, length + 1);
	if (path[0] == '@')
		place->as.un.sun_path[0] = '\0';
	else
		length++;
	place->length =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

void
place_read(struct place *place, enum kind kind, const char *line)
{
	const char *port = strchr(line, ' ');
	in_port_t number;

	memset(place, 0, sizeof(*place));
	if (!is_tcp(kind)) {
		read_path(place, line);
		return;
	}
	number = htons((in_port_t)atoi(port == NULL ? "0" : port));
	if (kind == TCP4) {
		place->as.in.sin_family = AF_INET;
		place->as.in.sin_port = number;
		place->as.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		place->length = sizeof(place->as.in);
	} else {
		place->as.in6.sin6_family = AF_INET6;
		place->as.in6.sin6_port = number;
		place->as.in6.sin6_addr = in6addr_loopback;
		place->length = sizeof(place->as.in6);
	}
}

unsigned
place_port(const struct place *place)
{
	return (ntohs(place->as.any.sa_family == AF_INET ?
	    place->as.in.sin_port : place->as.in6.sin6_port));
}

int
place_socket(enum kind kind, int buffer)
{
	static const struct {
		int family;
		int type;
	} kinds[KINDS] = {
		[TCP4] = { AF_INET, SOCK_STREAM },
		[TCP6] = { AF_INET6, SOCK_STREAM },
		[UNIX_STREAM] = { AF_UNIX, SOCK_STREAM },
		[SEQPACKET] = { AF_UNIX, SOCK_SEQPACKET },
		[UNIX_DGRAM] = { AF_UNIX, SOCK_DGRAM },
	};
	const int on = 1;
	int fd = socket(kinds[kind].family, kinds[kind].type | SOCK_CLOEXEC,
	    0);

	if (fd == -1)
		err(2, "socket");
	if (buffer > 0 && (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer,
	    sizeof(buffer)) == -1 || setsockopt(fd, SOL_SOCKET, SO_RCVBUF,
	    &buffer, sizeof(buffer)) == -1))
		err(2, "buffers of %d", buffer);
	/* A message has credentials, an end of file none. */
	if (kind == SEQPACKET && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on,
	    sizeof(on)) == -1)
		err(2, "SO_PASSCRED");
	return (fd);
}

void
place_listen(int fd, enum kind kind, struct place *place)
{
	if (bind(fd, &place->as.any, place->length) == -1)
		err(2, "bind");
	if (is_tcp(kind) &&
	    getsockname(fd, &place->as.any, &place->length) == -1)
		err(2, "getsockname");
	if (kind != UNIX_DGRAM && listen(fd, 1) == -1)
		err(2, "listen");
}

bool
place_connect(int fd, const struct place *place)
{
	if (connect(fd, &place->as.any, place->length) == 0)
		return (true);
	if (errno != ECONNREFUSED && errno != ENOENT && errno != ECONNRESET)
		err(2, "connect");
	return (false);
}
