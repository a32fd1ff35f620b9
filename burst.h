/*
 * Datagrams, many in a call: of one size UDP_SEGMENT and UDP_GRO of udp(7), of
 * any size sendmmsg(2) and recvmmsg(2).
 *
 * Linux alone has them. Elsewhere a burst is one message.
 */
#ifndef BURST_H
#define BURST_H

#include <sys/types.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most messages that go in one call. */
#define BURST_MESSAGES	((size_t)64)

/* Room for what goes with a call: a size, of 16 bits out and an int in. */
struct burst_control {
	_Alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int))];
};

/*
 * Have recvmsg(2) on a UDP socket hand over several messages at once, back to
 * back, where they are of one size and from one sender. All but the last are of
 * that size; it may be shorter. A kernel that does not goes on handing over one.
 */
void burst_accept(int fd);

/* The size of each that recvmsg(2) handed over; 0: it is just one. */
size_t burst_size(const struct msghdr *message);

/* The most bytes of messages of `size` bytes to send at once; `size`: one. */
size_t burst_most(size_t size);

/*
 * Have sendmsg(2) cut what it is given into messages of `size` bytes, the last
 * one shorter. `control` has to last as long as the message.
 */
void burst_cut(struct msghdr *message, struct burst_control *control,
    size_t size);

/*
 * Send messages of any size, at most BURST_MESSAGES of them, in one call, each
 * to where `to` says, with `to->msg_name` NULL to the connected peer:
 * sendmmsg(2). Returns how many have gone; 0: none, for whatever reason, and
 * they are to be sent one by one.
 */
size_t burst_send(int fd, const struct msghdr *to, const struct iovec *messages,
    size_t count);

/* Messages that have been fetched, to be taken one by one. */
struct burst_queue;

/*
 * An empty queue, to be freed with free(3). NULL: there is no memory for it, or
 * no such call; messages are then fetched as they are taken.
 */
struct burst_queue *burst_queue(void);

/* Has a message been fetched that is not taken yet? Not into NULL. */
bool burst_is_waiting(const struct burst_queue *queue);

/* And is the next one of them of at most so many bytes, and from there? */
bool burst_is_next(const struct burst_queue *queue, size_t most,
    const void *sender, socklen_t length);

/*
 * recvmsg(2) with MSG_DONTWAIT, of a datagram socket over IP, to one buffer.
 * What the socket holds besides is fetched along into the queue, and taken by
 * the calls that follow; of an error behind it the next one tells. NULL: one
 * message alone is fetched.
 */
ssize_t burst_receive(struct burst_queue *queue, int fd,
    struct msghdr *message);

#endif
