/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flows that this host opens to a peer, in the network namespace at the veth pair's other end,
 * where every address is one of the peer's.
 */
#ifndef BENCH_FLOWS_H
#define BENCH_FLOWS_H

#include "frames.h"

enum flow {
	FLOW_TCP,	/* a connection */
	FLOW_CONNECTED, /* a UDP socket that is connected */
	FLOW_SENT	/* one that is not, and has sent */
};

struct sockets {
	int own, peer; /* the peer's end of a connection */
};

/* Opens one to the address form->from, and fills in the ports of the peer's packets. It stays open. */
struct sockets open_flow(enum flow flow, struct form *form);

/* The network namespaces, ours and the peer's: */
#define INSIDE	"/proc/1/ns/net"
#define OUTSIDE "/run/netns/outside"

void enter(const char *netns);

/* A socket made in the peer's network namespace. */
int peer_socket(int family, int type, int protocol);

#endif
