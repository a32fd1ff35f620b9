#include "advice.h"

#include <sys/stat.h>

#include <arpa/inet.h>

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "sockaddr.h"

static const char *
say(struct advice *advice, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Half a remark is none. */
static const char *
say(struct advice *advice, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(advice->text, sizeof(advice->text), format,
	    arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= sizeof(advice->text))
		return ("");
	return (advice->text);
}

/* Is it a number that a port can have? */
static bool
is_port(const char *text)
{
	in_port_t port;

	return (sockaddr_port(text, SOCK_STREAM, true, true, &port) == 0);
}

static const char digits[] = "0123456789";

/* "80-90", "80..90", "80:90": where the second number begins; else NULL. */
static const char *
find_range(const char *text)
{
	static const char *const separators[] = { "-", ":", ".." };
	const size_t low = strspn(text, digits);

	for (size_t i = 0; low > 0 &&
	    i < sizeof(separators) / sizeof(separators[0]); i++) {
		const size_t length = strlen(separators[i]);
		const char *high = text + low + length;

		if (strncmp(text + low, separators[i], length) == 0 &&
		    *high != '\0' && high[strspn(high, digits)] == '\0')
			return (high);
	}
	return (NULL);
}

/* Words that are one, as from a quoted "$address". */
static bool
has_blank(const char *text)
{
	const char *blank = strchr(text, ' ');

	return (blank != NULL && blank != text && blank[1] != '\0');
}

/* A lone word that is no port. */
static const char *
advice_word(const char *word, bool is_path, struct advice *advice)
{
	if (has_blank(word))
		return (" (host and port are two operands)");
	if (word[0] == '@')
		return (say(advice, " (did you mean -U %s?)", word));
	if (is_path)
		return (say(advice, " (a path is written ./%s)", word));
	return ("");
}

const char *
advice_port(const struct options *options, const char *port,
    struct advice *advice)
{
	const char *first = options->operands[0], *high = find_range(port);
	struct in_addr address;

	if (port == first && inet_pton(AF_INET, first, &address) == 1)
		return (say(advice, " (did you mean %s 8080?)", first));
	if (port == first)
		return (advice_word(port, isalpha((unsigned char)port[0]) ||
		    port[0] == '_' || port[0] == '.', advice));
	/* Half of 1-2-3 is a range already. */
	if (high != NULL && options_has(options, OPTION_PROBE))
		return (high[-1] == '-' ? "" : say(advice,
		    " (did you mean %.*s-%s?)", (int)strspn(port, digits),
		    port, high));
	if (high != NULL && !options_has(options, OPTION_LISTEN))
		return (" (a range of ports is for -z)");
	if (options->count == 2 && port == options->operands[1] &&
	    is_port(first))
		return (say(advice, " (did you mean %s %s?)", port, first));
	return ("");
}

const char *
advice_host(const struct options *options, const char *host,
    struct advice *advice)
{
	struct stat found;

	if (is_port(host) && options_has(options, OPTION_PROBE))
		return (say(advice, " (did you mean localhost %s?)", host));
	if (is_port(host))
		return (say(advice,
		    " (did you mean localhost %s, or -l %s?)", host, host));
	if (options_has(options, OPTION_SOURCE_PORT))
		return (say(advice, " (%s is for the local one)",
		    options_spelling(options, OPTION_SOURCE_PORT)));
	return (advice_word(host, stat(host, &found) == 0 &&
	    S_ISSOCK(found.st_mode), advice));
}

const char *
advice_more(const struct options *options, const char *word)
{
	if ((is_port(word) || find_range(word) != NULL) &&
	    !options_has(options, OPTION_LISTEN))
		return (" (several ports are for -z)");
	return ("");
}

/* Is the directory of this path missing? */
static bool
lacks_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char directory[108];
	struct stat found;

	if (slash == path || (size_t)(slash - path) >= sizeof(directory))
		return (false);
	strlcpy(directory, path, (size_t)(slash - path) + 1);
	return (stat(directory, &found) == -1 && errno == ENOENT);
}

const char *
advice_path(const struct options *options, const char *path,
    struct advice *advice)
{
	const char *slash = strchr(path, '/');

	/* What is said to be a path is one; and one may still appear. */
	if (strchr(options_spelling(options, OPTION_UNIX), '/') == NULL ||
	    options_has(options, OPTION_RETRY) || !lacks_directory(path))
		return ("");
	if (strstr(path, "://") != NULL)
		return (" (of a URL, write the host and the port)");
	if (is_port(slash + 1) && path[0] != '.')
		return (say(advice, " (did you mean %.*s %s?)",
		    (int)(slash - path), path, slash + 1));
	return ("");
}
