// SPDX-License-Identifier: GPL-2.0-only
/* Program sections, resolved. Whose file a program is, cover.c claims. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cover.h"
#include "endpoints.h"
#include "sections.h"

static __u32 add_section(struct plan *plan, struct guard_section kernel,
			 const struct program_section *policy)
{
	plan->bound = grow(plan->bound, plan->n_bound, &plan->room_bound, sizeof(*plan->bound));
	plan->bound[plan->n_bound] = (struct plan_section){ .kernel = kernel, .policy = policy };
	return plan->n_bound++;
}

static __u32 keys_of(const struct program_section *s)
{
	__u32 keys = 0;

	for (int key = 0; key < PROGRAM_KEYS; key++)
		if (s->given & 1u << key &&
		    (key >= ENDPOINT_KEYS || s->endpoints[key].kind != LIST_ANY))
			keys |= GUARD_CONNECT << key;
	/* Who is told whom to talk to does it by sockets that say so. */
	if (s->given & ((1u << ENDPOINT_KEYS) - 1))
		keys |= GUARD_FAMILIES;
	return keys;
}

static void plan_section(struct plan *plan, const struct program_section *s)
{
	struct guard_section kernel = {
		.id = guard_section_id(s->path),
		.keys = keys_of(s),
		.families = s->given & 1u << KEY_FAMILIES ? s->families : GUARD_FAMILIES_DEFAULT,
		.inherit = s->inherit,
	};

	for (int i = 0; i < 3; i++) {
		kernel.bytes[i] = s->limit[KEY_ALLOCATION + i];
		kernel.counts[i] = s->limit[KEY_CHILDREN + i];
	}
	for (int i = 0; i < ENDPOINT_KEYS; i++)
		if (kernel.keys & GUARD_CONNECT << i)
			kernel.endpoints[i] = endpoints_add(plan, &s->endpoints[i]);
	kernel.rule = plan_rule(plan, GUARD_RULE_SECTION, s->path, s->at, s->mode);
	plan->closed |= kernel.keys | GUARD_SECTION;
	for (__u32 i = 1; i < plan->n_bound; i++)
		if (plan->bound[i].kernel.id == kernel.id)
			plan_error(plan, s->at,
				   "%s and %s cannot be told apart: name one of them by "
				   "another path",
				   s->path, plan->bound[i].policy->path);
	plan->rules[kernel.rule].section = add_section(plan, kernel, s);
}

/* What the loader's own child must be refused: everything that is closed to anybody. */
static void plan_canary(struct plan *plan)
{
	struct guard_section *canary = &plan->bound[plan->canary_section].kernel;

	canary->keys = plan->closed & (GUARD_SOCKET_KEYS | GUARD_MEMORY_KEYS | GUARD_PROCESS_KEYS);
	canary->counts[2] = 1; /* the thread that it is */
}

void sections_plan(struct plan *plan)
{
	add_section(plan, (struct guard_section){}, NULL);
	plan->canary_section =
		add_section(plan, (struct guard_section){ .rule = plan->canary }, NULL);
	for (size_t i = 0; i < plan->policy->n_programs; i++)
		plan_section(plan, &plan->policy->programs[i]);
	plan_canary(plan);
}

static const char *not_runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return strerror(errno);
	if (!S_ISREG(st.st_mode))
		return "it is not a regular file";
	return st.st_mode & 0111 ? NULL : "it is not executable";
}

static void cover_section(struct plan *plan, __u32 number)
{
	const struct program_section *s = plan->bound[number].policy;
	struct cover_request want = { .path = s->path, .at = s->at, .section = number };
	const char *why;

	if (s->optional && access(s->path, F_OK) && errno == ENOENT)
		return;
	why = not_runnable(s->path);
	if (why) {
		plan_error(plan, s->at, "program %s: %s%s", s->path, why,
			   errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return;
	}
	plan->rules[plan->bound[number].kernel.rule].holds = cover_path(plan, NULL, &want);
}

void sections_cover(struct plan *plan)
{
	for (__u32 i = plan->canary_section + 1; i < plan->n_bound; i++)
		cover_section(plan, i);
}

void sections_free(struct plan *plan)
{
	free(plan->bound);
}
