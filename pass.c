#include "pass.h"

#include <sys/socket.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "await.h"

static int
send_socket(int socket)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = { .bytes = { 0 } };
	char byte = '\0';
	struct iovec part = { .iov_base = &byte, .iov_len = sizeof(byte) };
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&message);

	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(sizeof(socket));
	memcpy(CMSG_DATA(rights), &socket, sizeof(socket));
	return (sendmsg(STDOUT_FILENO, &message,
	    MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ? -1 : 0);
}

enum outcome
pass_socket(int socket)
{
	struct pollfd slot = { .fd = STDOUT_FILENO, .events = POLLOUT };
	int flags = fcntl(socket, F_GETFL);

	if (flags == -1 || fcntl(socket, F_SETFL, flags & ~O_NONBLOCK) == -1) {
		warn("pass the socket over stdout failed");
		return (OUTCOME_FAILED);
	}
	while (send_socket(socket) == -1) {
		if (errno != EAGAIN && errno != EINTR) {
			warn("pass the socket over stdout failed");
			return (OUTCOME_FAILED);
		}
		if (await_ready(&slot, 1, AWAIT_NEVER) == -1)
			return (await_failed());
	}
	return (OUTCOME_OK);
}
