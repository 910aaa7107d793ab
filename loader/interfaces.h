/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The interfaces of this host, each with the section that holds for it and our XDP program
 * attached. They come and go: interfaces_sync() catches up, and its watch tells when to.
 */
#ifndef LSM_GUARD_INTERFACES_H
#define LSM_GUARD_INTERFACES_H

#include <net/if.h>
#include <pthread.h>

#include "netdevs.h"
#include "plan.h"

struct instance;

/* One that a section holds for. */
struct interface {
	__u32 ifindex;
	char name[IF_NAMESIZE]; /* when we met it */
	const struct plan_interface *section;
	__u32 number; /* of its counters */
	int link;     /* our program on it; -1: it could not be attached */
	int error;    /* why, as errno */
	int former;   /* the program that the link had before ours, or -1 */
	int depth;    /* bare, bond: as in struct netdev */
	bool bare, bond;
	bool native; /* in the driver; else in the kernel, behind it */
	bool lost;   /* somebody has detached our program; it is attached again */
	bool told;   /* there was an event about it */
};

/* What its section says of it, to the kernel. A negative errno where that fails. */
int interface_tell(struct instance *in, const struct interface *is);
void interface_forget(struct instance *in, __u32 ifindex);
/* Its link and error say what came of it. */
void interface_attach(struct instance *in, struct interface *is);
void interface_detach(struct interface *is);
/* The same, whoever else holds its link: a pin. */
void interface_release(struct interface *is);
/* Is our program still on it? Anybody who may can detach it, and the link stays. */
bool interface_is_attached(const struct interface *is);

/* One of the canary's network namespaces: see packet_canary.c. */
struct packet_canary {
	int net;	   /* the namespace itself, until all is attached there */
	int sender, taker; /* sockets in it */
	int link;	   /* our program on its loopback interface, or -1: it is the sockets' */
};

enum { CANARY_XDP, CANARY_SOCKET, CANARIES };

struct interfaces {
	struct interface *at;
	size_t n, room;
	pthread_mutex_t lock; /* of all this, between the watcher and who prints */
	pthread_t watcher;
	bool watching, stop;
	bool stale; /* the last interfaces_sync() could not do all: again soon */
	int watch;  /* a socket that is readable when interfaces change */
	int list;   /* netdevs_open() */
	struct packet_canary canary[CANARIES]; /* by the layer that it proves */
	bool used[GUARD_INTERFACES_MAX];
};

/*
 * Attaches to interfaces that have come, or whose program somebody has taken away, and forgets
 * those that have gone. Returns how many could not be attached to, or a negative errno.
 */
int interfaces_sync(struct instance *in, const struct plan *plan);
/*
 * Does so whenever they change, and from time to time, in a thread of its own: whoever prints
 * events may wait for his reader. Ends with interfaces_destroy(). 0, or a negative errno.
 */
int interfaces_watch(struct instance *in, const struct plan *plan);
/* What came of the packets of a number: all processors' counts of an outcome. */
__u64 interfaces_count(struct instance *in, __u32 number, enum guard_outcome outcome);
/* How many packets that a rule dropped were not reported, ever. */
__u64 interfaces_unreported(struct instance *in, __u32 rule);
/*
 * packet_canary.c: makes it, before anything is attached; attaches it; sees it dropped by both
 * layers, for which it only sends and receives.
 */
int packet_canary_make(struct instance *in, const struct plan *plan);
int packet_canary_attach(struct instance *in);
int packet_canary_prove(struct instance *in);
void packet_canary_end(struct interfaces *all);

/* As struct guard's. */
int interfaces_load(struct instance *in, const struct plan *plan);
int interfaces_attach(struct instance *in, const struct plan *plan);
int interfaces_prove(struct instance *in, const struct plan *plan);
/* The guard before this one is not to hold again: its programs are let go. */
void interfaces_settle(struct instance *in);
/* A guard that was to take our place was killed: its programs are on our links. */
void interfaces_retake(struct instance *in);
void interfaces_destroy(struct instance *in);

#endif
