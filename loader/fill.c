// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan into the maps of an instance, before anything is attached. What sets a bit in the
 * first look comes last: a set bit without an entry is only a look-up in vain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/bpf.h>

#include "fill.h"
#include "sections.h"

int instance_fail(const char *what, int err)
{
	fprintf(stderr, "lsm-guard: %s: %s\n", what, strerror(-err));
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
		sections_ports(plan, i, words + i * row);
	err = fill_array(in->skel->maps.ports, words, n + 1);
	free(words);
	return err;
}

static void set_bit(struct instance *in, __u64 hash)
{
	__u64 offset = guard_word(hash) & in->skel->rodata->bits_mask;

	__sync_fetch_and_or(&in->skel->bss->state.bits[offset / 8], 1ULL << guard_bit(hash));
}

/* As with objects, the bits come last. */
static int fill_endpoints(struct instance *in, const struct plan *plan)
{
	int err = fill_array(in->skel->maps.endpoints, plan->endpoints, plan->n_endpoints);

	if (!err)
		err = fill_ports(in, plan);
	if (!err)
		err = fill(in->skel->maps.prefixes, plan->prefix_keys, plan->prefix_ports,
			   plan->n_prefixes);
	for (size_t i = 0; i < plan->n_prefixes && !err; i++)
		set_bit(in, guard_hash(guard_prefix_ino(&plan->prefix_keys[i]),
				       guard_prefix_dev(&plan->prefix_keys[i])));
	return err;
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

/* Each guard's canary is an inode of ours that no path of the policy leads to. */
int fill_canaries(struct instance *in, const struct plan *plan, struct identifier *who)
{
	struct guard_object object = { .rules = { plan->canary } };
	struct guard_identified is;
	int err;

	for (size_t g = 0; g < n_guards; g++) {
		if (!guards[g]->canary_make || !(plan->closed & guards[g]->keys))
			continue;
		in->canaries[g] = guards[g]->canary_make();
		if (in->canaries[g] < 0)
			return instance_fail("canary", in->canaries[g]);
		err = identify_fds(who, &in->canaries[g], 1, &is);
		if (!err)
			err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.objects), &is.id,
						  &object, BPF_ANY);
		if (err)
			return instance_fail("canary", err);
		instance_bits(in, &is.id, &object);
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

int fill_maps(struct instance *in, const struct plan *plan)
{
	int err = fill_rules(in, plan);

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
