/*
 * One direction: its two ends, its buffer and its state.
 *
 *	OPEN -> DRAINING -> CLOSED	the end of file, passed on
 *	any of these -> FAILED		an end broke; `error` says why
 *
 * Both directions of a session are channels, with the ends exchanged.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "await.h"
#include "end.h"

enum channel_state {
	CHANNEL_OPEN,		/* the source may have more */
	CHANNEL_DRAINING,	/* it has not; the buffer may have */
	CHANNEL_CLOSED,		/* all given, and the sink told so */
	CHANNEL_FAILED,
};

struct channel {
	const char *name;	/* the direction, for -v -v */
	struct end *source;
	struct end *sink;
	enum channel_state state;
	bool trace;		/* print each change of state on stderr */

	/*
	 * Bytes from `start` up to `end` are held, and given before more are
	 * taken beyond `end`. With messages it is one at a time, which `held`
	 * tells: an empty message has no bytes.
	 */
	char *buffer;
	size_t size;
	size_t start;
	size_t end;
	bool messages;
	bool held;

	bool last_call;		/* take what is there, and no more */
	int error;		/* to fail with, at once or when drained */
	const struct end *broken;	/* the end it is about */
	await_time retry;	/* the sink says ready and is not; 0: no */
	await_time pause;	/* and how long to leave it alone */

	/* In the last turn: */
	bool moved;		/* was anything taken or given? */
	bool filled;		/* was anything taken, */
	size_t taken;		/* and how many bytes? */
};

/* A channel's two slots in the poll set. */
enum { CHANNEL_SOURCE, CHANNEL_SINK, CHANNEL_SLOTS };

/*
 * Start a channel from source to sink with `buffer` of `size` bytes. The ends
 * and the buffer stay the caller's. With messages at either end, the buffer
 * holds one, and a larger one fails with EMSGSIZE.
 */
void channel_open(struct channel *channel, const char *name,
    struct end *source, struct end *sink, char *buffer, size_t size);

/*
 * Fill in what the channel waits for. A slot that waits for nothing has the
 * descriptor -1, but for a sink still in use: that is polled without events,
 * so that its death is seen. Returns the time at which to take a turn anyway.
 */
await_time channel_want(const struct channel *channel,
    struct pollfd slots[CHANNEL_SLOTS]);

/* Move what the slots say can be moved. Never blocks but for a terminal. */
void channel_turn(struct channel *channel,
    const struct pollfd slots[CHANNEL_SLOTS]);

/* Is anything held that has yet to be given? */
bool channel_pending(const struct channel *channel);

/* Neither direction's business any more: closed or failed. */
bool channel_ended(const struct channel *channel);

/* Take no more, give what is held; then close or, with an error, fail. */
void channel_stop(struct channel *channel, int error, const struct end *broken);

#endif
