/*
 * One end of a direction: how bytes enter and leave a descriptor of its kind.
 *
 * Standard input and output are shared with the shell, and O_NONBLOCK is never
 * set on them; so each kind of descriptor has its own way never to block where
 * the other direction would have to wait for it.
 */
#ifndef END_H
#define END_H

#include <sys/types.h>
#include <sys/uio.h>

#include <stdbool.h>
#include <stddef.h>

#include "burst.h"
#include "sockaddr.h"

/* How a step ended. */
enum end_step {
	END_MOVED,	/* bytes, or one message, went through */
	END_LATER,	/* it would have blocked */
	END_OVER,	/* the end of file */
	END_BROKEN,	/* errno says why */
};

/* What splice(2) could move pages from, and into. */
enum end_pages {
	END_NO_PAGES,
	END_PIPE_PAGES,
	END_FILE_PAGES,
	END_SOCKET_PAGES,	/* a stream of our own: it need not block */
	END_PAGES,
};

struct end;

/* What can be done with a kind of descriptor. */
struct end_kind {
	/*
	 * Take up to `size` bytes, or one message, or several of `taken_size`
	 * bytes; `*moved` says how many bytes.
	 */
	enum end_step (*take)(struct end *end, void *buffer, size_t size,
	    size_t *moved);
	/*
	 * Give up to `size` bytes, or one message of that size, or several of
	 * `give_size` bytes: then it may be fewer that are given.
	 */
	enum end_step (*give)(struct end *end, const void *buffer, size_t size,
	    size_t *moved);
	/* Say that no more will be given. Returns 0, or -1 with errno. */
	int (*finish)(struct end *end);
	enum end_pages pages;
	bool messages;		/* boundaries are kept: one at a time */
	bool may_block;		/* give only after poll(2) said POLLOUT */
	bool hangup_is_death;	/* POLLHUP: nobody is left to give to */
};

struct end {
	const struct end_kind *kind;
	int fd;			/* borrowed */
	bool keep;		/* finish() is to do nothing */
	bool gone;		/* poll(2) has nothing to say of it any more */

	/* Of sockets: */
	int type;
	bool connected;
	bool own_buffer;	/* how much it holds was asked for (-O) */
	struct address local;
	struct address peer;	/* where messages go; length 0: nowhere yet */

	/* Of message sockets: */
	bool heard;		/* somebody has spoken */
	struct address speaker;	/* who spoke last; nameless: only a family */
	struct address refuser;	/* who the put-off error is about */
	bool gives_bursts;	/* several may go in one call: UDP; */
	size_t give_size;	/* bytes of each; 0: they are not of one size */
	bool takes_bursts;	/* several of one size may come together: */
	size_t taken_size;	/* bytes of each that came; 0: it was just one */
	struct burst_queue *queue;	/* fetched, not taken; NULL: never any */

	/*
	 * An error that came before messages that the socket still holds. It
	 * is put off until they have been taken.
	 */
	int error;
};

/*
 * What the result of read(2), write(2) and their like means: -1 with an errno
 * that is about this moment alone is END_LATER.
 */
enum end_step end_result(ssize_t result, size_t *moved);

/* An end at standard input or output; its kind is found by fstat(2). */
void end_stdio(struct end *end, int fd);

/* Messages keep their boundaries here: datagrams and seqpackets. */
bool end_has_messages(const struct end *end);

/*
 * Have equal messages move together where that can be: UDP. Those given will
 * be of `give_size` bytes, 0 where they are not of one size; those taken may
 * be several at once where `takes` is set.
 */
void end_allow_bursts(struct end *end, size_t give_size, bool takes);

/*
 * Have messages fetched from the socket before they are asked for, where that
 * can be: UDP. What is never taken is lost, as it is in a socket that is closed;
 * nobody else can take it any more.
 */
void end_fetch_ahead(struct end *end);

/* Has a message been fetched that is not taken yet? */
bool end_has_fetched(const struct end *end);

/* And is it of at most so many bytes, and from who has spoken last? */
bool end_goes_on(const struct end *end, size_t most);

/* Free what the end has opened for itself. The descriptor stays. */
void end_close(struct end *end);

/*
 * The most bytes that may be given at once of messages of `size` bytes: a
 * multiple of it.
 */
size_t end_most(const struct end *end, size_t size);

/*
 * Give datagrams, at most BURST_MESSAGES of them, to an end that `gives_bursts`.
 * (Not in the UNIX domain: a receiver holds few, and an error is told but once.)
 * Returns how many were given: 0 where there is something to say about the
 * first, or no such call.
 */
size_t end_give_several(struct end *end, const struct iovec *messages,
    size_t count);

/*
 * Have poll(2) report nothing to take from a TCP socket before so many bytes
 * have come, or the end of file: SO_RCVLOWAT of socket(7), where 1 is what it
 * is at first. Waking up for each few packets costs more than moving them.
 * Returns whether that can be had.
 */
bool end_wait_for(const struct end *end, int bytes);

/*
 * Have a stream in the UNIX domain hold more that is given, as much as a pipe
 * does: there the system's own value stays as it is, however much passes. TCP's
 * grows by itself, and would not any more.
 */
void end_widen(const struct end *end);

/* False while there is nobody to give to. */
bool end_can_give(const struct end *end);

/* Is there nothing to take from a pipe? (That may be its end of file.) */
bool end_is_empty(const struct end *end);

/*
 * After POLLERR, or a hang-up that is death, with nothing to give: take the
 * error off the end. Returns its errno, or 0 where it has been put off.
 */
int end_death(struct end *end);

/*
 * What an errno that the end has failed with comes of. EPIPE at a TCP socket is
 * what there is to see of a reset, ECONNRESET: of one behind the peer's FIN, or
 * of one that splice(2) met after it had moved some, and kept to itself.
 */
int end_reason(const struct end *end, int error);

/*
 * Is a TCP connection over, in both directions? Where ours was not ended it has
 * been reset, though the error may have been kept from us: see end_reason().
 * False where this system cannot tell.
 */
bool end_is_disconnected(const struct end *end);

/*
 * The bytes given that the peer's kernel has not acknowledged, our FIN being
 * one, as far as this system can tell: 0 elsewhere, and for all but TCP.
 * Returns -1 with errno where the connection is gone, and they with it.
 */
ssize_t end_unacknowledged(const struct end *end);

/* The end for messages of failure: "stdin", "127.0.0.1 port 80 (tcp)". */
const char *end_noun(const struct end *end, struct address_text *buffer);

extern const struct end_kind end_stream_socket;
extern const struct end_kind end_message_socket;

#endif
