#include "end.h"

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <netinet/tcp.h>

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef SOCKCAT_LINUX
#include <linux/sockios.h>
#endif

#include "await.h"
#include "burst.h"
#include "refusal.h"

enum end_step
end_result(ssize_t result, size_t *moved)
{
	*moved = 0;
	if (result >= 0) {
		*moved = (size_t)result;
		return (END_MOVED);
	}
	switch (errno) {
	case EAGAIN:
#if EWOULDBLOCK != EAGAIN
	case EWOULDBLOCK:
#endif
	case EINTR:
	case ENOBUFS:		/* a full device queue: unix(7), udp(7) */
		return (END_LATER);
	default:
		return (END_BROKEN);
	}
}

/* The same for bytes taken, of which none means the end of file. */
static enum end_step
step_taken(ssize_t result, size_t *moved)
{
	enum end_step taken = end_result(result, moved);

	return (result == 0 ? END_OVER : taken);
}

/* Files, devices, terminals: they are always ready, or may block. */

static enum end_step
take_file(struct end *end, void *buffer, size_t size, size_t *moved)
{
	return (step_taken(read(end->fd, buffer, size), moved));
}

static enum end_step
give_file(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	return (end_result(write(end->fd, buffer, size), moved));
}

/* close(2) is where some file systems first say that bytes were lost. */
static int
finish_file(struct end *end)
{
	return (end->keep ? 0 : close(end->fd));
}

static const struct end_kind file = {
	.take = take_file,
	.give = give_file,
	.finish = finish_file,
	.pages = END_FILE_PAGES,
	.may_block = true,
	.hangup_is_death = true,
};

/*
 * Where poll(2) does not say how much can be moved: a terminal takes less than
 * it is given, or another process is faster. Then these wait, but for signals.
 */

static enum end_step
take_slowly(struct end *end, void *buffer, size_t size, size_t *moved)
{
	enum end_step step;

	await_let_in();
	step = take_file(end, buffer, size, moved);
	await_keep_out();
	return (step);
}

static enum end_step
give_slowly(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	enum end_step step;

	await_let_in();
	step = give_file(end, buffer, size, moved);
	await_keep_out();
	return (step);
}

static const struct end_kind terminal = {
	.take = take_slowly,
	.give = give_slowly,
	.finish = finish_file,
	.may_block = true,
	.hangup_is_death = true,
};

/*
 * FIFOs, and pipes where the kernel has no call that does not wait: a blocking
 * pipe that polls POLLOUT takes PIPE_BUF bytes at once, and blocks on more.
 */
static enum end_step
give_fifo(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	return (give_slowly(end, buffer, size < PIPE_BUF ? size : PIPE_BUF,
	    moved));
}

static const struct end_kind fifo = {
	.take = take_slowly,
	.give = give_fifo,
	.finish = finish_file,
	.pages = END_PIPE_PAGES,
	.may_block = true,
	.hangup_is_death = true,
};

#ifdef SOCKCAT_LINUX
/* Pipes: RWF_NOWAIT makes one call non-blocking, and not the descriptor. */

static enum end_step
take_pipe(struct end *end, void *buffer, size_t size, size_t *moved)
{
	const struct iovec part = { .iov_base = buffer, .iov_len = size };
	ssize_t n = preadv2(end->fd, &part, 1, -1, RWF_NOWAIT);

	if (n == -1 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
		end->kind = &fifo;
		return (take_slowly(end, buffer, size, moved));
	}
	return (step_taken(n, moved));
}

static enum end_step
give_pipe(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	/* pwritev2(2) has no const, and does not write here. */
	const struct iovec part = {
		.iov_base = (void *)(uintptr_t)buffer, .iov_len = size,
	};
	ssize_t n = pwritev2(end->fd, &part, 1, -1, RWF_NOWAIT);

	if (n == -1 && (errno == EOPNOTSUPP || errno == ENOSYS)) {
		end->kind = &fifo;
		*moved = 0;
		return (END_LATER);
	}
	return (end_result(n, moved));
}

static const struct end_kind nowait_pipe = {
	.take = take_pipe,
	.give = give_pipe,
	.finish = finish_file,
	.pages = END_PIPE_PAGES,
	.hangup_is_death = true,
};
#define PIPE_KIND	nowait_pipe
#else
#define PIPE_KIND	fifo
#endif

/* Stream sockets: the one of the run, and any that is stdin or stdout. */

static enum end_step
take_stream(struct end *end, void *buffer, size_t size, size_t *moved)
{
	return (step_taken(recv(end->fd, buffer, size, MSG_DONTWAIT), moved));
}

static enum end_step
give_stream(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	return (end_result(send(end->fd, buffer, size, MSG_DONTWAIT | MSG_NOSIGNAL),
	    moved));
}

static bool
is_tcp(const struct end *end)
{
	return (end->kind == &end_stream_socket &&
	    end->local.as.any.sa_family != AF_UNIX);
}

/* Half-close. */
static int
finish_socket(struct end *end)
{
	int death;

	if (end->keep || shutdown(end->fd, SHUT_WR) == 0)
		return (0);
	/* Not connected any more: the reason tells more than that. */
	death = end_death(end);
	if (death != 0)
		errno = death;
	return (-1);
}

const struct end_kind end_stream_socket = {
	.take = take_stream,
	.give = give_stream,
	.finish = finish_socket,
	.pages = END_SOCKET_PAGES,
};

static const struct end_kind stdio_socket = {
	.take = take_stream,
	.give = give_stream,
	.finish = finish_file,
	.hangup_is_death = true,
};

/* The error that the socket holds, taken off it; 0 for none. */
static int
held_error(const struct end *end)
{
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(end->fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		error = errno;
	return (error);
}

/* Message sockets. */

/*
 * An error that came before what the socket still holds, or that is about a
 * message sent long before: put it off. The first one is what is reported.
 */
static void
put_off(struct end *end, int error, const struct address *target)
{
	if (end->error == 0 && error != 0) {
		end->error = error;
		end->refuser = *target;
	}
}

/* Put off all that the network has to say. False where that is nothing. */
static bool
put_off_refusals(struct end *end)
{
	struct address target;
	bool any = false;
	int error;

	while ((error = refusal_next(end->fd, &target)) != 0) {
		put_off(end, error, &target);
		any = true;
	}
	return (any);
}

/* Errors of recvmsg(2) that are not about the call itself. */
static bool
is_about_the_past(int error)
{
	return (error == ECONNRESET || error == ECONNREFUSED ||
	    error == EHOSTUNREACH || error == ENETUNREACH ||
	    error == EHOSTDOWN || error == ENETDOWN || error == ENOPROTOOPT ||
	    error == EPROTO || error == EACCES || error == EMSGSIZE);
}

/* A packet of no bytes, and the end of file, look alike but for this. */
static bool
is_end_of_file(const struct end *end, const struct msghdr *message)
{
	if (end->type != SOCK_SEQPACKET)
		return (false);
#ifdef SO_PASSCRED
	return (message->msg_controllen == 0);
#else
	return ((message->msg_flags & MSG_EOR) == 0);
#endif
}

/*
 * Was a message sent by somebody else than our peer? That can be where it came
 * before connect(2), which takes nothing out of the queue.
 */
static bool
is_foreign(const struct end *end)
{
	return (end->connected && end->type == SOCK_DGRAM &&
	    end->peer.length > 0 && !sockaddr_same(&end->speaker, &end->peer));
}

/* burst_receive(), past errors that are put off and messages not for us. */
static ssize_t
receive(struct end *end, struct msghdr *message)
{
	enum { ERRORS_MAX = 64 };
	const struct address unknown = { 0 };
	const struct msghdr fresh = *message;
	ssize_t n;
	int error;

	/* Reporting an error takes it off; one that stays is not waited for. */
	for (int errors = 0; errors < ERRORS_MAX; *message = fresh) {
		n = burst_receive(end->queue, end->fd, message);
		end->speaker.length = message->msg_namelen;
		if (n != -1 && !is_foreign(end))
			return (n);
		/* A queue of errors, with none pending, still wakes poll(2). */
		if (n == -1 && errno == EAGAIN && put_off_refusals(end))
			errno = EAGAIN;
		if (n == -1 && !is_about_the_past(errno))
			return (n);
		if (n != -1)
			continue;
		error = errno;
		errors++;
		if (!put_off_refusals(end))
			put_off(end, error, &unknown);
	}
	errno = EAGAIN;
	return (-1);
}

static enum end_step
take_message(struct end *end, void *buffer, size_t size, size_t *moved)
{
	struct iovec part = { .iov_base = buffer, .iov_len = size };
	struct msghdr message = {
		.msg_name = &end->speaker.as,
		.msg_namelen = sizeof(end->speaker.as),
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	ssize_t n;
	/* Room for just these: descriptors sent to us find none, and close. */
	union {
		struct burst_control burst;
#ifdef SO_PASSCRED
		char credentials[CMSG_SPACE(sizeof(struct ucred))];
#endif
	} control;

	if (end->type == SOCK_SEQPACKET || end->takes_bursts) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	n = receive(end, &message);
	if (n == -1)
		return (end_result(n, moved));
	if (n == 0 && is_end_of_file(end, &message))
		return (step_taken(0, moved));
	if (message.msg_flags & MSG_TRUNC) {
		errno = EMSGSIZE;
		return (END_BROKEN);
	}
	end->heard = true;
	end->taken_size = end->takes_bursts ? burst_size(&message) : 0;
	return (end_result(n, moved));
}

/* The kernel does not cut them: for want of the feature, or for the route's. */
static bool
is_about_bursts(int error)
{
	return (error == EINVAL || error == EMSGSIZE || error == EIO ||
	    error == EOPNOTSUPP || error == ENOPROTOOPT);
}

/* sendmsg(2): one message, or where it can be more of one size. */
static ssize_t
send_messages(struct end *end, const void *buffer, size_t size)
{
	const bool named = end->type == SOCK_DGRAM && !end->connected;
	/* sendmsg(2) has no const, and does not write here. */
	struct iovec part = {
		.iov_base = (void *)(uintptr_t)buffer, .iov_len = size,
	};
	struct msghdr message = {
		.msg_name = named ? &end->peer.as : NULL,
		.msg_namelen = named ? end->peer.length : 0,
		.msg_iov = &part,
		.msg_iovlen = 1,
	};
	struct burst_control control;
	ssize_t n;

	if (end->give_size > 0 && size > end->give_size) {
		if (end->gives_bursts)
			burst_cut(&message, &control, end->give_size);
		else
			part.iov_len = end->give_size;
	}
	n = sendmsg(end->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n != -1 || message.msg_control == NULL || !is_about_bursts(errno))
		return (n);
	end->gives_bursts = false;
	return (send_messages(end, buffer, size));
}

static enum end_step
give_message(struct end *end, const void *buffer, size_t size, size_t *moved)
{
	enum { TRIES = 3 };
	const bool hears_back = end->type == SOCK_DGRAM &&
	    end->local.as.any.sa_family != AF_UNIX;
	const struct address unknown = { 0 };
	ssize_t n = -1;

	/*
	 * A pending ICMP error is handed to the next send, which then has sent
	 * nothing: the error is put off, and this message goes all the same.
	 */
	for (int i = 0; i < TRIES; i++) {
		int error;

		n = send_messages(end, buffer, size);
		error = errno;
		if (n != -1 || !hears_back)
			break;
		if (put_off_refusals(end) || error == ECONNREFUSED)
			put_off(end, error == EAGAIN ? 0 : error, &unknown);
		else
			i = TRIES;
		errno = error;
	}
	return (end_result(n, moved));
}

/* Datagrams have no end of file; seqpackets are half-closed. */
static int
finish_message(struct end *end)
{
	return (end->type == SOCK_DGRAM ? 0 : finish_socket(end));
}

const struct end_kind end_message_socket = {
	.take = take_message,
	.give = give_message,
	.finish = finish_message,
	.messages = true,
};

/* Stdin or stdout that keeps boundaries; ours is not to ask who is there. */
static const struct end_kind stdio_messages = {
	.take = take_message,
	.give = give_stream,
	.finish = finish_file,
	.messages = true,
	.hangup_is_death = true,
};

static void
choose_socket(struct end *end)
{
	socklen_t size = sizeof(end->type);

	end->kind = &stdio_socket;
	end->connected = true;
	if (getsockopt(end->fd, SOL_SOCKET, SO_TYPE, &end->type, &size) == 0 &&
	    end->type != SOCK_STREAM)
		end->kind = &stdio_messages;
}

void
end_stdio(struct end *end, int fd)
{
	struct stat found;

	/* Of one that is unknown, take and give what any kind lets us. */
	*end = (struct end){ .kind = &fifo, .fd = fd };
	if (fstat(fd, &found) == -1)
		return;
	end->kind = &file;
	if (S_ISFIFO(found.st_mode))
		end->kind = &PIPE_KIND;
	else if (S_ISSOCK(found.st_mode))
		choose_socket(end);
	else if (S_ISCHR(found.st_mode) && isatty(fd))
		end->kind = &terminal;
}

bool
end_has_messages(const struct end *end)
{
	return (end->kind->messages);
}

/* Datagrams over IP, UDP's. */
static bool
can_burst(const struct end *end)
{
	return (end->type == SOCK_DGRAM &&
	    end->local.as.any.sa_family != AF_UNIX);
}

void
end_allow_bursts(struct end *end, size_t give_size, bool takes)
{
	const bool can = can_burst(end);

	end->give_size = give_size;
	end->gives_bursts = can;
	end->takes_bursts = can && takes;
	if (end->takes_bursts)
		burst_accept(end->fd);
}

void
end_fetch_ahead(struct end *end)
{
	if (can_burst(end))
		end->queue = burst_queue();
}

bool
end_has_fetched(const struct end *end)
{
	return (burst_is_waiting(end->queue));
}

bool
end_goes_on(const struct end *end, size_t most)
{
	return (burst_is_next(end->queue, most, &end->speaker.as,
	    end->speaker.length));
}

void
end_close(struct end *end)
{
	free(end->queue);
	end->queue = NULL;
}

size_t
end_give_several(struct end *end, const struct iovec *messages, size_t count)
{
	const struct msghdr to = {
		.msg_name = end->connected ? NULL : &end->peer.as,
		.msg_namelen = end->connected ? 0 : end->peer.length,
	};

	return (burst_send(end->fd, &to, messages, count));
}

size_t
end_most(const struct end *end, size_t size)
{
	return (end->gives_bursts && size == end->give_size ?
	    burst_most(size) : size);
}

bool
end_wait_for(const struct end *end, int bytes)
{
	return (is_tcp(end) && setsockopt(end->fd, SOL_SOCKET, SO_RCVLOWAT,
	    &bytes, sizeof(bytes)) == 0);
}

void
end_widen(const struct end *end)
{
	/* Bytes; Linux doubles it, for what goes with them: socket(7). */
	const int size = 512 * 1024;

	if (end->kind == &end_stream_socket && !end->own_buffer &&
	    end->local.as.any.sa_family == AF_UNIX)
		(void)setsockopt(end->fd, SOL_SOCKET, SO_SNDBUF, &size,
		    sizeof(size));
}

bool
end_can_give(const struct end *end)
{
	return (!end_has_messages(end) || end->connected ||
	    end->peer.length > 0);
}

bool
end_is_empty(const struct end *end)
{
	int bytes;

	return (end->kind->pages == END_PIPE_PAGES &&
	    ioctl(end->fd, FIONREAD, &bytes) == 0 && bytes == 0);
}

int
end_death(struct end *end)
{
	const struct address unknown = { 0 };
	int error;

	if (end_has_messages(end) && end->type == SOCK_DGRAM) {
		put_off_refusals(end);
		return (0);
	}
	error = held_error(end);
	if (error == 0 || error == ENOTSOCK)
		return (EPIPE);
	if (!end_has_messages(end))
		return (error);
	put_off(end, error, &unknown);
	return (0);
}

int
end_reason(const struct end *end, int error)
{
	return (error == EPIPE && is_tcp(end) ? ECONNRESET : error);
}

#ifdef SOCKCAT_LINUX
bool
end_is_disconnected(const struct end *end)
{
	struct tcp_info info;
	socklen_t size = sizeof(info);

	return (is_tcp(end) && getsockopt(end->fd, IPPROTO_TCP, TCP_INFO,
	    &info, &size) == 0 && info.tcpi_state == TCP_CLOSE);
}

static ssize_t
queued(const struct end *end)
{
	/* This is asked first: an end in order may come between the two. */
	const bool disconnected = end_is_disconnected(end);
	int bytes;

	if (!is_tcp(end) || ioctl(end->fd, SIOCOUTQ, &bytes) == -1)
		return (0);
	/* The reset that did it has been reported before, or never was. */
	if (disconnected && (bytes > 0 || end->keep)) {
		errno = ECONNRESET;
		return (-1);
	}
	return (bytes);
}
#else
bool
end_is_disconnected(const struct end *end)
{
	(void)end;
	return (false);
}

static ssize_t
queued(const struct end *end)
{
	(void)end;
	return (0);
}
#endif

ssize_t
end_unacknowledged(const struct end *end)
{
	int error = end->type == SOCK_DGRAM ? 0 : held_error(end);

	if (error == 0)
		return (queued(end));
	errno = end_reason(end, error);
	return (-1);
}

const char *
end_noun(const struct end *end, struct address_text *buffer)
{
	const struct address *address = &end->peer;

	if (end->fd == STDIN_FILENO)
		return ("stdin");
	if (end->fd == STDOUT_FILENO)
		return ("stdout");
	if (end->refuser.length > 0)
		address = &end->refuser;
	/* A stream client's peer in the UNIX domain need have no name. */
	if (!sockaddr_can_answer(address))
		address = &end->local;
	return (sockaddr_text(address, SOCKADDR_NOUN, end->type, buffer));
}
