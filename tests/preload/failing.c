/*
 * failing: a library to preload, under which system calls fail as told.
 *
 *	FAILING='call:when:error ...' LD_PRELOAD=failing.so command [arg ...]
 *
 * when: the how many-th time that it is called; with a + after it, for ever from
 * then on. They fail without having been made, but for connect(2): interrupted,
 * it goes on connecting. Of getsockopt(2), SO_ERROR counts and no other; of
 * fcntl(2), what is about a pipe's size; of recvmsg(2), all but the queue of
 * errors, and recvmmsg(2) is one of them. What fails for ever and is called a
 * thousand times all the same is called in vain: the process is aborted.
 *
 * Instead of an error it may be TERM: then the call is made, and the process has
 * sent itself that signal before.
 */
#include <sys/socket.h>
#include <sys/stat.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RULES_MAX = 8, ERRNO_MAX = 200, IN_VAIN = 1000 };

static struct rule {
	const char *call;
	unsigned long first;
	unsigned long last;
	int error;		/* 0: it is the signal */
	unsigned long calls;
} rules[RULES_MAX];

static int
error_named(const char *name)
{
	for (int error = 1; error < ERRNO_MAX; error++) {
		const char *known = strerrorname_np(error);

		if (strcmp(name, "TERM") == 0)
			return (0);
		if (known != NULL && strcmp(known, name) == 0)
			return (error);
	}
	abort();
}

__attribute__((constructor)) static void
begin(void)
{
	const char *told = getenv("FAILING");
	char *words = strdup(told == NULL ? "" : told);
	char *next = words;

	for (size_t i = 0; i < RULES_MAX; i++) {
		struct rule *rule = &rules[i];
		const char *call = strtok_r(NULL, ":", &next);
		char *when = strtok_r(NULL, ":", &next);
		const char *error = strtok_r(NULL, " ", &next);

		if (error == NULL)
			break;
		rule->first = strtoul(when, &when, 10);
		rule->last = *when == '+' ? rule->first + IN_VAIN : rule->first;
		rule->error = error_named(error);
		rule->call = call;
	}
}

static int
fails(const char *call)
{
	for (struct rule *rule = rules; rule < rules + RULES_MAX; rule++) {
		if (rule->call == NULL || strcmp(rule->call, call) != 0)
			continue;
		rule->calls++;
		if (rule->calls < rule->first || rule->calls > rule->last)
			continue;
		if (rule->calls - rule->first == IN_VAIN)
			abort();
		if (rule->error == 0) {
			raise(SIGTERM);
			return (0);
		}
		errno = rule->error;
		return (1);
	}
	return (0);
}

/* The function that this one stands in front of. */
#define REAL(name)							\
	static __typeof__(name) *real;					\
	if (real == NULL) {						\
		void *symbol = dlsym(RTLD_NEXT, #name);			\
		memcpy(&real, &symbol, sizeof(real));			\
	}

/* Such a function, for parameters and arguments in parentheses. */
#define FAILING(type, name, parameters, arguments)			\
	type name parameters						\
	{								\
		REAL(name)						\
		return (fails(#name) ? -1 : real arguments);		\
	}

FAILING(int, accept, (int fd, __SOCKADDR_ARG at, socklen_t *length),
    (fd, at, length))
FAILING(int, getsockname, (int fd, __SOCKADDR_ARG at, socklen_t *length),
    (fd, at, length))
FAILING(ssize_t, send, (int fd, const void *bytes, size_t size, int flags),
    (fd, bytes, size, flags))
FAILING(ssize_t, recv, (int fd, void *bytes, size_t size, int flags),
    (fd, bytes, size, flags))
FAILING(ssize_t, recvfrom, (int fd, void *bytes, size_t size, int flags,
    __SOCKADDR_ARG from, socklen_t *length),
    (fd, bytes, size, flags, from, length))
FAILING(ssize_t, read, (int fd, void *bytes, size_t size), (fd, bytes, size))
FAILING(ssize_t, write, (int fd, const void *bytes, size_t size),
    (fd, bytes, size))
FAILING(off_t, lseek, (int fd, off_t at, int whence), (fd, at, whence))
FAILING(int, fstat, (int fd, struct stat *found), (fd, found))
FAILING(int, stat, (const char *restrict path, struct stat *restrict found),
    (path, found))
FAILING(int, lstat, (const char *restrict path, struct stat *restrict found),
    (path, found))
FAILING(ssize_t, readlink, (const char *restrict path, char *restrict link,
    size_t size), (path, link, size))
FAILING(int, ppoll, (struct pollfd *slots, nfds_t count,
    const struct timespec *timeout, const sigset_t *mask),
    (slots, count, timeout, mask))

int
connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	int failed = fails("connect") ? errno : 0, result;

	REAL(connect)
	if (failed != 0 && failed != EINTR) {
		errno = failed;
		return (-1);
	}
	result = real(fd, address, length);
	if (failed == 0)
		return (result);
	errno = failed;
	return (-1);
}

int
getsockopt(int fd, int level, int option, void *restrict value,
    socklen_t *restrict size)
{
	REAL(getsockopt)
	return (level == SOL_SOCKET && option == SO_ERROR &&
	    fails("getsockopt") ? -1 : real(fd, level, option, value, size));
}

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	REAL(recvmsg)
	return (!(flags & MSG_ERRQUEUE) && fails("recvmsg") ? -1 :
	    real(fd, message, flags));
}

int
recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
    struct timespec *timeout)
{
	REAL(recvmmsg)
	return (fails("recvmmsg") || fails("recvmsg") ? -1 :
	    real(fd, messages, count, flags, timeout));
}

int
open(const char *path, int flags, ...)
{
	va_list rest;
	mode_t mode;

	REAL(open)
	va_start(rest, flags);
	mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return (fails("open") ? -1 : real(path, flags, mode));
}

int
fcntl(int fd, int command, ...)
{
	va_list rest;
	long argument;

	REAL(fcntl)
	va_start(rest, command);
	argument = va_arg(rest, long);
	va_end(rest);
	return ((command == F_GETPIPE_SZ || command == F_SETPIPE_SZ) &&
	    fails("fcntl") ? -1 : real(fd, command, argument));
}

/* What open(2) is under _FORTIFY_SOURCE, where its flags are not constant. */
int __open_2(const char *path, int flags);

int
__open_2(const char *path, int flags)
{
	return (open(path, flags));
}
