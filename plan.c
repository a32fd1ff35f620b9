#include "plan.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libbsd's expand_number(3), where its overlay does not know the header. */
#include <libutil.h>

#include "advice.h"

/* Spans of time, in seconds; a later row that is given overrides. */
static const struct {
	enum option_id option;
	size_t where;		/* an await_time in the plan */
} spans[] = {
	{ OPTION_TIMEOUT, offsetof(struct plan, endpoint.retry.timeout) },
	{ OPTION_CONNECT_TIMEOUT,
	    offsetof(struct plan, endpoint.retry.timeout) },
	{ OPTION_TIMEOUT, offsetof(struct plan, pump.idle) },
	{ OPTION_IDLE_TIMEOUT, offsetof(struct plan, pump.idle) },
	{ OPTION_QUIT_AFTER, offsetof(struct plan, pump.quit) },
	{ OPTION_ACCEPT_TIMEOUT,
	    offsetof(struct plan, endpoint.accept_timeout) },
	{ OPTION_MAX_TIME, offsetof(struct plan, max_time) },
	{ OPTION_RETRY, offsetof(struct plan, endpoint.retry.retry) },
	{ OPTION_INTERVAL, offsetof(struct plan, pump.up.interval) },
};

/* Numbers of the socket's, with the values that they can have. */
static const struct {
	enum option_id option;
	uint64_t least;
	uint64_t most;
	size_t where;		/* an int in the plan */
} numbers[] = {
	{ OPTION_TTL, 1, 255, offsetof(struct plan, endpoint.socket.ttl) },
	{ OPTION_MIN_TTL, 0, 255,
	    offsetof(struct plan, endpoint.socket.min_ttl) },
	{ OPTION_RECV_BUFFER, 1, INT_MAX / 2,
	    offsetof(struct plan, endpoint.socket.receive_buffer) },
	{ OPTION_SEND_BUFFER, 1, INT_MAX / 2,
	    offsetof(struct plan, endpoint.socket.send_buffer) },
};

/* A span of time: seconds, with a fraction or not. */
static enum outcome
read_span(const struct options *options, enum option_id id, await_time *span)
{
	/* Some three years: beyond, it is a slip. */
	const int most = 100000000;
	const char *text = options_value(options, id);
	char *end = NULL;
	double seconds = -1;

	if (text == NULL)
		return (OUTCOME_OK);
	if (strspn(text, "0123456789.") == strlen(text))
		seconds = strtod(text, &end);
	if (end == NULL || end == text || *end != '\0')
		return (options_wrong("%s \"%s\" is no time in seconds, such "
		    "as 5 or 0.25", options_spelling(options, id), text));
	if (seconds > most)
		return (options_wrong("%s \"%s\" is longer than %d seconds",
		    options_spelling(options, id), text, most));
	*span = (await_time)(seconds * (double)AWAIT_SECOND);
	return (OUTCOME_OK);
}

/*
 * Digits, and perhaps a suffix. expand_number(3) takes more: 0x10, 010 for 8,
 * and whatever comes behind a suffix.
 */
static bool
expand_decimal(const char *text, uint64_t *number)
{
	const size_t digits = strspn(text, "0123456789");
	const size_t suffix = strspn(text + digits, "kKmMgG");

	if (digits == 0 || suffix > 1 || text[digits + suffix] != '\0')
		return (false);
	while (text[0] == '0' && text[1] >= '0' && text[1] <= '9')
		text++;
	return (expand_number(text, number) == 0);
}

/* A whole number, perhaps with a suffix: k, M, G. */
static enum outcome
read_number(const struct options *options, enum option_id id, uint64_t least,
    uint64_t most, uint64_t *number)
{
	const char *text = options_value(options, id);

	if (text == NULL)
		return (OUTCOME_OK);
	if (!expand_decimal(text, number) || *number < least ||
	    *number > most)
		return (options_wrong("%s \"%s\" is no number from %ju to %ju",
		    options_spelling(options, id), text, (uintmax_t)least,
		    (uintmax_t)most));
	return (OUTCOME_OK);
}

static enum outcome
read_mode(const struct options *options, int *mode)
{
	const char *text = options_value(options, OPTION_MODE);

	*mode = -1;
	if (!options_has(options, OPTION_MODE))
		return (OUTCOME_OK);
	if (text[0] == '\0' || strspn(text, "01234567") != strlen(text) ||
	    strlen(text) > 4 || strtol(text, NULL, 8) > 0777)
		return (options_wrong("--mode \"%s\" is no octal number up to "
		    "777", text));
	*mode = (int)strtol(text, NULL, 8);
	return (OUTCOME_OK);
}

/* The option that chose the family of IP, as it was written. */
static const char *
family_option(const struct options *options)
{
	static const enum option_id choices[] = {
		OPTION_IPV4, OPTION_IPV6, OPTION_BROADCAST,
	};
	size_t i = 0;

	while (i < 2 && !options_has(options, choices[i]))
		i++;
	return (options_spelling(options, choices[i]));
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
    const char *chosen, struct place *place)
{
	struct address_list *known = &place->known;

	place->host = host;
	if (host[0] == '\0')
		return (options_wrong("the host is an empty string"));
	if (host[0] == '[')
		return (options_wrong("\"%s\": brackets are for "
		    "[address]:port, as one operand", host));
	if (strchr(host, '/') != NULL)
		return (options_wrong("\"%s\" is a path, and no host", host));
	if (strchr(host, ':') != NULL &&
	    strchr(host, ':') == strrchr(host, ':'))
		return (options_wrong("\"%s\" is a host and a port, and no "
		    "host", host));
	if (sockaddr_resolve(host, AF_UNSPEC, true, known) != 0) {
		known->count = 0;
		/* But a zone may be of a link that is yet to come. */
		if (strchr(host, ':') != NULL && strchr(host, '%') == NULL)
			return (options_wrong("\"%s\" has colons, but is no "
			    "IPv6 address", host));
		if (plan->numeric)
			return (options_wrong("host \"%s\" is no number, and "
			    "-n forbids to look it up", host));
		return (OUTCOME_OK);
	}
	sockaddr_set_port(known, place->port);
	if (plan->family != AF_UNSPEC &&
	    known->at[0].as.any.sa_family != plan->family)
		return (options_wrong("%s is not an %s address, as %s asks",
		    host, family_name(plan->family), chosen));
	if (sockaddr_lacks_zone(&known->at[0]))
		return (options_wrong("%s is a link-local address: its zone is "
		    "missing, as in %s%%eth0", host, host));
	return (OUTCOME_OK);
}

static enum outcome
read_port(const struct options *options, const char *text,
    const struct endpoint_plan *plan, bool zero, in_port_t *port)
{
	struct advice advice;
	const char *remark, *fault = NULL;

	if (sockaddr_port(text, plan->socket.type, zero, plan->numeric,
	    port) == 0)
		return (OUTCOME_OK);
	if (text[0] != '\0' && strspn(text, "0123456789") == strlen(text))
		(void)strtonum(text, !zero, UINT16_MAX, &fault);
	if (fault != NULL)
		return (options_wrong("port \"%s\" is out of range: %d to "
		    "65535%s", text, !zero, strspn(text, "0") == strlen(text) ?
		    " (0 is for -l and -p)" : ""));
	remark = advice_port(options, text, &advice);
	if (plan->numeric)
		return (options_wrong("port \"%s\" is no number from %d to "
		    "65535, and -n forbids to look it up%s", text, !zero,
		    remark));
	return (options_wrong("port \"%s\" is neither a number from %d to "
	    "65535 nor a known service%s", text, !zero, remark));
}

/* The operands' host and port; either stays NULL where it is not given. */
static enum outcome
split_operands(const struct options *options, const char **host,
    char **port)
{
	char *first = options->count > 0 ? options->operands[0] : NULL;

	*host = NULL;
	*port = NULL;
	if (options->count > 2)
		return (options_wrong("\"%s\" is one operand too many%s",
		    options->operands[2],
		    advice_more(options, options->operands[2])));
	if (options->count == 2) {
		*host = first;
		*port = options->operands[1];
		return (OUTCOME_OK);
	}
	if (options->count == 0)
		return (OUTCOME_OK);
	switch (sockaddr_split(first, host, port)) {
	case SOCKADDR_SPLIT_PAIR:
		return (OUTCOME_OK);
	case SOCKADDR_SPLIT_AMBIGUOUS:
		return (options_wrong("\"%s\" is ambiguous: write "
		    "[address]:port, or the port as an operand of its own",
		    first));
	case SOCKADDR_SPLIT_COLONS:
		return (options_wrong("\"%s\" is not host:port", first));
	case SOCKADDR_SPLIT_BROKEN:
		return (options_wrong("\"%s\" is not [address]:port", first));
	case SOCKADDR_SPLIT_NONE:
	default:
		/* A lone word: a port to listen on, or a host without one. */
		if (options_has(options, OPTION_LISTEN))
			*port = first;
		else
			*host = first;
		return (OUTCOME_OK);
	}
}

/* Fill in a place on the network. */
static enum outcome
read_place(const struct options *options, const char *host, const char *port,
    bool zero, const struct endpoint_plan *plan, const char *chosen,
    struct place *place)
{
	if (port != NULL &&
	    read_port(options, port, plan, zero, &place->port) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (host != NULL)
		return (read_host(host, plan, chosen, place));
	sockaddr_wildcard(plan->family, &place->known);
	sockaddr_set_port(&place->known, place->port);
	return (OUTCOME_OK);
}

/* The local end from -s and -p, which nc also has for a listener's address. */
static enum outcome
read_local(const struct options *options, const char *host, const char *port,
    struct endpoint_plan *plan)
{
	const char *source = options_value(options, OPTION_SOURCE);
	const char *source_port = options_value(options, OPTION_SOURCE_PORT);
	const char *given = options_spelling(options, OPTION_LISTEN);

	if (host != NULL && source != NULL)
		return (options_wrong("the address to listen on is given "
		    "twice: %s, and %s %s", host,
		    options_spelling(options, OPTION_SOURCE), source));
	if (port != NULL && source_port != NULL)
		return (options_wrong("the port to listen on is given twice: "
		    "%s, and %s %s", port,
		    options_spelling(options, OPTION_SOURCE_PORT),
		    source_port));
	if (plan->socket.listen && port == NULL && source_port == NULL)
		return (options_wrong("%s needs a port or a path to listen "
		    "on, as in %s 8080 or %s ./sock", given, given, given));
	plan->has_local = plan->socket.listen || source != NULL ||
	    source_port != NULL;
	plan->socket.dual = plan->family == AF_UNSPEC && host == NULL &&
	    source == NULL;
	if (!plan->has_local)
		return (OUTCOME_OK);
	return (read_place(options, host != NULL ? host : source,
	    port != NULL ? port : source_port, true, plan,
	    family_option(options), &plan->local));
}

/* Whom to connect to, and from where. */
static enum outcome
read_remote(const struct options *options, const char *host, const char *port,
    struct endpoint_plan *plan)
{
	const char *chosen = family_option(options);
	struct advice advice;

	if (host == NULL)
		return (options_wrong("a host and a port, or a path, are "
		    "missing (see --help)"));
	if (port == NULL && host[0] != '\0')
		return (options_wrong("the port of %s is missing%s", host,
		    advice_host(options, host, &advice)));
	if (read_local(options, NULL, NULL, plan) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	/* A local address of one family leads to no other. */
	if (plan->family == AF_UNSPEC && plan->local.host != NULL &&
	    plan->local.known.count > 0) {
		plan->family = plan->local.known.at[0].as.any.sa_family;
		chosen = options_spelling(options, OPTION_SOURCE);
	}
	return (read_place(options, host, options_has(options, OPTION_PROBE) ?
	    NULL : port, false, plan, chosen, &plan->remote));
}

static enum outcome
read_network(const struct options *options, struct endpoint_plan *plan)
{
	const char *host;
	char *port;

	if (split_operands(options, &host, &port) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	return (plan->socket.listen ? read_local(options, host, port, plan) :
	    read_remote(options, host, port, plan));
}

static enum outcome
read_path(const char *path, struct place *place)
{
	place->known.count = 1;
	if (sockaddr_unix(&place->known.at[0], path) == 0)
		return (OUTCOME_OK);
	if (errno == EAFNOSUPPORT)
		return (options_wrong("\"%s\": there are no abstract names "
		    "here; ./%s is a file", path, path));
	if (errno == ENOENT)
		return (options_wrong("the path is an empty string"));
	return (options_wrong("path \"%s\" is longer than the 107 bytes that "
	    "a UNIX socket's can have", path));
}

/* The local path: a listener's operand, or -s. */
static enum outcome
read_local_path(const struct options *options, const char *path,
    struct endpoint_plan *plan)
{
	plan->has_local = true;
	if (path[0] == '@' && options_has(options, OPTION_MODE))
		return (options_wrong("--mode is for a path: %s, an abstract "
		    "name, has no permissions", path));
	return (read_path(path, &plan->local));
}

static enum outcome
read_paths(const struct options *options, struct endpoint_plan *plan)
{
	const char *source = options_value(options, OPTION_SOURCE);
	const char *path = options->count > 0 ? options->operands[0] : NULL;
	const bool listen = plan->socket.listen;
	struct advice advice;
	const char *remark = "";

	if (options->count > 1)
		return (options_wrong("\"%s\" is one operand too many: a path "
		    "has no port", options->operands[1]));
	if (listen && path != NULL && source != NULL)
		return (options_wrong("the path to listen on is given twice: "
		    "%s, and %s %s", path,
		    options_spelling(options, OPTION_SOURCE), source));
	if (source != NULL && options_has(options, OPTION_PROBE))
		return (options_wrong("%s %s and %s contradict each other: a "
		    "probe leaves no path",
		    options_spelling(options, OPTION_SOURCE), source,
		    options_spelling(options, OPTION_PROBE)));
	if (listen && path == NULL)
		path = source;
	if (path == NULL)
		return (options_wrong("%s needs a path",
		    options_spelling(options, OPTION_UNIX)));
	remark = advice_path(options, path, &advice);
	if (remark[0] != '\0')
		return (options_wrong("\"%s\" is a path whose directory is "
		    "missing%s", path, remark));
	if (listen)
		return (read_local_path(options, path, plan));
	if (source != NULL &&
	    read_local_path(options, source, plan) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	return (read_path(path, &plan->remote));
}

/*
 * `lo-hi`, or a port. A service's name may have a hyphen as well; and one with
 * nothing on a side of it makes no range.
 */
static enum outcome
read_range(const struct options *options, char *text,
    const struct endpoint_plan *plan, struct probe_range *range)
{
	char *hyphen = strrchr(text, '-');

	if (hyphen == NULL || hyphen == text || hyphen[1] == '\0' ||
	    sockaddr_port(text, plan->socket.type, false, plan->numeric,
	    &range->low) == 0) {
		if (read_port(options, text, plan, false, &range->low) !=
		    OUTCOME_OK)
			return (OUTCOME_USAGE);
		range->high = range->low;
		return (OUTCOME_OK);
	}
	*hyphen = '\0';
	if (read_port(options, text, plan, false, &range->low) != OUTCOME_OK ||
	    read_port(options, hyphen + 1, plan, false, &range->high) !=
	    OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (range->low > range->high)
		return (options_wrong("the range %s-%s ends before it begins",
		    text, hyphen + 1));
	return (OUTCOME_OK);
}

/* -z host port...: the host, and after it as many ranges as there are. */
static enum outcome
read_ranges(const struct options *options, struct plan *plan)
{
	char **operands = options->operands;
	size_t count = (size_t)options->count;
	const char *host = count > 0 ? operands[0] : NULL;
	char *port = count > 1 ? operands[1] : NULL;

	if (count == 1 &&
	    split_operands(options, &host, &port) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (read_remote(options, host, port, &plan->endpoint) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	plan->range_count = count == 1 ? 1 : count - 1;
	plan->ranges = calloc(plan->range_count, sizeof(*plan->ranges));
	if (plan->ranges == NULL)
		return (options_wrong("too many ports"));
	for (size_t i = 0; i < plan->range_count; i++)
		if (read_range(options, count == 1 ? port : operands[i + 1],
		    &plan->endpoint, &plan->ranges[i]) != OUTCOME_OK)
			return (OUTCOME_USAGE);
	return (OUTCOME_OK);
}

static int
family_of(const struct options *options)
{
	if (options_has(options, OPTION_UNIX))
		return (AF_UNIX);
	/* IPv6 has no broadcast. */
	if (options_has(options, OPTION_IPV4) ||
	    options_has(options, OPTION_BROADCAST))
		return (AF_INET);
	return (options_has(options, OPTION_IPV6) ? AF_INET6 : AF_UNSPEC);
}

static int
type_of(const struct options *options)
{
	if (options_has(options, OPTION_DGRAM))
		return (SOCK_DGRAM);
	return (options_has(options, OPTION_SEQPACKET) ?
	    SOCK_SEQPACKET : SOCK_STREAM);
}

static enum outcome
read_socket(const struct options *options, struct tune_plan *plan)
{
	const char *tos = options_value(options, OPTION_TOS);

	plan->type = type_of(options);
	plan->listen = options_has(options, OPTION_LISTEN);
	plan->broadcast = options_has(options, OPTION_BROADCAST);
	plan->tos = tos == NULL ? -1 : tune_tos(tos);
	if (tos != NULL && plan->tos == -1)
		return (options_wrong("%s \"%s\" is neither a number up to "
		    "255 nor a name such as lowdelay, ef or af11",
		    options_spelling(options, OPTION_TOS), tos));
	return (OUTCOME_OK);
}

static enum outcome
read_endpoint(const struct options *options, struct plan *plan)
{
	struct endpoint_plan *endpoint = &plan->endpoint;
	const char *source = options_value(options, OPTION_SOURCE);

	/* An empty variable, most likely: said of what it was given to. */
	if (source != NULL && source[0] == '\0')
		return (options_wrong("the address of %s is an empty string",
		    options_spelling(options, OPTION_SOURCE)));
	endpoint->family = family_of(options);
	endpoint->keep_open = options_has(options, OPTION_KEEP_OPEN);
	endpoint->connect = options_has(options, OPTION_CONNECT);
	endpoint->numeric = options_has(options, OPTION_NUMERIC);
	endpoint->verbose = options->given[OPTION_VERBOSE].times;
	if (read_socket(options, &endpoint->socket) != OUTCOME_OK ||
	    read_mode(options, &endpoint->mode) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	if (endpoint->family == AF_UNIX)
		return (read_paths(options, endpoint));
	return (plan->probe ? read_ranges(options, plan) :
	    read_network(options, endpoint));
}

/* How stdin is cut, and what is done to messages. */
static enum outcome
read_channels(const struct options *options, struct pump_plan *plan)
{
	struct frame *frame = &plan->up.frame;
	uint64_t size = 0, count = 0;

	if (read_number(options, OPTION_SIZE, 1, PUMP_MESSAGE_MAX, &size) !=
	    OUTCOME_OK ||
	    read_number(options, OPTION_COUNT, 1, INT64_MAX, &count) !=
	    OUTCOME_OK)
		return (OUTCOME_USAGE);
	frame->size = (size_t)size;
	frame->drop_newline = options_has(options, OPTION_LINES);
	if (frame->size > 0)
		frame->kind = FRAME_SIZE;
	else if (frame->drop_newline || options_has(options, OPTION_INTERVAL))
		frame->kind = FRAME_LINE;
	plan->up.crlf = options_has(options, OPTION_CRLF);
	plan->up.send_marker = options_has(options, OPTION_END_MARKER);
	plan->down.heed_marker = plan->up.send_marker;
	plan->down.line_ends = frame->drop_newline;
	plan->down.count = count;
	return (OUTCOME_OK);
}

static enum outcome
read_pump(const struct options *options, struct pump_plan *plan)
{
	plan->no_stdin = options_has(options, OPTION_NO_STDIN);
	plan->half_close = !options_has(options, OPTION_NO_SHUTDOWN) &&
	    !plan->no_stdin;
	plan->quit_on_eof = options_has(options, OPTION_QUIT_ON_EOF);
	plan->keep_stdout = options_has(options, OPTION_KEEP_OPEN);
	plan->quiet_counts = options_has(options, OPTION_DGRAM);
	plan->verbose = options->given[OPTION_VERBOSE].times;
	/* A datagram socket has no end of file: silence has to do. */
	if (plan->quiet_counts && !options_has(options, OPTION_LISTEN) &&
	    plan->quit == -1 && plan->idle == -1 &&
	    !options_has(options, OPTION_COUNT))
		plan->quit = AWAIT_SECOND;
	return (read_channels(options, plan));
}

/* The numbers that stand in tables. Times first: others depend on them. */
static enum outcome
read_tables(const struct options *options, struct plan *plan)
{
	const await_time none = -1;
	const int unset = -1;
	char *at = (char *)plan;

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		if (spans[i].option != OPTION_INTERVAL)
			memcpy(at + spans[i].where, &none, sizeof(none));
	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
		await_time span;

		memcpy(&span, at + spans[i].where, sizeof(span));
		if (read_span(options, spans[i].option, &span) != OUTCOME_OK)
			return (OUTCOME_USAGE);
		memcpy(at + spans[i].where, &span, sizeof(span));
	}
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		uint64_t number;
		int value = unset;

		if (read_number(options, numbers[i].option, numbers[i].least,
		    numbers[i].most, &number) != OUTCOME_OK)
			return (OUTCOME_USAGE);
		if (options_has(options, numbers[i].option))
			value = (int)number;
		memcpy(at + numbers[i].where, &value, sizeof(value));
	}
	return (OUTCOME_OK);
}

/* What a person sees. */
static enum outcome
read_tap(const struct options *options, struct plan *plan)
{
	const int verbose = options->given[OPTION_VERBOSE].times;

	plan->tap.totals = verbose > 0;
	plan->tap.busy_stderr = verbose > 1;
	plan->tap.progress = options_has(options, OPTION_PROGRESS);
	plan->tap.dumps = options_has(options, OPTION_HEXDUMP);
	plan->tap.dump = options_value(options, OPTION_HEXDUMP);
	plan->pump.up.seen = plan->pump.down.seen = plan->tap.dumps;
	if (plan->tap.dump != NULL && plan->tap.dump[0] == '\0')
		return (options_wrong("the file of --hexdump is an empty "
		    "string"));
	return (OUTCOME_OK);
}

/* Whom to tell; whether that can be done, only the run shows. */
static enum outcome
read_announce(const struct options *options, const char **file)
{
	*file = options_value(options, OPTION_ANNOUNCE);
	if (*file != NULL && (*file)[0] == '\0')
		return (options_wrong("the file of --announce is an empty "
		    "string"));
	return (OUTCOME_OK);
}

enum outcome
plan_read(const struct options *options, struct plan *plan)
{
	*plan = (struct plan){ .announce = NULL };
	plan->probe = options_has(options, OPTION_PROBE);
	plan->pass = options_has(options, OPTION_PASS_FD);
	/* With these, the end of stdin matters though it be /dev/null. */
	plan->wants_stdin = options_has(options, OPTION_SHUTDOWN) ||
	    options_has(options, OPTION_QUIT_AFTER) ||
	    options_has(options, OPTION_END_MARKER);
	if (read_announce(options, &plan->announce) != OUTCOME_OK ||
	    read_tables(options, plan) != OUTCOME_OK ||
	    read_endpoint(options, plan) != OUTCOME_OK ||
	    read_pump(options, &plan->pump) != OUTCOME_OK ||
	    read_tap(options, plan) != OUTCOME_OK)
		return (OUTCOME_USAGE);
	return (OUTCOME_OK);
}

void
plan_free(struct plan *plan)
{
	free(plan->ranges);
	plan->ranges = NULL;
}
