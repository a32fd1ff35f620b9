#include "process.h"

#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/*
 * Words.
 */

void
line_add(struct line *line, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(line->text + line->used,
	    sizeof(line->text) - line->used, format, arguments);
	va_end(arguments);
	if (line->count == WORDS_MAX || length < 0 ||
	    (size_t)length >= sizeof(line->text) - line->used)
		errx(2, "too many words");
	line->words[line->count++] = line->text + line->used;
	line->words[line->count] = NULL;
	line->used += (size_t)length + 1;
}

void
line_print(const struct line *line, char *text, size_t size)
{
	size_t used = 0;

	for (size_t i = 0; i < line->count && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s",
		    i == 0 ? "" : " ", line->words[i]);
}

/* A command to put before the binary, such as valgrind. */
static void
add_wrapper(struct line *line)
{
	char *words, *rest, *word;

	if (!is_set("WRAP"))
		return;
	words = strdup(getenv("WRAP"));
	if (words == NULL)
		err(2, "strdup");
	for (word = strtok_r(words, " ", &rest); word != NULL;
	    word = strtok_r(NULL, " ", &rest))
		line_add(line, "%s", word);
	free(words);
}

static void
add_options(struct line *line, const struct words *w)
{
	const struct {
		bool given;
		const char *word;
	} flags[] = {
		{ w->quit_on_eof, "-Q" }, { w->no_shutdown, "--no-shutdown" },
		{ w->no_stdin, "-d" }, { w->keep_open, "-k" },
		{ w->crlf, "-C" }, { w->lines, "-L" }, { w->marker, "-E" },
		{ w->connect, "-c" }, { w->verbose, "-vv" },
		{ w->progress, "--progress" },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].given)
			line_add(line, "%s", flags[i].word);
	if (w->quit != -1)
		line_add(line, "-q%d.%03d", w->quit / 1000, w->quit % 1000);
	if (w->idle != -1)
		line_add(line, "-w%d.%03d", w->idle / 1000, w->idle % 1000);
	if (w->interval > 0)
		line_add(line, "-i0.%06d", w->interval);
	if (w->size > 0)
		line_add(line, "--size=%zu", w->size);
	if (w->count > 0)
		line_add(line, "-W%zu", w->count);
	if (w->receive_buffer > 0)
		line_add(line, "-I%d", w->receive_buffer);
	if (w->send_buffer > 0)
		line_add(line, "-O%d", w->send_buffer);
}

void
process_words(const struct script *s, const char *sockcat, const char *folder,
    const char *place, int announce, struct line *line)
{
	const char *space = strchr(place, ' ');

	line->count = line->used = 0;
	add_wrapper(line);
	line_add(line, "%s", sockcat);
	if (s->listens)
		line_add(line, "-l");
	if (s->kind == UNIX_DGRAM)
		line_add(line, "-u");
	else if (s->kind == SEQPACKET)
		line_add(line, "--type=seqpacket");
	if (place[0] == '@')
		line_add(line, "-U");
	line_add(line, "--announce=/dev/fd/%d", announce);
	if (s->words.named)
		line_add(line, "-s%s/own", folder);
	if (s->words.dump)
		line_add(line, "--hexdump=%s/dump", folder);
	add_options(line, &s->words);
	if (space == NULL)
		line_add(line, "%s", place);
	else if (s->seed % 2 == 0)
		line_add(line, s->kind == TCP6 ? "[%.*s]:%s" : "%.*s:%s",
		    (int)(space - place), place, space + 1);
	else {
		line_add(line, "%.*s", (int)(space - place), place);
		line_add(line, "%s", space + 1);
	}
}

/*
 * Descriptors.
 */

static int
open_file(const char *folder, const char *name, int flags)
{
	char path[256];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, flags | O_CLOEXEC | O_CREAT, 0600);
	if (fd == -1)
		err(2, "%s", path);
	return (fd);
}

static void
unblock(int fd)
{
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(2, "O_NONBLOCK");
}

static void
make_pipe(int fds[2], int size)
{
	if (pipe2(fds, O_CLOEXEC) == -1)
		err(2, "pipe");
	if (size > 0 && fcntl(fds[1], F_SETPIPE_SZ, size) == -1)
		err(2, "a pipe of %d", size);
}

static void
make_sockets(int fds[2], int type)
{
	const int on = 1;

	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, fds) == -1)
		err(2, "socketpair");
	if (type == SOCK_SEQPACKET && setsockopt(fds[0], SOL_SOCKET,
	    SO_PASSCRED, &on, sizeof(on)) == -1)
		err(2, "SO_PASSCRED");
}

/* What the user writes is in the file before anybody reads it. */
static int
make_file(const struct script *s, const char *folder)
{
	int fd = open_file(folder, "in", O_RDWR);
	size_t done = 0;
	ssize_t n;

	for (; done < s->types.length; done += (size_t)n) {
		n = write(fd, s->types.bytes + done, s->types.length - done);
		if (n == -1)
			err(2, "write");
	}
	close(fd);
	return (open_file(folder, "in", O_RDONLY));
}

/* Ours first, then theirs; -1: there is none. */
static void
open_in(const struct script *s, const char *folder, int fds[2])
{
	fds[0] = -1;
	switch (s->in) {
	case STDIO_FILE:
		fds[1] = make_file(s, folder);
		return;
	case STDIO_NULL:
		fds[1] = open("/dev/null", O_RDONLY | O_CLOEXEC);
		return;
	case STDIO_SOCKET:
	case STDIO_BOTH:
		make_sockets(fds, SOCK_STREAM);
		break;
	case STDIO_PACKETS:
		make_sockets(fds, SOCK_SEQPACKET);
		break;
	case STDIO_PIPE:
	default: {
		int ends[2];

		make_pipe(ends, s->pipe_size);
		fds[0] = ends[1];
		fds[1] = ends[0];
		break;
	}
	}
	unblock(fds[0]);
}

static int
copy(int fd, int least)
{
	int other = fcntl(fd, F_DUPFD_CLOEXEC, least);

	if (other == -1)
		err(2, "dup");
	return (other);
}

static void
open_out(const struct script *s, const char *folder, const int in[2],
    int fds[2])
{
	fds[0] = -1;
	switch (s->out) {
	case STDIO_FILE:
		fds[1] = open_file(folder, "out",
		    O_WRONLY | (s->appends ? O_APPEND : 0));
		return;
	case STDIO_BOTH:
		fds[0] = copy(in[0], 0);
		fds[1] = copy(in[1], 0);
		return;
	case STDIO_SOCKET:
		make_sockets(fds, SOCK_STREAM);
		break;
	case STDIO_PACKETS:
		make_sockets(fds, SOCK_SEQPACKET);
		break;
	case STDIO_PIPE:
	case STDIO_NULL:
	default:
		make_pipe(fds, s->pipe_size);
		break;
	}
	unblock(fds[0]);
}

/*
 * The process.
 */

static _Noreturn void
become(const struct line *line, const int theirs[], const int numbers[],
    size_t count)
{
	int moved[8];

	/* Out of the way of the numbers that they are to have. */
	for (size_t i = 0; i < count; i++)
		moved[i] = copy(theirs[i], 40);
	for (size_t i = 0; i < count; i++)
		if (dup2(moved[i], numbers[i]) == -1)
			err(2, "dup2");
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	execvp(line->words[0], line->words);
	err(2, "%s", line->words[0]);
}

void
process_start(struct process *p, const struct script *s,
    const struct line *line, const char *folder, int announce)
{
	/* One that it knows of, and one that it does not. */
	const int numbers[] = { 0, 1, 2, announce, announce == 9 ? 3 : 9 };
	int in[2], out[2], said[2], announced[2], leak[2];

	open_in(s, folder, in);
	open_out(s, folder, in, out);
	make_pipe(said, 0);
	make_pipe(announced, 0);
	make_pipe(leak, 0);
	const int theirs[] = { in[1], out[1], said[1], announced[1], leak[1] };

	*p = (struct process){
		.in = in[0], .in_theirs = in[1], .out = out[0],
		.said = said[0], .announced = announced[0], .leak = leak[0],
		.wrapped = is_set("WRAP"),
	};
	p->pid = fork();
	if (p->pid == -1)
		err(2, "fork");
	if (p->pid == 0)
		become(line, theirs, numbers,
		    sizeof(numbers) / sizeof(numbers[0]));
	for (size_t i = 1; i < sizeof(theirs) / sizeof(theirs[0]); i++)
		close(theirs[i]);
	unblock(p->said);
	unblock(p->announced);
	unblock(p->leak);
	p->ended = (int)syscall(SYS_pidfd_open, p->pid, 0);
	if (p->ended == -1)
		err(2, "pidfd_open");
}

bool
process_freeze(const struct process *p)
{
	siginfo_t info = { 0 };

	if (kill(p->pid, SIGSTOP) == -1 || waitid(P_PID, (id_t)p->pid, &info,
	    WSTOPPED | WEXITED | WNOWAIT) == -1)
		err(2, "SIGSTOP");
	return (info.si_code == CLD_STOPPED);
}

void
process_thaw(const struct process *p)
{
	kill(p->pid, SIGCONT);
}

int
process_descriptors(const struct process *p)
{
	char path[64];
	int count = 0;
	DIR *folder;

	snprintf(path, sizeof(path), "/proc/%d/fd", (int)p->pid);
	folder = opendir(path);
	if (folder == NULL)
		return (-1);
	for (struct dirent *entry; (entry = readdir(folder)) != NULL;)
		count += entry->d_name[0] != '.';
	closedir(folder);
	return (count);
}

bool
process_non_blocking(const struct process *p, int fd)
{
	char path[64];
	unsigned flags = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)p->pid, fd);
	f = fopen(path, "r");
	if (f == NULL)
		return (false);
	(void)!fscanf(f, "%*s %*d %*s %o", &flags);
	fclose(f);
	return ((flags & O_NONBLOCK) != 0);
}

void
process_close(struct process *p)
{
	const int fds[] = {
		p->in, p->in_theirs, p->out, p->said, p->announced, p->leak,
		p->ended,
	};

	for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++)
		if (fds[i] != -1)
			close(fds[i]);
}
