#include "tune.h"

#include <netinet/ip.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A number for both IP versions; an IPv6 socket may carry IPv4 (mapped). */
struct ip_option {
	const char *failed;
	size_t value;		/* where in the plan */
	int ipv4;
	int ipv6;
	bool streams;		/* for them as well as for datagrams */
};

static const struct ip_option ip_options[] = {
	{ "set --tos for", offsetof(struct tune_plan, tos),
	    IP_TOS, IPV6_TCLASS, true },
	{ "set --ttl for", offsetof(struct tune_plan, ttl),
	    IP_TTL, IPV6_UNICAST_HOPS, true },
	{ "set --ttl for", offsetof(struct tune_plan, ttl),
	    IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS, false },
#if defined(IP_MINTTL) && defined(IPV6_MINHOPCOUNT)
	{ "set --min-ttl for", offsetof(struct tune_plan, min_ttl),
	    IP_MINTTL, IPV6_MINHOPCOUNT, true },
#endif
};

/* The same for any socket. */
static const struct {
	const char *failed;
	size_t value;
	int option;
} buffer_options[] = {
	{ "set --recv-buffer for", offsetof(struct tune_plan, receive_buffer),
	    SO_RCVBUF },
	{ "set --send-buffer for", offsetof(struct tune_plan, send_buffer),
	    SO_SNDBUF },
};

static int
value_at(const struct tune_plan *plan, size_t offset)
{
	int value;

	memcpy(&value, (const char *)plan + offset, sizeof(value));
	return (value);
}

static int
set(int fd, int level, int option, int value)
{
	return (setsockopt(fd, level, option, &value, sizeof(value)));
}

static int
set_ip_option(int fd, int family, const struct ip_option *option, int value)
{
	if (family == AF_INET)
		return (set(fd, IPPROTO_IP, option->ipv4, value));
	/* For mapped IPv4; a socket that is IPv6 alone may refuse. */
	(void)set(fd, IPPROTO_IP, option->ipv4, value);
	return (set(fd, IPPROTO_IPV6, option->ipv6, value));
}

/* What was asked for: a refusal is a failure. */
static int
set_asked(int fd, int family, const struct tune_plan *plan,
    const char **failed)
{
	int value;

	for (size_t i = 0;
	    i < sizeof(buffer_options) / sizeof(buffer_options[0]); i++) {
		*failed = buffer_options[i].failed;
		value = value_at(plan, buffer_options[i].value);
		if (value != -1 && set(fd, SOL_SOCKET,
		    buffer_options[i].option, value) == -1)
			return (-1);
	}
	for (size_t i = 0; family != AF_UNIX &&
	    i < sizeof(ip_options) / sizeof(ip_options[0]); i++) {
		*failed = ip_options[i].failed;
		value = value_at(plan, ip_options[i].value);
		if (plan->type != SOCK_DGRAM && !ip_options[i].streams)
			continue;
		if (value != -1 &&
		    set_ip_option(fd, family, &ip_options[i], value) == -1)
			return (-1);
	}
	*failed = "set --broadcast for";
	return (plan->broadcast ? set(fd, SOL_SOCKET, SO_BROADCAST, 1) : 0);
}

static bool
is_multicast(const struct address *address)
{
	switch (address->as.any.sa_family) {
	case AF_INET:
		return (IN_MULTICAST(ntohl(address->as.in.sin_addr.s_addr)));
	case AF_INET6:
		return (IN6_IS_ADDR_MULTICAST(&address->as.in6.sin6_addr));
	default:
		return (false);
	}
}

/*
 * Packets come with their sender's credentials: they are not looked at, but
 * that they are there is what tells an empty packet from the end of file,
 * where recvmsg(2) returns 0 for both. (A client is given an abstract name for
 * it, when it connects.) An urgent byte stays in line (RFC 6093): elsewhere it
 * would not be read.
 */
void
tune_connection(int fd, int type)
{
	if (type == SOCK_STREAM)
		(void)set(fd, SOL_SOCKET, SO_OOBINLINE, 1);
#ifdef SO_PASSCRED
	if (type == SOCK_SEQPACKET)
		(void)set(fd, SOL_SOCKET, SO_PASSCRED, 1);
#endif
}

/* What we want for ourselves: a kernel without it still moves data. */
static void
set_wished(int fd, const struct address *address,
    const struct tune_plan *plan)
{
	int family = address->as.any.sa_family;

	/* Before connect(2): the name that it brings is to be there then. */
	if (!plan->listen && plan->type == SOCK_SEQPACKET)
		tune_connection(fd, plan->type);
	if (family == AF_UNIX)
		return;
	if (plan->listen &&
	    (plan->type == SOCK_STREAM || is_multicast(address)))
		(void)set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	if (family == AF_INET6 && plan->listen)
		(void)set(fd, IPPROTO_IPV6, IPV6_V6ONLY, !plan->dual);
#ifdef SOCKCAT_LINUX
	if (plan->type == SOCK_DGRAM) {
		/* An unconnected socket hears of refusals with this alone. */
		(void)set(fd, IPPROTO_IP, IP_RECVERR, 1);
		if (family == AF_INET6)
			(void)set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
	}
#endif
}

int
tune_open(const struct tune_plan *plan, const struct address *address,
    const char **failed)
{
	int family = address->as.any.sa_family;
	int fd, error;

	*failed = "make a socket for";
	fd = socket(family, plan->type | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return (-1);
	set_wished(fd, address, plan);
	if (set_asked(fd, family, plan, failed) == 0)
		return (fd);
	error = errno;
	close(fd);
	errno = error;
	return (-1);
}

bool
tune_is_self(int fd)
{
	struct address local = { .length = sizeof(local.as) };
	struct address peer = { .length = sizeof(peer.as) };

	return (getsockname(fd, &local.as.any, &local.length) == 0 &&
	    local.as.any.sa_family != AF_UNIX &&
	    getpeername(fd, &peer.as.any, &peer.length) == 0 &&
	    sockaddr_same(&local, &peer));
}

int
tune_join(int fd, const struct address *address)
{
	const struct ip_mreq in = {
		.imr_multiaddr = address->as.in.sin_addr,
	};
	const struct ipv6_mreq in6 = {
		.ipv6mr_multiaddr = address->as.in6.sin6_addr,
		.ipv6mr_interface = address->as.in6.sin6_scope_id,
	};

	if (!is_multicast(address))
		return (0);
	if (address->as.any.sa_family == AF_INET)
		return (setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &in,
		    sizeof(in)));
	return (setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &in6,
	    sizeof(in6)));
}

/* The words of -T. */
static const struct {
	const char *name;
	int value;
} tos_names[] = {
	{ "af11", 0x28 }, { "af12", 0x30 }, { "af13", 0x38 },
	{ "af21", 0x48 }, { "af22", 0x50 }, { "af23", 0x58 },
	{ "af31", 0x68 }, { "af32", 0x70 }, { "af33", 0x78 },
	{ "af41", 0x88 }, { "af42", 0x90 }, { "af43", 0x98 },
	{ "critical", 0xa0 }, { "cs0", 0x00 }, { "cs1", 0x20 },
	{ "cs2", 0x40 }, { "cs3", 0x60 }, { "cs4", 0x80 },
	{ "cs5", 0xa0 }, { "cs6", 0xc0 }, { "cs7", 0xe0 },
	{ "ef", 0xb8 }, { "inetcontrol", 0xc0 },
	{ "lowcost", IPTOS_MINCOST },
	{ "lowdelay", IPTOS_LOWDELAY }, { "netcontrol", 0xe0 },
	{ "reliability", IPTOS_RELIABILITY },
	{ "throughput", IPTOS_THROUGHPUT },
};

const char *
tune_tos_name(size_t index)
{
	return (index < sizeof(tos_names) / sizeof(tos_names[0]) ?
	    tos_names[index].name : NULL);
}

int
tune_tos(const char *text)
{
	const char *fault;
	int value;

	for (size_t i = 0; i < sizeof(tos_names) / sizeof(tos_names[0]); i++)
		if (strcmp(tos_names[i].name, text) == 0)
			return (tos_names[i].value);
	if (strncmp(text, "0x", 2) == 0 && text[2] != '\0' &&
	    strspn(text + 2, "0123456789abcdefABCDEF") == strlen(text + 2) &&
	    strlen(text) <= 4)
		return ((int)strtol(text, NULL, 16));
	if (strspn(text, "0123456789") != strlen(text))
		return (-1);
	value = (int)strtonum(text, 0, 255, &fault);
	return (fault == NULL ? value : -1);
}
