#include "refusal.h"

#include <errno.h>
#include <string.h>

#ifdef SOCKCAT_LINUX
#include <linux/errqueue.h>

/*
 * The extended error among the control messages: ip(7), IP_RECVERR. What our
 * own kernel refused, it has told the call itself: that is not one.
 */
static int
extended_error(struct msghdr *message)
{
	struct sock_extended_err extended;
	struct cmsghdr *c;

	for (c = CMSG_FIRSTHDR(message); c != NULL;
	    c = CMSG_NXTHDR(message, c))
		if ((c->cmsg_level == IPPROTO_IP &&
		    c->cmsg_type == IP_RECVERR) ||
		    (c->cmsg_level == IPPROTO_IPV6 &&
		    c->cmsg_type == IPV6_RECVERR)) {
			memcpy(&extended, CMSG_DATA(c), sizeof(extended));
			return (extended.ee_origin == SO_EE_ORIGIN_LOCAL ?
			    0 : (int)extended.ee_errno);
		}
	return (0);
}

/*
 * A UNIX socket has no queue of errors, and does not know MSG_ERRQUEUE: asked
 * for one, it would give a message.
 */
static bool
has_queue(int fd)
{
	int domain = AF_UNIX;
	socklen_t size = sizeof(domain);

	return (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	    domain != AF_UNIX);
}

static int
queued_error(int fd, struct address *target)
{
	union {
		struct cmsghdr align;
		char bytes[512];
	} control;
	char start_of_datagram;
	struct iovec part = {
		.iov_base = &start_of_datagram, .iov_len = 1,
	};
	struct msghdr message = {
		.msg_name = &target->as,
		.msg_namelen = sizeof(target->as),
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	const struct msghdr fresh = message;
	int error = 0;

	while (error == 0 && has_queue(fd)) {
		message = fresh;
		if (recvmsg(fd, &message, MSG_ERRQUEUE | MSG_DONTWAIT) == -1)
			break;
		target->length = message.msg_namelen;
		error = extended_error(&message);
	}
	if (error == 0)
		target->length = 0;
	return (error);
}
#else
static int
queued_error(int fd, struct address *target)
{
	(void)fd;
	(void)target;
	return (0);
}
#endif

int
refusal_next(int fd, struct address *target)
{
	int error;
	socklen_t size = sizeof(error);

	target->length = 0;
	error = queued_error(fd, target);
	if (error != 0)
		return (error);
	/* Of connected sockets, and where there is no queue. */
	return (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ?
	    error : 0);
}
