/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A running guard whose XDP program is given packets by BPF_PROG_TEST_RUN: for each of them the
 * verdict and the counter that goes up are compared with what the reference says.
 */
#ifndef SELFTESTS_INGRESS_RUN_H
#define SELFTESTS_INGRESS_RUN_H

#include "lib/ingress_reference.h"
#include "lib/lib.h"
#include "lib/packet.h"

/* Interfaces with a section each; the lists are in ingress_sections.c. */
enum {
	IN_NONE,  /* accept = none */
	IN_ANY,	  /* accept = any */
	IN_LIST,  /* a short list, replies */
	IN_ICMP,  /* the same list, icmp = yes, replies = no; a veth, which runs XDP natively */
	IN_EDGES, /* prefixes of all lengths */
	IN_MANY,  /* a thousand of them */
	IN_AUDIT, /* the short list, audit */
	IN_SECTIONS,
};

extern const struct ingress_section {
	const char *interface;
	const char *accept;
	bool icmp, replies, audit, veth;
} ingress_sections[IN_SECTIONS];

/* What IN_EDGES and IN_MANY accept: a prefix, and one port of TCP and UDP. */
#define INGRESS_PREFIXES 1000
struct ingress_prefix {
	unsigned int family, length, port;
	uint8_t address[16];
};
size_t ingress_prefixes(size_t section, struct ingress_prefix out[INGRESS_PREFIXES]);

/* The sections for the reference and for the guard. */
void ingress_lists(struct reference *r);
bool ingress_policy(const char *file);
bool ingress_interfaces(void);
void ingress_interfaces_end(void);

/* An Ethernet header: shorter frames the kernel takes neither from a driver nor for a test. */
#define INGRESS_LEAST 14

#define INGRESS_BATCH 32

struct ingress_held {
	uint8_t *frame;
	size_t n;
	char what[96];
};

/* Packets of which the reference expects the same outcome. */
struct ingress_batch {
	size_t n;
	struct ingress_held held[INGRESS_BATCH];
};

struct ingress {
	struct guard guard;
	struct reference reference;
	int program, packets; /* descriptors: the XDP program, the map of counters */
	unsigned int cpus;
	unsigned int index[IN_SECTIONS];  /* of the interfaces */
	unsigned int number[IN_SECTIONS]; /* where their counters are */
	uint64_t count[IN_SECTIONS][REFERENCE_OUTCOMES];
	struct ingress_batch batch[IN_SECTIONS][REFERENCE_OUTCOMES];
	uint64_t tried, wrong;
	uint64_t seen[REFERENCE_OUTCOMES]; /* how often the reference expected it */
};

/* Makes the interfaces, writes the policy, starts the guard and finds its program and maps. */
bool ingress_start(struct ingress *x);
void ingress_stop(struct ingress *x);
/* Raw: the verdict (XDP_PASS ...) or -1. */
int ingress_xdp(struct ingress *x, size_t section, const uint8_t *frame, size_t n);
/* The outcome that it was counted as, REFERENCE_OUTCOMES when it was not one; *@verdict. */
enum guard_outcome ingress_outcome(struct ingress *x, size_t section, const uint8_t *frame,
				   size_t n, int *verdict);

/* Compares it with the reference, now or at the next flush; @what is printed where it is wrong. */
void ingress_packet(struct ingress *x, size_t section, const uint8_t *frame, size_t n,
		    const char *what);
/* All that is held is run; how many packets were wrong so far. */
uint64_t ingress_flush(struct ingress *x);
void ingress_hex(const uint8_t *frame, size_t n);
uint64_t ingress_now(void); /* ms */

#endif
