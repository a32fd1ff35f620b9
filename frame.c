#include "frame.h"

#include <string.h>

static bool
cut_line(const struct frame *frame, const char *bytes, size_t count, bool last,
    size_t *length, size_t *skip)
{
	const char *newline = memchr(bytes, '\n', count);

	*skip = newline != NULL && frame->drop_newline ? 1 : 0;
	if (newline == NULL)
		*length = count;
	else
		*length = (size_t)(newline - bytes) + 1 - *skip;
	return (newline != NULL || last);
}

bool
frame_cut(const struct frame *frame, const char *bytes, size_t count,
    bool last, size_t *length, size_t *skip)
{
	*length = count;
	*skip = 0;
	if (count == 0)
		return (false);
	switch (frame->kind) {
	case FRAME_LINE:
		return (cut_line(frame, bytes, count, last, length, skip));
	case FRAME_SIZE:
		if (count >= frame->most)
			*length = frame->most;
		else if (count >= frame->size)
			*length = count - count % frame->size;
		return (count >= frame->size || last);
	case FRAME_READ:
	default:
		return (true);
	}
}

static bool
ends_in_newline(const char *bytes, size_t count)
{
	return (count > 0 && bytes[count - 1] == '\n');
}

size_t
frame_lines(char *bytes, size_t count, size_t each)
{
	const size_t messages = count == 0 ? 1 : (count - 1) / each + 1;
	const size_t last = count - (messages - 1) * each;
	size_t before = 0;

	for (size_t i = 0; i < messages; i++)
		before += !ends_in_newline(bytes + i * each,
		    i == messages - 1 ? last : each);
	count += before;
	/* From the back, so that nothing is overwritten before it has moved. */
	for (size_t i = messages; i-- > 0 && before > 0;) {
		char *message = bytes + i * each;
		size_t length = i == messages - 1 ? last : each;
		bool ended = ends_in_newline(message, length);

		before -= !ended;
		memmove(message + before, message, length);
		if (!ended)
			message[before + length] = '\n';
	}
	return (count);
}

/* How many LF have no CR before them. */
static size_t
count_bare(const char *bytes, size_t count, bool after_cr)
{
	size_t bare = 0;

	for (size_t i = 0; i < count; i++) {
		bare += bytes[i] == '\n' && !after_cr;
		after_cr = bytes[i] == '\r';
	}
	return (bare);
}

size_t
frame_crlf(char *bytes, size_t count, bool *after_cr)
{
	size_t bare = count_bare(bytes, count, *after_cr);
	char *to = bytes + count + bare;

	if (count == 0)
		return (0);
	/* From the back, so that nothing is overwritten before it has moved. */
	for (size_t i = count; i-- > 0;) {
		bool cr_before = i > 0 ? bytes[i - 1] == '\r' : *after_cr;

		*--to = bytes[i];
		if (bytes[i] == '\n' && !cr_before)
			*--to = '\r';
	}
	*after_cr = bytes[count + bare - 1] == '\r';
	return (count + bare);
}
