#include "probe.h"

#include <sys/resource.h>

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "await.h"
#include "lookup.h"
#include "retry.h"
#include "sockaddr.h"
#include "tune.h"

/* Ports probed at a time, at the most, and descriptors left for others. */
enum { LANES_MAX = 4096, SPARE_DESCRIPTORS = 8 };

/* How long a UDP port is given to answer, where -w does not say. */
#define UDP_TIMEOUT	AWAIT_SECOND

/* How long to wait before asking a UNIX listener with a full backlog again. */
#define BACKLOG_PAUSE	(10 * AWAIT_MS)

/* How long to wait before a question that could not be sent is sent again. */
#define SEND_PAUSE	AWAIT_MS

/* How often it is asked in that time: answers, and refusals, can be lost. */
enum { UDP_TRIES = 3 };

enum target_state {
	TARGET_UNKNOWN,
	TARGET_OPEN,
	TARGET_SILENT,
	TARGET_CLOSED,
	TARGET_UNTRIED,			/* for trouble of our own */
};

/* One port. */
struct target {
	in_port_t port;
	unsigned char state;		/* enum target_state */
	unsigned char address;		/* which of the host's is tried */
	unsigned char failure;		/* what those tried until now come to, */
	unsigned char weight;		/* which says so much of the port, */
	int error;			/* and why */
};

/* One attempt under way, or, with no socket, the pause before the next. */
struct lane {
	size_t target;
	await_time deadline;		/* for this attempt */
	await_time wake;		/* when to ask, or try, again */
	await_time pause;
	int fd;
	bool queueing;			/* a UNIX listener's backlog is full */
};

struct probe {
	const struct probe_plan *plan;
	struct address_list addresses;
	struct address_list local;
	await_time retry_until;		/* AWAIT_NEVER: try once */
	bool retrying;

	struct target *targets;
	size_t target_count;
	size_t started;			/* the targets that have had a lane */
	size_t reported;		/* the targets whose result was told */
	size_t found;			/* of them open, or silent */
	enum outcome untried;		/* not OK: one could not be tried */

	struct lane *lanes;		/* those in use first */
	struct pollfd *slots;
	size_t lane_count;
	size_t running;
};

static bool
is_dgram(const struct probe *probe)
{
	return (probe->plan->endpoint->socket.type == SOCK_DGRAM);
}

static struct address
address_of(const struct probe *probe, const struct target *target)
{
	struct address_list one = {
		.count = 1, .at = { probe->addresses.at[target->address] },
	};

	if (probe->plan->count > 0)
		sockaddr_set_port(&one, target->port);
	return (one.at[0]);
}

/*
 * How much a failed attempt says of the port. That the address is none that can
 * be reached from here says less than an answer at another one; after trouble of
 * our own, no answer at another one says that the port is closed.
 */
static unsigned char
weight_of(enum target_state failure, int error)
{
	if (failure == TARGET_CLOSED)
		return (2);
	return (error == EAFNOSUPPORT || error == EADDRNOTAVAIL ? 1 : 3);
}

/* The attempt is over: with this state, or on to another. */
static void
settle(struct probe *probe, struct lane *lane, enum target_state state,
    int error)
{
	struct target *target = &probe->targets[lane->target];

	if (lane->fd != -1)
		close(lane->fd);
	lane->fd = -1;
	lane->queueing = false;
	lane->wake = 0;
	if (state == TARGET_OPEN || state == TARGET_SILENT) {
		target->state = (unsigned char)state;
		return;
	}
	if (weight_of(state, error) >= target->weight) {
		target->weight = weight_of(state, error);
		target->failure = (unsigned char)state;
		target->error = error;
	}
	if (target->address + 1u < probe->addresses.count) {
		target->address++;
		return;
	}
	if (!probe->retrying || !outcome_may_pass(target->error) ||
	    await_now() >= probe->retry_until) {
		target->state = target->failure;
		return;
	}
	target->address = 0;
	target->weight = 0;
	lane->pause = retry_pause(lane->pause);
	lane->wake = await_earliest(probe->retry_until,
	    await_after(await_now(), lane->pause));
}

static await_time
attempt_timeout(const struct probe *probe)
{
	await_time timeout = probe->plan->endpoint->retry.timeout;

	return (timeout == -1 && is_dgram(probe) ? UDP_TIMEOUT : timeout);
}

/* A call on the socket has failed: does that tell of the port, or of us? */
static void
settle_failed(struct probe *probe, struct lane *lane, int error)
{
	static const int ours[] = {
		EMFILE, ENFILE, ENOBUFS, ENOMEM, EAGAIN, EADDRINUSE,
		EADDRNOTAVAIL,
	};
	enum target_state state = TARGET_CLOSED;

	for (size_t i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
		if (error == ours[i])
			state = TARGET_UNTRIED;
	settle(probe, lane, state, error);
}

/* UDP: an empty datagram is as good a question as any. */
static void
ask(struct probe *probe, struct lane *lane)
{
	await_time until = attempt_timeout(probe) / UDP_TRIES + 1;

	if (send(lane->fd, "", 0, MSG_NOSIGNAL) == -1) {
		if (errno != EAGAIN && errno != EINTR && errno != ENOBUFS) {
			settle_failed(probe, lane, errno);
			return;
		}
		until = await_earliest(until, SEND_PAUSE);
	}
	lane->wake = await_after(await_now(), until);
}

static int
bind_local(const struct probe *probe, int fd, const struct address *target)
{
	for (size_t i = 0; i < probe->local.count; i++) {
		const struct address *local = &probe->local.at[i];

		if (local->as.any.sa_family == target->as.any.sa_family)
			return (bind(fd, &local->as.any, local->length));
	}
	errno = EAFNOSUPPORT;
	return (probe->plan->endpoint->has_local ? -1 : 0);
}

/* Call connect(2), for the first time or once more on a full backlog. */
static void
try_connect(struct probe *probe, struct lane *lane,
    const struct address *address)
{
	bool unix_domain = address->as.any.sa_family == AF_UNIX;

	lane->queueing = false;
	if (connect(lane->fd, &address->as.any, address->length) == 0) {
		if (tune_is_self(lane->fd))
			settle(probe, lane, TARGET_CLOSED, ECONNREFUSED);
		else if (is_dgram(probe) && !unix_domain)
			ask(probe, lane);
		else
			settle(probe, lane, TARGET_OPEN, 0);
	} else if (errno == EAGAIN && unix_domain) {
		lane->queueing = true;
		lane->wake = await_after(await_now(), BACKLOG_PAUSE);
	} else if (errno != EINPROGRESS && errno != EINTR)
		settle_failed(probe, lane, errno);
}

/* Try the lane's target, at the address that is next. */
static void
attempt(struct probe *probe, struct lane *lane)
{
	const struct endpoint_plan *plan = probe->plan->endpoint;
	struct address address =
	    address_of(probe, &probe->targets[lane->target]);
	const char *failed;

	lane->deadline = await_earliest(probe->retry_until,
	    await_after(await_now(), attempt_timeout(probe)));
	lane->wake = AWAIT_NEVER;
	lane->fd = tune_open(&plan->socket, &address, &failed);
	if (lane->fd == -1 || bind_local(probe, lane->fd, &address) == -1)
		settle(probe, lane, TARGET_UNTRIED, errno);
	else
		try_connect(probe, lane, &address);
}

/* poll(2) has an answer. */
static void
hear(struct probe *probe, struct lane *lane)
{
	int error = 0;
	socklen_t size = sizeof(error);
	char byte;

	if (is_dgram(probe)) {
		if (recv(lane->fd, &byte, sizeof(byte), MSG_DONTWAIT) == -1)
			error = errno;
	} else if (getsockopt(lane->fd, SOL_SOCKET, SO_ERROR, &error,
	    &size) == -1) {
		settle(probe, lane, TARGET_UNTRIED, errno);
		return;
	} else if (error == 0 && tune_is_self(lane->fd))
		error = ECONNREFUSED;
	if (error == 0)
		settle(probe, lane, TARGET_OPEN, 0);
	else if (error != EAGAIN && error != EINTR)
		settle_failed(probe, lane, error);
}

/* Nothing was heard in time. */
static void
check_time(struct probe *probe, struct lane *lane, await_time now)
{
	struct address address;

	if (lane->fd == -1 && now >= lane->wake)
		attempt(probe, lane);
	else if (lane->fd != -1 && now >= lane->deadline)
		settle(probe, lane,
		    is_dgram(probe) ? TARGET_SILENT : TARGET_CLOSED, ETIMEDOUT);
	else if (lane->queueing && now >= lane->wake) {
		address = address_of(probe, &probe->targets[lane->target]);
		try_connect(probe, lane, &address);
	} else if (lane->fd != -1 && now >= lane->wake)
		ask(probe, lane);
}

static bool
is_settled(const struct probe *probe, const struct lane *lane)
{
	return (probe->targets[lane->target].state != TARGET_UNKNOWN);
}

/* Give each free lane a target, until either runs out. */
static void
start_lanes(struct probe *probe)
{
	const size_t pause = probe->started + LANES_MAX;

	while (probe->running < probe->lane_count &&
	    probe->started < probe->target_count && probe->started < pause) {
		struct lane *lane = &probe->lanes[probe->running];

		*lane = (struct lane){ .target = probe->started++, .fd = -1 };
		/* One address after the other, as far as they fail at once. */
		while (!is_settled(probe, lane) && lane->fd == -1 &&
		    lane->wake == 0)
			attempt(probe, lane);
		if (!is_settled(probe, lane))
			probe->running++;
	}
}

/* Wait for answers, and for the time to stop waiting. As await_ready(). */
static int
wait_for_answers(struct probe *probe)
{
	const short events = is_dgram(probe) ? POLLIN : POLLOUT;
	await_time until = AWAIT_NEVER, now;
	int ready;

	for (size_t i = 0; i < probe->running; i++) {
		const struct lane *lane = &probe->lanes[i];

		probe->slots[i] = (struct pollfd){
			.fd = lane->queueing ? -1 : lane->fd,
			.events = events,
		};
		until = await_earliest(until, lane->wake);
		if (lane->fd != -1)
			until = await_earliest(until, lane->deadline);
	}
	if (probe->running < probe->lane_count &&
	    probe->started < probe->target_count)
		until = 0;
	ready = await_ready(probe->slots, (nfds_t)probe->running, until);
	if (ready == -1)
		return (-1);
	now = await_now();
	for (size_t i = 0; i < probe->running; i++)
		if (probe->slots[i].revents != 0)
			hear(probe, &probe->lanes[i]);
		else
			check_time(probe, &probe->lanes[i], now);
	return (ready);
}

/* Lanes whose target is settled are free: the last one in use moves there. */
static void
free_lanes(struct probe *probe)
{
	for (size_t i = 0; i < probe->running;)
		if (is_settled(probe, &probe->lanes[i]))
			probe->lanes[i] = probe->lanes[--probe->running];
		else
			i++;
}

/* Why a port is not open, under -v or when we give up. */
static void
report_closed(const struct probe *probe, const struct target *target,
    const char *limit)
{
	struct address address = address_of(probe, target);
	struct address_text noun;
	struct reason reason;

	outcome_reason(&reason, target->error, "connect to %s",
	    sockaddr_text(&address, SOCKADDR_NOUN,
	    probe->plan->endpoint->socket.type, &noun));
	outcome_report(&reason, limit);
}

/* That it is closed cannot be said of it: the run has failed. */
static void
report_untried(struct probe *probe, const struct target *target)
{
	const bool late = probe->retrying && outcome_may_pass(target->error);

	report_closed(probe, target, late ? "--retry" : NULL);
	probe->untried = late ? OUTCOME_TIMED_OUT : OUTCOME_FAILED;
}

/* Tell one result. Returns 0, or -1 where stdout cannot be written: see errno. */
static int
report(struct probe *probe, const struct target *target)
{
	const struct endpoint_plan *plan = probe->plan->endpoint;
	const bool silent = target->state == TARGET_SILENT;
	struct address address = address_of(probe, target);
	struct address_text text;
	char line[sizeof(text) + sizeof(" open|filtered\n")];

	if (target->state == TARGET_UNTRIED) {
		report_untried(probe, target);
		return (0);
	}
	if (target->state == TARGET_CLOSED) {
		if (plan->verbose > 0)
			report_closed(probe, target,
			    target->error != ETIMEDOUT ? NULL :
			    "--connect-timeout");
		return (0);
	}
	probe->found++;
	sockaddr_text(&address, SOCKADDR_PAIR, plan->socket.type, &text);
	if (plan->verbose > 0)
		endpoint_say_connected(&address, plan,
		    silent ? "open|filtered" : "succeeded!");
	if (probe->target_count == 1)
		return (0);
	snprintf(line, sizeof(line), "%s%s\n", text.text,
	    silent ? " open|filtered" : "");
	return (await_write(STDOUT_FILENO, line, strlen(line)));
}

/* Tell the results that are next in order. Returns 0, or -1: see errno. */
static int
report_settled(struct probe *probe)
{
	while (probe->reported < probe->target_count &&
	    probe->targets[probe->reported].state != TARGET_UNKNOWN)
		if (report(probe, &probe->targets[probe->reported++]) == -1)
			return (-1);
	return (0);
}

/* A person asks how far it is. */
static void
say_so_far(const struct probe *probe)
{
	fprintf(stderr, "Probed %zu of %zu ports, %zu open\n",
	    probe->reported, probe->target_count, probe->found);
}

static enum outcome
run(struct probe *probe)
{
	do {
		if (await_asked())
			say_so_far(probe);
		start_lanes(probe);
		if (report_settled(probe) == -1) {
			if (await_signal() != 0)
				return (OUTCOME_STOPPED);
			warn("write to stdout failed");
			return (OUTCOME_FAILED);
		}
		if (await_glance() == -1 || (probe->running > 0 &&
		    wait_for_answers(probe) == -1))
			return (await_failed());
		free_lanes(probe);
	} while (probe->reported < probe->target_count);
	if (probe->untried != OUTCOME_OK)
		return (probe->untried);
	if (probe->found > 0)
		return (OUTCOME_OK);
	if (!probe->retrying ||
	    !outcome_may_pass(probe->targets[probe->target_count - 1].error))
		return (OUTCOME_FAILED);
	report_closed(probe, &probe->targets[probe->target_count - 1],
	    "--retry");
	return (OUTCOME_TIMED_OUT);
}

/* How many lanes there can be: one needs a descriptor. */
static size_t
count_lanes(const struct probe *probe)
{
	size_t lanes = probe->target_count;
	struct rlimit limit;

	if (lanes > LANES_MAX)
		lanes = LANES_MAX;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		return (1);
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur >= lanes + SPARE_DESCRIPTORS)
		return (lanes);
	lanes = limit.rlim_cur <= SPARE_DESCRIPTORS ? 1 :
	    (size_t)limit.rlim_cur - SPARE_DESCRIPTORS;
	if (probe->plan->endpoint->verbose > 0)
		fprintf(stderr, "Probing %zu ports at a time: "
		    "the limit is %llu descriptors\n", lanes,
		    (unsigned long long)limit.rlim_cur);
	return (lanes);
}

/* The list of targets, in the order of the ranges; and room for the lanes. */
static bool
allocate(struct probe *probe)
{
	const struct probe_plan *plan = probe->plan;
	size_t at = 0;

	probe->target_count = plan->count == 0 ? 1 : 0;
	for (size_t i = 0; i < plan->count; i++)
		probe->target_count += (size_t)plan->ranges[i].high -
		    plan->ranges[i].low + 1;
	probe->lane_count = count_lanes(probe);
	probe->targets = calloc(probe->target_count, sizeof(*probe->targets));
	probe->lanes = calloc(probe->lane_count, sizeof(*probe->lanes));
	probe->slots = calloc(probe->lane_count, sizeof(*probe->slots));
	if (probe->targets == NULL || probe->lanes == NULL ||
	    probe->slots == NULL) {
		warn("allocate for %zu ports failed", probe->target_count);
		return (false);
	}
	for (size_t i = 0; i < plan->count; i++)
		for (unsigned port = plan->ranges[i].low;
		    port <= plan->ranges[i].high; port++)
			probe->targets[at++].port = (in_port_t)port;
	return (true);
}

/* Both ends' addresses. */
static enum outcome
find(void *context, await_time deadline, struct reason *reason)
{
	struct probe *probe = context;
	const struct endpoint_plan *plan = probe->plan->endpoint;
	enum outcome outcome = OUTCOME_OK;

	if (plan->has_local)
		outcome = lookup_place(&plan->local, plan->family, deadline,
		    &probe->local, reason);
	if (outcome == OUTCOME_OK)
		outcome = lookup_place(&plan->remote, plan->family, deadline,
		    &probe->addresses, reason);
	return (outcome);
}

enum outcome
probe_run(const struct probe_plan *plan)
{
	struct probe probe = {
		.plan = plan,
		.retry_until =
		    await_after(await_now(), plan->endpoint->retry.retry),
		.retrying = plan->endpoint->retry.retry != -1,
	};
	enum outcome outcome =
	    retry_run(&plan->endpoint->retry, find, &probe);

	if (outcome == OUTCOME_OK)
		outcome = allocate(&probe) ? run(&probe) : OUTCOME_FAILED;
	for (size_t i = 0; i < probe.running; i++)
		if (probe.lanes[i].fd != -1)
			close(probe.lanes[i].fd);
	free(probe.targets);
	free(probe.lanes);
	free(probe.slots);
	return (outcome);
}
