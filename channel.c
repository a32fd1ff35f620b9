#include "channel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/*
 * A sink that polls writable and then would block (a UNIX datagram socket
 * whose receiver's queue is full) is asked again after a pause, which doubles
 * from the first to the last of these.
 */
#define FIRST_PAUSE	(AWAIT_MS / 4)
#define LAST_PAUSE	(16 * AWAIT_MS)

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
channel_open(struct channel *channel, const char *name, struct end *source,
    struct end *sink, char *buffer, size_t size)
{
	*channel = (struct channel){
		.name = name,
		.source = source,
		.sink = sink,
		.buffer = buffer,
		.size = size,
		.messages = end_has_messages(source) || end_has_messages(sink),
	};
}

bool
channel_pending(const struct channel *channel)
{
	return (channel->messages ? channel->held :
	    channel->start < channel->end);
}

bool
channel_ended(const struct channel *channel)
{
	return (channel->state == CHANNEL_CLOSED ||
	    channel->state == CHANNEL_FAILED);
}

static bool
has_room(const struct channel *channel)
{
	return (channel->messages ? !channel->held :
	    channel->end < channel->size);
}

static bool
wants_more(const struct channel *channel)
{
	return (channel->state == CHANNEL_OPEN && has_room(channel) &&
	    end_can_give(channel->sink));
}

static void
fail(struct channel *channel, int error, const struct end *broken)
{
	channel->error = error;
	channel->broken = broken;
	set_state(channel, CHANNEL_FAILED);
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
	if (channel->state == CHANNEL_OPEN)
		set_state(channel, CHANNEL_DRAINING);
}

await_time
channel_want(const struct channel *channel,
    struct pollfd slots[CHANNEL_SLOTS])
{
	struct pollfd *source = &slots[CHANNEL_SOURCE];
	struct pollfd *sink = &slots[CHANNEL_SINK];
	bool pending = channel_pending(channel);

	*source = (struct pollfd){ .fd = -1, .events = POLLIN };
	*sink = (struct pollfd){ .fd = -1 };
	if (channel_ended(channel))
		return (AWAIT_NEVER);
	if (!channel->sink->gone || pending)
		sink->fd = channel->sink->fd;
	if (pending && channel->retry == 0)
		sink->events = POLLOUT;
	if (wants_more(channel))
		source->fd = channel->source->fd;
	/* What need not be waited for: a last look, or the very end. */
	if ((channel->last_call && wants_more(channel)) ||
	    (channel->state == CHANNEL_DRAINING && !pending))
		return (0);
	return (pending && channel->retry != 0 ? channel->retry : AWAIT_NEVER);
}

static void
fill(struct channel *channel)
{
	size_t moved;
	enum end_step step = channel->source->kind->take(channel->source,
	    channel->buffer + channel->end, channel->size - channel->end,
	    &moved);

	switch (step) {
	case END_MOVED:
		channel->end += moved;
		channel->held = channel->messages;
		channel->moved = channel->filled = true;
		channel->taken = moved;
		break;
	case END_LATER:
		if (channel->last_call)
			channel_stop(channel, 0, NULL);
		break;
	case END_OVER:
		channel_stop(channel, 0, NULL);
		break;
	case END_BROKEN:
		channel_stop(channel, errno, channel->source);
		break;
	}
}

/* The sink would have blocked: wait for it, in a way that does not spin. */
static void
back_off(struct channel *channel)
{
	channel->pause = channel->pause == 0 ? FIRST_PAUSE :
	    await_earliest(2 * channel->pause, LAST_PAUSE);
	channel->retry = await_after(await_now(), channel->pause);
}

/* Everything held has been given: the buffer is empty from its start. */
static void
rewind_buffer(struct channel *channel)
{
	channel->start = channel->end = 0;
	channel->held = false;
}

static void
drain(struct channel *channel, bool polled)
{
	size_t moved;
	struct end *sink = channel->sink;
	enum end_step step = sink->kind->give(sink,
	    channel->buffer + channel->start, channel->end - channel->start,
	    &moved);

	switch (step) {
	case END_MOVED:
		channel->start += moved;
		channel->pause = 0;
		channel->moved = true;
		if (channel->start == channel->end)
			rewind_buffer(channel);
		break;
	case END_LATER:
		if (polled)
			back_off(channel);
		break;
	case END_OVER:
	case END_BROKEN:
		fail(channel, errno, sink);
		break;
	}
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
	    !sink->kind->hangup_is_death) {
		/*
		 * A UNIX peer has closed, with nothing of ours unread: all that
		 * was sent has arrived. It is for the next send to fail, if
		 * there will be one. Until then, poll(2) has no more to say.
		 */
		sink->gone = true;
		return;
	}
	error = end_death(sink);
	if (error != 0)
		fail(channel, error, sink);
}

void
channel_turn(struct channel *channel, const struct pollfd slots[CHANNEL_SLOTS])
{
	const short sink_events = slots[CHANNEL_SINK].revents;
	bool was_empty = !channel_pending(channel);
	bool due = channel->retry != 0 && await_now() >= channel->retry;

	channel->moved = channel->filled = false;
	/* While we pause, it is only ill news that poll(2) can have. */
	if (due || sink_events != 0)
		channel->retry = 0;
	if (channel_ended(channel))
		return;
	if (was_empty && sink_events != 0)
		look_after(channel, sink_events);
	if (wants_more(channel) &&
	    (slots[CHANNEL_SOURCE].revents != 0 || channel->last_call))
		fill(channel);
	if (channel_ended(channel))
		return;
	/* What has just been taken can go at once, if that does not block. */
	if (channel_pending(channel) && channel->retry == 0 &&
	    (sink_events != 0 || due ||
	    (was_empty && !channel->sink->kind->may_block)))
		drain(channel, !was_empty);
	if (channel->state == CHANNEL_DRAINING && !channel_pending(channel))
		finish(channel);
}
