/*
 * Print the option table, a row a line: letter, name, argument, the words that
 * it can be, and what the option is for, with a tab between them; a dash is
 * where there is nothing. Run by the build, for completions/generate.
 */
#include <stdio.h>

#include "../options.h"
#include "../tune.h"

/* The words that an option takes, one after the other; then NULL. */
static const char *
choice(enum option_id id, size_t index)
{
	return (id == OPTION_TOS ? tune_tos_name(index) :
	    options_choice(id, index));
}

int
main(void)
{
	for (enum option_id id = 0; id < OPTIONS; id++) {
		const struct option_row *row = options_row(id);

		printf("%c\t%s\t%s\t", row->letter != 0 ? row->letter : '-',
		    row->name, row->argument != NULL ? row->argument : "-");
		if (choice(id, 0) == NULL)
			putchar('-');
		for (size_t i = 0; choice(id, i) != NULL; i++)
			printf("%s%s", i > 0 ? " " : "", choice(id, i));
		printf("\t%s\n", row->help);
	}
	return (fflush(stdout) == 0 && !ferror(stdout) ? 0 : 1);
}
