// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket guard: to whom a bound program may send, on which ports it may serve, whose data
 * it may take, and which kinds of sockets it may have at all.
 *
 * A peer is checked when it is named (connect, a datagram's address, MSG_FASTOPEN, which has
 * no other hook) and each time that something is sent to it or taken from it, so that sockets
 * from elsewhere (inherited, passed, connected before the guard was there) lead nowhere
 * else. Answers on a connection that the program itself accepted are not sends to a peer of
 * its choice: such sockets are marked when they are accepted.
 *
 * Who sent a datagram is known when it arrives only (socket_sock_rcv_skb, in softirq, where
 * the current task is anybody): so sockets carry the numbers of the sections whose `receive`
 * holds for them. One that is handed in gets them when it is first read from; datagrams that
 * were in it by then cannot be told apart, and it stays unread.
 */
#include "endpoint.bpf.h"

enum { CONNECT, LISTEN, RECEIVE };

static __always_inline bool is_inet(struct sock *sk)
{
	__u16 family = sk->__sk_common.skc_family;

	return family == AF_INET || family == AF_INET6;
}

/* ---- kinds of sockets ------------------------------------------------------------ */

static __always_inline __u32 kind_of_inet(int family, int type, int protocol)
{
	switch (type & SOCK_TYPE_MASK) {
	case SOCK_RAW:
		return GUARD_FAMILY_RAW;
	case SOCK_STREAM:
		if (!protocol || protocol == IPPROTO_TCP)
			return family == AF_INET ? GUARD_FAMILY_INET : GUARD_FAMILY_INET6;
		if (protocol == IPPROTO_MPTCP)
			return GUARD_FAMILY_MPTCP;
		break;
	case SOCK_DGRAM:
		if (!protocol || protocol == IPPROTO_UDP)
			return family == AF_INET ? GUARD_FAMILY_INET : GUARD_FAMILY_INET6;
		if (protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6)
			return GUARD_FAMILY_PING;
		break;
	case SOCK_SEQPACKET:
		if (!protocol)
			return GUARD_FAMILY_SCTP;
		break;
	}
	return protocol == IPPROTO_SCTP ? GUARD_FAMILY_SCTP : GUARD_FAMILY_OTHER;
}

/* The bits of which one must be allowed. */
static __always_inline __u32 kind_of(int family, int type, int protocol)
{
	switch (family) {
	case AF_UNIX:
		return GUARD_FAMILY_UNIX;
	case AF_INET:
	case AF_INET6:
		return kind_of_inet(family, type, protocol);
	case AF_NETLINK:
		return GUARD_FAMILY_NETLINK | (protocol ? 0 : GUARD_FAMILY_NETLINK_ROUTE);
	case AF_PACKET:
		return GUARD_FAMILY_PACKET;
	case AF_XDP:
		return GUARD_FAMILY_XDP;
	case AF_VSOCK:
		return GUARD_FAMILY_VSOCK;
	case AF_ALG:
		return GUARD_FAMILY_ALG;
	case AF_BLUETOOTH:
		return GUARD_FAMILY_BLUETOOTH;
	}
	return GUARD_FAMILY_OTHER;
}

__noinline int check_kind(struct request *rq, __u32 kind)
{
	struct guard_subject *subject = current_subject();

	if (!rq || !subject)
		return 0;
	rq->asked = kind;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_FAMILIES);

		if (section && !(section->families & kind) &&
		    refuse_rule(rq, section->rule, GUARD_FAMILIES))
			break;
	}
	return 0;
}

SEC("?lsm/socket_create")
int BPF_PROG(socket_create, int family, int type, int protocol, int kern)
{
	struct request rq;

	if (kern || !bound(GUARD_FAMILIES))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_socket_create };
	check_kind(&rq, kind_of(family, type, protocol));
	return verdict(&rq);
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

/* As if the peer were on no list. */
__noinline int refuse_route(struct request *rq)
{
	struct guard_subject *subject = current_subject();

	if (!rq || !subject)
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_CONNECT);

		if (section && refuse_rule(rq, section->rule, GUARD_CONNECT))
			break;
	}
	return 0;
}

/* ---- connect ----------------------------------------------------------------------- */

static __always_inline struct guard_socket *marks_of(struct sock *sk)
{
	return sk->sk_bpf_storage ? bpf_sk_storage_get(&sockets, sk, NULL, 0) : NULL;
}

SEC("?lsm/socket_connect")
int BPF_PROG(socket_connect, struct socket *sock, struct sockaddr *address, int size)
{
	struct guard_subject *subject = bound(GUARD_CONNECT | GUARD_RECEIVE);
	struct sock *sk = sock->sk;
	struct request rq;

	if (!subject || !sk || !is_inet(sk) || address->sa_family == AF_UNSPEC)
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_socket_connect };
	if (!read_address(&rq, sk, address, size, AF_UNSPEC))
		return 0;
	if (subject->keys & GUARD_CONNECT) {
		check_endpoint(&rq, subject, CONNECT);
		if (!rq.denied && source_routed(sk))
			refuse_route(&rq);
	}
	/* A connection whose answers are dropped would only hang. */
	if (subject->keys & GUARD_RECEIVE && sk->sk_type == SOCK_STREAM && !rq.denied)
		check_endpoint(&rq, subject, RECEIVE);
	return verdict(&rq);
}

/* Control messages that choose the way. */
#define CONTROL_MAX 16

struct control {
	__u64 size;
	int level;
	int type;
};

static __always_inline bool routes_by_control(struct msghdr *msg)
{
	__u64 at = (__u64)msg->msg_control, left = msg->msg_controllen;
	struct control c = {};

	for (int i = 0; i < CONTROL_MAX; i++) {
		if (left < sizeof(c))
			return false;
		if (bpf_probe_read_kernel(&c, sizeof(c), (void *)at))
			return true;
		if ((c.level == SOL_IP && c.type == IP_RETOPTS) ||
		    (c.level == SOL_IPV6 && (c.type == IPV6_RTHDR || c.type == IPV6_2292RTHDR)))
			return true;
		c.size = (c.size + 7) & ~7UL;
		if (c.size < sizeof(c) || c.size > left)
			return false;
		at += c.size;
		left -= c.size;
	}
	return true;
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

/* To whom a message goes that names nobody. */
static __always_inline bool read_settled(struct request *rq, struct sock *sk)
{
	return read_corked(rq, sk) || read_peer(rq, sk);
}

/* A connection has one peer; only the message that opens it can name it, but for SCTP's. */
static __always_inline bool names_receiver(struct sock *sk, struct msghdr *msg)
{
	return msg->msg_name && (sk->sk_type != SOCK_STREAM || msg->msg_flags & MSG_FASTOPEN ||
				 sk->sk_protocol == IPPROTO_SCTP);
}

/* To whom a message goes: to whom it says, or else to whom the socket is connected. */
static __always_inline bool read_receiver(struct request *rq, struct sock *sk, struct msghdr *msg)
{
	__u16 unspec = sk->__sk_common.skc_family;

	if (!names_receiver(sk, msg))
		return read_settled(rq, sk);
	if (sk->sk_type == SOCK_STREAM)
		unspec = AF_UNSPEC;
	else if (sk->sk_type != SOCK_RAW && unspec == AF_INET6)
		unspec = AF_UNSPEC;
	return read_corked(rq, sk) ||
	       read_address(rq, sk, msg->msg_name, msg->msg_namelen, unspec) || read_peer(rq, sk);
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

SEC("?lsm/socket_sendmsg")
int BPF_PROG(socket_sendmsg, struct socket *sock, struct msghdr *msg, int size)
{
	struct guard_subject *subject = bound(GUARD_CONNECT);
	struct sock *sk = sock->sk;
	struct request rq;

	if (!subject || !sk || !is_inet(sk))
		return 0;
	if (!names_receiver(sk, msg) && is_answer(sk))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_socket_sendmsg };
	if (!read_receiver(&rq, sk, msg))
		return 0;
	check_endpoint(&rq, subject, CONNECT);
	if (!rq.denied && (source_routed(sk) || routes_by_control(msg)))
		refuse_route(&rq);
	return verdict(&rq);
}

static __always_inline bool is_route_option(int level, int name)
{
	if (level == SOL_IP)
		return name == IP_OPTIONS;
	return level == SOL_IPV6 && (name == IPV6_RTHDR || name == IPV6_2292RTHDR ||
				     name == IPV6_2292PKTOPTIONS || name == IPV6_FLOWLABEL_MGR);
}

SEC("?lsm/socket_setsockopt")
int BPF_PROG(socket_setsockopt, struct socket *sock, int level, int name)
{
	struct sock *sk = sock->sk;
	struct request rq;

	if (!is_route_option(level, name) || !bound(GUARD_CONNECT) || !sk || !is_inet(sk))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_socket_setsockopt };
	read_peer(&rq, sk);
	refuse_route(&rq);
	return verdict(&rq);
}

/* ---- listen ------------------------------------------------------------------------ */

/* :: serves IPv4 too, unless the socket says no. */
static __always_inline void check_local(struct request *rq, struct sock *sk,
					struct guard_subject *subject)
{
	check_endpoint(rq, subject, LISTEN);
	if (rq->denied || rq->family != 6 || rq->address[0] || rq->address[1] ||
	    BPF_CORE_READ_BITFIELD_PROBED(sk, __sk_common.skc_ipv6only))
		return;
	rq->family = 4;
	check_endpoint(rq, subject, LISTEN);
	rq->family = 6;
}

SEC("?lsm/socket_bind")
int BPF_PROG(socket_bind, struct socket *sock, struct sockaddr *address, int size)
{
	struct guard_subject *subject = bound(GUARD_LISTEN);
	struct sock *sk = sock->sk;
	struct request rq;

	if (!subject || !sk || !is_inet(sk))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_socket_bind };
	/* Any free port is what a client gets without asking; listen(2) is asked again. */
	if (!read_address(&rq, sk, address, size, AF_INET) || !rq.port)
		return 0;
	check_local(&rq, sk, subject);
	return verdict(&rq);
}

static __always_inline int check_serving(struct socket *sock, __u32 hook)
{
	struct guard_subject *subject = bound(GUARD_LISTEN);
	struct sock *sk = sock->sk;
	struct request rq;

	if (!subject || !sk || !is_inet(sk))
		return 0;
	rq = (struct request){ .hook = hook };
	if (read_local(&rq, sk))
		check_local(&rq, sk, subject);
	return verdict(&rq);
}

/* On port 0 too: the kernel chooses one, and only who may have all of them may have it. */
SEC("?lsm/socket_listen")
int BPF_PROG(socket_listen, struct socket *sock)
{
	return check_serving(sock, GUARD_HOOK_socket_listen);
}

/* A listening socket may come from elsewhere. */
SEC("?lsm/socket_accept")
int BPF_PROG(socket_accept, struct socket *sock)
{
	return check_serving(sock, GUARD_HOOK_socket_accept);
}

/* Adds the sections of @task that have the key. 1 when one was new, -1: no room. */
__noinline int mark_socket(struct guard_socket *marks, __u64 task, __u32 key)
{
	struct guard_subject *subject = subject_of(task);
	int news = 0;

	if (!marks || !subject)
		return -1;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		bool has = !section_with(subject, i, key);
		__u32 number = subject->sections[i].section;

		for (int k = 0; k < GUARD_SECTIONS_PER_TASK && !has; k++) {
			__u32 *at = key == GUARD_RECEIVE ? &marks->receive[k] : &marks->accepted[k];

			if (!*at) {
				*at = number;
				news = 1;
			}
			has = *at == number;
		}
		if (!has)
			return -1;
	}
	return news;
}

/* The connection that accept(2) returns. */
SEC("?lsm/sock_graft")
int BPF_PROG(sock_graft, struct sock *sk)
{
	struct guard_subject *subject = bound(GUARD_CONNECT);
	struct guard_socket *marks;
	struct request peer = {};

	if (!sk || !subject || !is_inet(sk) || !read_peer(&peer, sk))
		return 0;
	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks || mark_socket(marks, bpf_get_current_task(), GUARD_CONNECT) < 0) {
		count_fault(GUARD_FAULT_SECTION); /* its answers are refused */
		return 0;
	}
	marks->peer[0] = peer.address[0];
	marks->peer[1] = peer.address[1];
	marks->peer_port = peer.port;
	return 0;
}

/* ---- receive ------------------------------------------------------------------------- */

SEC("?lsm/socket_post_create")
int BPF_PROG(socket_post_create, struct socket *sock, int family, int type, int protocol, int kern)
{
	struct guard_subject *subject = bound(GUARD_RECEIVE);
	struct guard_socket *marks;
	struct sock *sk = sock->sk;

	if (kern || !subject || !sk || !is_inet(sk))
		return 0;
	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks || mark_socket(marks, bpf_get_current_task(), GUARD_RECEIVE) < 0) {
		count_fault(GUARD_FAULT_SECTION);
		return -EPERM;
	}
	return 0;
}

/* ---- who sent a packet ------------------------------------------------------------- */

#define ETH_P_IP   0x0008 /* network order */
#define ETH_P_IPV6 0xdd86

/* The sender of a packet to a socket of the protocol; @skb is an address. */
__noinline int read_sender(struct request *rq, __u64 address, __u32 protocol)
{
	struct sk_buff *skb = (void *)address;
	unsigned char *head = BPF_CORE_READ(skb, head);
	unsigned char *ip = head + BPF_CORE_READ(skb, network_header);
	unsigned char *transport = head + BPF_CORE_READ(skb, transport_header);
	__u16 kind = BPF_CORE_READ(skb, protocol), port = 0;
	__u64 ipv6[2];
	__u32 ipv4;

	if (!rq)
		return false;
	if (kind == ETH_P_IP) {
		if (bpf_probe_read_kernel(&ipv4, sizeof(ipv4), ip + 12))
			return false;
		set_ipv4(rq, ipv4);
	} else if (kind == ETH_P_IPV6) {
		if (bpf_probe_read_kernel(ipv6, sizeof(ipv6), ip + 8))
			return false;
		set_ipv6(rq, ipv6);
	} else {
		return false;
	}
	rq->protocol = protocol;
	if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
		if (bpf_probe_read_kernel(&port, sizeof(port), transport))
			return false;
		rq->port = __builtin_bswap16(port);
	}
	return true;
}

/* ---- datagrams that were there before -------------------------------------------------- */

#define QUEUE_MAX (1 << 14)

struct queue_walk {
	__u64 skb, end; /* addresses: the next one, and the queue's head, where it ends */
	__u32 protocol;
	__u32 seen;
	bool refused, closed;
	struct request rq;
};

static long check_queued(__u32 index, struct queue_walk *walk)
{
	struct guard_subject *subject = current_subject();
	struct sk_buff *skb = (void *)walk->skb;

	if (walk->skb == walk->end || !walk->skb) {
		walk->closed = walk->skb;
		return 1;
	}
	walk->refused = !subject || !read_sender(&walk->rq, walk->skb, walk->protocol);
	for (int i = 0; subject && i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_RECEIVE);

		if (section && !on_list(&walk->rq, section->endpoints[RECEIVE]))
			walk->refused = true;
	}
	if (walk->refused)
		return 1;
	walk->seen++;
	walk->skb = (__u64)BPF_CORE_READ(skb, next);
	return 0;
}

/*
 * Are all datagrams of the queue of senders that are listed? Nobody who is bound takes one
 * away meanwhile, for this comes first; new ones were asked for when they arrived. Should one
 * vanish all the same, the count is wrong, and the answer no.
 */
__noinline int all_listed(struct request *rq, __u64 queue_at, __u32 protocol)
{
	struct sk_buff_head *queue = (void *)queue_at;
	__u32 before = BPF_CORE_READ(queue, qlen);
	struct queue_walk walk = { .end = queue_at, .protocol = protocol };

	if (!rq)
		return false;
	walk.skb = (__u64)BPF_CORE_READ(queue, next);
	bpf_loop(QUEUE_MAX, check_queued, &walk, 0);
	if (!walk.refused)
		return walk.closed && walk.seen >= before && BPF_CORE_READ(queue, qlen) >= before;
	rq->address[0] = walk.rq.address[0];
	rq->address[1] = walk.rq.address[1];
	rq->family = walk.rq.family;
	rq->port = walk.rq.port;
	rq->protocol = protocol;
	return false;
}

static __always_inline bool queues_listed(struct request *rq, struct sock *sk)
{
	__u64 at = address_of(sk);

	if (sk->sk_protocol == IPPROTO_UDP &&
	    !all_listed(rq, at + bpf_core_field_offset(struct udp_sock, reader_queue), IPPROTO_UDP))
		return false;
	return all_listed(rq, at + bpf_core_field_offset(struct sock, sk_receive_queue),
			  sk->sk_protocol);
}

__noinline int refuse_receive(struct request *rq)
{
	struct guard_subject *subject = current_subject();

	if (!rq || !subject)
		return 0;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_RECEIVE);

		if (section && refuse_rule(rq, section->rule, GUARD_RECEIVE))
			break;
	}
	return 0;
}

/* Reads from a socket that anyone may have sent to: is it marked, so that all were asked? */
static __always_inline void check_unconnected(struct request *rq, struct sock *sk,
					      struct guard_subject *subject)
{
	struct guard_socket *marks;
	int news;

	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	news = marks ? mark_socket(marks, bpf_get_current_task(), GUARD_RECEIVE) : -1;
	if (!marks || news < 0) {
		refuse_fault(rq, GUARD_FAULT_SECTION);
		return;
	}
	if (news)
		marks->unread = 1;
	if (!marks->unread)
		return;
	rq->family = 0;
	if (queues_listed(rq, sk))
		marks->unread = 0;
	else
		refuse_receive(rq);
}

static __always_inline void check_reading(struct request *rq, struct sock *sk,
					  struct guard_subject *subject)
{
	if (sk->sk_type != SOCK_STREAM)
		check_unconnected(rq, sk, subject);
	if (!rq->denied && read_peer(rq, sk))
		check_endpoint(rq, subject, RECEIVE);
}

static __always_inline int check_receive(struct socket *sock, __u32 hook)
{
	struct guard_subject *subject = bound(GUARD_RECEIVE);
	struct sock *sk = sock->sk;
	struct request rq;

	if (!subject || !sk || !is_inet(sk))
		return 0;
	rq = (struct request){ .hook = hook };
	check_reading(&rq, sk, subject);
	return verdict(&rq);
}

SEC("?lsm/socket_recvmsg")
int BPF_PROG(socket_recvmsg, struct socket *sock)
{
	return check_receive(sock, GUARD_HOOK_socket_recvmsg);
}

/* TCP_ZEROCOPY_RECEIVE takes data by getsockopt(2). */
SEC("?lsm/socket_getsockopt")
int BPF_PROG(socket_getsockopt, struct socket *sock, int level, int name)
{
	if (level != IPPROTO_TCP || name != TCP_ZEROCOPY_RECEIVE)
		return 0;
	return check_receive(sock, GUARD_HOOK_socket_getsockopt);
}

/*
 * splice(2) from a TCP socket passes no socket hook, and up to 6.4 neither does sendfile(2)
 * to one.
 */
SEC("?lsm/file_permission")
int BPF_PROG(file_permission, struct file *file, int mask)
{
	struct guard_subject *subject = bound(GUARD_CONNECT | GUARD_RECEIVE);
	struct socket *sock;
	struct sock *sk;
	struct request rq;

	if (!subject)
		return 0;
	sock = bpf_sock_from_file(file);
	if (!sock)
		return 0;
	sk = sock->sk;
	if (!sk || !is_inet(sk))
		return 0;
	rq = (struct request){ .hook = GUARD_HOOK_file_permission };
	if (mask & MAY_READ && subject->keys & GUARD_RECEIVE)
		check_reading(&rq, sk, subject);
	if (mask & MAY_WRITE && subject->keys & GUARD_CONNECT && !rq.denied && !is_answer(sk) &&
	    read_peer(&rq, sk)) {
		check_endpoint(&rq, subject, CONNECT);
		if (!rq.denied && source_routed(sk))
			refuse_route(&rq);
	}
	return verdict(&rq);
}

/* ---- what arrives --------------------------------------------------------------------- */

__noinline int check_sender(struct request *rq, __u32 number)
{
	struct guard_section *section = bpf_map_lookup_elem(&sections, &number);

	if (!rq)
		return -EPERM;
	if (!section)
		return refuse_fault(rq, GUARD_FAULT_SECTION);
	return check_list(rq, section, RECEIVE);
}

static __always_inline int check_packet(struct sock *sk, struct sk_buff *skb,
					struct guard_socket *marks)
{
	struct request rq = { .hook = GUARD_HOOK_socket_sock_rcv_skb, .nobody = 1 };

	if (!read_sender(&rq, address_of(skb), sk->sk_protocol))
		return -EPERM;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = marks->receive[i];

		if (!number || check_sender(&rq, number))
			break;
	}
	return verdict(&rq);
}

SEC("?lsm/socket_sock_rcv_skb")
int BPF_PROG(socket_sock_rcv_skb, struct sock *sk, struct sk_buff *skb)
{
	struct guard_socket *marks;

	if (!sk->sk_bpf_storage || !is_inet(sk))
		return 0;
	marks = marks_of(sk);
	return marks && marks->receive[0] ? check_packet(sk, skb, marks) : 0;
}

/* Sockets of tasks that ran before the guard: marked once, when these are bound. */
SEC("?iter/task_file")
int mark_sockets(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct guard_subject *subject;
	struct guard_socket *marks;
	struct file *file = ctx->file;
	struct socket *sock;
	struct sock *sk;

	if (!file || !task)
		return 0;
	subject = subject_of((__u64)task);
	if (!subject || !(subject->keys & GUARD_RECEIVE))
		return 0;
	sock = bpf_sock_from_file(file);
	if (!sock)
		return 0;
	sk = sock->sk;
	if (!sk || !is_inet(sk))
		return 0;
	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks || mark_socket(marks, address_of(task), GUARD_RECEIVE) < 0)
		count_fault(GUARD_FAULT_SECTION);
	else
		marks->unread = 1; /* what is in it by now is looked at when it is read */
	return 0;
}
