// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard: which packets reach the host. XDP sees them first, before the kernel has
 * spent anything on them; socket_sock_rcv_skb decides again what is about to reach a socket,
 * by whatever way it came: interfaces that have no XDP program (yet), tunnels.
 */
#include "ingress.bpf.h"
#include "socket.bpf.h"

/* ---- at the interface ------------------------------------------------------------ */

/* Is there a connection that this host opened, which the packet belongs to? */
static __always_inline bool has_tcp(struct xdp_md *xdp, bool syn, struct bpf_sock_tuple *tuple,
				    __u32 size)
{
	struct bpf_sock *skc = bpf_skc_lookup_tcp(xdp, tuple, size, BPF_F_CURRENT_NETNS, 0);
	struct tcp_sock *tcp;
	bool is = false;

	if (!skc)
		return false;
	if (skc->state == TCP_TIME_WAIT) {
		is = !syn;
	} else if (skc->state != TCP_NEW_SYN_RECV) {
		tcp = bpf_skc_to_tcp_sock(skc);
		is = tcp && opened_here(&tcp->inet_conn.icsk_inet.sk) &&
		     (!syn || skc->state == TCP_SYN_SENT);
	}
	bpf_sk_release(skc);
	return is;
}

/* An unconnected socket does not say whom it asked: what it sent was noted (ingress_sent). */
static __always_inline bool has_udp(struct xdp_md *xdp, const struct packet *p,
				    struct bpf_sock_tuple *tuple, __u32 size)
{
	struct bpf_sock *sk = bpf_sk_lookup_udp(xdp, tuple, size, BPF_F_CURRENT_NETNS, 0);
	__u64 cookie = 0;
	bool is;

	if (!sk)
		return false;
	if (sk->state != TCP_ESTABLISHED && was_asked(p->from_port)) {
		struct sock *address = (void *)address_of(sk);

		cookie = BPF_CORE_READ(address, __sk_common.skc_cookie.counter);
	}
	is = is_udp_reply(p, sk->state, cookie);
	bpf_sk_release(sk);
	return is;
}

static __always_inline bool has_flow(struct xdp_md *xdp, const struct packet *p,
				     struct bpf_sock_tuple *tuple, __u32 size)
{
	return p->rq.protocol == IPPROTO_TCP ? has_tcp(xdp, p->syn, tuple, size)
					     : has_udp(xdp, p, tuple, size);
}

__noinline int is_reply(struct xdp_md *xdp, const struct packet *p)
{
	struct bpf_sock_tuple tuple;

	if (!p)
		return false;
	if (is_icmp(p))
		return is_echo_reply(p) && was_sent(p, 0);
	if (p->rq.protocol != IPPROTO_TCP && p->rq.protocol != IPPROTO_UDP)
		return false;
	if (p->rq.family == 4) {
		tuple.ipv4.saddr = __builtin_bswap32(p->rq.address[0] >> 32);
		tuple.ipv4.daddr = __builtin_bswap32(p->to[0] >> 32);
		tuple.ipv4.sport = __builtin_bswap16(p->from_port);
		tuple.ipv4.dport = __builtin_bswap16(p->rq.port);
		return has_flow(xdp, p, &tuple, sizeof(tuple.ipv4));
	}
	for (int i = 0; i < 2; i++) {
		tuple.ipv6.saddr[2 * i] = __builtin_bswap32(p->rq.address[i] >> 32);
		tuple.ipv6.saddr[2 * i + 1] = __builtin_bswap32(p->rq.address[i]);
		tuple.ipv6.daddr[2 * i] = __builtin_bswap32(p->to[i] >> 32);
		tuple.ipv6.daddr[2 * i + 1] = __builtin_bswap32(p->to[i]);
	}
	tuple.ipv6.sport = __builtin_bswap16(p->from_port);
	tuple.ipv6.dport = __builtin_bswap16(p->rq.port);
	return has_flow(xdp, p, &tuple, sizeof(tuple.ipv6));
}

/* Of a plain TCP frame, in which all stands as the kernel wants to be asked for it. */
__noinline int is_plain_reply(struct xdp_md *xdp, __u32 family)
{
	const void *frame = data_of(xdp), *end = data_end_of(xdp);
	const struct ipv4_header *v4 = frame + ETH_HEADER;
	const struct ipv6_header *v6 = frame + ETH_HEADER;
	const struct tcp_header *tcp;
	struct bpf_sock_tuple tuple;

	if (family == 4) {
		tcp = (void *)(v4 + 1);
		if ((void *)(tcp + 1) > end)
			return false;
		tuple.ipv4.saddr = v4->from;
		tuple.ipv4.daddr = v4->to;
		tuple.ipv4.sport = tcp->from;
		tuple.ipv4.dport = tcp->to;
		return has_tcp(xdp, is_syn(tcp), &tuple, sizeof(tuple.ipv4));
	}
	tcp = (void *)(v6 + 1);
	if ((void *)(tcp + 1) > end)
		return false;
	__builtin_memcpy(tuple.ipv6.saddr, v6->from, sizeof(v6->from));
	__builtin_memcpy(tuple.ipv6.daddr, v6->to, sizeof(v6->to));
	tuple.ipv6.sport = tcp->from;
	tuple.ipv6.dport = tcp->to;
	return has_tcp(xdp, is_syn(tcp), &tuple, sizeof(tuple.ipv6));
}

/*
 * The shorter way: GUARD_PACKET_RULE or _REPLY, or GO_ON. A plain frame is nobody's need and no
 * ICMP: nothing else can accept it.
 */
static __always_inline int check_plain(struct xdp_md *xdp, const struct guard_interface *i,
				       const struct plain *f)
{
	if (is_listed(f->family, f->from, f->service, i->list))
		return GUARD_PACKET_RULE;
	return is_plain_tcp(f) && i->flags & GUARD_INTERFACE_REPLIES &&
			       is_plain_reply(xdp, f->family)
		       ? GUARD_PACKET_REPLY
		       : GO_ON;
}

/* What is not accepted on the shorter way; @is_plain: though it could be read there. */
static __always_inline int check_frame(struct xdp_md *xdp, const struct guard_interface *i,
				       bool is_plain, const struct plain *plain)
{
	struct packet p = {};
	int outcome;

	p.rq.nobody = 1;
	p.rq.hook = GUARD_HOOK_xdp;
	if (is_plain)
		outcome = fill_plain(xdp, plain, &p);
	else if (i->flags & GUARD_INTERFACE_IP)
		outcome = read_bare(xdp, &p);
	else
		outcome = read_frame(xdp, &p);
	if (outcome == GO_ON && !is_plain)
		outcome = decide_packet(&p, i);
	if (outcome == GO_ON)
		outcome = i->flags & GUARD_INTERFACE_REPLIES &&
					  !(is_plain && is_plain_tcp(plain)) && is_reply(xdp, &p)
				  ? GUARD_PACKET_REPLY
				  : not_listed(&p);
	if (outcome >= GUARD_PACKET_DROPPED)
		return refuse_packet(&p, i, outcome) ? XDP_DROP : XDP_PASS;
	count_packet(i->number, outcome);
	if (p.fragment == FRAGMENT_FIRST)
		accept_fragment(&p);
	return XDP_PASS;
}

SEC("?xdp.frags")
int ingress_xdp(struct xdp_md *xdp)
{
	const struct guard_interface *i = interface_section(xdp->ingress_ifindex);
	struct plain plain;
	bool is_plain;
	int outcome;

	if (use_previous && is_idle())
		bpf_tail_call(xdp, &previous_xdp, 0); /* returns only where there is none */
	if (!i->rule)
		return XDP_PASS;
	is_plain = !(i->flags & GUARD_INTERFACE_IP) && read_plain(xdp, &plain);
	outcome = is_plain ? check_plain(xdp, i, &plain) : GO_ON;
	if (outcome != GO_ON) {
		count_packet(i->number, outcome);
		return XDP_PASS;
	}
	return check_frame(xdp, i, is_plain, &plain);
}

/* ---- at the socket --------------------------------------------------------------- */

static __always_inline bool is_audited(const struct guard_interface *i)
{
	__u32 id = i->rule;
	struct guard_rule *rule = bpf_map_lookup_elem(&rules, &id);

	return rule && rule->audit;
}

/* This host's own multicast or broadcast, on its way back to it: it never was on the wire. */
static __always_inline bool is_own(struct sk_buff *skb)
{
	return BPF_CORE_READ_BITFIELD(skb, pkt_type) == PACKET_LOOPBACK;
}

/* The section that holds for what arrived at the socket, or NULL. */
static __always_inline const struct guard_interface *section_for(struct sock *sk,
								 struct sk_buff *skb)
{
	struct net *net = sk->__sk_common.skc_net.net;
	const struct guard_interface *i;

	if (net->ns.inum != guarded_net_ns)
		return net->net_cookie == state.canary_net_cookie ? &state.canary : NULL;
	if (skb->skb_iif == LOOPBACK_IFINDEX)
		return NULL;
	i = interface_section(skb->skb_iif);
	return i->rule ? i : NULL;
}

static __always_inline bool is_socket_reply(struct sock *sk, const struct packet *p)
{
	if (p->rq.protocol == IPPROTO_TCP)
		return opened_here(sk);
	if (p->rq.protocol == IPPROTO_UDP)
		return is_udp_reply(p, sk->__sk_common.skc_state,
				    sk->__sk_common.skc_cookie.counter);
	return is_echo_reply(p) && was_sent(p, 0);
}

/* The packet from its IP header at p->at on, as @type says; p->end: of the frame. */
__noinline int decide_head(__u64 head, __u32 linear, struct packet *p, __u32 type,
			   const struct guard_interface *i)
{
	__u8 window[WINDOW];
	struct reader r = { .head = head, .linear = linear, .window = window };
	int outcome;

	if (!p || !i)
		return GUARD_PACKET_DROP_MALFORMED;
	if (type != ETH_P_IP && type != ETH_P_IPV6)
		return GUARD_PACKET_DROP_PROTOCOL;
	/* Behind a short packet there is more of the buffer: what is beyond its end is not looked at. */
	if (bpf_probe_read_kernel(window, sizeof(window), (void *)(head + p->at)))
		return GUARD_PACKET_DROP_TRUNCATED;
	r.window_at = p->at;
	r.end = p->end;
	outcome = read_ip(&r, p, type);
	return outcome == GO_ON ? decide_packet(p, i) : outcome;
}

SEC("?lsm/socket_sock_rcv_skb")
int BPF_PROG(ingress_socket, struct sock *sk, struct sk_buff *skb)
{
	const struct guard_interface *i;
	struct packet p;
	__u64 head;
	int outcome;

	if (!is_inet(sk))
		return 0;
	i = section_for(sk, skb);
	if (!i)
		return 0;
	/* Most packets: no header need be read to know a connection that was opened here. */
	if (sk->sk_protocol == IPPROTO_TCP && i->flags & GUARD_INTERFACE_REPLIES && opened_here(sk))
		return 0;
	head = (__u64)skb->head;
	p = (struct packet){ .at = skb->network_header, .end = (__u64)skb->data - head + skb->len };
	p.rq.nobody = 1;
	p.rq.hook = GUARD_HOOK_socket_sock_rcv_skb;
	outcome = decide_head(head, skb->tail, &p, skb->protocol, i);
	if (outcome == GO_ON)
		outcome = i->flags & GUARD_INTERFACE_REPLIES && is_socket_reply(sk, &p)
				  ? GUARD_PACKET_REPLY
				  : not_listed(&p);
	/* What audit lets in has been reported where it came in. */
	if (outcome >= GUARD_PACKET_DROPPED && !is_own(skb) &&
	    !(is_audited(i) && i->flags & GUARD_INTERFACE_XDP) && refuse_packet(&p, i, outcome))
		return -EPERM;
	return 0;
}

/* ---- what is sent ---------------------------------------------------------------- */

/* Whom the message goes to, where the socket itself will not say so when the reply is there. */
static __always_inline bool read_asked(struct request *rq, struct sock *sk, struct msghdr *msg)
{
	if (sk->sk_protocol == IPPROTO_UDP)
		return msg->msg_name &&
		       read_address(rq, sk, msg->msg_name, msg->msg_namelen, AF_INET);
	if (sk->sk_protocol != IPPROTO_ICMP && sk->sk_protocol != IPPROTO_ICMPV6)
		return false;
	if (msg->msg_name)
		return read_address(rq, sk, msg->msg_name, msg->msg_namelen, AF_INET);
	return read_peer(rq, sk);
}

SEC("?lsm/socket_sendmsg")
int BPF_PROG(ingress_sent, struct socket *sock, struct msghdr *msg)
{
	struct sock *sk = sock->sk;
	struct request rq = {};
	struct guard_sent key = {};
	__u64 *until, now, fresh;

	if (!sk || sk->sk_protocol == IPPROTO_TCP || !is_inet(sk) || !read_asked(&rq, sk, msg))
		return 0;
	if (sk->__sk_common.skc_net.net->ns.inum != guarded_net_ns)
		return 0;
	if (rq.protocol == IPPROTO_UDP) {
		key.socket = bpf_get_socket_cookie(sk);
		key.port = rq.port;
		note_asked(rq.port);
	}
	key.to[0] = rq.address[0];
	key.to[1] = rq.address[1];
	key.family = rq.family;
	now = bpf_ktime_get_boot_ns();
	fresh = now + GUARD_SENT_NS;
	until = bpf_map_lookup_elem(&sent, &key);
	if (until && *until > now + GUARD_SENT_NS / 2)
		return 0;
	bpf_map_update_elem(&sent, &key, &fresh, BPF_ANY);
	return 0;
}
