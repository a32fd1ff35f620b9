/*
 * Fuzz the command line: options.h and plan.h.
 *
 * The input is its words, each ended by a newline or a NUL. A right one becomes
 * a plan without a word; of a wrong one, one line is said, which quotes what
 * was written.
 */
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "../../options.h"
#include "../../plan.h"
#include "must.h"
#include "numeric.h"

enum { INPUT_MAX = 2048, WORDS_MAX = 64 };

/* A command line, and its words in the order in which they were given. */
struct line {
	int count;
	char *words[WORDS_MAX];
	char **argv;
};

/* What has been said on stderr. */
static struct {
	char text[4 * INPUT_MAX];
	size_t count;
} said;

static ssize_t
hear(void *cookie, const char *bytes, size_t count)
{
	(void)cookie;
	MUST(count < sizeof(said.text) - said.count);
	memcpy(said.text + said.count, bytes, count);
	said.count += count;
	said.text[said.count] = '\0';
	return ((ssize_t)count);
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	setprogname("sockcat");
	/* libFuzzer has its own way to the old one. */
	stderr = fopencookie(NULL, "w",
	    (cookie_io_functions_t){ .write = hear });
	MUST(stderr != NULL && setvbuf(stderr, NULL, _IOFBF, INPUT_MAX) == 0);
	MUST(unsetenv("POSIXLY_CORRECT") == 0);
	return (0);
}

static void
split_input(const char *input, size_t size, struct line *line)
{
	size_t start = 0;

	line->count = 0;
	line->words[line->count++] = strdup("sockcat");
	for (size_t i = 0; i < size && line->count < WORDS_MAX; i++)
		if (input[i] == '\n' || input[i] == '\0') {
			line->words[line->count++] =
			    strndup(input + start, i - start);
			start = i + 1;
		}
	if (start < size && line->count < WORDS_MAX)
		line->words[line->count++] =
		    strndup(input + start, size - start);
	line->argv = calloc((size_t)line->count + 1, sizeof(*line->argv));
	MUST(line->argv != NULL);
	for (int i = 0; i < line->count; i++) {
		MUST(line->words[i] != NULL);
		line->argv[i] = line->words[i];
	}
}

static void
free_line(struct line *line)
{
	for (int i = 0; i < line->count; i++)
		free(line->words[i]);
	free(line->argv);
}

/* Is it part of a word that was given? */
static bool
was_written(const struct line *line, const char *text)
{
	for (int i = 1; i < line->count; i++) {
		char *word = strdup(line->words[i]);
		bool found;

		MUST(word != NULL);
		outcome_clean(word);
		found = strstr(word, text) != NULL;
		free(word);
		if (found)
			return (true);
	}
	return (false);
}

/* What is quoted must have been written; it ends where a `to` comes, if any. */
static void
check_quoted(const struct line *line, const char *from, char to)
{
	char *quoted = strdup(from);
	char *end;

	MUST(quoted != NULL);
	end = strchr(quoted, to);
	if (end != NULL)
		*end = '\0';
	/* A letter in a word of letters has no hyphen of its own. */
	MUST(end == NULL || was_written(line, quoted + (strlen(quoted) == 2 &&
	    quoted[0] == '-')));
	free(quoted);
}

/*
 * `port "80x" is ...`: the quotation of a line that begins with one, or has one
 * after a word; elsewhere the quotation mark may be of what was written.
 */
static void
check_quotation(const struct line *line, const char *text)
{
	const char *mark = text + strcspn(text, " \"");

	if (mark[0] == ' ')
		mark++;
	if (mark[0] == '"')
		check_quoted(line, mark + 1, '"');
}

static void
check_unknown(const struct line *line, const char *text)
{
	static const char unknown[] = "unknown option ";

	if (strncmp(text, unknown, strlen(unknown)) == 0)
		check_quoted(line, text + strlen(unknown), ' ');
}

/* One line, of printable characters. */
static void
check_said(const struct line *line)
{
	static const char name[] = "sockcat: ";

	MUST(said.count > sizeof(name));
	MUST(memcmp(said.text, name, sizeof(name) - 1) == 0);
	MUST(said.text[said.count - 1] == '\n');
	for (size_t i = 0; i < said.count - 1; i++)
		MUST(!iscntrl((unsigned char)said.text[i]));
	check_quotation(line, said.text + strlen(name));
	check_unknown(line, said.text + strlen(name));
}

static void
check_place(const struct place *place, int family)
{
	MUST(place->known.count <= SOCKADDR_LIST_MAX);
	/* A name that is to be looked up, or an address. */
	MUST(place->known.count > 0 || (family != AF_UNIX &&
	    place->host != NULL && place->host[0] != '\0'));
	for (size_t i = 0; i < place->known.count; i++) {
		const struct address *address = &place->known.at[i];

		MUST(address->length > 0);
		MUST(family == AF_UNSPEC ||
		    address->as.any.sa_family == family);
		MUST(!sockaddr_lacks_zone(address));
		MUST(family == AF_UNIX ||
		    sockaddr_get_port(address) == place->port);
	}
}

static bool
is_within(long long value, long long least, long long most)
{
	return (value == -1 || (value >= least && value <= most));
}

static void
check_socket(const struct tune_plan *socket)
{
	MUST(socket->type == SOCK_STREAM || socket->type == SOCK_DGRAM ||
	    socket->type == SOCK_SEQPACKET);
	MUST(is_within(socket->receive_buffer, 1, INT_MAX / 2));
	MUST(is_within(socket->send_buffer, 1, INT_MAX / 2));
	MUST(is_within(socket->tos, 0, 255));
	MUST(is_within(socket->ttl, 1, 255));
	MUST(is_within(socket->min_ttl, 0, 255));
}

static void
check_times(const struct plan *plan)
{
	const await_time spans[] = {
		plan->max_time, plan->pump.idle, plan->pump.quit,
		plan->endpoint.accept_timeout, plan->endpoint.retry.timeout,
		plan->endpoint.retry.retry, plan->pump.up.interval,
	};

	for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++)
		MUST(is_within(spans[i], 0,
		    INT64_C(100000000) * AWAIT_SECOND));
}

static void
check_endpoint(const struct plan *plan)
{
	const struct endpoint_plan *endpoint = &plan->endpoint;
	const bool listen = endpoint->socket.listen;
	const bool ip = endpoint->family != AF_UNIX;

	check_socket(&endpoint->socket);
	MUST(is_within(endpoint->mode, 0, 0777));
	MUST(!listen || endpoint->has_local);
	if (endpoint->has_local)
		check_place(&endpoint->local, endpoint->family);
	if (!listen)
		check_place(&endpoint->remote, endpoint->family);
	MUST(listen || plan->probe || !ip || endpoint->remote.port > 0);
	MUST((plan->probe && ip) == (plan->range_count > 0));
	for (size_t i = 0; i < plan->range_count; i++)
		MUST(plan->ranges[i].low > 0 &&
		    plan->ranges[i].low <= plan->ranges[i].high);
}

static void
check_plan(const struct plan *plan)
{
	const struct frame *frame = &plan->pump.up.frame;

	check_endpoint(plan);
	check_times(plan);
	MUST((frame->kind == FRAME_SIZE) == (frame->size > 0));
	MUST(frame->size <= PUMP_MESSAGE_MAX);
	MUST(!plan->probe || !plan->endpoint.socket.listen);
}

static enum outcome
read_line(const char *input, size_t size)
{
	struct options options;
	struct plan plan = { .range_count = 0 };
	struct line line, pristine;
	enum outcome outcome;

	split_input(input, size, &line);
	split_input(input, size, &pristine);
	optind = 0;	/* glibc's way to have getopt_long(3) begin anew */
	said.count = 0;
	said.text[0] = '\0';
	outcome = options_read(line.count, line.argv, &options);
	if (outcome == OUTCOME_OK && !options_has(&options, OPTION_HELP) &&
	    !options_has(&options, OPTION_VERSION)) {
		outcome = plan_read(&options, &plan);
		if (outcome == OUTCOME_OK)
			check_plan(&plan);
		plan_free(&plan);
	}
	MUST(fflush(stderr) == 0);
	MUST(outcome == OUTCOME_OK || outcome == OUTCOME_USAGE);
	if (outcome == OUTCOME_OK)
		MUST(said.count == 0);
	else
		check_said(&pristine);
	free_line(&line);
	free_line(&pristine);
	return (outcome);
}

/* Twice: nothing is left of the first time. */
int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	char first[sizeof(said.text)];
	enum outcome outcome;

	if (size > INPUT_MAX)
		return (0);
	outcome = read_line((const char *)input, size);
	memcpy(first, said.text, said.count + 1);
	MUST(read_line((const char *)input, size) == outcome);
	MUST(strcmp(first, said.text) == 0);
	return (0);
}
