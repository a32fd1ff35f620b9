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
note_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (stopped_by == 0)
		stopped_by = info->si_code == SI_TIMER ? AWAIT_TIME_UP : number;
}

/* Have a signal noted. Returns what was done about it until now. */
static struct sigaction
catch_signal(int number)
{
	struct sigaction old, action = {
		.sa_sigaction = note_signal, .sa_flags = SA_SIGINFO,
	};

	sigemptyset(&action.sa_mask);
	sigaction(number, &action, &old);
	return (old);
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
	sigset_t guarded;

	sigemptyset(&guarded);
	for (size_t i = 0; i < STOP_SIGNALS; i++)
		sigaddset(&guarded, stop_signals[i]);
	sigprocmask(SIG_BLOCK, &guarded, NULL);
	/* They are blocked: one that is ignored is not noted meanwhile. */
	for (size_t i = 0; i < STOP_SIGNALS; i++) {
		struct sigaction old = catch_signal(stop_signals[i]);

		if (old.sa_handler == SIG_IGN)
			sigaction(stop_signals[i], &old, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void
await_unguard(void)
{
	struct sigaction old;
	sigset_t none;

	for (size_t i = 0; i < STOP_SIGNALS; i++) {
		sigaction(stop_signals[i], NULL, &old);
		if (old.sa_handler != SIG_IGN)
			signal(stop_signals[i], SIG_DFL);
	}
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

int
await_limit(await_time span)
{
	const struct itimerspec once = {
		.it_value.tv_sec = (time_t)(span / AWAIT_SECOND),
		/* 0 would mean none. */
		.it_value.tv_nsec = (long)(span % AWAIT_SECOND) + (span == 0),
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM,
	};
	sigset_t alarm;
	timer_t timer;

	/* Even where SIGALRM was ignored: this one we send ourselves. */
	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	sigprocmask(SIG_BLOCK, &alarm, NULL);
	(void)catch_signal(SIGALRM);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == -1)
		return (-1);
	return (timer_settime(timer, 0, &once, NULL));
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
await_glance(void)
{
	sigset_t none, guarded;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &guarded);
	sigprocmask(SIG_SETMASK, &guarded, NULL);
	errno = EINTR;
	return (stopped_by == 0 ? 0 : -1);
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
