/*
 * Connecting to the first of several addresses that answers.
 *
 * Attempts start in the order of the list, 250 ms apart or as soon as the one
 * before has failed (RFC 8305, section 5), each on a socket of its own. The
 * first to be connected wins; the others' sockets are closed.
 */
#ifndef RACE_H
#define RACE_H

#include <stdbool.h>

#include "await.h"
#include "outcome.h"
#include "sockaddr.h"

struct race {
	const struct address_list *targets;	/* at least one */
	int type;		/* SOCK_STREAM or SOCK_SEQPACKET */
	await_time deadline;	/* for all attempts together */
	bool verbose;		/* report each failure but the last */

	/*
	 * Make a non-blocking socket to connect to this target. Returns it,
	 * or -1 with errno, `*failed` then saying what it was that failed.
	 */
	int (*open)(void *context, const struct address *target,
	    const char **failed);
	void *context;
};

/*
 * Run the race. On OUTCOME_OK, `*fd` is the connected socket, which is the
 * caller's to close, and `*winner` its peer. OUTCOME_TIMED_OUT: the deadline
 * has passed. Why the last attempt failed is in `*reason`, and not printed.
 */
enum outcome race_connect(const struct race *race, int *fd,
    struct address *winner, struct reason *reason);

#endif
