#include "splice.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

/* What an unprivileged user may have a pipe hold: pipe(7). */
#define PIPE_SIZE	1048576

#ifdef SOCKCAT_LINUX
static const enum splice_way ways[END_PAGES][END_PAGES] = {
	[END_PIPE_PAGES][END_SOCKET_PAGES] = SPLICE_STRAIGHT,
	[END_SOCKET_PAGES][END_PIPE_PAGES] = SPLICE_STRAIGHT,
	[END_FILE_PAGES][END_SOCKET_PAGES] = SPLICE_THROUGH,
	[END_SOCKET_PAGES][END_FILE_PAGES] = SPLICE_THROUGH,
};

static ssize_t
move_pages(int from, int into, size_t size)
{
	return (splice(from, NULL, into, NULL, size,
	    SPLICE_F_MOVE | SPLICE_F_NONBLOCK));
}

/*
 * As large as may be: the user's pipes may hold all that they may already. One
 * that does not say how large it is stays so.
 */
static void
grow(int fd)
{
	const int held = fcntl(fd, F_GETPIPE_SZ);

	for (int size = PIPE_SIZE; held != -1 && held < size &&
	    fcntl(fd, F_SETPIPE_SZ, size) == -1; size /= 2)
		continue;
}
#else
static const enum splice_way ways[END_PAGES][END_PAGES];

static ssize_t
move_pages(int from, int into, size_t size)
{
	(void)from, (void)into, (void)size;
	errno = ENOSYS;
	return (-1);
}

static void
grow(int fd)
{
	(void)fd;
}
#endif

/* SPLICE_F_NONBLOCK is for pipes: a socket goes by its own flag. */
static bool
unblock(const struct end *end)
{
	return (end->kind->pages != END_SOCKET_PAGES ||
	    fcntl(end->fd, F_SETFL, O_NONBLOCK) == 0);
}

void
splice_open(struct splice *splice, const struct end *source,
    const struct end *sink)
{
	*splice = (struct splice){ .way = SPLICE_NEVER };
	if (ways[source->kind->pages][sink->kind->pages] != SPLICE_NEVER &&
	    unblock(source) && unblock(sink))
		splice->way = ways[source->kind->pages][sink->kind->pages];
}

void
splice_close(struct splice *splice)
{
	if (splice->opened) {
		close(splice->into);
		close(splice->from);
	}
	*splice = (struct splice){ .way = SPLICE_NEVER };
}

static void
open_pipe(struct splice *splice)
{
	int fds[2];

	if (pipe(fds) == -1) {
		splice->way = SPLICE_NEVER;
		return;
	}
	splice->opened = true;
	splice->from = fds[0];
	splice->into = fds[1];
}

void
splice_grow(struct splice *splice, const struct end *source,
    const struct end *sink)
{
	if (splice->way == SPLICE_THROUGH)
		open_pipe(splice);
	if (splice->way == SPLICE_STRAIGHT)
		grow(source->kind->pages == END_PIPE_PAGES ?
		    source->fd : sink->fd);
	else if (splice->way == SPLICE_THROUGH)
		grow(splice->into);
}

bool
splice_can_take(const struct splice *splice)
{
	return (splice->held == 0 && (splice->way == SPLICE_STRAIGHT ||
	    (splice->way == SPLICE_THROUGH && splice->opened)));
}

static enum end_step
move(struct splice *splice, int from, int into, size_t size, size_t *moved)
{
	ssize_t n = move_pages(from, into, size);

	if (n > 0)
		return (end_result(n, moved));
	*moved = 0;
	if (n == -1 && errno != EINVAL && errno != ENOSYS)
		return (end_result(n, moved));
	/* The end of file; or a kind of file that has no pages to move. */
	splice->way = SPLICE_NEVER;
	return (END_LATER);
}

/*
 * Whose error was it? A pipe has none to read from, and one to write to: EPIPE,
 * which a socket that still has something to read does not give.
 */
static const struct end *
culprit(const struct end *source, const struct end *sink)
{
	return (errno == EPIPE || source->kind->pages == END_PIPE_PAGES ?
	    sink : source);
}

enum end_step
splice_take(struct splice *splice, const struct end *source,
    const struct end *sink, size_t *moved, const struct end **broken)
{
	bool straight = splice->way == SPLICE_STRAIGHT;
	enum end_step step = move(splice, source->fd,
	    straight ? sink->fd : splice->into, PIPE_SIZE, moved);

	*broken = straight ? culprit(source, sink) : source;
	if (!straight)
		splice->held += *moved;
	return (step);
}

enum end_step
splice_give(struct splice *splice, const struct end *sink, size_t *moved)
{
	enum end_step step = move(splice, splice->from, sink->fd,
	    splice->held, moved);

	splice->held -= *moved;
	return (step);
}

size_t
splice_fetch(struct splice *splice, void *buffer, size_t size)
{
	ssize_t n = read(splice->from, buffer,
	    size < splice->held ? size : splice->held);

	if (n <= 0)
		return (0);
	splice->held -= (size_t)n;
	return ((size_t)n);
}
