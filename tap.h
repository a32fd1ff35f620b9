/*
 * What a person sees of the bytes that pass through the socket: totals, a line
 * of progress, a hex dump. Nothing here changes, holds or delays a byte, but
 * for the time that stderr, or the dump's file, takes to be written to.
 */
#ifndef TAP_H
#define TAP_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "await.h"

struct tap_plan {
	bool totals;		/* a line at the end of each session */
	bool progress;		/* a line that is written anew, on a terminal */
	bool busy_stderr;	/* others write there: no line in place */
	bool dumps;		/* every byte, */
	const char *dump;	/* to this file; NULL: to stderr */
};

/* The way through the socket. */
enum tap_way { TAP_SENT, TAP_RECEIVED, TAP_WAYS };

/* What has passed, and what had when the rate was last looked at. */
struct tap_count {
	uint64_t bytes;
	uint64_t messages;
	uint64_t looked_at;	/* bytes then, */
	double rate;		/* and bytes a second until then */
};

struct tap {
	const struct tap_plan *plan;
	FILE *dump;		/* NULL: none, or it has failed: */
	int error;		/* the errno of it, until tap_end() */
	bool shares_terminal;	/* with what is received */
	bool in_place;		/* progress stays on one line */
	off_t input_start;	/* where stdin, a regular file, begins, */
	off_t input_size;	/* and the bytes from there on; 0: unknown */

	/* Of this session: */
	bool messages;
	unsigned sessions;
	await_time began;
	await_time looked;	/* when the rates were last looked at */
	await_time drawn;	/* when progress was last told */
	int shown;		/* columns of it on the terminal's line */
	struct tap_count counts[TAP_WAYS];
};

/*
 * Start. `dump` is the descriptor of the dump's file, where the plan names one,
 * and becomes the tap's. The plan stays the caller's.
 */
void tap_open(struct tap *tap, const struct tap_plan *plan, int dump);

/* Where stdin is a regular file: where it begins, and its size from there. */
void tap_set_input(struct tap *tap, off_t start, off_t size);

/* A session begins, of messages or of a stream: all counts are 0. */
void tap_begin(struct tap *tap, bool messages);

/*
 * `count` bytes have passed: messages of `each` bytes, the last one maybe
 * shorter, or with `each` 0 a piece of a stream or an empty message. `bytes` is
 * NULL where they were not seen.
 */
void tap_pass(struct tap *tap, enum tap_way way, const char *bytes,
    size_t count, size_t each);

/* When tap_tick() has something to do; AWAIT_NEVER: it has not. */
await_time tap_next(const struct tap *tap);

/*
 * Tell progress where it is time to, and the totals where a person has asked
 * for them with a signal; hand the dump on to its file.
 */
void tap_tick(struct tap *tap);

/* Take progress off the terminal's line: a message is about to be printed. */
void tap_clear(struct tap *tap);

/* Print the totals, on stderr: a line, folded where a terminal is narrow. */
void tap_say_totals(struct tap *tap);

/*
 * The session is over: say so. Returns 0, or -1 with errno where the dump could
 * not be written; it has been given up then.
 */
int tap_end(struct tap *tap);

/* Close the dump. Returns 0, or -1 with errno. */
int tap_close(struct tap *tap);

#endif
