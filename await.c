#include "await.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

/* Signals whose default is to end the process, and that can be waited for. */
static const int stop_signals[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU,
	SIGVTALRM, SIGPROF,
#ifdef SIGPOLL
	SIGPOLL,
#endif
#ifdef SIGPWR
	SIGPWR,
#endif
};

#define STOP_SIGNALS	(sizeof(stop_signals) / sizeof(stop_signals[0]))

static volatile sig_atomic_t stopped_by;

static void
note_signal(int number)
{
	if (stopped_by == 0)
		stopped_by = number;
}

await_time
await_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((await_time)now.tv_sec * AWAIT_SECOND + now.tv_nsec);
}

await_time
await_after(await_time start, await_time span)
{
	if (span < 0 || start > AWAIT_NEVER - span)
		return (AWAIT_NEVER);
	return (start + span);
}

await_time
await_earliest(await_time a, await_time b)
{
	return (a < b ? a : b);
}

void
await_guard(void)
{
	struct sigaction action = { .sa_handler = note_signal }, old;
	sigset_t guarded;

	sigemptyset(&guarded);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < STOP_SIGNALS; i++) {
		sigaction(stop_signals[i], NULL, &old);
		if (old.sa_handler == SIG_IGN)
			continue;
		sigaction(stop_signals[i], &action, NULL);
		sigaddset(&guarded, stop_signals[i]);
	}
	sigprocmask(SIG_BLOCK, &guarded, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

int
await_signal(void)
{
	return (stopped_by);
}

void
await_raise(void)
{
	const int number = stopped_by;
	sigset_t one;

	signal(number, SIG_DFL);
	kill(getpid(), number);
	/* It is still blocked, and comes in now. */
	sigemptyset(&one);
	sigaddset(&one, number);
	sigprocmask(SIG_UNBLOCK, &one, NULL);
}

/* The span from now to the deadline; NULL for AWAIT_NEVER. */
static const struct timespec *
time_left(await_time deadline, struct timespec *left)
{
	await_time span;

	if (deadline == AWAIT_NEVER)
		return (NULL);
	span = deadline - await_now();
	if (span < 0)
		span = 0;
	left->tv_sec = (time_t)(span / AWAIT_SECOND);
	left->tv_nsec = (long)(span % AWAIT_SECOND);
	return (left);
}

int
await_ready(struct pollfd *slots, nfds_t count, await_time deadline)
{
	struct timespec left;
	sigset_t mask;
	int ready;

	/* Empty: the wait is where guarded signals may come in. */
	sigemptyset(&mask);
	for (;;) {
		ready = ppoll(slots, count, time_left(deadline, &left), &mask);
		if (stopped_by != 0) {
			errno = EINTR;
			return (-1);
		}
		if (ready > 0 || (ready == -1 && errno != EINTR))
			return (ready);
		/* Woken early by rounding or another signal: go on. */
		if (await_now() >= deadline)
			return (0);
	}
}

int
await_pause(await_time span, await_time deadline)
{
	return (await_ready(NULL, 0,
	    await_earliest(deadline, await_after(await_now(), span))));
}

enum outcome
await_failed(void)
{
	if (stopped_by != 0)
		return (OUTCOME_STOPPED);
	warn("poll failed");
	return (OUTCOME_FAILED);
}
