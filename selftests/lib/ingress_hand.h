/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets with the outcome that each must have, written by hand.
 */
#ifndef SELFTESTS_INGRESS_HAND_H
#define SELFTESTS_INGRESS_HAND_H

#include "lib/ingress_run.h"

struct ingress_hand {
	unsigned int section;
	const char *packet; /* for packet_text() */
	enum guard_outcome outcome;
};

/* In this order: what a fragment is part of came before. */
extern const struct ingress_hand ingress_hand[];
extern const size_t n_ingress_hand;

struct ingress_bytes {
	unsigned int section;
	const char *hex; /* spaces count for nothing */
	enum guard_outcome outcome;
};

extern const struct ingress_bytes ingress_bytes[];
extern const size_t n_ingress_bytes;

#endif
