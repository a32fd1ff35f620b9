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
#include "lookup.h"
#include "name.h"
#include "outcome.h"
#include "retry.h"
#include "sockaddr.h"
#include "tune.h"

struct endpoint_plan {
	struct tune_plan socket;	/* its type, and whether it listens */
	int family;		/* AF_UNSPEC: whatever the host resolves to */
	bool keep_open;		/* serve one peer after the other */
	bool connect;		/* datagrams: connect(2) to one peer */
	bool numeric;		/* -n: the service prints as `*` */
	int verbose;		/* 0, 1, 2 */
	int mode;		/* permissions of a UNIX listener; -1: umask */
	struct retry_plan retry;	/* for looking up and connecting */
	await_time accept_timeout;	/* span to the first peer; -1: any */
	void (*asked)(void *context);	/* called where await_asked() does */
	void *context;			/* while a peer is waited for */
	bool has_local;		/* bind to `local`; always with `listen` */
	struct place remote;
	struct place local;
};

struct endpoint {
	int listener;		/* the listening socket; -1: none */
	int fd;			/* the socket that data passes through; -1 */
	int type;		/* as in the plan */
	bool connected;		/* to `peer`, which alone is heard */
	bool met;		/* there has been a peer */
	struct address local;	/* what `listener`, else `fd`, is bound to */
	struct address peer;	/* length 0 where there is none */
	struct name name;
};

/*
 * Make the socket that the plan asks for: connected, listening or bound.
 * The endpoint is the caller's to close, whatever the outcome. Failures have
 * been printed; OUTCOME_TIMED_OUT is for the plan's `retry`.
 */
enum outcome endpoint_open(struct endpoint *endpoint,
    const struct endpoint_plan *plan);

/*
 * Have a peer to exchange data with: for a listener wait for the next, which
 * for datagrams is whoever speaks first. Returns at once in other modes. A
 * listener that is to serve one peer stops listening. Failures are printed;
 * OUTCOME_TIMED_OUT: nobody came within the plan's `accept_timeout`.
 */
enum outcome endpoint_meet(struct endpoint *endpoint,
    const struct endpoint_plan *plan);

/*
 * Be done with the peer, so that the next can be met: close its socket or, for
 * datagrams, forget it. A failure is printed.
 */
enum outcome endpoint_part(struct endpoint *endpoint);

/* Close what is open, and remove the name. */
void endpoint_close(struct endpoint *endpoint);

/*
 * nc's line for a connection made to a peer, as -v prints it: the host as it
 * was given, and its number where that is another. `how` is the last word of
 * it: "succeeded!".
 */
void endpoint_say_connected(const struct address *peer,
    const struct endpoint_plan *plan, const char *how);

/*
 * The lines that -v prints of a new peer: that it was received, and for a
 * connection its 5-tuple, written from the side that began it.
 */
void endpoint_say_received(const struct endpoint *endpoint,
    const struct address *peer);

#endif
