/*
 * Fuzz frame.h, beside a model of each function that does the same in the most
 * simple-minded way, a byte at a time.
 *
 * The first byte of the input is by how many bytes they come, the second the
 * size of a piece (either 0: the greatest there is), the third how many pieces
 * go at once; the others are the bytes.
 */
#include <stdbool.h>
#include <string.h>

#include "../../frame.h"
#include "must.h"

enum { INPUT_MAX = 1024 };

/* Bytes in memory of just this size, so that no one looks beyond it. */
static char *
just(const char *bytes, size_t count, size_t room)
{
	char *copy = malloc(room > 0 ? room : 1);

	MUST(copy != NULL && count <= room);
	memcpy(copy, bytes, count);
	return (copy);
}

static size_t
smaller(size_t a, size_t b)
{
	return (a < b ? a : b);
}

/* What frame_cut() is to find. */
struct cut {
	bool found;
	size_t length;
	size_t skip;
};

static struct cut
model_line(const struct frame *frame, const char *bytes, size_t count,
    bool last)
{
	for (size_t i = 0; i < count; i++)
		if (bytes[i] == '\n' && frame->drop_newline)
			return ((struct cut){ true, i, 1 });
		else if (bytes[i] == '\n')
			return ((struct cut){ true, i + 1, 0 });
	return ((struct cut){ last, count, 0 });
}

static struct cut
model_size(const struct frame *frame, size_t count, bool last)
{
	struct cut cut = { .found = count >= frame->size || last };

	while (cut.length + frame->size <= smaller(count, frame->most))
		cut.length += frame->size;
	if (cut.length == 0)
		cut.length = count;
	return (cut);
}

static struct cut
model_cut(const struct frame *frame, const char *bytes, size_t count,
    bool last)
{
	if (count == 0)
		return ((struct cut){ .found = false });
	switch (frame->kind) {
	case FRAME_LINE:
		return (model_line(frame, bytes, count, last));
	case FRAME_SIZE:
		return (model_size(frame, count, last));
	case FRAME_READ:
	default:
		return ((struct cut){ true, count, 0 });
	}
}

/* Cut what has come, up to where it is not complete; returns how much it is. */
static size_t
cut_all(const struct frame *frame, const char *bytes, size_t count, bool last)
{
	size_t done = 0;

	for (;;) {
		size_t left = count - done;
		char *copy = just(bytes + done, left, left);
		struct cut model = model_cut(frame, copy, left, last);
		struct cut cut;

		cut.found = frame_cut(frame, copy, left, last, &cut.length,
		    &cut.skip);
		free(copy);
		MUST(cut.found == model.found);
		if (!cut.found)
			return (done);
		MUST(cut.length == model.length && cut.skip == model.skip);
		MUST(cut.length + cut.skip > 0);
		MUST(cut.length + cut.skip <= left);
		done += cut.length + cut.skip;
	}
}

/* However the bytes come, in the end all of them are in pieces. */
static void
try_cut(const struct frame *frame, const char *bytes, size_t count,
    size_t step)
{
	size_t done = 0;

	for (size_t come = smaller(step, count); come < count;
	    come = smaller(come + step, count))
		done += cut_all(frame, bytes + done, come - done, false);
	done += cut_all(frame, bytes + done, count - done, true);
	MUST(done == count);
}

static void
try_cuts(const char *bytes, size_t count, size_t step, size_t each,
    size_t most)
{
	const struct frame frames[] = {
		{ .kind = FRAME_READ },
		{ .kind = FRAME_LINE },
		{ .kind = FRAME_LINE, .drop_newline = true },
		{ .kind = FRAME_SIZE, .size = each, .most = each * most },
		/* Of no use, but no harm either. */
		{ .kind = FRAME_SIZE, .size = each, .most = each * most,
		    .drop_newline = true },
	};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++)
		try_cut(&frames[i], bytes, count, step);
}

static size_t
model_lines(char *to, const char *bytes, size_t count, size_t each)
{
	size_t done = 0, made = 0;

	do {
		size_t length = smaller(each, count - done);

		memcpy(to + made, bytes + done, length);
		made += length;
		done += length;
		if (length == 0 || bytes[done - 1] != '\n')
			to[made++] = '\n';
	} while (done < count);
	return (made);
}

static void
try_lines(const char *bytes, size_t count, size_t each)
{
	const size_t messages = count == 0 ? 1 : (count + each - 1) / each;
	char *lines = just(bytes, count, count + messages);
	char *model = just(bytes, 0, count + messages);
	size_t made = frame_lines(lines, count, each);

	MUST(made == model_lines(model, bytes, count, each));
	MUST(memcmp(lines, model, made) == 0);
	free(lines);
	free(model);
}

static size_t
model_crlf(char *to, const char *bytes, size_t count)
{
	size_t made = 0;

	for (size_t i = 0; i < count; i++) {
		if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r'))
			to[made++] = '\r';
		to[made++] = bytes[i];
	}
	return (made);
}

/* Some bytes after the others: it comes to the same as all at once. */
static void
try_crlf(const char *bytes, size_t count, size_t step)
{
	char *model = just(bytes, 0, 2 * count);
	size_t made = model_crlf(model, bytes, count), at = 0;
	bool after_cr = false;

	for (size_t done = 0; done < count;) {
		size_t part = smaller(step, count - done);
		char *ends = just(bytes + done, part, 2 * part);
		size_t now = frame_crlf(ends, part, &after_cr);

		MUST(now >= part && now <= made - at);
		MUST(memcmp(ends, model + at, now) == 0);
		done += part;
		at += now;
		MUST(after_cr == (bytes[done - 1] == '\r'));
		MUST(frame_crlf(ends, 0, &after_cr) == 0);
		MUST(after_cr == (bytes[done - 1] == '\r'));
		free(ends);
	}
	MUST(at == made);
	free(model);
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	size_t step, each, most;
	const char *bytes;

	if (size < 3 || size > INPUT_MAX)
		return (0);
	step = input[0] == 0 ? INPUT_MAX : input[0];
	each = input[1] == 0 ? INPUT_MAX : input[1];
	most = (size_t)input[2] + 1;
	bytes = (const char *)input + 3;
	size -= 3;
	try_cuts(bytes, size, step, each, most);
	try_lines(bytes, size, each);
	try_crlf(bytes, size, step);
	return (0);
}
