// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is who: the programs that note which trusted program a task is and which sections bind
 * it. Every other guard asks them.
 */
#include "../guard.h"
#include "../mounts.h"

static const struct guard_program programs[] = {
	{ "task_free", "task_free", .verbs = GUARD_SECTION, .trust = true, .stage = ATTACH_ENDS },
	{ "task_alloc", "task_alloc", .verbs = GUARD_SECTION, .trust = true, .stage = ATTACH_WHO },
	{ "bprm_check_security", "bprm_check_security", .verbs = GUARD_SECTION, .trust = true,
	  .stage = ATTACH_WHO },
	{ "bprm_committed_creds", "bprm_committed_creds", .verbs = GUARD_SECTION, .trust = true,
	  .stage = ATTACH_WHO },
	{ "ptrace_access_check", "ptrace_access_check", .verbs = GUARD_SECTION, .trust = true,
	  .stage = ATTACH_WHO },
};

static void event_object(const struct guard_event *e, char *out, size_t size)
{
	mounts_path(&e->object, out, size);
}

const struct guard program_guard = {
	.name = "program",
	.programs = programs,
	.n_programs = sizeof(programs) / sizeof(*programs),
	.object = event_object,
};
