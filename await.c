#include "await.h"

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <time.h>
#include <unistd.h>

#ifdef SOCKCAT_COVERAGE
#include <gcov.h>
#endif

static volatile sig_atomic_t stopped_by;
static volatile sig_atomic_t asked;

static void
note_signal(int number, siginfo_t *info, void *context)
{
	(void)context;
	if (stopped_by == 0)
		stopped_by = info->si_code == SI_TIMER ? AWAIT_TIME_UP : number;
	/* It may have come just before the call that it is to end: again. */
	(void)alarm(1);
}

static void
note_question(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
	asked = 1;
}

static void
note_nothing(int number, siginfo_t *info, void *context)
{
	(void)number, (void)info, (void)context;
}

/* The signals that are blocked but in the wait, and what is noted of each. */
static const struct guarded {
	int number;
	void (*note)(int, siginfo_t *, void *);
} guarded[] = {
	/* Their default is to end the process, and they can be waited for. */
	{ SIGHUP, note_signal }, { SIGINT, note_signal },
	{ SIGQUIT, note_signal }, { SIGTERM, note_signal },
	{ SIGALRM, note_signal }, { SIGUSR2, note_signal },
	{ SIGXCPU, note_signal }, { SIGVTALRM, note_signal },
	{ SIGPROF, note_signal },
#ifdef SIGPOLL
	{ SIGPOLL, note_signal },
#endif
#ifdef SIGPWR
	{ SIGPWR, note_signal },
#endif
	/* These ask for the totals. */
	{ SIGUSR1, note_question },
#ifdef SIGINFO
	{ SIGINFO, note_question },
#endif
	/*
	 * It only wakes: after a stop, ppoll(2) would go on with what was left
	 * of its wait, and a deadline would come so much later.
	 */
	{ SIGCONT, note_nothing },
};

#define GUARDED		(sizeof(guarded) / sizeof(guarded[0]))

/* Have sigprocmask(2) block guarded signals, or let them in: NULL for all. */
static void
mask_guarded(int how, void (*note)(int, siginfo_t *, void *))
{
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < GUARDED; i++)
		if (note == NULL || guarded[i].note == note)
			sigaddset(&set, guarded[i].number);
	sigprocmask(how, &set, NULL);
}

/* Have a signal noted. Returns what was done about it until now. */
static struct sigaction
catch_signal(int number, void (*note)(int, siginfo_t *, void *))
{
	struct sigaction old, action = {
		.sa_sigaction = note, .sa_flags = SA_SIGINFO,
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
	mask_guarded(SIG_BLOCK, NULL);
	/* They are blocked: one that is ignored is not noted meanwhile. */
	for (size_t i = 0; i < GUARDED; i++) {
		struct sigaction old =
		    catch_signal(guarded[i].number, guarded[i].note);

		if (old.sa_handler == SIG_IGN)
			sigaction(guarded[i].number, &old, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

void
await_unguard(void)
{
	struct sigaction old;
	sigset_t none;

	for (size_t i = 0; i < GUARDED; i++) {
		sigaction(guarded[i].number, NULL, &old);
		/* A question is none to a child. */
		if (old.sa_handler != SIG_IGN)
			signal(guarded[i].number,
			    guarded[i].note == note_question ?
			    SIG_IGN : SIG_DFL);
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
	(void)catch_signal(SIGALRM, note_signal);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) == -1)
		return (-1);
	return (timer_settime(timer, 0, &once, NULL));
}

int
await_signal(void)
{
	return (stopped_by);
}

bool
await_asked(void)
{
	const bool was_asked = asked != 0;

	asked = 0;
	return (was_asked);
}

void
await_raise(void)
{
	const int number = stopped_by;
	sigset_t one;

#ifdef SOCKCAT_COVERAGE
	/* A signal leaves no later moment for it. */
	__gcov_dump();
#endif
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
		/* One that was let in elsewhere has ended but one call. */
		ready = stopped_by != 0 ? -1 :
		    ppoll(slots, count, time_left(deadline, &left), &mask);
		if (stopped_by != 0) {
			errno = EINTR;
			return (-1);
		}
		if (ready > 0 || (ready == -1 && errno != EINTR))
			return (ready);
		if (ready == -1 && asked != 0)
			return (0);
		/* Woken early, by rounding: go on. By a signal: look again. */
		if (ready == 0 && await_now() >= deadline)
			return (0);
	}
}

int
await_glance(void)
{
	sigset_t none, before;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, &before);
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = EINTR;
	return (stopped_by == 0 ? 0 : -1);
}

void
await_let_in(void)
{
	mask_guarded(SIG_UNBLOCK, note_signal);
}

void
await_keep_out(void)
{
	if (stopped_by == 0)
		mask_guarded(SIG_BLOCK, note_signal);
}

int
await_pause(await_time span, await_time deadline)
{
	return (await_ready(NULL, 0,
	    await_earliest(deadline, await_after(await_now(), span))));
}

int
await_write(int fd, const char *bytes, size_t count)
{
	struct pollfd slot = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	while (count > 0) {
		n = write(fd, bytes, count);
		if (n > 0) {
			bytes += n;
			count -= (size_t)n;
		} else if (n == -1 && errno == EAGAIN) {
			if (await_ready(&slot, 1, AWAIT_NEVER) == -1)
				return (-1);
		} else if (n == -1 && errno != EINTR)
			return (-1);
	}
	return (0);
}

enum outcome
await_failed(void)
{
	if (stopped_by != 0) {
		/* What is still to be said is not to wait for a reader. */
		await_let_in();
		return (OUTCOME_STOPPED);
	}
	warn("poll failed");
	return (OUTCOME_FAILED);
}
