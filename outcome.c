#include "outcome.h"

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Errors of connecting that are about the moment, not about the address. */
static const int passing[] = {
	ECONNREFUSED, ECONNRESET, ECONNABORTED, EHOSTUNREACH, EHOSTDOWN,
	ENETUNREACH, ENETDOWN, ETIMEDOUT, ENOENT, EADDRNOTAVAIL, EAGAIN,
	EADDRINUSE, ENOBUFS, EMFILE, ENFILE,
};

bool
outcome_may_pass(int error)
{
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == error)
			return (true);
	return (false);
}

void
outcome_clean(char *text)
{
	for (; *text != '\0'; text++)
		if (iscntrl((unsigned char)*text))
			*text = '?';
}

void
outcome_reason(struct reason *reason, int error, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(reason->what, sizeof(reason->what), format, arguments);
	va_end(arguments);
	outcome_clean(reason->what);
	strlcpy(reason->why, strerror(error), sizeof(reason->why));
	reason->passing = outcome_may_pass(error);
}

void
outcome_report(const struct reason *reason, const char *limit)
{
	if (limit == NULL)
		warnx("%s failed: %s", reason->what, reason->why);
	else
		warnx("%s failed: %s (%s)", reason->what, reason->why, limit);
}
