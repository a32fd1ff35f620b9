/*
 * Bytes as people read them: a line for sixteen of them, in hexadecimal and as
 * text, each with the sign of its direction and where in that it stands.
 */
#ifndef DUMP_H
#define DUMP_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Print `count` bytes that begin at byte `offset` of their direction:
 *
 *	> 00000010  68 65 6c 6c 6f 0a                                 |hello.|
 *
 * A failure ends it, and is left for ferror(3) to tell.
 */
void dump_bytes(FILE *file, char sign, uint64_t offset, const char *bytes,
    size_t count);

/* Print the head of a message: "> 00000010  message 2, 6 bytes". */
void dump_message(FILE *file, char sign, uint64_t offset, uint64_t number,
    size_t size);

#endif
