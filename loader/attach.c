// SPDX-License-Identifier: GPL-2.0-only
/*
 * Attaching an instance that is loaded: first what sees tasks end, then what notes who is who,
 * then what sees names and mounts change; what changed since we looked is caught up with, and
 * only then is attached what refuses opens. Tasks, sockets and what a former guard knew of them
 * are gone through by iterators.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fill.h"
#include "former.h"

static int attach_one(struct instance *in, const struct guard_program *p)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(in->skel->obj, p->program);
	/* Any that is for a function, LSM hooks too; bpf_program__attach() goes by the section. */
	struct bpf_link *link = bpf_program__attach_trace(prog);

	if (in->n_links == LINKS_MAX) {
		bpf_link__destroy(link);
		return instance_fail(p->program, -E2BIG);
	}
	if (!link) {
		int err = -errno;

		fprintf(stderr, "lsm-guard: cannot attach to the hook %s: %s%s\n", p->hook,
			strerror(-err),
			err == -E2BIG ? ": it has as many programs as the kernel lets it have; see "
					"`bpftool prog list`"
				      : "");
		return err == -ENOMEM ? err : -ENOTSUP;
	}
	in->link_names[in->n_links] = p->program;
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
	for (int i = 0; i < NOTE_ROUNDS && news > 0; i++) {
		ssize_t over = in->taking_over ? run_iterator(in->skel->progs.take_over, NULL) : 0;

		news = run_iterator(in->skel->progs.note_running, NULL);
		news = over < 0 ? over : news < 0 ? news : news + over;
	}
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

/* What the guard before us knows of sockets; then it is not asked any more. */
static int finish_taking_over(struct instance *in)
{
	struct lsm_guard_bpf *skel = in->skel;
	int err = 0;

	if (!in->taking_over)
		return 0;
	if (bpf_program__autoload(skel->progs.take_sockets) &&
	    run_iterator(skel->progs.take_sockets, skel->maps.former_sockets) < 0)
		err = -EIO;
	if (run_iterator(skel->progs.drop_heirs, skel->maps.ledger_heirs) < 0)
		err = -EIO;
	in->taking_over = false;
	return err;
}

int instance_reconcile(struct instance *in)
{
	ssize_t done;

	if (!bpf_program__autoload(in->skel->progs.mark_alive))
		return 0;
	if (!in->skel->bss->state.round++)
		note_running(in); /* and so has a long one by now */
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
static int sees_all_tasks(const struct instance *in)
{
	struct stat ns;

	if (!bpf_program__autoload(in->skel->progs.note_running))
		return 0;
	if (stat("/proc/self/ns/pid", &ns))
		return instance_fail("/proc/self/ns/pid", -errno);
	if (ns.st_ino == INITIAL_PID_NS)
		return 0;
	return instance_fail("in a PID namespace the host's tasks cannot be seen; start it outside",
			     -EPERM);
}

int instance_attach(struct instance *in, struct plan *plan, struct identifier *who)
{
	int err = sees_all_tasks(in);

	in->taking_over = in->skel->rodata->use_former;
	if (!err)
		err = attach_stage(in, ATTACH_ENDS);
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
	if (!err)
		err = finish_taking_over(in);
	if (!err)
		former_carry(in->former, &in->skel->bss->state);
	if (!err)
		err = mark_sockets(in);
	for (size_t g = 0; g < n_guards && !err; g++)
		if (guards[g]->attach && plan->closed & guards[g]->keys)
			err = guards[g]->attach(in, plan);
	in->about->n_hooks = in->n_links;
	return err ? err : fill_about(in);
}
