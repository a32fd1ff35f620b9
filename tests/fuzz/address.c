/*
 * Fuzz sockaddr.h: what a person may write as an address, and what the kernel
 * may give as one.
 *
 * The first two bytes of the input are a port. The others are taken for a text,
 * up to a NUL; and for the bytes of an address of each family.
 */
#include <sys/socket.h>

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "../../sockaddr.h"
#include "must.h"
#include "numeric.h"

#define PATH_AT		offsetof(struct sockaddr_un, sun_path)

enum { PATH_MOST = 107, INPUT_MAX = 1024 };

static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static const int families[] = { AF_UNIX, AF_INET, AF_INET6, AF_UNSPEC };

static bool
starts_with(const char *text, const char *start)
{
	return (strncmp(text, start, strlen(start)) == 0);
}

/* As text, in this style; of a length that is promised. */
static const char *
as_text(const struct address *address, enum sockaddr_style style, int type,
    struct address_text *buffer)
{
	size_t length;

	memset(buffer->text, 'x', sizeof(buffer->text));
	MUST(sockaddr_text(address, style, type, buffer) == buffer->text);
	length = strnlen(buffer->text, sizeof(buffer->text));
	MUST(length > 0 && length < sizeof(buffer->text));
	for (size_t i = 0; style != SOCKADDR_EXACT && i < length; i++)
		MUST(!iscntrl((unsigned char)buffer->text[i]));
	return (buffer->text);
}

/* Every style begins with the same host; and names the protocol, or not. */
static void
try_styles(const struct address *address)
{
	const int family = address->as.any.sa_family;
	const bool ip = family == AF_INET || family == AF_INET6;
	struct address_text host, text;

	as_text(address, SOCKADDR_HOST, SOCK_STREAM, &host);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		const char *protocol = sockaddr_protocol(family, types[i]);

		as_text(address, SOCKADDR_PAIR, types[i], &text);
		MUST(starts_with(text.text, host.text));
		MUST(ip || strcmp(text.text, host.text) == 0);
		as_text(address, SOCKADDR_NOUN, types[i], &text);
		MUST(starts_with(text.text, host.text));
		MUST(strstr(text.text, protocol) != NULL);
		as_text(address, SOCKADDR_JOINED, types[i], &text);
		MUST(strstr(text.text, host.text) != NULL);
		as_text(address, SOCKADDR_EXACT, types[i], &text);
		MUST(!ip || starts_with(text.text, host.text));
	}
}

/* What sockaddr_unix() is to say: an errno, or 0. */
static int
expect_unix(const char *path)
{
	size_t length = strlen(path);

	if (length == 0)
		return (ENOENT);
	if (length > PATH_MOST + (path[0] == '@'))
		return (ENAMETOOLONG);
#ifndef SOCKCAT_LINUX
	if (path[0] == '@')
		return (EAFNOSUPPORT);
#endif
	return (0);
}

/* An address as the kernel may give it: of any length, and with any bytes. */
static void
try_bytes(const char *bytes, size_t size, int family, in_port_t port)
{
	struct address address = { .length = 0 }, again;
	struct address_list list = { .count = 1 };
	struct address_text text;
	const char *path;

	if (size > sizeof(address.as))
		size = sizeof(address.as);
	memcpy(&address.as, bytes, size);
	if (size >= sizeof(address.as.any.sa_family))
		address.as.any.sa_family = (sa_family_t)family;
	address.length = (socklen_t)size;
	if (size >= sizeof(address.as.in6) && family != AF_UNIX) {
		list.at[0] = address;
		sockaddr_set_port(&list, port);
		address = list.at[0];
		MUST(sockaddr_get_port(&address) ==
		    (family == AF_UNSPEC ? 0 : port));
	}
	try_styles(&address);
	MUST(sockaddr_same(&address, &address));
	(void)sockaddr_lacks_zone(&address);
	if (family != AF_UNIX || !sockaddr_can_answer(&address))
		return;
	path = as_text(&address, SOCKADDR_EXACT, SOCK_DGRAM, &text);
	if (sockaddr_is_path(&address))
		MUST(strncmp(path, address.as.un.sun_path, PATH_MOST + 1) ==
		    0);
	else if (expect_unix(path) == 0 && memchr(address.as.un.sun_path + 1,
	    '\0', address.length - PATH_AT - 1) == NULL)
		MUST(sockaddr_unix(&again, path) == 0 &&
		    sockaddr_same(&again, &address));
}

static void
try_unix(const char *path)
{
	int expected = expect_unix(path);
	struct address address;
	struct address_text text;

	if (expected != 0) {
		errno = 0;
		MUST(sockaddr_unix(&address, path) == -1);
		MUST(errno == expected);
		return;
	}
	MUST(sockaddr_unix(&address, path) == 0);
	MUST(address.length > PATH_AT &&
	    address.length <= sizeof(address.as.un));
	MUST(sockaddr_is_path(&address) == (path[0] != '@'));
	MUST(sockaddr_can_answer(&address));
	MUST(sockaddr_get_port(&address) == 0);
	MUST(!sockaddr_lacks_zone(&address));
	try_styles(&address);
	MUST(strcmp(as_text(&address, SOCKADDR_EXACT, SOCK_STREAM, &text),
	    path) == 0);
}

/* Only digits? Then how much is it? */
static bool
is_number(const char *text, unsigned long *number)
{
	*number = 0;
	for (size_t i = 0; text[i] != '\0'; i++) {
		if (text[i] < '0' || text[i] > '9')
			return (false);
		if (*number < 1000000)
			*number = 10 * *number + (unsigned long)(text[i] - '0');
	}
	return (text[0] != '\0');
}

static void
try_port(const char *text, int type, bool zero)
{
	const struct servent *service;
	unsigned long number;
	const bool digits = is_number(text, &number);
	const bool right = digits && strlen(text) <= 5 && number <= 65535 &&
	    (zero || number > 0);
	in_port_t port = 0;
	int got;

	got = sockaddr_port(text, type, zero, true, &port);
	MUST(got == (right ? 0 : -1));
	MUST(!right || port == number);
	got = sockaddr_port(text, type, zero, false, &port);
	MUST(!digits || got == (right ? 0 : -1));
	MUST(!right || port == number);
	if (digits || got == -1)
		return;
	MUST(isalnum((unsigned char)text[0]));
	service = getservbyname(text, type == SOCK_DGRAM ? "udp" : "tcp");
	MUST(service != NULL && ntohs((in_port_t)service->s_port) == port);
}

static bool
is_mapped(const struct address *address)
{
	return (address->as.any.sa_family == AF_INET6 &&
	    IN6_IS_ADDR_V4MAPPED(&address->as.in6.sin6_addr));
}

/* A number is one address, of one family; but a mapped one will do for both. */
static void
try_families(const char *host, const struct address *address)
{
	struct address_list again;

	for (size_t i = 1; i < 3 && !is_mapped(address); i++)
		MUST((sockaddr_resolve(host, families[i], true, &again) == 0)
		    == (address->as.any.sa_family == families[i]));
}

/* A host that is a number can be written, with its port, and read again. */
static void
try_host(const char *host, in_port_t port)
{
	struct address_list list, again;
	struct address_text text;
	const char *host_again;
	struct address *first = &list.at[0];
	char *port_again;
	in_port_t number;

	if (sockaddr_resolve(host, AF_UNSPEC, true, &list) != 0)
		return;
	MUST(list.count == 1);
	MUST(first->length == (first->as.any.sa_family == AF_INET ?
	    sizeof(first->as.in) : sizeof(first->as.in6)));
	MUST(sockaddr_get_port(first) == 0);
	try_families(host, first);
	sockaddr_set_port(&list, port);
	MUST(sockaddr_get_port(first) == port);
	try_styles(first);
	as_text(first, SOCKADDR_JOINED, SOCK_STREAM, &text);
	MUST(sockaddr_split(text.text, &host_again, &port_again) ==
	    SOCKADDR_SPLIT_PAIR);
	MUST(sockaddr_port(port_again, SOCK_STREAM, true, true, &number) == 0);
	MUST(number == port);
	MUST(sockaddr_resolve(host_again, AF_UNSPEC, true, &again) == 0);
	MUST(again.count == 1);
	sockaddr_set_port(&again, number);
	if (is_mapped(first))
		MUST(memcmp(&again.at[0].as.in.sin_addr,
		    &first->as.in6.sin6_addr.s6_addr[12], 4) == 0);
	else
		MUST(sockaddr_same(first, &again.at[0]));
}

/* Is it an IPv6 address, whatever its zone, for who asks the system? */
static bool
is_inet6(const char *text, size_t length)
{
	const struct addrinfo hints = {
		.ai_family = AF_INET6, .ai_flags = AI_NUMERICHOST,
	};
	char *address = strndup(text, length);
	struct addrinfo *found;
	int error;

	MUST(address != NULL);
	address[strcspn(address, "%")] = '\0';
	error = getaddrinfo(address, NULL, &hints, &found);
	if (error == 0)
		freeaddrinfo(found);
	free(address);
	return (error == 0);
}

/* What an operand is to be taken for. */
static enum sockaddr_split
expect_split(const char *operand)
{
	const char *close = strchr(operand, ']');
	size_t colons = 0;

	for (size_t i = 0; operand[i] != '\0'; i++)
		colons += operand[i] == ':';
	if (colons == 0)
		return (SOCKADDR_SPLIT_NONE);
	if (operand[0] == '[')
		return (close != NULL && close[1] == ':' &&
		    strchr(close + 2, ':') == NULL ?
		    SOCKADDR_SPLIT_PAIR : SOCKADDR_SPLIT_BROKEN);
	if (colons == 1)
		return (SOCKADDR_SPLIT_PAIR);
	return (is_inet6(operand, strlen(operand)) || is_inet6(operand,
	    (size_t)(strrchr(operand, ':') - operand)) ?
	    SOCKADDR_SPLIT_AMBIGUOUS : SOCKADDR_SPLIT_COLONS);
}

static void
try_split(const char *operand)
{
	const bool brackets = operand[0] == '[';
	const char *host = NULL;
	char *port = NULL, *copy = strdup(operand);
	enum sockaddr_split split;
	size_t length;

	MUST(copy != NULL);
	split = sockaddr_split(copy, &host, &port);
	MUST(split == expect_split(operand));
	if (split != SOCKADDR_SPLIT_PAIR) {
		MUST(strcmp(copy, operand) == 0 && host == NULL &&
		    port == NULL);
		free(copy);
		return;
	}
	length = strlen(host);
	MUST(host == copy + brackets);
	MUST(port == host + length + (brackets ? 2 : 1));
	MUST(memcmp(host, operand + brackets, length) == 0);
	MUST(strcmp(port, operand + (port - copy)) == 0);
	try_host(host, 0);
	free(copy);
}

static void
try_text(const char *text, in_port_t port)
{
	try_unix(text);
	try_split(text);
	try_host(text, port);
	for (size_t i = 0; i < 2; i++) {
		try_port(text, types[i], true);
		try_port(text, types[i], false);
	}
}

static void
try_wildcards(in_port_t port)
{
	struct address_list list;

	for (size_t i = 1; i < sizeof(families) / sizeof(families[0]); i++) {
		sockaddr_wildcard(families[i], &list);
		MUST(list.count == (families[i] == AF_UNSPEC ? 2 : 1));
		sockaddr_set_port(&list, port);
		for (size_t k = 0; k < list.count; k++) {
			MUST(sockaddr_get_port(&list.at[k]) == port);
			MUST(!sockaddr_lacks_zone(&list.at[k]));
			try_styles(&list.at[k]);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	in_port_t port;
	char *text;

	if (size < 2 || size > INPUT_MAX)
		return (0);
	port = (in_port_t)(input[0] << 8 | input[1]);
	input += 2;
	size -= 2;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++)
		try_bytes((const char *)input, size, families[i], port);
	text = strndup((const char *)input, size);
	MUST(text != NULL);
	try_text(text, port);
	try_wildcards(port);
	free(text);
	return (0);
}
