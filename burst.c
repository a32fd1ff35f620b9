#include "burst.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#ifdef SOCKCAT_LINUX

/* What an IPv4 packet leaves for them; IPv6 leaves 20 bytes more. */
#define BYTES		((size_t)65507)

/* Fetched in one call, at the most: more are hardly faster, and take memory. */
#define FETCHED		((size_t)16)

/* Bytes of the largest message over IP, or of several that come merged. */
#define LARGEST		((size_t)64 * 1024)

struct burst_queue {
	size_t taken;		/* of those fetched */
	size_t fetched;
	struct mmsghdr messages[FETCHED];
	struct iovec parts[FETCHED];
	struct sockaddr_storage senders[FETCHED];
	struct burst_control controls[FETCHED];
	char bytes[FETCHED][LARGEST];
};

void
burst_accept(int fd)
{
	const int on = 1;

	(void)setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(on));
}

size_t
burst_size(const struct msghdr *message)
{
	const struct cmsghdr *part = CMSG_FIRSTHDR(message);
	int size;

	if (part == NULL || part->cmsg_level != SOL_UDP ||
	    part->cmsg_type != UDP_GRO)
		return (0);
	memcpy(&size, CMSG_DATA(part), sizeof(size));
	return (size > 0 ? (size_t)size : 0);
}

size_t
burst_most(size_t size)
{
	size_t messages = size == 0 ? 0 : BYTES / size;

	/* Linux has allowed more since 6.9, and no fewer ever. */
	if (messages > BURST_MESSAGES)
		messages = BURST_MESSAGES;
	return (messages > 1 ? messages * size : size);
}

void
burst_cut(struct msghdr *message, struct burst_control *control, size_t size)
{
	const uint16_t each = (uint16_t)size;
	struct cmsghdr *part;

	/* The padding too is handed to the kernel. */
	memset(control, 0, sizeof(*control));
	message->msg_control = control;
	message->msg_controllen = CMSG_SPACE(sizeof(each));
	part = CMSG_FIRSTHDR(message);
	part->cmsg_level = SOL_UDP;
	part->cmsg_type = UDP_SEGMENT;
	part->cmsg_len = CMSG_LEN(sizeof(each));
	memcpy(CMSG_DATA(part), &each, sizeof(each));
}

size_t
burst_send(int fd, const struct msghdr *to, const struct iovec *messages,
    size_t count)
{
	struct mmsghdr each[BURST_MESSAGES];
	struct iovec parts[BURST_MESSAGES];
	int sent;

	for (size_t i = 0; i < count; i++) {
		parts[i] = messages[i];
		each[i].msg_hdr = *to;
		each[i].msg_hdr.msg_iov = &parts[i];
		each[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, each, (unsigned)count, MSG_DONTWAIT | MSG_NOSIGNAL);
	return (sent > 0 ? (size_t)sent : 0);
}

struct burst_queue *
burst_queue(void)
{
	struct burst_queue *queue = malloc(sizeof(*queue));

	if (queue != NULL)
		queue->taken = queue->fetched = 0;
	return (queue);
}

bool
burst_is_waiting(const struct burst_queue *queue)
{
	return (queue != NULL && queue->taken < queue->fetched);
}

bool
burst_is_next(const struct burst_queue *queue, size_t most, const void *sender,
    socklen_t length)
{
	const struct mmsghdr *next;

	if (!burst_is_waiting(queue))
		return (false);
	next = &queue->messages[queue->taken];
	return (next->msg_len <= most && next->msg_hdr.msg_namelen == length &&
	    memcmp(next->msg_hdr.msg_name, sender, length) == 0);
}

/* Fill an empty queue. Returns -1 with errno where there is nothing. */
static int
fetch(struct burst_queue *queue, int fd)
{
	int fetched;

	for (size_t i = 0; i < FETCHED; i++) {
		queue->parts[i] = (struct iovec){
			.iov_base = queue->bytes[i], .iov_len = LARGEST,
		};
		queue->messages[i].msg_hdr = (struct msghdr){
			.msg_name = &queue->senders[i],
			.msg_namelen = sizeof(queue->senders[i]),
			.msg_iov = &queue->parts[i],
			.msg_iovlen = 1,
			.msg_control = &queue->controls[i],
			.msg_controllen = sizeof(queue->controls[i]),
		};
	}
	fetched = recvmmsg(fd, queue->messages, (unsigned)FETCHED, MSG_DONTWAIT,
	    NULL);
	queue->taken = 0;
	queue->fetched = fetched > 0 ? (size_t)fetched : 0;
	return (fetched);
}

/* Copy what there is room for. Returns the bytes copied. */
static size_t
copy(void *into, size_t room, const void *from, size_t size)
{
	if (size > room)
		size = room;
	if (size > 0)
		memcpy(into, from, size);
	return (size);
}

/* The first message in the queue, as recvmsg(2) would have it. */
static ssize_t
take(struct burst_queue *queue, struct msghdr *message)
{
	const struct mmsghdr *first = &queue->messages[queue->taken++];
	const struct msghdr *found = &first->msg_hdr;
	const size_t room = message->msg_iov->iov_len;

	message->msg_namelen = (socklen_t)copy(message->msg_name,
	    message->msg_namelen, found->msg_name, found->msg_namelen);
	message->msg_controllen = copy(message->msg_control,
	    message->msg_controllen, found->msg_control,
	    found->msg_controllen);
	message->msg_flags = found->msg_flags;
	if (first->msg_len > room)
		message->msg_flags |= MSG_TRUNC;
	return ((ssize_t)copy(message->msg_iov->iov_base, room,
	    found->msg_iov->iov_base, first->msg_len));
}

ssize_t
burst_receive(struct burst_queue *queue, int fd, struct msghdr *message)
{
	if (queue == NULL)
		return (recvmsg(fd, message, MSG_DONTWAIT));
	if (burst_is_waiting(queue) || fetch(queue, fd) != -1)
		return (take(queue, message));
	return (errno == ENOSYS ? recvmsg(fd, message, MSG_DONTWAIT) : -1);
}

#else

struct burst_queue *
burst_queue(void)
{
	return (NULL);
}

bool
burst_is_waiting(const struct burst_queue *queue)
{
	(void)queue;
	return (false);
}

bool
burst_is_next(const struct burst_queue *queue, size_t most, const void *sender,
    socklen_t length)
{
	(void)queue, (void)most, (void)sender, (void)length;
	return (false);
}

ssize_t
burst_receive(struct burst_queue *queue, int fd, struct msghdr *message)
{
	(void)queue;
	return (recvmsg(fd, message, MSG_DONTWAIT));
}

size_t
burst_send(int fd, const struct msghdr *to, const struct iovec *messages,
    size_t count)
{
	(void)fd, (void)to, (void)messages, (void)count;
	return (0);
}

void
burst_accept(int fd)
{
	(void)fd;
}

size_t
burst_size(const struct msghdr *message)
{
	(void)message;
	return (0);
}

size_t
burst_most(size_t size)
{
	return (size);
}

void
burst_cut(struct msghdr *message, struct burst_control *control, size_t size)
{
	(void)message, (void)control, (void)size;
}

#endif
