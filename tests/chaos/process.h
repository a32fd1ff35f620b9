/*
 * sockcat itself: its words, its descriptors, its end.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include <sys/types.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "script.h"

enum { WORDS_MAX = 96, WORD_TEXT = 4096 };

/* A command line. */
struct line {
	char *words[WORDS_MAX + 1];
	size_t count;
	char text[WORD_TEXT];
	size_t used;
};

struct process {
	pid_t pid;
	int ended;		/* a pidfd, readable when it has */
	int in;			/* to write its stdin; -1: a file */
	int in_theirs;		/* what stdin is on its side */
	int out;		/* to read its stdout; -1: a file */
	int said;		/* its stderr */
	int announced;		/* what --announce is told */
	int leak;		/* closed when it has closed what it inherits */
	bool wrapped;		/* it is not sockcat itself that we see */
};

void line_add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void line_print(const struct line *line, char *text, size_t size);

/*
 * The words that a script asks for, with `place` as operands: "host port", a
 * path or an abstract name.
 */
void process_words(const struct script *script, const char *sockcat,
    const char *folder, const char *place, int announce, struct line *line);

/*
 * Start it. Files that it needs are made in the folder. `announce` is the
 * descriptor that the line speaks of.
 */
void process_start(struct process *process, const struct script *script,
    const struct line *line, const char *folder, int announce);

/* Stop it where it is, and let it go on. False: it has ended already. */
bool process_freeze(const struct process *process);
void process_thaw(const struct process *process);

/* How many descriptors does it have? -1: none any more. */
int process_descriptors(const struct process *process);

/* Has it set O_NONBLOCK on this descriptor? */
bool process_non_blocking(const struct process *process, int fd);

/* Close what is left open. */
void process_close(struct process *process);

#endif
