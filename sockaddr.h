/*
 * Text <-> address, for the three domains: UNIX, IPv4 and IPv6.
 *
 * Silent, and opens nothing: every function returns what went wrong, and none
 * of them prints. Addresses are values: copied freely, never allocated.
 */
#ifndef SOCKADDR_H
#define SOCKADDR_H

#include <sys/socket.h>
#include <sys/un.h>

#include <netinet/in.h>

#include <stdbool.h>
#include <stddef.h>

/*
 * A socket address as bind(2), connect(2) and sendto(2) take it: the generic
 * `any` with `length`, the size in bytes of what is in use of the structure
 * that it really is. A length of 0 is "no address"; a length of no more than
 * the family is a UNIX socket without a name.
 */
struct address {
	socklen_t length;
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
		struct sockaddr_storage storage;
	} as;
};

enum {
	SOCKADDR_LIST_MAX = 32,		/* addresses kept of one name */
	SOCKADDR_TEXT_MAX = 192,	/* any address as text, and a NUL */
};

/* What one name stands for, in the order in which to try. */
struct address_list {
	size_t count;
	struct address at[SOCKADDR_LIST_MAX];
};

/* An address as people read it. */
struct address_text {
	char text[SOCKADDR_TEXT_MAX];
};

/* The ways to write an address; a UNIX one is its path in all of them. */
enum sockaddr_style {
	SOCKADDR_PAIR,		/* 127.0.0.1 80 */
	SOCKADDR_JOINED,	/* 127.0.0.1:80   [::1]:80 */
	SOCKADDR_NOUN,		/* 127.0.0.1 port 80 (tcp) */
	SOCKADDR_HOST,		/* 127.0.0.1 */
	SOCKADDR_EXACT,		/* as PAIR, and a path byte by byte */
};

/* What sockaddr_split() found an operand to be. */
enum sockaddr_split {
	SOCKADDR_SPLIT_NONE,		/* a lone word: no colon */
	SOCKADDR_SPLIT_PAIR,		/* host:port or [v6]:port */
	SOCKADDR_SPLIT_AMBIGUOUS,	/* a bare IPv6 address, port or not */
	SOCKADDR_SPLIT_COLONS,		/* more than one, and no IPv6 address */
	SOCKADDR_SPLIT_BROKEN,		/* brackets that do not match */
};

/*
 * The address of a UNIX socket (unix(7)): a path, or with a leading `@` a name
 * in Linux's abstract namespace. Returns 0, or -1 with errno: ENAMETOOLONG for
 * a path of 108 bytes or more or an abstract name of more than 107 after the
 * `@`, ENOENT for an empty one, EAFNOSUPPORT for an abstract one where there
 * are none.
 */
int sockaddr_unix(struct address *address, const char *path);

/* True for an address with a name in the file system. */
bool sockaddr_is_path(const struct address *address);

/*
 * Can a datagram be sent to this sender? Not to a UNIX socket without a name,
 * nor to one whose path fills sun_path and more: no call takes that back.
 */
bool sockaddr_can_answer(const struct address *address);

/*
 * A port: one to five digits from 1 to 65535, from 0 where `zero` allows it,
 * or, unless `numeric`, a name that the services database has for a socket of
 * this type (SOCK_STREAM, SOCK_DGRAM). Returns 0, or -1 with errno EINVAL.
 */
int sockaddr_port(const char *text, int type, bool zero, bool numeric,
    in_port_t *port);

/*
 * Take `host:port` or `[v6]:port` apart, in place: `*host` and `*port` point
 * into the operand. Any other operand is left as it is, and so are they.
 */
enum sockaddr_split sockaddr_split(char *operand, const char **host,
    char **port);

/*
 * The addresses of a host: AF_INET, AF_INET6 or, with AF_UNSPEC, either, the
 * families interleaved as RFC 8305, section 4, has it. `numeric`: no look-up,
 * so it cannot block; else it may take long. Returns 0 or an EAI code of
 * getaddrinfo(3).
 */
int sockaddr_resolve(const char *host, int family, bool numeric,
    struct address_list *list);

/*
 * The wildcard addresses of a family or, with AF_UNSPEC, of both: IPv6 first,
 * since one socket bound to that can serve both.
 */
void sockaddr_wildcard(int family, struct address_list *list);

/* Set the port, host byte order, of every address in the list. */
void sockaddr_set_port(struct address_list *list, in_port_t port);

/* The port, in host byte order; 0 in the UNIX domain. */
in_port_t sockaddr_get_port(const struct address *address);

/* True for a link-local IPv6 address that does not say on which link. */
bool sockaddr_lacks_zone(const struct address *address);

/* True where both are the same: for IP address, port and zone. */
bool sockaddr_same(const struct address *a, const struct address *b);

/*
 * Write an address as text; `type` names the protocol in SOCKADDR_NOUN. An
 * IPv4 address mapped into IPv6 (RFC 4291, 2.5.5.2) is written as IPv4. A
 * control character, which a peer can put in its name, is written as `?`, but
 * in SOCKADDR_EXACT.
 * Returns the text, which is in `*buffer`.
 */
const char *sockaddr_text(const struct address *address,
    enum sockaddr_style style, int type, struct address_text *buffer);

/* The protocol: "tcp", "udp", "unix", "unix dgram" or "unix seqpacket". */
const char *sockaddr_protocol(int family, int type);

#endif
