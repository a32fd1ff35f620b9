/*
 * -z: which ports are open? Many connects at once, and the results in order.
 */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

#include "endpoint.h"
#include "outcome.h"

/* Ports in host byte order, both ends included. */
struct probe_range {
	in_port_t low;
	in_port_t high;
};

struct probe_plan {
	const struct endpoint_plan *endpoint;	/* whom to connect to */
	const struct probe_range *ranges;	/* none in the UNIX domain */
	size_t count;
};

/*
 * Probe every port of every range. With more than one, each that is open is a
 * line `host port` on stdout, in the order asked for. OUTCOME_OK: one or more
 * are open, or, for UDP, answer nothing. OUTCOME_FAILED: none, which is no
 * failure to be printed. OUTCOME_TIMED_OUT: nor after the plan's `retry`, and
 * the last reason has been printed.
 */
enum outcome probe_run(const struct probe_plan *plan);

#endif
