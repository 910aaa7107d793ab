// SPDX-License-Identifier: GPL-2.0-only
/*
 * The process guard: which programs it needs in the kernel beside those of program.c, how its
 * events read, and how it proves that denials happen.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../act.h"
#include "../guard.h"

static const struct guard_program programs[] = {
	/* No LSM hook sees a task reaped; task_free comes a grace period later. */
	{ "release_task", "release_task", .verbs = GUARD_PROCESS_KEYS, .function = true,
	  .stage = ATTACH_ENDS },
};

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	snprintf(out, size, "%llu of %llu", (unsigned long long)e->held,
		 (unsigned long long)e->limit);
}

static void event_fields(const struct guard_event *e, struct fields *out)
{
	fields_number(out, "count", e->held);
	fields_number(out, "limit", e->limit);
}

/* ---- canary --------------------------------------------------------------------- */

static int thread(void *unused)
{
	(void)unused;
	return 0;
}

static int refused_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return pid < 0 && errno == EPERM;
}

static int refused_thread(void)
{
	static char stack[2][65536] __attribute__((aligned(16)));
	static int used;
	int flags =
		CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;

	/* A stack each: nobody waits for the first one's end. */
	return clone(thread, stack[used++ % 2] + sizeof(*stack), flags, NULL) < 0 && errno == EPERM;
}

static int act(__u32 closed, int canary)
{
	int tried = 0, no = 0;

	(void)canary;
	if (closed & (GUARD_CHILDREN | GUARD_DESCENDANTS) && ++tried)
		no += refused_child();
	if (closed & GUARD_THREADS && ++tried)
		no += refused_thread();
	return no == tried ? 0 : no ? -EBUSY : 1;
}

const struct guard process_guard = {
	.name = "process",
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.keys = GUARD_PROCESS_KEYS,
	.object = event_object,
	.fields = event_fields,
	.act = act,
	.try = process_try,
};
