/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Real sockets of the host in every state that decides whether a packet is a reply, and the
 * packets for them. What the sockets are is told to the reference.
 */
#ifndef SELFTESTS_INGRESS_SOCKETS_H
#define SELFTESTS_INGRESS_SOCKETS_H

#include "lib/ingress_run.h"
#include "lib/packet_corpus.h"

/*
 * The guard runs by now: what is sent is noted by it. With @stubs some connections are closed and
 * live on in the kernel for a minute; all the others are gone once they are closed here.
 */
bool ingress_sockets_open(struct ingress *x, bool stubs);
/* Are there any such connections, of whomever? */
bool ingress_stubs(void);
/* Sends again where having sent counts, for that is forgotten after a minute. */
bool ingress_sockets_send(struct ingress *x);
void ingress_sockets_close(void);

/* Packets that belong to the flows, and those that differ from one in one thing. */
void corpus_replies(struct corpus *c, const struct reference *r);

#endif
