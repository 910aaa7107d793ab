// SPDX-License-Identifier: GPL-2.0-only
/*
 * Claims on paths become claims on what the kernel takes those paths for: several paths
 * may lead to one inode, several sections may claim it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/magic.h>

#include "plan.h"

/* Of two rules that would do, the one that denies: a rule that audits must not weaken it. */
static __u32 stronger(const struct plan *plan, __u32 a, __u32 b)
{
	return b && (!a || plan->rules[a].kernel.audit) ? b : a;
}

/* Adds a claim to what is held already. False when there is no place for its rule. */
static bool merge(const struct plan *plan, struct guard_object *object,
		  const struct plan_claim *claim)
{
	object->flags |= claim->flags;
	if (claim->program)
		object->program = claim->program;
	if (claim->section)
		object->section = claim->section;
	object->anchor = stronger(plan, object->anchor, claim->anchor);
	if (claim->whole) {
		object->rules[0] = stronger(plan, object->rules[0], claim->rule);
		return true;
	}
	if (!claim->rule)
		return true;
	for (int i = 0; i < GUARD_RULES_PER_OBJECT; i++) {
		if (!object->rules[i])
			object->rules[i] = claim->rule;
		if (object->rules[i] == claim->rule)
			return true;
	}
	return false;
}

/* A key and the claim on it, to be sorted together. */
struct keyed {
	struct guard_name key; /* of an object: hash 0 */
	struct plan_claim claim;
};

static int by_key(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct guard_name));
}

/* tree.bpf.h asks for the whole of a filesystem under inode 0. */
static void add_keyed(const struct plan *plan, struct plan_claim claim, struct keyed *keyed)
{
	const struct guard_identity *id = &plan->paths.is[claim.path].id;

	*keyed = (struct keyed){ .key = { .dir = *id, .hash = claim.hash }, .claim = claim };
	if (claim.whole)
		keyed->key.dir = (struct guard_identity){ .dev = id->dev };
}

/* keyed[] has room for twice as many. */
static size_t sort_claims(struct plan *plan, const struct plan_claims *claims, struct keyed *keyed)
{
	size_t n = 0;

	for (size_t i = 0; i < claims->n; i++) {
		struct plan_claim claim = claims->at[i];

		if (!paths_exists(&plan->paths, claim.path))
			continue;
		add_keyed(plan, claim, &keyed[n++]);
		/* A snapshot would copy it, see file_ioctl.bpf.c. */
		if (plan->paths.is[claim.path].fs_magic != BTRFS_SUPER_MAGIC || claim.hash ||
		    plan->rules[claim.rule].kernel.kind != GUARD_RULE_FILE)
			continue;
		claim = (struct plan_claim){ .path = claim.path,
					     .rule = claim.rule,
					     .whole = true };
		add_keyed(plan, claim, &keyed[n++]);
		plan->btrfs = true;
	}
	qsort(keyed, n, sizeof(*keyed), by_key);
	return n;
}

/* Two program sections whose paths lead to one file: which of them would it be? */
static void refuse_doubles(struct plan *plan, const struct keyed *keyed, size_t n)
{
	__u32 section = 0; /* of the present key */

	for (size_t i = 0; i < n; i++) {
		const struct program_section *s, *t;

		if (i && by_key(&keyed[i - 1], &keyed[i]))
			section = 0;
		if (!keyed[i].claim.section || keyed[i].claim.section == section)
			continue;
		if (section) {
			s = plan->bound[section].policy;
			t = plan->bound[keyed[i].claim.section].policy;
			plan_error(plan, t->at,
				   "%s is the same file as %s, which has a section at %s:%u",
				   t->path, s->path, s->at.file, s->at.line);
		}
		section = keyed[i].claim.section;
	}
}

/* Folds claims of one kind; keys[] and values[] have room for all of them. */
static size_t fold(struct plan *plan, const struct plan_claims *claims, struct keyed *keyed,
		   struct guard_name *keys, struct guard_object *values)
{
	size_t n = sort_claims(plan, claims, keyed), out = 0;

	refuse_doubles(plan, keyed, n);
	for (size_t i = 0; i < n; i++) {
		if (!i || by_key(&keyed[i - 1], &keyed[i])) {
			keys[out] = keyed[i].key;
			values[out++] = (struct guard_object){};
		}
		if (!merge(plan, &values[out - 1], &keyed[i].claim))
			plan_error(plan, plan->rules[keyed[i].claim.rule].at,
				   "%s is covered by more than %d sections; make them one",
				   paths_name(&plan->paths, keyed[i].claim.path),
				   GUARD_RULES_PER_OBJECT);
	}
	return out;
}

/*
 * The mounts that protected paths lead through. There are few, and they come in runs; that of
 * a program's file is none of them.
 */
static void add_mount(struct plan *plan, __u64 key, __u32 rule)
{
	for (size_t k = plan->n_mount_keys; k; k--) {
		if (plan->mount_keys[k - 1] != key)
			continue;
		plan->mount_rules[k - 1] = stronger(plan, plan->mount_rules[k - 1], rule);
		return;
	}
	plan->mount_keys[plan->n_mount_keys] = key;
	plan->mount_rules[plan->n_mount_keys++] = rule;
}

static void fold_mounts(struct plan *plan)
{
	plan->n_mount_keys = 0;

	for (size_t i = 0; i < plan->objects.n; i++) {
		const struct plan_claim *claim = &plan->objects.at[i];
		const struct guard_identified *is = &plan->paths.is[claim->path];
		__u32 rule = claim->rule ? claim->rule : claim->anchor;

		if (!paths_exists(&plan->paths, claim->path) ||
		    plan->rules[rule].kernel.kind != GUARD_RULE_FILE)
			continue;
		add_mount(plan, is->mount, rule);
		add_mount(plan, is->mountpoint, rule);
	}
}

void plan_unfold(struct plan *plan)
{
	free(plan->object_keys);
	free(plan->object_values);
	free(plan->mount_keys);
	free(plan->mount_rules);
	free(plan->name_keys);
	free(plan->name_values);
}

static bool make_room(struct plan *plan, size_t objects, size_t names)
{
	plan_unfold(plan);
	plan->mount_keys = calloc(2 * objects + 1, sizeof(*plan->mount_keys));
	plan->mount_rules = calloc(2 * objects + 1, sizeof(*plan->mount_rules));
	plan->object_keys = calloc(objects + 1, sizeof(*plan->object_keys));
	plan->object_values = calloc(objects + 1, sizeof(*plan->object_values));
	plan->name_keys = calloc(names + 1, sizeof(*plan->name_keys));
	plan->name_values = calloc(names + 1, sizeof(*plan->name_values));
	return plan->mount_keys && plan->mount_rules && plan->object_keys && plan->object_values &&
	       plan->name_keys && plan->name_values;
}

/*
 * Are the numbers of its inodes the same tomorrow, and the same by every mount? On proc and
 * sysfs a new mount has new ones.
 */
static void refuse_fleeting(struct plan *plan)
{
	for (size_t i = 0; i < plan->objects.n; i++) {
		const struct plan_claim *claim = &plan->objects.at[i];
		const struct guard_identified *is = &plan->paths.is[claim->path];

		if (!paths_exists(&plan->paths, claim->path) || !claim->rule || claim->whole ||
		    (is->fs_magic != PROC_SUPER_MAGIC && is->fs_magic != SYSFS_MAGIC))
			continue;
		plan_error(
			plan, plan->rules[claim->rule].at,
			"%s is on proc or sysfs, whose files are others in each mount; it cannot be "
			"held: name files on disks and in memory only",
			paths_name(&plan->paths, claim->path));
	}
}

int plan_identify(struct plan *plan, struct identifier *who)
{
	size_t most = plan->objects.n > plan->names.n ? plan->objects.n : plan->names.n;
	struct guard_name *keys = calloc(2 * most + 1, sizeof(*keys));
	struct keyed *keyed = calloc(2 * most + 1, sizeof(*keyed));
	size_t errors = plan->errors;
	int err = paths_identify(&plan->paths, who);

	if (!keys || !keyed || !make_room(plan, 2 * plan->objects.n, plan->names.n))
		err = -ENOMEM;
	if (err)
		goto out;
	refuse_fleeting(plan);
	plan->root_mount = plan->paths.is[paths_add(&plan->paths, "/")].mount;
	plan->n_object_keys = fold(plan, &plan->objects, keyed, keys, plan->object_values);
	for (size_t i = 0; i < plan->n_object_keys; i++)
		plan->object_keys[i] = keys[i].dir;
	fold_mounts(plan);
	plan->n_name_keys = fold(plan, &plan->names, keyed, plan->name_keys, plan->name_values);
	if (plan->errors > errors)
		err = -EINVAL;
out:
	free(keys);
	free(keyed);
	return err;
}
