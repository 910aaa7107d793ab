// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets of the corpus, broken at random, into the XDP program of a running ./lsm-guard: what
 * becomes of each must be what the reference decision says. The seed is printed, and the packet
 * where they disagree.
 *
 *   INGRESS_FUZZ_SEED	 the same seed makes the same packets, but for the ports of sockets
 *   INGRESS_FUZZ_PACKETS	 how many (1000000)
 *   INGRESS_FUZZ_SECONDS	 for how long at most (60); with it alone, as many as fit
 */
#include "kselftest_harness.h"

#include "lib/ingress_sockets.h"

#define POOL	    6000
#define LARGE_BYTES 400	  /* longer ones are rare: most mutations of them are of the payload */
#define ROUND_MS    20000 /* after that the sockets are opened anew: nothing of them expires */
#define EVERY	    19	  /* packet of the corpus that is taken */

struct sample {
	size_t n, network, transport;
	uint8_t *bytes;
};

static struct ingress x;
static struct corpus corpus;
static struct packet packet;
static struct sample pool[POOL];
static size_t n_pool;
static uint64_t state;

static uint64_t number_of(const char *variable, uint64_t otherwise)
{
	const char *text = getenv(variable);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

/* xorshift64* */
static uint32_t rnd(uint32_t below)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (state * 0x2545f4914f6cdd1dULL >> 32) % below;
}

/* ---- what is mutated -------------------------------------------------------------- */

static void collect(void *arg, const struct packet *p, const char *what)
{
	struct sample *s = &pool[n_pool];
	const unsigned int *every = arg;

	(void)what;
	if (n_pool == POOL || rnd(p->n > LARGE_BYTES ? *every * 20 : *every))
		return;
	*s = (struct sample){ .n = p->n, .network = p->network, .transport = p->transport };
	s->bytes = malloc(p->n + 1);
	memcpy(s->bytes, p->bytes, p->n);
	n_pool++;
}

static void make_pool(void)
{
	unsigned int every = EVERY, rare = 120;

	while (n_pool)
		free(pool[--n_pool].bytes);
	corpus.take = collect;
	corpus.arg = &every;
	corpus_replies(&corpus, &x.reference);
	corpus_fragments(&corpus);
	corpus_headers(&corpus);
	corpus_large(&corpus);
	corpus.arg = &rare;
	corpus_frames(&corpus, false);
	corpus_fields(&corpus);
	corpus_truncated(&corpus);
}

/* ---- how -------------------------------------------------------------------------- */

static uint32_t edge(void)
{
	static const uint32_t edges[] = { 0,	  1,	  2,	  4,	  5,	  6,	  7,
					  8,	  9,	  15,	  16,	  19,	  20,	  24,
					  28,	  39,	  40,	  41,	  43,	  44,	  51,
					  58,	  60,	  0x7f,	  0x80,	  0xff,	  0x45,	  0x46,
					  0x0800, 0x0806, 0x8100, 0x86dd, 0x88a8, 0x1fff, 0x2000,
					  0x2001, 0x7fff, 0x8000, 0xfff8, 0xfff9, 0xffff };

	return edges[rnd(sizeof(edges) / sizeof(*edges))];
}

/* Somewhere that matters: most often in the headers. */
static size_t place(const struct packet *p)
{
	static const uint8_t network[] = { 0, 1,  2,  3,  4,  5,  6,  7,  8,
					   9, 12, 13, 16, 20, 40, 41, 42, 43 };
	static const uint8_t transport[] = { 0, 1, 2, 3, 4, 5, 12, 13 };
	size_t at = 0;

	switch (rnd(5)) {
	case 0:
		at = p->network + network[rnd(sizeof(network))];
		break;
	case 1:
		at = p->transport + transport[rnd(sizeof(transport))];
		break;
	case 2:
		at = 12 + rnd(8);
		break;
	default:
		at = rnd(p->n < 128 ? p->n + 1 : 128);
	}
	return at < p->n ? at : p->n ? rnd(p->n) : 0;
}

/* From @at on come the bytes of another packet, from one of its headers on. */
static void splice(struct packet *p, size_t at)
{
	const struct sample *s = &pool[rnd(n_pool)];
	size_t from = rnd(3) ? (rnd(2) ? s->transport : s->network) : rnd(s->n + 1);

	if (from > s->n || s->n - from > PACKET_MAX - at)
		return;
	memcpy(p->bytes + at, s->bytes + from, s->n - from);
	p->n = at + s->n - from;
}

static void insert(struct packet *p, size_t at, size_t n)
{
	if (p->n + n > PACKET_MAX)
		return;
	memmove(p->bytes + at + n, p->bytes + at, p->n - at);
	for (size_t i = 0; i < n; i++)
		p->bytes[at + i] = rnd(2) ? edge() : rnd(256);
	p->n += n;
}

static void take_out(struct packet *p, size_t at, size_t n)
{
	if (n > p->n - at)
		n = p->n - at;
	memmove(p->bytes + at, p->bytes + at + n, p->n - at - n);
	p->n -= n;
}

static void mutate(struct packet *p)
{
	size_t at = place(p);

	switch (rnd(10)) {
	case 0:
	case 1:
	case 2:
		if (p->n)
			p->bytes[at] ^= 1 << rnd(8);
		break;
	case 3:
		if (p->n)
			p->bytes[at] = rnd(2) ? edge() : rnd(256);
		break;
	case 4:
		if (at + 2 <= p->n)
			packet_put16(p->bytes + at, rnd(2) ? edge() : p->n - rnd(80));
		break;
	case 5:
		splice(p, rnd(2) && p->transport <= p->n ? p->transport : at);
		break;
	case 6:
		p->n = rnd(p->n + 1);
		break;
	case 7:
		insert(p, p->n, rnd(64));
		break;
	case 8:
		insert(p, at, 4 * (1 + rnd(4)));
		break;
	case 9:
		take_out(p, at, 4 * (1 + rnd(4)));
		break;
	}
}

static void make_packet(struct packet *p)
{
	const struct sample *s = &pool[rnd(n_pool)];
	unsigned int changes = rnd(8) ? 1 + rnd(3) : 4 + rnd(8);

	p->n = s->n;
	p->network = s->network;
	p->transport = s->transport;
	memcpy(p->bytes, s->bytes, s->n);
	for (unsigned int i = 0; i < changes; i++)
		mutate(p);
	if (rnd(2))
		packet_fit(p);
}

/* ---- the run ---------------------------------------------------------------------- */

/* Those of other tests are flows that the reference knows nothing of. */
static bool no_stubs(void *arg)
{
	(void)arg;
	return !ingress_stubs();
}

static void run_until(uint64_t packets, uint64_t end)
{
	uint64_t round = ingress_now() + ROUND_MS;
	char what[96];

	while (x.tried < packets && x.wrong < 50) {
		if (x.tried % 64 == 0 && (ingress_now() > end || ingress_now() > round))
			return;
		make_packet(&packet);
		snprintf(what, sizeof(what), "packet %lu", (unsigned long)x.tried);
		ingress_packet(&x, rnd(IN_SECTIONS), packet.bytes, packet.n, what);
	}
}

FIXTURE(fuzz){};

FIXTURE_SETUP(fuzz)
{
	ASSERT_TRUE(ingress_start(&x));
	ASSERT_TRUE(wait_for(no_stubs, NULL, 70000));
}

FIXTURE_TEARDOWN(fuzz)
{
	ingress_sockets_close();
	ingress_stop(&x);
}

TEST_F_TIMEOUT(fuzz, against_the_reference, 86400)
{
	uint64_t start = ingress_now(),
		 seed = number_of("INGRESS_FUZZ_SEED", start * 1000003 + getpid());
	uint64_t seconds = number_of("INGRESS_FUZZ_SECONDS", 60);
	uint64_t most =
		number_of("INGRESS_FUZZ_PACKETS", getenv("INGRESS_FUZZ_SECONDS") ? ~0ull : 1000000);

	printf("# INGRESS_FUZZ_SEED=%lu\n", (unsigned long)seed);
	state = seed | 1;
	while (x.tried < most && ingress_now() < start + seconds * 1000 && x.wrong < 50) {
		ingress_sockets_close();
		ASSERT_TRUE(ingress_sockets_open(&x, false));
		make_pool();
		ASSERT_LT(1000, n_pool);
		run_until(most, start + seconds * 1000);
		ingress_flush(&x);
	}
	printf("# %lu packets in %lu ms:", (unsigned long)x.tried,
	       (unsigned long)(ingress_now() - start));
	for (int o = 0; o < REFERENCE_OUTCOMES; o++)
		if (x.seen[o])
			printf(" %s %lu", reference_name(o), (unsigned long)x.seen[o]);
	printf("\n");
	EXPECT_EQ(0, x.wrong)
	{
		TH_LOG("of %lu packets, with the seed %lu", (unsigned long)x.tried,
		       (unsigned long)seed);
	}
	/* It has seen some of everything. */
	for (int o = 0; o < REFERENCE_OUTCOMES; o++)
		EXPECT_LT(0, x.seen[o]);
}

TEST_HARNESS_MAIN
