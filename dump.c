#include "dump.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#define LINE_BYTES	16

/* The columns of sixteen bytes, with a gap after each eight. */
#define HEX_COLUMNS	(3 * LINE_BYTES + 2)

static void
dump_line(FILE *file, char sign, uint64_t offset, const char *bytes,
    size_t count)
{
	static const char digits[] = "0123456789abcdef";
	char hex[HEX_COLUMNS + 1], text[LINE_BYTES + 1];

	memset(hex, ' ', HEX_COLUMNS);
	hex[HEX_COLUMNS] = '\0';
	for (size_t i = 0; i < count; i++) {
		const unsigned char byte = (unsigned char)bytes[i];
		char *at = hex + 3 * i + (i >= LINE_BYTES / 2);

		at[0] = digits[byte >> 4];
		at[1] = digits[byte & 0xf];
		text[i] = isascii(byte) && isprint(byte) ? bytes[i] : '.';
	}
	text[count] = '\0';
	fprintf(file, "%c %08" PRIx64 "  %s|%s|\n", sign, offset, hex, text);
}

void
dump_bytes(FILE *file, char sign, uint64_t offset, const char *bytes,
    size_t count)
{
	while (count > 0 && !ferror(file)) {
		size_t part = count < LINE_BYTES ? count : LINE_BYTES;

		dump_line(file, sign, offset, bytes, part);
		offset += part;
		bytes += part;
		count -= part;
	}
}

void
dump_message(FILE *file, char sign, uint64_t offset, uint64_t number,
    size_t size)
{
	fprintf(file, "%c %08" PRIx64 "  message %" PRIu64 ", %zu bytes\n",
	    sign, offset, number, size);
}
