/*
 * sockcat: stdin and stdout through one socket, and not a byte lost.
 *
 * Words become a plan, the plan an endpoint, the endpoint one session or, with
 * -k, one after the other; and what became of them is the exit status.
 */
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "announce.h"
#include "await.h"
#include "endpoint.h"
#include "help.h"
#include "options.h"
#include "outcome.h"
#include "pass.h"
#include "plan.h"
#include "probe.h"
#include "pump.h"
#include "sandbox.h"

/* Where announce's descriptor goes; everything above is closed. */
#define ANNOUNCE_FILENO	(STDERR_FILENO + 1)

/* What stdin is, as far as a session depends on it. */
struct input {
	bool terminal;
	bool nobody;		/* /dev/null: every background job has it */
	bool file;		/* a regular file, */
	off_t start;		/* and where in it we began */
};

/* A session's socket, and who spoke last. */
struct session {
	const struct plan *plan;
	const struct endpoint *endpoint;
	struct end socket;
	struct address speaker;
};

/*
 * Have something at descriptors 0, 1 and 2, so that no socket becomes one of
 * them. In place of a closed stdout, /dev/null is open for reading only: what
 * would be written there is lost, and is to fail.
 */
static enum outcome
fill_descriptors(void)
{
	static const int modes[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", modes[fd]) != fd) {
			warn("open /dev/null failed");
			return (OUTCOME_FAILED);
		}
	return (OUTCOME_OK);
}

/* Close what we were not given on purpose: all above 2, but for announce's. */
static enum outcome
close_descriptors(const struct plan *plan, int *announcing)
{
	*announcing = -1;
	if (plan->announce != NULL)
		*announcing = announce_descriptor(plan->announce);
	if (*announcing > STDERR_FILENO) {
		/* Onto itself, dup2(2) still tells whether it is open. */
		*announcing = dup2(*announcing, ANNOUNCE_FILENO);
		if (*announcing == -1) {
			warn("announce to %s failed", plan->announce);
			return (OUTCOME_FAILED);
		}
	}
	closefrom(*announcing == ANNOUNCE_FILENO ?
	    ANNOUNCE_FILENO + 1 : ANNOUNCE_FILENO);
	return (OUTCOME_OK);
}

static bool
is_dev_null(const struct stat *found)
{
	struct stat null;

	return (S_ISCHR(found->st_mode) && stat("/dev/null", &null) == 0 &&
	    found->st_rdev == null.st_rdev);
}

static void
look_at_stdin(struct input *input)
{
	struct stat found;

	*input = (struct input){ .terminal = isatty(STDIN_FILENO) == 1 };
	if (fstat(STDIN_FILENO, &found) == -1)
		return;
	input->nobody = is_dev_null(&found);
	input->file = S_ISREG(found.st_mode);
	if (input->file)
		input->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
}

/* Complete the plan with what it does on account of what stdin is. */
static void
fit_to_stdin(struct plan *plan, const struct input *input)
{
	if (plan->endpoint.socket.listen && input->nobody &&
	    !plan->wants_stdin) {
		plan->pump.no_stdin = true;
		plan->pump.half_close = false;
	}
	/* A person expects to be done, and so does the next peer; but each is
	 * to have all of a file. */
	if (input->terminal || (plan->endpoint.keep_open && !input->file))
		plan->pump.quit_on_eof = true;
}

/* A message has come: the one to answer is, for a listener, who sent it. */
static void
heard(void *context, const struct address *speaker, size_t size)
{
	struct session *session = context;
	const struct endpoint_plan *plan = &session->plan->endpoint;
	struct address_text text;

	if (plan->verbose > 1)
		fprintf(stderr, "Message of %zu bytes from %s\n", size,
		    sockaddr_text(speaker, SOCKADDR_PAIR, plan->socket.type,
		    &text));
	if (!plan->socket.listen || session->socket.connected ||
	    (session->speaker.length == speaker->length &&
	    sockaddr_same(&session->speaker, speaker)))
		return;
	session->speaker = *speaker;
	if (plan->verbose > 0)
		endpoint_say_received(session->endpoint, speaker);
	/* One that cannot be answered: the one before stays. */
	if (sockaddr_can_answer(speaker))
		session->socket.peer = *speaker;
}

/* Exchange data with the peer that the endpoint has met. */
static enum outcome
exchange(const struct plan *plan, const struct endpoint *endpoint,
    const struct input *input, bool *ours)
{
	struct session session = {
		.plan = plan,
		.endpoint = endpoint,
		.socket = {
			.kind = endpoint->type == SOCK_STREAM ?
			    &end_stream_socket : &end_message_socket,
			.fd = endpoint->fd,
			.type = endpoint->type,
			.connected = endpoint->connected,
			.own_buffer =
			    plan->endpoint.socket.send_buffer != -1,
			.local = endpoint->local,
			.peer = endpoint->peer,
		},
	};

	/* Every peer is sent a file from where we found it. */
	if (input->file && plan->endpoint.keep_open &&
	    lseek(STDIN_FILENO, input->start, SEEK_SET) == -1) {
		warn("rewind stdin failed");
		return (OUTCOME_FAILED);
	}
	return (pump_run(&plan->pump, &session.socket, heard, &session, ours));
}

/*
 * Serve one peer, or with -k one after the other: a failed one is past, unless
 * it was our own side that failed.
 */
static enum outcome
serve(const struct plan *plan, struct endpoint *endpoint,
    const struct input *input)
{
	/* Where nobody is connected to, there is no next. */
	const bool again = plan->endpoint.keep_open &&
	    (plan->endpoint.socket.type != SOCK_DGRAM ||
	    plan->endpoint.connect);
	enum outcome outcome;
	bool ours = false;

	do {
		outcome = endpoint_meet(endpoint, &plan->endpoint);
		if (outcome != OUTCOME_OK)
			return (outcome);
		outcome = exchange(plan, endpoint, input, &ours);
		endpoint_part(endpoint);
	} while (again && !ours && outcome != OUTCOME_STOPPED);
	return (outcome);
}

/* From here on nothing has to be opened, and at the end one name removed. */
static void
shut_in(const struct plan *plan, const struct endpoint *endpoint)
{
	const int directory = name_directory(&endpoint->name);
	const char *held = sandbox_enter(directory);

	if (directory != -1)
		close(directory);
	if (plan->endpoint.verbose > 1)
		fprintf(stderr, "Shut in: %s\n", held);
}

static enum outcome
open_and_serve(struct plan *plan, int announcing)
{
	struct endpoint endpoint;
	struct input input;
	enum outcome outcome;

	look_at_stdin(&input);
	fit_to_stdin(plan, &input);
	outcome = endpoint_open(&endpoint, &plan->endpoint);
	if (outcome == OUTCOME_OK && plan->announce != NULL)
		outcome = announce(plan->announce, announcing,
		    &endpoint.local, endpoint.type);
	if (outcome == OUTCOME_OK)
		shut_in(plan, &endpoint);
	if (outcome == OUTCOME_OK && plan->pass)
		outcome = pass_socket(endpoint.fd);
	else if (outcome == OUTCOME_OK)
		outcome = serve(plan, &endpoint, &input);
	endpoint_close(&endpoint);
	return (outcome);
}

static enum outcome
run_plan(struct plan *plan)
{
	const struct probe_plan probe = {
		.endpoint = &plan->endpoint,
		.ranges = plan->ranges,
		.count = plan->range_count,
	};
	enum outcome outcome;
	int announcing;

	outcome = close_descriptors(plan, &announcing);
	if (outcome != OUTCOME_OK)
		return (outcome);
	await_guard();
	if (plan->max_time != -1 && await_limit(plan->max_time) == -1) {
		warn("set --max-time failed");
		return (OUTCOME_FAILED);
	}
	return (plan->probe ? probe_run(&probe) :
	    open_and_serve(plan, announcing));
}

static enum outcome
run(int argc, char *argv[])
{
	struct options options;
	struct plan plan;
	enum outcome outcome;

	outcome = options_read(argc, argv, &options);
	if (outcome != OUTCOME_OK)
		return (outcome);
	if (options_has(&options, OPTION_HELP))
		return (help_print());
	if (options_has(&options, OPTION_VERSION))
		return (help_print_version());
	outcome = plan_read(&options, &plan);
	if (outcome == OUTCOME_OK)
		outcome = run_plan(&plan);
	plan_free(&plan);
	return (outcome);
}

int
main(int argc, char *argv[])
{
	enum outcome outcome;

	/* One write(2) a line: other programs' lines do not come between. */
	setvbuf(stderr, NULL, _IOLBF, BUFSIZ);
	outcome = fill_descriptors();
	if (outcome == OUTCOME_OK)
		outcome = run(argc, argv);
	if (outcome != OUTCOME_STOPPED)
		exit((int)outcome);
	if (await_signal() == AWAIT_TIME_UP) {
		warnx("run failed: %s (--max-time)", strerror(ETIMEDOUT));
		exit(OUTCOME_TIMED_OUT);
	}
	await_raise();
	exit((int)outcome + await_signal());
}
