/*
 * The numbers among the arguments of what stands in tests/.
 */
#ifndef NUMBER_H
#define NUMBER_H

#include <err.h>
#include <stdlib.h>

/*
 * What text says in decimal, from min to max.  Where it says something else,
 * a line on standard error says what is wrong, and the program exits with 2.
 * Follows strtonum(3) of libbsd.
 */
static inline long long
read_number(const char *text, long long min, long long max)
{
	const char *wrong;
	long long n = strtonum(text, min, max, &wrong);

	if (wrong != NULL)
		errx(2, "number %s is %s", text, wrong);
	return (n);
}

#endif
