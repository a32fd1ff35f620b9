/*
 * Trying again, until it works, cannot work, or the time is up.
 */
#ifndef RETRY_H
#define RETRY_H

#include "await.h"
#include "outcome.h"

struct retry_plan {
	await_time timeout;	/* span for each attempt; -1: any */
	await_time retry;	/* span for all of them; -1: try once */
};

/*
 * One attempt, to be made within the deadline. Prints nothing: why it failed,
 * and whether that may pass, is left in `*reason`.
 */
typedef enum outcome retry_attempt(void *context, await_time deadline,
    struct reason *reason);

/*
 * Make attempts, with pauses between them that grow. Returns the last one's
 * outcome, its reason printed; OUTCOME_TIMED_OUT also where the time for all
 * of them has passed.
 */
enum outcome retry_run(const struct retry_plan *plan, retry_attempt *attempt,
    void *context);

/* The pause to make after a pause of this length; 0: the first. */
await_time retry_pause(await_time last);

#endif
