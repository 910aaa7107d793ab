// SPDX-License-Identifier: GPL-2.0-only
/* struct guard_about: the rules' titles and lines, for events and for lsm-guard status. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "about.h"
#include "instance.h"

#define LINES (sizeof(((struct guard_about_rule *)0)->lines) / sizeof(__u32))

/* The place of a verb or key among a rule's lines; LINES: it has none. */
static size_t line_number(__u32 access)
{
	size_t bit = access ? (size_t)__builtin_ctz(access) : LINES;

	if (bit < GUARD_VERBS)
		return bit;
	return bit >= GUARD_FIRST_KEY && bit - 1 < LINES ? bit - 1 : LINES;
}

__u32 about_line(const struct guard_about_rule *rule, __u32 access)
{
	size_t i = line_number(access);

	return i < LINES && rule->lines[i] ? rule->lines[i] : rule->line;
}

/* ---- making -------------------------------------------------------------------- */

/* Puts a string behind what is there; its offset. */
static __u32 add_string(struct guard_about **about, size_t *room, const char *s)
{
	size_t n = strlen(s) + 1;
	__u32 at = (*about)->size;

	if (at + n > *room) {
		*room = 2 * (at + n);
		*about = realloc(*about, *room);
		if (!*about)
			abort();
	}
	memcpy((char *)*about + at, s, n);
	(*about)->size += n;
	return at;
}

/* Who prints events may open and resolve nothing. */
static __u32 add_file(struct guard_about **about, size_t *room, const char *file)
{
	char path[PATH_MAX];

	return add_string(about, room, realpath(file, path) ? path : file);
}

static void take_lines(const struct plan *plan, const struct plan_rule *rule,
		       struct guard_about_rule *out)
{
	const struct program_section *section =
		rule->section ? plan->bound[rule->section].policy : NULL;

	for (int verb = 0; verb < GUARD_VERBS; verb++)
		out->lines[line_number(1u << verb)] = rule->verb_at[verb].line;
	for (int key = 0; section && key < PROGRAM_KEYS; key++)
		if (section->given & 1u << key)
			out->lines[line_number(GUARD_CONNECT << key)] = section->key_at[key].line;
}

/* What is attached to no hook, but to interfaces, has a count of its own. */
static bool is_needed(const struct guard_program *p, const struct plan *plan,
		      const struct kernel *kernel)
{
	return p->stage != ATTACH_OWN && instance_wants(p, plan, kernel);
}

static size_t count_hooks(const struct plan *plan, const struct kernel *kernel)
{
	size_t n = 0;

	for (size_t g = 0; g < n_guards; g++)
		for (size_t i = 0; i < guards[g]->n_programs; i++)
			n += is_needed(&guards[g]->programs[i], plan, kernel);
	return n;
}

static void add_hooks(struct guard_about **about, size_t *room, const struct plan *plan,
		      const struct kernel *kernel)
{
	size_t n = 0;

	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			struct guard_about_hook hook;

			if (!is_needed(p, plan, kernel))
				continue;
			hook.program = add_string(about, room, p->program);
			hook.hook = add_string(about, room, p->hook);
			((struct guard_about_hook *)about_hooks(*about))[n++] = hook;
		}
	}
}

struct guard_about *about_make(const struct plan *plan, const struct kernel *kernel)
{
	size_t n_hooks = count_hooks(plan, kernel);
	size_t room = sizeof(struct guard_about) + plan->n_rules * sizeof(struct guard_about_rule) +
		      n_hooks * sizeof(struct guard_about_hook);
	struct guard_about *about = calloc(1, room);
	struct timespec now;
	__u32 at;

	if (!about)
		abort();
	clock_gettime(CLOCK_REALTIME, &now);
	*about = (struct guard_about){ .version = GUARD_ABOUT_VERSION,
				       .size = room,
				       .canary = plan->canary,
				       .first = plan->sections,
				       .n_rules = plan->n_rules,
				       .n_needed = n_hooks,
				       .fallback = plan->fallback,
				       .audit = plan->audit,
				       .since = now.tv_sec * 1000000000ULL + now.tv_nsec };
	at = add_string(&about, &room, LSM_GUARD_VERSION);
	about->loader = at;
	at = add_file(&about, &room, plan->policy->file);
	about->policy = at;
	at = add_string(&about, &room, plan->policy->hash);
	about->hash = at;
	for (size_t i = 0; i < plan->n_rules; i++) {
		const struct plan_rule *rule = &plan->rules[i];

		at = add_string(&about, &room, rule->title);
		about->rules[i].title = at;
		/* Most rules come from the file that the one before came from. */
		at = i && !strcmp(plan->rules[i - 1].at.file, rule->at.file)
			     ? about->rules[i - 1].file
			     : add_file(&about, &room, rule->at.file);
		about->rules[i].file = at;
		about->rules[i].line = rule->at.line;
		about->rules[i].kind = rule->kernel.kind;
		about->rules[i].audit = rule->audit;
		about->rules[i].worth = rule->worth;
		about->rules[i].decoy = rule->decoy != NULL;
		take_lines(plan, rule, &about->rules[i]);
	}
	add_hooks(&about, &room, plan, kernel);
	return about;
}

/* ---- reading ------------------------------------------------------------------- */

/* Offsets are to be within, and strings to end there. */
static bool is_sound(const struct guard_about *about, size_t size)
{
	if (about->version != GUARD_ABOUT_VERSION || about->size > size ||
	    about->size < sizeof(*about) || about->n_rules > about->size / sizeof(*about->rules) ||
	    about->n_needed > about->size / sizeof(struct guard_about_hook) ||
	    sizeof(*about) + about->n_rules * sizeof(*about->rules) +
			    about->n_needed * sizeof(struct guard_about_hook) >=
		    about->size ||
	    ((const char *)about)[about->size - 1] || about->loader >= about->size ||
	    about->policy >= about->size || about->hash >= about->size)
		return false;
	for (size_t i = 0; i < about->n_rules; i++)
		if (about->rules[i].title >= about->size || about->rules[i].file >= about->size)
			return false;
	for (size_t i = 0; i < about->n_needed; i++)
		if (about_hooks(about)[i].program >= about->size ||
		    about_hooks(about)[i].hook >= about->size)
			return false;
	return true;
}

static struct guard_about *read_map(int map)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	struct guard_about *about;

	if (bpf_obj_get_info_by_fd(map, &info, &size) || info.value_size < sizeof(*about))
		return NULL;
	about = calloc(1, info.value_size);
	if (!about || bpf_map_lookup_elem(map, &zero, about) || !is_sound(about, info.value_size)) {
		free(about);
		return NULL;
	}
	return about;
}

struct guard_about *about_read(__u32 id)
{
	int map = bpf_map_get_fd_by_id(id);
	struct guard_about *about;

	if (map < 0)
		return NULL;
	about = read_map(map);
	close(map);
	if (!about)
		errno = EPROTO;
	return about;
}
