/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Wires to other machines, for the tests of interface sections: links to one namespace, the
 * first with VLANs on it, what went over them, sockets at either end, and packets made
 * byte by byte.
 *
 * At wire N (0 to 9) this host is 10.7.N.1 and 2001:db8:7:N::1 at inN, the peer .2, .3, .200
 * and ::2, ::3, ::200 at outN. Network 10 is VLAN 10 of wire 0, network 11 VLAN 30 in service
 * VLAN 20 of it. The link numbers are the same at both ends, which nobody should mix up.
 */
#ifndef SELFTESTS_INGRESS_WIRE_H
#define SELFTESTS_INGRESS_WIRE_H

#include <stdint.h>

#include "lib/lib.h"

#define WIRES	     7
#define WIRE_GENERIC 6	/* of these */
#define WIRES_MAX    10 /* with those that come later */
#define WIRE_INDEX   70 /* the number of link 0, at both ends */
#define WIRE_PEER    "guard-peer"
#define WIRE_FAR     "guard-far" /* behind the peer, with less room in its packets */
#define VLAN	     10
#define QINQ	     11

enum side { HOST, PEER, FAR };

/* Once; wires_end() takes all of it away, also what another run has left. */
bool wires_make(void);
void wires_end(void);
/* One more, 7 to 9. */
bool wire_add(int wire);
bool wire_remove(int wire);
/* It passes packets on, or does so soon, after its ends have been down. */
bool wire_ready(int wire);
/* Beyond the peer: FAR as 10.7.20.2 and 2001:db8:7:20::2 of networks where packets have 1300 bytes. */
bool wires_make_far(void);

/* A line for ip(8) in that namespace; several are separated by newlines, and cost one start. */
bool wire_ip(enum side side, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool wire_sysctl(enum side side, const char *name, const char *value);
/* The caller's own namespace from now on. */
void wire_enter(enum side side);

/* "10.7.NET.HOST" or, with @v 6, "2001:db8:7:NET::HOST" */
const char *wire_address(int net, int v, int host);

/* Sockets, all of them non-blocking; -1 is a failure that was printed. */
int wire_socket(enum side side, int family, int type, int protocol);
int wire_udp(enum side side, const char *address, int port);
int wire_listen(enum side side, const char *address, int port);
/* On its way to there, @from NULL or an address, @port 0 or its own one. */
int wire_connect(enum side side, const char *from, int port, const char *to, int to_port);
/* From here; @device NULL or what it is bound to, @protocol 0 or another one than TCP. */
int wire_connect_by(const char *to, int port, const char *device, int protocol);
int wire_udp_connect(enum side side, const char *from, int port, const char *to, int to_port);
bool wire_send_to(int fd, const char *address, int port, const char *text);
int wire_port(int fd);
struct sockaddr_storage;
unsigned int wire_name(struct sockaddr_storage *a, const char *address, int port);

/* Milliseconds: for what ought to come, and for what, as is documented, does not. */
#define PATIENCE 20000
#define BRIEFLY	 3000

bool wire_connected(int fd, int milliseconds);
int wire_accept(int fd, int milliseconds);
/* What is in it within that time, "" if nothing is. */
const char *wire_take(int fd, int milliseconds);
long wire_bytes(int fd, int milliseconds);
/* Something goes from one to the other, within that time. */
bool wire_moves(int from, int to, int milliseconds);

/* ---- frames, from the peer to this host ------------------------------------- */

#define FRAME_MAX 1700

struct packet {
	const char *name;	 /* NULL: as the one before it, a further packet of the same test */
	int wire;		 /* 0 to 5 */
	int net;		 /* VLAN, QINQ: with tags; 0: the wire's own */
	int v;			 /* 4, 6; 0: neither, what follows the ethertype is nothing */
	int from;		 /* the peer's number, 2 where it is not said */
	const char *source, *to; /* addresses in the place of the usual ones */
	int proto, sport, dport; /* sport: one of its own where it is not said */
	int ethertype;
	int tags;	   /* more tags than those of net */
	int options;	   /* words of IPv4 options */
	const char *ext;   /* of IPv6: h, d, r, a, and f where the fragment header is to be */
	int next;	   /* the protocol that a later fragment says, where it is not proto */
	int at, id, whole; /* a fragment: where, of what, and how large all of it is; in bytes */
	bool more;	   /* and there are later ones */
	int size;	   /* bytes behind the transport header, 16 where it is not said */
	int flags, type, code, hops;
	int cut, pad;	 /* bytes that are left out at the end, or put there */
	int first;	 /* of the IP header: version and length */
	int poke, value; /* a byte that is different, by its offset from that */
	int poke2, value2;
	const char *why; /* the reason not to let it in; NULL: it is let in */
	int effect;	 /* what comes of it: enum effect */
};

/* What shows that a packet was taken. */
enum effect { NOTHING, DATA, SYN_ACK, ECHO, ARP_REPLY, ADVERT };

struct frame {
	unsigned char data[FRAME_MAX];
	size_t len;
	uint32_t id;   /* of this frame alone: in its source address, and in front of its data */
	int sport;     /* of its transport header, or 0 */
	char from[64]; /* its source, or "" */
	char to[64];
};

/* ingress_packet.c */
void frame_make(struct frame *f, const struct packet *p);
/* From now on datagrams that come in fragments have other numbers than before. */
void frame_next_round(void);

/* ingress_packets.c: those that are tried, in this order */
extern const struct packet packets[];
extern const size_t n_packets;

/* ---- what went over a wire --------------------------------------------------- */

void wire_clear(int wire);
bool wire_put(int wire, const struct frame *f);
/* Until all that was sent before has come through, or has been dropped; false: it never did. */
bool wire_sync(int wire);
/* Looks again, without waiting longer than that. */
void wire_look(int wire, int milliseconds);
/* Behind XDP: it has reached the protocols of this host. */
bool wire_saw(int wire, uint32_t id);
/* What this host has sent: a frame that @match says yes to. */
bool wire_answered(int wire, bool (*match)(const unsigned char *data, size_t len, const void *arg),
		   const void *arg);

#endif
