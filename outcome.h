/*
 * How a step of the run ended, for every room. The values are the exit
 * statuses of sockcat(1), so that what a room returns is what the shell sees.
 *
 * A room that returns anything but OUTCOME_OK or OUTCOME_STOPPED has printed
 * the one line that says why; callers only unwind.
 */
#ifndef OUTCOME_H
#define OUTCOME_H

enum outcome {
	OUTCOME_OK = 0,
	OUTCOME_FAILED = 1,
	OUTCOME_USAGE = 2,
	OUTCOME_TIMED_OUT = 124,
	OUTCOME_STOPPED = 128,	/* plus the number of await_signal() */
};

#endif
