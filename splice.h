/*
 * Moving a stream's pages from end to end inside the kernel: splice(2), which
 * copies no bytes and needs a pipe on one side. Where stdin or stdout is one,
 * pages go straight between it and the socket; for a file they go through a
 * pipe of our own, opened once there is much to move.
 *
 * Linux alone has it. Elsewhere, and where the kernel will not for these ends,
 * the way is SPLICE_NEVER, and bytes go by the channel's buffer.
 */
#ifndef SPLICE_H
#define SPLICE_H

#include <stdbool.h>
#include <stddef.h>

#include "end.h"

enum splice_way {
	SPLICE_NEVER,
	SPLICE_STRAIGHT,	/* from the source into the sink */
	SPLICE_THROUGH,		/* by way of our pipe, when it is open */
};

/* All 0: SPLICE_NEVER, with nothing open. */
struct splice {
	enum splice_way way;
	bool opened;		/* our own pipe: */
	int into;		/* to write, */
	int from;		/* to read */
	size_t held;		/* bytes in it, taken and not yet given */
};

/* Choose the way between two ends. Nothing is opened yet. */
void splice_open(struct splice *splice, const struct end *source,
    const struct end *sink);

/* Close what was opened. */
void splice_close(struct splice *splice);

/*
 * There is much to move, it turns out: open our pipe, or make the other one
 * large. A smaller pipe, or none, is no failure. To be called once.
 */
void splice_grow(struct splice *splice, const struct end *source,
    const struct end *sink);

/* Can splice_take() be tried? Not while our pipe holds anything. */
bool splice_can_take(const struct splice *splice);

/*
 * Take pages, into the sink or into our pipe; `*moved` says how many bytes.
 * END_LATER: there are none, or the sink is full, or they have to be taken as
 * bytes, and the way may be SPLICE_NEVER from now on. The end of file is never
 * reported, but left for the end to see. END_BROKEN with errno: `*broken`, one
 * of the two, failed.
 */
enum end_step splice_take(struct splice *splice, const struct end *source,
    const struct end *sink, size_t *moved, const struct end **broken);

/*
 * Give pages out of our pipe. END_LATER with the way SPLICE_NEVER: the sink
 * takes no pages, and what our pipe holds has to be fetched from it.
 */
enum end_step splice_give(struct splice *splice, const struct end *sink,
    size_t *moved);

/* Fetch up to `size` of the bytes that our pipe holds. Returns how many. */
size_t splice_fetch(struct splice *splice, void *buffer, size_t size);

#endif
