#include "help.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const char *const titles[GROUPS] = {
	[GROUP_ADDRESS] = "Domain, type and addresses",
	[GROUP_MODE] = "Listening, probing, passing on",
	[GROUP_MESSAGES] = "What is sent and received",
	[GROUP_END] = "The end of stdin, and of the run",
	[GROUP_TIME] = "Limits of time",
	[GROUP_SOCKET] = "The socket",
	[GROUP_SAID] = "Information",
};

/* stdout may refuse what was printed. */
static enum outcome
check_stdout(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (OUTCOME_OK);
	warn("write to stdout failed");
	return (OUTCOME_FAILED);
}

enum outcome
help_print_version(void)
{
	printf("sockcat %s\n", SOCKCAT_VERSION);
	return (check_stdout());
}

/* How an option is written in --help: "-q, --quit-after=SECS". */
static void
spell_option(const struct option_row *row, char *text, size_t size)
{
	const char *argument = row->argument == NULL ? "" : row->argument;
	char letter[] = { '-', row->letter, ',', ' ', '\0' };

	snprintf(text, size, "%s--%s%s%s", row->letter == 0 ? "" : letter,
	    row->name, argument[0] == '[' ? "[=" :
	    argument[0] != '\0' ? "=" : "", argument + (argument[0] == '['));
}

/* How wide two options in a line of --help can be, and what is between. */
static const size_t cell_widths[] = { 37, 39 };
#define CELL_GAP	2

struct cell {
	char name[32];
	const char *help;
	bool right;		/* beside the one before */
};

static bool
cell_fits(const struct cell *cell, bool right)
{
	return (strlen(cell->name) + CELL_GAP + strlen(cell->help) <=
	    cell_widths[right]);
}

/* Put the options of a group into cells, one after the other or in pairs. */
static size_t
fill_cells(enum option_group group, struct cell *cells)
{
	size_t count = 0;

	for (enum option_id id = 0; id < OPTIONS; id++) {
		struct cell *cell = &cells[count];

		if (options_row(id)->group != group)
			continue;
		spell_option(options_row(id), cell->name, sizeof(cell->name));
		cell->help = options_row(id)->help;
		cell->right = count > 0 && !cell[-1].right &&
		    cell_fits(cell, true) && cell_fits(&cell[-1], false);
		count++;
	}
	return (count);
}

/* How wide names are in a column, so that what is beside them fits as well. */
static int
column_width(const struct cell *cells, size_t count, bool right)
{
	size_t name = 0, help = 0;

	for (size_t i = 0; i < count; i++) {
		bool paired = right || (i + 1 < count && cells[i + 1].right);

		if (cells[i].right != right)
			continue;
		if (name < strlen(cells[i].name))
			name = strlen(cells[i].name);
		if (paired && help < strlen(cells[i].help))
			help = strlen(cells[i].help);
	}
	help += CELL_GAP;
	return ((int)(name + help <= cell_widths[right] ? name :
	    cell_widths[right] - help));
}

static void
print_group(enum option_group group)
{
	struct cell cells[OPTIONS];
	const size_t count = fill_cells(group, cells);
	const int left = column_width(cells, count, false);
	const int right = column_width(cells, count, true);

	printf("%s\n", titles[group]);
	for (size_t i = 0; i < count; i++) {
		int used = printf("%*s%-*s%*s%s", CELL_GAP, "",
		    cells[i].right ? right : left, cells[i].name,
		    CELL_GAP, "", cells[i].help) - CELL_GAP;

		if (i + 1 < count && cells[i + 1].right)
			printf("%*s", (int)cell_widths[0] - used, "");
		else
			putchar('\n');
	}
}

enum outcome
help_print(void)
{
	const char *name = getprogname();

	printf("usage: %s [options] host port | path        connect\n"
	    "       %s [options] -l [host] port | path   listen; datagrams: "
	    "bind\n"
	    "       %s [options] -z host port... | path  probe; a port may be "
	    "lo-hi\n\n", name, name, name);
	for (enum option_group group = 0; group < GROUPS; group++)
		print_group(group);
	return (check_stdout());
}
