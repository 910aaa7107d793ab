// SPDX-License-Identifier: GPL-2.0-only
/* The table of guards: the one place where the core learns of them. */
#include <string.h>

#include "guard.h"

extern const struct guard program_guard, file_guard, socket_guard, memory_guard, process_guard;

const struct guard *const guards[] = {
	&program_guard, &file_guard, &socket_guard, &memory_guard, &process_guard,
};
const size_t n_guards = sizeof(guards) / sizeof(*guards);

bool guard_needs(const struct guard_program *program, const struct plan *plan)
{
	return plan->closed & program->verbs || (program->trust && plan->n_programs > 1);
}

const struct guard *guard_of(__u32 access)
{
	for (size_t i = 0; i < n_guards; i++)
		if (guards[i]->keys & access)
			return guards[i];
	return &program_guard;
}

const char *guard_access(__u32 access)
{
	static const char *const verbs[GUARD_FIRST_KEY] = { "read", "write", "execute", "trace" };
	int bit = __builtin_ctz(access | 1u << 31);

	if (bit < GUARD_FIRST_KEY)
		return verbs[bit];
	return bit < GUARD_FIRST_KEY + GUARD_KEYS ? policy_key_names[bit - GUARD_FIRST_KEY]
						  : "access";
}

void guard_not_proved(const struct guard *guard, int how)
{
	fprintf(stderr,
		"lsm-guard: NOT enforcing: the %s guard's programs are attached, but its canary %s%s; "
		"is kernel.ftrace_enabled 0?\n",
		guard->name,
		how > 0 ? "was let through" : "failed otherwise: ", how > 0 ? "" : strerror(-how));
}
