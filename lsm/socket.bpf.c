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
 * Receiving is in socket_receive.bpf.c.
 */
#include "socket.bpf.h"
#include "socket_kind.h"

/* ---- kinds of sockets ------------------------------------------------------------ */

__noinline int check_kind(struct request *rq, __u32 kind)
{
	struct guard_subject *subject = current_subject();

	if (!rq || !subject)
		return 0;
	rq->asked = kind;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		struct guard_section *section = section_with(subject, i, GUARD_FAMILIES);

		if (!section)
			continue;
		if (section->families & kind)
			count_allowed(section->rule);
		else if (refuse_rule(rq, section->rule, GUARD_FAMILIES))
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

/* ---- connect ----------------------------------------------------------------------- */

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
			refuse_peer(&rq, GUARD_CONNECT);
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

	if (!msg || !names_receiver(sk, msg))
		return read_peer(rq, sk);
	if (sk->sk_type == SOCK_STREAM)
		unspec = AF_UNSPEC;
	else if (sk->sk_type != SOCK_RAW && unspec == AF_INET6)
		unspec = AF_UNSPEC;
	return read_address(rq, sk, msg->msg_name, msg->msg_namelen, unspec) || read_peer(rq, sk);
}

/*
 * Everybody to whom this may go. A datagram that was begun goes where it began, and what the
 * message names is not heard; but who else sends may end it before the kernel looks again,
 * and sendmmsg(2) does not ask again for the same name. So both are asked for.
 */
static __always_inline void check_receivers(struct request *rq, struct sock *sk,
					    struct guard_subject *subject, struct msghdr *msg)
{
	if (read_corked(rq, sk))
		check_endpoint(rq, subject, CONNECT);
	if (!rq->denied && read_receiver(rq, sk, msg))
		check_endpoint(rq, subject, CONNECT);
	if (!rq->denied && source_routed(sk))
		refuse_peer(rq, GUARD_CONNECT);
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
	check_receivers(&rq, sk, subject, msg);
	if (!rq.denied && routes_by_control(msg))
		refuse_peer(&rq, GUARD_CONNECT);
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
	refuse_peer(&rq, GUARD_CONNECT);
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
