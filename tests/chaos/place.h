/*
 * Addresses, and sockets at them.
 */
#ifndef PLACE_H
#define PLACE_H

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "script.h"

struct place {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	} as;
};

/* From what sockcat announces: "host port", a path or an abstract name. */
void place_read(struct place *place, enum kind kind, const char *line);

/* The port. */
unsigned place_port(const struct place *place);

/* A non-blocking socket of a kind; with `buffer` bytes, if that is not 0. */
int place_socket(enum kind kind, int buffer);

/* Bind, and listen if it has connections. The port chosen is put in. */
void place_listen(int fd, enum kind kind, struct place *place);

/* Connect at once, or return false: refused. */
bool place_connect(int fd, const struct place *place);

#endif
