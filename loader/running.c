// SPDX-License-Identifier: GPL-2.0-only
/*
 * Links lead to programs, programs to their maps: those that share one lsm_guard_state are
 * one guard. And lsm-guard confirm, which needs no more than that.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "object.h"
#include "pins.h"
#include "running.h"
#include "start.h"
#include "table.h"
#include "text.h"

static int map_info(__u32 id, struct bpf_map_info *info)
{
	__u32 size = sizeof(*info);
	int fd = bpf_map_get_fd_by_id(id), err;

	if (fd < 0)
		return -errno;
	memset(info, 0, size);
	err = bpf_obj_get_info_by_fd(fd, info, &size) ? -errno : 0;
	if (err) {
		close(fd);
		return err;
	}
	return fd;
}

/* The guard whose state is this map, newly found or not. */
static struct running *running_of(struct runnings *all, __u32 id)
{
	struct bpf_map_info info;
	struct running *r;
	int fd;

	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].id == id)
			return &all->at[i];
	if (all->n == RUNNING_MAX)
		return NULL;
	fd = map_info(id, &info);
	if (fd < 0)
		return NULL;
	r = &all->at[all->n];
	*r = (struct running){ .id = id, .state_size = info.value_size };
	if (!strcmp(info.name, OBJECT_STATE) &&
	    info.value_size >= offsetof(struct guard_state, faults))
		r->state = mmap(NULL, r->state_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (!r->state || r->state == MAP_FAILED)
		return NULL;
	all->n++;
	return r;
}

static void add_maps(struct running *r, const __u32 *ids, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;

		while (k < r->n_maps && r->maps[k] != ids[i])
			k++;
		if (k == r->n_maps && k < RUNNING_MAPS)
			r->maps[r->n_maps++] = ids[i];
	}
}

/* The guard that the maps are of: its state's, or where a program does without, any other. */
static struct running *owner_of(struct runnings *all, const __u32 *ids, size_t n, bool by_state)
{
	struct running *r = NULL;

	for (size_t i = 0; i < n && by_state && !r; i++)
		r = running_of(all, ids[i]);
	for (size_t g = 0; g < all->n && !by_state && !r; g++)
		for (size_t i = 0; i < n && !r; i++)
			for (size_t k = 0; k < all->at[g].n_maps && !r; k++)
				if (all->at[g].maps[k] == ids[i])
					r = &all->at[g];
	return r;
}

/* Is the program of a link one of ours? Then notes both. */
static void look_at(struct runnings *all, const struct bpf_link_info *link, bool by_state)
{
	__u32 ids[RUNNING_MAPS] = {}, size = sizeof(struct bpf_prog_info), n;
	struct bpf_prog_info info = { .nr_map_ids = RUNNING_MAPS, .map_ids = (__u64)ids };
	int fd = bpf_prog_get_fd_by_id(link->prog_id);
	struct running *r;

	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		info.nr_map_ids = 0;
	close(fd);
	n = info.nr_map_ids < RUNNING_MAPS ? info.nr_map_ids : RUNNING_MAPS;
	r = owner_of(all, ids, n, true);
	if (!by_state)
		r = r ? NULL : owner_of(all, ids, n, false);
	if (!r)
		return;
	add_maps(r, ids, n);
	r->links = grow(r->links, r->n_links, &r->room_links, sizeof(*r->links));
	r->links[r->n_links].id = link->id;
	r->links[r->n_links].hook = link->type != BPF_LINK_TYPE_XDP;
	snprintf(r->links[r->n_links].program, sizeof(r->links->program), "%s", info.name);
	r->links[r->n_links].ifindex = r->links[r->n_links].hook ? 0 : link->xdp.ifindex;
	r->n_links++;
}

/* All links once: first those whose programs have the state, then those that do without. */
static int look_at_all(struct runnings *all, bool by_state)
{
	__u32 id = 0;

	while (!bpf_link_get_next_id(id, &id)) {
		struct bpf_link_info info = {};
		__u32 size = sizeof(info);
		int fd = bpf_link_get_fd_by_id(id);

		/* Gone again, or not attached yet. */
		if (fd < 0 && errno != ENOENT && errno != EAGAIN)
			return -errno;
		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size))
			look_at(all, &info, by_state);
		close(fd);
	}
	return errno == ENOENT ? 0 : -errno;
}

bool running_has_let_go(const struct running *r)
{
	return r->state->suspended == GUARD_ENDING ||
	       (r->state->deadline && boot_now() >= r->state->deadline);
}

void running_suspend(struct running *r, __u64 until)
{
	__u64 was = __atomic_load_n(&r->state->suspended, __ATOMIC_SEQ_CST);

	/* Only its own process and running_end() change it meanwhile, and both to this. */
	if (was != GUARD_ENDING)
		__atomic_compare_exchange_n(&r->state->suspended, &was, until, false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

static void add_link(struct running *r, const struct running_link *link)
{
	r->links = grow(r->links, r->n_links, &r->room_links, sizeof(*r->links));
	r->links[r->n_links++] = *link;
}

/*
 * A reload that was not confirmed has lapsed, and its process may be dead: then its programs on
 * interfaces run those of the guard before it (previous_xdp), so they are that one's.
 */
static void give_back(struct running *lapsed, struct running *holds)
{
	size_t kept = 0;

	for (size_t i = 0; i < lapsed->n_links; i++) {
		if (lapsed->links[i].hook)
			lapsed->links[kept++] = lapsed->links[i];
		else
			add_link(holds, &lapsed->links[i]);
	}
	lapsed->n_links = kept;
}

static void give_back_all(struct runnings *all)
{
	for (size_t i = 0; i < all->n; i++) {
		int previous = running_has_let_go(&all->at[i])
				       ? running_map(&all->at[i], "previous_xdp")
				       : -ENOENT;

		for (size_t k = 0; k < all->n && previous >= 0; k++)
			if (!running_has_let_go(&all->at[k]))
				give_back(&all->at[i], &all->at[k]);
		if (previous >= 0)
			close(previous);
	}
}

int running_find(struct runnings *all)
{
	int err;

	*all = (struct runnings){};
	err = look_at_all(all, true);
	if (!err)
		err = look_at_all(all, false);
	if (!err)
		give_back_all(all);
	return err;
}

int running_map(const struct running *r, const char *name)
{
	for (size_t i = 0; i < r->n_maps; i++) {
		struct bpf_map_info info;
		int fd = map_info(r->maps[i], &info);

		if (fd >= 0 && !strcmp(info.name, name))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -ENOENT;
}

void running_free(struct runnings *all)
{
	for (size_t i = 0; i < all->n; i++) {
		munmap(all->at[i].state, all->at[i].state_size);
		free(all->at[i].links);
	}
	*all = (struct runnings){};
}

/* ---- ending ------------------------------------------------------------------- */

#define END_MS	20000
#define STEP_MS 20

/* Its number may be another process's by now; and one that has ended may not have been reaped. */
bool running_is_ours(pid_t pid)
{
	char path[64], name[32] = "", state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	if (fscanf(f, "%*d (%31[^)]) %c", name, &state) != 2)
		state = 'X';
	fclose(f);
	return !strncmp(name, "lsm-guard", strlen("lsm-guard")) && state != 'Z' && state != 'X';
}

/* Does the program with this id have that map? */
static bool has_map(__u32 program, __u32 map)
{
	__u32 ids[RUNNING_MAPS] = {}, size = sizeof(struct bpf_prog_info);
	struct bpf_prog_info info = { .nr_map_ids = RUNNING_MAPS, .map_ids = (__u64)ids };
	int fd = bpf_prog_get_fd_by_id(program);
	bool has = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		for (__u32 i = 0; i < info.nr_map_ids && i < RUNNING_MAPS; i++)
			has |= ids[i] == map;
	close(fd);
	return has;
}

/* A link's number goes before its program is detached, the program's after that. */
bool running_exists(__u32 id)
{
	__u32 program = 0;

	while (!bpf_prog_get_next_id(program, &program))
		if (has_map(program, id))
			return true;
	return errno != ENOENT; /* who cannot look cannot say that it is gone */
}

/* Its pins go, and its process is told. 0, or a negative errno after a message. */
static int unhold(const struct running *r)
{
	int err = pins_remove(r->id);

	if (err || !r->told)
		return err;
	/* One that is stopped ends no sooner than it goes on. */
	if ((!kill(r->told, SIGTERM) && !kill(r->told, SIGCONT)) || errno == ESRCH)
		return 0;
	err = -errno;
	fprintf(stderr, "lsm-guard: cannot end process %d: %s\n", r->told, strerror(-err));
	return err;
}

/*
 * It lets go of everything in one moment. Its links take seconds to go, and those that pins held
 * go in any order: without the program that sees children reaped, the one that counts them when
 * they are made would refuse forks that are allowed.
 */
static int begin_end(struct running *r)
{
	__u64 *suspended = &r->state->suspended;
	pid_t watcher = (pid_t)r->state->watcher;
	int err;

	/* Noted: at its end it takes its number back. */
	r->told = watcher != getpid() && running_is_ours(watcher) ? watcher : 0;
	/* What holds it cannot be reached from here: wait_for_end() says so, and it holds on. */
	if (!r->told && !pins_exist(r->id))
		return pins_remove(r->id);
	__atomic_store_n(suspended, GUARD_ENDING, __ATOMIC_SEQ_CST);
	err = unhold(r);
	if (err)
		__atomic_store_n(suspended, 0, __ATOMIC_SEQ_CST);
	return err;
}

/* For its process too, which the supervisor waits for before it takes another reload. */
static int wait_for_end(const struct running *r)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	bool exists = true;

	for (int ms = 0; ms < END_MS; ms += STEP_MS) {
		exists = exists && running_exists(r->id);
		if (!exists && (!r->told || !running_is_ours(r->told)))
			return 0;
		nanosleep(&step, NULL);
	}
	if (!exists)
		return 0;
	fprintf(stderr,
		"lsm-guard: something still holds guard %u: another process, or pins elsewhere; "
		"`bpftool link list` shows them; it %s\n",
		r->id,
		r->state->suspended == GUARD_ENDING ? "refuses nothing any more"
						    : "goes on to hold");
	return -EBUSY;
}

int running_end(struct running *r)
{
	int err = begin_end(r);

	return err ? err : wait_for_end(r);
}

int running_end_all(struct runnings *all)
{
	int failed = 0;

	for (size_t i = 0; i < all->n; i++)
		failed += begin_end(&all->at[i]) != 0;
	for (size_t i = 0; i < all->n && !failed; i++)
		failed += wait_for_end(&all->at[i]) != 0;
	return failed;
}

int running_find_alone(struct runnings *all)
{
	int err = running_find(all), lock;

	/* Before a file is looked at that who is not root may not open. */
	if (!err)
		running_free(all);
	lock = err ? -1 : control_lock(true);
	if (lock >= 0)
		err = running_find(all);
	if (lock >= 0 && err)
		close(lock);
	if (err)
		fprintf(stderr, "lsm-guard: cannot look for a running guard: %s; run it as root\n",
			strerror(-err));
	return err ? err : lock;
}

int stop_main(int argc, char **argv)
{
	static const struct argp_option no_options[] = { {} };
	static const struct argp argp = {
		no_options,
		NULL,
		NULL,
		"End the guard that is running, pinned or not: nothing is enforced any more.\v"
		"Exit status: 0 it has ended, 1 none is running, or it could not be ended.",
	};
	struct runnings all;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (running_find_alone(&all) < 0)
		return 1;
	if (!all.n)
		fputs("lsm-guard: no guard is running\n", stderr);
	err = running_end_all(&all);
	if (all.n && !err)
		puts("stopped");
	err = err || !all.n;
	running_free(&all);
	return err;
}

/* ---- confirm ------------------------------------------------------------------- */

/* The deadline is taken away only where it has not passed: what has let go stays so. */
static bool confirm(struct running *r, size_t *lapsed)
{
	__u64 deadline = __atomic_load_n(&r->state->deadline, __ATOMIC_RELAXED);

	if (!deadline)
		return false;
	if (boot_now() >= deadline ||
	    !__atomic_compare_exchange_n(&r->state->deadline, &deadline, 0, false, __ATOMIC_SEQ_CST,
					 __ATOMIC_SEQ_CST)) {
		++*lapsed;
		return false;
	}
	return true;
}

/* The program of the guard before it is not to be run any more: it would hold that one. */
static bool forget_previous(struct running *r)
{
	int fd = running_map(r, "previous_xdp");
	__u32 zero = 0;

	if (fd < 0)
		return true;
	bpf_map_delete_elem(fd, &zero);
	close(fd);
	return true;
}

/* It would have held again, or has let go before: but not one that ends already. */
static bool is_superseded(const struct running *r)
{
	return r->state->suspended != GUARD_ENDING &&
	       (r->state->suspended || running_has_let_go(r));
}

/* How many have not ended. */
static int end_superseded(struct runnings *all)
{
	struct runnings old = {};

	for (size_t i = 0; i < all->n; i++) {
		if (!is_superseded(&all->at[i]))
			continue;
		/* Whatever becomes of us: it does not hold again. */
		__atomic_store_n(&all->at[i].state->suspended, GUARD_ENDING, __ATOMIC_SEQ_CST);
		old.at[old.n++] = all->at[i];
	}
	return running_end_all(&old);
}

int confirm_main(int argc, char **argv)
{
	static const struct argp_option no_options[] = { {} };
	static const struct argp argp = {
		no_options,
		NULL,
		NULL,
		"Confirm a start or a reload that was given --confirm-within: it goes on to hold.\v"
		"Exit status: 0 confirmed, 1 there was nothing to confirm, or it was too late.",
	};
	struct runnings all;
	size_t confirmed = 0, lapsed = 0;
	int failed = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, NULL);
	if (running_find_alone(&all) < 0)
		return 1;
	for (size_t i = 0; i < all.n; i++)
		confirmed += confirm(&all.at[i], &lapsed) && forget_previous(&all.at[i]);
	if (confirmed)
		failed = end_superseded(&all);
	if (confirmed)
		puts("confirmed");
	else if (lapsed)
		fputs("lsm-guard: too late: it was not confirmed in time, and has let go\n",
		      stderr);
	else if (all.n)
		fputs("lsm-guard: nothing waits to be confirmed\n", stderr);
	else
		fputs("lsm-guard: no guard is running\n", stderr);
	running_free(&all);
	return !confirmed || failed;
}
