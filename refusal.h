/*
 * What the network has to say of a datagram that was sent before: an ICMP
 * error (RFC 1122, 4.1.3.3), which arrives after sendto(2) has returned.
 */
#ifndef REFUSAL_H
#define REFUSAL_H

#include "sockaddr.h"

/*
 * Take the next error off the socket. Returns its errno, 0 when there is none.
 * `*target`: where the datagram that it concerns was sent; length 0 where that
 * is not known. Never blocks, never takes a message.
 */
int refusal_next(int fd, struct address *target);

#endif
