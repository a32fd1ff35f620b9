/*
 * chaos: transfers that go as badly as they may, and what each side was owed.
 *
 *	chaos [-j jobs] first count
 *	chaos seed
 *
 * A seed makes a script: sockcat as client or listener, over TCP or in the
 * UNIX domain, with stdin and stdout that are pipes, sockets or files, and
 * some of its options. The program acts both sides of it, the user's and the
 * peer's: each writes and reads in chunks and with pauses of its own, and ends
 * early, or late, or in the worst of ways. A model knows what each was owed.
 *
 * Status 0 has to mean that nobody lacks a byte. Any other has to have a
 * reason in the script, one line that tells it, and what arrived has to be the
 * beginning of what was owed. Nothing may hang or spin; no descriptor, path or
 * flag of a shared descriptor may be left other than it was.
 *
 * The first form plays the seeds from `first` on, so many of them and some at a
 * time, and prints those that went wrong. The second plays one, and says what
 * happens.
 *
 * From the environment: SOCKCAT, the binary; WRAP, a command to put before it;
 * LIMIT, the seconds after which a transfer hangs; SANITIZE, if the binary is
 * slow for that; PORTABLE, if it is built without what Linux alone has.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../number.h"
#include "model.h"
#include "process.h"
#include "script.h"
#include "stage.h"

enum { JOBS_MAX = 64, GOOD = 0, WRONG = 1 };

/* What all have in common, in memory that they share. */
struct totals {
	unsigned long orderly;
	unsigned long failed;
	unsigned long timed_out;
	unsigned long many;
	unsigned long long bytes;
};

static const char *
sockcat(void)
{
	const char *path = getenv("SOCKCAT");

	return (path == NULL ? "build/sockcat" : path);
}

static void
count(struct totals *totals, const struct script *script,
    const struct facts *facts)
{
	unsigned long *which = &totals->failed;

	if (script->words.keep_open)
		which = &totals->many;
	else if (facts->status == 0)
		which = &totals->orderly;
	else if (WIFEXITED(facts->status) && WEXITSTATUS(facts->status) == 124)
		which = &totals->timed_out;
	__atomic_fetch_add(which, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < script->peers; i++)
		__atomic_fetch_add(&totals->bytes,
		    facts->peers[i].got.length, __ATOMIC_RELAXED);
	__atomic_fetch_add(&totals->bytes, facts->out.length,
	    __ATOMIC_RELAXED);
}

/* All at once, so that what others print does not come between. */
static void
report(const struct script *script, const struct verdict *verdict)
{
	struct line line;
	char command[WORD_TEXT], *text;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (f == NULL)
		err(2, "open_memstream");
	process_words(script, "sockcat", "DIR", script->listens ? "LOCAL" :
	    "PEER", 3, &line);
	line_print(&line, command, sizeof(command));
	fprintf(f, "seed %ju: %s\n  %s\n", (uintmax_t)script->seed,
	    verdict->wrong[0] == '\0' ? "as it should be" : verdict->wrong,
	    command);
	script_print(script, f);
	fclose(f);
	(void)!write(STDERR_FILENO, text, size);
	free(text);
}

static int
play(uint64_t seed, struct totals *totals, bool log)
{
	struct script script;
	struct facts facts;
	struct verdict verdict;

	script_write(&script, seed);
	stage_play(&script, sockcat(), &facts, log);
	model_judge(&script, &facts, &verdict);
	count(totals, &script, &facts);
	if (log || verdict.wrong[0] != '\0')
		report(&script, &verdict);
	stage_forget(&facts);
	script_free(&script);
	return (verdict.wrong[0] == '\0' ? GOOD : WRONG);
}

static void
start(uint64_t seed, struct totals *totals)
{
	pid_t pid = fork();

	if (pid == -1)
		err(2, "fork");
	if (pid == 0)
		_exit(play(seed, totals, false));
}

/* Wait for one of them. Returns how many went wrong: 0 or 1. */
static unsigned long
finish(void)
{
	int status;

	if (wait(&status) == -1)
		err(2, "wait");
	return (status != 0);
}

static int
play_all(uint64_t first, unsigned long transfers, unsigned long jobs)
{
	struct totals *totals = mmap(NULL, sizeof(*totals),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	unsigned long failures = 0, running = 0;

	if (totals == MAP_FAILED)
		err(2, "mmap");
	for (unsigned long i = 0; i < transfers; i++) {
		if (running == jobs) {
			failures += finish();
			running--;
		}
		start(first + i, totals);
		running++;
	}
	while (running-- > 0)
		failures += finish();
	printf("status 0: %lu, 1: %lu, 124: %lu; with -k: %lu; %llu MB\n",
	    totals->orderly, totals->failed, totals->timed_out, totals->many,
	    totals->bytes / 1000000);
	printf("%lu transfers, %lu wrong\n", transfers, failures);
	return (failures == 0 ? 0 : 1);
}

int
main(int argc, char *argv[])
{
	struct totals totals = { 0 };
	unsigned long jobs = 2;
	uint64_t first;
	int ch;

	while ((ch = getopt(argc, argv, "j:")) != -1) {
		if (ch != 'j')
			return (2);
		jobs = (unsigned long)read_number(optarg, 1, JOBS_MAX);
	}
	argc -= optind;
	argv += optind;
	signal(SIGPIPE, SIG_IGN);
	if (argc != 1 && argc != 2)
		errx(2, "usage: chaos [-j jobs] first count | chaos seed");
	first = (uint64_t)read_number(argv[0], 0, LLONG_MAX);
	if (argc == 1)
		return (play(first, &totals, true));
	return (play_all(first,
	    (unsigned long)read_number(argv[1], 0, LONG_MAX), jobs));
}
