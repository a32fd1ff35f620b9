#include "channel.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "burst.h"

/*
 * A sink that polls writable and then would block (a UNIX datagram socket
 * whose receiver's queue is full) is asked again after a pause, which doubles
 * from the first to the last of these.
 */
#define FIRST_PAUSE	(AWAIT_MS / 4)
#define LAST_PAUSE	(16 * AWAIT_MS)

/*
 * The most that a last call takes: more than the queue of any socket holds, so
 * that a peer that never stops cannot make it last for ever.
 */
#define LAST_BYTES	((size_t)32 * 1024 * 1024)

/* Bytes taken at once, as many as a pipe holds: there is much to move. */
#define MUCH		((size_t)64 * 1024)

/*
 * Bytes taken at once that make it worth waiting for as many again, and how
 * long that is waited for: two gigabits a second bring as many by then.
 */
#define WORTH		((size_t)256 * 1024)
#define LOOK		AWAIT_MS

/* Pieces to give in one turn, at the most: the other direction is waiting. */
#define TURN_PIECES	64

static const char *const state_names[] = {
	[CHANNEL_OPEN] = "open",
	[CHANNEL_DRAINING] = "draining",
	[CHANNEL_CLOSED] = "closed",
	[CHANNEL_FAILED] = "failed",
};

static void
set_state(struct channel *channel, enum channel_state state)
{
	if (channel->trace)
		fprintf(stderr, "%s: %s -> %s\n", channel->name,
		    state_names[channel->state], state_names[state]);
	channel->state = state;
}

void
channel_open(struct channel *channel, const char *name,
    const struct channel_plan *plan, struct end *source, struct end *sink,
    char *buffer, size_t size)
{
	bool messages = end_has_messages(source) || end_has_messages(sink);

	*channel = (struct channel){
		.name = name,
		.plan = *plan,
		.source = source,
		.sink = sink,
		.buffer = buffer,
		.size = size,
		.messages = messages,
		.framed = messages || plan->frame.kind != FRAME_READ,
		.whole = end_has_messages(source) &&
		    plan->frame.kind == FRAME_READ,
	};
	/* Bytes that have to be seen have to be copied. */
	if (!channel->framed && !plan->crlf && !plan->seen)
		splice_open(&channel->splice, source, sink);
}

void
channel_close(struct channel *channel)
{
	splice_close(&channel->splice);
}

bool
channel_pending(const struct channel *channel)
{
	return (channel->framed ? channel->held :
	    channel->start < channel->end || channel->splice.held > 0);
}

bool
channel_ended(const struct channel *channel)
{
	return (channel->state == CHANNEL_CLOSED ||
	    channel->state == CHANNEL_FAILED);
}

/*
 * How many bytes may be taken now. CRLF needs twice their room; the buffer of a
 * channel with messages has that beyond its size. Of a pipe that keeps packets,
 * pipe(2), a read loses what it has no room for: a stream waits for that room.
 */
static size_t
room(const struct channel *channel)
{
	const size_t left = channel->size - channel->end;

	if ((channel->framed && channel->held) || channel->splice.held > 0 ||
	    channel->end >= channel->size)
		return (0);
	if (channel->messages)
		return (left);
	if (left < (size_t)2 * PIPE_BUF)
		return (0);
	return (channel->plan.crlf ? left / 2 : left);
}

static bool
wants_more(const struct channel *channel)
{
	return (channel->state == CHANNEL_OPEN && room(channel) > 0 &&
	    end_can_give(channel->sink));
}

static void
fail(struct channel *channel, int error, const struct end *broken)
{
	channel->error = end_reason(broken, error);
	channel->broken = broken;
	set_state(channel, CHANNEL_FAILED);
}

/* Tell who watches what has passed through an end. */
static void
show(const struct channel *channel, const struct end *end, const char *bytes,
    size_t count, size_t each)
{
	if (end == channel->watched)
		channel->watcher(channel->context, channel, bytes, count, each);
}

/* Make the piece from `start` the one to be given. */
static void
hold(struct channel *channel, size_t length, size_t skip)
{
	channel->held = true;
	channel->piece = channel->start + length;
	channel->skip = skip;
	channel->pieces++;
}

/* Bytes that wait for the rest of their piece move to the buffer's start. */
static void
compact(struct channel *channel)
{
	if (channel->start == 0)
		return;
	memmove(channel->buffer, channel->buffer + channel->start,
	    channel->end - channel->start);
	channel->end -= channel->start;
	channel->start = 0;
}

/*
 * Look for the next piece in the buffer. Messages were taken as they are; of
 * bytes, what is left at the end of file is the last piece, and the marker may
 * come behind it.
 */
static void
next_piece(struct channel *channel)
{
	struct frame *frame = &channel->plan.frame;
	bool last = channel->state == CHANNEL_DRAINING;
	size_t length, skip;

	if (!channel->framed || channel->held || channel->error != 0)
		return;
	frame->most = channel->plan.interval > 0 ? frame->size :
	    end_most(channel->sink, frame->size);
	if (frame_cut(frame, channel->buffer + channel->start,
	    channel->end - channel->start, last, &length, &skip)) {
		hold(channel, length, skip);
		if (length == 0 && channel->plan.send_marker) {
			channel->held = false;
			channel_stop(channel, EBADMSG, channel->source);
		}
	} else if (last && channel->plan.send_marker && !channel->marked) {
		channel->marked = true;
		hold(channel, 0, 0);
	} else if (!last) {
		compact(channel);
		if (room(channel) > 0)
			return;
		/* It fills the buffer: a stream is given what there is. */
		if (channel->messages) {
			channel->pieces++;
			channel_stop(channel, EMSGSIZE, channel->source);
			channel->start = channel->end = 0;
		} else
			hold(channel, channel->end, 0);
	}
}

void
channel_stop(struct channel *channel, int error, const struct end *broken)
{
	if (channel_ended(channel))
		return;
	if (channel->error == 0 && error != 0) {
		channel->error = error;
		channel->broken = broken;
	}
	channel->full = false;
	if (channel->state != CHANNEL_OPEN)
		return;
	set_state(channel, CHANNEL_DRAINING);
	/* The end of file completes what was waiting for its rest. */
	next_piece(channel);
}

void
channel_last_call(struct channel *channel, int error,
    const struct end *broken)
{
	if (channel->last_call || channel_ended(channel))
		return;
	channel->last_call = true;
	channel->full = false;
	channel->last_bytes = LAST_BYTES;
	if (channel->error == 0 && error != 0) {
		channel->error = error;
		channel->broken = broken;
	}
}

await_time
channel_want(const struct channel *channel,
    struct pollfd slots[CHANNEL_SLOTS])
{
	struct pollfd *source = &slots[CHANNEL_SOURCE];
	struct pollfd *sink = &slots[CHANNEL_SINK];
	bool pending = channel_pending(channel);
	bool waits = pending || channel->full;

	*source = (struct pollfd){ .fd = -1, .events = POLLIN };
	*sink = (struct pollfd){ .fd = -1 };
	if (channel_ended(channel))
		return (AWAIT_NEVER);
	if (!channel->sink->gone || waits)
		sink->fd = channel->sink->fd;
	if (waits && channel->resume == 0)
		sink->events = POLLOUT;
	if (wants_more(channel) && !channel->full)
		source->fd = channel->source->fd;
	/*
	 * What need not be waited for: a last look, what has been fetched
	 * already, or the very end.
	 */
	if ((wants_more(channel) && (channel->last_call ||
	    end_has_fetched(channel->source))) ||
	    (channel->state == CHANNEL_DRAINING && !pending))
		return (0);
	return (await_earliest(
	    channel->waits && source->fd != -1 ? channel->look : AWAIT_NEVER,
	    pending && channel->resume != 0 ? channel->resume : AWAIT_NEVER));
}

/*
 * A message has come, or several of one size: no more of them are for us than
 * were asked for.
 */
static void
take_in(struct channel *channel, size_t size)
{
	const unsigned long long left =
	    channel->plan.count - channel->messages_taken;
	size_t each = channel->source->taken_size;
	size_t messages;

	if (each == 0 || each > size)
		each = size;
	messages = size == 0 ? 1 : (size - 1) / each + 1;
	if (channel->plan.count > 0 && messages > left) {
		messages = (size_t)left;
		size = messages * each;
	}
	channel->messages_taken += messages;
	show(channel, channel->source, channel->buffer + channel->end, size,
	    each);
	if (channel->plan.line_ends)
		size = frame_lines(channel->buffer + channel->end, size, each);
	channel->end += size;
	hold(channel, channel->end - channel->start, 0);
	if (channel->messages_taken == channel->plan.count)
		channel_stop(channel, 0, NULL);
}

static void
note_taken(struct channel *channel, size_t taken)
{
	channel->moved = channel->filled = true;
	channel->taken = taken;
	if (taken >= MUCH && !channel->grown) {
		channel->grown = true;
		splice_grow(&channel->splice, channel->source, channel->sink);
		end_widen(channel->sink);
	}
	if (taken >= WORTH && !channel->waits)
		channel->waits = end_wait_for(channel->source, (int)WORTH);
	if (channel->waits)
		channel->look = await_after(await_now(), LOOK);
}

static void
accept_bytes(struct channel *channel, size_t taken)
{
	note_taken(channel, taken);
	if (channel->plan.crlf)
		taken = frame_crlf(channel->buffer + channel->end, taken,
		    &channel->after_cr);
	if (channel->whole) {
		if (taken == 0 && channel->plan.heed_marker) {
			show(channel, channel->source, channel->buffer, 0, 0);
			channel_stop(channel, 0, NULL);
		} else
			take_in(channel, taken);
		return;
	}
	show(channel, channel->source, channel->buffer + channel->end, taken,
	    taken);
	channel->end += taken;
	next_piece(channel);
}

/*
 * Take pages. False where what there is has to be taken as bytes: urgent data,
 * for one, and always the end of file.
 */
static bool
fill_pages(struct channel *channel, bool was_full)
{
	struct splice *splice = &channel->splice;
	const struct end *broken;
	size_t moved;

	if (channel->last_call || channel_pending(channel) ||
	    !splice_can_take(splice))
		return (false);
	switch (splice_take(splice, channel->source, channel->sink, &moved,
	    &broken)) {
	case END_MOVED:
		note_taken(channel, moved);
		show(channel, channel->source, NULL, moved, moved);
		if (splice->way == SPLICE_STRAIGHT)
			show(channel, channel->sink, NULL, moved, moved);
		return (true);
	case END_BROKEN:
		if (broken == channel->sink)
			fail(channel, errno, broken);
		else
			channel_stop(channel, errno, broken);
		return (true);
	case END_LATER:
	case END_OVER:
	default:
		/* Which of the two was not ready? One that was full has room. */
		channel->full = splice->way == SPLICE_STRAIGHT && !was_full;
		/* If another reader was faster, a read(2) would wait. */
		return (channel->full || (splice->way == SPLICE_STRAIGHT &&
		    end_is_empty(channel->source)));
	}
}

static void
take_bytes(struct channel *channel, size_t most)
{
	size_t moved;

	switch (channel->source->kind->take(channel->source,
	    channel->buffer + channel->end, most, &moved)) {
	case END_MOVED:
		accept_bytes(channel, moved);
		if (channel->last_call && moved >= channel->last_bytes)
			channel_stop(channel, 0, NULL);
		channel->last_bytes -= moved;
		break;
	case END_LATER:
		if (channel->last_call)
			channel_stop(channel, 0, NULL);
		break;
	case END_OVER:
		channel_stop(channel, channel->source->error, channel->source);
		break;
	case END_BROKEN:
		channel_stop(channel, errno, channel->source);
		break;
	}
}

/*
 * The most bytes of a message that may be joined to the one that is held. A pipe
 * never mixes up to PIPE_BUF with what others write to it, and a newline may be
 * added to each of a message's bytes, where they came merged.
 */
static size_t
joinable(const struct channel *channel)
{
	const size_t left = PIPE_BUF - channel->end;

	return (channel->plan.line_ends ? left / 2 : left);
}

/*
 * Take a piece. What else the source has fetched is joined to it: the sink is a
 * stream then, without boundaries. Another speaker's is not: it is for the other
 * direction to answer this one first.
 */
static void
fill(struct channel *channel)
{
	take_bytes(channel, room(channel));
	while (channel->state == CHANNEL_OPEN && channel->end < PIPE_BUF &&
	    end_goes_on(channel->source, joinable(channel)))
		take_bytes(channel, channel->size - channel->end);
}

/*
 * Take what there is, by whichever way; `looked`: it may be nothing, or less
 * than would have been reported.
 */
static void
take_turn(struct channel *channel, bool was_full, bool looked)
{
	if (!fill_pages(channel, was_full))
		fill(channel);
	if (!looked || (channel->filled && channel->taken >= WORTH))
		return;
	channel->waits = false;
	(void)end_wait_for(channel->source, 1);
}

/* The sink would have blocked: wait for it, in a way that does not spin. */
static void
back_off(struct channel *channel)
{
	channel->pause = channel->pause == 0 ? FIRST_PAUSE :
	    await_earliest(2 * channel->pause, LAST_PAUSE);
	channel->resume = await_after(await_now(), channel->pause);
}

/* Bytes have been given: on to the next piece, or to an empty buffer. */
static void
advance(struct channel *channel, size_t given)
{
	channel->start += given;
	if (channel->framed && channel->start == channel->piece) {
		channel->held = false;
		channel->start += channel->skip;
		if (channel->plan.interval > 0)
			channel->resume = await_after(await_now(),
			    channel->plan.interval);
	}
	if (channel->start == channel->end)
		channel->start = channel->end = 0;
	next_piece(channel);
}

static enum end_step
give_bytes(struct channel *channel)
{
	struct end *sink = channel->sink;
	size_t until = channel->framed ? channel->piece : channel->end;
	size_t moved;
	enum end_step step = sink->kind->give(sink,
	    channel->buffer + channel->start, until - channel->start, &moved);

	if (step != END_MOVED)
		return (step);
	show(channel, sink, channel->buffer + channel->start, moved,
	    sink->give_size > 0 ? sink->give_size : moved);
	advance(channel, moved);
	return (step);
}

/* Give pages out of the pipe. A sink that takes none gets them as bytes. */
static enum end_step
give_pages(struct channel *channel)
{
	struct splice *splice = &channel->splice;
	enum end_step step;
	size_t moved;

	if (splice->way != SPLICE_NEVER) {
		step = splice_give(splice, channel->sink, &moved);
		if (step == END_MOVED)
			show(channel, channel->sink, NULL, moved, moved);
		if (splice->way != SPLICE_NEVER)
			return (step);
	}
	channel->end = splice_fetch(splice, channel->buffer, channel->size);
	return (give_bytes(channel));
}

/* Returns whether anything was given. */
static bool
drain(struct channel *channel, bool polled)
{
	bool pages = channel->splice.held > 0 &&
	    channel->start == channel->end;

	switch (pages ? give_pages(channel) : give_bytes(channel)) {
	case END_MOVED:
		channel->pause = 0;
		channel->moved = true;
		return (true);
	case END_LATER:
		if (polled)
			back_off(channel);
		return (false);
	case END_OVER:
	case END_BROKEN:
	default:
		fail(channel, errno, channel->sink);
		return (false);
	}
}

/* The pieces that are there, complete, the one held being the first. */
static size_t
look_ahead(const struct channel *channel, struct iovec *pieces, size_t most)
{
	char *at = channel->buffer + channel->start;
	char *end = channel->buffer + channel->end;
	size_t length = channel->piece - channel->start;
	size_t skip = channel->skip, count = 0;

	do {
		pieces[count].iov_base = at;
		pieces[count++].iov_len = length;
		at += length + skip;
	} while (count < most && frame_cut(&channel->plan.frame, at,
	    (size_t)(end - at), false, &length, &skip) &&
	    (length > 0 || !channel->plan.send_marker));
	return (count);
}

/*
 * Lines can go as datagrams many in a call, with nothing between them. Returns
 * whether any has gone.
 */
static bool
drain_lines(struct channel *channel)
{
	struct iovec pieces[BURST_MESSAGES];
	size_t count, given = 0;

	if (!channel->sink->gives_bursts || !channel->held ||
	    channel->plan.frame.kind != FRAME_LINE ||
	    channel->plan.interval > 0)
		return (false);
	count = look_ahead(channel, pieces, BURST_MESSAGES);
	if (count > 1)
		given = end_give_several(channel->sink, pieces, count);
	if (given == 0)
		return (false);
	channel->pause = 0;
	channel->moved = true;
	for (; given > 0; given--) {
		const size_t length = channel->piece - channel->start;

		show(channel, channel->sink, channel->buffer + channel->start,
		    length, length);
		advance(channel, length);
	}
	return (true);
}

/* Pieces that are there already need no poll(2) between them. */
static void
drain_pieces(struct channel *channel, bool polled)
{
	/* A sink that has just taken some was ready: it is not to back off. */
	if (drain_lines(channel))
		polled = false;
	for (int i = 0; i < TURN_PIECES && channel_pending(channel); i++)
		if (!drain(channel, polled && i == 0) || !channel->held ||
		    channel->resume != 0 || channel->sink->kind->may_block)
			break;
}

/* All is given: tell the sink, or the error that came from the source. */
static void
finish(struct channel *channel)
{
	if (channel->error != 0)
		fail(channel, channel->error, channel->broken);
	else if (channel->sink->kind->finish(channel->sink) == -1)
		fail(channel, errno, channel->sink);
	else
		set_state(channel, CHANNEL_CLOSED);
}

/* poll(2) reports on a sink that we have nothing for at the moment. */
static void
look_after(struct channel *channel, short revents)
{
	struct end *sink = channel->sink;
	int error;

	if ((revents & (POLLERR | POLLNVAL)) == 0 &&
	    !sink->kind->hangup_is_death && !end_is_disconnected(sink)) {
		/*
		 * A UNIX peer has closed, with nothing of ours unread: all that
		 * was sent has arrived. It is for the next send to fail, if
		 * there will be one. Until then, poll(2) has no more to say.
		 */
		sink->gone = true;
		return;
	}
	error = end_death(sink);
	if (error == 0)
		return;
	channel->was_idle = true;
	fail(channel, error, sink);
}

void
channel_turn(struct channel *channel, const struct pollfd slots[CHANNEL_SLOTS])
{
	const short sink_events = slots[CHANNEL_SINK].revents;
	bool was_full = channel->full;
	bool was_empty = !channel_pending(channel) && !was_full;
	bool ready = slots[CHANNEL_SOURCE].revents != 0 ||
	    end_has_fetched(channel->source);
	bool looked, due = channel->resume != 0 && await_now() >= channel->resume;

	channel->moved = channel->filled = false;
	/* While we pause, it is only ill news that poll(2) can have. */
	if (due || sink_events != 0)
		channel->resume = 0;
	if (channel_ended(channel))
		return;
	if (was_empty && sink_events != 0)
		look_after(channel, sink_events);
	if (sink_events != 0)
		channel->full = false;
	looked = channel->waits && !ready && await_now() >= channel->look;
	if (wants_more(channel) && !channel->full &&
	    (ready || channel->last_call || was_full || looked))
		take_turn(channel, was_full, looked);
	if (channel_ended(channel))
		return;
	/* What has just been taken can go at once, if that does not block. */
	if (channel_pending(channel) && channel->resume == 0 &&
	    (sink_events != 0 || due ||
	    (was_empty && !channel->sink->kind->may_block)))
		drain_pieces(channel, !was_empty);
	if (channel->state == CHANNEL_DRAINING && !channel_pending(channel))
		finish(channel);
}
