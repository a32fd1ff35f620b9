#include "options.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The name of each option; `OPTION_STREAM` and on are values of --type. */
enum option_id {
	OPTION_IPV4, OPTION_IPV6, OPTION_UNIX, OPTION_DOMAIN,
	OPTION_DGRAM, OPTION_TYPE,
	OPTION_LISTEN, OPTION_KEEP_OPEN, OPTION_CONNECT,
	OPTION_SOURCE, OPTION_SOURCE_PORT, OPTION_NUMERIC,
	OPTION_VERBOSE, OPTION_NO_STDIN,
	OPTION_SHUTDOWN, OPTION_NO_SHUTDOWN,
	OPTION_QUIT_AFTER, OPTION_QUIT_ON_EOF,
	OPTION_TIMEOUT, OPTION_CONNECT_TIMEOUT, OPTION_IDLE_TIMEOUT,
	OPTION_ANNOUNCE, OPTION_MODE,
	OPTION_HELP, OPTION_VERSION,
	OPTIONS,
	OPTION_STREAM = OPTIONS, OPTION_SEQPACKET,
	OPTION_IDS,
};

/* The table that parsing, --help and the test of the manual share. */
static const struct option_row {
	char letter;		/* 0: a long name only */
	const char *name;
	const char *argument;	/* NULL: takes none */
	const char *help;
} table[OPTIONS] = {
	[OPTION_IPV4] = { '4', "ipv4", NULL, "IPv4 only" },
	[OPTION_IPV6] = { '6', "ipv6", NULL, "IPv6 only" },
	[OPTION_UNIX] = { 'U', "unix", NULL, "UNIX domain: a path, or @name" },
	[OPTION_DOMAIN] = { 0, "domain", "NAME", "inet, inet6 or unix" },
	[OPTION_DGRAM] = { 'u', "dgram", NULL, "datagrams: UDP, in IP" },
	[OPTION_TYPE] = { 0, "type", "NAME", "stream, dgram or seqpacket" },
	[OPTION_LISTEN] = { 'l', "listen", NULL, "wait for a peer" },
	[OPTION_KEEP_OPEN] = { 'k', "keep-open", NULL,
	    "with -l: then serve the next" },
	[OPTION_CONNECT] = { 'c', "connect", NULL,
	    "datagrams: connect to one peer" },
	[OPTION_SOURCE] = { 's', "source", "ADDR", "local address or path" },
	[OPTION_SOURCE_PORT] = { 'p', "source-port", "PORT", "local port" },
	[OPTION_NUMERIC] = { 'n', "numeric", NULL, "look nothing up" },
	[OPTION_VERBOSE] = { 'v', "verbose", NULL,
	    "say what happens; twice: more" },
	[OPTION_NO_STDIN] = { 'd', "no-stdin", NULL, "do not read stdin" },
	[OPTION_SHUTDOWN] = { 'N', "shutdown", NULL,
	    "half-close at the end of stdin (default)" },
	[OPTION_NO_SHUTDOWN] = { 0, "no-shutdown", NULL,
	    "do not half-close at the end of stdin" },
	[OPTION_QUIT_AFTER] = { 'q', "quit-after", "SECS",
	    "leave this long after the end of stdin" },
	[OPTION_QUIT_ON_EOF] = { 'Q', "quit-on-eof", NULL,
	    "leave when the peer has closed" },
	[OPTION_TIMEOUT] = { 'w', "timeout", "SECS",
	    "limit connecting and idleness" },
	[OPTION_CONNECT_TIMEOUT] = { 0, "connect-timeout", "SECS",
	    "limit connecting" },
	[OPTION_IDLE_TIMEOUT] = { 0, "idle-timeout", "SECS",
	    "end an idle session" },
	[OPTION_ANNOUNCE] = { 0, "announce", "FILE",
	    "when ready, write the address there" },
	[OPTION_MODE] = { 0, "mode", "OCTAL",
	    "permissions of the UNIX listener" },
	[OPTION_HELP] = { 'h', "help", NULL, "print this" },
	[OPTION_VERSION] = { 0, "version", NULL, "print the version" },
};

/* What the options contradict, or make no sense without. */
static const struct rule {
	enum option_id option;
	enum { NEEDS, EXCLUDES } relation;
	enum option_id other;
} rules[] = {
	{ OPTION_IPV4, EXCLUDES, OPTION_IPV6 },
	{ OPTION_IPV4, EXCLUDES, OPTION_UNIX },
	{ OPTION_IPV6, EXCLUDES, OPTION_UNIX },
	{ OPTION_DGRAM, EXCLUDES, OPTION_STREAM },
	{ OPTION_DGRAM, EXCLUDES, OPTION_SEQPACKET },
	{ OPTION_STREAM, EXCLUDES, OPTION_SEQPACKET },
	{ OPTION_SEQPACKET, NEEDS, OPTION_UNIX },
	{ OPTION_KEEP_OPEN, NEEDS, OPTION_LISTEN },
	{ OPTION_CONNECT, NEEDS, OPTION_DGRAM },
	{ OPTION_SOURCE_PORT, EXCLUDES, OPTION_UNIX },
	{ OPTION_MODE, NEEDS, OPTION_UNIX },
	{ OPTION_MODE, NEEDS, OPTION_LISTEN },
	{ OPTION_SHUTDOWN, EXCLUDES, OPTION_NO_SHUTDOWN },
	{ OPTION_NO_SHUTDOWN, EXCLUDES, OPTION_DGRAM },
	{ OPTION_NO_STDIN, EXCLUDES, OPTION_QUIT_AFTER },
	{ OPTION_QUIT_ON_EOF, EXCLUDES, OPTION_DGRAM },
	{ OPTION_CONNECT_TIMEOUT, EXCLUDES, OPTION_LISTEN },
};

/* The command line as it was given. */
struct words {
	struct {
		int times;
		const char *value;	/* the last one given */
		char spelling[160];	/* for messages, as it was written */
	} given[OPTION_IDS];
	char **operands;
	int count;		/* of the operands */
};

/* The end of a wrong command line: what is wrong, in one line. */
static enum outcome __attribute__((format(printf, 1, 2)))
wrong(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vwarnx(format, arguments);
	va_end(arguments);
	return (OUTCOME_USAGE);
}

static bool
is_given(const struct words *words, enum option_id id)
{
	return (words->given[id].times > 0);
}

static const char *
spelling(const struct words *words, enum option_id id)
{
	return (words->given[id].spelling);
}

static void
note(struct words *words, enum option_id id, const char *value,
    const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
note(struct words *words, enum option_id id, const char *value,
    const char *format, ...)
{
	va_list arguments;

	words->given[id].times++;
	words->given[id].value = value;
	va_start(arguments, format);
	vsnprintf(words->given[id].spelling,
	    sizeof(words->given[id].spelling), format, arguments);
	va_end(arguments);
}

/* --domain and --type: each value is an option of its own. */
static const struct value_row {
	enum option_id option;
	const char *value;
	enum option_id means;
} values[] = {
	{ OPTION_DOMAIN, "inet", OPTION_IPV4 },
	{ OPTION_DOMAIN, "inet6", OPTION_IPV6 },
	{ OPTION_DOMAIN, "unix", OPTION_UNIX },
	{ OPTION_TYPE, "stream", OPTION_STREAM },
	{ OPTION_TYPE, "dgram", OPTION_DGRAM },
	{ OPTION_TYPE, "seqpacket", OPTION_SEQPACKET },
};

static enum outcome
note_value(struct words *words, enum option_id id, const char *value)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].option == id &&
		    strcmp(values[i].value, value) == 0) {
			note(words, values[i].means, NULL, "--%s=%s",
			    table[id].name, value);
			return (OUTCOME_OK);
		}
	return (wrong("--%s \"%s\" is none of: %s", table[id].name, value,
	    table[id].help));
}

/* What getopt_long(3) returns for an option without a letter: this and more. */
#define LONG_ONLY	256

/* getopt_long(3)'s two ways to name the options, from the table. */
static void
list_options(char *letters, struct option *names)
{
	*letters++ = ':';
	for (int id = 0; id < OPTIONS; id++) {
		const struct option_row *row = &table[id];

		names[id] = (struct option){
			.name = row->name,
			.has_arg = row->argument == NULL ?
			    no_argument : required_argument,
			.val = row->letter != 0 ? row->letter : LONG_ONLY + id,
		};
		if (row->letter == 0)
			continue;
		*letters++ = row->letter;
		if (row->argument != NULL)
			*letters++ = ':';
	}
	*letters = '\0';
	names[OPTIONS] = (struct option){ 0 };
}

static enum option_id
find_option(int letter)
{
	if (letter >= LONG_ONLY)
		return ((enum option_id)(letter - LONG_ONLY));
	for (enum option_id id = 0; id < OPTIONS; id++)
		if (table[id].letter == letter)
			return (id);
	return (OPTIONS);
}

/* getopt_long(3) found something amiss in the word before `optind`. */
static enum outcome
bad_option(int what, char *argv[])
{
	const char *word = argv[optind - 1];

	if (what == ':' && word[0] == '-' && word[1] == '-')
		return (wrong("option %s needs an argument", word));
	if (what == ':')
		return (wrong("option -%c needs an argument", optopt));
	if (optopt > 0 && find_option(optopt) == OPTIONS)
		return (wrong("unknown option -%c (see --help)", optopt));
	if (optopt > 0)
		return (wrong("option %s takes no argument", word));
	return (wrong("unknown option %s (see --help)", word));
}

/* Note each option given. */
static enum outcome
read_words(int argc, char *argv[], struct words *words)
{
	char letters[2 * OPTIONS + 2];
	struct option names[OPTIONS + 1];
	int letter, index;

	list_options(letters, names);
	opterr = 0;
	for (;;) {
		enum option_id id;

		index = -1;
		letter = getopt_long(argc, argv, letters, names, &index);
		if (letter == -1)
			break;
		if (letter == '?' || letter == ':')
			return (bad_option(letter, argv));
		id = find_option(letter);
		if (index == -1)
			note(words, id, optarg, "-%c", letter);
		else
			note(words, id, optarg, "--%s", table[id].name);
		if ((id == OPTION_DOMAIN || id == OPTION_TYPE) &&
		    note_value(words, id, optarg) != OUTCOME_OK)
			return (OUTCOME_USAGE);
	}
	words->operands = argv + optind;
	words->count = argc - optind;
	/* A path tells its domain by itself. */
	if (words->count == 1 && strchr(words->operands[0], '/') != NULL &&
	    !is_given(words, OPTION_UNIX))
		note(words, OPTION_UNIX, NULL, "%s", words->operands[0]);
	return (OUTCOME_OK);
}

/* How an option is called that was not given. */
static void
print_name(enum option_id id, char *name, size_t size)
{
	if (id == OPTION_STREAM || id == OPTION_SEQPACKET)
		strlcpy(name, "--type", size);
	else if (table[id].letter != 0)
		snprintf(name, size, "-%c (--%s)", table[id].letter,
		    table[id].name);
	else
		snprintf(name, size, "--%s", table[id].name);
}

static enum outcome
check_rules(const struct words *words)
{
	char name[40];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];

		if (!is_given(words, rule->option) ||
		    is_given(words, rule->other) == (rule->relation == NEEDS))
			continue;
		if (rule->relation == EXCLUDES)
			return (wrong("%s and %s contradict each other",
			    spelling(words, rule->option),
			    spelling(words, rule->other)));
		print_name(rule->other, name, sizeof(name));
		return (wrong("%s needs %s", spelling(words, rule->option),
		    name));
	}
	return (OUTCOME_OK);
}

/* A span of time: seconds, with a fraction or not. */
static enum outcome
read_seconds(const struct words *words, enum option_id id, await_time *span)
{
	/* Some three years: beyond, it is a slip. */
	const double most = 1e8;
	const char *text = words->given[id].value;
	char *end = NULL;
	double seconds = -1;

	if (!is_given(words, id))
		return (OUTCOME_OK);
	if (strspn(text, "0123456789.") == strlen(text))
		seconds = strtod(text, &end);
	if (end == NULL || end == text || *end != '\0' || seconds > most)
		return (wrong("%s \"%s\" is no time in seconds, such as 5 or "
		    "0.25", spelling(words, id), text));
	*span = (await_time)(seconds * (double)AWAIT_SECOND);
	return (OUTCOME_OK);
}

static enum outcome
read_mode(const struct words *words, int *mode)
{
	const char *text = words->given[OPTION_MODE].value;

	*mode = -1;
	if (!is_given(words, OPTION_MODE))
		return (OUTCOME_OK);
	if (text[0] == '\0' || strspn(text, "01234567") != strlen(text) ||
	    strlen(text) > 4 || strtol(text, NULL, 8) > 0777)
		return (wrong("--mode \"%s\" is no octal number up to 777",
		    text));
	*mode = (int)strtol(text, NULL, 8);
	return (OUTCOME_OK);
}

static const char *
family_name(int family)
{
	return (family == AF_INET ? "IPv4" : "IPv6");
}

/*
 * Read a host that is a number into `known`; leave a name to be looked up.
 * `chosen` is what chose the family of the plan, for the message.
 */
static enum outcome
read_host(const char *host, const struct endpoint_plan *plan,
    const char *chosen, struct endpoint_place *place)
{
	struct address_list *known = &place->known;

	place->host = host;
	if (host[0] == '\0')
		return (wrong("the host is an empty string"));
	if (sockaddr_resolve(host, AF_UNSPEC, true, known) != 0) {
		known->count = 0;
		if (plan->numeric)
			return (wrong("host \"%s\" is no number, and -n "
			    "forbids to look it up", host));
		return (OUTCOME_OK);
	}
	sockaddr_set_port(known, place->port);
	if (plan->family != AF_UNSPEC &&
	    known->at[0].as.any.sa_family != plan->family)
		return (wrong("%s is not an %s address, as %s asks", host,
		    family_name(plan->family), chosen));
	if (sockaddr_lacks_zone(&known->at[0]))
		return (wrong("%s is a link-local address: its zone is missing,"
		    " as in %s%%eth0", host, host));
	return (OUTCOME_OK);
}

static enum outcome
read_port(const char *text, const struct endpoint_plan *plan, bool zero,
    in_port_t *port)
{
	if (sockaddr_port(text, plan->type, zero, plan->numeric, port) == 0)
		return (OUTCOME_OK);
	if (plan->numeric)
		return (wrong("port \"%s\" is no number from %d to 65535, and "
		    "-n forbids to look it up", text, !zero));
	return (wrong("port \"%s\" is neither a number from %d to 65535 nor a "
	    "known service", text, !zero));
}

/* The operands' host and port; either stays NULL where it is not given. */
static enum outcome
split_operands(const struct words *words, const char **host,
    const char **port)
{
	char *first = words->count > 0 ? words->operands[0] : NULL;

	*host = *port = NULL;
	if (words->count > 2)
		return (wrong("\"%s\" is one operand too many",
		    words->operands[2]));
	if (words->count == 2) {
		*host = first;
		*port = words->operands[1];
		return (OUTCOME_OK);
	}
	if (words->count == 0)
		return (OUTCOME_OK);
	switch (sockaddr_split(first, host, port)) {
	case SOCKADDR_SPLIT_PAIR:
		return (OUTCOME_OK);
	case SOCKADDR_SPLIT_AMBIGUOUS:
		return (wrong("\"%s\" is ambiguous: write [address]:port, or "
		    "the port as an operand of its own", first));
	case SOCKADDR_SPLIT_BROKEN:
		return (wrong("\"%s\" is not [address]:port", first));
	case SOCKADDR_SPLIT_NONE:
	default:
		/* A lone word: a port to listen on, or a host without one. */
		*(is_given(words, OPTION_LISTEN) ? port : host) = first;
		return (OUTCOME_OK);
	}
}

/* Fill in a place on the network. */
static enum outcome
read_place(const char *host, const char *port, bool zero,
    const struct endpoint_plan *plan, const char *chosen,
    struct endpoint_place *place)
{
	if (port != NULL &&
	    read_port(port, plan, zero, &place->port) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (host != NULL)
		return (read_host(host, plan, chosen, place));
	sockaddr_wildcard(plan->family, &place->known);
	sockaddr_set_port(&place->known, place->port);
	return (OUTCOME_OK);
}

/* The local end from -s and -p, which nc also has for a listener's address. */
static enum outcome
read_local(const struct words *words, const char *host, const char *port,
    struct endpoint_plan *plan)
{
	const char *source = words->given[OPTION_SOURCE].value;
	const char *source_port = words->given[OPTION_SOURCE_PORT].value;
	const char *chosen = is_given(words, OPTION_IPV4) ?
	    spelling(words, OPTION_IPV4) : spelling(words, OPTION_IPV6);

	if (host != NULL && source != NULL)
		return (wrong("the address to listen on is given twice: %s, "
		    "and -s %s", host, source));
	if (port != NULL && source_port != NULL)
		return (wrong("the port to listen on is given twice: %s, "
		    "and -p %s", port, source_port));
	if (plan->listen && port == NULL && source_port == NULL)
		return (wrong("-l needs a port or a path to listen on"));
	plan->has_local = plan->listen || source != NULL || source_port != NULL;
	if (!plan->has_local)
		return (OUTCOME_OK);
	return (read_place(host != NULL ? host : source,
	    port != NULL ? port : source_port, true, plan, chosen,
	    &plan->local));
}

static enum outcome
read_network(const struct words *words, struct endpoint_plan *plan)
{
	const char *host, *port;
	const char *chosen = is_given(words, OPTION_IPV4) ?
	    spelling(words, OPTION_IPV4) : spelling(words, OPTION_IPV6);

	if (split_operands(words, &host, &port) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (plan->listen)
		return (read_local(words, host, port, plan));
	if (host == NULL)
		return (wrong("a host and a port, or a path, are missing "
		    "(see --help)"));
	if (port == NULL)
		return (wrong("the port of %s is missing", host));
	if (read_local(words, NULL, NULL, plan) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	/* A local address of one family leads to no other. */
	if (plan->family == AF_UNSPEC && plan->local.host != NULL &&
	    plan->local.known.count > 0) {
		plan->family = plan->local.known.at[0].as.any.sa_family;
		chosen = spelling(words, OPTION_SOURCE);
	}
	return (read_place(host, port, false, plan, chosen, &plan->remote));
}

static enum outcome
read_path(const char *path, struct endpoint_place *place)
{
	place->known.count = 1;
	if (sockaddr_unix(&place->known.at[0], path) == 0)
		return (OUTCOME_OK);
	if (errno == EAFNOSUPPORT)
		return (wrong("\"%s\": there are no abstract names here; "
		    "./%s is a file", path, path));
	if (errno == ENOENT)
		return (wrong("the path is an empty string"));
	return (wrong("path \"%s\" is longer than the 107 bytes that a UNIX "
	    "socket's can have", path));
}

static enum outcome
read_paths(const struct words *words, struct endpoint_plan *plan)
{
	const char *source = words->given[OPTION_SOURCE].value;
	const char *path = words->count > 0 ? words->operands[0] : NULL;

	if (words->count > 1)
		return (wrong("\"%s\" is one operand too many: a path has no "
		    "port", words->operands[1]));
	if (path == NULL && !(plan->listen && source != NULL))
		return (wrong("%s needs a path", spelling(words,
		    OPTION_UNIX)));
	if (plan->listen && path != NULL && source != NULL)
		return (wrong("the path to listen on is given twice: %s, and "
		    "-s %s", path, source));
	plan->has_local = plan->listen || source != NULL;
	if (!plan->listen && read_path(path, &plan->remote) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (!plan->has_local)
		return (OUTCOME_OK);
	if (path == NULL || !plan->listen)
		path = source;
	if (path[0] == '@' && is_given(words, OPTION_MODE))
		return (wrong("--mode is for a path: %s, an abstract name, has "
		    "no permissions", path));
	return (read_path(path, &plan->local));
}

static int
family_of(const struct words *words)
{
	if (is_given(words, OPTION_UNIX))
		return (AF_UNIX);
	if (is_given(words, OPTION_IPV4))
		return (AF_INET);
	return (is_given(words, OPTION_IPV6) ? AF_INET6 : AF_UNSPEC);
}

static int
type_of(const struct words *words)
{
	if (is_given(words, OPTION_DGRAM))
		return (SOCK_DGRAM);
	return (is_given(words, OPTION_SEQPACKET) ?
	    SOCK_SEQPACKET : SOCK_STREAM);
}

static enum outcome
read_endpoint(const struct words *words, struct endpoint_plan *plan)
{
	plan->family = family_of(words);
	plan->type = type_of(words);
	plan->listen = is_given(words, OPTION_LISTEN);
	plan->keep_open = is_given(words, OPTION_KEEP_OPEN);
	plan->connect = is_given(words, OPTION_CONNECT);
	plan->numeric = is_given(words, OPTION_NUMERIC);
	plan->verbose = words->given[OPTION_VERBOSE].times;
	plan->timeout = -1;
	if (read_seconds(words, OPTION_TIMEOUT, &plan->timeout) !=
	    OUTCOME_OK ||
	    read_seconds(words, OPTION_CONNECT_TIMEOUT, &plan->timeout) !=
	    OUTCOME_OK ||
	    read_mode(words, &plan->mode) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	return (plan->family == AF_UNIX ?
	    read_paths(words, plan) : read_network(words, plan));
}

static enum outcome
read_pump(const struct words *words, struct pump_plan *plan)
{
	const bool dgram = is_given(words, OPTION_DGRAM);
	const bool listen = is_given(words, OPTION_LISTEN);

	plan->no_stdin = is_given(words, OPTION_NO_STDIN);
	plan->half_close = !is_given(words, OPTION_NO_SHUTDOWN) &&
	    !plan->no_stdin;
	plan->quit_on_eof = is_given(words, OPTION_QUIT_ON_EOF);
	plan->keep_stdout = is_given(words, OPTION_KEEP_OPEN);
	plan->quiet_counts = dgram;
	plan->verbose = words->given[OPTION_VERBOSE].times;
	plan->idle = plan->quit = -1;
	if (read_seconds(words, OPTION_TIMEOUT, &plan->idle) != OUTCOME_OK ||
	    read_seconds(words, OPTION_IDLE_TIMEOUT, &plan->idle) !=
	    OUTCOME_OK ||
	    read_seconds(words, OPTION_QUIT_AFTER, &plan->quit) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	/* A datagram socket has no end of file: silence has to do. */
	if (dgram && !listen && plan->quit == -1 && plan->idle == -1)
		plan->quit = AWAIT_SECOND;
	return (OUTCOME_OK);
}

static void
print_help(void)
{
	char left[40];

	printf("usage: %s [options] host port          connect\n"
	    "       %s [options] -l [host] port     listen; datagrams: bind\n"
	    "       %s [options] [-l] -U path       in the UNIX domain\n\n",
	    getprogname(), getprogname(), getprogname());
	for (enum option_id id = 0; id < OPTIONS; id++) {
		const struct option_row *row = &table[id];
		char letter[] = { '-', row->letter, ',', '\0' };

		snprintf(left, sizeof(left), "%3s --%s%s%s",
		    row->letter == 0 ? "" : letter, row->name,
		    row->argument == NULL ? "" : "=",
		    row->argument == NULL ? "" : row->argument);
		printf("  %-26s %s\n", left, row->help);
	}
}

/* --help and --version go to stdout, which may refuse them. */
static enum outcome
print_and_check(const struct words *words)
{
	if (is_given(words, OPTION_HELP))
		print_help();
	else
		printf("sockcat %s\n", SOCKCAT_VERSION);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return (OUTCOME_OK);
	warn("write to stdout failed");
	return (OUTCOME_FAILED);
}

enum outcome
options_read(int argc, char *argv[], struct plan *plan, bool *done)
{
	struct words words = { 0 };

	*plan = (struct plan){ 0 };
	*done = false;
	if (read_words(argc, argv, &words) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (is_given(&words, OPTION_HELP) ||
	    is_given(&words, OPTION_VERSION)) {
		*done = true;
		return (print_and_check(&words));
	}
	if (check_rules(&words) != OUTCOME_OK ||
	    read_endpoint(&words, &plan->endpoint) != OUTCOME_OK ||
	    read_pump(&words, &plan->pump) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	plan->announce = words.given[OPTION_ANNOUNCE].value;
	plan->wants_stdin = is_given(&words, OPTION_SHUTDOWN) ||
	    is_given(&words, OPTION_QUIT_AFTER);
	return (OUTCOME_OK);
}
