/*
 * What --help and --version print on stdout. All of --help is to be seen at
 * once, on a screen of 80 columns and 40 lines, and so two options of a group
 * are in a line where both are short.
 */
#ifndef HELP_H
#define HELP_H

#include "outcome.h"

/* They print what went wrong: stdout may refuse what is written there. */
enum outcome help_print(void);
enum outcome help_print_version(void);

#endif
