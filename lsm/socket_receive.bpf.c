// SPDX-License-Identifier: GPL-2.0-only
/*
 * The socket guard, receiving: whose data a bound program may take. Who sent a datagram is
 * known when it arrives only (socket_sock_rcv_skb, in softirq, where the current task is
 * anybody): so sockets carry the numbers of the sections whose `receive` holds for them. One
 * that is handed in gets them when it is first read from; what waits in it by then is looked
 * through, and it stays unread where a sender is not listed.
 */
#include "packet.bpf.h"
#include "socket.bpf.h"

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
		return fallback ? 0 : -EPERM;
	}
	return 0;
}

/* ---- who sent a packet ------------------------------------------------------------- */

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

/* Does section @number let the sender's data in? */
__noinline int lets_in(struct request *rq, __u32 number)
{
	struct guard_section *section = bpf_map_lookup_elem(&sections, &number);

	return rq && (!section || !(section->keys & GUARD_RECEIVE) ||
		      on_list(rq, section->endpoints[RECEIVE]));
}

static long check_queued(__u32 index, struct queue_walk *walk)
{
	struct guard_subject *subject = current_subject();
	struct sk_buff *skb = (void *)walk->skb;

	if (walk->skb == walk->end || !walk->skb) {
		walk->closed = walk->skb;
		return 1;
	}
	walk->refused = !subject || !read_sender(&walk->rq, walk->skb, walk->protocol);
	for (int i = 0; subject && i < GUARD_SECTIONS_PER_TASK; i++)
		if (!lets_in(&walk->rq, subject->sections[i].section))
			walk->refused = true;
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

	/* What was received is moved to the readers' queue, never back. */
	if (!all_listed(rq, at + bpf_core_field_offset(struct sock, sk_receive_queue),
			sk->sk_protocol))
		return false;
	return sk->sk_protocol != IPPROTO_UDP ||
	       all_listed(rq, at + bpf_core_field_offset(struct udp_sock, reader_queue),
			  IPPROTO_UDP);
}

/* Reads from a socket that anyone may have sent to: is it marked, so that all were asked? */
static __always_inline void check_unconnected(struct request *rq, struct sock *sk,
					      struct guard_subject *subject)
{
	struct guard_socket *marks;

	marks = bpf_sk_storage_get(&sockets, sk, NULL, BPF_SK_STORAGE_GET_F_CREATE);
	if (!marks || mark_socket(marks, bpf_get_current_task(), GUARD_RECEIVE) < 0) {
		refuse_fault(rq, GUARD_FAULT_SECTION);
		return;
	}
	if (!marks->unread)
		return;
	rq->family = 0;
	if (queues_listed(rq, sk))
		marks->unread = 0;
	else if (marks->unread) /* else another reader has looked through it meanwhile */
		refuse_peer(rq, GUARD_RECEIVE);
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
	if (mask & MAY_WRITE && subject->keys & GUARD_CONNECT && !rq.denied && !is_answer(sk))
		check_receivers(&rq, sk, subject, NULL);
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
		return fallback ? 0 : -EPERM;
	for (int i = 0; i < GUARD_SECTIONS_PER_TASK; i++) {
		__u32 number = marks->receive[i];

		if (!number || check_sender(&rq, number))
			break;
	}
	/* It is let in: who is about to read it is to blame, unless that one waits already. */
	if (fallback && rq.denied)
		marks->unread = 1;
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
	return 0;
}
