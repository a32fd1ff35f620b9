/*
 * fifo: make FIFOs of these names, in place of what has them.
 *
 *	fifo name ...
 *
 * A test holds many: rm(1) and mkfifo(1) for each take a tenth of the suite.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <unistd.h>

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++) {
		if (unlink(argv[i]) == -1 && errno != ENOENT)
			err(1, "remove %s", argv[i]);
		if (mkfifo(argv[i], 0666) == -1)
			err(1, "make %s", argv[i]);
	}
	return (0);
}
