/*
 * A plan that moves data: an endpoint, and one session after the other, until
 * there are no more.
 */
#ifndef SESSION_H
#define SESSION_H

#include "outcome.h"
#include "plan.h"

/*
 * Open the endpoint, announce it, shut the process in and exchange data with
 * one peer or, with -k, one after the other. `announcing`: a descriptor for
 * --announce, -1 where the plan's file is to be opened. `dump`: one for
 * --hexdump, where the plan names a file. Both become the session's. The plan
 * is completed with what it does on account of what stdin is.
 */
enum outcome session_run(struct plan *plan, int announcing, int dump);

#endif
