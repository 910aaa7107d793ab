/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which kind of socket the arguments of socket(2) ask for, in the words of `families`: the same to
 * the hook (socket.bpf.c) and to the filters of lsm-guard run. Who includes it has the numbers of
 * families, types and protocols already: from kernel.h, or from the C library.
 */
#ifndef LSM_GUARD_SOCKET_KIND_H
#define LSM_GUARD_SOCKET_KIND_H

#include "lsm_guard.h"

static inline __attribute__((always_inline)) __u32 kind_of_inet(int family, int type, int protocol)
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

/* Are all sockets of the family of one kind, whatever their type and protocol? */
static inline __attribute__((always_inline)) int is_one_kind(int family)
{
	return family != AF_INET && family != AF_INET6 && family != AF_NETLINK;
}

/* The bits of which one must be allowed. */
static inline __attribute__((always_inline)) __u32 kind_of(int family, int type, int protocol)
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

#endif
