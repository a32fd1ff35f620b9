#include "lookup.h"

#include <sys/types.h>
#include <sys/wait.h>

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

/* What the child tells: getaddrinfo(3)'s verdict and what it found. */
struct answer {
	int code;		/* 0 or an EAI code */
	int error;		/* errno, where the code is EAI_SYSTEM */
	struct address_list list;
};

/* In the child. It leaves with _exit(2): nothing of the parent is its own. */
static void
send_answer(int to, const char *host, int family)
{
	struct answer answer = { 0 };

	await_unguard();
	answer.code = sockaddr_resolve(host, family, false, &answer.list);
	answer.error = errno;
	(void)await_write(to, (const char *)&answer, sizeof(answer));
	_exit(0);
}

/* Start the child; its answer can be read from the descriptor returned. */
static int
ask(const char *host, int family, pid_t *child)
{
	int ends[2];

	if (pipe(ends) == -1)
		return (-1);
	*child = fork();
	if (*child == 0)
		send_answer(ends[1], host, family);
	close(ends[1]);
	if (*child == -1) {
		close(ends[0]);
		return (-1);
	}
	return (ends[0]);
}

/*
 * Read the child's answer. Returns 1; 0 at the deadline; -1 with errno, EINTR
 * for a stop signal and ECHILD for a child that died before it had answered.
 */
static int
read_answer(int from, await_time deadline, struct answer *answer)
{
	struct pollfd slot = { .fd = from, .events = POLLIN };
	char *at = (char *)answer;
	size_t left = sizeof(*answer);
	ssize_t n;
	int ready;

	while (left > 0) {
		ready = await_ready(&slot, 1, deadline);
		if (ready == 0 && await_now() < deadline)
			continue;
		if (ready <= 0)
			return (ready);
		n = read(from, at, left);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (-1);
		if (n == 0) {
			errno = ECHILD;
			return (-1);
		}
		at += n;
		left -= (size_t)n;
	}
	return (1);
}

/* Ask a child and wait for it: returns as read_answer() does. */
static int
ask_child(const char *host, int family, await_time deadline,
    struct answer *answer)
{
	pid_t child;
	int from, got, error;

	from = ask(host, family, &child);
	if (from == -1)
		return (-1);
	got = read_answer(from, deadline, answer);
	error = errno;
	close(from);
	kill(child, SIGKILL);
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		continue;
	errno = error;
	return (got);
}

/* Why there are no addresses: an EAI code, or an errno that it stands for. */
static void
explain(struct reason *reason, const char *host, const struct answer *answer)
{
	outcome_reason(reason, answer->error, "look up %s", host);
	if (answer->code != EAI_SYSTEM)
		strlcpy(reason->why, gai_strerror(answer->code),
		    sizeof(reason->why));
	reason->passing = answer->code == EAI_AGAIN;
}

enum outcome
lookup_place(const struct place *place, int family, await_time deadline,
    struct address_list *list, struct reason *reason)
{
	struct answer answer = { 0 };
	int got;

	*list = place->known;
	if (list->count > 0)
		return (OUTCOME_OK);
	got = ask_child(place->host, family, deadline, &answer);
	if (got == -1 && errno == EINTR && await_signal() != 0)
		return (OUTCOME_STOPPED);
	if (got != 1) {
		outcome_reason(reason, got == 0 ? ETIMEDOUT : errno,
		    "look up %s", place->host);
		return (got == 0 ? OUTCOME_TIMED_OUT : OUTCOME_FAILED);
	}
	if (answer.code != 0) {
		explain(reason, place->host, &answer);
		return (OUTCOME_FAILED);
	}
	sockaddr_set_port(&answer.list, place->port);
	*list = answer.list;
	return (OUTCOME_OK);
}
