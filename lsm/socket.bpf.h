/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the hooks of the socket guard share: the endpoints that addresses, sockets and packets
 * name, and what is noted of a socket.
 */
#ifndef LSM_GUARD_SOCKET_BPF_H
#define LSM_GUARD_SOCKET_BPF_H

#include "endpoint.bpf.h"

enum { CONNECT, LISTEN, RECEIVE };

static __always_inline bool is_inet(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return family == AF_INET || family == AF_INET6;
}
/* ---- addresses ------------------------------------------------------------------- */

/* struct sockaddr_in and sockaddr_in6 as far as both are used. */
struct address {
	__u16 family;
	__u16 port;
	__u32 ipv4; /* flow information of IPv6 */
	__u64 ipv6[2];
} __attribute__((packed));

#define ADDRESS_IPV4 16 /* shorter ones the kernel refuses */
#define ADDRESS_IPV6 24

/* Is an IPv6 socket bound to an IPv4 address? */
static __always_inline bool is_mapped(struct sock *sk)
{
	__u32 words[4] = {};

	return !bpf_core_read(words, sizeof(words), &sk->__sk_common.skc_v6_rcv_saddr) &&
	       !words[0] && !words[1] && words[2] == 0xffff0000;
}

/*
 * The endpoint that a socket address names to this kind of socket. @unspec: what a family of
 * 0 is taken for. False: nothing, the kernel will not use it.
 */
static __always_inline bool read_address(struct request *rq, struct sock *sk, const void *from,
					 int size, __u16 unspec)
{
	struct address a = {};
	__u64 ipv6[2];

	if (size < ADDRESS_IPV4 || bpf_probe_read_kernel(&a, sizeof(a), from))
		return false;
	if (a.family == AF_UNSPEC)
		a.family = unspec;
	if (a.family == AF_INET) {
		set_ipv4(rq, a.ipv4);
	} else if (a.family == AF_INET6 && size >= ADDRESS_IPV6) {
		ipv6[0] = a.ipv6[0];
		ipv6[1] = a.ipv6[1];
		set_ipv6(rq, ipv6);
		/* From a mapped address, :: is 127.0.0.1. */
		if (!rq->address[0] && !rq->address[1] && is_mapped(sk))
			rq->family = 4;
	} else {
		return false;
	}
	rq->port = __builtin_bswap16(a.port);
	rq->protocol = sk->sk_protocol;
	return true;
}

/* Whom the socket is connected to. False: nobody. */
static __always_inline bool read_peer(struct request *rq, struct sock *sk)
{
	__u64 ipv6[2];
	__u16 port = sk->__sk_common.skc_dport;

	if (sk->__sk_common.skc_family == AF_INET) {
		set_ipv4(rq, sk->__sk_common.skc_daddr);
	} else {
		if (bpf_core_read(ipv6, sizeof(ipv6), &sk->__sk_common.skc_v6_daddr))
			return false;
		set_ipv6(rq, ipv6);
	}
	rq->port = __builtin_bswap16(port);
	rq->protocol = sk->sk_protocol;
	return port || rq->address[0] || rq->address[1];
}

/* Where it is bound. */
static __always_inline bool read_local(struct request *rq, struct sock *sk)
{
	__u64 ipv6[2];

	if (sk->__sk_common.skc_family == AF_INET) {
		set_ipv4(rq, sk->__sk_common.skc_rcv_saddr);
	} else {
		if (bpf_core_read(ipv6, sizeof(ipv6), &sk->__sk_common.skc_v6_rcv_saddr))
			return false;
		set_ipv6(rq, ipv6);
	}
	rq->port = sk->__sk_common.skc_num;
	rq->protocol = sk->sk_protocol;
	return true;
}

/* A program whose peers are limited does not choose the way: the first hop is a peer too. */
static __always_inline bool source_routed(struct sock *sk)
{
	struct inet_sock *inet = (void *)sk;

	if (BPF_CORE_READ(inet, inet_opt) && BPF_CORE_READ(inet, inet_opt, opt.srr))
		return true;
	return sk->__sk_common.skc_family == AF_INET6 && BPF_CORE_READ(inet, pinet6, opt) &&
	       BPF_CORE_READ(inet, pinet6, opt, srcrt);
}

/* As if the peer were on no list: refused by the sections that have @key. */
__noinline int refuse_peer(struct request *rq, __u32 key)
{
	struct guard_subject *subject = current_subject();

	if (!rq || !subject)
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, key);

		if (section && refuse_rule(rq, section->rule, key))
			break;
	}
	return 0;
}

/*
 * Where a datagram goes that was begun with MSG_MORE: what names another receiver meanwhile
 * is not heard. False: there is none.
 */
static __always_inline bool read_corked(struct request *rq, struct sock *sk)
{
	struct udp_sock *udp = (void *)sk;
	struct inet_sock *inet = (void *)sk;
	struct in6_addr *to;
	__u64 ipv6[2] = {};
	int pending;

	if (sk->sk_type != SOCK_DGRAM || sk->sk_protocol != IPPROTO_UDP)
		return false;
	pending = BPF_CORE_READ(udp, pending);
	if (pending == AF_INET) {
		set_ipv4(rq, BPF_CORE_READ(inet, cork.fl.u.ip4.daddr));
		rq->port = __builtin_bswap16(BPF_CORE_READ(inet, cork.fl.u.ip4.uli.ports.dport));
	} else if (pending) {
		to = __builtin_preserve_access_index(&inet->cork.fl.u.ip6.daddr);
		bpf_probe_read_kernel(ipv6, sizeof(ipv6), to);
		set_ipv6(rq, ipv6);
		rq->port = __builtin_bswap16(BPF_CORE_READ(inet, cork.fl.u.ip6.uli.ports.dport));
	}
	rq->protocol = IPPROTO_UDP;
	return pending;
}

/* ---- what is noted of a socket ---------------------------------------------------- */

static __always_inline struct guard_socket *marks_of(struct sock *sk)
{
	return sk->sk_bpf_storage ? bpf_sk_storage_get(&sockets, sk, NULL, 0) : NULL;
}

/* Adds section @number. -1: no room. */
__noinline int mark_section(struct guard_socket *marks, __u32 number, __u32 key)
{
	if (!marks)
		return -1;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 *at = key == GUARD_RECEIVE ? &marks->receive[i] : &marks->accepted[i];

		if (!*at) {
			/* First, or another reader would find it looked through. */
			if (key == GUARD_RECEIVE)
				marks->unread = 1;
			*at = number;
		}
		if (*at == number)
			return 0;
	}
	return -1;
}

/* Adds the sections of @task that have the key. -1: no room. */
__noinline int mark_socket(struct guard_socket *marks, __u64 task, __u32 key)
{
	struct guard_subject *subject = subject_of(task);

	if (!marks || !subject)
		return -1;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++)
		if (section_with(subject, i, key) &&
		    mark_section(marks, subject->sections[i].section, key))
			return -1;
	return 0;
}

/* Did a task accept it that all sections with `connect` bind that bind the current one? */
__noinline int accepted_alike(struct guard_socket *marks)
{
	struct guard_subject *subject = current_subject();

	if (!marks || !subject)
		return false;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = subject->sections[i].section;
		bool has = !section_with(subject, i, GUARD_CONNECT);

		for (int k = 0; k < GUARD_SECTIONS_PER_TASK && !has; k++)
			has = marks->accepted[k] == number;
		if (!has)
			return false;
	}
	return true;
}

/*
 * A connection that a task under the same sections accepted: not one that was handed in, nor
 * one that has been connected to somebody else since.
 */
static __always_inline bool is_answer(struct sock *sk)
{
	struct guard_socket *marks = marks_of(sk);
	struct request peer = {};

	if (!marks || !marks->accepted[0] || !read_peer(&peer, sk) ||
	    peer.address[0] != marks->peer[0] || peer.address[1] != marks->peer[1] ||
	    peer.port != marks->peer_port)
		return false;
	return accepted_alike(marks);
}

#endif
