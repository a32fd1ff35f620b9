/*
 * A host's addresses, within a deadline.
 *
 * getaddrinfo(3) can neither be given a deadline nor be interrupted, so a name
 * is looked up in a child process, which can be left behind.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "await.h"
#include "outcome.h"
#include "sockaddr.h"

/* An address as the command line gives it. */
struct place {
	const char *host;	/* to look up; NULL: a wildcard, or a path */
	in_port_t port;		/* host byte order; 0: the kernel chooses */
	struct address_list known;	/* what needs no look-up */
};

/*
 * Find the addresses of a place in a family (AF_UNSPEC: any), and give each the
 * port, in host byte order. OUTCOME_TIMED_OUT: the deadline has passed. Why it
 * failed is in `*reason`, and not printed.
 */
enum outcome lookup_place(const struct place *place, int family,
    await_time deadline, struct address_list *list, struct reason *reason);

#endif
