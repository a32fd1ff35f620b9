#include "burst.h"

#include <netinet/in.h>
#include <netinet/udp.h>

#include <string.h>

#ifdef SOCKCAT_LINUX

/* What an IPv4 packet leaves for them; IPv6 leaves 20 bytes more. */
#define BYTES		((size_t)65507)

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
burst_cut(struct msghdr *message, union burst_control *control, size_t size)
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

#else

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
burst_cut(struct msghdr *message, union burst_control *control, size_t size)
{
	(void)message, (void)control, (void)size;
}

#endif
