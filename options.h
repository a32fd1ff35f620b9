/*
 * The command line as it was given: the option table, and which options
 * contradict each other. What they ask for is plan.h's.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "outcome.h"

/*
 * The name of each option; from OPTION_STREAM on, what is said in another way:
 * values of --type, and what several options have in common.
 */
enum option_id {
	OPTION_IPV4, OPTION_IPV6, OPTION_UNIX, OPTION_DOMAIN,
	OPTION_DGRAM, OPTION_TYPE, OPTION_CONNECT, OPTION_NUMERIC,
	OPTION_SOURCE, OPTION_SOURCE_PORT,
	OPTION_LISTEN, OPTION_KEEP_OPEN, OPTION_PROBE, OPTION_MODE,
	OPTION_PASS_FD, OPTION_ANNOUNCE,
	OPTION_LINES, OPTION_SIZE, OPTION_COUNT, OPTION_END_MARKER,
	OPTION_CRLF, OPTION_INTERVAL,
	OPTION_NO_STDIN, OPTION_SHUTDOWN, OPTION_NO_SHUTDOWN,
	OPTION_QUIT_AFTER, OPTION_QUIT_ON_EOF,
	OPTION_TIMEOUT, OPTION_CONNECT_TIMEOUT, OPTION_IDLE_TIMEOUT,
	OPTION_ACCEPT_TIMEOUT, OPTION_MAX_TIME, OPTION_RETRY,
	OPTION_BROADCAST, OPTION_RECV_BUFFER, OPTION_TOS, OPTION_SEND_BUFFER,
	OPTION_TTL, OPTION_MIN_TTL,
	OPTION_VERBOSE, OPTION_PROGRESS, OPTION_HEXDUMP,
	OPTION_HELP, OPTION_VERSION,
	OPTIONS,
	OPTION_STREAM = OPTIONS, OPTION_SEQPACKET,
	OPTION_MESSAGES, OPTION_CONNECTED, OPTION_ENDED,
	OPTION_IDS,
};

/* Where people look for an option; --help has them in this order. */
enum option_group {
	GROUP_ADDRESS, GROUP_MODE, GROUP_MESSAGES, GROUP_END, GROUP_TIME,
	GROUP_SOCKET, GROUP_SAID,
	GROUPS,
};

/* A row of the option table. */
struct option_row {
	char letter;		/* 0: a long name only */
	const char *name;
	const char *argument;	/* NULL: takes none; "[NAME]": may take one */
	enum option_group group;
	const char *help;
};

/* What was given of one option. */
struct option_given {
	int times;
	const char *value;	/* the last one; in argv */
	char spelling[160];	/* as it was written, for messages */
};

struct options {
	struct option_given given[OPTION_IDS];
	char **operands;	/* in argv */
	int count;		/* of the operands */
};

/*
 * Read the command line. OUTCOME_USAGE: an option is wrong or contradicts
 * another, and it has been printed which.
 */
enum outcome options_read(int argc, char *argv[], struct options *options);

/* How an option is written, and what it is for. */
const struct option_row *options_row(enum option_id id);

/* The words that --domain or --type takes, one after the other; then NULL. */
const char *options_choice(enum option_id id, size_t index);

/* Was it given? */
bool options_has(const struct options *options, enum option_id id);

/* How it was written: "-k", "--type=dgram", or the path that implies -U. */
const char *options_spelling(const struct options *options, enum option_id id);

/* Its argument; NULL where it was not given. */
const char *options_value(const struct options *options, enum option_id id);

/* Print what is wrong with the command line, in one line: OUTCOME_USAGE. */
enum outcome options_wrong(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
