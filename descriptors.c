#include "descriptors.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum outcome
descriptors_fill(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", modes[fd]) != fd) {
			warn("open /dev/null failed");
			return (OUTCOME_FAILED);
		}
	return (OUTCOME_OK);
}

enum outcome
descriptors_keep(struct descriptor *kept, size_t count)
{
	int last = STDERR_FILENO;

	/* Copies first, out of the way of the places. */
	for (size_t i = 0; i < count; i++) {
		if (kept[i].fd <= STDERR_FILENO)
			continue;
		kept[i].fd = fcntl(kept[i].fd, F_DUPFD,
		    STDERR_FILENO + 1 + (int)count);
		if (kept[i].fd == -1) {
			warn("%s failed", kept[i].what);
			return (OUTCOME_FAILED);
		}
	}
	for (size_t i = 0; i < count; i++)
		if (kept[i].fd > STDERR_FILENO)
			kept[i].fd = dup2(kept[i].fd, ++last);
	closefrom(last + 1);
	return (OUTCOME_OK);
}
