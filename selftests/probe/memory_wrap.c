// SPDX-License-Identifier: GPL-2.0-only
/*
 * Acts by a process that has memory already: its own, or from its parent; and what a
 * process can still do that has more than its limit.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "memory.h"
#include "probe.h"

#define RW (PROT_READ | PROT_WRITE)
/* Out of the way of acts that map at the beginning of the arena. */
#define ASIDE (ARENA + 64 * WINDOW)

/* having SIZE ACT... */
static int act_having(char **args)
{
	have_at(ASIDE, bytes(args[0]), RW);
	return run_act(args + 1);
}

static int in_child(char **args, bool without)
{
	size_t size = bytes(args[0]);
	int status;
	pid_t pid;

	have_at(ASIDE, size, RW);
	pid = need(fork(), "fork");
	if (pid == 0) {
		if (without)
			need(munmap(ASIDE, size), "munmap");
		exit(run_act(args + 1));
	}
	need(waitpid(pid, &status, 0), "waitpid");
	return exit_code(status);
}

/* By a child that has what its parent had. */
static int act_child_having(char **args)
{
	return in_child(args, false);
}

/* By a child that has let it go, while its parent has it still. */
static int act_child_without(char **args)
{
	return in_child(args, true);
}

static bool denied(const void *p)
{
	return p == MAP_FAILED && errno == EPERM;
}

/*
 * over-limit SIZE ACT...: waits by ACT, having SIZE; then nothing may grow, and all else
 * goes on: using what is there, giving back, mapping anew in the same place.
 */
static int act_over_limit(char **args)
{
	size_t size = bytes(args[0]), half = size / 2;
	char *p = have_at(ASIDE, size, RW), *brk = (char *)syscall(SYS_brk, 0);

	if (run_act(args + 1) != ALLOWED)
		broken("the act in between");
	p[0] = p[size - 1] = 1;
	if (!denied(mmap(NULL, PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)))
		return effect(false, "a page more");
	if ((char *)syscall(SYS_brk, brk + PAGE) != brk)
		return effect(false, "a page more by brk");
	if (!denied(mremap(p, size, size + PAGE, MREMAP_MAYMOVE)))
		return effect(false, "a page more by mremap");
	if (mmap(p, half, RW, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != p)
		return refused("mmap in the same place");
	if (mremap(p, size, half, 0) != p)
		return refused("mremap to less");
	if (mremap(p, half, half, MREMAP_MAYMOVE | MREMAP_FIXED, ARENA) != ARENA)
		return refused("mremap to another place");
	if (munmap(ARENA, half - PAGE))
		return refused("munmap");
	return ALLOWED;
}

const struct act memory_wrap_acts[] = {
	{ "having", "SIZE ACT...", act_having },
	{ "child-having", "SIZE ACT...", act_child_having },
	{ "child-without", "SIZE ACT...", act_child_without },
	{ "over-limit", "SIZE ACT...", act_over_limit },
	{ NULL, NULL, NULL },
};
