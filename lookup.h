/*
 * A host's addresses, within a deadline.
 *
 * getaddrinfo(3) can neither be given a deadline nor be interrupted, so a name
 * is looked up in a child process, which can be left behind. An address
 * written as a number is read at once, with no child and no resolver.
 */
#ifndef LOOKUP_H
#define LOOKUP_H

#include "await.h"
#include "outcome.h"
#include "sockaddr.h"

/*
 * Find the addresses of `host` in a family (AF_UNSPEC: any) and give each the port, in host byte order. With OUTCOME_TIMED_OUT,
 * the deadline named `limit` in the message has passed; every failure has
 * been printed.
 */
enum outcome lookup_host(const char *host, in_port_t port, int family,
    await_time deadline, const char *limit, struct address_list *list);

#endif
