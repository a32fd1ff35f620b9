/*
 * weather: a library to preload, under which system calls do by chance what
 * they may do at any time and hardly ever do in a test.
 *
 *	WEATHER=seed LD_PRELOAD=weather.so command [arg ...]
 *
 * Reads and writes are short, and calls fail with EINTR or, where they are not
 * to block, with EAGAIN; a connection that was accepted is gone already; and the
 * time of day jumps years back and forth. All of it is legal: a message is never
 * cut, a write to a pipe of up to PIPE_BUF bytes neither, a file never says
 * EAGAIN, and CLOCK_MONOTONIC stays true. How often each happens, and how short
 * short is, is drawn for each seed anew; the same seed and the same calls give
 * the same weather.
 *
 * WEATHER_LOG=file: count in it, 8 bytes each and there from the start, what was
 * made short, interrupted, put off and told a wrong time. It is mapped, for a
 * command may close every descriptor, and lose the right to open files.
 */
#include <sys/types.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/wait.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum count { SHORT, INTERRUPTED, LATER, CLOCK, COUNTS };

static struct {
	uint64_t state;
	unsigned percent[COUNTS];	/* how often, */
	unsigned bits;			/* and the most left of what is short */
	uint64_t *counts;
} weather;

/* splitmix64. */
static uint64_t
draw(void)
{
	uint64_t z;

	z = weather.state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (z ^ (z >> 31));
}

static uint64_t *
map_counts(const char *file)
{
	const size_t size = COUNTS * sizeof(uint64_t);
	void *counts = MAP_FAILED;
	int fd;

	fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (fd != -1 && ftruncate(fd, (off_t)size) == 0)
		counts = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (counts == MAP_FAILED)
		abort();
	(void)close(fd);
	return (counts);
}

__attribute__((constructor)) static void
begin(void)
{
	static uint64_t nowhere[COUNTS];
	const char *seed = getenv("WEATHER");
	const char *log = getenv("WEATHER_LOG");

	weather.counts = log == NULL ? nowhere : map_counts(log);
	if (seed == NULL)
		return;
	weather.state = strtoull(seed, NULL, 10);
	for (size_t i = 0; i < COUNTS; i++)
		weather.percent[i] = (unsigned)(draw() % 60);
	weather.bits = (unsigned)(draw() % 20);
}

static int
happens(enum count what)
{
	if (draw() % 100 >= weather.percent[what])
		return (0);
	weather.counts[what]++;
	return (1);
}

/* Fail, the call not having been made. */
static int
fails(enum count what, int error)
{
	if (!happens(what))
		return (0);
	errno = error;
	return (1);
}

/* Is it never to block? Of a file, O_NONBLOCK says nothing. */
static int
is_nonblocking(int fd)
{
	struct stat found;
	int flags = fcntl(fd, F_GETFL);

	return (flags != -1 && (flags & O_NONBLOCK) && fstat(fd, &found) == 0 &&
	    (S_ISFIFO(found.st_mode) || S_ISSOCK(found.st_mode)));
}

/* `now`: this call is not to block, whatever the descriptor's flags. */
static int
is_put_off(int fd, int now)
{
	if (fails(INTERRUPTED, EINTR))
		return (1);
	return ((now || is_nonblocking(fd)) && fails(LATER, EAGAIN));
}

/* Have boundaries that a shorter call would move? */
static int
keeps_boundaries(int fd)
{
	socklen_t size = sizeof(int);
	struct stat found;
	int type;

	if (fstat(fd, &found) == -1 || !S_ISSOCK(found.st_mode))
		return (0);
	return (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == -1 ||
	    type != SOCK_STREAM);
}

static int
is_fifo(int fd)
{
	struct stat found;

	return (fstat(fd, &found) == 0 && S_ISFIFO(found.st_mode));
}

/* From 1 to `size`, of every order of magnitude. */
static size_t
shorter(size_t size)
{
	size_t most = (size_t)1 << (draw() % (weather.bits + 1));

	if (size < 2 || !happens(SHORT))
		return (size);
	return (1 + draw() % (most < size ? most : size));
}

static size_t
read_size(int fd, size_t size)
{
	return (keeps_boundaries(fd) ? size : shorter(size));
}

static size_t
write_size(int fd, size_t size)
{
	if (keeps_boundaries(fd) || (size <= PIPE_BUF && is_fifo(fd)))
		return (size);
	return (shorter(size));
}

/* The function that this one stands in front of. */
#define REAL(name)							\
	static __typeof__(name) *real;					\
	if (real == NULL) {						\
		void *found = dlsym(RTLD_NEXT, #name);			\
		memcpy(&real, &found, sizeof(real));			\
	}

/* Bytes. */

ssize_t
read(int fd, void *buffer, size_t size)
{
	REAL(read)
	return (is_put_off(fd, 0) ? -1 :
	    real(fd, buffer, read_size(fd, size)));
}

ssize_t
write(int fd, const void *buffer, size_t size)
{
	REAL(write)
	return (is_put_off(fd, 0) ? -1 :
	    real(fd, buffer, write_size(fd, size)));
}

ssize_t
preadv2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
	struct iovec part = parts[0];

	REAL(preadv2)
	if (is_put_off(fd, flags & RWF_NOWAIT))
		return (-1);
	part.iov_len = read_size(fd, part.iov_len);
	return (count == 1 ? real(fd, &part, 1, at, flags) :
	    real(fd, parts, count, at, flags));
}

ssize_t
pwritev2(int fd, const struct iovec *parts, int count, off_t at, int flags)
{
	struct iovec part = parts[0];

	REAL(pwritev2)
	if (is_put_off(fd, flags & RWF_NOWAIT))
		return (-1);
	part.iov_len = write_size(fd, part.iov_len);
	return (count == 1 ? real(fd, &part, 1, at, flags) :
	    real(fd, parts, count, at, flags));
}

ssize_t
splice(int from, off64_t *from_at, int into, off64_t *into_at, size_t size,
    unsigned flags)
{
	REAL(splice)
	return (is_put_off(from, (int)(flags & SPLICE_F_NONBLOCK)) ? -1 :
	    real(from, from_at, into, into_at, shorter(size), flags));
}

ssize_t
recv(int fd, void *buffer, size_t size, int flags)
{
	REAL(recv)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, buffer, read_size(fd, size), flags));
}

ssize_t
recvfrom(int fd, void *buffer, size_t size, int flags, __SOCKADDR_ARG from,
    socklen_t *length)
{
	REAL(recvfrom)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, buffer, read_size(fd, size), flags, from, length));
}

ssize_t
send(int fd, const void *buffer, size_t size, int flags)
{
	REAL(send)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, buffer, write_size(fd, size), flags));
}

ssize_t
sendto(int fd, const void *buffer, size_t size, int flags,
    __CONST_SOCKADDR_ARG to, socklen_t length)
{
	REAL(sendto)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, buffer, write_size(fd, size), flags, to, length));
}

/* Messages. The queue of errors always has an answer at once. */

ssize_t
recvmsg(int fd, struct msghdr *message, int flags)
{
	REAL(recvmsg)
	return (!(flags & MSG_ERRQUEUE) &&
	    is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, message, flags));
}

/* Some of them, as if the others were not there yet. */
int
recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags,
    struct timespec *timeout)
{
	REAL(recvmmsg)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, messages, (unsigned)shorter(count), flags, timeout));
}

ssize_t
sendmsg(int fd, const struct msghdr *message, int flags)
{
	REAL(sendmsg)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, message, flags));
}

/* Some of the messages, each of them whole. */
int
sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	REAL(sendmmsg)
	return (is_put_off(fd, flags & MSG_DONTWAIT) ? -1 :
	    real(fd, messages, (unsigned)shorter(count), flags));
}

/* Connections. */

int
accept(int fd, __SOCKADDR_ARG address, socklen_t *length)
{
	REAL(accept)
	return (is_put_off(fd, 0) || fails(LATER, ECONNABORTED) ? -1 :
	    real(fd, address, length));
}

/*
 * An interrupted connect(2) goes on connecting. One in the UNIX domain finds the
 * backlog full.
 */
int
connect(int fd, __CONST_SOCKADDR_ARG address, socklen_t length)
{
	const int is_unix = address.__sockaddr__->sa_family == AF_UNIX;
	int result;

	REAL(connect)
	if (is_unix && is_nonblocking(fd) && !keeps_boundaries(fd) &&
	    fails(LATER, EAGAIN))
		return (-1);
	result = real(fd, address, length);
	if (result == -1 && errno == EINPROGRESS && happens(INTERRUPTED))
		errno = EINTR;
	return (result);
}

/* Waiting. */

int
ppoll(struct pollfd *slots, nfds_t count, const struct timespec *timeout,
    const sigset_t *mask)
{
	REAL(ppoll)
	return (fails(INTERRUPTED, EINTR) ? -1 :
	    real(slots, count, timeout, mask));
}

int
flock(int fd, int operation)
{
	REAL(flock)
	return (fails(INTERRUPTED, EINTR) ? -1 : real(fd, operation));
}

pid_t
waitpid(pid_t pid, int *status, int options)
{
	REAL(waitpid)
	return (fails(INTERRUPTED, EINTR) ? -1 : real(pid, status, options));
}

/* The time of day: somebody sets the clock, again and again. */

static time_t
jump(void)
{
	static const int64_t decade = INT64_C(10) * 365 * 24 * 3600;

	return (happens(CLOCK) ?
	    (time_t)((int64_t)(draw() % (uint64_t)decade) - decade / 2) : 0);
}

int
clock_gettime(clockid_t clock, struct timespec *now)
{
	int result;

	REAL(clock_gettime)
	result = real(clock, now);
	if (result == 0 && (clock == CLOCK_REALTIME ||
	    clock == CLOCK_REALTIME_COARSE || clock == CLOCK_TAI))
		now->tv_sec += jump();
	return (result);
}

int
gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	int result;

	REAL(gettimeofday)
	result = real(now, zone);
	if (result == 0)
		now->tv_sec += jump();
	return (result);
}

time_t
time(time_t *now)
{
	struct timespec here;

	(void)clock_gettime(CLOCK_REALTIME, &here);
	if (now != NULL)
		*now = here.tv_sec;
	return (here.tv_sec);
}
