/*
 * intruder: code that got into a process by the network, as far as a test can
 * have it. Preloaded, it tries at each ppoll(2) to open a file for reading, to
 * make one, to connect and to bind a TCP socket, and to remove the file named
 * by INTRUDER_REMOVES, and writes what came of it to stderr, a line each time.
 */
#include <sys/socket.h>

#include <netinet/in.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *
tried(int result)
{
	return (result == -1 ? strerrorname_np(errno) : "done");
}

/* A TCP socket asked to do something with a port that nobody listens on. */
static const char *
with_socket(int (*call)(int, const struct sockaddr *, socklen_t))
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_addr = { .s_addr = htonl(INADDR_LOOPBACK) },
	};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	const char *result = tried(call(fd,
	    (const struct sockaddr *)&address, sizeof(address)));

	close(fd);
	return (result);
}

static const char *
with_file(const char *name, int flags)
{
	int fd = open(name, flags, 0600);
	const char *result = tried(fd);

	if (fd != -1)
		close(fd);
	return (result);
}

static void
intrude(void)
{
	const char *victim = getenv("INTRUDER_REMOVES");
	char line[256];

	if (victim == NULL)
		return;
	snprintf(line, sizeof(line),
	    "read %s, make %s, connect %s, bind %s, remove %s\n",
	    with_file("/etc/passwd", O_RDONLY),
	    with_file("intruded", O_WRONLY | O_CREAT), with_socket(connect),
	    with_socket(bind), tried(unlink(victim)));
	(void)!write(STDERR_FILENO, line, strlen(line));
}

int
ppoll(struct pollfd *slots, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	int (*next)(struct pollfd *, nfds_t, const struct timespec *,
	    const sigset_t *) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "ppoll");
	int error = errno;

	memcpy(&next, &symbol, sizeof(next));
	intrude();
	errno = error;
	return (next(slots, count, timeout, mask));
}
