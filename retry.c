#include "retry.h"

#include <stddef.h>

#define FIRST_PAUSE	(10 * AWAIT_MS)
#define LAST_PAUSE	(500 * AWAIT_MS)

await_time
retry_pause(await_time last)
{
	return (last == 0 ? FIRST_PAUSE :
	    await_earliest(2 * last, LAST_PAUSE));
}

enum outcome
retry_run(const struct retry_plan *plan, retry_attempt *attempt,
    void *context)
{
	const await_time until = await_after(await_now(), plan->retry);
	struct reason reason, last = { .passing = false };
	await_time pause = 0;
	enum outcome outcome;

	for (;;) {
		outcome = attempt(context, await_earliest(until,
		    await_after(await_now(), plan->timeout)), &reason);
		if (outcome == OUTCOME_OK || outcome == OUTCOME_STOPPED)
			return (outcome);
		if (plan->retry == -1 ||
		    (outcome == OUTCOME_FAILED && !reason.passing)) {
			outcome_report(&reason, outcome == OUTCOME_TIMED_OUT ?
			    "--connect-timeout" : NULL);
			return (outcome);
		}
		/* That the time was up is no reason, where there was one. */
		if (outcome == OUTCOME_FAILED || !last.passing)
			last = reason;
		if (await_now() >= until) {
			outcome_report(&last, "--retry");
			return (OUTCOME_TIMED_OUT);
		}
		pause = retry_pause(pause);
		if (await_pause(pause, until) == -1)
			return (await_failed());
	}
}
