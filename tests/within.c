/*
 * within: run a command for at most so many seconds.
 *
 *	within [-c] [-x fd] ... seconds command [arg ...]
 *
 * The command takes the place of this process, so that it has the pid that the
 * test sees; a child, holding no descriptor, watches over it and kills it when
 * the time is over. (An alarm(2) would outlive execve(2) as well, but a command
 * can block SIGALRM, and hang where it does.)
 *
 * A shell without job control starts its background jobs with SIGINT and
 * SIGQUIT ignored; here every signal gets its default back, so that a test of
 * signals tests the command and not the shell.
 *
 * -x closes a descriptor first (for a command that is to start without its
 * stdin, say), -c all those above 2.
 */
#include <sys/types.h>
#include <sys/syscall.h>

#include <err.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "number.h"

static void
usage(void)
{

	errx(2, "usage: within [-c] [-x fd] ... seconds command [arg ...]");
}

static int
small_number(const char *text)
{

	return ((int)read_number(text, 0, 100000));
}

static void
default_signals(void)
{
	sigset_t none;
	int n;

	for (n = 1; n < NSIG; n++)
		(void)signal(n, SIG_DFL);
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		err(2, "sigprocmask");
}

/* The pidfd is readable once the process has ended. */
static void
watch(pid_t pid, int seconds)
{
	struct pollfd ended;

	closefrom(0);
	ended.fd = (int)syscall(SYS_pidfd_open, pid, 0);
	ended.events = POLLIN;
	if (ended.fd != -1 && getppid() == pid &&
	    poll(&ended, 1, seconds * 1000) == 0)
		(void)kill(pid, SIGKILL);
	_exit(0);
}

static void
start_watching(int seconds)
{
	pid_t self;

	self = getpid();
	switch (fork()) {
	case -1:
		err(2, "fork");
	case 0:
		watch(self, seconds);
		break;
	default:
		break;
	}
}

int
main(int argc, char *argv[])
{
	int ch;

	while ((ch = getopt(argc, argv, "+cx:")) != -1) {
		switch (ch) {
		case 'c':
			closefrom(3);
			break;
		case 'x':
			(void)close(small_number(optarg));
			break;
		default:
			usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (argc < 2)
		usage();
	default_signals();
	start_watching(small_number(argv[0]));
	(void)execvp(argv[1], argv + 1);
	err(127, "%s", argv[1]);
}
