// SPDX-License-Identifier: GPL-2.0-only
/*
 * All interfaces: which section holds for which, and keeping up with them as they come and go.
 * On one that has another program already the kernel refuses to attach ours, and so do we to start,
 * for at a socket alone not all is held.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fill.h"
#include "interfaces.h"
#include "text.h"

#define LOOPBACK 1 /* the index of lo, whatever it is called */

/* ---- sections ------------------------------------------------------------------ */

/* The section that holds for an interface, or NULL. */
static const struct plan_interface *section_of(const struct plan *plan, const char *name)
{
	const struct plan_interface *any = NULL;

	for (size_t i = 0; i < plan->n_interfaces; i++) {
		const struct plan_interface *section = &plan->interfaces[i];

		if (!section->policy->name)
			any = section;
		else if (!strcmp(section->policy->name, name))
			return section;
	}
	return any;
}

static __u32 take_number(struct interfaces *all)
{
	for (__u32 i = 0; i < GUARD_INTERFACES_MAX; i++) {
		if (all->used[i])
			continue;
		all->used[i] = true;
		return GUARD_NUMBER_FIRST + i;
	}
	return GUARD_NUMBER_ANY;
}

/* Whoever had the number before has left his counts. */
static int clear_counts(struct instance *in, __u32 number)
{
	size_t cpus = in->skel->rodata->possible_cpus;
	__u64 *none = calloc(cpus, sizeof(*none));
	int err = none ? 0 : -ENOMEM;

	for (__u32 i = 0; i < GUARD_PACKET_OUTCOMES && !err; i++) {
		__u32 index = number * GUARD_PACKET_OUTCOMES + i;

		err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.packets), &index, none, 0);
	}
	free(none);
	return err;
}

__u64 interfaces_count(struct instance *in, __u32 number, enum guard_outcome outcome)
{
	size_t cpus = in->skel->rodata->possible_cpus;
	__u32 index = number * GUARD_PACKET_OUTCOMES + outcome;
	__u64 *counts = calloc(cpus, sizeof(*counts)), sum = 0;

	if (counts && !bpf_map_lookup_elem(bpf_map__fd(in->skel->maps.packets), &index, counts))
		for (size_t i = 0; i < cpus; i++)
			sum += counts[i];
	free(counts);
	return sum;
}

__u64 interfaces_unreported(struct instance *in, __u32 rule)
{
	struct interfaces *all = in->interfaces;
	__u64 sum = 0;

	if (!all)
		return 0;
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].section->kernel.rule == rule)
			sum += interfaces_count(in, all->at[i].number, GUARD_PACKET_UNREPORTED);
	pthread_mutex_unlock(&all->lock);
	if (in->skel->bss->state.any.rule == rule)
		sum += interfaces_count(in, GUARD_NUMBER_ANY, GUARD_PACKET_UNREPORTED);
	return sum;
}

/* ---- one interface --------------------------------------------------------------- */

/*
 * The kernel lets nobody attach below an interface that has a program: so ours above let go,
 * while the sockets' layer holds, and are attached again.
 */
static void attach_below(struct instance *in, struct interface *is)
{
	struct interfaces *all = in->interfaces;

	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].depth > is->depth)
			interface_release(&all->at[i]);
	interface_attach(in, is);
}

/* Those that stand on nothing first. */
static void attach_all(struct instance *in)
{
	struct interfaces *all = in->interfaces;

	for (int depth = 0; depth <= NETDEV_DEPTH_MAX; depth++) {
		for (size_t i = 0; i < all->n; i++) {
			struct interface *is = &all->at[i];
			int before = is->error;

			if (is->depth != depth || is->link >= 0)
				continue;
			interface_attach(in, is);
			/* Once: where it is not ours that stands above, it helps nothing. */
			if (is->error == EEXIST && before != EEXIST)
				attach_below(in, is);
		}
	}
}

/* What the kernel says of it now. */
static void take_news(struct interface *is, const struct netdev *dev)
{
	snprintf(is->name, sizeof(is->name), "%s", dev->name);
	is->depth = dev->depth;
	is->bare = dev->bare;
	is->bond = dev->bond;
}

static void add_interface(struct instance *in, const struct plan_interface *section,
			  const struct netdev *dev)
{
	struct interfaces *all = in->interfaces;
	struct interface *new;

	all->at = grow(all->at, all->n, &all->room, sizeof(*all->at));
	new = &all->at[all->n++];
	*new = (struct interface){
		.ifindex = dev->ifindex, .section = section, .link = -1, .former = -1
	};
	take_news(new, dev);
	new->number = take_number(all);
	new->error = -clear_counts(in, new->number);
}

static void drop_interface(struct instance *in, size_t i)
{
	struct interfaces *all = in->interfaces;
	struct interface *old = &all->at[i];

	interface_detach(old);
	/* What is pinned goes on to hold when we end. */
	if (!in->pinned || !all->stop)
		interface_forget(in, old->ifindex);
	if (old->number >= GUARD_NUMBER_FIRST)
		all->used[old->number - GUARD_NUMBER_FIRST] = false;
	all->at[i] = all->at[--all->n];
}

/* ---- all of them ----------------------------------------------------------------- */

static struct interface *known(struct interfaces *all, __u32 ifindex)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].ifindex == ifindex)
			return &all->at[i];
	return NULL;
}

/* One that we know: is it as it was? Its name may be another, and so its section. */
static void look_again(struct instance *in, const struct plan *plan, struct interface *is,
		       const struct netdev *dev)
{
	const struct plan_interface *section = section_of(plan, dev->name);
	bool told = is->bare == dev->bare;

	if (is->link >= 0 && !interface_is_attached(is)) {
		interface_detach(is);
		is->lost = true;
		is->told = false;
	}
	take_news(is, dev);
	if (section && section != is->section) {
		is->section = section;
		is->told = told = false;
	}
	if (!told)
		interface_tell(in, is);
}

static void drop_gone(struct instance *in, const struct netdevs *now)
{
	for (size_t i = in->interfaces->n; i-- > 0;)
		if (!netdevs_find(now, in->interfaces->at[i].ifindex))
			drop_interface(in, i);
}

static size_t count_failed(const struct interfaces *all)
{
	size_t failed = 0;

	for (size_t i = 0; i < all->n; i++)
		failed += all->at[i].link < 0;
	return failed;
}

static int sync_with(struct instance *in, const struct plan *plan, struct netdevs *now)
{
	struct interfaces *all = in->interfaces;
	int err = netdevs_read(all->list, now);

	for (size_t i = 0; i < now->n && !err; i++) {
		const struct netdev *dev = &now->at[i];
		const struct plan_interface *section = section_of(plan, dev->name);
		struct interface *old = known(all, dev->ifindex);

		if (dev->ifindex == LOOPBACK)
			continue;
		if (old)
			look_again(in, plan, old, dev);
		else if (section)
			add_interface(in, section, dev);
	}
	if (err)
		return err;
	drop_gone(in, now);
	attach_all(in);
	/* One that went in that moment has not failed. */
	if (count_failed(all) && !netdevs_read(all->list, now))
		drop_gone(in, now);
	return count_failed(all);
}

int interfaces_sync(struct instance *in, const struct plan *plan)
{
	struct netdevs now = {};
	int failed = sync_with(in, plan, &now);

	netdevs_free(&now);
	in->interfaces->stale = failed;
	return failed;
}

/* Messages that the kernel dropped for lack of room are changes as well. */
static bool changed(struct interfaces *all)
{
	char message[4096];
	bool any = false;
	ssize_t n;

	while ((n = recv(all->watch, message, sizeof(message), MSG_DONTWAIT)) > 0 ||
	       (n < 0 && (errno == ENOBUFS || errno == EINTR)))
		any = true;
	return any;
}

#define SYNC_SECONDS 5

struct watch {
	struct instance *in;
	const struct plan *plan;
};

static void *watch(void *arg)
{
	struct watch w = *(struct watch *)arg;
	struct interfaces *all = w.in->interfaces;
	__u64 last = boot_now(), now;

	free(arg);
	while (!__atomic_load_n(&all->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd news = { .fd = all->watch, .events = POLLIN };

		poll(&news, 1, 500);
		now = boot_now();
		if (!changed(all) && now - last < (all->stale ? 1 : SYNC_SECONDS) * 1000000000ULL)
			continue;
		/* Another guard holds in our place: interfaces that come are that one's. */
		if (w.in->skel->bss->state.suspended > now)
			continue;
		pthread_mutex_lock(&all->lock);
		interfaces_sync(w.in, w.plan);
		pthread_mutex_unlock(&all->lock);
		last = now;
	}
	return NULL;
}

int interfaces_watch(struct instance *in, const struct plan *plan)
{
	struct interfaces *all = in->interfaces;
	struct watch *w;
	sigset_t signals, before;
	int err;

	if (!all)
		return 0;
	w = malloc(sizeof(*w));
	if (!w)
		return instance_fail("watching interfaces", -ENOMEM);
	*w = (struct watch){ in, plan };
	/* Signals are for who prints. */
	sigfillset(&signals);
	pthread_sigmask(SIG_SETMASK, &signals, &before);
	err = pthread_create(&all->watcher, NULL, watch, w);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	all->watching = !err;
	if (err)
		free(w);
	return err ? instance_fail("watching interfaces", -err) : 0;
}

static int open_watch(void)
{
	struct sockaddr_nl links = { .nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

	if (fd >= 0 && !bind(fd, (void *)&links, sizeof(links)))
		return fd;
	if (fd >= 0)
		close(fd);
	return instance_fail("cannot watch interfaces", -errno);
}

int interfaces_load(struct instance *in, const struct plan *plan)
{
	struct interfaces *all = calloc(1, sizeof(*all));

	if (!all)
		return instance_fail("interfaces", -ENOMEM);
	all->watch = all->list = -1;
	for (int i = 0; i < CANARIES; i++)
		all->canary[i] = (struct packet_canary){ -1, -1, -1, -1 };
	pthread_mutex_init(&all->lock, NULL);
	in->interfaces = all;
	for (size_t i = 0; i < plan->n_interfaces; i++) {
		if (plan->interfaces[i].policy->name)
			continue;
		in->skel->bss->state.any = plan->interfaces[i].kernel;
		in->skel->bss->state.any.number = GUARD_NUMBER_ANY;
	}
	all->watch = open_watch();
	if (all->watch < 0)
		return all->watch;
	all->list = netdevs_open();
	if (all->list < 0)
		return instance_fail("cannot list interfaces", all->list);
	return packet_canary_make(in, plan);
}

/* At a start every interface must be held; one that comes later is told of by an event. */
int interfaces_attach(struct instance *in, const struct plan *plan)
{
	int failed = packet_canary_attach(in);

	if (failed)
		return failed;
	failed = interfaces_sync(in, plan);
	if (failed < 0)
		return instance_fail("the interfaces cannot be listed", failed);
	for (size_t i = 0; i < in->interfaces->n; i++) {
		const struct interface *is = &in->interfaces->at[i];

		if (!is->error)
			continue;
		fprintf(stderr, "%s:%u: interface %s: %s\n", is->section->policy->at.file,
			is->section->policy->at.line, is->name,
			is->error == EBUSY ? "it has another XDP program: see `bpftool net`, and "
					     "detach that one"
			: is->error == EEXIST ? "an interface above or below it has another XDP "
						"program: see `bpftool net`, and detach that one"
					      : strerror(is->error));
	}
	return failed ? -EBUSY : 0;
}

/* The first that has lost our program, or NULL. Where none can be attached an event has said so. */
static const struct interface *first_lost(const struct interfaces *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].link >= 0 && !interface_is_attached(&all->at[i]))
			return &all->at[i];
	return NULL;
}

/*
 * Is our program on each of them? One that has gone meanwhile, or that somebody has detached it
 * from, is for interfaces_sync() first.
 */
int interfaces_prove(struct instance *in, const struct plan *plan)
{
	struct interfaces *all = in->interfaces;
	const struct interface *lost;
	int err = packet_canary_prove(in);

	if (err)
		return err;
	pthread_mutex_lock(&all->lock);
	if (first_lost(all))
		interfaces_sync(in, plan);
	lost = first_lost(all);
	if (lost)
		fprintf(stderr, "lsm-guard: NOT enforcing: interface %s has lost our program\n",
			lost->name);
	pthread_mutex_unlock(&all->lock);
	return lost ? -ENOTSUP : 0;
}

static void close_open(int fd)
{
	if (fd >= 0)
		close(fd);
}

void interfaces_retake(struct instance *in)
{
	struct interfaces *all = in->interfaces;

	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n; i++)
		if (all->at[i].link >= 0 &&
		    bpf_link_update(all->at[i].link, bpf_program__fd(in->skel->progs.ingress_xdp),
				    NULL))
			instance_fail(all->at[i].name, -errno);
	pthread_mutex_unlock(&all->lock);
}

void interfaces_settle(struct instance *in)
{
	struct interfaces *all = in->interfaces;

	if (!all)
		return;
	pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n; i++) {
		close_open(all->at[i].former);
		all->at[i].former = -1;
	}
	pthread_mutex_unlock(&all->lock);
}

void interfaces_destroy(struct instance *in)
{
	struct interfaces *all = in->interfaces;

	if (!all)
		return;
	__atomic_store_n(&all->stop, true, __ATOMIC_RELEASE);
	if (all->watching)
		pthread_join(all->watcher, NULL);
	/* Pinned programs stay: previous_xdp is who falls back, should that be. */
	if (in->pinned)
		interfaces_settle(in);
	while (all->n)
		drop_interface(in, all->n - 1);
	packet_canary_end(all);
	if (all->watch >= 0)
		close(all->watch);
	if (all->list >= 0)
		close(all->list);
	free(all->at);
	free(all);
	in->interfaces = NULL;
}
