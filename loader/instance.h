/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan in the kernel: opened, sized, filled, then attached, then proved. */
#ifndef LSM_GUARD_INSTANCE_H
#define LSM_GUARD_INSTANCE_H

#include "canary.h"
#include "kernel.h"
#include "object.h"
#include "plan.h"

#define LINKS_MAX 64 /* more than there are programs in all guards */

struct instance {
	struct lsm_guard_bpf *skel;
	struct bpf_link *links[LINKS_MAX];
	size_t n_links;
	int canaries[8]; /* by guard */
	struct canary canary;
};

/* All return 0, or a negative errno after a message on stderr. */
int instance_load(struct instance *in, struct plan *plan, struct identifier *who,
		  const struct kernel *kernel);
int instance_attach(struct instance *in, struct plan *plan, struct identifier *who);
/* Every canary must be refused now. */
int instance_prove(struct instance *in, const struct plan *plan);
/* Drops what is still counted although it is gone; to be called from time to time. */
int instance_reconcile(struct instance *in);
/* Detaches and frees; harmless on what was never loaded. */
void instance_destroy(struct instance *in);

/*
 * Is there for every program that the plan needs a hook that it fits? Names those that
 * lack one on @out and returns how many there are.
 */
int instance_missing_hooks(const struct plan *plan, const struct kernel *kernel, FILE *out);

#endif
