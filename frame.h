/*
 * Where a stream of bytes is cut into pieces: messages, or lines to be sent
 * one at a time. Pure functions of bytes: nothing is read, nothing is kept.
 */
#ifndef FRAME_H
#define FRAME_H

#include <stdbool.h>
#include <stddef.h>

enum frame_kind {
	FRAME_READ,	/* what one read(2) gave is a piece; so for streams */
	FRAME_LINE,	/* a line is a piece */
	FRAME_SIZE,	/* `size` bytes are a piece, the last one may be less */
};

struct frame {
	enum frame_kind kind;
	size_t size;		/* bytes, for FRAME_SIZE: */
	size_t most;		/* up to so many, in pieces of `size`, at once */
	bool drop_newline;	/* a line's newline is not part of the piece */
};

/*
 * Find the first piece of the `count` bytes: `*length` bytes, and `*skip` more
 * behind them that are dropped. `last`: no bytes will follow. Returns false
 * where it is not complete yet, or where there are no bytes.
 */
bool frame_cut(const struct frame *frame, const char *bytes, size_t count,
    bool last, size_t *length, size_t *skip);

/*
 * Of messages of `each` bytes, back to back, the last one maybe shorter, give
 * each a newline that ends in none, in place. There must be room for that: a
 * byte for each. `count` bytes of 0 are one message. Returns how many there are
 * now.
 */
size_t frame_lines(char *bytes, size_t count, size_t each);

/*
 * Make each LF without a CR before it CRLF, in place; `*after_cr` says whether
 * the byte before the first was a CR, and is updated. There must be room for
 * twice as many bytes. Returns how many there are now.
 */
size_t frame_crlf(char *bytes, size_t count, bool *after_cr);

#endif
