// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard, packet by packet. The packets are made here and given to the XDP program
 * of a running ./lsm-guard; the verdict and the counter that goes up must be those of the
 * reference decision (lib/ingress_reference.c), which has to agree with a table written by hand.
 *
 * INGRESS_SECTIONS, a bit mask, makes a run shorter: only packets on these interfaces.
 */
#include "kselftest_harness.h"

#include <linux/bpf.h>

#include "lib/ingress_hand.h"
#include "lib/ingress_sockets.h"

#define BIT(section) (1u << (section))
#define EVERYWHERE   (BIT(IN_SECTIONS) - 1)

static struct ingress x;
static struct corpus corpus;
static struct packet packet;

/* ---- the reference, and the guard, against what was written by hand --------------- */

static void from_hex(struct packet *p, const char *hex)
{
	unsigned int byte;

	p->n = 0;
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		sscanf(hex++, "%2x", &byte);
		p->bytes[p->n++] = byte;
	}
}

struct by_hand {
	unsigned int section;
	const char *what;
	enum guard_outcome outcome;
};

static struct by_hand by_hand(size_t i)
{
	if (i < n_ingress_hand) {
		packet_text(&packet, ingress_hand[i].packet);
		return (struct by_hand){ ingress_hand[i].section, ingress_hand[i].packet,
					 ingress_hand[i].outcome };
	}
	i -= n_ingress_hand;
	from_hex(&packet, ingress_bytes[i].hex);
	return (struct by_hand){ ingress_bytes[i].section, ingress_bytes[i].hex,
				 ingress_bytes[i].outcome };
}

TEST(the_reference_by_hand)
{
	ASSERT_LE(60, n_ingress_hand);
	ingress_lists(&x.reference);
	for (size_t i = 0; i < n_ingress_hand + n_ingress_bytes; i++) {
		struct by_hand h = by_hand(i);
		struct reference_answer a =
			reference_decide(&x.reference, h.section, packet.bytes, packet.n, 1000);

		EXPECT_EQ(h.outcome, a.outcome)
		{
			TH_LOG("%s, not %s: %s", reference_name(a.outcome),
			       reference_name(h.outcome), h.what);
		}
		EXPECT_EQ(h.outcome < GUARD_PACKET_DROPPED || h.section == IN_AUDIT, a.pass);
	}
}

/* ---- a guard ---------------------------------------------------------------------- */

FIXTURE(guard)
{
	unsigned int sections;
};

FIXTURE_SETUP(guard)
{
	const char *only = getenv("INGRESS_SECTIONS");

	self->sections = only ? strtoul(only, NULL, 0) : EVERYWHERE;
	ASSERT_TRUE(ingress_start(&x));
}

FIXTURE_TEARDOWN(guard)
{
	ingress_sockets_close();
	ingress_stop(&x);
}

static unsigned int sections;

static void take(void *arg, const struct packet *p, const char *what)
{
	(void)arg;
	for (size_t i = 0; i < IN_SECTIONS; i++)
		if (sections & BIT(i))
			ingress_packet(&x, i, p->bytes, p->n, what);
}

/* A part of the corpus begins: on these interfaces. */
static struct corpus *begin(unsigned int on)
{
	sections = on;
	corpus = (struct corpus){ .take = take };
	return &corpus;
}

/* How many were wrong; at least @least were tried. */
static uint64_t end(uint64_t least, const char *part, uint64_t since)
{
	uint64_t wrong = ingress_flush(&x);

	printf("# %s: %lu packets in %lu ms, %lu wrong:", part, (unsigned long)x.tried,
	       (unsigned long)(ingress_now() - since), (unsigned long)wrong);
	for (int o = 0; o < REFERENCE_OUTCOMES; o++)
		if (x.seen[o])
			printf(" %s %lu", reference_name(o), (unsigned long)x.seen[o]);
	printf("\n");
	if (x.tried >= least)
		return wrong;
	printf("# that is too few, %lu were expected\n", (unsigned long)least);
	return wrong + 1;
}

TEST_F_TIMEOUT(guard, by_hand, 300)
{
	for (size_t i = 0; i < n_ingress_hand + n_ingress_bytes; i++) {
		struct by_hand h = by_hand(i);
		enum guard_outcome outcome;
		bool pass = h.outcome < GUARD_PACKET_DROPPED || h.section == IN_AUDIT;
		int verdict;

		if (packet.n < INGRESS_LEAST)
			continue;
		outcome = ingress_outcome(&x, h.section, packet.bytes, packet.n, &verdict);
		EXPECT_EQ(h.outcome, outcome)
		{
			TH_LOG("%s, not %s: %s", reference_name(outcome), reference_name(h.outcome),
			       h.what);
			ingress_hex(packet.bytes, packet.n);
		}
		EXPECT_EQ(pass ? XDP_PASS : XDP_DROP, verdict)
		{
			TH_LOG("%s", h.what);
		}
	}
}

TEST_F_TIMEOUT(guard, headers, 900)
{
	uint64_t now = ingress_now();

	corpus_headers(begin(self->sections));
	EXPECT_EQ(0, end(100000, "headers", now));
}

TEST_F_TIMEOUT(guard, truncated, 900)
{
	uint64_t now = ingress_now();

	corpus_truncated(begin(self->sections & (BIT(IN_ANY) | BIT(IN_LIST))));
	EXPECT_EQ(0, end(50000, "truncated", now));
}

TEST_F_TIMEOUT(guard, fields, 900)
{
	uint64_t now = ingress_now();

	corpus_fields(begin(self->sections & (BIT(IN_ANY) | BIT(IN_LIST))));
	EXPECT_EQ(0, end(50000, "fields", now));
}

TEST_F_TIMEOUT(guard, fragments, 900)
{
	uint64_t now = ingress_now();

	corpus_fragments(begin(BIT(IN_LIST)));
	corpus.id += 1000;
	sections = BIT(IN_ANY);
	corpus_fragments(&corpus);
	corpus.id += 1000;
	sections = BIT(IN_AUDIT);
	corpus_fragments(&corpus);
	EXPECT_EQ(0, end(5000, "fragments", now));
}

TEST_F_TIMEOUT(guard, frames, 900)
{
	uint64_t now = ingress_now();

	corpus_frames(begin(self->sections & (BIT(IN_NONE) | BIT(IN_LIST))), false);
	sections = BIT(IN_ANY);
	corpus_frames(&corpus, true);
	EXPECT_EQ(0, end(65536, "frames", now));
}

TEST_F_TIMEOUT(guard, large, 900)
{
	uint64_t now = ingress_now();

	corpus_large(begin(self->sections & (BIT(IN_ANY) | BIT(IN_LIST) | BIT(IN_ICMP))));
	EXPECT_EQ(0, end(1000, "large", now));
}

/* ---- lists ------------------------------------------------------------------------ */

/* One address further or back. */
static void step(uint8_t address[16], unsigned int family, int by)
{
	for (int i = family == 4 ? 3 : 15; i >= 0; i--) {
		address[i] += by;
		if (address[i] != (by > 0 ? 0 : 0xff))
			return;
	}
}

static void ask(struct packet_shape *s, const struct ingress_prefix *p)
{
	const uint16_t ports[] = { p->port, p->port + 1, p->port - 1, p->port << 8 | p->port >> 8 };

	for (size_t i = 0; i < 2 * ARRAY_SIZE(ports); i++) {
		s->protocol = i % 2 ? TCP : UDP;
		s->port = ports[i / 2];
		packet_build(&corpus.p, s);
		corpus_give(&corpus, "port %u, /%u of family %u", s->port, p->length, p->family);
	}
}

TEST_F_TIMEOUT(guard, prefixes, 900)
{
	static struct ingress_prefix prefixes[INGRESS_PREFIXES];
	uint64_t now = ingress_now();

	begin(0);
	for (size_t on = IN_EDGES; on <= IN_MANY; on++) {
		size_t n = ingress_prefixes(on, prefixes);

		sections = BIT(on);
		for (size_t i = 0; i < n; i++) {
			struct ingress_prefix *p = &prefixes[i];
			struct packet_shape s = { .family = p->family,
						  .source_port = 1,
						  .flags = SYN };

			packet_address(s.destination, p->family == 4 ? "192.0.2.1" : "2001:db8::1");
			memcpy(s.source, p->address, 16);
			ask(&s, p);
			step(s.source, p->family, -1);
			ask(&s, p);
			memcpy(s.source, p->address, 16);
			for (unsigned int bit = p->length; bit < (p->family == 4 ? 32 : 128); bit++)
				s.source[bit / 8] |= 0x80 >> bit % 8;
			ask(&s, p);
			step(s.source, p->family, 1);
			ask(&s, p);
		}
	}
	EXPECT_EQ(0, end(30000, "prefixes", now));
}

/* Every port of both protocols, from one who may some of them. */
TEST_F_TIMEOUT(guard, ports, 900)
{
	struct packet_shape s = { .family = 4, .source_port = 22, .flags = SYN };
	uint64_t now = ingress_now();

	begin(BIT(IN_LIST));
	packet_address(s.source, "192.0.2.70");
	packet_address(s.destination, "192.0.2.1");
	for (unsigned int port = 0; port < 65536; port++) {
		s.protocol = port / 256 % 2 == port % 2 ? TCP : UDP;
		s.port = port;
		packet_build(&corpus.p, &s);
		corpus_give(&corpus, "protocol %u, port %u", s.protocol, port);
	}
	EXPECT_EQ(0, end(65536, "ports", now));
}

/* ---- replies ---------------------------------------------------------------------- */

TEST_F_TIMEOUT(guard, replies, 900)
{
	uint64_t now = ingress_now();

	ASSERT_TRUE(ingress_sockets_open(&x, true));
	begin(self->sections & (BIT(IN_LIST) | BIT(IN_ICMP) | BIT(IN_AUDIT)));
	corpus_replies(&corpus, &x.reference);
	EXPECT_EQ(0, end(10000, "replies", now));
	EXPECT_LT(100, x.seen[GUARD_PACKET_REPLY]);
}

static enum guard_outcome outcome_of(const char *text)
{
	int verdict;

	packet_text(&packet, text);
	return ingress_outcome(&x, IN_LIST, packet.bytes, packet.n, &verdict);
}

/* Until so many seconds after the moment: however long what lies between takes. */
static void sleep_until(uint64_t moment, long seconds)
{
	long left = (long)(moment - ingress_now()) + seconds * 1000;

	if (left > 0)
		usleep(left * 1000);
}

/* What was accepted once is not accepted for ever. */
TEST_F_TIMEOUT(guard, expiry, 300)
{
	const char *later = "from=192.0.2.5 tcp=22 id=9000 offset=5 payload=32";
	const char *pong = "from=198.18.1.5 icmp=0";
	const struct reference_flow *sent = NULL;
	char answer[96];
	uint64_t first, last; /* before the first was sent, and after the last */

	first = ingress_now();
	ASSERT_TRUE(ingress_sockets_open(&x, false));
	for (size_t i = 0; i < x.reference.n_flows; i++)
		if (x.reference.flow[i].kind == FLOW_SENT && x.reference.flow[i].family == 4)
			sent = &x.reference.flow[i];
	ASSERT_NE(NULL, sent);
	snprintf(answer, sizeof(answer), "from=198.18.0.2 to=198.18.0.1 udp=%u sport=%u",
		 sent->local_port, sent->peer_port);
	EXPECT_EQ(GUARD_PACKET_RULE, outcome_of("from=192.0.2.5 tcp=22 id=9000 more payload=32"));
	EXPECT_EQ(GUARD_PACKET_FRAGMENT, outcome_of(later));
	last = ingress_now();
	sleep_until(first, 15);
	EXPECT_EQ(GUARD_PACKET_FRAGMENT, outcome_of(later));
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(answer));
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(pong));
	sleep_until(last, 35);
	EXPECT_EQ(GUARD_PACKET_DROP_FRAGMENT, outcome_of(later));
	sleep_until(first, 45);
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(answer));
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(pong));
	sleep_until(last, 65);
	EXPECT_EQ(GUARD_PACKET_DROP_UNLISTED, outcome_of(answer));
	EXPECT_EQ(GUARD_PACKET_DROP_ICMP, outcome_of(pong));
	ASSERT_TRUE(ingress_sockets_send(&x));
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(answer));
	EXPECT_EQ(GUARD_PACKET_REPLY, outcome_of(pong));
}

TEST_HARNESS_MAIN
