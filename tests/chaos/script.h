/*
 * What happens in one transfer: a function of its seed and nothing else.
 *
 * Four act in it, each at a pace of its own: the user who writes to stdin, the
 * one who reads stdout, and a peer who sends and takes. A plot says how their
 * parts end, and with what options sockcat is to be started for that.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

enum kind { TCP4, TCP6, UNIX_STREAM, SEQPACKET, UNIX_DGRAM, KINDS };

/* What stdin, or stdout, is. */
enum stdio {
	STDIO_PIPE,
	STDIO_SOCKET,		/* a stream */
	STDIO_FILE,
	STDIO_BOTH,		/* one socket is stdin and stdout */
	STDIO_NULL,		/* /dev/null as stdin */
	STDIO_PACKETS,		/* seqpackets */
};

/* How the user ends stdin. */
enum closing {
	CLOSES,			/* when all is written */
	CLOSES_AFTER_OUT,	/* and stdout has been closed */
	STAYS_OPEN,
};

/* How a peer ends. */
enum ending {
	HALF_CLOSES,		/* when all is sent; then takes all */
	HALF_CLOSES_LAST,	/* and the other side has half-closed */
	STAYS,			/* until the other side is gone */
	LEAVES,			/* takes what is there, and closes */
	LEAVES_UNREAD,		/* closes with input unread */
	RESETS,			/* SO_LINGER 0 */
	HALF_CLOSES_UNREAD,	/* half-closes, and closes with input unread */
	HALF_CLOSES_RESETS,	/* half-closes, and resets */
};

enum { PEERS_MAX = 4 };

/* Bytes, and where the messages among them end; a stream has none. */
struct content {
	char *bytes;
	size_t length;
	size_t *ends;
	size_t count;
};

struct pace {
	size_t chunk;		/* bytes at a time, at most */
	unsigned chance;	/* of a pause behind each, in 1000 */
	int pause;		/* its length at most, in ms */
	int start;		/* ms before the first */
	size_t stall_at;	/* a long pause after so many bytes */
	int stall;		/* its length, in ms */
};

/* A peer's part. */
struct part {
	struct content says;
	struct pace sends;
	struct pace takes;
	enum ending ending;
	size_t takes_most;	/* reads no further */
	int lingers;		/* ms between the last byte and the end */
	int buffer;		/* of its socket, both ways; 0: as it is */
};

/* Options; -1 or 0: not given. */
struct words {
	int quit;		/* ms */
	int idle;		/* ms */
	int interval;		/* us */
	bool quit_on_eof;
	bool no_shutdown;
	bool no_stdin;
	bool keep_open;
	bool crlf;
	bool lines;
	bool marker;
	bool connect;
	bool named;		/* -s, of a datagram client */
	bool verbose;
	bool progress;
	bool dump;		/* in a file */
	size_t size;
	size_t count;
	int receive_buffer;
	int send_buffer;
};

struct script {
	uint64_t seed;
	const char *plot;
	enum kind kind;
	bool listens;
	int pokes;		/* SIGUSR1, so often */
	enum stdio in;
	enum stdio out;
	int pipe_size;		/* of stdin and stdout; 0: as it is */
	bool appends;		/* to the file that stdout is */
	bool abstract;		/* UNIX names */
	struct words words;

	struct content types;	/* the user */
	struct pace writes;
	enum closing closing;
	int lingers;		/* ms between the last byte and that */
	struct pace reads;
	size_t reads_most;	/* the reader leaves; SIZE_MAX: never */

	unsigned peers;		/* one after the other */
	struct part parts[PEERS_MAX];
};

/* Is a variable of the environment given, and not empty? */
static inline bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return (value != NULL && value[0] != '\0');
}

static inline bool
has_messages(enum kind kind)
{
	return (kind == SEQPACKET || kind == UNIX_DGRAM);
}

static inline bool
is_tcp(enum kind kind)
{
	return (kind == TCP4 || kind == TCP6);
}

/* The next number of a sequence, below `below`. */
uint64_t draw(uint64_t *state, uint64_t below);

void content_add(struct content *content, const char *bytes, size_t length);
void content_end_message(struct content *content);
void content_free(struct content *content);

void script_write(struct script *script, uint64_t seed);
void script_free(struct script *script);

/* Does it say more on stderr than what fails? */
bool script_is_talkative(const struct script *script);

/* Does stdin being /dev/null make a listener behave as with -d? */
bool script_lacks_stdin(const struct script *script);

void script_print(const struct script *script, FILE *f);

#endif
