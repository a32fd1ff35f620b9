#include "announce.h"

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"

/* How long to wait before looking again whether a FIFO has a reader. */
#define FIRST_PAUSE	(AWAIT_MS / 2)
#define LAST_PAUSE	(16 * AWAIT_MS)

int
announce_descriptor(const char *file)
{
	static const char folder[] = "/dev/fd/";
	const char *fault;
	long long number;

	if (strcmp(file, "/dev/stdout") == 0)
		return (STDOUT_FILENO);
	if (strcmp(file, "/dev/stderr") == 0)
		return (STDERR_FILENO);
	if (strncmp(file, folder, sizeof(folder) - 1) != 0)
		return (-1);
	number = strtonum(file + sizeof(folder) - 1, 0, INT_MAX, &fault);
	return (fault == NULL ? (int)number : -1);
}

/* Write it all and close. Returns 0, or -1 with errno. */
static int
write_line(int fd, const char *line)
{
	int error = 0;

	if (await_write(fd, line, strlen(line)) == -1)
		error = errno;
	if (fd > STDERR_FILENO && close(fd) == -1 && error == 0)
		error = errno;
	errno = error;
	return (error == 0 ? 0 : -1);
}

/*
 * Open something that is no regular file. To open a FIFO that has no reader
 * would block, out of reach of a stop signal; so ask until it has one.
 */
static int
open_special(const char *file, bool fifo)
{
	await_time pause = FIRST_PAUSE;
	int fd;

	while ((fd = open(file, O_WRONLY | O_NONBLOCK)) == -1 &&
	    (errno == EINTR || (errno == ENXIO && fifo))) {
		if (await_pause(pause, AWAIT_NEVER) == -1)
			return (-1);
		pause = await_earliest(2 * pause, LAST_PAUSE);
	}
	return (fd);
}

/* Write beside the file, with the permissions of any new file, and rename. */
static int
replace_file(const char *file, const char *line)
{
	char beside[PATH_MAX];
	mode_t mask = umask(0);
	int fd, error;

	umask(mask);
	if (snprintf(beside, sizeof(beside), "%s.XXXXXX", file) >=
	    (int)sizeof(beside)) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	fd = mkstemp(beside);
	if (fd == -1)
		return (-1);
	if (fchmod(fd, 0666 & ~mask) == 0 && write_line(fd, line) == 0 &&
	    rename(beside, file) == 0)
		return (0);
	error = errno;
	unlink(beside);
	errno = error;
	return (-1);
}

/*
 * Where a link leads, to a file or to none yet: what is written is that, and
 * the link stays one. Returns 0, or -1 with errno.
 */
static int
follow_links(const char *file, char target[PATH_MAX])
{
	enum { LINKS_MAX = 40 };	/* path_resolution(7) */
	char link[PATH_MAX];
	ssize_t length;

	if (strlcpy(target, file, PATH_MAX) >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return (-1);
	}
	for (int i = 0; i < LINKS_MAX; i++) {
		char *name = strrchr(target, '/');

		length = readlink(target, link, sizeof(link) - 1);
		if (length == -1)
			return (errno == EINVAL || errno == ENOENT ? 0 : -1);
		link[length] = '\0';
		name = name == NULL || link[0] == '/' ? target : name + 1;
		*name = '\0';
		if (strlcat(target, link, PATH_MAX) >= PATH_MAX)
			break;
	}
	errno = ELOOP;
	return (-1);
}

static int
write_file(const char *file, const char *line)
{
	char target[PATH_MAX];
	struct stat found;
	int fd;

	if (follow_links(file, target) == -1)
		return (-1);
	/* What cannot be looked at may be a FIFO: it is not to be replaced. */
	if (stat(target, &found) == -1) {
		if (errno != ENOENT)
			return (-1);
		found.st_mode = S_IFREG;
	}
	if (S_ISREG(found.st_mode))
		return (replace_file(target, line));
	fd = open_special(target, S_ISFIFO(found.st_mode));
	return (fd == -1 ? -1 : write_line(fd, line));
}

enum outcome
announce(const char *file, int descriptor, const struct address *local,
    int type)
{
	struct address_text text;
	char line[sizeof(text) + 1];
	int result;

	snprintf(line, sizeof(line), "%s\n",
	    sockaddr_text(local, SOCKADDR_EXACT, type, &text));
	if (descriptor != -1)
		result = write_line(descriptor, line);
	else
		result = write_file(file, line);
	if (result == 0)
		return (OUTCOME_OK);
	if (await_signal() != 0)
		return (OUTCOME_STOPPED);
	warn("announce to %s failed", file);
	return (OUTCOME_FAILED);
}
