/*
 * races: a library to preload, under which a race of a few microseconds is lost
 * each time.
 *
 *	RACE=splice LD_PRELOAD=races.so command [arg ...]
 *
 * splice: the connection is reset while splice(2) moves bytes into a TCP socket.
 * The kernel returns what has been moved, and the error is taken off the socket
 * with that. Here each call that has moved some waits for the reset.
 *
 * ioctl: all is acknowledged just after SIOCOUTQ of ioctl(2) has told of bytes
 * that were not. Here what it tells is returned when the connection is over.
 *
 * Neither waits for more than ten seconds.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOKS = 10000, LOOK_MS = 1 };

static int
is_lost(const char *race)
{
	const char *told = getenv("RACE");

	return (told != NULL && strcmp(told, race) == 0);
}

/* Is it a TCP socket whose connection is not over? */
static int
goes_on(int fd)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	return (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 &&
	    info.tcpi_state != TCP_CLOSE);
}

static void
await_end(int fd)
{
	for (int i = 0; i < LOOKS && goes_on(fd); i++)
		(void)poll(NULL, 0, LOOK_MS);
}

ssize_t
splice(int from, off64_t *from_at, int into, off64_t *into_at, size_t size,
    unsigned flags)
{
	ssize_t (*next)(int, off64_t *, int, off64_t *, size_t, unsigned) =
	    NULL;
	void *symbol = dlsym(RTLD_NEXT, "splice");
	int error;
	socklen_t length = sizeof(error);
	ssize_t moved;

	memcpy(&next, &symbol, sizeof(next));
	moved = next(from, from_at, into, into_at, size, flags);
	if (moved > 0 && is_lost("splice") && goes_on(into)) {
		await_end(into);
		(void)getsockopt(into, SOL_SOCKET, SO_ERROR, &error, &length);
	}
	return (moved);
}

int
ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) = NULL;
	void *symbol = dlsym(RTLD_NEXT, "ioctl");
	int result, *bytes;
	va_list rest;

	memcpy(&next, &symbol, sizeof(next));
	va_start(rest, request);
	bytes = va_arg(rest, int *);
	va_end(rest);
	result = next(fd, request, bytes);
	if (request == SIOCOUTQ && result == 0 && *bytes > 0 &&
	    is_lost("ioctl"))
		await_end(fd);
	return (result);
}
