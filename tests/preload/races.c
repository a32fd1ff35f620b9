/*
 * races: a library to preload, under which a race of a few microseconds is lost
 * each time.
 *
 *	RACE=ioctl LD_PRELOAD=races.so command [arg ...]
 *
 * ioctl: all is acknowledged just after SIOCOUTQ of ioctl(2) has told of bytes
 * that were not. Here what it tells is returned when the connection is over.
 *
 * That takes no longer than ten seconds.
 */
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>

#include <dlfcn.h>
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
