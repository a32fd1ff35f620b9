/*
 * One of the four: it writes or reads a descriptor at its own pace.
 */
#ifndef ACTOR_H
#define ACTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "place.h"
#include "script.h"

#define MS	INT64_C(1000000)

struct actor {
	const char *name;
	const struct pace *pace;
	uint64_t random;
	int fd;			/* -1: there is none */
	bool over;		/* its part is done, or cannot be done */
	bool failed;		/* the latter */
	bool eof;		/* it has read the end of file */
	int error;		/* it was told of a reset */
	bool hurries;		/* no pauses any more */
	const struct content *says;	/* to write; NULL: it reads, */
	struct content *got;	/* and this is what */
	size_t most;		/* and no more than this */
	bool messages;
	const struct place *to;	/* of datagrams; NULL: connected */
	size_t done;		/* bytes that went through */
	size_t count;		/* messages */
	size_t until;		/* the end of the chunk that is being written */
	int64_t wake;		/* it pauses until then */
	int64_t paused;		/* in all, ns */
	bool stalled;
	size_t calls;
};

int64_t now(void);

/* Is it to be polled, and for what; or 0? `*until`: when else to look at it. */
short actor_wants(const struct actor *actor, int64_t *until);

/* Do the next thing. */
void actor_act(struct actor *actor);

/* Read all there is, at once. */
void actor_drain(struct actor *actor);

#endif
