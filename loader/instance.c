// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plan in the kernel. The order is the point: open, size, load, fill, THEN attach (attach.c),
 * prove. Whatever fails, instance_destroy() leaves nothing attached: links are not pinned and go
 * with their descriptors.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "about.h"
#include "denied.h"
#include "endpoints.h"
#include "fill.h"
#include "former.h"
#include "text.h"
#include "types.h"

/* Bits of the bitmap per protected inode: with 128 one in a hundred look-ups is in vain. */
#define BITS_PER_OBJECT 128
#define WORDS_MIN	512

#define INTERFACES_ROOM 16384

/* Beside what the policy names there is room for inodes that come to have its names. */
#define OBJECT_ROOM(n) ((n) + (n) / 8 + 1024)

static size_t words_for(size_t objects)
{
	size_t words = WORDS_MIN;

	while (words < GUARD_BITS_WORDS_MAX && words * 64 < objects * BITS_PER_OBJECT)
		words *= 2;
	return words;
}

static bool needed(const struct guard_program *p, const struct plan *plan,
		   const struct kernel *kernel)
{
	return guard_needs(p, plan) || (plan->closed & p->also && kernel_has(kernel, p->where));
}

/* Opens that are to be led elsewhere, which takes writing to the memory of who opens. */
static int missing_redirects(const struct plan *plan, const struct kernel *kernel, FILE *out)
{
	int missing = 0;

	for (size_t i = 0; kernel->lockdown && i < plan->n_rules; i++) {
		const struct plan_rule *rule = &plan->rules[i];

		if (!rule->kernel.redirect)
			continue;
		missing++;
		fprintf(out,
			"%s:%u: opens cannot be led elsewhere: the kernel is locked down, and lets no "
			"program write to the memory of processes; %s, or boot without lockdown=\n",
			rule->at.file, rule->at.line,
			rule->decoy ? "take the decoy away" : "use report or kill");
	}
	return missing;
}

int instance_missing_hooks(const struct plan *plan, const struct kernel *kernel, FILE *out)
{
	int missing = missing_redirects(plan, kernel, out);

	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];

			if (!needed(p, plan, kernel) || kernel_hook(kernel, p) != HOOK_MISSING)
				continue;
			/* A fallback does what it can, and says what that is. */
			missing += !kernel->fallback;
			fprintf(out,
				"lsm-guard: this kernel has no hook %s, which the %s guard needs%s\n",
				p->hook, guards[g]->name,
				kernel->fallback ? ": what it would see is NOT HELD" : "");
		}
	}
	return missing;
}

bool instance_wants(const struct guard_program *p, const struct plan *plan,
		    const struct kernel *kernel)
{
	return needed(p, plan, kernel) && kernel_hook(kernel, p) == HOOK_HELD;
}

static bool uses_subjects(const struct plan *plan)
{
	return plan->n_programs > 1 || plan->closed & GUARD_SECTION;
}

/* Those of the hooks; the iterators that go through what runs already, where it matters. */
static int select_programs(struct instance *in, const struct plan *plan,
			   const struct kernel *kernel)
{
	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			struct bpf_program *prog;

			if (!instance_wants(p, plan, kernel))
				continue;
			prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
			if (!prog)
				return instance_fail(p->program, -ENOENT);
			bpf_program__set_autoload(prog, true);
			if (kernel->fallback && !p->function) {
				bpf_program__set_type(prog, BPF_PROG_TYPE_TRACING);
				bpf_program__set_expected_attach_type(prog, BPF_TRACE_FENTRY);
			}
		}
	}
	bpf_program__set_autoload(in->skel->progs.note_running, uses_subjects(plan));
	bpf_program__set_autoload(in->skel->progs.mark_alive, uses_subjects(plan));
	bpf_program__set_autoload(in->skel->progs.drop_dead, uses_subjects(plan));
	bpf_program__set_autoload(in->skel->progs.mark_sockets, plan->closed & GUARD_RECEIVE);
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

/* A number at the beginning of a file of the kernel's, behind @key where it has lines. */
static long kernel_number(const char *file, const char *key, long otherwise)
{
	char line[128];
	FILE *f = fopen(file, "re");
	long n = otherwise;

	while (f && fgets(line, sizeof(line), f)) {
		if (strncmp(line, key, strlen(key)))
			continue;
		n = atol(line + strlen(key));
		break;
	}
	if (f)
		fclose(f);
	return n > 0 ? n : otherwise;
}

/* As many as there can be, so that no task's entry lacks room. */
static __u32 tasks_max(void)
{
	return kernel_number("/proc/sys/kernel/threads-max", "", 1 << 16);
}

static __u32 huge_page_shift(void)
{
	return __builtin_ctzl(kernel_number("/proc/meminfo", "Hugepagesize:", 2048) * 1024);
}

/* The kernel's number of a type, 0: it has none of that name. */
static __u32 number_of(const char *type)
{
	int id = types_struct(type);

	return id > 0 ? id : 0;
}

/* See lsm/compat.bpf.h. */
static void set_casts(struct lsm_guard_bpf *skel, const struct kernel *kernel)
{
	if (!kernel_has(kernel, "bpf_rdonly_cast"))
		return;
	skel->rodata->casts = (struct guard_casts){
		.dentry = number_of("dentry"),
		.file = number_of("file"),
		.inode = number_of("inode"),
		.linux_binprm = number_of("linux_binprm"),
		.task_struct = number_of("task_struct"),
	};
}

static void set_sizes(struct lsm_guard_bpf *skel, const struct plan *plan)
{
	bool packets = plan->closed & GUARD_ACCEPT, redirect = plan->closed & GUARD_REDIRECT;

	bpf_map__set_max_entries(skel->maps.objects, OBJECT_ROOM(plan->n_object_keys));
	bpf_map__set_max_entries(skel->maps.names, OBJECT_ROOM(plan->n_name_keys));
	bpf_map__set_max_entries(skel->maps.mounts, plan->n_mount_keys + 1);
	bpf_map__set_max_entries(skel->maps.rules, plan->n_rules);
	bpf_map__set_max_entries(skel->maps.tallies, plan->n_rules);
	bpf_map__set_max_entries(skel->maps.allowed, plan->n_rules);
	bpf_map__set_max_entries(skel->maps.lists, plan->lists.n * plan->list_words);
	bpf_map__set_max_entries(skel->maps.subjects, uses_subjects(plan) ? tasks_max() : 1);
	bpf_map__set_max_entries(skel->maps.ledgers,
				 plan->closed & GUARD_PROCESS_KEYS ? 2 * tasks_max() : 1);
	bpf_map__set_max_entries(skel->maps.sections, plan->n_bound);
	bpf_map__set_max_entries(skel->maps.port_sets,
				 plan->port_sets.n * GUARD_PROTO * GUARD_PORTS_WORDS + 1);
	bpf_map__set_max_entries(
		skel->maps.packets,
		packets ? (GUARD_NUMBER_FIRST + GUARD_INTERFACES_MAX) * GUARD_PACKET_OUTCOMES : 1);
	bpf_map__set_max_entries(skel->maps.interfaces, packets ? INTERFACES_ROOM : 1);
	bpf_map__set_max_entries(skel->maps.fragments, packets ? GUARD_FRAGMENTS_MAX : 1);
	bpf_map__set_max_entries(skel->maps.sent,
				 plan->closed & GUARD_REPLIES ? GUARD_SENT_MAX : 1);
	bpf_map__set_autocreate(skel->maps.paths, redirect);
	bpf_map__set_autocreate(skel->maps.decoys, redirect);
	bpf_map__set_autocreate(skel->maps.redirects, redirect);
	bpf_map__set_autocreate(skel->maps.redirect_now, redirect);
	bpf_map__set_max_entries(skel->maps.paths, plan->n_texts + 1);
	bpf_map__set_max_entries(skel->maps.decoys, plan->n_rules + 2);
}

/* Where the tables of endpoints lie behind the bits: see lsm/endpoint.bpf.h. */
static void set_tables(struct lsm_guard_bpf *skel, const struct plan *plan)
{
	skel->rodata->prefixes_at = skel->rodata->bits_mask + sizeof(__u64);
	skel->rodata->prefixes_mask = plan->prefix_slots - 1;
	skel->rodata->lists_at =
		skel->rodata->prefixes_at + plan->prefix_slots * sizeof(*plan->prefix_table);
	skel->rodata->lists_mask = plan->list_slots - 1;
	skel->rodata->buckets_at =
		skel->rodata->lists_at + plan->list_slots * sizeof(*plan->endpoints);
	skel->rodata->buckets_mask = plan->n_buckets - 1;
	for (int family = 0; family < 2; family++) {
		skel->rodata->bucket_shift[family] = 64 - plan->bucket_bits[family];
		skel->rodata->lengths_max[family] = __builtin_popcountll(plan->lengths[family]);
	}
}

/* What does not change: the verifier leaves out what it turns off. */
static int set_constants(struct lsm_guard_bpf *skel, const struct plan *plan)
{
	struct stat ns;

	skel->rodata->fallback = plan->fallback;
	skel->rodata->use_trust = plan->n_programs > 1;
	skel->rodata->use_sections = plan->closed & GUARD_SECTION;
	skel->rodata->use_ledgers = plan->closed & GUARD_PROCESS_KEYS;
	skel->rodata->possible_cpus = libbpf_num_possible_cpus();
	skel->rodata->huge_page_shift = huge_page_shift();
	skel->rodata->use_trees = plan->trees;
	skel->rodata->use_devices = plan->devices;
	skel->rodata->use_btrfs = plan->btrfs;
	skel->rodata->list_words = plan->list_words;
	skel->rodata->updaters_list = plan->updaters;
	skel->rodata->root_rule = root_rule(plan);
	skel->rodata->root_mount = plan->root_mount;
	/* Paths mean what they mean to us, so our namespace is the one that is guarded. */
	if (stat("/proc/self/ns/mnt", &ns))
		return instance_fail("/proc/self/ns/mnt", -errno);
	skel->rodata->guarded_mnt_ns = ns.st_ino;
	if (stat("/proc/self/ns/net", &ns))
		return instance_fail("/proc/self/ns/net", -errno);
	skel->rodata->guarded_net_ns = ns.st_ino;
	return 0;
}

/* By its state's map it is found, whoever holds it. */
static int note_id(struct instance *in)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);

	if (bpf_obj_get_info_by_fd(bpf_map__fd(in->skel->maps.bss), &info, &size))
		return instance_fail("state", -errno);
	in->id = info.id;
	return 0;
}

int instance_load(struct instance *in, struct plan *plan, struct identifier *who,
		  const struct kernel *kernel, struct former *former)
{
	size_t words;
	int err;

	*in = (struct instance){ .former = former, .denied = -1 };
	in->about = about_make(plan, kernel);
	err = canary_start(&in->canary, plan);
	if (err)
		return err;
	words = words_for(plan->n_object_keys);
	if (words + endpoints_words(plan) > GUARD_WORDS_MAX)
		return instance_fail("prefixes", -E2BIG);
	err = object_open(&in->skel, words, endpoints_words(plan));
	if (err)
		return instance_fail("cannot open the BPF object", err);
	bpf_map__set_value_size(in->skel->maps.about, in->about->size);
	set_sizes(in->skel, plan);
	set_tables(in->skel, plan);
	set_casts(in->skel, kernel);
	if (plan->closed & GUARD_REDIRECT) {
		in->denied = denied_make(former && former->running);
		if (in->denied < 0)
			return in->denied;
	}
	err = set_constants(in->skel, plan);
	if (!err)
		err = select_programs(in, plan, kernel);
	if (!err)
		err = former_prepare(former, in->skel, plan);
	if (err)
		return err;
	err = lsm_guard_bpf__load(in->skel);
	if (err)
		return instance_fail("cannot load the BPF programs", err);
	err = note_id(in);
	if (err)
		return err;
	in->skel->bss->state.version = GUARD_STATE_VERSION;
	in->skel->bss->state.acting = in->canary.pid;
	in->skel->bss->state.acting_as = plan->canary_section;
	in->skel->bss->state.watcher = getpid();
	/* A rename that is seen is not a rename that can be undone: opens look at names, too. */
	in->skel->bss->state.names_incomplete = plan->fallback;
	in->skel->bss->state.watch = plan->fallback ? ~0ULL : 0;
	err = fill_maps(in, plan);
	if (!err)
		err = former_fill(former, in->skel, plan);
	if (!err)
		err = fill_canaries(in, plan, who);
	if (!err && plan->closed & GUARD_REDIRECT)
		err = fill_redirects(in, plan, who);
	for (size_t g = 0; g < n_guards && !err; g++)
		if (guards[g]->load && plan->closed & guards[g]->keys)
			err = guards[g]->load(in, plan);
	return err;
}

int instance_prove(struct instance *in, const struct plan *plan)
{
	for (size_t g = 0; g < n_guards; g++)
		if (guards[g]->prove && plan->closed & guards[g]->keys &&
		    guards[g]->prove(in, plan))
			return -ENOTSUP;
	return canary_prove(&in->canary, plan, bpf_map__fd(in->skel->maps.tallies));
}

void instance_confirm_within(struct instance *in, unsigned int seconds)
{
	if (seconds)
		in->skel->bss->state.deadline = boot_now() + seconds * 1000000000ULL;
}

void instance_destroy(struct instance *in)
{
	/* Interfaces go back to the guard before this one while this one still refuses. */
	for (size_t g = 0; g < n_guards && in->skel; g++)
		if (guards[g]->destroy)
			guards[g]->destroy(in);
	/* See begin_end(): all at once. What pins hold on to goes on. */
	if (in->n_links && !in->pinned)
		in->skel->bss->state.suspended = GUARD_ENDING;
	/*
	 * The last one first, as with all that was built up, and as the kernel does it for who is
	 * killed: while tasks are counted when they are made they are when they are reaped.
	 */
	while (in->n_links)
		bpf_link__destroy(in->links[--in->n_links]);
	if (in->skel)
		canary_end(&in->canary);
	if (in->skel && in->denied >= 0)
		close(in->denied);
	if (in->skel && in->pinned)
		in->skel->bss->state.watcher = 0;
	lsm_guard_bpf__destroy(in->skel);
	free(in->about);
	*in = (struct instance){};
}
