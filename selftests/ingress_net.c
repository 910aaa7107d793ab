// SPDX-License-Identifier: GPL-2.0-only
/*
 * Interface sections, end to end: packets from another namespace by veth, with tags and without,
 * made byte by byte or by sockets. Each is seen to get in without a guard, and again when it has
 * gone; under it what is not accepted gets no further than the interface, and makes one event
 * that names the section's line and the reason.
 */
#include "kselftest_harness.h"

#include "lib/ingress_table.h"

#define CONF "/tmp/lsm-guard-ingress.conf"

/* A section a line. */
static const char policy[] =
	"interface in0 { accept = { 10.7.0.2:22/tcp, 10.7.0.2:443/tcp, 10.7.0.2:53/udp, "
	"10.7.10.2:22/tcp, 10.7.10.2:443/tcp, 10.7.10.2:53/udp, "
	"10.7.11.2:22/tcp, 10.7.11.2:443/tcp, 10.7.11.2:53/udp, "
	"[2001:db8:7::2]:22/tcp, [2001:db8:7::2]:443/tcp, [2001:db8:7::2]:53/udp, "
	"[2001:db8:7:10::2]:22/tcp, [2001:db8:7:10::2]:443/tcp, [2001:db8:7:10::2]:53/udp, "
	"[2001:db8:7:11::2]:22/tcp, [2001:db8:7:11::2]:443/tcp, [2001:db8:7:11::2]:53/udp, "
	"any:20100-20109/udp, 0.0.0.0/1:20120/udp, 198.51.100.128/26, [2001:db8:77::/49]:20150/udp, "
	"10.7.0.200, [2001:db8:7::200] } }\n"
	"interface in1 { accept = none }\n"
	"interface in2 { accept = none icmp = yes replies = no }\n"
	"interface in3 { accept = any replies = no }\n"
	"interface in4 { accept = none mode = audit }\n"
	"interface in6 { accept = { 10.7.6.2:22/tcp, 10.7.6.2:443/tcp, 10.7.6.2:53/udp, "
	"[2001:db8:7:6::2]:22/tcp, [2001:db8:7:6::2]:443/tcp, [2001:db8:7:6::2]:53/udp } }\n";

FIXTURE(ingress)
{
	struct table table;
	struct guard g;
};

FIXTURE_SETUP(ingress)
{
	self->g.pid = 0;
	ASSERT_TRUE(wires_make());
	ASSERT_TRUE(wires_make_far());
	ASSERT_TRUE(table_make(&self->table));
}

FIXTURE_TEARDOWN(ingress)
{
	trial_stay(false);
	guard_stop(&self->g);
	wires_end();
}

/* ---- sockets ------------------------------------------------------------------------- */

/* Nobody knows where anybody is, as after a while. */
static void forget_neighbours(void)
{
	for (enum side side = HOST; side <= PEER; side++)
		wire_ip(side, "neigh flush all\n");
}

/* ---- a flood -------------------------------------------------------------------------- */

#define FLOOD 300

/* More in a second than is shown: what is not shown is counted. */
static void flood(struct trial *t)
{
	struct packet p = { .wire = 3, .v = 0, .ethertype = 0x8847, .size = 46 };
	size_t in = 0;

	wire_clear(3);
	for (int i = 0; i < FLOOD; i++) {
		struct frame f;

		frame_make(&f, &p);
		wire_put(3, &f);
		if (i % 50 == 49)
			wire_sync(3);
		in += wire_saw(3, f.id);
	}
	judge(t, in > 0, false, "a flood");
}

/* Of the events after the first @before. */
static void judge_flood(struct trial *t, const struct events *ev, size_t before)
{
	long shown = 0, counted = 0;

	for (size_t i = before; i < ev->n; i++) {
		const char *verdict = event_text(&ev->e[i], "verdict");

		if (event_number(&ev->e[i], "line") != 4 || !verdict)
			continue;
		shown += !strcmp(verdict, "DENIED");
		counted += strcmp(verdict, "SUPPRESSED") ? 0 : event_number(&ev->e[i], "count");
	}
	judge(t, shown > 0 && shown <= 30 && shown + counted == FLOOD, true,
	      "a flood of %d: %ld shown, %ld counted", FLOOD, shown, counted);
}

/* ---- the tests ---------------------------------------------------------------------- */

static void try_sockets(struct trial *t, struct older *older)
{
	struct late late;

	late_begin(t, &late);
	try_older(t, older);
	forget_neighbours();
	try_answers(t);
	forget_neighbours();
	try_flows(t);
	try_large(t);
	flood(t);
	late_end(t, &late);
}

TEST_F_TIMEOUT(ingress, without_guard, 900)
{
	struct trial t = { "without_guard" };
	struct older older;

	trial_stay(true);
	ASSERT_TRUE(older_make(&older));
	table_try(&self->table, &t);
	try_sockets(&t, &older);
	EXPECT_EQ(0, t.bad);
}

static bool nothing_left(const char *program, const char *what)
{
	struct result r = run_line(NULL, -1, "bpftool", what);

	return !r.code && !strstr(r.said, program);
}

struct awaited {
	const char *events;
	size_t n; /* of packets that are dropped, or would be */
};

static bool have_come(void *arg)
{
	const struct awaited *w = arg;
	struct events ev = events_read(w->events);
	size_t n = events_count(&ev, "DENIED", -1) + events_count(&ev, "WOULD-DENY", -1);

	events_free(&ev);
	return n >= w->n;
}

TEST_F_TIMEOUT(ingress, under_guard, 900)
{
	struct trial t = { "under_guard", .guarded = true }, after = { "after_guard" };
	struct awaited awaited;
	struct older older;
	struct events ev;
	size_t before;

	trial_stay(true);
	ASSERT_TRUE(older_make(&older));
	trial_stay(false);
	ASSERT_TRUE(write_file(CONF, policy));
	ASSERT_TRUE(guard_start(&self->g, CONF, NULL));
	trial_stay(true);
	table_try(&self->table, &t);
	awaited = (struct awaited){ self->g.events, self->table.n_expected };
	EXPECT_TRUE(wait_for(have_come, &awaited, 20000));
	ev = events_read(self->g.events);
	table_judge_events(&self->table, &t, &ev);
	table_judge_counts(&self->table, &t);
	before = ev.n;
	try_sockets(&t, &older);
	EXPECT_FALSE(nothing_left("in0", "net"));
	trial_stay(false);
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_TRUE(nothing_left("in0", "net"));
	EXPECT_TRUE(nothing_left("xdp", "link"));
	trial_stay(true);
	table_try(&self->table, &after);
	ev = events_read(self->g.events);
	judge_flood(&t, &ev, before);
	EXPECT_EQ(0, ev.malformed);
	EXPECT_EQ(0, t.bad);
	EXPECT_EQ(0, after.bad);
}

TEST_HARNESS_MAIN
