/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Lists of endpoints as the kernel looks them up: a table of prefixes, each with its ports,
 * and the buckets that tell where which lengths can be found (see struct guard_prefix).
 */
#ifndef LSM_GUARD_ENDPOINTS_H
#define LSM_GUARD_ENDPOINTS_H

#include "plan.h"

/* Adds a list; its number. The list of nobody is number 0. */
__u32 endpoints_add(struct plan *plan, const struct endpoint_list *list);
/* Makes the tables, once all lists are there. */
void endpoints_finish(struct plan *plan);
/* How many words the tables take: of prefixes, of lists and of buckets, in this order. */
size_t endpoints_words(const struct plan *plan);
void endpoints_free(struct plan *plan);

/* Fills the 2 * GUARD_PORTS_WORDS words of a set of ports, by its number from 0. */
void endpoints_ports(const struct plan *plan, size_t number, __u64 *words);

#endif
