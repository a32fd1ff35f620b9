#include "actor.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* What all the short pauses of one may come to. */
#define PAUSES	(100 * MS)

enum { ROOM = 1 << 20 };

int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return ((int64_t)time.tv_sec * 1000 * MS + time.tv_nsec);
}

static void
rest(struct actor *actor)
{
	const struct pace *pace = actor->pace;
	int64_t pause = 0;

	if (actor->hurries)
		return;
	if (!actor->stalled && pace->stall > 0 &&
	    actor->done >= pace->stall_at) {
		actor->stalled = true;
		pause = pace->stall * MS;
	} else if (draw(&actor->random, 1000) < pace->chance &&
	    actor->paused < PAUSES) {
		pause = MS * (1 + (int64_t)draw(&actor->random,
		    (uint64_t)pace->pause));
		actor->paused += pause;
	}
	if (pause > 0)
		actor->wake = now() + pause;
}

static void
give_up(struct actor *actor, const char *what)
{
	switch (errno) {
	case EPIPE:
	case ECONNRESET:
	case ECONNREFUSED:
	case ENOENT:
	case ENOTCONN:
		actor->error = errno;
		actor->over = actor->failed = true;
		break;
	default:
		err(2, "%s: %s", actor->name, what);
	}
}

static bool
is_passing(int error)
{
	return (error == EAGAIN || error == EINTR || error == ENOBUFS);
}

static void
write_bytes(struct actor *actor)
{
	const struct content *says = actor->says;
	ssize_t n;

	if (actor->done == actor->until) {
		actor->until += 1 + draw(&actor->random, actor->pace->chunk);
		if (actor->until > says->length)
			actor->until = says->length;
	}
	n = write(actor->fd, says->bytes + actor->done,
	    actor->until - actor->done);
	if (n == -1 && !is_passing(errno))
		give_up(actor, "write");
	if (n <= 0)
		return;
	actor->done += (size_t)n;
	if (actor->done == actor->until)
		rest(actor);
}

static void
write_message(struct actor *actor)
{
	const struct content *says = actor->says;
	const struct place *to = actor->to;
	size_t length = says->ends[actor->count] - actor->done;
	ssize_t n = sendto(actor->fd, says->bytes + actor->done, length,
	    MSG_NOSIGNAL, to == NULL ? NULL : &to->as.any,
	    to == NULL ? 0 : to->length);

	if (n == -1 && !is_passing(errno))
		give_up(actor, "send");
	/* poll(2) does not know that the other's queue is full. */
	if (n == -1 && to != NULL)
		actor->wake = now() + MS;
	if (n == -1)
		return;
	actor->done += length;
	actor->count++;
	rest(actor);
}

/* An empty message, and the end of file, look alike but for this. */
static bool
is_end(const struct msghdr *message, bool datagrams)
{
	return (!datagrams && message->msg_controllen == 0);
}

/* Returns as read(2), and -1 with ENOMSG for an empty message. */
static ssize_t
take(struct actor *actor, char *buffer, size_t size)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(struct ucred))];
	} control;
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = sizeof(control),
	};
	ssize_t n;

	if (!actor->messages)
		return (read(actor->fd, buffer, size));
	n = recvmsg(actor->fd, &message, MSG_CMSG_CLOEXEC);
	if (n != 0 || is_end(&message, actor->to != NULL))
		return (n);
	errno = ENOMSG;
	return (-1);
}

static void
read_some(struct actor *actor)
{
	static char buffer[ROOM];
	size_t size = sizeof(buffer);
	ssize_t n;

	if (!actor->messages && !actor->hurries)
		size = 1 + draw(&actor->random, actor->pace->chunk);
	if (size > actor->most - actor->done)
		size = actor->most - actor->done;
	if (size > sizeof(buffer))
		size = sizeof(buffer);
	n = take(actor, buffer, actor->messages ? sizeof(buffer) : size);
	if (n == 0) {
		actor->over = true;
		actor->eof = actor->error == 0;
	} else if (n == -1 && errno == ECONNRESET) {
		/* What had come before may be behind it. */
		actor->error = errno;
	} else if (n == -1 && errno != ENOMSG) {
		if (!is_passing(errno))
			give_up(actor, "read");
	} else {
		size_t length = n == -1 ? 0 : (size_t)n;

		content_add(actor->got, buffer, length);
		if (actor->messages)
			content_end_message(actor->got);
		actor->done += length;
		actor->count++;
		rest(actor);
	}
}

static bool
has_said_all(const struct actor *actor)
{
	const struct content *says = actor->says;

	return (actor->done == says->length && actor->count == says->count);
}

short
actor_wants(const struct actor *actor, int64_t *until)
{
	if (actor->fd == -1 || actor->over)
		return (0);
	if (actor->wake > now()) {
		if (actor->wake < *until)
			*until = actor->wake;
		return (0);
	}
	if (actor->says != NULL)
		return (POLLOUT);
	return (actor->done < actor->most ? POLLIN : 0);
}

void
actor_act(struct actor *actor)
{
	actor->calls++;
	if (actor->says == NULL)
		read_some(actor);
	else if (has_said_all(actor))
		actor->over = true;
	else if (actor->says->ends != NULL)
		write_message(actor);
	else
		write_bytes(actor);
}

void
actor_drain(struct actor *actor)
{
	size_t count;
	int error;

	actor->hurries = true;
	actor->most = SIZE_MAX;
	do {
		count = actor->count;
		error = actor->error;
		actor_act(actor);
	} while (!actor->over &&
	    (actor->count != count || actor->error != error));
}
