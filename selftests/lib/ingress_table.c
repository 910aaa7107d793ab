// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table of packets of ingress_packets.c, sent one after the other: what of it this host gets
 * to see, what comes of it, and the events of what was dropped, one each.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/ingress_table.h"

static const int udp_ports[TABLE_UDP] = { 53,	 67,	68,    443,   546,  13568,
					  20100, 20109, 20110, 20120, 20150 };
static const int tcp_ports[TABLE_TCP] = { 22, 53, 443, 5632, 8080, 0xbb01 };

#define AUDIT_WIRE 4
#define FREE_WIRE  5
#define A_SECOND   8 /* events: the guard shows ten a second of a section */

bool table_make(struct table *self)
{
	*self = (struct table){ .expected = calloc(2 * n_packets, sizeof(*self->expected)) };
	for (size_t i = 0; i < TABLE_UDP; i++)
		if ((self->udp[i] = wire_udp(HOST, "::", udp_ports[i])) < 0)
			return false;
	for (size_t i = 0; i < TABLE_TCP; i++)
		if ((self->tcp[i] = wire_listen(HOST, "::", tcp_ports[i])) < 0)
			return false;
	return true;
}

/* ---- what a packet has caused ---------------------------------------------------- */

struct sent {
	const struct packet *p;
	const struct frame *f;
};

/* The header behind all tags, of a frame that has one. */
static const unsigned char *network(const unsigned char *data, size_t len, int *type)
{
	const unsigned char *p = data + 12;

	for (;; p += 4) {
		if (p + 2 + 20 > data + len)
			return NULL;
		*type = p[0] << 8 | p[1];
		if (*type != 0x8100 && *type != 0x88a8)
			return p + 2;
	}
}

static bool is_answer(const unsigned char *data, size_t len, const void *arg)
{
	const struct sent *s = arg;
	uint32_t id = s->f->id;
	unsigned char me[6] = { 2, 0x77, id >> 24, id >> 16, id >> 8, id };
	uint32_t next = htonl(id + 1);
	const unsigned char *ip, *to;
	int type, protocol;

	ip = network(data, len, &type);
	if (ip && type == 0x0806)
		return s->p->effect == ARP_REPLY && ip[7] == 2 && !memcmp(ip + 18, me, 6);
	to = ip + (type == 0x0800 ? 20 : 40);
	if (!ip || to + 14 > data + len)
		return false;
	protocol = type == 0x0800 ? ip[9] : ip[6];
	switch (s->p->effect) {
	case SYN_ACK:
		return protocol == IPPROTO_TCP && (to[13] & 0x12) == 0x12 &&
		       !memcmp(to + 8, &next, 4);
	case ECHO:
		return ((protocol == IPPROTO_ICMP && to[0] == 0) ||
			(protocol == IPPROTO_ICMPV6 && to[0] == 129)) &&
		       !memcmp(to + 4, me + 2, 4);
	case ADVERT:
		return protocol == IPPROTO_ICMPV6 && to[0] == 136 && !memcmp(data, me, 6);
	}
	return false;
}

bool table_took(const struct table *self, uint32_t id)
{
	bool came = false;
	char text[16];

	snprintf(text, sizeof(text), "#%010u", id);
	for (size_t i = 0; i < TABLE_UDP; i++)
		for (const char *got; *(got = wire_take(self->udp[i], 0));)
			came |= !strncmp(got, text, 11);
	return came;
}

/* With @wanted it may take its time. */
static bool has_effect(struct table *self, const struct packet *p, const struct frame *f,
		       bool wanted)
{
	struct sent s = { p, f };

	for (int waited = 0;; waited += 20) {
		if (table_took(self, f->id) || wire_answered(p->wire, is_answer, &s))
			return true;
		if (!wanted || waited > PATIENCE)
			return false;
		wire_look(p->wire, 20);
	}
}

/* ---- the table of packets ------------------------------------------------------- */

static bool is_dropped(const struct trial *t, const struct packet *p)
{
	return t->guarded && p->why && p->wire != AUDIT_WIRE;
}

/* No more events in a second than the guard shows. */
static void pace(struct table *self, int wire)
{
	struct timespec now;

	for (;;) {
		clock_gettime(CLOCK_BOOTTIME, &now);
		if (now.tv_sec != self->second[wire])
			self->shown[wire] = 0;
		self->second[wire] = now.tv_sec;
		if (self->shown[wire]++ < A_SECOND)
			return;
		usleep((1000000000 - now.tv_nsec) / 1000 + 1000);
	}
}

static void expect_event(struct table *self, size_t i, const struct frame *f)
{
	self->expected[self->n_expected].packet = i;
	self->expected[self->n_expected++].f = *f;
}

/* A test of one packet or more; returns the number of the next one. */
static size_t try_packets(struct table *self, struct trial *t, size_t i)
{
	const struct packet *first = &packets[i];
	struct frame f, effect = { 0 };
	bool dropped = false;
	char *why = NULL;

	wire_clear(first->wire);
	do {
		const struct packet *p = &packets[i];

		frame_make(&f, p);
		if (!effect.len || !p->at)
			effect = effect.len && !packets[i - 1].at ? effect : f;
		if (t->guarded && p->why) {
			pace(self, p->wire);
			expect_event(self, i, &f);
			/* What is let in for all that is answered, and the peer knows of nothing. */
			if (p->wire == AUDIT_WIRE && p->effect == SYN_ACK)
				expect_event(self, i, &f);
		}
		dropped |= is_dropped(t, p);
		if (!wire_put(p->wire, &f) || !wire_sync(p->wire))
			why = why ?: path("it could not be sent");
		else if (wire_saw(p->wire, f.id) == is_dropped(t, p))
			why = why ?: path("%s", is_dropped(t, p) ? "got in" : "did not get in");
		i++;
	} while (i < n_packets && !packets[i].name);
	if (first->effect != NOTHING || dropped) {
		bool wanted = first->effect != NOTHING && !dropped;

		if (has_effect(self, first, &effect, wanted) != wanted)
			why = why ?: path("%s", wanted ? "had no effect" : "had an effect");
	}
	t->n++;
	t->bad += why != NULL;
	printf("    %s %zu %s: %s%s%s\n", why ? "not ok" : "ok", t->n, t->name, first->name,
	       why ? " # " : "", why ?: "");
	free(why);
	return i;
}

void table_try(struct table *self, struct trial *t)
{
	frame_next_round();
	for (size_t i = 0; i < n_packets;)
		i = try_packets(self, t, i);
	/* Connections that were begun are of no use. */
	for (size_t i = 0; i < TABLE_TCP; i++)
		for (int fd; (fd = wire_accept(self->tcp[i], 0)) >= 0;)
			close(fd);
}

/* ---- events ----------------------------------------------------------------------- */

static bool is(const struct event *e, const char *field, const char *text)
{
	const char *value = event_text(e, field);

	return value && !strcmp(value, text);
}

static bool is_number(const struct event *e, const char *field, long n)
{
	return event_number(e, field) == n;
}

/* The line of its section. */
static long line_of(int wire)
{
	return wire < FREE_WIRE ? wire + 1 : wire;
}

static const char *protocol_of(const struct packet *p)
{
	switch (p->proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmpv6";
	}
	return NULL;
}

static bool is_of(const struct event *e, const struct expected *x)
{
	const struct packet *p = &packets[x->packet];
	const char *protocol = protocol_of(p);
	bool ports = !p->at && (p->proto == IPPROTO_TCP || p->proto == IPPROTO_UDP);

	if (!is(e, "verdict", p->wire == AUDIT_WIRE ? "WOULD-DENY" : "DENIED") ||
	    !is(e, "access", "accept") || !is_number(e, "line", line_of(p->wire)) ||
	    !is(e, "interface", path("in%d", p->wire)) || !is(e, "reason", p->why))
		return false;
	if (strcmp(p->why, "not listed") && strcmp(p->why, "icmp"))
		return true;
	return is(e, "address", x->f.from) && is(e, "local_address", x->f.to) &&
	       (!protocol || is(e, "protocol", protocol)) &&
	       (!ports ||
		(is_number(e, "port", x->f.sport) && is_number(e, "local_port", p->dport)));
}

static void show(const struct event *e)
{
	printf("#  ");
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->field[i].name, "time") && strcmp(e->field[i].name, "policy"))
			printf(" %s=%s", e->field[i].name, e->field[i].value);
	printf("\n");
}

/* The first ones say how each interface is held. */
static size_t judge_attached(struct trial *t, const struct events *ev)
{
	size_t n = 0;

	for (int wire = 0; wire < WIRES; wire++) {
		const struct event *e = &ev->e[n];

		if (wire == FREE_WIRE)
			continue;
		judge(t,
		      n < ev->n && is(e, "verdict", "ATTACHED") &&
			      is(e, "interface", path("in%d", wire)) &&
			      is_number(e, "line", line_of(wire)) &&
			      is(e, "how", wire == WIRE_GENERIC ? "generic" : "native"),
		      true, "in%d has a program", wire);
		n++;
	}
	return n;
}

/* One event for each, in their order, and no other one. */
void table_judge_events(struct table *self, struct trial *t, const struct events *ev)
{
	size_t at = judge_attached(t, ev), strange = 0;

	for (size_t i = 0; i < self->n_expected; i++) {
		const struct expected *x = &self->expected[i];
		size_t k = at;

		while (k < ev->n && !is_of(&ev->e[k], x))
			k++;
		if (k == ev->n) {
			judge(t, false, true, "the event of %s%s", packets[x->packet].name ?: "a part of ",
			      packets[x->packet].name ? "" : packets[x->packet - 1].name ?: "it");
			if (at < ev->n)
				show(&ev->e[at]);
			continue;
		}
		for (; at < k; at++, strange++)
			show(&ev->e[at]);
		at = k + 1;
	}
	judge(t, strange == 0, true, "no other events: %zu of %zu", strange, ev->n);
}

/* ---- counters --------------------------------------------------------------------- */

/* What `lsm-guard status --output prometheus` says of it; -1: nothing. */
static long counted(const char *status, int wire, const char *verdict, const char *reason)
{
	char *name =
		path(",interface=\"in%d\",verdict=\"%s\",reason=\"%s\"} ", wire, verdict, reason);
	const char *at = strstr(status, name);
	long n = at ? atol(at + strlen(name)) : -1;

	free(name);
	return n;
}

static size_t n_expected(const struct table *self, int wire, const char *why)
{
	size_t n = 0;

	for (size_t i = 0; i < self->n_expected; i++) {
		const struct packet *p = &packets[self->expected[i].packet];

		n += p->wire == wire && !strcmp(p->why, why);
	}
	return n;
}

static char *read_status(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = popen("./lsm-guard status --output prometheus", "re");

	if (!f || getdelim(&text, &size, 0, f) < 0)
		return strdup("");
	pclose(f);
	return text;
}

void table_judge_counts(const struct table *self, struct trial *t)
{
	static const char *const reasons[] = { "not listed",	  "icmp",      "fragment",
					       "truncated",	  "malformed", "too many headers",
					       "unknown protocol" };
	char *status = read_status();

	for (int wire = 0; wire < WIRES; wire++) {
		if (wire == FREE_WIRE)
			continue;
		for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++) {
			long n = counted(status, wire, "dropped", reasons[i]);

			judge(t, n == (long)n_expected(self, wire, reasons[i]), true,
			      "in%d: %ld dropped, %s", wire, n, reasons[i]);
		}
	}
	judge(t, counted(status, 0, "accepted", "by rule") > 0, true, "in0: accepted by its rule");
	judge(t, counted(status, 0, "accepted", "later fragments") > 0, true,
	      "in0: accepted as parts");
	judge(t, counted(status, 1, "accepted", "the link's own") > 0, true,
	      "in1: accepted for the link");
	judge(t, counted(status, 1, "accepted", "by rule") == 0, true, "in1: nothing by its rule");
	judge(t, counted(status, 2, "accepted", "icmp") > 0, true, "in2: accepted as icmp");
	judge(t, counted(status, 2, "accepted", "replies") == 0, true, "in2: no replies");
	judge(t, counted(status, FREE_WIRE, "accepted", "by rule") < 0, true, "in5 is not held");
	free(status);
}
