#include "options.h"

#include <err.h>
#include <getopt.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nearest.h"

/* The table that parsing, --help, completions and tests share. */
static const struct option_row table[OPTIONS] = {
	[OPTION_IPV4] = { '4', "ipv4", NULL, GROUP_ADDRESS, "IPv4 only" },
	[OPTION_IPV6] = { '6', "ipv6", NULL, GROUP_ADDRESS, "IPv6 only" },
	[OPTION_UNIX] = { 'U', "unix", NULL, GROUP_ADDRESS,
	    "a path, or @name" },
	[OPTION_DOMAIN] = { 0, "domain", "NAME", GROUP_ADDRESS,
	    "inet, inet6 or unix" },
	[OPTION_DGRAM] = { 'u', "dgram", NULL, GROUP_ADDRESS,
	    "datagrams (UDP)" },
	[OPTION_TYPE] = { 0, "type", "NAME", GROUP_ADDRESS,
	    "stream, dgram, seqpacket" },
	[OPTION_CONNECT] = { 'c', "connect", NULL, GROUP_ADDRESS,
	    "keep to one peer" },
	[OPTION_NUMERIC] = { 'n', "numeric", NULL, GROUP_ADDRESS,
	    "look nothing up" },
	[OPTION_SOURCE] = { 's', "source", "ADDR", GROUP_ADDRESS,
	    "local address" },
	[OPTION_SOURCE_PORT] = { 'p', "source-port", "PORT", GROUP_ADDRESS,
	    "local port" },

	[OPTION_LISTEN] = { 'l', "listen", NULL, GROUP_MODE,
	    "wait for a peer" },
	[OPTION_KEEP_OPEN] = { 'k', "keep-open", NULL, GROUP_MODE,
	    "then serve the next" },
	[OPTION_PROBE] = { 'z', "probe", NULL, GROUP_MODE,
	    "are the ports open?" },
	[OPTION_MODE] = { 0, "mode", "OCTAL", GROUP_MODE,
	    "permissions of the path" },
	[OPTION_PASS_FD] = { 'F', "pass-fd", NULL, GROUP_MODE,
	    "connect, pass the socket over stdout" },
	[OPTION_ANNOUNCE] = { 0, "announce", "FILE", GROUP_MODE,
	    "when ready, write the address there" },

	[OPTION_LINES] = { 'L', "lines", NULL, GROUP_MESSAGES,
	    "a message is a line" },
	[OPTION_SIZE] = { 0, "size", "BYTES", GROUP_MESSAGES,
	    "messages of BYTES" },
	[OPTION_COUNT] = { 'W', "count", "N", GROUP_MESSAGES,
	    "leave after N messages" },
	[OPTION_END_MARKER] = { 'E', "end-marker", NULL, GROUP_MESSAGES,
	    "empty ones end it" },
	[OPTION_CRLF] = { 'C', "crlf", NULL, GROUP_MESSAGES,
	    "send CRLF for LF" },
	[OPTION_INTERVAL] = { 'i', "interval", "SECS", GROUP_MESSAGES,
	    "pause after lines" },

	[OPTION_NO_STDIN] = { 'd', "no-stdin", NULL, GROUP_END,
	    "ignore stdin" },
	[OPTION_SHUTDOWN] = { 'N', "shutdown", NULL, GROUP_END,
	    "half-close (default)" },
	[OPTION_NO_SHUTDOWN] = { 0, "no-shutdown", NULL, GROUP_END,
	    "do not half-close at the end of stdin" },
	[OPTION_QUIT_AFTER] = { 'q', "quit-after", "SECS", GROUP_END,
	    "leave this long after the end of stdin" },
	[OPTION_QUIT_ON_EOF] = { 'Q', "quit-on-eof", NULL, GROUP_END,
	    "leave when the peer has closed" },

	[OPTION_TIMEOUT] = { 'w', "timeout", "SECS", GROUP_TIME,
	    "limit connecting and idleness" },
	[OPTION_CONNECT_TIMEOUT] = { 0, "connect-timeout", "SECS", GROUP_TIME,
	    "limit connecting" },
	[OPTION_IDLE_TIMEOUT] = { 0, "idle-timeout", "SECS", GROUP_TIME,
	    "end an idle session" },
	[OPTION_ACCEPT_TIMEOUT] = { 0, "accept-timeout", "SECS", GROUP_TIME,
	    "limit the wait for the first peer" },
	[OPTION_MAX_TIME] = { 0, "max-time", "SECS", GROUP_TIME,
	    "limit the whole run" },
	[OPTION_RETRY] = { 0, "retry", "SECS", GROUP_TIME,
	    "keep trying to connect for so long" },

	[OPTION_BROADCAST] = { 'b', "broadcast", NULL, GROUP_SOCKET,
	    "allow broadcast" },
	[OPTION_RECV_BUFFER] = { 'I', "recv-buffer", "BYTES", GROUP_SOCKET,
	    "receive buffer" },
	[OPTION_TOS] = { 'T', "tos", "VALUE", GROUP_SOCKET,
	    "type of service" },
	[OPTION_SEND_BUFFER] = { 'O', "send-buffer", "BYTES", GROUP_SOCKET,
	    "send buffer" },
	[OPTION_TTL] = { 'M', "ttl", "N", GROUP_SOCKET,
	    "time to live" },
	[OPTION_MIN_TTL] = { 'm', "min-ttl", "N", GROUP_SOCKET,
	    "least accepted" },

	[OPTION_VERBOSE] = { 'v', "verbose", NULL, GROUP_SAID,
	    "say what happens; twice: more" },
	[OPTION_PROGRESS] = { 0, "progress", NULL, GROUP_SAID,
	    "bytes, rate and time left" },
	[OPTION_HEXDUMP] = { 0, "hexdump", "[FILE]", GROUP_SAID,
	    "each byte that passes" },
	[OPTION_HELP] = { 'h', "help", NULL, GROUP_SAID, "print this" },
	[OPTION_VERSION] = { 0, "version", NULL, GROUP_SAID,
	    "print the version" },
};

/* How to ask for what is no option of its own. */
static const char *const other_names[OPTION_IDS] = {
	[OPTION_STREAM] = "--type=stream",
	[OPTION_SEQPACKET] = "--type=seqpacket",
	[OPTION_MESSAGES] = "messages: -u (--dgram) or --type=seqpacket",
	[OPTION_CONNECTED] = "-c (--connect) with datagrams",
	[OPTION_ENDED] = "-E (--end-marker) with datagrams",
};

/* What people may call an option who know another netcat, or the system. */
static const struct {
	const char *theirs;
	const char *ours;
} synonyms[] = {
	{ "datagram", "dgram" }, { "nodns", "numeric" },
	{ "recv-only", "no-stdin" }, { "seqpacket", "type=seqpacket" },
	{ "stream", "type=stream" }, { "tcp", "type=stream" },
	{ "udp", "dgram" }, { "unixsock", "unix" }, { "wait", "timeout" },
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
	{ OPTION_QUIT_ON_EOF, NEEDS, OPTION_ENDED },
	{ OPTION_NO_STDIN, EXCLUDES, OPTION_QUIT_AFTER },
	{ OPTION_NO_STDIN, EXCLUDES, OPTION_SIZE },
	{ OPTION_NO_STDIN, EXCLUDES, OPTION_CRLF },
	{ OPTION_NO_STDIN, EXCLUDES, OPTION_INTERVAL },

	{ OPTION_CONNECT_TIMEOUT, EXCLUDES, OPTION_LISTEN },
	{ OPTION_ACCEPT_TIMEOUT, NEEDS, OPTION_LISTEN },
	{ OPTION_RETRY, EXCLUDES, OPTION_LISTEN },
	{ OPTION_RETRY, NEEDS, OPTION_CONNECTED },

	{ OPTION_LINES, NEEDS, OPTION_MESSAGES },
	{ OPTION_SIZE, NEEDS, OPTION_MESSAGES },
	{ OPTION_COUNT, NEEDS, OPTION_MESSAGES },
	{ OPTION_END_MARKER, NEEDS, OPTION_MESSAGES },
	{ OPTION_LINES, EXCLUDES, OPTION_SIZE },
	{ OPTION_LINES, EXCLUDES, OPTION_CRLF },
	{ OPTION_SIZE, EXCLUDES, OPTION_CRLF },
	{ OPTION_COUNT, EXCLUDES, OPTION_KEEP_OPEN },

	{ OPTION_BROADCAST, NEEDS, OPTION_DGRAM },
	{ OPTION_BROADCAST, EXCLUDES, OPTION_UNIX },
	{ OPTION_BROADCAST, EXCLUDES, OPTION_IPV6 },
	{ OPTION_TOS, EXCLUDES, OPTION_UNIX },
	{ OPTION_TTL, EXCLUDES, OPTION_UNIX },
	{ OPTION_MIN_TTL, EXCLUDES, OPTION_UNIX },
	{ OPTION_MIN_TTL, EXCLUDES, OPTION_DGRAM },

	/* No session follows a probe, nor a socket passed on. */
	{ OPTION_PASS_FD, NEEDS, OPTION_CONNECTED },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_LISTEN },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_PROGRESS },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_HEXDUMP },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_NO_SHUTDOWN },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_QUIT_AFTER },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_QUIT_ON_EOF },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_IDLE_TIMEOUT },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_LINES },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_SIZE },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_COUNT },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_END_MARKER },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_CRLF },
	{ OPTION_PASS_FD, EXCLUDES, OPTION_INTERVAL },
	{ OPTION_PROBE, EXCLUDES, OPTION_LISTEN },
	{ OPTION_PROBE, EXCLUDES, OPTION_CONNECT },
	{ OPTION_PROBE, EXCLUDES, OPTION_PASS_FD },
	{ OPTION_PROBE, EXCLUDES, OPTION_PROGRESS },
	{ OPTION_PROBE, EXCLUDES, OPTION_HEXDUMP },
	{ OPTION_PROBE, EXCLUDES, OPTION_NO_SHUTDOWN },
	{ OPTION_PROBE, EXCLUDES, OPTION_QUIT_AFTER },
	{ OPTION_PROBE, EXCLUDES, OPTION_QUIT_ON_EOF },
	{ OPTION_PROBE, EXCLUDES, OPTION_IDLE_TIMEOUT },
	{ OPTION_PROBE, EXCLUDES, OPTION_LINES },
	{ OPTION_PROBE, EXCLUDES, OPTION_SIZE },
	{ OPTION_PROBE, EXCLUDES, OPTION_COUNT },
	{ OPTION_PROBE, EXCLUDES, OPTION_END_MARKER },
	{ OPTION_PROBE, EXCLUDES, OPTION_CRLF },
	{ OPTION_PROBE, EXCLUDES, OPTION_INTERVAL },
	{ OPTION_PROBE, EXCLUDES, OPTION_ANNOUNCE },
};

const struct option_row *
options_row(enum option_id id)
{
	return (&table[id]);
}

enum outcome
options_wrong(const char *format, ...)
{
	char line[8192];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	outcome_clean(line);
	warnx("%s", line);
	return (OUTCOME_USAGE);
}

bool
options_has(const struct options *options, enum option_id id)
{
	return (options->given[id].times > 0);
}

const char *
options_spelling(const struct options *options, enum option_id id)
{
	return (options->given[id].spelling);
}

const char *
options_value(const struct options *options, enum option_id id)
{
	return (options->given[id].value);
}

static void
note(struct options *options, enum option_id id, const char *value,
    const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void
note(struct options *options, enum option_id id, const char *value,
    const char *format, ...)
{
	va_list arguments;

	options->given[id].times++;
	options->given[id].value = value;
	va_start(arguments, format);
	vsnprintf(options->given[id].spelling,
	    sizeof(options->given[id].spelling), format, arguments);
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

/* Add one of `count` words to a list: "inet, inet6 or unix". */
static void
add_to_list(char *list, size_t size, size_t index, size_t count,
    const char *dashes, const char *word)
{
	if (index > 0)
		strlcat(list, index + 1 < count ? ", " : " or ", size);
	strlcat(list, dashes, size);
	strlcat(list, word, size);
}

const char *
options_choice(enum option_id id, size_t index)
{
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].option == id && index-- == 0)
			return (values[i].value);
	return (NULL);
}

static enum outcome
note_value(struct options *options, enum option_id id, const char *value)
{
	char list[64] = "";
	size_t count = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (values[i].option == id &&
		    strcmp(values[i].value, value) == 0) {
			note(options, values[i].means, NULL, "--%s=%s",
			    table[id].name, value);
			return (OUTCOME_OK);
		}
	while (options_choice(id, count) != NULL)
		count++;
	for (size_t i = 0; i < count; i++)
		add_to_list(list, sizeof(list), i, count, "",
		    options_choice(id, i));
	return (options_wrong("--%s \"%s\" is none of: %s", table[id].name,
	    value, list));
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
			.has_arg = row->argument == NULL ? no_argument :
			    row->argument[0] == '[' ?
			    optional_argument : required_argument,
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

/* Is it a long option, to its end or to a `=`? */
static bool
is_name(const char *word)
{
	const size_t length = strcspn(word, "=");

	for (enum option_id id = 0; id < OPTIONS; id++)
		if (strlen(table[id].name) == length &&
		    strncmp(table[id].name, word, length) == 0)
			return (true);
	return (false);
}

/* A long option, `word` without dashes, that is the beginning of several. */
static enum outcome
ambiguous_name(const char *word, size_t length, size_t count)
{
	char list[512] = "";
	size_t i = 0;

	for (enum option_id id = 0; id < OPTIONS; id++)
		if (strncmp(table[id].name, word, length) == 0)
			add_to_list(list, sizeof(list), i++, count, "--",
			    table[id].name);
	return (options_wrong("option --%s is ambiguous: %s", word, list));
}

/* A long option, `word` without dashes, that is none. */
static enum outcome
unknown_name(const char *word, const struct option *names)
{
	const size_t length = strcspn(word, "=");
	const char *meant;
	size_t count = 0;

	for (enum option_id id = 0; length > 0 && id < OPTIONS; id++)
		if (strncmp(table[id].name, word, length) == 0)
			count++;
	if (count > 1)
		return (ambiguous_name(word, length, count));
	meant = nearest_name(word, length, names);
	for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++)
		if (strlen(synonyms[i].theirs) == length &&
		    strncmp(synonyms[i].theirs, word, length) == 0)
			meant = synonyms[i].ours;
	if (meant == NULL)
		return (options_wrong("unknown option --%s (see --help)",
		    word));
	return (options_wrong("unknown option --%s (did you mean --%s?)", word,
	    meant));
}

/* One dash where there are to be two. */
static enum outcome
one_dash(const char *word)
{
	return (options_wrong("unknown option %s (did you mean -%s?)", word,
	    word));
}

/* The last letter of ASCII: what is beyond is a part of one. */
#define LETTER_MOST	0x7f

static bool
ends_in(const char *word, char byte)
{
	const size_t length = strlen(word);

	return (length > 0 && word[length - 1] == byte);
}

/*
 * getopt_long(3) found something amiss, in the word before `optind`; or at it,
 * where that is of several letters.
 */
static enum outcome
bad_option(int what, char *argv[], const struct option *names)
{
	const char *word = argv[optind - 1], *next = argv[optind];

	if (what == ':' && word[0] == '-' && word[1] == '-')
		return (options_wrong("option %s needs an argument", word));
	if (what == ':')
		return (options_wrong("option -%c needs an argument", optopt));
	if (optopt == 0)
		return (unknown_name(word + 2, names));
	if (find_option(optopt) != OPTIONS)
		return (options_wrong("option %s takes no argument", word));
	if (next != NULL && next[0] == '-' && is_name(next + 1))
		return (one_dash(next));
	if (optopt > 0 && optopt <= LETTER_MOST)
		return (options_wrong("unknown option -%c (see --help)",
		    optopt));
	/* The first byte of several: its word is not done with. */
	return (options_wrong("unknown option %s (see --help)",
	    ends_in(word, (char)optopt) ? word : next));
}

/* Note each option given. */
static enum outcome
read_words(int argc, char *argv[], struct options *options)
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
			return (bad_option(letter, argv, names));
		/* -source: nobody means a host called "ource". */
		if (index == -1 && optarg != NULL &&
		    optarg != argv[optind - 1] && is_name(argv[optind - 1] + 1))
			return (one_dash(argv[optind - 1]));
		id = find_option(letter);
		if (index == -1)
			note(options, id, optarg, "-%c", letter);
		else
			note(options, id, optarg, "--%s", table[id].name);
		if (optarg != NULL && options_choice(id, 0) != NULL &&
		    note_value(options, id, optarg) != OUTCOME_OK)
			return (OUTCOME_USAGE);
	}
	options->operands = argv + optind;
	options->count = argc - optind;
	/* A path tells its domain by itself. */
	if (options->count == 1 && strchr(options->operands[0], '/') != NULL &&
	    !options_has(options, OPTION_UNIX))
		note(options, OPTION_UNIX, NULL, "%s", options->operands[0]);
	return (OUTCOME_OK);
}

/* What several options have in common, as if it were an option given. */
static void
note_common(struct options *options)
{
	const bool dgram = options_has(options, OPTION_DGRAM);
	const struct {
		enum option_id id;
		bool holds;
	} common[] = {
		{ OPTION_MESSAGES,
		    dgram || options_has(options, OPTION_SEQPACKET) },
		{ OPTION_CONNECTED,
		    !dgram || options_has(options, OPTION_CONNECT) ||
		    options_has(options, OPTION_PROBE) },
		{ OPTION_ENDED,
		    !dgram || options_has(options, OPTION_END_MARKER) },
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (common[i].holds)
			note(options, common[i].id, NULL, "%s",
			    other_names[common[i].id]);
}

/* How an option is called that was not given. */
static void
print_name(enum option_id id, char *name, size_t size)
{
	if (other_names[id] != NULL)
		strlcpy(name, other_names[id], size);
	else if (table[id].letter != 0)
		snprintf(name, size, "-%c (--%s)", table[id].letter,
		    table[id].name);
	else
		snprintf(name, size, "--%s", table[id].name);
}

static enum outcome
check_rules(const struct options *options)
{
	char name[64];

	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		const struct rule *rule = &rules[i];
		const char *option = options_spelling(options, rule->option);

		if (!options_has(options, rule->option) ||
		    options_has(options, rule->other) ==
		    (rule->relation == NEEDS))
			continue;
		if (rule->relation == EXCLUDES)
			return (options_wrong("%s and %s contradict each other",
			    option, options_spelling(options, rule->other)));
		print_name(rule->other, name, sizeof(name));
		return (options_wrong("%s needs %s", option, name));
	}
	return (OUTCOME_OK);
}

enum outcome
options_read(int argc, char *argv[], struct options *options)
{
	*options = (struct options){ .count = 0 };
	if (read_words(argc, argv, options) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (options_has(options, OPTION_HELP) ||
	    options_has(options, OPTION_VERSION))
		return (OUTCOME_OK);
	note_common(options);
	return (check_rules(options));
}
