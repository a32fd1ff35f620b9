#include "nearest.h"

#include <sys/param.h>

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

/* No name is longer. */
#define NAME_MAX_LENGTH	32

static bool
is_same(char a, char b)
{
	return (tolower((unsigned char)a) == tolower((unsigned char)b));
}

/*
 * How many slips make one name of the other: a character too many, too few or
 * another, or two in the wrong order (the optimal string alignment distance).
 */
static size_t
distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
	size_t at[NAME_MAX_LENGTH + 1][NAME_MAX_LENGTH + 1];

	for (size_t i = 0; i <= a_length; i++)
		for (size_t j = 0; j <= b_length; j++) {
			if (i == 0 || j == 0) {
				at[i][j] = MAX(i, j);
				continue;
			}
			at[i][j] = at[i - 1][j - 1] +
			    !is_same(a[i - 1], b[j - 1]);
			at[i][j] = MIN(at[i][j], at[i - 1][j] + 1);
			at[i][j] = MIN(at[i][j], at[i][j - 1] + 1);
			if (i > 1 && j > 1 && is_same(a[i - 1], b[j - 2]) &&
			    is_same(a[i - 2], b[j - 1]))
				at[i][j] = MIN(at[i][j], at[i - 2][j - 2] + 1);
		}
	return (at[a_length][b_length]);
}

const char *
nearest_name(const char *word, size_t length, const struct option *names)
{
	/* With a third of it wrong, it may be anything. */
	size_t least = (length + 2) / 3;
	const char *nearest = NULL;

	if (length > NAME_MAX_LENGTH)
		return (NULL);
	for (; names->name != NULL; names++) {
		size_t name_length = strlen(names->name), slips;

		if (name_length > NAME_MAX_LENGTH)
			continue;
		slips = distance(word, length, names->name, name_length);
		if (slips < least) {
			least = slips;
			nearest = names->name;
		}
	}
	return (nearest);
}
