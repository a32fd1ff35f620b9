#include "pump.h"

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STREAM_BUFFER	((size_t)128 * 1024)

/* A busy loop looks for stop signals once in so many turns. */
#define GLANCE_TURNS	16

/* How long to wait before asking again what the peer has acknowledged. */
#define FIRST_LOOK	(AWAIT_MS / 4)
#define LAST_LOOK	(50 * AWAIT_MS)

/* The two directions: up, stdin to socket, and down, socket to stdout. */
#define UP		((size_t)0)
#define DOWN		((size_t)1)
#define DIRECTIONS	((size_t)2)

struct pump {
	const struct pump_plan *plan;
	struct end standard_input;
	struct end standard_output;
	struct end *socket;
	struct channel channels[DIRECTIONS];
	const struct pump_watch *watch;

	unsigned turns;

	await_time active;	/* when a byte last moved; 0: not begun */
	await_time sent;	/* when the up direction closed; 0: it is not */
	bool failed;		/* and reported */
	bool *ours;		/* it was stdin or stdout */

	bool settling;		/* done, but for what is not acknowledged */
	ssize_t unacknowledged;
	await_time look;	/* when to ask again */
	await_time look_pause;
};

/* Pass on who sent what was taken: a message, or several of one size. */
static void
hear(const struct pump *pump, size_t bytes, size_t each)
{
	const struct pump_watch *told = pump->watch;

	for (; each > 0 && bytes > each; bytes -= each)
		told->heard(told->context, &pump->socket->speaker, each);
	told->heard(told->context, &pump->socket->speaker, bytes);
}

/*
 * Bytes have passed through the socket. Who sent them is told now, before
 * what comes of them is.
 */
static void
pass(void *context, const struct channel *channel, const char *bytes,
    size_t count, size_t each)
{
	const struct pump *pump = context;
	const bool sent = channel == &pump->channels[UP];

	if (!sent && end_has_messages(pump->socket))
		hear(pump, count, each);
	tap_pass(pump->watch->tap, sent ? TAP_SENT : TAP_RECEIVED, bytes, count,
	    each);
}

static bool
open_channels(struct pump *pump)
{
	const bool messages = end_has_messages(pump->socket) ||
	    end_has_messages(&pump->standard_input);
	const size_t size = messages ? PUMP_MESSAGE_MAX : STREAM_BUFFER;
	const size_t room = messages ? CHANNEL_MESSAGE_BUFFER(size) : size;
	char *buffers = malloc(DIRECTIONS * room);

	if (buffers == NULL) {
		warn("allocate %zu bytes failed", DIRECTIONS * room);
		return (false);
	}
	channel_open(&pump->channels[UP], "up", &pump->plan->up,
	    &pump->standard_input, pump->socket, buffers, size);
	channel_open(&pump->channels[DOWN], "down", &pump->plan->down,
	    pump->socket, &pump->standard_output, buffers + room, size);
	for (size_t i = 0; i < DIRECTIONS; i++) {
		struct channel *channel = &pump->channels[i];

		channel->trace = pump->plan->verbose > 1;
		channel->watched = pump->socket;
		channel->watcher = pass;
		channel->context = pump;
	}
	return (true);
}

/*
 * May messages be fetched that this session may not take? Not where those that
 * it leaves are for a session after it: a connected listener with -k. Nor where
 * one of them ends the session, by its number or as the marker: taken together
 * they would end it before the other direction has had a turn.
 */
static bool
may_fetch_ahead(const struct pump *pump)
{
	const struct channel_plan *down = &pump->plan->down;

	return (!end_has_messages(&pump->standard_output) &&
	    down->count == 0 && !down->heed_marker &&
	    !(pump->plan->keep_stdout && pump->socket->connected));
}

static void
open_ends(struct pump *pump)
{
	end_stdio(&pump->standard_input, STDIN_FILENO);
	end_stdio(&pump->standard_output, STDOUT_FILENO);
	pump->standard_output.keep = pump->plan->keep_stdout;
	pump->socket->keep = !pump->plan->half_close;
	if (end_has_messages(pump->socket))
		end_allow_bursts(pump->socket, pump->plan->up.frame.size,
		    !end_has_messages(&pump->standard_output));
}

/* A session begins with its peer: for datagrams, with who is first to speak. */
static bool
has_begun(const struct pump *pump)
{
	return (pump->socket->heard || end_can_give(pump->socket));
}

/*
 * A line that cannot be sent as a message. One that is empty is not, where it
 * would be taken for the end.
 */
static bool
is_about_line(const struct channel *channel)
{
	return (channel->plan.frame.kind == FRAME_LINE && channel->messages &&
	    (channel->error == EMSGSIZE || channel->error == EBADMSG));
}

/*
 * The socket has an error that was put off: of datagrams, one that was sent has
 * been refused; of packets, the peer has left without reading what it was sent.
 */
static void
report_put_off(struct pump *pump)
{
	struct address_text noun;

	tap_clear(pump->watch->tap);
	if (!pump->failed)
		warnc(pump->socket->error, "%s %s failed",
		    pump->socket->type == SOCK_DGRAM ?
		    "write to" : "read from", end_noun(pump->socket, &noun));
	pump->failed = true;
}

/*
 * What was tried when a channel failed. A connection that ends while there is
 * nothing to send, and more could come, was being read from.
 */
static const char *
attempt(const struct pump *pump, const struct channel *channel)
{
	bool listening = channel->was_idle &&
	    channel->broken == pump->socket &&
	    pump->channels[DOWN].state == CHANNEL_OPEN;

	return (listening || channel->broken == channel->source ?
	    "read from" : "write to");
}

/* A channel has failed: say so, unless it is not the first to. */
static void
report_failure(struct pump *pump, const struct channel *channel)
{
	struct address_text noun;

	if (pump->failed)
		return;
	pump->failed = true;
	tap_clear(pump->watch->tap);
	*pump->ours = channel->broken != pump->socket;
	if (is_about_line(channel))
		warnx("send line %llu of stdin to %s failed: %s%s",
		    channel->pieces, end_noun(pump->socket, &noun),
		    strerror(channel->error), channel->error == EBADMSG ?
		    " (empty, as the end marker is)" : "");
	else
		warnc(channel->error, "%s %s failed", attempt(pump, channel),
		    end_noun(channel->broken, &noun));
}

/*
 * What has failed ends the session, but not before what had already arrived
 * has been written; of an error that was put off, not before the message held
 * has been sent either.
 */
static void
spread_failure(struct pump *pump)
{
	struct channel *up = &pump->channels[UP];
	struct channel *down = &pump->channels[DOWN];

	if (pump->socket->error != 0) {
		report_put_off(pump);
		channel_stop(up, pump->socket->error, pump->socket);
		channel_last_call(down, pump->socket->error, pump->socket);
	}
	if (down->state == CHANNEL_FAILED)
		report_failure(pump, down);
	if (up->state == CHANNEL_FAILED) {
		report_failure(pump, up);
		channel_last_call(down, 0, NULL);
	}
}

static void
note_activity(struct pump *pump)
{
	const struct channel *channels = pump->channels;

	if (channels[UP].moved || channels[DOWN].moved ||
	    (pump->active == 0 && has_begun(pump)))
		pump->active = await_now();
	if (pump->sent == 0 && channels[UP].state == CHANNEL_CLOSED)
		pump->sent = await_now();
}

static void
turn(struct pump *pump, struct pollfd slots[])
{
	struct pollfd *sink = &slots[UP * CHANNEL_SLOTS + CHANNEL_SINK];

	/*
	 * What the peer said before it reset the connection is to be read
	 * before anything takes the error off the socket: so down comes first,
	 * and while it reads, up does not look after a sink that it has
	 * nothing for.
	 */
	if (slots[DOWN * CHANNEL_SLOTS + CHANNEL_SOURCE].fd != -1 &&
	    sink->events == 0)
		sink->revents = 0;
	channel_turn(&pump->channels[DOWN], &slots[DOWN * CHANNEL_SLOTS]);
	channel_turn(&pump->channels[UP], &slots[UP * CHANNEL_SLOTS]);
	spread_failure(pump);
	note_activity(pump);
}

/*
 * When the silence, or the time since the end of stdin, has been enough. Then
 * nothing more is waited for from the peer.
 */
static await_time
quit_time(const struct pump *pump)
{
	await_time start = pump->sent;

	if (pump->sent == 0 || pump->plan->no_stdin ||
	    pump->channels[DOWN].last_call ||
	    pump->channels[DOWN].state != CHANNEL_OPEN)
		return (AWAIT_NEVER);
	if (pump->plan->quiet_counts && pump->active > start)
		start = pump->active;
	return (await_after(start, pump->plan->quit));
}

static await_time
idle_time(const struct pump *pump)
{
	return (pump->active == 0 ? AWAIT_NEVER :
	    await_after(pump->active, pump->plan->idle));
}

/* Have fewer messages come than were asked for? */
static bool
is_short(const struct pump *pump)
{
	return (pump->channels[DOWN].messages_taken < pump->plan->down.count);
}

/* What ends one direction early: time, or that the other one has ended. */
static void
stop_early(struct pump *pump)
{
	const struct channel *down = &pump->channels[DOWN];
	bool counted = pump->plan->down.count > 0 && !is_short(pump);

	if (await_now() >= quit_time(pump))
		channel_last_call(&pump->channels[DOWN], 0, NULL);
	/* What was read from stdin so far is sent, and no more is read. */
	if (down->state == CHANNEL_CLOSED &&
	    (pump->plan->quit_on_eof || counted))
		channel_stop(&pump->channels[UP], 0, NULL);
}

/* Is there nothing left that this session has to do? */
static bool
is_done(const struct pump *pump)
{
	return (!pump->failed &&
	    pump->channels[UP].state == CHANNEL_CLOSED &&
	    pump->channels[DOWN].state == CHANNEL_CLOSED);
}

/*
 * A peer that writes all that it has to before it reads on would wait for us,
 * as we do for it. Where -q has passed, what it says is nobody's any more: it
 * is read, and dropped.
 */
static void
discard(struct pump *pump)
{
	const struct channel *down = &pump->channels[DOWN];
	size_t moved;

	for (int i = 0; i < GLANCE_TURNS; i++) {
		if (pump->socket->kind->take(pump->socket, down->buffer,
		    down->size, &moved) != END_MOVED)
			return;
		pump->look_pause = 0;
	}
}

/*
 * A done session is over once the peer's kernel has what it was sent: a peer
 * that is gone answers our last bytes with a reset, and then they are lost.
 */
static bool
is_settled(struct pump *pump, enum outcome *outcome)
{
	ssize_t left = end_unacknowledged(pump->socket);
	struct address_text noun;

	if (left == -1) {
		tap_clear(pump->watch->tap);
		warn("write to %s failed", end_noun(pump->socket, &noun));
		*outcome = OUTCOME_FAILED;
		return (true);
	}
	/* A slow peer that takes what our kernel holds for it is not idle. */
	if (pump->settling && left != pump->unacknowledged)
		pump->active = await_now();
	pump->settling = true;
	pump->unacknowledged = left;
	if (left > 0)
		discard(pump);
	pump->look_pause = pump->look_pause == 0 ? FIRST_LOOK :
	    await_earliest(2 * pump->look_pause, LAST_LOOK);
	pump->look = await_after(await_now(), pump->look_pause);
	return (left == 0);
}

/*
 * A session of datagrams ends in order when it is idle: then what was read from
 * stdin does not wait for the rest of its piece any longer. Returns whether
 * there is such a one; to give it is not to be idle.
 */
static bool
gives_rest(struct pump *pump)
{
	struct channel *up = &pump->channels[UP];

	if (pump->socket->type != SOCK_DGRAM || up->state != CHANNEL_OPEN ||
	    up->held || up->start == up->end)
		return (false);
	channel_stop(up, 0, NULL);
	pump->active = await_now();
	return (true);
}

/* The session has been idle for long enough. */
static enum outcome
idled_out(const struct pump *pump)
{
	struct address_text noun;

	if (pump->socket->type == SOCK_DGRAM && !is_short(pump) &&
	    !channel_pending(&pump->channels[UP]) &&
	    !channel_pending(&pump->channels[DOWN]) &&
	    !end_has_fetched(pump->socket))
		return (OUTCOME_OK);
	tap_clear(pump->watch->tap);
	warnx("session with %s failed: %s (--idle-timeout)",
	    end_noun(pump->socket, &noun), strerror(ETIMEDOUT));
	return (OUTCOME_TIMED_OUT);
}

/* The session is over, with nothing failed and nothing lost on the way. */
static enum outcome
conclude(const struct pump *pump)
{
	struct address_text noun;

	if (!is_short(pump))
		return (OUTCOME_OK);
	tap_clear(pump->watch->tap);
	warnx("session with %s failed: it ended after %llu of %llu messages "
	    "(--count)", end_noun(pump->socket, &noun),
	    pump->channels[DOWN].messages_taken, pump->plan->down.count);
	return (OUTCOME_FAILED);
}

/* Is the session over, and how? */
static bool
is_over(struct pump *pump, enum outcome *outcome)
{
	if (pump->failed && channel_ended(&pump->channels[DOWN])) {
		*outcome = OUTCOME_FAILED;
		return (true);
	}
	if (is_done(pump) && is_settled(pump, outcome)) {
		if (*outcome == OUTCOME_OK)
			*outcome = conclude(pump);
		return (true);
	}
	if (await_now() < idle_time(pump) || gives_rest(pump))
		return (false);
	*outcome = pump->failed ? OUTCOME_FAILED : idled_out(pump);
	return (true);
}

/* Fill in the poll set, anew each time. Returns when to go on regardless. */
static await_time
want(const struct pump *pump, struct pollfd slots[])
{
	await_time until = await_earliest(tap_next(pump->watch->tap),
	    await_earliest(idle_time(pump), quit_time(pump)));

	for (size_t i = 0; i < DIRECTIONS; i++)
		until = await_earliest(until, channel_want(&pump->channels[i],
		    &slots[i * CHANNEL_SLOTS]));
	return (until);
}

/* Let the next thing happen. Returns as await_ready(). */
static int
go_on(struct pump *pump)
{
	struct pollfd slots[DIRECTIONS * CHANNEL_SLOTS];
	int ready;

	if (pump->settling)
		return (await_ready(NULL, 0,
		    await_earliest(idle_time(pump), pump->look)));
	ready = await_ready(slots, DIRECTIONS * CHANNEL_SLOTS,
	    want(pump, slots));
	if (ready == -1)
		return (-1);
	turn(pump, slots);
	stop_early(pump);
	return (++pump->turns % GLANCE_TURNS == 0 ? await_glance() : ready);
}

static enum outcome
run(struct pump *pump)
{
	enum outcome outcome = OUTCOME_OK;

	note_activity(pump);
	while (!is_over(pump, &outcome)) {
		tap_tick(pump->watch->tap);
		if (go_on(pump) == -1)
			return (await_failed());
	}
	return (outcome);
}

/* Say how the session was; a dump that is not whole is a failure of ours. */
static enum outcome
end_watch(const struct pump *pump, enum outcome outcome)
{
	if (tap_end(pump->watch->tap) == 0 || outcome == OUTCOME_STOPPED)
		return (outcome);
	warn("write to the hex dump failed");
	*pump->ours = true;
	return (outcome == OUTCOME_OK ? OUTCOME_FAILED : outcome);
}

enum outcome
pump_run(const struct pump_plan *plan, struct end *socket,
    const struct pump_watch *watch, bool *ours)
{
	struct pump pump = {
		.plan = plan,
		.socket = socket,
		.watch = watch,
		.ours = ours,
	};
	enum outcome outcome;

	*ours = false;
	open_ends(&pump);
	if (!open_channels(&pump))
		return (OUTCOME_FAILED);
	if (may_fetch_ahead(&pump))
		end_fetch_ahead(socket);
	if (plan->no_stdin)
		pump.channels[UP].state = CHANNEL_CLOSED;
	tap_begin(watch->tap, end_has_messages(socket));
	outcome = end_watch(&pump, run(&pump));
	for (size_t i = 0; i < DIRECTIONS; i++)
		channel_close(&pump.channels[i]);
	free(pump.channels[UP].buffer);
	end_close(socket);
	return (outcome);
}
