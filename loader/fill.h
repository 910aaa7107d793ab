/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan into the maps of an instance. All return 0, or a negative errno after a message. */
#ifndef LSM_GUARD_FILL_H
#define LSM_GUARD_FILL_H

#include "instance.h"

int fill_maps(struct instance *in, const struct plan *plan);

/* An inode of ours for each guard that wants one: no path of the policy leads to it. */
int fill_canaries(struct instance *in, const struct plan *plan, struct identifier *who);

/* The first look's bits of an object, which is in its map by now. */
void instance_bits(struct instance *in, const struct guard_identity *id,
		   const struct guard_object *object);

/* Says what failed, and returns @err, a negative errno. */
int instance_fail(const char *what, int err);

#endif
