#include "sockaddr.h"

#include <arpa/inet.h>
#include <net/if.h>

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNIX_PATH_AT	offsetof(struct sockaddr_un, sun_path)
#define UNIX_PATH_MAX	sizeof(((struct sockaddr_un *)NULL)->sun_path)

int
sockaddr_unix(struct address *address, const char *path)
{
	struct sockaddr_un *un = &address->as.un;
	size_t length = strlen(path);
	bool abstract = path[0] == '@';

	memset(address, 0, sizeof(*address));
	un->sun_family = AF_UNIX;
	if (length == 0) {
		errno = ENOENT;
		return (-1);
	}
	/* A path ends with a NUL; an abstract name starts with one. */
	if (length >= UNIX_PATH_MAX + abstract) {
		errno = ENAMETOOLONG;
		return (-1);
	}
#ifdef SOCKCAT_LINUX
	memcpy(un->sun_path, path, length);
	if (abstract)
		un->sun_path[0] = '\0';
#else
	if (abstract) {
		errno = EAFNOSUPPORT;
		return (-1);
	}
	memcpy(un->sun_path, path, length);
#endif
	address->length =
	    (socklen_t)(UNIX_PATH_AT + length + (abstract ? 0 : 1));
	return (0);
}

bool
sockaddr_is_path(const struct address *address)
{
	return (address->as.any.sa_family == AF_UNIX &&
	    address->length > UNIX_PATH_AT &&
	    address->as.un.sun_path[0] != '\0');
}

bool
sockaddr_can_answer(const struct address *address)
{
	if (address->as.any.sa_family != AF_UNIX)
		return (address->length > 0);
	return (address->length > UNIX_PATH_AT &&
	    address->length <= sizeof(address->as.un));
}

/* getservbyname(3), for names that could not be mistaken for numbers. */
static int
service_port(const char *name, int type, in_port_t *port)
{
	struct servent *service = NULL;

	if (isalnum((unsigned char)name[0]))
		service = getservbyname(name,
		    type == SOCK_DGRAM ? "udp" : "tcp");
	if (service == NULL) {
		errno = EINVAL;
		return (-1);
	}
	*port = ntohs((uint16_t)service->s_port);
	return (0);
}

int
sockaddr_port(const char *text, int type, bool zero, bool numeric,
    in_port_t *port)
{
	const char *fault;
	size_t digits = strspn(text, "0123456789");

	if (digits > 0 && digits <= 5 && text[digits] == '\0') {
		*port = (in_port_t)strtonum(text, zero ? 0 : 1, UINT16_MAX,
		    &fault);
		if (fault == NULL)
			return (0);
	} else if (digits < strlen(text) && !numeric)
		return (service_port(text, type, port));
	errno = EINVAL;
	return (-1);
}

/* Are the first so many characters an IPv6 address, of whatever zone? */
static bool
is_inet6(const char *text, size_t length)
{
	char copy[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	const char *zone = memchr(text, '%', length);

	if (zone != NULL)
		length = (size_t)(zone - text);
	if (length >= sizeof(copy))
		return (false);
	memcpy(copy, text, length);
	copy[length] = '\0';
	return (inet_pton(AF_INET6, copy, &in6) == 1);
}

enum sockaddr_split
sockaddr_split(char *operand, const char **host, char **port)
{
	char *colon = strrchr(operand, ':'), *end = colon;

	if (colon == NULL)
		return (SOCKADDR_SPLIT_NONE);
	if (operand[0] == '[') {
		operand++;
		end = strchr(operand, ']');
		if (end == NULL || end + 1 != colon)
			return (SOCKADDR_SPLIT_BROKEN);
	} else if (strchr(operand, ':') != colon)
		return (is_inet6(operand, strlen(operand)) ||
		    is_inet6(operand, (size_t)(colon - operand)) ?
		    SOCKADDR_SPLIT_AMBIGUOUS : SOCKADDR_SPLIT_COLONS);
	*end = '\0';
	*host = operand;
	*port = colon + 1;
	return (SOCKADDR_SPLIT_PAIR);
}

/* A hosts file can have the same address twice. */
static bool
is_listed(const struct address_list *list, const struct address *address)
{
	for (size_t i = 0; i < list->count; i++)
		if (sockaddr_same(&list->at[i], address))
			return (true);
	return (false);
}

/*
 * Copy what getaddrinfo(3) gave, a family in turn: the first address's family
 * first, then the other, and so on until one has no more.
 */
static void
interleave(const struct addrinfo *all, struct address_list *list)
{
	const struct addrinfo *next[2] = { all, all };
	int first = all->ai_family;

	list->count = 0;
	for (size_t turn = 0; list->count < SOCKADDR_LIST_MAX; turn++) {
		const struct addrinfo **from = &next[turn % 2];
		struct address *to = &list->at[list->count];

		while (*from != NULL &&
		    ((*from)->ai_family == first) != (turn % 2 == 0))
			*from = (*from)->ai_next;
		if (*from == NULL && next[(turn + 1) % 2] == NULL)
			break;
		if (*from == NULL)
			continue;
		memset(to, 0, sizeof(*to));
		memcpy(&to->as, (*from)->ai_addr, (*from)->ai_addrlen);
		to->length = (*from)->ai_addrlen;
		list->count += !is_listed(list, to);
		*from = (*from)->ai_next;
	}
}

int
sockaddr_resolve(const char *host, int family, bool numeric,
    struct address_list *list)
{
	const struct addrinfo hints = {
		.ai_family = family,
		.ai_socktype = SOCK_STREAM,	/* each address just once */
		.ai_flags = numeric ? AI_NUMERICHOST : 0,
	};
	struct addrinfo *found;
	int code;

	/* No port is asked of getaddrinfo(3): glibc takes it modulo 65536. */
	code = getaddrinfo(host, NULL, &hints, &found);
	if (code != 0)
		return (code);
	interleave(found, list);
	freeaddrinfo(found);
	return (0);
}

void
sockaddr_wildcard(int family, struct address_list *list)
{
	static const struct address wildcards[] = {
		{
			.length = sizeof(struct sockaddr_in6),
			.as.in6.sin6_family = AF_INET6,
		},
		{
			.length = sizeof(struct sockaddr_in),
			.as.in.sin_family = AF_INET,
		},
	};

	list->count = 0;
	for (size_t i = 0; i < 2; i++)
		if (family == AF_UNSPEC ||
		    family == wildcards[i].as.any.sa_family)
			list->at[list->count++] = wildcards[i];
}

/* Where the port of an IP address is; NULL in the UNIX domain. */
static in_port_t *
port_field(struct address *address)
{
	switch (address->as.any.sa_family) {
	case AF_INET:
		return (&address->as.in.sin_port);
	case AF_INET6:
		return (&address->as.in6.sin6_port);
	default:
		return (NULL);
	}
}

void
sockaddr_set_port(struct address_list *list, in_port_t port)
{
	for (size_t i = 0; i < list->count; i++) {
		in_port_t *field = port_field(&list->at[i]);

		if (field != NULL)
			*field = htons(port);
	}
}

in_port_t
sockaddr_get_port(const struct address *address)
{
	struct address copy = *address;
	const in_port_t *field = port_field(&copy);

	return (field == NULL ? 0 : ntohs(*field));
}

static bool
is_link_local(const struct sockaddr_in6 *in6)
{
	return (IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr) ||
	    IN6_IS_ADDR_MC_LINKLOCAL(&in6->sin6_addr));
}

bool
sockaddr_lacks_zone(const struct address *address)
{
	const struct sockaddr_in6 *in6 = &address->as.in6;

	return (address->as.any.sa_family == AF_INET6 &&
	    in6->sin6_scope_id == 0 && is_link_local(in6));
}

bool
sockaddr_same(const struct address *a, const struct address *b)
{
	if (a->as.any.sa_family != b->as.any.sa_family)
		return (false);
	switch (a->as.any.sa_family) {
	case AF_INET:
		return (a->as.in.sin_port == b->as.in.sin_port &&
		    a->as.in.sin_addr.s_addr == b->as.in.sin_addr.s_addr);
	case AF_INET6:
		return (a->as.in6.sin6_port == b->as.in6.sin6_port &&
		    a->as.in6.sin6_scope_id == b->as.in6.sin6_scope_id &&
		    IN6_ARE_ADDR_EQUAL(&a->as.in6.sin6_addr,
		    &b->as.in6.sin6_addr));
	default:
		return (a->length == b->length &&
		    memcmp(&a->as, &b->as, a->length) == 0);
	}
}

/* A UNIX socket's name, with the `@` of an abstract one, NUL-terminated. */
static void
unix_text(const struct address *address, bool exact, char *text, size_t size)
{
	size_t length = 0;

	if (address->length > UNIX_PATH_AT)
		length = address->length - UNIX_PATH_AT;
	if (length > UNIX_PATH_MAX)
		length = UNIX_PATH_MAX;
	if (sockaddr_is_path(address))
		length = strnlen(address->as.un.sun_path, length);
	if (length == 0) {
		strlcpy(text, "(unnamed)", size);
		return;
	}
	memcpy(text, address->as.un.sun_path, length);
	text[length] = '\0';
	for (size_t i = 0; i < length; i++)
		if (text[i] == '\0')
			text[i] = '@';
		else if (!exact && iscntrl((unsigned char)text[i]))
			text[i] = '?';
}

/* An IPv6 address, with its zone; one that is IPv4 mapped, as IPv4. */
static void
inet6_text(const struct sockaddr_in6 *in6, char *text, size_t size)
{
	char zone[IF_NAMESIZE];

	if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text,
		    (socklen_t)size);
		return;
	}
	inet_ntop(AF_INET6, &in6->sin6_addr, text, (socklen_t)size);
	if (in6->sin6_scope_id == 0)
		return;
	/* getaddrinfo(3) takes a name where zones are links, else numbers. */
	if (!is_link_local(in6) ||
	    if_indextoname(in6->sin6_scope_id, zone) == NULL)
		snprintf(zone, sizeof(zone), "%u", in6->sin6_scope_id);
	strlcat(text, "%", size);
	strlcat(text, zone, size);
}

static void
host_text(const struct address *address, bool exact, char *text, size_t size)
{
	switch (address->as.any.sa_family) {
	case AF_INET:
		inet_ntop(AF_INET, &address->as.in.sin_addr, text,
		    (socklen_t)size);
		break;
	case AF_INET6:
		inet6_text(&address->as.in6, text, size);
		break;
	default:
		unix_text(address, exact, text, size);
	}
}

const char *
sockaddr_protocol(int family, int type)
{
	if (family == AF_INET || family == AF_INET6)
		return (type == SOCK_DGRAM ? "udp" : "tcp");
	switch (type) {
	case SOCK_DGRAM:
		return ("unix dgram");
	case SOCK_SEQPACKET:
		return ("unix seqpacket");
	default:
		return ("unix");
	}
}

const char *
sockaddr_text(const struct address *address, enum sockaddr_style style,
    int type, struct address_text *buffer)
{
	int family = address->as.any.sa_family;
	const char *protocol = sockaddr_protocol(family, type);
	unsigned port = sockaddr_get_port(address);
	char host[sizeof(address->as.un.sun_path) + 2];
	char *text = buffer->text;
	size_t size = sizeof(buffer->text);
	const bool path = family != AF_INET && family != AF_INET6;

	host_text(address, style == SOCKADDR_EXACT, host, sizeof(host));
	if (style == SOCKADDR_NOUN && path)
		snprintf(text, size, "%s (%s)", host, protocol);
	else if (style == SOCKADDR_HOST || path)
		strlcpy(text, host, size);
	else if (style == SOCKADDR_NOUN)
		snprintf(text, size, "%s port %u (%s)", host, port, protocol);
	else if (style == SOCKADDR_PAIR || style == SOCKADDR_EXACT)
		snprintf(text, size, "%s %u", host, port);
	else if (strchr(host, ':') != NULL)
		snprintf(text, size, "[%s]:%u", host, port);
	else
		snprintf(text, size, "%s:%u", host, port);
	return (text);
}
