/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The guard that runs already, whose place a new one takes (a reload): what that one knows goes
 * over to the new one while both hold, and then it ends.
 */
#ifndef LSM_GUARD_FORMER_H
#define LSM_GUARD_FORMER_H

#include "instance.h"
#include "running.h"

struct former {
	struct runnings all;
	struct running *running; /* NULL: none runs, or none that holds */
	bool same;		 /* of our version: its tasks can be taken over */
	bool may_return;	 /* it is to hold again, should the new one not be confirmed */
};

/*
 * Looks for it. 0, or a negative errno after a message: -EBUSY where a reload waits to be
 * confirmed.
 */
int former_find(struct former *former);
void former_free(struct former *former);

/* May this process read what is protected, to find the files that the new one is to protect? */
void former_admit(bool may);

/* Between opening and loading: the maps that both share. 0, or a negative errno after a message. */
int former_prepare(struct former *former, struct lsm_guard_bpf *skel, const struct plan *plan);
/* When the maps are filled, before anything is attached. */
int former_fill(struct former *former, struct lsm_guard_bpf *skel, const struct plan *plan);

/* When the new one's hooks are attached: what its state has noted meanwhile. */
void former_carry(const struct former *former, struct guard_state *state);

/* The link of its program on an interface, and that program: descriptors, or a negative errno. */
int former_link(const struct former *former, __u32 ifindex, int *program);

/*
 * It refuses nothing until then (boot clock), so that the new one alone holds; 0: it holds, at
 * once.
 */
void former_suspend(struct former *former, __u64 until);
/* Its XDP programs, which our links have now, are run when it holds again. */
int former_keep_xdp(const struct instance *in);
/* Ends it, and what has lapsed. 0, or a negative errno after a message. */
int former_end(struct former *former);

#endif
