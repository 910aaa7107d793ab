/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The decision on a packet, for both layers: at the interface (XDP) and at the socket
 * (socket_sock_rcv_skb). In this order: what the network cannot do without, what the section
 * lists, ICMP where it says so, replies. Only the last depends on the layer: XDP looks for
 * the socket that the packet is for, the other has it.
 */
#ifndef LSM_GUARD_INGRESS_BPF_H
#define LSM_GUARD_INGRESS_BPF_H

#include "packet.bpf.h"

/* ---- which section -------------------------------------------------------------- */

static __always_inline const struct guard_interface *interface_section(__u32 ifindex)
{
	struct guard_interface *i = &state.interfaces[guard_interface_slot(ifindex)];

	if (i->ifindex == ifindex)
		return i;
	i = bpf_map_lookup_elem(&interfaces, &ifindex);
	return i ? i : &state.any;
}

/* ---- what nobody needs to list --------------------------------------------------- */

#define ICMP_ECHO_REPLY	     0
#define ICMP_UNREACHABLE     3
#define ICMP_TIME_EXCEEDED   11
#define ICMP_PARAMETER	     12
#define ICMPV6_ERROR_LAST    4 /* from 1 on: unreachable, too big, time exceeded, parameter */
#define ICMPV6_ECHO_REPLY    129
#define ICMPV6_MLD_QUERY     130
#define ICMPV6_MLD_DONE	     132
#define ICMPV6_ROUTER_SOL    133
#define ICMPV6_NEIGHBOUR_ADV 136
#define ICMPV6_MLDV2_REPORT  143

static __always_inline bool from_link_local(const struct packet *p)
{
	return p->rq.address[0] >> 54 == 0xfe80 >> 6;
}

/* Routers do not pass neighbour discovery on, and the hop limit shows that none did. */
static __always_inline bool is_icmpv6_needed(const struct packet *p)
{
	if (p->type >= 1 && p->type <= ICMPV6_ERROR_LAST)
		return true;
	if (p->type >= ICMPV6_ROUTER_SOL && p->type <= ICMPV6_NEIGHBOUR_ADV)
		return p->hops == 255 && !p->code;
	return from_link_local(p) && ((p->type >= ICMPV6_MLD_QUERY && p->type <= ICMPV6_MLD_DONE) ||
				      p->type == ICMPV6_MLDV2_REPORT);
}

/* Errors the kernel matches with its own sockets; without them there is no path MTU. */
static __always_inline bool is_needed(const struct packet *p)
{
	if (p->rq.protocol == IPPROTO_UDP && p->rq.family == 4)
		return p->from_port == DHCP_SERVER && p->rq.port == DHCP_CLIENT;
	if (p->rq.protocol == IPPROTO_UDP)
		return p->from_port == DHCPV6_SERVER && p->rq.port == DHCPV6_CLIENT &&
		       from_link_local(p);
	if (!is_icmp(p))
		return false;
	if (p->rq.family == 6)
		return is_icmpv6_needed(p);
	return p->type == ICMP_UNREACHABLE || p->type == ICMP_TIME_EXCEEDED ||
	       p->type == ICMP_PARAMETER;
}

/* ---- what was sent ---------------------------------------------------------------- */

/* A first look: has any unconnected socket ever sent to this port? */
static __always_inline bool was_asked(__u16 port)
{
	return state.asked[port >> 6] >> (port & 63) & 1;
}

static __always_inline void note_asked(__u16 port)
{
	if (!was_asked(port))
		__sync_fetch_and_or(&state.asked[port >> 6], 1ULL << (port & 63));
}

/* Did the socket (0: any, an ICMP echo) send to where the packet is from, not long ago? */
static __always_inline bool was_sent(const struct packet *p, __u64 socket)
{
	struct guard_sent key = { .socket = socket,
				  .to = { p->rq.address[0], p->rq.address[1] },
				  .port = socket ? p->from_port : 0,
				  .family = p->rq.family };
	__u64 *until = bpf_map_lookup_elem(&sent, &key);

	return until && bpf_ktime_get_boot_ns() < *until;
}

static __always_inline bool is_echo_reply(const struct packet *p)
{
	return is_icmp(p) && p->type == (p->rq.family == 4 ? ICMP_ECHO_REPLY : ICMPV6_ECHO_REPLY);
}

/*
 * A connection that this host opened: one that a listening socket accepted has that socket's
 * backlog. (Of listen(fd, 0) it is 0, and the connection looks as if it had been opened here.)
 */
static __always_inline bool opened_here(struct sock *sk)
{
	return sk->__sk_common.skc_state != TCP_LISTEN && !sk->sk_max_ack_backlog;
}

static __always_inline bool is_udp_reply(const struct packet *p, __u8 socket_state, __u64 cookie)
{
	return socket_state == TCP_ESTABLISHED || (cookie && was_sent(p, cookie));
}

/* ---- fragments -------------------------------------------------------------------- */

static __always_inline void name_datagram(const struct packet *p, struct guard_fragments *key)
{
	key->from[0] = p->rq.address[0];
	key->from[1] = p->rq.address[1];
	key->to[0] = p->to[0];
	key->to[1] = p->to[1];
	key->id = p->fragment_id;
	key->protocol = p->fragment_of;
	key->family = p->rq.family;
}

/* Later fragments have no ports: they belong to the first one, which comes first, or to none. */
__noinline int later_fragment(const struct packet *p)
{
	struct guard_fragments key;
	__u64 *until;

	if (!p)
		return GUARD_PACKET_DROP_FRAGMENT;
	name_datagram(p, &key);
	until = bpf_map_lookup_elem(&fragments, &key);
	return until && bpf_ktime_get_boot_ns() < *until ? GUARD_PACKET_FRAGMENT
							 : GUARD_PACKET_DROP_FRAGMENT;
}

__noinline int accept_fragment(const struct packet *p)
{
	struct guard_fragments key;
	__u64 until = bpf_ktime_get_boot_ns() + GUARD_FRAGMENTS_NS;

	if (!p)
		return 0;
	name_datagram(p, &key);
	bpf_map_update_elem(&fragments, &key, &until, BPF_ANY);
	return 0;
}

/* ---- the decision ----------------------------------------------------------------- */

/* All but replies. */
static __always_inline int decide_packet(struct packet *p, const struct guard_interface *i)
{
	if (p->fragment == FRAGMENT_LATER)
		return later_fragment(p);
	if (is_needed(p))
		return GUARD_PACKET_LINK;
	if (on_list(&p->rq, i->list))
		return GUARD_PACKET_RULE;
	if (i->flags & GUARD_INTERFACE_ICMP && (is_icmp(p) || p->rq.protocol == IPPROTO_IGMP))
		return GUARD_PACKET_ICMP;
	return GO_ON;
}

/* A packet that is nothing of all this, and no reply. */
static __always_inline int not_listed(const struct packet *p)
{
	return is_icmp(p) || p->rq.protocol == IPPROTO_IGMP ? GUARD_PACKET_DROP_ICMP
							    : GUARD_PACKET_DROP_UNLISTED;
}

static __always_inline void count_packet(__u32 number, __u32 outcome)
{
	__u32 index = number * GUARD_PACKET_OUTCOMES + outcome;
	__u64 *n = bpf_map_lookup_elem(&packets, &index);

	if (n)
		++*n;
}

/* A flood is counted by each processor for itself: it does not share a word with the others. */
static __always_inline bool is_flood(__u32 rule)
{
	struct guard_tally *tally = bpf_map_lookup_elem(&tallies, &rule);

	return !tally || (tally->shown >= GUARD_EVENTS_PER_SECOND &&
			  tally->second == bpf_ktime_get_boot_ns() / 1000000000);
}

static __always_inline void report_packet(struct packet *p, __u32 ifindex, __u32 outcome)
{
	struct guard_event *event = begin_event(&p->rq);

	if (!event)
		return;
	event->local[0] = p->to[0];
	event->local[1] = p->to[1];
	event->local_port = p->rq.port;
	event->port = p->from_port;
	event->outcome = outcome;
	event->ifindex = ifindex;
	event->object.bytes = 0;
	event->object.complete = 0;
	record_nobody(event);
	bpf_ringbuf_submit(event, 0);
}

/* Is it to be refused? Counts it, and says so. */
__noinline int refuse_packet(struct packet *p, const struct guard_interface *i, __u32 outcome)
{
	struct guard_rule *rule;
	__u32 id;

	if (!p || !i)
		return true;
	if (is_idle())
		return false;
	id = i->rule;
	rule = bpf_map_lookup_elem(&rules, &id);
	if (!rule) {
		count_fault(GUARD_FAULT_RULE);
		return true;
	}
	count_packet(i->number, outcome);
	if (is_flood(id)) {
		count_packet(i->number, GUARD_PACKET_UNREPORTED);
		return !rule->audit;
	}
	p->rq.rule = id;
	p->rq.refused = GUARD_ACCEPT;
	p->rq.denied = !rule->audit;
	report_packet(p, i->ifindex, outcome);
	return !rule->audit;
}

#endif
