// SPDX-License-Identifier: GPL-2.0-only
/*
 * What lsm-guard prove starts, bound by a section: one process or thread more than a limit
 * allows. They do nothing but wait, and all end with the act.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../act.h"
#include "../guard.h"

#define STARTED_MAX 256 /* more are not started for a proof */

enum { CHILDREN, DESCENDANTS, THREADS };

static bool is_too_many(struct act *act, __u32 limit)
{
	if (limit <= STARTED_MAX)
		return false;
	act_came_to(act, PROOF_UNTESTABLE, "it would take %u to reach the limit", limit + 1);
	return true;
}

/* Until the other end of the pipe is closed, by whoever has it, or by his death. */
static void wait_for_end(int hold[2])
{
	char byte;

	close(hold[1]);
	while (read(hold[0], &byte, 1) < 0 && errno == EINTR)
		;
}

static void end_all(int hold[2])
{
	close(hold[1]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static void try_children(struct act *act, const struct guard_section *section)
{
	__u32 limit = section->counts[CHILDREN], n = 0;
	int hold[2], error = 0;

	if (is_too_many(act, limit))
		return;
	if (section->keys & GUARD_DESCENDANTS && section->counts[DESCENDANTS] <= limit) {
		act_came_to(act, PROOF_UNTESTABLE, "descendants is met before");
		return;
	}
	if (pipe2(hold, O_CLOEXEC))
		abort();
	act_bind(act);
	act_begin(act);
	for (; n <= limit && !error; n++) {
		pid_t pid = fork();

		if (!pid) {
			wait_for_end(hold);
			_exit(0);
		}
		error = pid < 0 ? errno : 0;
	}
	act_end(act, error, "child %u of %u", n, limit);
	end_all(hold);
}

/* Each starts the next one; the last tells how it ended. */
static void start_next(__u32 left, int hold[2], int told)
{
	pid_t pid = fork();
	int error = pid < 0 ? errno : 0;

	if (pid <= 0 && (pid < 0 || !left))
		if (write(told, &error, sizeof(error)) != sizeof(error))
			_exit(1);
	if (pid)
		return;
	if (left)
		start_next(left - 1, hold, told);
	wait_for_end(hold);
	end_all(hold);
	_exit(0);
}

static void try_descendants(struct act *act, const struct guard_section *section)
{
	__u32 limit = section->counts[DESCENDANTS];
	int hold[2], told[2], error = 0;

	if (is_too_many(act, limit))
		return;
	if (section->keys & GUARD_CHILDREN && !section->counts[CHILDREN] && limit) {
		act_came_to(act, PROOF_UNTESTABLE, "children is met before");
		return;
	}
	if (pipe2(hold, O_CLOEXEC) || pipe2(told, O_CLOEXEC))
		abort();
	act_bind(act);
	act_begin(act);
	start_next(limit, hold, told[1]);
	if (read(told[0], &error, sizeof(error)) != sizeof(error))
		error = EIO;
	act_end(act, error, "descendant %u of %u", limit + 1, limit);
	end_all(hold);
}

/* ---- threads ----------------------------------------------------------------------- */

#define STACK 16384

static int sleeper(void *unused)
{
	(void)unused;
	for (;;)
		syscall(SYS_pause);
	return 0;
}

/* They go with the process, whose own thread is one of them. */
static void try_threads(struct act *act, const struct guard_section *section)
{
	int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
	__u32 limit = section->counts[THREADS], n = 1;
	int error = 0;
	char *stacks;

	if (is_too_many(act, limit))
		return;
	stacks = mmap(NULL, (limit + 1) * STACK, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (stacks == MAP_FAILED)
		abort();
	act_bind(act);
	act_begin(act);
	for (; n <= limit && !error; n++)
		error = clone(sleeper, stacks + (n + 1) * STACK, flags, NULL) < 0 ? errno : 0;
	act_end(act, error, "thread %u of %u", n, limit);
}

void process_try(struct act *act)
{
	const struct guard_section *section = &act_section(act)->kernel;

	if (act->access == GUARD_CHILDREN)
		try_children(act, section);
	else if (act->access == GUARD_DESCENDANTS)
		try_descendants(act, section);
	else
		try_threads(act, section);
}
