#include "endpoint.h"

#include <arpa/inet.h>

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "race.h"
#include "refusal.h"

/* Peers that may be waiting while one is served; the kernel has the limit. */
#define BACKLOG		128

/* accept(2) found no descriptor or memory: a moment until some are freed. */
#define ACCEPT_PAUSE	(100 * AWAIT_MS)

/* What an opener works on. */
struct opening {
	struct endpoint *endpoint;
	const struct endpoint_plan *plan;
	await_time deadline;
	struct address_list remote;
	struct address_list local;
	struct reason *reason;	/* why it failed, where it did */
};

static int
close_with_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
	return (-1);
}

static void
report(const char *verb, const struct address *address, int type)
{
	struct address_text noun;

	warn("%s %s failed", verb,
	    sockaddr_text(address, SOCKADDR_NOUN, type, &noun));
}

/* Why an opener failed. */
static enum outcome
give_up(struct opening *opening, const char *failed,
    const struct address *address)
{
	int error = errno;
	struct address_text noun;

	if (await_signal() != 0)
		return (OUTCOME_STOPPED);
	outcome_reason(opening->reason, error, "%s %s", failed,
	    sockaddr_text(address, SOCKADDR_NOUN, opening->plan->socket.type,
	    &noun));
	return (OUTCOME_FAILED);
}

static int
learn_local(struct endpoint *endpoint, int fd)
{
	endpoint->local.length = sizeof(endpoint->local.as);
	return (getsockname(fd, &endpoint->local.as.any,
	    &endpoint->local.length));
}

/*
 * Learn the address of a socket that is now open. One whose address we cannot
 * tell, or know the family of, is of no use: close it, and explain.
 */
static enum outcome
settle_local(struct opening *opening, int *fd, const struct address *address)
{
	int error;

	if (learn_local(opening->endpoint, *fd) == 0)
		return (OUTCOME_OK);
	error = errno;
	name_remove(&opening->endpoint->name);
	close(*fd);
	*fd = -1;
	errno = error;
	return (give_up(opening, "get the local address of a socket for",
	    address));
}

/*
 * Whom the kernel took the address for: 0.0.0.0 is 127.0.0.1 to it, and a link
 * the path that it leads to. Messages come from there.
 */
static void
learn_peer(struct endpoint *endpoint)
{
	struct address peer = { .length = sizeof(peer.as) };

	if (getpeername(endpoint->fd, &peer.as.any, &peer.length) == 0 &&
	    sockaddr_can_answer(&peer))
		endpoint->peer = peer;
}

/* The 5-tuple: protocol, and both addresses, the beginning side's first. */
static void
say_tuple(const struct endpoint *endpoint, const struct address *from,
    const struct address *to)
{
	struct address_text source, target;

	fprintf(stderr, "%s %s -> %s\n",
	    sockaddr_protocol(to->as.any.sa_family, endpoint->type),
	    sockaddr_text(from, SOCKADDR_JOINED, endpoint->type, &source),
	    sockaddr_text(to, SOCKADDR_JOINED, endpoint->type, &target));
}

static void
say_bound(const struct endpoint *endpoint, const char *what)
{
	struct address_text local;

	fprintf(stderr, "%s on %s\n", what, sockaddr_text(&endpoint->local,
	    SOCKADDR_PAIR, endpoint->type, &local));
}

void
endpoint_say_received(const struct endpoint *endpoint,
    const struct address *peer)
{
	struct address_text text;
	struct endpoint at = *endpoint;

	/* nc names a UNIX listener here, since stream peers have no name. */
	if (peer->as.any.sa_family == AF_UNIX && !sockaddr_is_path(peer) &&
	    at.type != SOCK_DGRAM)
		peer = &at.local;
	fprintf(stderr, "Connection received on %s\n",
	    sockaddr_text(peer, SOCKADDR_PAIR, at.type, &text));
	if (!at.connected)
		return;
	if (learn_local(&at, at.fd) == -1)
		return;
	say_tuple(&at, &at.peer, &at.local);
}

void
endpoint_say_connected(const struct address *peer,
    const struct endpoint_plan *plan, const char *how)
{
	const char *protocol =
	    sockaddr_protocol(peer->as.any.sa_family, plan->socket.type);
	const char *host = plan->remote.host;
	struct servent *service = NULL;
	struct address_text number;

	sockaddr_text(peer, SOCKADDR_HOST, plan->socket.type, &number);
	if (peer->as.any.sa_family == AF_UNIX) {
		fprintf(stderr, "Connection to %s [%s] %s\n",
		    number.text, protocol, how);
		return;
	}
	if (!plan->numeric)
		service = getservbyport(htons(sockaddr_get_port(peer)),
		    protocol);
	fprintf(stderr, "Connection to %s", host);
	if (strcmp(host, number.text) != 0)
		fprintf(stderr, " (%s)", number.text);
	fprintf(stderr, " %u port [%s/%s] %s\n",
	    (unsigned)sockaddr_get_port(peer), protocol,
	    service == NULL ? "*" : service->s_name, how);
}

static int
bind_to(struct endpoint *endpoint, int fd, const struct address *local,
    int mode)
{
	if (local->as.any.sa_family == AF_UNIX)
		return (name_bind(&endpoint->name, fd, local, mode));
	if (bind(fd, &local->as.any, local->length) == -1)
		return (-1);
	return (tune_join(fd, local));
}

/*
 * Bind a socket that will speak to `target` to the local address of that
 * family. Returns 0, or -1 with errno.
 */
static int
bind_local(struct opening *opening, int fd, const struct address *target)
{
	for (size_t i = 0; i < opening->local.count; i++) {
		const struct address *local = &opening->local.at[i];

		if (local->as.any.sa_family == target->as.any.sa_family)
			return (bind_to(opening->endpoint, fd, local, -1));
	}
	errno = EAFNOSUPPORT;
	return (-1);
}

/* A socket to connect with: the race's `open`. */
static int
open_attempt(void *context, const struct address *target, const char **failed)
{
	struct opening *opening = context;
	int fd;

	fd = tune_open(&opening->plan->socket, target, failed);
	if (fd == -1 || !opening->plan->has_local)
		return (fd);
	if (bind_local(opening, fd, target) == -1) {
		*failed = "bind a local address to reach";
		return (close_with_errno(fd));
	}
	return (fd);
}

static enum outcome
open_connected(struct opening *opening)
{
	struct endpoint *endpoint = opening->endpoint;
	const struct race race = {
		.targets = &opening->remote,
		.type = opening->plan->socket.type,
		.deadline = opening->deadline,
		.verbose = opening->plan->verbose > 0,
		.open = open_attempt,
		.context = opening,
	};
	enum outcome outcome;

	outcome = race_connect(&race, &endpoint->fd, &endpoint->peer,
	    opening->reason);
	if (outcome != OUTCOME_OK)
		return (outcome);
	tune_connection(endpoint->fd, endpoint->type);
	outcome = settle_local(opening, &endpoint->fd, &endpoint->peer);
	if (outcome != OUTCOME_OK)
		return (outcome);
	endpoint->connected = true;
	if (opening->plan->verbose > 0) {
		endpoint_say_connected(&endpoint->peer, opening->plan,
		    "succeeded!");
		say_tuple(endpoint, &endpoint->local, &endpoint->peer);
	}
	return (OUTCOME_OK);
}

/*
 * Make a datagram socket to reach the target with. It is bound in any case, so
 * that it can be answered and that its address can be told.
 */
static int
open_datagram(struct opening *opening, const struct address *target,
    const char **failed)
{
	struct endpoint *endpoint = opening->endpoint;
	int fd, bound = 0;

	fd = open_attempt(opening, target, failed);
	if (fd == -1)
		return (-1);
	*failed = "connect to";
	if (!opening->plan->has_local) {
		struct address any = { .length = target->length };

		any.as.any.sa_family = target->as.any.sa_family;
		if (target->as.any.sa_family == AF_UNIX)
			bound = name_bind_any(&endpoint->name, fd);
		else if (!opening->plan->connect)
			bound = bind(fd, &any.as.any, any.length);
	}
	if (bound == -1)
		return (close_with_errno(fd));
	if (opening->plan->connect &&
	    connect(fd, &target->as.any, target->length) == -1) {
		name_remove(&endpoint->name);
		return (close_with_errno(fd));
	}
	return (fd);
}

static enum outcome
open_datagram_client(struct opening *opening)
{
	struct endpoint *endpoint = opening->endpoint;
	const struct address *target = opening->remote.at;
	const struct address *last = target + opening->remote.count - 1;
	const char *failed;
	enum outcome outcome;

	while ((endpoint->fd = open_datagram(opening, target, &failed)) == -1 &&
	    target < last)
		target++;
	if (endpoint->fd == -1)
		return (give_up(opening, failed, target));
	outcome = settle_local(opening, &endpoint->fd, target);
	if (outcome != OUTCOME_OK)
		return (outcome);
	endpoint->peer = *target;
	endpoint->connected = opening->plan->connect;
	if (endpoint->connected)
		learn_peer(endpoint);
	if (opening->plan->verbose > 0 && endpoint->connected)
		endpoint_say_connected(&endpoint->peer, opening->plan,
		    "succeeded!");
	if (opening->plan->verbose > 0)
		say_tuple(endpoint, &endpoint->local, &endpoint->peer);
	return (OUTCOME_OK);
}

/* Does this machine lack the family or the address itself? */
static bool
is_not_here(int error)
{
	return (error == EAFNOSUPPORT || error == EADDRNOTAVAIL);
}

/*
 * Bind to the first local address that this machine has. One that is taken is
 * a failure: listening on another one instead is not what was asked for.
 */
static enum outcome
bind_first(struct opening *opening, int *fd)
{
	const struct endpoint_plan *plan = opening->plan;
	struct endpoint *endpoint = opening->endpoint;
	const struct address *local = opening->local.at;
	const char *failed = "bind to";
	int bound = -1;

	for (size_t i = 0; i < opening->local.count && bound == -1; i++) {
		local = &opening->local.at[i];
		*fd = tune_open(&plan->socket, local, &failed);
		if (*fd != -1) {
			failed = "bind to";
			bound = bind_to(endpoint, *fd, local, plan->mode);
		}
		if (*fd != -1 && bound == -1)
			*fd = close_with_errno(*fd);
		if (bound == -1 && !is_not_here(errno))
			break;
	}
	if (bound == -1)
		return (give_up(opening, failed, local));
	return (settle_local(opening, fd, local));
}

/*
 * When a UDP socket forgets its peer, the kernel also takes away the port that
 * it has chosen itself. So bind another socket to that number, as if we had
 * asked for it.
 */
static enum outcome
bind_for_good(struct opening *opening)
{
	struct endpoint *endpoint = opening->endpoint;

	if (!opening->plan->keep_open || !opening->plan->connect ||
	    endpoint->local.as.any.sa_family == AF_UNIX ||
	    sockaddr_get_port(&opening->local.at[0]) != 0)
		return (OUTCOME_OK);
	close(endpoint->fd);
	opening->local.count = 1;
	opening->local.at[0] = endpoint->local;
	return (bind_first(opening, &endpoint->fd));
}

static enum outcome
open_bound(struct opening *opening)
{
	struct endpoint *endpoint = opening->endpoint;
	enum outcome outcome = bind_first(opening, &endpoint->fd);

	if (outcome == OUTCOME_OK)
		outcome = bind_for_good(opening);
	if (outcome == OUTCOME_OK && opening->plan->verbose > 0)
		say_bound(endpoint, "Bound");
	return (outcome);
}

static enum outcome
open_listener(struct opening *opening)
{
	struct endpoint *endpoint = opening->endpoint;
	const struct endpoint_plan *plan = opening->plan;
	enum outcome outcome = bind_first(opening, &endpoint->listener);

	if (outcome != OUTCOME_OK)
		return (outcome);
	if (plan->verbose > 0 && endpoint->local.as.any.sa_family == AF_UNIX)
		say_bound(endpoint, "Bound");
	/* With one peer to serve, few others should believe they got in. */
	if (listen(endpoint->listener, plan->keep_open ? BACKLOG : 1) == -1)
		return (give_up(opening, "listen on", &endpoint->local));
	if (plan->verbose > 0)
		say_bound(endpoint, "Listening");
	return (OUTCOME_OK);
}

/* One attempt: look up what has to be, and open. */
static enum outcome
attempt(void *context, await_time deadline, struct reason *reason)
{
	static enum outcome (*const opener[2][2])(struct opening *) = {
		{ open_connected, open_datagram_client },
		{ open_listener, open_bound },
	};
	struct opening *opening = context;
	const struct endpoint_plan *plan = opening->plan;
	enum outcome outcome = OUTCOME_OK;

	opening->deadline = deadline;
	opening->reason = reason;
	if (!plan->socket.listen)
		outcome = lookup_place(&plan->remote, plan->family, deadline,
		    &opening->remote, reason);
	if (outcome == OUTCOME_OK && plan->has_local)
		outcome = lookup_place(&plan->local, plan->family, deadline,
		    &opening->local, reason);
	if (outcome != OUTCOME_OK)
		return (outcome);
	return (opener[plan->socket.listen]
	    [plan->socket.type == SOCK_DGRAM](opening));
}

enum outcome
endpoint_open(struct endpoint *endpoint, const struct endpoint_plan *plan)
{
	struct opening opening = { .endpoint = endpoint, .plan = plan };

	*endpoint = (struct endpoint){
		.listener = -1, .fd = -1, .type = plan->socket.type,
	};
	return (retry_run(&plan->retry, attempt, &opening));
}

/* Nobody has come in time. */
static enum outcome
nobody_came(const struct endpoint *endpoint)
{
	struct address_text noun;

	warnx("accept on %s failed: %s (--accept-timeout)",
	    sockaddr_text(&endpoint->local, SOCKADDR_NOUN, endpoint->type,
	    &noun), strerror(ETIMEDOUT));
	return (OUTCOME_TIMED_OUT);
}

/* Wait until there is something to read on a socket: somebody comes. */
static enum outcome
await_somebody(const struct endpoint *endpoint,
    const struct endpoint_plan *plan, int fd, await_time deadline)
{
	struct pollfd slot = { .fd = fd, .events = POLLIN };
	int ready;

	/* They may be so many that nothing is ever waited for. */
	if (await_glance() == -1)
		return (await_failed());
	do {
		ready = await_ready(&slot, 1, deadline);
		if (ready == 0 && await_asked())
			plan->asked(plan->context);
	} while (ready == 0 && await_now() < deadline);
	switch (ready) {
	case -1:
		return (await_failed());
	case 0:
		return (nobody_came(endpoint));
	default:
		return (OUTCOME_OK);
	}
}

/*
 * Who has come could not be met, and the socket stays readable: with no pause
 * we would spin, and with no look at the clock never see that the time is up.
 */
static enum outcome
pause_for_next(const struct endpoint *endpoint, await_time deadline)
{
	if (await_pause(ACCEPT_PAUSE, deadline) == -1)
		return (await_failed());
	return (await_now() < deadline ? OUTCOME_OK : nobody_came(endpoint));
}

/* Did accept(2) fail in a way that concerns one peer, or this moment, only? */
static bool
is_passing(int error)
{
	static const int passing[] = {
		EAGAIN, EINTR, ECONNABORTED, EMFILE, ENFILE, ENOBUFS, ENOMEM,
		/* Linux hands on what befell the new socket: accept(2). */
		EPROTO, ENETDOWN, ENETUNREACH, EHOSTDOWN, EHOSTUNREACH,
		ENOPROTOOPT, EPERM,
	};

	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (error == passing[i])
			return (true);
	return (false);
}

static enum outcome
accept_peer(struct endpoint *endpoint, const struct endpoint_plan *plan,
    await_time deadline)
{
	struct address *peer = &endpoint->peer;
	enum outcome outcome;

	for (;;) {
		outcome = await_somebody(endpoint, plan, endpoint->listener,
		    deadline);
		if (outcome != OUTCOME_OK)
			return (outcome);
		peer->length = sizeof(peer->as);
		endpoint->fd = accept(endpoint->listener, &peer->as.any,
		    &peer->length);
		if (endpoint->fd != -1)
			break;
		if (!is_passing(errno)) {
			report("accept on", &endpoint->local, endpoint->type);
			return (OUTCOME_FAILED);
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			outcome = pause_for_next(endpoint, deadline);
		if (outcome != OUTCOME_OK)
			return (outcome);
	}
	tune_connection(endpoint->fd, endpoint->type);
	endpoint->connected = true;
	return (OUTCOME_OK);
}

/* Peek who is the first to speak; the message stays where it is. */
static enum outcome
peek_speaker(struct endpoint *endpoint, const struct endpoint_plan *plan,
    await_time deadline)
{
	struct address *peer = &endpoint->peer;
	enum outcome outcome;
	ssize_t n;
	char byte;

	do {
		outcome = await_somebody(endpoint, plan, endpoint->fd,
		    deadline);
		if (outcome != OUTCOME_OK)
			return (outcome);
		/* Late news of the peer before: left, it would wake us. */
		while (refusal_next(endpoint->fd, peer) != 0)
			continue;
		peer->length = sizeof(peer->as);
		n = recvfrom(endpoint->fd, &byte, sizeof(byte),
		    MSG_PEEK | MSG_DONTWAIT, &peer->as.any, &peer->length);
		/* An error here is about a datagram to the peer before. */
		if (n == -1 && errno != EAGAIN && errno != EINTR)
			outcome = pause_for_next(endpoint, deadline);
		if (outcome != OUTCOME_OK)
			return (outcome);
	} while (n == -1);
	return (OUTCOME_OK);
}

/*
 * Datagrams with -c: connect(2) to whoever speaks first. One who cannot be
 * answered is reported; with -k, the next one may do better.
 */
static enum outcome
adopt_speaker(struct endpoint *endpoint, const struct endpoint_plan *plan,
    await_time deadline)
{
	struct address *peer = &endpoint->peer;
	enum outcome outcome;
	char byte;

	do {
		outcome = peek_speaker(endpoint, plan, deadline);
		if (outcome != OUTCOME_OK)
			return (outcome);
		if (!sockaddr_can_answer(peer))
			errno = EDESTADDRREQ;
		else if (connect(endpoint->fd, &peer->as.any,
		    peer->length) == 0) {
			endpoint->connected = true;
			return (OUTCOME_OK);
		}
		report("connect to", peer, endpoint->type);
		/* It has been answered for: out of the way of the next. */
		(void)recv(endpoint->fd, &byte, sizeof(byte), MSG_DONTWAIT);
	} while (plan->keep_open);
	return (OUTCOME_FAILED);
}

enum outcome
endpoint_meet(struct endpoint *endpoint, const struct endpoint_plan *plan)
{
	await_time deadline = AWAIT_NEVER;
	enum outcome outcome = OUTCOME_OK;

	if (!plan->socket.listen)
		return (OUTCOME_OK);
	if (!endpoint->met)
		deadline = await_after(await_now(), plan->accept_timeout);
	if (plan->socket.type != SOCK_DGRAM)
		outcome = accept_peer(endpoint, plan, deadline);
	else if (plan->connect)
		outcome = adopt_speaker(endpoint, plan, deadline);
	else if (deadline != AWAIT_NEVER)
		outcome = await_somebody(endpoint, plan, endpoint->fd,
		    deadline);
	if (outcome != OUTCOME_OK)
		return (outcome);
	endpoint->met = true;
	if (endpoint->connected && plan->verbose > 0)
		endpoint_say_received(endpoint, &endpoint->peer);
	if (!plan->keep_open && endpoint->listener != -1) {
		close(endpoint->listener);
		endpoint->listener = -1;
	}
	return (OUTCOME_OK);
}

enum outcome
endpoint_part(struct endpoint *endpoint)
{
	/* connect(2): an address of AF_UNSPEC undoes the association. */
	const struct sockaddr nobody = { .sa_family = AF_UNSPEC };

	if (endpoint->type != SOCK_DGRAM && endpoint->fd != -1) {
		close(endpoint->fd);
		endpoint->fd = -1;
	} else if (endpoint->connected &&
	    connect(endpoint->fd, &nobody, sizeof(nobody)) == -1) {
		report("disconnect from", &endpoint->peer, endpoint->type);
		return (OUTCOME_FAILED);
	}
	endpoint->connected = false;
	endpoint->peer.length = 0;
	return (OUTCOME_OK);
}

void
endpoint_close(struct endpoint *endpoint)
{
	/* While we have it open, its inode's number is nobody else's. */
	name_remove(&endpoint->name);
	if (endpoint->fd != -1)
		close(endpoint->fd);
	if (endpoint->listener != -1)
		close(endpoint->listener);
	endpoint->fd = endpoint->listener = -1;
}
