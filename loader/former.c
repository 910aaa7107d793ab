// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes over from one guard to the next: see lsm/handover.bpf.c for the kernel's side. The
 * new one is attached beside the old one, which goes on to hold until the new one is proved.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "about.h"
#include "fill.h"
#include "former.h"
#include "interfaces.h"
#include "pins.h"
#include "text.h"

int former_find(struct former *former)
{
	int err;

	*former = (struct former){ .may_return = former->may_return };
	err = running_find(&former->all);
	if (err)
		return instance_fail("cannot look for a running guard", err);
	for (size_t i = 0; i < former->all.n; i++) {
		struct running *r = &former->all.at[i];

		if (running_has_let_go(r))
			continue;
		if (r->state->deadline) {
			fputs("lsm-guard: a start or reload waits to be confirmed: run `lsm-guard confirm` "
			      "first, or wait until its time is over\n",
			      stderr);
			return -EBUSY;
		}
		/* There is one; should another have left some of it behind, that is not it. */
		if (!former->running || r->n_links > former->running->n_links)
			former->running = r;
	}
	if (former->running)
		former->same = former->running->state->version == GUARD_STATE_VERSION;
	return 0;
}

#define ADMIT_SECONDS 300 /* should we be killed, the number is another process's one day */

void former_admit(bool may)
{
	struct runnings all;

	if (running_find(&all))
		return; /* what follows says so */
	for (size_t i = 0; i < all.n; i++) {
		struct guard_state *state = all.at[i].state;

		if (state->version != GUARD_STATE_VERSION)
			continue;
		state->heir_until = may ? boot_now() + ADMIT_SECONDS * 1000000000ULL : 0;
		__atomic_store_n(&state->heir, may ? (__u32)getpid() : 0, __ATOMIC_SEQ_CST);
	}
	running_free(&all);
}

void former_free(struct former *former)
{
	running_free(&former->all);
	*former = (struct former){};
}

/* ---- maps ------------------------------------------------------------------------ */

static bool has_map(const struct former *former, const char *name)
{
	int fd = running_map(former->running, name);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static int reuse(struct former *former, struct bpf_map *map, const char *name)
{
	int fd = running_map(former->running, name);
	int err = fd < 0 ? fd : bpf_map__reuse_fd(map, fd);

	if (fd >= 0)
		close(fd);
	return err ? instance_fail(name, err) : bpf_map__set_autocreate(map, true);
}

static __u32 entries_of(const struct former *former, const char *name)
{
	struct bpf_map_info info = {};
	__u32 size = sizeof(info);
	int fd = running_map(former->running, name);

	if (fd >= 0) {
		bpf_obj_get_info_by_fd(fd, &info, &size);
		close(fd);
	}
	return info.max_entries;
}

static __u32 larger(__u32 a, __u32 b)
{
	return a > b ? a : b;
}

/* Numbers of theirs and of ours. */
static __u32 n_heirs(const struct former *former, const struct plan *plan)
{
	return larger(larger(entries_of(former, "sections"), entries_of(former, "rules")),
		      larger(plan->n_bound, plan->n_rules));
}

/* Replies that are awaited, and parts of datagrams: they are the same under every policy. */
static int share(struct former *former, struct bpf_map *map)
{
	const char *name = bpf_map__name(map);

	if (!has_map(former, name) || entries_of(former, name) != bpf_map__max_entries(map))
		return 0;
	return reuse(former, map, name);
}

int former_prepare(struct former *former, struct lsm_guard_bpf *skel, const struct plan *plan)
{
	int err;

	if (!former || !former->running)
		return 0;
	if (former->may_return && plan->closed & GUARD_ACCEPT) {
		skel->rodata->use_previous = true;
		bpf_map__set_autocreate(skel->maps.previous_xdp, true);
	}
	if (!former->same)
		return 0;
	err = share(former, skel->maps.sent);
	if (!err)
		err = share(former, skel->maps.fragments);
	/* No program of theirs knows tasks: then there is nothing to take over. */
	if (err || !bpf_program__autoload(skel->progs.note_running) || !has_map(former, "subjects"))
		return err;
	err = reuse(former, skel->maps.former_subjects, "subjects");
	if (!err && has_map(former, "sockets") && plan->closed & GUARD_SOCKET_KEYS) {
		err = reuse(former, skel->maps.former_sockets, "sockets");
		bpf_program__set_autoload(skel->progs.take_sockets, true);
	}
	if (err)
		return err;
	bpf_map__set_autocreate(skel->maps.heirs, true);
	bpf_map__set_max_entries(skel->maps.heirs, n_heirs(former, plan));
	bpf_map__set_autocreate(skel->maps.ledger_heirs, true);
	bpf_map__set_max_entries(skel->maps.ledger_heirs, bpf_map__max_entries(skel->maps.ledgers));
	bpf_program__set_autoload(skel->progs.take_over, true);
	bpf_program__set_autoload(skel->progs.drop_heirs, true);
	skel->rodata->use_former = true;
	return 0;
}

/* ---- numbers ---------------------------------------------------------------------- */

static void match_section(struct guard_heir *heirs, __u32 number, __u64 id, const struct plan *plan)
{
	for (size_t k = 1; k < plan->n_bound; k++) {
		if (!id || plan->bound[k].kernel.id != id)
			continue;
		heirs[number].section = k;
		heirs[k].old_section = 1;
	}
}

static int match_sections(const struct former *former, struct guard_heir *heirs,
			  const struct plan *plan)
{
	int fd = running_map(former->running, "sections");
	__u32 n = entries_of(former, "sections");

	for (__u32 i = 1; fd >= 0 && i < n; i++) {
		struct guard_section section;

		if (bpf_map_lookup_elem(fd, &i, &section)) {
			close(fd);
			return -errno;
		}
		match_section(heirs, i, section.id, plan);
	}
	if (fd >= 0)
		close(fd);
	return 0;
}

/* The number of a program is that of its rule; it is known by its path. */
static int match_programs(const struct former *former, struct guard_heir *heirs,
			  const struct plan *plan)
{
	struct guard_about *about = about_read(former->running->state->about);

	if (!about)
		return -errno;
	for (__u32 i = 1; i < about->n_rules; i++) {
		if (about->rules[i].kind != GUARD_RULE_PROGRAM)
			continue;
		for (size_t k = 1; k < plan->n_rules; k++) {
			if (plan->rules[k].kernel.kind != GUARD_RULE_PROGRAM ||
			    strcmp(plan->rules[k].title,
				   about_string(about, about->rules[i].title)))
				continue;
			heirs[i].program = k;
			heirs[k].old_program = 1;
		}
	}
	free(about);
	return 0;
}

int former_fill(struct former *former, struct lsm_guard_bpf *skel, const struct plan *plan)
{
	struct guard_heir *heirs;
	__u32 n;
	int err;

	if (!former || !skel->rodata->use_former)
		return 0;
	n = bpf_map__max_entries(skel->maps.heirs);
	heirs = calloc(n, sizeof(*heirs));
	if (!heirs)
		return instance_fail("heirs", -ENOMEM);
	err = match_sections(former, heirs, plan);
	if (!err)
		err = match_programs(former, heirs, plan);
	for (__u32 i = 0; i < n && !err; i++)
		if (memcmp(&heirs[i], &(struct guard_heir){}, sizeof(*heirs)))
			err = bpf_map_update_elem(bpf_map__fd(skel->maps.heirs), &i, &heirs[i],
						  BPF_ANY);
	free(heirs);
	return err ? instance_fail("what the running guard knows cannot be taken over", err) : 0;
}

/* Ports that sockets asked from: a bit too many is only a look in vain. */
void former_carry(const struct former *former, struct guard_state *state)
{
	if (!former || !former->same)
		return;
	for (size_t i = 0; i < sizeof(state->asked) / sizeof(*state->asked); i++)
		__sync_fetch_and_or(&state->asked[i], former->running->state->asked[i]);
}

/* ---- interfaces ----------------------------------------------------------------- */

int former_link(const struct former *former, __u32 ifindex, int *program)
{
	const struct running *r = former ? former->running : NULL;

	for (size_t i = 0; r && i < r->n_links; i++) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		int fd;

		if (r->links[i].hook || r->links[i].ifindex != ifindex)
			continue;
		fd = bpf_link_get_fd_by_id(r->links[i].id);
		if (fd < 0 || bpf_obj_get_info_by_fd(fd, &info, &size) ||
		    info.xdp.ifindex != ifindex)
			goto gone;
		*program = bpf_prog_get_fd_by_id(info.prog_id);
		if (*program >= 0)
			return fd;
gone:
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

int former_keep_xdp(const struct instance *in)
{
	const struct interfaces *all = in->interfaces;
	__u32 zero = 0;

	/* They are one program on all of them. */
	for (size_t i = 0; all && i < all->n; i++)
		if (all->at[i].former >= 0 &&
		    bpf_map_update_elem(bpf_map__fd(in->skel->maps.previous_xdp), &zero,
					&all->at[i].former, BPF_ANY))
			return instance_fail("previous_xdp", -errno);
	return 0;
}

/* ---- the end ---------------------------------------------------------------------- */

void former_suspend(struct former *former, __u64 until)
{
	if (former->running)
		running_suspend(former->running, until);
}

/* What was found, and lapsed or held or was left over: all but the new one. */
int former_end(struct former *former)
{
	return running_end_all(&former->all) ? -EBUSY : 0;
}
