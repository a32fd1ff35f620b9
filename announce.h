/*
 * Telling a script where to find us, at the moment when we can be reached.
 */
#ifndef ANNOUNCE_H
#define ANNOUNCE_H

#include "outcome.h"
#include "sockaddr.h"

/*
 * The descriptor that a file name stands for (`/dev/fd/N`, `/dev/stdout`), or
 * -1 for a file proper.
 */
int announce_descriptor(const char *file);

/*
 * Write the address as one line, `host port` or the path. To a descriptor, if
 * it is not -1: it is closed, but for 0, 1 and 2. To a FIFO as soon as it has
 * a reader. Anything else appears whole, by rename(2). Failures are printed.
 */
enum outcome announce(const char *file, int descriptor,
    const struct address *local, int type);

#endif
