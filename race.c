#include "race.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "tune.h"

/* RFC 8305, "Connection Attempt Delay". */
#define STAGGER		(250 * AWAIT_MS)

/* How long to wait before asking a UNIX listener with a full backlog again. */
#define BACKLOG_PAUSE	(10 * AWAIT_MS)

/* One attempt. */
enum lane_state {
	LANE_CONNECTING,	/* the network has been asked */
	LANE_QUEUEING,		/* a UNIX listener's backlog is full: EAGAIN */
	LANE_OUT,		/* failed, and its socket closed */
};

struct lane {
	int fd;
	enum lane_state state;
};

struct course {
	const struct race *race;
	size_t started;		/* lanes in use: those of the first targets */
	size_t running;		/* of these, not yet out */
	await_time next;	/* when the next may start */
	struct lane lanes[SOCKADDR_LIST_MAX];
	size_t winner;		/* a lane; SOCKADDR_LIST_MAX: none yet */
	struct reason *reason;	/* why the last one failed */
};

static void
explain(struct course *course, size_t lane, const char *failed, int error)
{
	struct reason *reason = course->reason;
	struct address_text noun;
	const struct address *target = &course->race->targets->at[lane];

	outcome_reason(reason, error, "%s %s", failed, sockaddr_text(target,
	    SOCKADDR_NOUN, course->race->type, &noun));
	if (error == EINVAL && sockaddr_lacks_zone(target))
		strlcpy(reason->why, "a link-local address needs a zone, as "
		    "in fe80::1%eth0", sizeof(reason->why));
}

static void
drop_out(struct course *course, size_t lane, const char *failed, int error)
{
	if (course->lanes[lane].fd != -1)
		close(course->lanes[lane].fd);
	course->lanes[lane].state = LANE_OUT;
	course->running--;
	course->next = 0;
	explain(course, lane, failed, error);
	/* The last one's reason is the caller's to print. */
	if (course->race->verbose && (course->running > 0 ||
	    course->started < course->race->targets->count))
		outcome_report(course->reason, NULL);
}

static void
win(struct course *course, size_t lane)
{
	if (tune_is_self(course->lanes[lane].fd))
		drop_out(course, lane, "connect to", ECONNREFUSED);
	else
		course->winner = lane;
}

/* Call connect(2), for the first time or once more on a full backlog. */
static void
try_connect(struct course *course, size_t lane)
{
	const struct address *target = &course->race->targets->at[lane];

	if (connect(course->lanes[lane].fd, &target->as.any,
	    target->length) == 0)
		win(course, lane);
	else if (errno == EINPROGRESS || errno == EINTR)
		course->lanes[lane].state = LANE_CONNECTING;
	else if (errno == EAGAIN && target->as.any.sa_family == AF_UNIX)
		course->lanes[lane].state = LANE_QUEUEING;
	else
		drop_out(course, lane, "connect to", errno);
}

static void
start_next(struct course *course)
{
	const struct race *race = course->race;
	const char *failed = "connect to";
	size_t lane = course->started++;

	course->running++;
	course->next = await_after(await_now(), STAGGER);
	course->lanes[lane].fd = race->open(race->context,
	    &race->targets->at[lane], &failed);
	if (course->lanes[lane].fd == -1)
		drop_out(course, lane, failed, errno);
	else
		try_connect(course, lane);
}

/*
 * What the kernel has to say of a socket that was connecting: an errno, or 0.
 * One that was reset already has connected all the same, if there is something
 * to read first, be it an end of file: who reads that is to see the error too,
 * and so it is left.
 */
static int
connect_error(int fd, bool ill)
{
	int error = 0;
	socklen_t size = sizeof(error);
	char byte;

	if (ill && recv(fd, &byte, sizeof(byte), MSG_PEEK | MSG_DONTWAIT) != -1)
		return (0);
	/* Finding nothing, recv(2) has taken the error off the socket. */
	if (ill && errno != EAGAIN)
		return (errno);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == -1)
		error = errno;
	return (error);
}

/* The kernel has an answer for a lane that was connecting. */
static void
finish_connect(struct course *course, size_t lane, bool ill)
{
	int error = connect_error(course->lanes[lane].fd, ill);

	if (error == 0)
		win(course, lane);
	else
		drop_out(course, lane, "connect to", error);
}

/* Wait for the next thing to happen, and let it. Returns as await_ready(). */
static int
run_on(struct course *course)
{
	struct pollfd slots[SOCKADDR_LIST_MAX];
	await_time until = course->race->deadline;
	int ready;

	if (course->started < course->race->targets->count)
		until = await_earliest(until, course->next);
	for (size_t i = 0; i < course->started; i++) {
		const struct lane *lane = &course->lanes[i];

		slots[i].fd = lane->state == LANE_CONNECTING ? lane->fd : -1;
		slots[i].events = POLLOUT;
		if (lane->state == LANE_QUEUEING)
			until = await_earliest(until,
			    await_after(await_now(), BACKLOG_PAUSE));
	}
	ready = await_ready(slots, (nfds_t)course->started, until);
	if (ready == -1)
		return (-1);
	for (size_t i = 0; i < course->started; i++) {
		if (course->lanes[i].state == LANE_QUEUEING)
			try_connect(course, i);
		else if (slots[i].fd != -1 && slots[i].revents != 0)
			finish_connect(course, i,
			    (slots[i].revents & POLLERR) != 0);
		if (course->winner != SOCKADDR_LIST_MAX)
			break;
	}
	return (ready);
}

/* The deadline has passed: it is the first attempt left open that failed. */
static enum outcome
timed_out(struct course *course)
{
	for (size_t i = 0; i < course->started; i++)
		if (course->lanes[i].state != LANE_OUT) {
			explain(course, i, "connect to", ETIMEDOUT);
			break;
		}
	return (OUTCOME_TIMED_OUT);
}

/* A wait has failed: no lane's doing, but why none of them arrives. */
static enum outcome
wait_failed(const struct course *course)
{
	if (await_signal() != 0)
		return (OUTCOME_STOPPED);
	outcome_reason(course->reason, errno, "poll");
	return (OUTCOME_FAILED);
}

static enum outcome
run(struct course *course)
{
	while (course->winner == SOCKADDR_LIST_MAX) {
		if (await_signal() != 0)
			return (OUTCOME_STOPPED);
		if (course->started < course->race->targets->count &&
		    (course->running == 0 || await_now() >= course->next))
			start_next(course);
		else if (course->running == 0)
			return (OUTCOME_FAILED);
		else if (await_now() >= course->race->deadline)
			return (timed_out(course));
		else if (run_on(course) == -1)
			return (wait_failed(course));
	}
	return (OUTCOME_OK);
}

enum outcome
race_connect(const struct race *race, int *fd, struct address *winner,
    struct reason *reason)
{
	struct course course = {
		.race = race, .winner = SOCKADDR_LIST_MAX, .reason = reason,
	};
	enum outcome outcome = run(&course);

	for (size_t i = 0; i < course.started; i++)
		if (i != course.winner && course.lanes[i].state != LANE_OUT)
			close(course.lanes[i].fd);
	if (outcome == OUTCOME_OK) {
		*fd = course.lanes[course.winner].fd;
		*winner = race->targets->at[course.winner];
	}
	return (outcome);
}
