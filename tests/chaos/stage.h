/*
 * One transfer, played: sockcat is started, the four act their parts, and what
 * could be seen of it is written down.
 */
#ifndef STAGE_H
#define STAGE_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script.h"

/* What was seen of a peer. */
struct seen {
	struct content got;
	bool met;		/* it was connected */
	bool eof;		/* it saw the other side's end of file */
	int error;		/* or a reset, in place of that */
	size_t sent;		/* bytes, */
	size_t sent_count;	/* and messages */
	bool ended;		/* the other side was told an orderly end */
	bool gone;		/* closed before the other side had ended */
	bool broke;		/* in a way that is a reset */
	size_t unread;		/* bytes that it left unread, closing */
	/* Of what was sent, what the other side had when it broke off: */
	size_t arrived;
	size_t arrived_count;
};

struct facts {
	int status;		/* of waitpid(2) */
	bool hung;		/* it had to be killed */
	bool killed;		/* SIGTERM ended it, as it should */
	int64_t processor;	/* ns */
	int64_t took;		/* ns */
	size_t calls;		/* reads and writes of ours, both sides */

	size_t written;		/* to stdin */
	bool closed;		/* stdin */
	size_t left;		/* in stdin, unread */
	/* What its kernel had of what the peer said when stdin was closed: */
	size_t arrived;
	size_t arrived_count;

	struct content out;
	bool out_eof;
	bool reader_left;	/* before the end of file */
	size_t out_unread;	/* what was in stdout then */

	struct seen peers[PEERS_MAX];
	struct content said;	/* on stderr; a 0 is behind it */
	char trouble[256];	/* something else that is not as it should be */
};

/* `log`: say what happens, on stderr. */
void stage_play(const struct script *script, const char *sockcat,
    struct facts *facts, bool log);
void stage_forget(struct facts *facts);

#endif
