// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command inside a Landlock domain that allows everything below the paths
 * given and restricts every file access that this kernel's Landlock knows.
 *
 *	with-landlock PATH... -- COMMAND [ARG...]
 */
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/landlock.h>

/* The rights that came with each version of the interface, as masks of all up to it. */
static __u64 rights(int abi)
{
	if (abi >= 5)
		return (1ULL << 16) - 1; /* ioctl of devices */
	if (abi >= 3)
		return (1ULL << 15) - 1; /* truncate */
	if (abi == 2)
		return (1ULL << 14) - 1; /* link and rename between directories */
	return (1ULL << 13) - 1;
}

static void allow(int ruleset, const char *path, __u64 access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access };

	rule.parent_fd = open(path, O_PATH | O_CLOEXEC);
	if (rule.parent_fd < 0)
		error(1, errno, "%s", path);
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0))
		error(1, errno, "a Landlock rule for %s", path);
	close(rule.parent_fd);
}

int main(int argc, char **argv)
{
	struct landlock_ruleset_attr attr = { 0 };
	int abi, ruleset, i;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < 1)
		error(1, errno, "Landlock is not active");
	attr.handled_access_fs = rights(abi);
	ruleset = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		error(1, errno, "a Landlock ruleset");
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++)
		allow(ruleset, argv[i], attr.handled_access_fs);
	if (i == 1 || i + 1 >= argc)
		error(2, 0, "usage: with-landlock PATH... -- COMMAND [ARG...]");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		error(1, errno, "the Landlock ruleset does not hold");
	close(ruleset);
	execvp(argv[i + 1], argv + i + 1);
	error(127, errno, "%s", argv[i + 1]);
}
