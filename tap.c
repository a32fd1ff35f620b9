#include "tap.h"

#include <sys/ioctl.h>

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

/* libbsd's humanize_number(3), where its overlay does not know the header. */
#include <libutil.h>

#include "dump.h"

/* How often progress is told: on a terminal, and to a file or a pipe. */
#define REDRAW		(250 * AWAIT_MS)
#define REPRINT		(5 * AWAIT_SECOND)

/* The rate of the moment is that of a second or more. */
#define LOOK		AWAIT_SECOND

/* Columns of a terminal that does not say, and of the longest line told. */
enum { COLUMNS = 80, COLUMNS_MAX = 240 };

/* More seconds than that are no time that people wait for. */
#define LEFT_MAX	(100 * 3600)

/* A number of bytes as people read it: "4.0 GiB". */
struct amount {
	char text[8];		/* what humanize_number(3) fits into */
};

static const struct way {
	const char *verb;
	char sign;
} ways[TAP_WAYS] = {
	[TAP_SENT] = { "sent", '>' },
	[TAP_RECEIVED] = { "received", '<' },
};

void
tap_open(struct tap *tap, const struct tap_plan *plan, int dump)
{
	*tap = (struct tap){ .plan = plan };
	if (plan->dumps) {
		tap->dump = plan->dump == NULL ? stderr : fdopen(dump, "w");
		if (tap->dump == NULL)
			tap->error = errno;
	}
	/* On a line that is nobody else's, nor in the middle of a talk. */
	tap->shares_terminal = plan->progress && isatty(STDOUT_FILENO) == 1;
	tap->in_place = plan->progress && !plan->busy_stderr &&
	    tap->dump != stderr && isatty(STDERR_FILENO) == 1 &&
	    !(tap->shares_terminal && isatty(STDIN_FILENO) == 1);
}

void
tap_set_input(struct tap *tap, off_t start, off_t size)
{
	tap->input_start = start;
	tap->input_size = size;
}

void
tap_begin(struct tap *tap, bool messages)
{
	memset(tap->counts, 0, sizeof(tap->counts));
	tap->messages = messages;
	tap->began = tap->looked = tap->drawn = await_now();
	if (tap->dump != NULL && tap->sessions > 0)
		fprintf(tap->dump, "= next peer\n");
	tap->sessions++;
}

/* The dump cannot be written, errno says why: it will not be whole. */
static void
give_up(struct tap *tap)
{
	tap->error = errno == 0 ? EIO : errno;
	if (tap->dump != stderr)
		(void)fclose(tap->dump);
	tap->dump = NULL;
}

static void
dump_part(struct tap *tap, enum tap_way way, const char *bytes, size_t count)
{
	const struct tap_count *passed = &tap->counts[way];

	if (tap->messages)
		dump_message(tap->dump, ways[way].sign, passed->bytes,
		    passed->messages, count);
	if (bytes != NULL)
		dump_bytes(tap->dump, ways[way].sign, passed->bytes, bytes,
		    count);
	if (ferror(tap->dump))
		give_up(tap);
}

static void
count_part(struct tap *tap, enum tap_way way, const char *bytes, size_t count)
{
	tap->counts[way].messages++;
	if (tap->dump != NULL) {
		await_let_in();
		dump_part(tap, way, bytes, count);
		await_keep_out();
	}
	tap->counts[way].bytes += count;
}

void
tap_pass(struct tap *tap, enum tap_way way, const char *bytes, size_t count,
    size_t each)
{
	/* Text for the same terminal, about to be written: no line is ours. */
	if (way == TAP_RECEIVED && count > 0 && tap->shares_terminal) {
		tap_clear(tap);
		tap->in_place = false;
	}
	if (each == 0 || each > count)
		each = count;
	for (; count > each; count -= each) {
		count_part(tap, way, bytes, each);
		if (bytes != NULL)
			bytes += each;
	}
	count_part(tap, way, bytes, count);
}

static struct amount
amount(double bytes)
{
	struct amount amount;

	humanize_number(amount.text, sizeof(amount.text), (int64_t)bytes, "B",
	    HN_AUTOSCALE, HN_DECIMAL | HN_IEC_PREFIXES);
	return (amount);
}

static double
seconds(await_time span)
{
	return ((double)span / (double)AWAIT_SECOND);
}

/* Bytes a second; of no time at all there is no rate. */
static double
rate(uint64_t bytes, await_time span)
{
	return (span <= 0 ? 0 : (double)bytes / seconds(span));
}

/* A line that grows as far as there are columns for it. */
struct line {
	char text[COLUMNS_MAX + 1];
	size_t columns;
	bool full;
};

static void add(struct line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Add a part, whole or not at all, and after one left out no other. */
static void
add(struct line *line, const char *format, ...)
{
	const size_t length = strlen(line->text);
	va_list arguments;
	int added;

	va_start(arguments, format);
	added = vsnprintf(line->text + length, sizeof(line->text) - length,
	    format, arguments);
	va_end(arguments);
	if (line->full || added < 0 ||
	    length + (size_t)added > line->columns) {
		line->full = true;
		line->text[length] = '\0';
	}
}

/* How much of stdin has been read, where that is a file; -1: unknown. */
static double
part_read(const struct tap *tap)
{
	off_t at;

	if (tap->input_size <= 0)
		return (-1);
	at = lseek(STDIN_FILENO, 0, SEEK_CUR) - tap->input_start;
	if (at < 0 || at > tap->input_size)
		return (-1);
	return ((double)at / (double)tap->input_size);
}

/* As long as there is for the part read, so long for the rest. */
static void
add_time_left(struct line *line, await_time span, double part)
{
	const double left = seconds(span) * (1 - part) / part;

	if (part > 0 && part < 1 && left < LEFT_MAX)
		add(line, ", %d:%02d left", (int)left / 60, (int)left % 60);
}

/* What is worth most comes first: a narrow terminal shows that. */
static void
describe(const struct tap *tap, await_time now, bool over, struct line *line)
{
	const await_time span = now - tap->began;
	const double part = part_read(tap);
	const bool quiet = tap->counts[TAP_RECEIVED].bytes == 0;
	const char *comma = "", *average = ", on average ";

	if (part >= 0) {
		add(line, "%3d%%", (int)(100 * part));
		comma = ", ";
	}
	for (int way = 0; way < TAP_WAYS; way++) {
		const struct tap_count *passed = &tap->counts[way];

		/* That nothing was sent is news where nothing came either. */
		if (passed->bytes == 0 && !(way == TAP_SENT && quiet))
			continue;
		add(line, "%s%s %s at %s/s", comma,
		    amount((double)passed->bytes).text, ways[way].verb,
		    amount(passed->rate).text);
		comma = ", ";
	}
	if (!over)
		add_time_left(line, span, part);
	for (int way = 0; way < TAP_WAYS; way++) {
		const uint64_t bytes = tap->counts[way].bytes;

		if (bytes == 0)
			continue;
		add(line, "%s%s/s", average, amount(rate(bytes, span)).text);
		average = " and ";
	}
}

static void
look_at_rates(struct tap *tap, await_time now)
{
	if (now - tap->looked < LOOK && tap->looked != tap->began)
		return;
	for (int way = 0; way < TAP_WAYS; way++) {
		struct tap_count *passed = &tap->counts[way];

		passed->rate = rate(passed->bytes - passed->looked_at,
		    now - tap->looked);
		passed->looked_at = passed->bytes;
	}
	tap->looked = now;
}

/* As asked anew each time, the width follows the window. */
static size_t
columns(void)
{
	struct winsize size;

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == -1 || size.ws_col == 0)
		return (COLUMNS - 1);
	return (size.ws_col > COLUMNS_MAX ? COLUMNS_MAX :
	    (size_t)size.ws_col - 1);
}

static void
draw(struct tap *tap, await_time now, bool over)
{
	struct line line = { .columns = COLUMNS_MAX };

	look_at_rates(tap, now);
	tap->drawn = now;
	if (!tap->in_place) {
		describe(tap, now, over, &line);
		fprintf(stderr, "%s\n", line.text);
		return;
	}
	line.columns = columns();
	describe(tap, now, over, &line);
	/* Over the one before, and over what it has more. */
	fprintf(stderr, "\r%-*s", tap->shown > (int)line.columns ?
	    (int)line.columns : tap->shown, line.text);
	tap->shown = (int)strlen(line.text);
	fflush(stderr);
}

void
tap_clear(struct tap *tap)
{
	if (tap->shown == 0)
		return;
	fprintf(stderr, "\r%*s\r", tap->shown, "");
	fflush(stderr);
	tap->shown = 0;
}

await_time
tap_next(const struct tap *tap)
{
	if (!tap->plan->progress)
		return (AWAIT_NEVER);
	return (await_after(tap->drawn, tap->in_place ? REDRAW : REPRINT));
}

void
tap_tick(struct tap *tap)
{
	const bool due = tap->plan->progress && await_now() >= tap_next(tap);
	const bool asked = await_asked();

	if (!asked && !due && tap->dump == NULL)
		return;
	await_let_in();
	if (asked)
		tap_say_totals(tap);
	if (tap->dump != NULL && fflush(tap->dump) == EOF)
		give_up(tap);
	if (due)
		draw(tap, await_now(), false);
	await_keep_out();
}

/* The parts of the totals; a terminal may be too narrow for all in a row. */
enum { PART_TIME = TAP_WAYS, PARTS };

static void
add_count(const struct tap *tap, enum tap_way way, await_time span,
    struct line *line)
{
	const struct tap_count *passed = &tap->counts[way];

	add(line, "%s %" PRIu64 " bytes", ways[way].verb, passed->bytes);
	if (tap->messages)
		add(line, " in %" PRIu64 " messages", passed->messages);
	add(line, " (%s, %s/s),", amount((double)passed->bytes).text,
	    amount(rate(passed->bytes, span)).text);
}

/*
 * Print them on one line, as scripts read it. A terminal would break that
 * within a number: there it goes on below, farther in.
 */
static void
print_parts(const struct line parts[PARTS])
{
	static const char below[] = "\n    ";
	const size_t indent = sizeof(below) - 2;
	const size_t width = isatty(STDERR_FILENO) == 1 ? columns() : SIZE_MAX;
	char text[PARTS * (sizeof(parts->text) + sizeof(below))] = "";
	size_t at = 0;

	for (size_t i = 0; i < PARTS; i++) {
		const size_t length = strlen(parts[i].text);

		if (i > 0 && at + 1 + length > width) {
			strlcat(text, below, sizeof(text));
			at = indent + length;
		} else {
			strlcat(text, i > 0 ? " " : "", sizeof(text));
			at += (i > 0) + length;
		}
		strlcat(text, parts[i].text, sizeof(text));
	}
	/* In one call: others may write there. */
	fprintf(stderr, "%s\n", text);
}

void
tap_say_totals(struct tap *tap)
{
	const await_time span = await_now() - tap->began;
	struct line parts[PARTS];

	tap_clear(tap);
	for (size_t i = 0; i < PARTS; i++)
		parts[i] = (struct line){ .columns = COLUMNS_MAX };
	add_count(tap, TAP_SENT, span, &parts[TAP_SENT]);
	add_count(tap, TAP_RECEIVED, span, &parts[TAP_RECEIVED]);
	parts[TAP_SENT].text[0] = 'S';
	add(&parts[PART_TIME], "in %.3f s", seconds(span));
	print_parts(parts);
}

int
tap_end(struct tap *tap)
{
	int error;

	tap_tick(tap);
	if (tap->plan->totals)
		tap_say_totals(tap);
	else if (tap->plan->progress) {
		draw(tap, await_now(), true);
		if (tap->in_place)
			fputc('\n', stderr);
	}
	tap->shown = 0;
	error = tap->error;
	tap->error = 0;
	errno = error;
	return (error == 0 ? 0 : -1);
}

int
tap_close(struct tap *tap)
{
	FILE *dump = tap->dump;

	tap->dump = NULL;
	return (dump == NULL || dump == stderr || fclose(dump) == 0 ? 0 : -1);
}
