/*
 * The only blocking wait: ppoll(2), stop signals and one absolute deadline.
 *
 * Times are nanoseconds of CLOCK_MONOTONIC, so that setting the clock moves
 * no deadline. Several deadlines become one by taking the earliest.
 */
#ifndef AWAIT_H
#define AWAIT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "outcome.h"

typedef int64_t await_time;

#define AWAIT_NEVER	INT64_MAX
#define AWAIT_SECOND	INT64_C(1000000000)
#define AWAIT_MS	INT64_C(1000000)

/* The time now. */
await_time await_now(void);

/*
 * The time a span of nanoseconds after `start`. A negative span, which is how
 * plans say "no limit", and AWAIT_NEVER as start give AWAIT_NEVER.
 */
await_time await_after(await_time start, await_time span);

/* The earlier of two times. */
await_time await_earliest(await_time a, await_time b);

/*
 * Block every signal that would end the process, short of SIGKILL and those
 * that report a crash, and have await_ready() note the first that comes. One is
 * a question, and ends nothing: SIGUSR1, or SIGINFO where there is one.
 * Signals that were ignored stay ignored (nohup(1), background jobs).
 * SIGPIPE and SIGXFSZ become errors of write(2): EPIPE and EFBIG.
 * To be called once, before anything is made that needs cleaning up.
 */
void await_guard(void);

/* In a child process: undo await_guard(), so that it can be stopped. */
void await_unguard(void);

/*
 * Have the whole run end, as by a stop signal, once a span of nanoseconds has
 * passed. Returns 0, or -1 with errno. To be called after await_guard().
 */
int await_limit(await_time span);

/* The stop signal that has come, or 0; AWAIT_TIME_UP for await_limit()'s. */
int await_signal(void);

#define AWAIT_TIME_UP	(-1)

/* Has a person asked, by a signal, how things are? Each question once. */
bool await_asked(void);

/* Give the stop signal back its own effect and raise it again. */
void await_raise(void);

/*
 * Wait until a slot is ready, the deadline has passed or a signal comes.
 * Returns the number of ready slots; 0 at the deadline, or before it because
 * await_asked() has news; -1 with errno, EINTR meaning a stop signal. See
 * poll(2) for the slots.
 */
int await_ready(struct pollfd *slots, nfds_t count, await_time deadline);

/*
 * Let a stop signal in without waiting. ppoll(2) does not where a slot is
 * ready at once, so a loop that need not wait calls this now and then. Returns
 * 0, or -1 with errno EINTR for a stop signal.
 */
int await_glance(void);

/*
 * Let stop signals in while a call may wait that poll(2) cannot answer for,
 * such as a write to a terminal: one that comes ends that call, and, a second
 * later each, those after it, with EINTR. await_ready() reports it then.
 */
void await_let_in(void);

/* Keep them out again, if none has come. errno stays as it is. */
void await_keep_out(void);

/*
 * Wait for a span of nanoseconds where nothing can be polled for, but not
 * beyond the deadline. Returns like await_ready(): 0, or -1 with errno.
 */
int await_pause(await_time span, await_time deadline);

/*
 * Write all of it, to what may be non-blocking: others share it, or we have
 * made it so. Returns 0, or -1 with errno, EINTR meaning a stop signal.
 */
int await_write(int fd, const char *bytes, size_t count);

/*
 * What a wait that returned -1 means for the run: OUTCOME_STOPPED after a stop
 * signal, else OUTCOME_FAILED, with poll(2)'s own failure printed.
 */
enum outcome await_failed(void);

#endif
