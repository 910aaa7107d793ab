// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan in the kernel. The order is the point: open, size, fill, THEN attach (the programs
 * that note who is who, then those that see names and mounts change), catch up with what
 * changed since we looked, attach those that refuse opens, prove. Whatever fails, instance_destroy() leaves nothing attached: links are not
 * pinned and go with their descriptors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "instance.h"

/* Bits of the bitmap per protected inode: with 128 one in a hundred look-ups is in vain. */
#define BITS_PER_OBJECT 128
#define WORDS_MIN	512

/* Beside what the policy names there is room for inodes that come to have its names. */
#define OBJECT_ROOM(n) ((n) + (n) / 8 + 1024)

static int fail(const char *what, int err)
{
	fprintf(stderr, "lsm-guard: %s: %s\n", what, strerror(-err));
	return err;
}

static size_t words_for(size_t objects)
{
	size_t words = WORDS_MIN;

	while (words < GUARD_BITS_WORDS_MAX && words * 64 < objects * BITS_PER_OBJECT)
		words *= 2;
	return words;
}

int instance_missing_hooks(const struct plan *plan, const struct kernel *kernel, FILE *out)
{
	int missing = 0;

	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];

			if (!guard_needs(p, plan) || kernel_hook(kernel, p) != HOOK_MISSING)
				continue;
			missing++;
			fprintf(out,
				"lsm-guard: this kernel has no hook %s, which the %s guard needs\n",
				p->hook, guards[g]->name);
		}
	}
	return missing;
}

static bool wanted(const struct guard_program *p, const struct plan *plan,
		   const struct kernel *kernel)
{
	return guard_needs(p, plan) && kernel_hook(kernel, p) == HOOK_HELD;
}

static int select_programs(struct instance *in, const struct plan *plan,
			   const struct kernel *kernel)
{
	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			struct bpf_program *prog;

			if (!wanted(p, plan, kernel))
				continue;
			prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
			if (!prog)
				return fail(p->program, -ENOENT);
			bpf_program__set_autoload(prog, true);
		}
	}
	bpf_program__set_autoload(in->skel->progs.note_running, plan->n_programs > 1);
	return 0;
}

/* A rule to name where all are concerned; one that denies, if there is one. */
static __u32 root_rule(const struct plan *plan)
{
	for (size_t i = plan->sections; i < plan->n_rules; i++)
		if (!plan->rules[i].kernel.audit)
			return i;
	return plan->n_rules - 1;
}

static int set_sizes(struct instance *in, const struct plan *plan)
{
	struct lsm_guard_bpf *skel = in->skel;
	struct stat ns;

	bpf_map__set_max_entries(skel->maps.objects, OBJECT_ROOM(plan->n_object_keys));
	bpf_map__set_max_entries(skel->maps.names, OBJECT_ROOM(plan->n_name_keys));
	bpf_map__set_max_entries(skel->maps.mounts, plan->n_mount_keys + 1);
	bpf_map__set_max_entries(skel->maps.rules, plan->n_rules);
	bpf_map__set_max_entries(skel->maps.tallies, plan->n_rules);
	bpf_map__set_max_entries(skel->maps.lists, plan->lists.n * plan->list_words);
	skel->rodata->use_trees = plan->trees;
	skel->rodata->use_devices = plan->devices;
	skel->rodata->use_btrfs = plan->btrfs;
	skel->rodata->list_words = plan->list_words;
	skel->rodata->updaters_list = plan->updaters;
	skel->rodata->root_rule = root_rule(plan);
	skel->rodata->root_mount = plan->root_mount;
	/* Paths mean what they mean to us, so our namespace is the one that is guarded. */
	if (stat("/proc/self/ns/mnt", &ns))
		return fail("/proc/self/ns/mnt", -errno);
	skel->rodata->guarded_mnt_ns = ns.st_ino;
	return 0;
}

/* ---- filling ------------------------------------------------------------------ */

/* A hash map takes a batch in one call; keys and values are arrays. */
static int fill(struct bpf_map *map, const void *keys, const void *values, size_t n)
{
	__u32 count = n;
	int err;

	if (!n)
		return 0;
	err = bpf_map_update_batch(bpf_map__fd(map), keys, values, &count, NULL);
	if (!err && count != n)
		err = -E2BIG;
	return err ? fail(bpf_map__name(map), err) : 0;
}

static int fill_array(struct bpf_map *map, const void *values, size_t n)
{
	__u32 *index = calloc(n, sizeof(*index));
	int err;

	if (!index)
		return fail(bpf_map__name(map), -ENOMEM);
	for (size_t i = 0; i < n; i++)
		index[i] = i;
	err = fill(map, index, values, n);
	free(index);
	return err;
}

static int fill_rules(struct instance *in, const struct plan *plan)
{
	struct guard_rule *rules = calloc(plan->n_rules, sizeof(*rules));
	int err;

	if (!rules)
		return fail("rules", -ENOMEM);
	for (size_t i = 0; i < plan->n_rules; i++)
		rules[i] = plan->rules[i].kernel;
	err = fill_array(in->skel->maps.rules, rules, plan->n_rules);
	free(rules);
	return err;
}

static int fill_lists(struct instance *in, const struct plan *plan)
{
	size_t row = plan->list_words * sizeof(__u64);
	char *words = calloc(plan->lists.n, row);
	int err;

	if (!words)
		return fail("lists", -ENOMEM);
	for (size_t i = 0; i < plan->lists.n; i++)
		memcpy(words + i * row, plan->lists.entries[i].bytes, row);
	err = fill_array(in->skel->maps.lists, words, plan->lists.n * plan->list_words);
	free(words);
	return err;
}

static void set_bit(struct instance *in, __u64 hash)
{
	__u64 offset = guard_word(hash) & in->skel->rodata->bits_mask;

	__sync_fetch_and_or(&in->skel->bss->state.bits[offset / 8], 1ULL << guard_bit(hash));
}

static void set_bits_of(struct instance *in, const struct guard_identity *id,
			const struct guard_object *object)
{
	set_bit(in, guard_hash(id->ino, id->dev));
	if (object->flags & GUARD_OBJECT_TREE)
		in->skel->bss->state.trees[guard_tree_slot(id->ino, id->dev)] = 1;
	if (object->flags & GUARD_OBJECT_TREE && !id->ino)
		in->skel->bss->state.watch |= guard_watch(id->dev);
}

/* An object's bits come after the object: a set bit without one is only a look-up in vain. */
static int fill_objects(struct instance *in, const struct plan *plan)
{
	int err = fill(in->skel->maps.objects, plan->object_keys, plan->object_values,
		       plan->n_object_keys);

	if (plan->devices)
		in->skel->bss->state.watch = ~0ULL;
	for (size_t i = 0; i < plan->n_object_keys && !err; i++)
		set_bits_of(in, &plan->object_keys[i], &plan->object_values[i]);
	return err;
}

/* Each guard's canary is an inode of ours that no path of the policy leads to. */
static int fill_canaries(struct instance *in, const struct plan *plan, struct identifier *who)
{
	struct guard_object object = { .rules = { plan->canary } };
	struct guard_identified is;
	int err;

	for (size_t g = 0; g < n_guards; g++) {
		in->canaries[g] = guards[g]->canary_make();
		if (in->canaries[g] < 0)
			return fail("canary", in->canaries[g]);
		err = identify_fds(who, &in->canaries[g], 1, &is);
		if (!err)
			err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.objects), &is.id,
						  &object, BPF_ANY);
		if (err)
			return fail("canary", err);
		set_bits_of(in, &is.id, &object);
		/* The baseline: what is refused later must be allowed now. */
		if (guards[g]->canary_denied(in->canaries[g], plan) != 1) {
			fprintf(stderr,
				"lsm-guard: the %s guard's canary is refused before "
				"anything is attached: something else denies here\n",
				guards[g]->name);
			return -EBUSY;
		}
	}
	return 0;
}

int instance_load(struct instance *in, struct plan *plan, struct identifier *who,
		  const struct kernel *kernel)
{
	int err;

	*in = (struct instance){};
	for (size_t g = 0; g < n_guards; g++)
		in->canaries[g] = -1;
	err = object_open(&in->skel, words_for(plan->n_object_keys));
	if (err)
		return fail("cannot open the BPF object", err);
	err = set_sizes(in, plan);
	if (!err)
		err = select_programs(in, plan, kernel);
	if (err)
		return err;
	err = lsm_guard_bpf__load(in->skel);
	if (err)
		return fail("cannot load the BPF programs", err);
	err = fill_rules(in, plan);
	if (!err)
		err = fill_lists(in, plan);
	if (!err)
		err = fill(in->skel->maps.names, plan->name_keys, plan->name_values,
			   plan->n_name_keys);
	if (!err)
		err = fill(in->skel->maps.mounts, plan->mount_keys, plan->mount_rules,
			   plan->n_mount_keys);
	if (!err)
		err = fill_objects(in, plan);
	if (!err)
		err = fill_canaries(in, plan, who);
	return err;
}

/* ---- attaching ---------------------------------------------------------------- */

static int attach_one(struct instance *in, const struct guard_program *p)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
	struct bpf_link *link = bpf_program__attach_lsm(prog);

	if (in->n_links == LINKS_MAX) {
		bpf_link__destroy(link);
		return fail(p->program, -E2BIG);
	}
	if (!link) {
		int err = -errno;

		fprintf(stderr, "lsm-guard: cannot attach to the hook %s: %s\n", p->hook,
			strerror(errno));
		return err;
	}
	in->links[in->n_links++] = link;
	return 0;
}

/* Attaches the programs of one kind, of all guards. */
static int attach_kind(struct instance *in, bool trust, bool opens)
{
	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			struct bpf_program *prog;
			int err;

			prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
			if (p->trust != trust || p->opens != opens || !bpf_program__autoload(prog))
				continue;
			err = attach_one(in, p);
			if (err)
				return err;
		}
	}
	return 0;
}

/* Runs note_running over all tasks: reading the iterator to its end is what runs it. */
static int note_running(struct instance *in)
{
	struct bpf_link *link;
	int fd, err = 0;
	char byte;

	if (!bpf_program__autoload(in->skel->progs.note_running))
		return 0;
	link = bpf_program__attach_iter(in->skel->progs.note_running, NULL);
	if (!link)
		return fail("cannot look at the running tasks", -errno);
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0 || read(fd, &byte, 1) < 0)
		err = fail("cannot look at the running tasks", -errno);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return err;
}

/* Adds the rules of @more to @object. False when there is no place left. */
static bool add_rules(struct guard_object *object, const struct guard_object *more)
{
	for (int i = 0; i < GUARD_RULES_PER_OBJECT && more->rules[i]; i++) {
		int k = 0;

		while (k < GUARD_RULES_PER_OBJECT && object->rules[k] &&
		       object->rules[k] != more->rules[i])
			k++;
		if (k == GUARD_RULES_PER_OBJECT)
			return false;
		object->rules[k] = more->rules[i];
	}
	object->flags |= more->flags;
	if (more->program)
		object->program = more->program;
	if (!object->anchor)
		object->anchor = more->anchor;
	return true;
}

/* What the map has not, or has with fewer rules. */
static int add_missing(struct bpf_map *map, const void *key, const struct guard_object *want)
{
	struct guard_object held = {}, both;

	bpf_map_lookup_elem(bpf_map__fd(map), key, &held);
	both = held;
	if (!add_rules(&both, want))
		return -E2BIG;
	if (!memcmp(&both, &held, sizeof(both)))
		return 0;
	return bpf_map_update_elem(bpf_map__fd(map), key, &both, BPF_ANY);
}

/*
 * What changed since we looked: the plan's claims are made anew, and added. Nothing is taken
 * away. The hooks that see names and mounts change are attached by now, so that nothing
 * escapes from here on; those that refuse opens are not, so that we can look.
 */
static int catch_up(struct instance *in, struct plan *plan, struct identifier *who)
{
	int err = plan_cover(plan) ? -EINVAL : plan_identify(plan, who);

	/* Settled when the programs were loaded: what came since would not be held. */
	if (!err && (plan->trees != in->skel->rodata->use_trees ||
		     plan->devices != in->skel->rodata->use_devices ||
		     plan->btrfs != in->skel->rodata->use_btrfs))
		err = -EAGAIN;
	for (size_t i = 0; i < plan->n_object_keys && !err; i++) {
		err = add_missing(in->skel->maps.objects, &plan->object_keys[i],
				  &plan->object_values[i]);
		set_bits_of(in, &plan->object_keys[i], &plan->object_values[i]);
	}
	for (size_t i = 0; i < plan->n_name_keys && !err; i++)
		err = add_missing(in->skel->maps.names, &plan->name_keys[i], &plan->name_values[i]);
	return err ? fail("cannot catch up with files that were replaced meanwhile", err) : 0;
}

int instance_attach(struct instance *in, struct plan *plan, struct identifier *who)
{
	int err = attach_kind(in, true, false);

	if (!err)
		err = note_running(in);
	if (!err)
		err = attach_kind(in, false, false);
	if (!err)
		err = catch_up(in, plan, who);
	return err ? err : attach_kind(in, false, true);
}

int instance_prove(struct instance *in, const struct plan *plan)
{
	for (size_t g = 0; g < n_guards; g++) {
		int how = guards[g]->canary_denied(in->canaries[g], plan);

		if (!how)
			continue;
		fprintf(stderr,
			"lsm-guard: NOT enforcing: the %s guard's programs are attached, but its canary %s%s; "
			"is kernel.ftrace_enabled 0?\n",
			guards[g]->name, how > 0 ? "was let through" : "failed otherwise: ",
			how > 0 ? "" : strerror(-how));
		return -ENOTSUP;
	}
	return 0;
}

void instance_destroy(struct instance *in)
{
	for (size_t i = 0; i < in->n_links; i++)
		bpf_link__destroy(in->links[i]);
	for (size_t g = 0; g < n_guards && in->skel; g++)
		if (in->canaries[g] >= 0)
			close(in->canaries[g]);
	lsm_guard_bpf__destroy(in->skel);
	*in = (struct instance){};
}
