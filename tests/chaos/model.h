/*
 * What each side was owed, and whether it got it.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdbool.h>
#include <stddef.h>

#include "script.h"
#include "stage.h"

struct verdict {
	char wrong[1024];	/* what is; empty: nothing */
};

void model_judge(const struct script *script, const struct facts *facts,
    struct verdict *verdict);

#endif
