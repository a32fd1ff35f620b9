/*
 * What somebody may have meant whose operand is refused: a remark to end the
 * message with, in parentheses and after a space; empty where nothing comes to
 * mind. It may point to what it is asked about.
 */
#ifndef ADVICE_H
#define ADVICE_H

#include "options.h"

struct advice {
	char text[512];
};

/* By a port that is none: all of an operand, or a part of one. */
const char *advice_port(const struct options *options, const char *port,
    struct advice *advice);

/* By a lone operand to connect to, in which there is no port. */
const char *advice_host(const struct options *options, const char *host,
    struct advice *advice);

/* By an operand behind what is complete. */
const char *advice_more(const struct options *options, const char *word);

/*
 * By a path that is a host and a port joined with a slash, or a URL: such a
 * thing may be a path as well, but not where its directory is missing.
 */
const char *advice_path(const struct options *options, const char *path,
    struct advice *advice);

#endif
