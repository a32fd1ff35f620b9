/*
 * sockcat: stdin and stdout through one socket, and not a byte lost.
 *
 * Words become a plan, the plan a session or a probe; and what became of that
 * is the exit status.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announce.h"
#include "await.h"
#include "descriptors.h"
#include "help.h"
#include "options.h"
#include "outcome.h"
#include "plan.h"
#include "probe.h"
#include "session.h"

/*
 * Close what we were not given on purpose. What is to be told to a descriptor
 * that we were given is found, or opened, before that.
 */
static enum outcome
sort_descriptors(const struct plan *plan, int *announcing, int *dump)
{
	enum { ANNOUNCING, DUMP, KEPT };
	struct descriptor kept[KEPT] = {
		[ANNOUNCING] = { .fd = -1 },
		[DUMP] = { .fd = -1 },
	};

	if (plan->announce != NULL) {
		kept[ANNOUNCING].fd = announce_descriptor(plan->announce);
		snprintf(kept[ANNOUNCING].what, sizeof(kept[ANNOUNCING].what),
		    "announce to %s", plan->announce);
	}
	if (plan->tap.dump != NULL) {
		snprintf(kept[DUMP].what, sizeof(kept[DUMP].what),
		    "open %s", plan->tap.dump);
		kept[DUMP].fd = open(plan->tap.dump,
		    O_WRONLY | O_CREAT | O_TRUNC, 0666);
		if (kept[DUMP].fd == -1) {
			warn("%s failed", kept[DUMP].what);
			return (OUTCOME_FAILED);
		}
	}
	if (descriptors_keep(kept, KEPT) != OUTCOME_OK)
		return (OUTCOME_FAILED);
	*announcing = kept[ANNOUNCING].fd;
	*dump = kept[DUMP].fd;
	return (OUTCOME_OK);
}

static enum outcome
run_plan(struct plan *plan)
{
	const struct probe_plan probe = {
		.endpoint = &plan->endpoint,
		.ranges = plan->ranges,
		.count = plan->range_count,
	};
	int announcing, dump;

	if (sort_descriptors(plan, &announcing, &dump) != OUTCOME_OK)
		return (OUTCOME_FAILED);
	await_guard();
	if (plan->max_time != -1 && await_limit(plan->max_time) == -1) {
		warn("set --max-time failed");
		return (OUTCOME_FAILED);
	}
	return (plan->probe ? probe_run(&probe) :
	    session_run(plan, announcing, dump));
}

static enum outcome
run(int argc, char *argv[])
{
	struct options options;
	struct plan plan;
	enum outcome outcome;

	outcome = options_read(argc, argv, &options);
	if (outcome != OUTCOME_OK)
		return (outcome);
	if (options_has(&options, OPTION_HELP))
		return (help_print());
	if (options_has(&options, OPTION_VERSION))
		return (help_print_version());
	outcome = plan_read(&options, &plan);
	if (outcome == OUTCOME_OK)
		outcome = run_plan(&plan);
	plan_free(&plan);
	return (outcome);
}

int
main(int argc, char *argv[])
{
	enum outcome outcome;

	/* One write(2) a line: other programs' lines do not come between. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	outcome = descriptors_fill();
	if (outcome == OUTCOME_OK)
		outcome = run(argc, argv);
	if (outcome != OUTCOME_STOPPED)
		exit((int)outcome);
	if (await_signal() == AWAIT_TIME_UP) {
		warnx("run failed: %s (--max-time)", strerror(ETIMEDOUT));
		exit(OUTCOME_TIMED_OUT);
	}
	await_raise();
	exit((int)outcome + await_signal());
}
