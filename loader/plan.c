// SPDX-License-Identifier: GPL-2.0-only
/*
 * The policy, resolved against this machine: which programs are meant, who is on which
 * list, which rule holds what. Nothing here is privileged; what needs the kernel is in
 * fold.c.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cover.h"
#include "endpoints.h"
#include "guard.h"
#include "mounts.h"
#include "plan.h"
#include "sections.h"

static void message(struct plan *plan, struct place at, const char *kind, const char *fmt,
		    va_list args)
{
	fprintf(plan->messages, "%s:%u: %s", at.file, at.line, kind);
	vfprintf(plan->messages, fmt, args);
	fputc('\n', plan->messages);
}

void plan_error(struct plan *plan, struct place at, const char *fmt, ...)
{
	va_list args;

	plan->errors++;
	va_start(args, fmt);
	message(plan, at, "", fmt, args);
	va_end(args);
}

void plan_warning(struct plan *plan, struct place at, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	message(plan, at, "warning: ", fmt, args);
	va_end(args);
}

const char *plan_string(struct plan *plan, const char *s)
{
	size_t number = table_add(&plan->strings, s, strlen(s)); /* may move the entries */

	return plan->strings.entries[number].bytes;
}

__u64 plan_name_hash(const char *name)
{
	size_t left = strlen(name);
	__u64 hash = 0;

	for (; left; name += sizeof(__u64)) {
		size_t bytes = left < sizeof(__u64) ? left : sizeof(__u64);
		__u64 word = 0;

		memcpy(&word, name, bytes);
		hash = guard_name_mix(hash, word);
		left -= bytes;
	}
	return hash;
}

__u32 plan_rule(struct plan *plan, enum guard_rule_kind kind, const char *title, struct place at,
		enum policy_mode mode)
{
	plan->rules = grow(plan->rules, plan->n_rules, &plan->room_rules, sizeof(*plan->rules));
	plan->rules[plan->n_rules] = (struct plan_rule){
		.kernel = { .kind = kind, .audit = plan->audit || mode == MODE_AUDIT },
		.title = title,
		.at = at,
		.verb_at = { at, at, at },
	};
	return plan->n_rules++;
}

void plan_claim(struct plan *plan, const char *path, struct plan_claim claim)
{
	struct plan_claims *claims = claim.hash ? &plan->names : &plan->objects;

	claim.path = paths_add(&plan->paths, path);
	claims->at = grow(claims->at, claims->n, &claims->room, sizeof(*claims->at));
	claims->at[claims->n++] = claim;
}

void plan_claim_name(struct plan *plan, const char *dir, const char *name, struct plan_claim claim)
{
	claim.hash = plan_name_hash(name);
	plan_claim(plan, dir, claim);
	plan_claim(plan, dir, (struct plan_claim){ .flags = GUARD_OBJECT_NAMES });
}

void plan_claim_text(struct plan *plan, const char *path, __u32 rule)
{
	__u64 hash = GUARD_TEXT_SEED;

	if (!plan->rules[rule].kernel.redirect)
		return;
	for (const char *c = path; *c; c++)
		hash = guard_text_mix(hash, *c);
	plan->texts = grow(plan->texts, plan->n_texts, &plan->room_texts, sizeof(*plan->texts));
	plan->texts[plan->n_texts++] = (struct plan_text){ .hash = hash, .rule = rule };
}

/* A compiled program: the kernel runs a script's interpreter, so that a script is nobody. */
static const char *not_a_program(const char *path, struct stat *st)
{
	char magic[2] = "";
	int fd;

	if (stat(path, st))
		return strerror(errno);
	if (!S_ISREG(st->st_mode))
		return "it is not a regular file";
	if (!(st->st_mode & 0111))
		return "it is not executable";
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return NULL; /* unreadable to us: then a script would not run either */
	if (read(fd, magic, sizeof(magic)) == sizeof(magic) && !memcmp(magic, "#!", 2)) {
		close(fd);
		return "it is a script: the kernel sees its interpreter; list a compiled program";
	}
	close(fd);
	return NULL;
}

/* A program may have several names: hard links, each of which an updater may replace. */
static void add_program_path(struct plan *plan, __u32 number, const char *path)
{
	plan->program_names = grow(plan->program_names, plan->n_program_names,
				   &plan->room_program_names, sizeof(*plan->program_names));
	plan->program_names[plan->n_program_names++] =
		(struct plan_program_name){ .path = plan_string(plan, path), .program = number };
}

static __u32 add_program(struct plan *plan, const struct program_ref *ref)
{
	char real[PATH_MAX];
	const char *why;
	struct stat st;

	if (ref->optional && access(ref->path, F_OK) && errno != EACCES)
		return GUARD_NO_PROGRAM;
	why = not_a_program(ref->path, &st);
	if (why || !realpath(ref->path, real)) {
		plan_error(plan, ref->at, "program %s: %s%s", ref->path,
			   why ? why : strerror(errno),
			   !why || errno == ENOENT ? "; write -PATH to skip what is missing" : "");
		return GUARD_NO_PROGRAM;
	}
	for (__u32 i = 1; i < plan->n_programs; i++) {
		if (plan->programs[i].dev != st.st_dev || plan->programs[i].ino != st.st_ino)
			continue;
		add_program_path(plan, i, real);
		return i;
	}
	plan->programs = grow(plan->programs, plan->n_programs, &plan->room_programs,
			      sizeof(*plan->programs));
	plan->programs[plan->n_programs] = (struct plan_program){
		.path = plan_string(plan, real), .at = ref->at, .dev = st.st_dev, .ino = st.st_ino
	};
	plan_rule(plan, GUARD_RULE_PROGRAM, plan->programs[plan->n_programs].path, ref->at,
		  MODE_AUDIT);
	add_program_path(plan, plan->n_programs, real);
	return plan->n_programs++;
}

static void add_programs(struct plan *plan, const struct program_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		const char *path = list->programs[i].path;
		size_t known = plan->program_paths.n;
		size_t number = table_add(&plan->program_paths, path, strlen(path));

		if (number < known)
			continue;
		plan->program_numbers = grow(plan->program_numbers, number, &plan->room_numbers,
					     sizeof(*plan->program_numbers));
		plan->program_numbers[number] = add_program(plan, &list->programs[i]);
	}
}

static void set_bits(struct plan *plan, __u64 *row, const struct program_list *list)
{
	for (size_t i = 0; list && i < list->n; i++) {
		const char *path = list->programs[i].path;
		__u32 p =
			plan->program_numbers[table_add(&plan->program_paths, path, strlen(path))];

		if (p != GUARD_NO_PROGRAM)
			row[p / 64] |= 1ULL << p % 64;
	}
}

static __u32 list_of(struct plan *plan, const struct program_list *who,
		     const struct program_list *also)
{
	__u64 row[plan->list_words];

	memset(row, 0, sizeof(row));
	set_bits(plan, row, who);
	set_bits(plan, row, also);
	return table_add(&plan->lists, row, sizeof(row));
}

void plan_close(struct plan *plan, __u32 rule, enum verb verb, const struct program_list *who,
		const struct program_list *also)
{
	plan->rules[rule].kernel.closed |= 1u << verb;
	plan->rules[rule].kernel.lists[verb] = list_of(plan, who, also);
	if (who)
		plan->rules[rule].verb_at[verb] = who->at;
	plan->closed |= 1u << verb;
}

/* The file of a trusted program is an object, and its name, that only updaters may change. */
static void claim_program(struct plan *plan, const struct plan_program_name *name)
{
	struct cover_request want = { .path = name->path,
				      .at = plan->programs[name->program].at,
				      .rule = name->program,
				      .program = name->program };

	cover_path(plan, NULL, &want);
}

/* Whoever may borrow a program has what an enforcing section gives it: then it is held, too. */
static void enforce_programs(struct plan *plan, const struct program_list *list)
{
	for (size_t i = 0; i < list->n && !plan->audit; i++) {
		const char *path = list->programs[i].path;
		__u32 p =
			plan->program_numbers[table_add(&plan->program_paths, path, strlen(path))];

		if (p != GUARD_NO_PROGRAM)
			plan->rules[p].kernel.audit = 0;
	}
}

static void enforce_trusted(struct plan *plan)
{
	const struct policy *policy = plan->policy;
	bool any = false;

	for (size_t i = 0; i < policy->n_files; i++) {
		if (policy->files[i].mode == MODE_AUDIT)
			continue;
		any = true;
		for (int verb = 0; verb < VERBS; verb++)
			enforce_programs(plan, &policy->files[i].verbs[verb]);
	}
	if (any)
		enforce_programs(plan, &policy->updaters);
}

static void plan_programs(struct plan *plan)
{
	const struct policy *policy = plan->policy;

	add_programs(plan, &policy->updaters);
	for (size_t i = 0; i < policy->n_files; i++)
		for (int verb = 0; verb < VERBS; verb++)
			add_programs(plan, &policy->files[i].verbs[verb]);
	plan->list_words = (plan->n_programs + 63) / 64;
	list_of(plan, NULL, NULL);
	plan->updaters = list_of(plan, &policy->updaters, NULL);
	for (__u32 i = 1; i < plan->n_programs; i++)
		plan_close(plan, i, VERB_WRITE, NULL, &policy->updaters);
	enforce_trusted(plan);
}

size_t plan_cover(struct plan *plan)
{
	static const struct place mounts = { "/proc/self/mountinfo", 1 };
	int overlays = mounts_have_overlay();

	plan->objects.n = plan->names.n = plan->n_texts = 0;
	plan->overlays = overlays > 0;
	if (overlays < 0)
		plan_error(plan, mounts, "the mounts cannot be told; mount proc on /proc");
	paths_add(&plan->paths, "/");
	for (size_t i = 0; i < plan->n_rules; i++)
		plan->rules[i].holds = 0;
	for (size_t i = 0; i < plan->n_program_names; i++)
		claim_program(plan, &plan->program_names[i]);
	for (size_t i = 0; i < n_guards; i++)
		if (guards[i]->cover)
			guards[i]->cover(plan);
	sections_cover(plan);
	return plan->errors;
}

/*
 * What a rule is worth where nothing can be refused: its kernel part only reports, but for those
 * that kill. Packets are dropped by XDP all the same.
 */
static void weaken(struct plan_rule *rule, enum fallback_action action)
{
	if (rule->kernel.kind == GUARD_RULE_INTERFACE)
		return;
	if (rule->audit || (action == FALLBACK_REDIRECT && rule->kernel.kind != GUARD_RULE_FILE))
		action = FALLBACK_REPORT;
	rule->worth = action == FALLBACK_KILL	    ? GUARD_WORTH_KILLED
		      : action == FALLBACK_REDIRECT ? GUARD_WORTH_REDIRECTED
						    : GUARD_WORTH_REPORTED;
	rule->kernel.audit |= action != FALLBACK_KILL;
}

static void plan_worth(struct plan *plan)
{
	const struct policy *policy = plan->policy;

	for (size_t i = 0; i < plan->n_rules; i++) {
		struct plan_rule *rule = &plan->rules[i];
		size_t section = i - plan->sections;
		const struct file_section *file = i >= plan->sections && section < policy->n_files
							  ? &policy->files[section]
							  : NULL;

		rule->audit = rule->kernel.audit;
		rule->decoy = file ? file->decoy : NULL;
		if (plan->fallback)
			weaken(rule, file ? file->fallback : policy->fallback);
		/* A decoy is for readers: what else becomes of a write stays. */
		if (file && !rule->audit && rule->decoy)
			rule->kernel.redirect = GUARD_READ;
		if (file && !rule->audit && rule->worth == GUARD_WORTH_REDIRECTED)
			rule->kernel.redirect = GUARD_READ | GUARD_WRITE;
		if (rule->kernel.redirect)
			plan->closed |= GUARD_REDIRECT;
	}
	/* The kernel does not kill the loader's own child. */
	plan->rules[plan->canary].kernel.audit = 0;
}

size_t plan_make(struct plan *plan, const struct policy *policy, bool audit, bool fallback,
		 FILE *messages)
{
	static const struct place nowhere = { "lsm-guard", 0 };

	*plan = (struct plan){
		.policy = policy, .audit = audit, .fallback = fallback, .messages = messages
	};
	plan->programs = grow(NULL, 0, &plan->room_programs, sizeof(*plan->programs));
	plan->programs[plan->n_programs++] = (struct plan_program){};
	plan_rule(plan, 0, "no rule", nowhere, MODE_ENFORCE);
	plan_programs(plan);
	plan->canary = plan_rule(plan, GUARD_RULE_CANARY, "canary", nowhere, MODE_ENFORCE);
	plan->sections = plan->n_rules;
	endpoints_add(plan, &(struct endpoint_list){ .kind = LIST_NONE });
	for (size_t i = 0; i < n_guards; i++)
		if (guards[i]->plan)
			guards[i]->plan(plan);
	sections_plan(plan);
	endpoints_finish(plan);
	plan_worth(plan);
	/* What is open to nobody else needs no list; the canary is closed in every way in use. */
	plan->rules[plan->canary].kernel.closed = plan->closed | GUARD_READ;
	return plan_cover(plan);
}

void plan_free(struct plan *plan)
{
	paths_free(&plan->paths);
	sections_free(plan);
	endpoints_free(plan);
	table_free(&plan->program_paths);
	table_free(&plan->lists);
	table_free(&plan->strings);
	free(plan->interfaces);
	free(plan->rules);
	free(plan->programs);
	free(plan->program_numbers);
	free(plan->program_names);
	free(plan->objects.at);
	free(plan->names.at);
	free(plan->texts);
	plan_unfold(plan);
	*plan = (struct plan){};
}
