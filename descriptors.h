/*
 * The descriptors that a process begins with: 0, 1 and 2 are open, and of the
 * others just those that are wanted.
 */
#ifndef DESCRIPTORS_H
#define DESCRIPTORS_H

#include <stddef.h>

#include "outcome.h"

/*
 * Have something at descriptors 0, 1 and 2, so that no socket becomes one of
 * them. In place of a closed stdout, /dev/null is open for reading only: what
 * would be written there is lost, and is to fail.
 */
enum outcome descriptors_fill(void);

/* A descriptor to keep, and what for: "announce to /dev/fd/3". */
struct descriptor {
	int fd;			/* -1: there is none */
	char what[256];
};

/*
 * Close all descriptors above 2 but these, which move to the places that follow
 * it; one of 0 to 2 stays where it is. One that is not open is a failure, and
 * has been printed.
 */
enum outcome descriptors_keep(struct descriptor *kept, size_t count);

#endif
