/*
 * Of several names, the one that a misspelt one is nearest to.
 */
#ifndef NEAREST_H
#define NEAREST_H

#include <getopt.h>
#include <stddef.h>

/*
 * The name in getopt_long(3)'s list that is the fewest slips of the keyboard
 * away from the first `length` bytes of `word`, in whatever case; the first of
 * those that are equally near. NULL where it is no more than a guess.
 */
const char *nearest_name(const char *word, size_t length,
    const struct option *names);

#endif
