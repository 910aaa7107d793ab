/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ingress guard has to say of a packet, in plain C and from the policy reference alone:
 * it shares nothing with the code in the kernel but the names of the outcomes. Slow and simple:
 * lists are gone through from one end to the other, state is an array.
 */
#ifndef SELFTESTS_INGRESS_REFERENCE_H
#define SELFTESTS_INGRESS_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../lsm/lsm_guard.h"

/* What is counted behind these is no outcome. */
#define REFERENCE_OUTCOMES (GUARD_PACKET_DROP_PROTOCOL + 1)

struct reference_endpoint {
	unsigned int family; /* 4, 6; 0: any */
	uint8_t address[16];
	unsigned int length;
	unsigned int first, last; /* ports */
	bool every;		  /* no port was given: every protocol */
	bool tcp, udp;
};

struct reference_section {
	struct reference_endpoint *accept;
	size_t n;
	bool icmp, replies, audit;
};

/* A socket of this host, and what it is to packets that come to it. */
enum reference_kind {
	FLOW_OPENED,   /* TCP that this host connected, or TIME_WAIT of it */
	FLOW_SYN_SENT, /* TCP that is about to be */
	FLOW_ACCEPTED, /* TCP that a listener accepted, or has still to */
	FLOW_LISTENER,
	FLOW_CONNECTED, /* UDP */
	FLOW_SENT,	/* UDP that is not connected and has sent to the peer */
	FLOW_BOUND,	/* UDP that has not */
	FLOW_PING,	/* a raw or ping socket has sent to the peer */
};

struct reference_flow {
	enum reference_kind kind;
	unsigned int family;
	uint8_t local[16], peer[16]; /* local all zero: whichever */
	uint16_t local_port, peer_port;
};

/* A datagram whose first fragment was accepted. */
struct reference_note {
	unsigned int family;
	uint8_t source[16], destination[16];
	uint32_t id;
	uint8_t protocol;
	uint64_t at; /* CLOCK_MONOTONIC, in ms */
};

#define REFERENCE_SECTIONS 16
#define REFERENCE_FLOWS	   64
#define REFERENCE_NOTES	   4096

struct reference {
	struct reference_section section[REFERENCE_SECTIONS];
	size_t n_sections;
	struct reference_flow flow[REFERENCE_FLOWS];
	size_t n_flows;
	struct reference_note note[REFERENCE_NOTES]; /* a ring */
	uint64_t noted;
};

struct reference_answer {
	enum guard_outcome outcome;
	bool pass;
	bool fragment;	/* what it depends on, or changes, are the packets before it */
	bool undecided; /* it may have been forgotten by now: DROP_FRAGMENT is right as well */
};

/* A section's list as it stands in a policy, "none" and "any" too. What is wrong ends the test. */
void reference_section(struct reference *r, const char *accept, bool icmp, bool replies,
		       bool audit);
void reference_add(struct reference_section *section, const char *endpoint);
/* A frame comes in on the interface of this section; @now in ms. */
struct reference_answer reference_decide(struct reference *r, size_t section, const uint8_t *frame,
					 size_t n, uint64_t now);
const char *reference_name(enum guard_outcome outcome);

#endif
