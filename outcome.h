/*
 * How a step of the run ended, for every room. The values are the exit
 * statuses of sockcat(1), so that what a room returns is what the shell sees.
 *
 * A room that returns anything but OUTCOME_OK or OUTCOME_STOPPED has printed
 * the one line that says why, and callers only unwind; but for rooms that are
 * asked again on failure, which give the reason instead.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

#include <stdbool.h>

enum outcome {
	OUTCOME_OK = 0,
	OUTCOME_FAILED = 1,
	OUTCOME_USAGE = 2,
	OUTCOME_TIMED_OUT = 124,
	OUTCOME_STOPPED = 128,	/* plus the number of await_signal() */
};

/* Why a step failed that may be tried again. */
struct reason {
	char what[256];		/* "connect to 127.0.0.1 port 9 (tcp)" */
	char why[96];		/* the system's text */
	bool passing;		/* another try may find it otherwise */
};

/*
 * Make a text fit for one line: control characters, which a command line or a
 * peer can bring in, become `?`.
 */
void outcome_clean(char *text);

/* May connecting that failed with this errno succeed on another try? */
bool outcome_may_pass(int error);

/* A reason with the text of an errno, and whether that may pass. */
void outcome_reason(struct reason *reason, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Print a reason as the one line; `limit`, if any, is what cut it short. */
void outcome_report(const struct reason *reason, const char *limit);

#endif
