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
#include "frame.h"
#include "splice.h"

enum channel_state {
	CHANNEL_OPEN,		/* the source may have more */
	CHANNEL_DRAINING,	/* it has not; the buffer may have */
	CHANNEL_CLOSED,		/* all given, and the sink told so */
	CHANNEL_FAILED,
};

/* What is done to the bytes, or messages, on their way. All 0: nothing. */
struct channel_plan {
	struct frame frame;	/* how the source's bytes are cut, */
	bool crlf;		/* LF made CRLF before that */
	bool line_ends;		/* a message without a newline gets one */
	bool send_marker;	/* at the end of file, an empty message */
	bool heed_marker;	/* an empty message is the end of file */
	bool seen;		/* bytes have to be in the buffer, not pages */
	await_time interval;	/* span between two pieces; 0: none */
	unsigned long long count;	/* messages to take; 0: any number */
};

struct channel;

/*
 * Called for what passes through the end that is watched: `count` bytes, taken
 * from it or given to it, at `bytes`, or NULL where they passed as pages. Of
 * messages there may be several, of `each` bytes, the last one maybe shorter.
 */
typedef void channel_watcher(void *context, const struct channel *channel,
    const char *bytes, size_t count, size_t each);

struct channel {
	const char *name;	/* the direction, for -v -v */
	struct channel_plan plan;
	struct end *source;
	struct end *sink;
	enum channel_state state;
	bool trace;		/* print each change of state on stderr */
	const struct end *watched;	/* the source or the sink, or neither */
	channel_watcher *watcher;
	void *context;

	/*
	 * Bytes from `start` up to `end` are in the buffer, and given before
	 * more are taken beyond `end`. A channel that is `framed`, as with
	 * messages it is, gives them in pieces: when `held`, the next one is
	 * ready, from `start` up to `piece`, with `skip` bytes to drop behind
	 * it. A piece may be empty, as a message may.
	 */
	char *buffer;
	size_t size;
	size_t start;
	size_t end;
	bool messages;
	bool framed;
	bool whole;		/* one message taken is one piece */
	bool held;
	size_t piece;
	size_t skip;
	bool after_cr;
	bool marked;		/* the marker has been put in */
	unsigned long long pieces;	/* made ready until now */
	unsigned long long messages_taken;

	/* Whole pages pass by the buffer; before they do, it is empty. */
	struct splice splice;
	bool full;		/* the sink has to make room for them first */

	bool grown;		/* there is much, and everything made for it */
	/*
	 * The source reports only when there is much again; so as not to wait
	 * for the rest of what is not much any more, a turn is taken at `look`
	 * anyway.
	 */
	bool waits;
	await_time look;

	bool last_call;		/* take what is there, and no more: */
	size_t last_bytes;	/* at the most this */
	int error;		/* to fail with, at once or when drained */
	const struct end *broken;	/* the end it is about */
	bool was_idle;		/* the sink broke with nothing to be given */
	await_time resume;	/* when to give again, after a pause; 0: none */
	await_time pause;	/* of a sink that says ready and is not */

	/* In the last turn: */
	bool moved;		/* was anything taken or given? */
	bool filled;		/* was anything taken, */
	size_t taken;		/* and how many bytes? */
};

/* A channel's two slots in the poll set. */
enum { CHANNEL_SOURCE, CHANNEL_SINK, CHANNEL_SLOTS };

/* Bytes of a buffer for a channel with messages of up to `size` bytes. */
#define CHANNEL_MESSAGE_BUFFER(size)	(2 * (size) + 1)

/*
 * Start a channel from source to sink. The ends and the buffer stay the
 * caller's. The buffer is of `size` bytes, several times PIPE_BUF, or, with
 * messages at either end, of CHANNEL_MESSAGE_BUFFER(size), for one of up to
 * `size` bytes: a larger one fails with EMSGSIZE; a piece that would be taken
 * for the marker fails with EBADMSG.
 */
void channel_open(struct channel *channel, const char *name,
    const struct channel_plan *plan, struct end *source, struct end *sink,
    char *buffer, size_t size);

/* Free what the channel has opened for itself. */
void channel_close(struct channel *channel);

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

/*
 * Take what the source has by now, but nothing that is yet to come; then end
 * as by channel_stop(). `error` may be 0.
 */
void channel_last_call(struct channel *channel, int error,
    const struct end *broken);

/* Take no more, give what is held; then close or, with an error, fail. */
void channel_stop(struct channel *channel, int error, const struct end *broken);

#endif
