/*
 * What the command line asks for, with everything that can be wrong with it
 * refused. No room below reads options.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "endpoint.h"
#include "options.h"
#include "outcome.h"
#include "probe.h"
#include "pump.h"
#include "tap.h"

struct plan {
	struct endpoint_plan endpoint;
	struct pump_plan pump;
	struct tap_plan tap;
	bool probe;		/* -z: this, and no session */
	struct probe_range *ranges;	/* with it; ours, allocated */
	size_t range_count;
	bool pass;		/* -F: pass the socket on, and no session */
	bool wants_stdin;	/* its end matters: even /dev/null is read */
	const char *announce;	/* a file name; NULL: tell nobody */
	await_time max_time;	/* span of the whole run; -1: any */
};

/*
 * Make the plan that the options ask for. It points into argv. OUTCOME_USAGE:
 * what is wrong with them has been printed. Opens nothing, looks up no host;
 * what files there are is asked only for the sake of advice.
 */
enum outcome plan_read(const struct options *options, struct plan *plan);

/* Free what the plan has allocated. */
void plan_free(struct plan *plan);

#endif
