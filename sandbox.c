#include "sandbox.h"

#include <stddef.h>

#if defined(SOCKCAT_SANDBOX) && defined(SOCKCAT_LINUX)
#include <linux/landlock.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <stdint.h>
#include <unistd.h>

/* The system's header may be older than the kernel: landlock(7). */
struct ruleset {
	uint64_t files;		/* handled_access_fs */
	uint64_t network;	/* handled_access_net */
};

/* What each version of Landlock has first been able to forbid. */
static const struct {
	long since;
	struct ruleset forbids;
} versions[] = {
	{ 1, { .files = 0x1fff } },	/* from EXECUTE to MAKE_SYM */
	{ 2, { .files = 0x2000 } },	/* REFER */
	{ 3, { .files = 0x4000 } },	/* TRUNCATE */
	{ 4, { .network = 0x3 } },	/* BIND_TCP, CONNECT_TCP */
	{ 5, { .files = 0x8000 } },	/* IOCTL_DEV */
};

/* Forbid all that this version can. Returns the ruleset's descriptor, or -1. */
static int
make_ruleset(struct ruleset *forbidden)
{
	const long version = syscall(SYS_landlock_create_ruleset, NULL,
	    (size_t)0, LANDLOCK_CREATE_RULESET_VERSION);

	*forbidden = (struct ruleset){ .files = 0 };
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (version >= versions[i].since) {
			forbidden->files |= versions[i].forbids.files;
			forbidden->network |= versions[i].forbids.network;
		}
	if (forbidden->files == 0)
		return (-1);
	return ((int)syscall(SYS_landlock_create_ruleset, forbidden,
	    sizeof(*forbidden), 0));
}

static int
allow_removal(int ruleset, int directory)
{
	const struct landlock_path_beneath_attr rule = {
		.allowed_access = LANDLOCK_ACCESS_FS_REMOVE_FILE,
		.parent_fd = directory,
	};

	if (directory == -1)
		return (0);
	return ((int)syscall(SYS_landlock_add_rule, ruleset,
	    LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

const char *
sandbox_enter(int directory)
{
	struct ruleset forbidden;
	int ruleset, held = -1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return ("not at all, this kernel cannot");
	ruleset = make_ruleset(&forbidden);
	if (ruleset != -1) {
		if (allow_removal(ruleset, directory) == 0)
			held = (int)syscall(SYS_landlock_restrict_self,
			    ruleset, 0);
		close(ruleset);
	}
	if (held == -1)
		return ("no new privileges, and no more: Landlock is missing");
	return (forbidden.network == 0 ? "no file can be opened" :
	    "no file can be opened, no TCP connection made");
}

#elif defined(SOCKCAT_SANDBOX) && defined(__OpenBSD__)
#include <unistd.h>

const char *
sandbox_enter(int directory)
{
	/* accept(2) and sendto(2) need their domain; unlink(2) a path. */
	if (pledge(directory == -1 ? "stdio inet unix" :
	    "stdio inet unix rpath cpath", NULL) == -1)
		return ("not at all, pledge(2) failed");
	return (directory == -1 ? "no file can be opened" :
	    "no file can be opened for writing");
}

#else

const char *
sandbox_enter(int directory)
{
	(void)directory;
	return ("not at all, this build cannot");
}

#endif
