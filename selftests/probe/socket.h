/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the acts on sockets share: who is meant, and how to know that a message
 * really got there. Peers answer with what they were sent, see socket_serve.c.
 */
#ifndef PROBE_SOCKET_H
#define PROBE_SOCKET_H

#include <stdbool.h>
#include <sys/socket.h>

#define MESSAGE	     "ping"
#define MESSAGE_SIZE 4
#define INHERITED_FD 9 /* a descriptor that another program handed over */
#define RING_FD	     8 /* its io_uring, and PARAMS_FD how to map it */
#define PARAMS_FD    7

/*
 * "tcp" or "udp", with the family of the address; "tcp6" or "udp6": a socket of
 * AF_INET6, whatever the address is. "udplite", "mptcp", "sctp" and "raw" likewise.
 */
struct peer {
	int family, type, protocol;
	struct sockaddr_storage a;
	socklen_t len;
};

struct peer peer_of(const char *protocol, const char *address, const char *port);
/* A socket to talk to it by; nothing takes longer than ten seconds. */
int peer_socket(const struct peer *p);
void peer_set_port(struct peer *p, int port);
int port_of(int fd);
void limit_time(int fd, int milliseconds);

/* Does the answer come? What was let through without one had no effect. */
int answered(int fd);
/* A result of sending, then the answer to it. */
int sent(long ret, int fd, const char *what);
/* Until there is something to read; false when nothing comes in ten seconds. */
bool readable(int fd);

/* socket_reach.c: a way to reach it, where @decoy is another port of its, which is allowed */
struct way {
	const char *name;
	int (*run)(struct peer *p, int decoy);
};
extern const struct way uring_ways[]; /* socket_uring.c */

/* socket_use.c: what can be done with a socket that one has. */
int use_socket(int fd, const char *verb);
/* socket_uring.c: with the first registered file of a ring, which is a socket */
struct ring;
int use_registered(struct ring *r, const char *verb);

#endif
