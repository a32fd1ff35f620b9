/*
 * For a fuzzer that reads addresses, and includes this once: no host is ever
 * looked up, and the program has to ask for numbers alone.
 */
#ifndef NUMERIC_H
#define NUMERIC_H

#include <netdb.h>
#include <stddef.h>

#include "must.h"

/* The linker has getaddrinfo(3) be this: no host is ever looked up. */
int __real_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **found);
int __wrap_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **found);

int
__wrap_getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **found)
{
	MUST(hints != NULL && (hints->ai_flags & AI_NUMERICHOST) != 0);
	return (__real_getaddrinfo(node, service, hints, found));
}

#endif
