/*
 * The poll loop: two channels between stdin, stdout and one socket, their
 * limits, and one verdict.
 */
#ifndef PUMP_H
#define PUMP_H

#include <stdbool.h>

#include "await.h"
#include "channel.h"
#include "end.h"
#include "outcome.h"
#include "tap.h"

/*
 * Bytes of the largest message: more than any socket takes by default, UDP's
 * 65,527 bytes, and about 208 KiB in the UNIX domain.
 */
#define PUMP_MESSAGE_MAX	((size_t)256 * 1024)

struct pump_plan {
	bool no_stdin;		/* leave stdin alone, and never half-close */
	bool half_close;	/* pass the end of stdin on to the peer */
	bool quit_on_eof;	/* the peer's end of file ends the session */
	struct channel_plan up;		/* from stdin to the socket */
	struct channel_plan down;	/* from the socket to stdout */
	bool keep_stdout;	/* it is for later peers too: do not close it */
	bool quiet_counts;	/* `quit` is of silence: nothing received */
	await_time idle;	/* span without a byte either way; -1: any */
	await_time quit;	/* span after the end of stdin; -1: any */
	int verbose;		/* 0, 1, 2 */
};

/* Called for each message taken: who sent it, and its size in bytes. */
typedef void pump_heard(void *context, const struct address *speaker,
    size_t size);

/* Who is told of what passes. */
struct pump_watch {
	pump_heard *heard;
	void *context;
	struct tap *tap;
};

/*
 * Move bytes between stdin, stdout and the socket until the session ends.
 *
 * OUTCOME_OK: all that was read from stdin was sent, all that was received was
 * written, and the end was an orderly one; on TCP the peer's kernel has
 * acknowledged everything. Else one line has been printed that says what
 * failed, on what, and why; `*ours` is set where that was stdin, stdout or the
 * tap's dump, of which no other peer would get more. Stdout is closed when the peer's end of
 * file has been passed on. The socket stays the caller's.
 */
enum outcome pump_run(const struct pump_plan *plan, struct end *socket,
    const struct pump_watch *watch, bool *ours);

#endif
