/*
 * terminal: give a command a terminal.
 *
 *	terminal fds columns file command ...
 *
 * runs the command with those of its descriptors 0, 1 and 2 that are among the
 * digits of fds on a new terminal of so many columns, its own for job control.
 * All that the terminal is made to show goes to the file as it comes. Where 0
 * is among fds, what comes on stdin is typed; at its end nothing is. The
 * signals INT, TERM, USR1 and WINCH are handed on, and before WINCH is, the
 * terminal is made half as wide. The status is the command's, or 128 and the
 * signal that ended it.
 */
#include <sys/ioctl.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "number.h"

static volatile sig_atomic_t signalled;

static void
note(int number)
{
	signalled = number;
}

static void
set_columns(int terminal, int columns)
{
	const struct winsize size = {
		.ws_col = (unsigned short)columns, .ws_row = 24,
	};

	if (ioctl(terminal, TIOCSWINSZ, &size) == -1)
		err(1, "TIOCSWINSZ");
}

/* In the child: a session of its own, led by the command. */
static void
run(const char *name, const char *fds, char **command)
{
	int terminal;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	terminal = open(name, O_RDWR);
	if (terminal == -1)
		err(1, "%s", name);
	for (const char *fd = fds; *fd != '\0'; fd++)
		dup2(terminal, *fd - '0');
	if (terminal > STDERR_FILENO)
		close(terminal);
	execvp(command[0], command);
	err(127, "%s", command[0]);
}

static void
hand_on(pid_t child, int terminal, int *columns)
{
	const int number = signalled;

	signalled = 0;
	if (number == SIGWINCH) {
		*columns /= 2;
		set_columns(terminal, *columns);
	}
	if (number != 0)
		kill(child, number);
}

/* Returns whether there was anything, and all of it has gone. */
static bool
copy(int from, int to)
{
	char bytes[4096];
	ssize_t n = read(from, bytes, sizeof(bytes));

	return (n > 0 && write(to, bytes, (size_t)n) == n);
}

int
main(int argc, char **argv)
{
	static const int handed_on[] = { SIGINT, SIGTERM, SIGUSR1, SIGWINCH };
	const struct sigaction action = { .sa_handler = note };
	int terminal, file, columns, status;
	sigset_t blocked, none;
	pid_t child;

	if (argc < 5)
		errx(2, "usage: terminal fds columns file command ...");
	closefrom(STDERR_FILENO + 1);
	sigemptyset(&none);
	sigemptyset(&blocked);
	for (size_t i = 0; i < sizeof(handed_on) / sizeof(handed_on[0]); i++) {
		sigaddset(&blocked, handed_on[i]);
		sigaction(handed_on[i], &action, NULL);
	}
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	file = open(argv[3], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (terminal == -1 || file == -1 || grantpt(terminal) == -1 ||
	    unlockpt(terminal) == -1)
		err(1, "a terminal");
	columns = (int)read_number(argv[2], 0, USHRT_MAX);
	set_columns(terminal, columns);
	child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		run(ptsname(terminal), argv[1], argv + 4);
	for (bool typing = strchr(argv[1], '0') != NULL, open = true; open;) {
		struct pollfd slots[] = {
			{ .fd = terminal, .events = POLLIN },
			{ .fd = typing ? STDIN_FILENO : -1, .events = POLLIN },
		};

		hand_on(child, terminal, &columns);
		if (ppoll(slots, 2, NULL, &none) == -1)
			continue;
		if (slots[1].revents != 0)
			typing = copy(STDIN_FILENO, terminal);
		/* EIO: the last one who had it open has gone. */
		if (slots[0].revents != 0)
			open = copy(terminal, file);
	}
	while (waitpid(child, &status, 0) == -1 && errno == EINTR)
		hand_on(child, terminal, &columns);
	return (WIFSIGNALED(status) ? 128 + WTERMSIG(status) :
	    WEXITSTATUS(status));
}
