/*
 * Words -> plan: the option table, and everything that a command line can have
 * wrong with it.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "endpoint.h"
#include "outcome.h"
#include "pump.h"

/* What the command line asked for, with every contradiction refused. */
struct plan {
	struct endpoint_plan endpoint;
	struct pump_plan pump;
	const char *announce;	/* a file name; NULL: tell nobody */
	bool wants_stdin;	/* -N or -q: even /dev/null is to be read */
};

/*
 * Read the command line. OUTCOME_OK with `*done` set: --help or --version has
 * been printed, and that is all. OUTCOME_USAGE: what is wrong has been
 * printed. The plan points into `argv`. Opens nothing, and looks up no host.
 */
enum outcome options_read(int argc, char *argv[], struct plan *plan,
    bool *done);

#endif
