#include "name.h"

#include <sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"

static const char *
path_of(const struct address *address)
{
	return (address->as.un.sun_path);
}

/* bind(2) under the umask that leaves `mode`: a chmod(2) later is a window. */
static int
bind_with_mode(int fd, const struct address *address, int mode)
{
	mode_t old = 0;
	int result, error;

	if (mode != -1)
		old = umask((mode_t)(~mode & 0777));
	result = bind(fd, &address->as.any, address->length);
	error = errno;
	if (mode != -1)
		umask(old);
	errno = error;
	return (result);
}

/*
 * Is there a socket at this path that somebody has open? Asked by connecting
 * a datagram socket, whatever the type: a live stream listener answers
 * EPROTOTYPE, and loses none of its accepts to the question. Only a dead
 * socket refuses. Sets errno where the answer is yes.
 */
static bool
is_alive(const struct address *address)
{
	int probe, error;

	probe = socket(AF_UNIX, SOCK_DGRAM, 0);
	if (probe == -1)
		return (true);
	if (connect(probe, &address->as.any, address->length) == 0)
		error = EADDRINUSE;
	else
		error = errno;
	close(probe);
	errno = error == EPROTOTYPE || error == EPERM ? EADDRINUSE : error;
	return (error != ECONNREFUSED && error != ENOENT);
}

/* Remove a dead socket. Returns 0, or -1 with errno where it is not one. */
static int
remove_dead(const struct address *address)
{
	struct stat found;

	if (lstat(path_of(address), &found) == -1)
		return (errno == ENOENT ? 0 : -1);
	if (!S_ISSOCK(found.st_mode)) {
		errno = EEXIST;
		return (-1);
	}
	if (is_alive(address))
		return (-1);
	if (unlink(path_of(address)) == -1 && errno != ENOENT)
		return (-1);
	return (0);
}

static int
open_directory(const char *path, int flags)
{
	char copy[sizeof(((struct sockaddr_un *)NULL)->sun_path) + 1];

	strlcpy(copy, path, sizeof(copy));
	return (open(dirname(copy), flags | O_DIRECTORY | O_CLOEXEC));
}

/*
 * Hold the lock of the directory that a path is in, so that of two processes
 * that find the same dead socket, neither removes what the other has made.
 * A directory that cannot be opened cannot be locked: then -1, and we go on.
 */
static int
lock_directory(const char *path)
{
	const await_time deadline = await_after(await_now(), AWAIT_SECOND);
	int directory = open_directory(path, O_RDONLY);

	if (directory == -1)
		return (-1);
	while (flock(directory, LOCK_EX | LOCK_NB) == -1 &&
	    errno == EWOULDBLOCK && await_now() < deadline)
		if (await_pause(AWAIT_MS, deadline) == -1)
			break;
	return (directory);
}

/* Put our socket where a dead one is. */
static int
replace_dead(int fd, const struct address *address, int mode)
{
	int directory, result = -1, error;

	directory = lock_directory(path_of(address));
	if (await_signal() != 0)
		errno = EINTR;
	else if (remove_dead(address) == 0)
		result = bind_with_mode(fd, address, mode);
	error = errno;
	if (directory != -1)
		close(directory);
	errno = error;
	return (result);
}

int
name_bind(struct name *name, int fd, const struct address *address, int mode)
{
	struct stat made;

	if (bind_with_mode(fd, address, mode) == -1) {
		if (errno != EADDRINUSE || !sockaddr_is_path(address))
			return (-1);
		if (replace_dead(fd, address, mode) == -1)
			return (-1);
	}
	if (!sockaddr_is_path(address))
		return (0);
	if (lstat(path_of(address), &made) == -1) {
		int error = errno;

		/* It is ours now; later there would be no telling. */
		unlink(path_of(address));
		errno = error;
		return (-1);
	}
	name->bound = true;
	name->address = *address;
	name->device = made.st_dev;
	name->inode = made.st_ino;
	return (0);
}

#ifdef SOCKCAT_LINUX
int
name_bind_any(struct name *name, int fd)
{
	/* unix(7), "Autobind feature": the family alone. */
	const struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)name;
	return (bind(fd, (const struct sockaddr *)&un,
	    sizeof(un.sun_family)));
}
#else
/* A path in a directory of our own: mktemp(3) for a socket is a race. */
int
name_bind_any(struct name *name, int fd)
{
	char path[] = "/tmp/sockcat.XXXXXX/socket";
	char *slash = strrchr(path, '/');
	struct address address;

	*slash = '\0';
	if (mkdtemp(path) == NULL)
		return (-1);
	*slash = '/';
	if (sockaddr_unix(&address, path) == -1 ||
	    name_bind(name, fd, &address, -1) == -1) {
		int error = errno;

		*slash = '\0';
		rmdir(path);
		errno = error;
		return (-1);
	}
	name->own_directory = true;
	return (0);
}
#endif

int
name_directory(const struct name *name)
{
#ifdef O_PATH
	const int flags = O_PATH;	/* it need not be readable */
#else
	const int flags = O_RDONLY;
#endif

	return (name->bound ?
	    open_directory(path_of(&name->address), flags) : -1);
}

void
name_remove(struct name *name)
{
	struct stat found;
	char *path = name->address.as.un.sun_path;

	if (!name->bound)
		return;
	name->bound = false;
	if (lstat(path, &found) == 0 && found.st_dev == name->device &&
	    found.st_ino == name->inode)
		unlink(path);
	if (name->own_directory) {
		*strrchr(path, '/') = '\0';
		rmdir(path);
	}
}
