/*
 * A new socket, and the socket options that it is to have before it is bound
 * or connected: socket(7), ip(7), ipv6(7).
 */
#ifndef TUNE_H
#define TUNE_H

#include <stdbool.h>

#include "sockaddr.h"

struct tune_plan {
	int type;		/* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	bool listen;		/* it will be bound to be found */
	bool dual;		/* an IPv6 wildcard is to hear IPv4 as well */
	bool broadcast;
	/* What people ask for; -1: the system's own value. */
	int receive_buffer;	/* bytes */
	int send_buffer;	/* bytes */
	int tos;		/* TOS or traffic class, a byte */
	int ttl;		/* TTL or hop limit, 1 to 255 */
	int min_ttl;		/* drop what has travelled further */
};

/*
 * A non-blocking socket to use with an address of this family. Returns it, or
 * -1 with errno and `*failed` set to what it was: "set --ttl for", say.
 */
int tune_open(const struct tune_plan *plan, const struct address *address,
    const char **failed);

/*
 * What a socket is to have once it is connected, by connect(2) or accept(2).
 */
void tune_connection(int fd, int type);

/*
 * Is a connected socket its own peer? To connect again and again to a local
 * port that the kernel may choose for ourselves comes to that one day: the
 * simultaneous open of RFC 9293, 3.5, with nobody on the other side.
 */
bool tune_is_self(int fd);

/*
 * Where a socket has been bound to a multicast address, join its group, on the
 * link of its zone. Returns 0, or -1 with errno.
 */
int tune_join(int fd, const struct address *address);

/*
 * The value of -T: nc's keywords (lowdelay, ef, af11, cs1 ...), or a number
 * from 0 to 255, decimal or with 0x. Returns it, or -1.
 */
int tune_tos(const char *text);

/* These keywords, one after the other; then NULL. */
const char *tune_tos_name(size_t index);

#endif
