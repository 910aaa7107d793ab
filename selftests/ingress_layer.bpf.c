// SPDX-License-Identifier: GPL-2.0-only
/*
 * The second layer's decision, asked by a test: a packet that lies in memory, as it does when it
 * has come to a socket. It is the guard's own code, and it runs on the maps of a running guard.
 * What a socket would have to be asked for is left open: replies of TCP and UDP come out as
 * not listed.
 */
#include "../lsm/lsm_guard.bpf.c"

#include "lib/ingress_layer.h"

SEC("syscall")
int ingress_layer(struct ingress_layer *ask)
{
	__u64 head = address_of(ask) + __builtin_offsetof(struct ingress_layer, frame);
	const struct guard_interface *i = interface_section(ask->ifindex);
	struct packet p = { .at = ask->network, .end = ask->n };
	int outcome;

	if (!i->rule)
		return 1;
	p.rq.nobody = 1;
	outcome = decide_head(head, ask->linear, &p, ask->type, i);
	if (outcome == GO_ON)
		outcome = i->flags & GUARD_INTERFACE_REPLIES && is_echo_reply(&p) && was_sent(&p, 0)
				  ? GUARD_PACKET_REPLY
				  : not_listed(&p);
	ask->outcome = outcome;
	ask->protocol = p.rq.protocol;
	return 0;
}
