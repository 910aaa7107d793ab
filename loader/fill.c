// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan into the maps of an instance, before anything is attached. What sets a bit in the
 * first look comes last: a set bit without an entry is only a look-up in vain.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "denied.h"
#include "fill.h"
#include "endpoints.h"

/* What to do about it, where it is plain. */
static const char *remedy(int err)
{
	switch (err) {
	case -ENOMEM:
		return "; give its control group more memory (a service's MemoryMax=)";
	case -EMFILE:
		return "; let it open more files (ulimit -n, a service's LimitNOFILE=)";
	}
	return "";
}

int instance_fail(const char *what, int err)
{
	fprintf(stderr, "lsm-guard: %s: %s%s\n", what, strerror(-err), remedy(err));
	return err;
}

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
	return err ? instance_fail(bpf_map__name(map), err) : 0;
}

static int fill_array(struct bpf_map *map, const void *values, size_t n)
{
	__u32 *index = calloc(n, sizeof(*index));
	int err;

	if (!index)
		return instance_fail(bpf_map__name(map), -ENOMEM);
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
		return instance_fail("rules", -ENOMEM);
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
		return instance_fail("lists", -ENOMEM);
	for (size_t i = 0; i < plan->lists.n; i++)
		memcpy(words + i * row, plan->lists.entries[i].bytes, row);
	err = fill_array(in->skel->maps.lists, words, plan->lists.n * plan->list_words);
	free(words);
	return err;
}

static int fill_sections(struct instance *in, const struct plan *plan)
{
	struct guard_section *sections = calloc(plan->n_bound, sizeof(*sections));
	int err;

	if (!sections)
		return instance_fail("sections", -ENOMEM);
	for (size_t i = 0; i < plan->n_bound; i++)
		sections[i] = plan->bound[i].kernel;
	err = fill_array(in->skel->maps.sections, sections, plan->n_bound);
	free(sections);
	return err;
}

static int fill_ports(struct instance *in, const struct plan *plan)
{
	size_t row = GUARD_PROTO * GUARD_PORTS_WORDS, n = plan->port_sets.n * row;
	__u64 *words = calloc(n + 1, sizeof(*words));
	int err;

	if (!words)
		return instance_fail("ports", -ENOMEM);
	for (size_t i = 0; i < plan->port_sets.n; i++)
		endpoints_ports(plan, i, words + i * row);
	err = fill_array(in->skel->maps.port_sets, words, n + 1);
	free(words);
	return err;
}

static void set_bit(struct instance *in, __u64 hash)
{
	__u64 offset = guard_word(hash) & in->skel->rodata->bits_mask;

	__sync_fetch_and_or(&in->skel->bss->state.bits[offset / 8], 1ULL << guard_bit(hash));
}

/* The tables that stand behind the bits. */
static int fill_endpoints(struct instance *in, const struct plan *plan)
{
	char *bits = (char *)in->skel->bss->state.bits;

	memcpy(bits + in->skel->rodata->prefixes_at, plan->prefix_table,
	       plan->prefix_slots * sizeof(*plan->prefix_table));
	memcpy(bits + in->skel->rodata->lists_at, plan->endpoints,
	       plan->n_endpoints * sizeof(*plan->endpoints));
	memcpy(bits + in->skel->rodata->buckets_at, plan->buckets,
	       plan->n_buckets * sizeof(*plan->buckets));
	return fill_ports(in, plan);
}

void instance_bits(struct instance *in, const struct guard_identity *id,
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
		instance_bits(in, &plan->object_keys[i], &plan->object_values[i]);
	return err;
}

/* No path of the policy leads to them. */
int fill_canaries(struct instance *in, const struct plan *plan, struct identifier *who)
{
	struct guard_object object = { .rules = { plan->canary } };
	struct guard_identified is;
	int err;

	for (size_t g = 0; g < n_guards; g++) {
		if (in->canary.fds[g] < 0)
			continue;
		err = identify_fds(who, &in->canary.fds[g], 1, &is);
		if (!err)
			err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.objects), &is.id,
						  &object, BPF_ANY);
		if (err)
			return instance_fail("canary", err);
		instance_bits(in, &is.id, &object);
	}
	return 0;
}

/* ---- opens that are led elsewhere ------------------------------------------------------ */

static int fill_paths(struct instance *in, const struct plan *plan)
{
	int fd = bpf_map__fd(in->skel->maps.paths);

	for (size_t i = 0; i < plan->n_texts; i++) {
		const struct plan_text *text = &plan->texts[i];
		struct guard_object rules = {};
		int k = 0;

		bpf_map_lookup_elem(fd, &text->hash, &rules);
		while (k < GUARD_RULES_PER_OBJECT && rules.rules[k] && rules.rules[k] != text->rule)
			k++;
		/* Where there are more than that plan_identify() has said so. */
		if (k == GUARD_RULES_PER_OBJECT)
			continue;
		rules.rules[k] = text->rule;
		if (bpf_map_update_elem(fd, &text->hash, &rules, BPF_ANY))
			return instance_fail("paths", -errno);
	}
	return 0;
}

static int fill_decoy(struct instance *in, __u32 rule, const char *path, struct identifier *who)
{
	struct guard_decoy decoy = { .bytes = strlen(path) + 1 };
	struct guard_identified is;
	int fd, err;

	if (decoy.bytes > sizeof(decoy.path))
		return instance_fail(path, -ENAMETOOLONG);
	strcpy(decoy.path, path);
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return instance_fail(path, -errno);
	err = identify_fds(who, &fd, 1, &is);
	close(fd);
	decoy.id = is.id;
	if (!err)
		err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.decoys), &rule, &decoy,
					  BPF_ANY);
	return err ? instance_fail(path, err) : 0;
}

int fill_redirects(struct instance *in, const struct plan *plan, struct identifier *who)
{
	int err = fill_decoy(in, GUARD_NO_RULE, DENIED_FILE, who);

	if (!err)
		err = fill_decoy(in, GUARD_DECOY_ROOT, "/", who);

	for (size_t i = 0; i < plan->n_rules && !err; i++)
		if (plan->rules[i].kernel.redirect && plan->rules[i].decoy)
			err = fill_decoy(in, i, plan->rules[i].decoy, who);
	return err ? err : fill_paths(in, plan);
}

/* From the state, which every program has, the others are found. */
int fill_about(struct instance *in)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info), zero = 0;
	int fd = bpf_map__fd(in->skel->maps.about);

	if (bpf_map_update_elem(fd, &zero, in->about, BPF_ANY) ||
	    bpf_obj_get_info_by_fd(fd, &info, &size))
		return instance_fail("about", -errno);
	in->skel->bss->state.about = info.id;
	return 0;
}

int fill_maps(struct instance *in, const struct plan *plan)
{
	int err = fill_about(in);

	if (!err)
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
		err = fill_sections(in, plan);
	if (!err)
		err = fill_endpoints(in, plan);
	return err ? err : fill_objects(in, plan);
}
