/*
 * Plan -> one ready socket. Owns its descriptors and its name in the file
 * system.
 *
 * A stream or seqpacket listener keeps its listening socket and gets a new one
 * for each peer from accept(2); a connected endpoint, and one that sends and
 * receives datagrams, has just the one socket.
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <stdbool.h>

#include "await.h"
#include "name.h"
#include "outcome.h"
#include "sockaddr.h"

/* An address of the command line. */
struct endpoint_place {
	const char *host;	/* to be looked up; NULL: the wildcard */
	in_port_t port;		/* host byte order; 0: the kernel chooses */
	struct address_list known;	/* what needs no look-up */
};

struct endpoint_plan {
	int family;		/* AF_UNSPEC: whatever the host resolves to */
	int type;		/* SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET */
	bool listen;		/* wait for peers; for datagrams: bind */
	bool keep_open;		/* serve one peer after the other */
	bool connect;		/* datagrams: connect(2) to one peer */
	bool numeric;		/* -n: the service prints as `*` */
	int verbose;		/* 0, 1, 2 */
	int mode;		/* permissions of a UNIX listener; -1: umask */
	await_time timeout;	/* span to connect in, look-up included; -1 */
	bool has_local;		/* bind to `local`; always with `listen` */
	struct endpoint_place remote;
	struct endpoint_place local;
};

struct endpoint {
	int listener;		/* the listening socket; -1: none */
	int fd;			/* the socket that data passes through; -1 */
	int type;		/* as in the plan */
	bool connected;		/* to `peer`, which alone is heard */
	struct address local;	/* what `listener`, else `fd`, is bound to */
	struct address peer;	/* length 0 where there is none */
	struct name name;
};

/*
 * Make the socket that the plan asks for: connected, listening or bound.
 * The endpoint is the caller's to close, whatever the outcome. Failures have
 * been printed; OUTCOME_TIMED_OUT is the plan's `timeout`.
 */
enum outcome endpoint_open(struct endpoint *endpoint,
    const struct endpoint_plan *plan);

/*
 * Have a peer to exchange data with: for a listener wait for the next, which
 * for datagrams is whoever speaks first. Returns at once in other modes. A
 * listener that is to serve one peer stops listening. Failures are printed.
 */
enum outcome endpoint_meet(struct endpoint *endpoint,
    const struct endpoint_plan *plan);

/* Be done with the peer: close its socket or, for datagrams, forget it. */
void endpoint_part(struct endpoint *endpoint);

/* Close what is open, and remove the name. */
void endpoint_close(struct endpoint *endpoint);

/*
 * The lines that -v prints of a new peer: that it was received, and for a
 * connection its 5-tuple, written from the side that began it.
 */
void endpoint_say_received(const struct endpoint *endpoint,
    const struct address *peer);

#endif
