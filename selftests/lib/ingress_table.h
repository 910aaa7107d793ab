/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The packets of ingress_packets.c, and the sockets that they may come to.
 */
#ifndef SELFTESTS_INGRESS_TABLE_H
#define SELFTESTS_INGRESS_TABLE_H

#include "lib/ingress_trial.h"

#define TABLE_UDP 11
#define TABLE_TCP 6

struct expected {
	size_t packet;
	struct frame f;
};

struct table {
	int udp[TABLE_UDP], tcp[TABLE_TCP];
	struct expected *expected; /* events */
	size_t n_expected;
	long second[WIRES];
	size_t shown[WIRES];
};

bool table_make(struct table *table);
void table_try(struct table *table, struct trial *t);
/* Has the data of this frame come to any of its sockets? Forgets all other data. */
bool table_took(const struct table *table, uint32_t id);
/* One event for each that was dropped, in their order, and no other one. */
void table_judge_events(struct table *table, struct trial *t, const struct events *ev);
/* The same as `lsm-guard status` has counted it, by interface and reason. */
void table_judge_counts(const struct table *table, struct trial *t);

#endif
