/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan in the kernel: opened, sized, filled, then attached, then proved. */
#ifndef LSM_GUARD_INSTANCE_H
#define LSM_GUARD_INSTANCE_H

#include "canary.h"
#include "kernel.h"
#include "object.h"
#include "plan.h"

#define LINKS_MAX 64 /* more than there are programs in all guards */

struct former;

struct instance {
	struct lsm_guard_bpf *skel;
	struct bpf_link *links[LINKS_MAX];
	const char *link_names[LINKS_MAX]; /* of their programs */
	size_t n_links;
	__u32 id;	       /* of the map with its state: that is what it is known by */
	bool pinned;	       /* it holds on without us */
	bool may_fall_back;    /* its former waits for it to be confirmed */
	bool taking_over;      /* its former knows of tasks */
	struct former *former; /* the guard whose place it takes, or NULL */
	int denied;	       /* what opens are led to: denied.h; or -1 */
	struct canary canary;
	struct guard_about *about;
	struct interfaces *interfaces; /* NULL: no interface is guarded */
};

/* All return 0, or a negative errno after a message on stderr. */
int instance_load(struct instance *in, struct plan *plan, struct identifier *who,
		  const struct kernel *kernel, struct former *former);
/* -ENOTSUP: this kernel does not let us. */
int instance_attach(struct instance *in, struct plan *plan, struct identifier *who);
/* Every canary must be refused now. */
int instance_prove(struct instance *in, const struct plan *plan);
/*
 * From now on so many seconds, and it refuses nothing any more, whoever is alive by then; unless
 * it is confirmed (state.deadline is 0 again). 0: it need not be.
 */
void instance_confirm_within(struct instance *in, unsigned int seconds);
/* Drops what is still counted although it is gone; to be called from time to time. */
int instance_reconcile(struct instance *in);
/* Detaches and frees; harmless on what was never loaded. */
void instance_destroy(struct instance *in);

/* Is this program to be attached? The plan needs it, and this kernel has the hook. */
bool instance_wants(const struct guard_program *p, const struct plan *plan,
		    const struct kernel *kernel);

/*
 * Is there for every program that the plan needs a hook that it fits? Names those that
 * lack one on @out and returns how many there are.
 */
int instance_missing_hooks(const struct plan *plan, const struct kernel *kernel, FILE *out);

#endif
