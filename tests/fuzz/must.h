/*
 * What a fuzzer holds true of every input: where it does not, say so and abort,
 * which libFuzzer takes for a crash and keeps the input of.
 */
#ifndef MUST_H
#define MUST_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Not to stderr: a fuzzer may have put something else there. */
#define MUST(holds)							\
	do {								\
		if (!(holds)) {						\
			dprintf(STDERR_FILENO, "%s:%d: does not hold: "	\
			    "%s\n", __FILE__, __LINE__, #holds);	\
			abort();					\
		}							\
	} while (0)

/* What libFuzzer calls: once, and for each input. */
int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

#endif
