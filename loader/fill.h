/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan into the maps of an instance. All return 0, or a negative errno after a message. */
#ifndef LSM_GUARD_FILL_H
#define LSM_GUARD_FILL_H

#include "instance.h"

/* in->about, as it is now. */
int fill_about(struct instance *in);
int fill_maps(struct instance *in, const struct plan *plan);

/* Where opens are led away from, and to. */
int fill_redirects(struct instance *in, const struct plan *plan, struct identifier *who);
/* The inodes that the canary acts on, under the canary's rule. */
int fill_canaries(struct instance *in, const struct plan *plan, struct identifier *who);

/* The first look's bits of an object, which is in its map by now. */
void instance_bits(struct instance *in, const struct guard_identity *id,
		   const struct guard_object *object);

/* Says what failed, and returns @err, a negative errno. */
int instance_fail(const char *what, int err);

#endif
