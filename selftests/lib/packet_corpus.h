/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Packets by the thousand, one after the other, the same ones in the same order each time. They
 * are made for the list that IN_LIST accepts: about half of those in good order are on it.
 */
#ifndef SELFTESTS_PACKET_CORPUS_H
#define SELFTESTS_PACKET_CORPUS_H

#include "lib/packet.h"

struct corpus {
	void (*take)(void *arg, const struct packet *p, const char *what);
	void *arg;
	uint32_t id;	 /* of the last datagram in fragments: each has its own */
	struct packet p; /* the one being made */
	uint64_t made;
};

/* Tags x options or extension headers x protocols, flags and types x addresses and ports. */
void corpus_headers(struct corpus *c);
/* Every length of every shape, with the datagram's length as it was and cut as well. */
void corpus_truncated(struct corpus *c);
/* Every field that says a length, a version or what comes next, set wrong. */
void corpus_fields(struct corpus *c);
/* First and later fragments, with and without each other. */
void corpus_fragments(struct corpus *c);
/* What is no IP, in tags or not; every ethertype when @all. */
void corpus_frames(struct corpus *c, bool all);
/* More than a page, so that XDP sees them in pieces, headers across pieces among them. */
void corpus_large(struct corpus *c);

/* For these: shapes of IP, from nothing to nine extension headers. */
#define CORPUS_SHAPES 48
size_t corpus_shapes(struct packet_shape out[CORPUS_SHAPES]);
void corpus_tags(struct packet_shape *s, unsigned int n); /* 0 to 3 */
void corpus_from(struct packet_shape *s, const char *source, uint8_t protocol, uint16_t port);
void corpus_give(struct corpus *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
