#include "session.h"

#include <sys/stat.h>

#include <err.h>
#include <stdio.h>
#include <unistd.h>

#include "announce.h"
#include "endpoint.h"
#include "pass.h"
#include "pump.h"
#include "sandbox.h"
#include "tap.h"

/* Between a session of datagrams that has failed, and the next. */
#define FAILED_PAUSE	(100 * AWAIT_MS)

/* What stdin is, as far as a session depends on it. */
struct input {
	bool terminal;
	bool nobody;		/* /dev/null: every background job has it */
	bool file;		/* a regular file, */
	off_t start;		/* where in it we began, */
	off_t size;		/* and the bytes from there on */
};

struct session {
	const struct plan *plan;
	struct endpoint endpoint;
	struct input input;
	struct tap tap;
	struct end socket;	/* of the present peer */
	struct address speaker;	/* who spoke last */
};

static bool
is_dev_null(const struct stat *found)
{
	struct stat null;

	return (S_ISCHR(found->st_mode) && stat("/dev/null", &null) == 0 &&
	    found->st_rdev == null.st_rdev);
}

static enum outcome
look_at_stdin(struct input *input)
{
	struct stat found;

	*input = (struct input){ .terminal = isatty(STDIN_FILENO) == 1 };
	/* Is it a file, that each peer is to have all of? */
	if (fstat(STDIN_FILENO, &found) == -1) {
		warn("look at stdin failed");
		return (OUTCOME_FAILED);
	}
	input->nobody = is_dev_null(&found);
	input->file = S_ISREG(found.st_mode);
	if (!input->file)
		return (OUTCOME_OK);
	input->start = lseek(STDIN_FILENO, 0, SEEK_CUR);
	input->size = found.st_size - input->start;
	return (OUTCOME_OK);
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

/* The one to answer is, for a listener, who spoke last. */
static void
turn_to(struct session *session, const struct address *speaker)
{
	const struct endpoint_plan *plan = &session->plan->endpoint;

	if (!plan->socket.listen || session->socket.connected ||
	    (session->speaker.length == speaker->length &&
	    sockaddr_same(&session->speaker, speaker)))
		return;
	session->speaker = *speaker;
	if (plan->verbose > 0)
		endpoint_say_received(&session->endpoint, speaker);
	/* One that cannot be answered: the one before stays. */
	if (sockaddr_can_answer(speaker))
		session->socket.peer = *speaker;
}

/* A message has come. A new peer is told of before what it says is. */
static void
heard(void *context, const struct address *speaker, size_t size)
{
	struct session *session = context;
	const struct endpoint_plan *plan = &session->plan->endpoint;
	struct address_text text;

	if (plan->verbose > 0)
		tap_clear(&session->tap);
	turn_to(session, speaker);
	if (plan->verbose > 1)
		fprintf(stderr, "Message of %zu bytes from %s\n", size,
		    sockaddr_text(speaker, SOCKADDR_PAIR, plan->socket.type,
		    &text));
}

/* Exchange data with the peer that the endpoint has met. */
static enum outcome
exchange(struct session *session, bool *ours)
{
	const struct plan *plan = session->plan;
	const struct endpoint *endpoint = &session->endpoint;
	const struct pump_watch watch = {
		.heard = heard, .context = session, .tap = &session->tap,
	};

	session->speaker.length = 0;
	session->socket = (struct end){
		.kind = endpoint->type == SOCK_STREAM ?
		    &end_stream_socket : &end_message_socket,
		.fd = endpoint->fd,
		.type = endpoint->type,
		.connected = endpoint->connected,
		.own_buffer = plan->endpoint.socket.send_buffer != -1,
		.local = endpoint->local,
		.peer = endpoint->peer,
	};
	/* Every peer is sent a file from where we found it. */
	if (session->input.file && plan->endpoint.keep_open &&
	    lseek(STDIN_FILENO, session->input.start, SEEK_SET) == -1) {
		warn("rewind stdin failed");
		*ours = true;
		return (OUTCOME_FAILED);
	}
	return (pump_run(&plan->pump, &session->socket, &watch, ours));
}

/*
 * Serve one peer, or with -k one after the other: a failed one is past, unless
 * it was our own side that failed.
 */
static enum outcome
serve(struct session *session)
{
	const struct plan *plan = session->plan;
	/* Where nobody is connected to, there is no next. */
	const bool again = plan->endpoint.keep_open &&
	    (plan->endpoint.socket.type != SOCK_DGRAM ||
	    plan->endpoint.connect);
	enum outcome outcome;
	bool ours = false;

	for (;;) {
		outcome = endpoint_meet(&session->endpoint, &plan->endpoint);
		if (outcome != OUTCOME_OK)
			return (outcome);
		outcome = exchange(session, &ours);
		if (!again || ours || outcome == OUTCOME_STOPPED)
			return (outcome);
		if (endpoint_part(&session->endpoint) != OUTCOME_OK)
			return (OUTCOME_FAILED);
		/* What failed may be there still: to go on is not to spin. */
		if (outcome == OUTCOME_FAILED &&
		    plan->endpoint.socket.type == SOCK_DGRAM &&
		    await_pause(FAILED_PAUSE, AWAIT_NEVER) == -1)
			return (await_failed());
	}
}

/* From here on nothing has to be opened, and at the end one name removed. */
static void
shut_in(const struct session *session)
{
	const struct name *name = &session->endpoint.name;
	const int directory = name_directory(name);
	const char *held = "not at all, the socket's directory is not to be had";

	/* Shut in without it, we could not remove the name. */
	if (directory != -1 || !name->bound)
		held = sandbox_enter(directory);
	if (directory != -1)
		close(directory);
	if (session->plan->endpoint.verbose > 1)
		fprintf(stderr, "Shut in: %s\n", held);
}

/* A person asks while a peer is waited for. */
static void
asked(void *tap)
{
	tap_say_totals(tap);
}

static enum outcome
open_and_serve(struct session *session, int announcing)
{
	const struct plan *plan = session->plan;
	struct endpoint *endpoint = &session->endpoint;
	enum outcome outcome;

	outcome = endpoint_open(endpoint, &plan->endpoint);
	if (outcome == OUTCOME_OK && plan->announce != NULL)
		outcome = announce(plan->announce, announcing,
		    &endpoint->local, endpoint->type);
	if (outcome != OUTCOME_OK)
		return (outcome);
	shut_in(session);
	return (plan->pass ? pass_socket(endpoint->fd) : serve(session));
}

enum outcome
session_run(struct plan *plan, int announcing, int dump)
{
	struct session session = { .plan = plan };
	enum outcome outcome;

	if (look_at_stdin(&session.input) != OUTCOME_OK)
		return (OUTCOME_FAILED);
	fit_to_stdin(plan, &session.input);
	tap_open(&session.tap, &plan->tap, dump);
	if (!plan->pump.no_stdin)
		tap_set_input(&session.tap, session.input.start,
		    session.input.size);
	plan->endpoint.asked = asked;
	plan->endpoint.context = &session.tap;
	outcome = open_and_serve(&session, announcing);
	endpoint_close(&session.endpoint);
	if (tap_close(&session.tap) == -1 && outcome == OUTCOME_OK) {
		warn("write to %s failed", plan->tap.dump);
		outcome = OUTCOME_FAILED;
	}
	return (outcome);
}
