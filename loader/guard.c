// SPDX-License-Identifier: GPL-2.0-only
/* The table of guards: the one place where the core learns of them. */
#include "guard.h"

extern const struct guard file_guard;

const struct guard *const guards[] = { &file_guard };
const size_t n_guards = sizeof(guards) / sizeof(*guards);

bool guard_needs(const struct guard_program *program, const struct plan *plan)
{
	return plan->closed & program->verbs || (program->trust && plan->n_programs > 1);
}
