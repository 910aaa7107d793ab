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

#include "fill.h"

/* Bits of the bitmap per protected inode: with 128 one in a hundred look-ups is in vain. */
#define BITS_PER_OBJECT 128
#define WORDS_MIN	512

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

int instance_missing_hooks(const struct plan *plan, const struct kernel *kernel, FILE *out)
{
	int missing = 0;

	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];

			if (!needed(p, plan, kernel) || kernel_hook(kernel, p) != HOOK_MISSING)
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
	return needed(p, plan, kernel) && kernel_hook(kernel, p) == HOOK_HELD;
}

static bool uses_subjects(const struct plan *plan)
{
	return plan->n_programs > 1 || plan->closed & GUARD_SECTION;
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
				return instance_fail(p->program, -ENOENT);
			bpf_program__set_autoload(prog, true);
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
	bpf_map__set_max_entries(skel->maps.subjects, uses_subjects(plan) ? tasks_max() : 1);
	bpf_map__set_max_entries(skel->maps.ledgers,
				 plan->closed & GUARD_PROCESS_KEYS ? 2 * tasks_max() : 1);
	bpf_map__set_max_entries(skel->maps.sections, plan->n_bound);
	bpf_map__set_max_entries(skel->maps.endpoints, plan->n_endpoints);
	bpf_map__set_max_entries(skel->maps.prefixes, plan->n_prefixes + 1);
	bpf_map__set_max_entries(skel->maps.ports,
				 plan->port_sets.n * GUARD_PROTO * GUARD_PORTS_WORDS + 1);
	skel->rodata->use_trust = plan->n_programs > 1;
	skel->rodata->use_sections = plan->closed & GUARD_SECTION;
	skel->rodata->use_ledgers = plan->closed & GUARD_PROCESS_KEYS;
	skel->rodata->canary_section = plan->canary_section;
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
	return 0;
}

int instance_load(struct instance *in, struct plan *plan, struct identifier *who,
		  const struct kernel *kernel)
{
	int err;

	*in = (struct instance){};
	for (size_t g = 0; g < n_guards; g++)
		in->canaries[g] = -1;
	err = canary_start(&in->canary, plan);
	if (err)
		return err;
	err = object_open(&in->skel, words_for(plan->n_object_keys + plan->n_prefixes));
	if (err)
		return instance_fail("cannot open the BPF object", err);
	err = set_sizes(in, plan);
	if (!err)
		err = select_programs(in, plan, kernel);
	if (err)
		return err;
	err = lsm_guard_bpf__load(in->skel);
	if (err)
		return instance_fail("cannot load the BPF programs", err);
	err = fill_maps(in, plan);
	if (!err)
		err = fill_canaries(in, plan, who);
	return err;
}

/* ---- attaching ---------------------------------------------------------------- */

static int attach_one(struct instance *in, const struct guard_program *p)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
	struct bpf_link *link = bpf_program__attach(prog);

	if (in->n_links == LINKS_MAX) {
		bpf_link__destroy(link);
		return instance_fail(p->program, -E2BIG);
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

/* Attaches the programs of one stage, of all guards. */
static int attach_stage(struct instance *in, enum attach_stage stage)
{
	for (size_t g = 0; g < n_guards; g++) {
		for (size_t i = 0; i < guards[g]->n_programs; i++) {
			const struct guard_program *p = &guards[g]->programs[i];
			struct bpf_program *prog;
			int err;

			prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
			if (p->stage != stage || !bpf_program__autoload(prog))
				continue;
			err = attach_one(in, p);
			if (err)
				return err;
		}
	}
	return 0;
}

/*
 * Runs an iterator: reading it to its end is what runs it. How many bytes it wrote, or a
 * negative errno after a message.
 */
static ssize_t run_iterator(struct bpf_program *prog, struct bpf_map *over)
{
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = {};
	struct bpf_link *link;
	ssize_t n, bytes = 0;
	char buffer[4096];
	int fd;

	if (over) {
		info.map.map_fd = bpf_map__fd(over);
		opts.link_info = &info;
		opts.link_info_len = sizeof(info);
	}
	link = bpf_program__attach_iter(prog, &opts);
	if (!link)
		return instance_fail(bpf_program__name(prog), -errno);
	fd = bpf_iter_create(bpf_link__fd(link));
	n = fd < 0 ? -1 : 0;
	while (fd >= 0 && ((n = read(fd, buffer, sizeof(buffer))) > 0 || (n && errno == EINTR)))
		bytes += n > 0 ? n : 0;
	if (n < 0)
		bytes = instance_fail(bpf_program__name(prog), -errno);
	if (fd >= 0)
		close(fd);
	bpf_link__destroy(link);
	return bytes;
}

/* A process may be met before the one that it was started by: again, until there is no news. */
#define NOTE_ROUNDS 64

static int note_running(struct instance *in)
{
	ssize_t news = 1;

	if (!bpf_program__autoload(in->skel->progs.note_running))
		return 0;
	in->skel->bss->state.canary_tgid = in->canary.pid;
	for (int i = 0; i < NOTE_ROUNDS && news > 0; i++)
		news = run_iterator(in->skel->progs.note_running, NULL);
	if (news > 0)
		return instance_fail("the running tasks change too fast to be noted", -EAGAIN);
	return news;
}

/* What arrived at a socket before is not asked for; what arrives from now on is. */
static int mark_sockets(struct instance *in)
{
	if (!bpf_program__autoload(in->skel->progs.mark_sockets))
		return 0;
	return run_iterator(in->skel->progs.mark_sockets, NULL) < 0 ? -EIO : 0;
}

int instance_reconcile(struct instance *in)
{
	ssize_t done;

	if (!bpf_program__autoload(in->skel->progs.mark_alive))
		return 0;
	if (!in->skel->bss->state.round)
		note_running(in); /* and so has a long one by now */
	in->skel->bss->state.round++;
	done = run_iterator(in->skel->progs.mark_alive, NULL);
	if (done >= 0)
		done = run_iterator(in->skel->progs.drop_dead, in->skel->maps.subjects);
	return done < 0 ? -EIO : 0;
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
	if (more->section)
		object->section = more->section;
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
		instance_bits(in, &plan->object_keys[i], &plan->object_values[i]);
	}
	for (size_t i = 0; i < plan->n_name_keys && !err; i++)
		err = add_missing(in->skel->maps.names, &plan->name_keys[i], &plan->name_values[i]);
	return err ? instance_fail("cannot catch up with files that were replaced meanwhile", err)
		   : 0;
}

/* The number of the initial PID namespace's inode is fixed: PROC_PID_INIT_INO. */
#define INITIAL_PID_NS 0xeffffffcU

/* An iterator shows the tasks of its reader's PID namespace: we must see all. */
static int sees_all_tasks(void)
{
	struct stat ns;

	if (stat("/proc/self/ns/pid", &ns))
		return instance_fail("/proc/self/ns/pid", -errno);
	if (ns.st_ino == INITIAL_PID_NS)
		return 0;
	return instance_fail("in a PID namespace the host's tasks cannot be seen; start it outside",
			     -EPERM);
}

int instance_attach(struct instance *in, struct plan *plan, struct identifier *who)
{
	int err = uses_subjects(plan) ? sees_all_tasks() : 0;

	if (!err)
		err = attach_stage(in, ATTACH_WHO);
	if (!err)
		err = note_running(in);
	if (!err)
		err = attach_stage(in, ATTACH_NAMES);
	if (!err)
		err = catch_up(in, plan, who);
	if (!err)
		err = attach_stage(in, ATTACH_LAST);
	/* A fork that was under way when we looked has come to its end since. */
	if (!err)
		err = note_running(in);
	return err ? err : mark_sockets(in);
}

int instance_prove(struct instance *in, const struct plan *plan)
{
	for (size_t g = 0; g < n_guards; g++) {
		int how;

		if (in->canaries[g] < 0)
			continue;
		how = guards[g]->canary_denied(in->canaries[g], plan);
		if (!how)
			continue;
		guard_not_proved(guards[g], how);
		return -ENOTSUP;
	}
	return canary_prove(&in->canary, plan);
}

void instance_destroy(struct instance *in)
{
	for (size_t i = 0; i < in->n_links; i++)
		bpf_link__destroy(in->links[i]);
	for (size_t g = 0; g < n_guards && in->skel; g++)
		if (in->canaries[g] >= 0)
			close(in->canaries[g]);
	if (in->skel)
		canary_end(&in->canary);
	lsm_guard_bpf__destroy(in->skel);
	*in = (struct instance){};
}
