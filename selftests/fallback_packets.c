// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets without BPF LSM: XDP drops them as ever, and lets replies in to whom this host has
 * asked, by TCP and by sockets that are not connected. There is no second layer at sockets.
 */
#include "kselftest_harness.h"

#include "lib/hammer.h"
#include "lib/net.h"
#include "lib/traffic.h"

#define POLICY "/tmp/fallback-packets.conf"

FIXTURE(packets)
{
	struct guard g;
};

FIXTURE_SETUP(packets)
{
	self->g.pid = 0;
	ASSERT_TRUE(net_make());
}

FIXTURE_TEARDOWN(packets)
{
	guard_stop(&self->g);
	net_end();
}

TEST_F_TIMEOUT(packets, without_guard, 120)
{
	EXPECT_EQ(0, traffic_wrong(false));
}

static bool start(struct guard *g, const char *more, const char *options)
{
	char *text = path("%s%s", TRAFFIC_POLICY, more);

	return write_file(POLICY, text) && guard_start(g, POLICY, options);
}

TEST_F_TIMEOUT(packets, dropped_by_xdp, 300)
{
	ASSERT_TRUE(start(&self->g, "", "--fallback"));
	EXPECT_EQ(0, traffic_wrong(true));
	EXPECT_TRUE(event_wait(self->g.events, "DENIED", 1, 20000));
	EXPECT_EQ(0, guard_says("WEAKER (xdp alone, no second look at the sockets)", "status"));
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_EQ(0, traffic_wrong(false));
}

/* Nobody is killed for a packet, whatever the policy says. */
TEST_F_TIMEOUT(packets, nobody_is_killed, 300)
{
	struct events ev;

	ASSERT_TRUE(start(&self->g, "fallback-action = kill\n", "--fallback"));
	EXPECT_EQ(0, traffic_wrong(true));
	EXPECT_EQ(0, guard_stop(&self->g));
	ev = events_read(self->g.events);
	EXPECT_EQ(0, events_count(&ev, "KILLED", -1));
	EXPECT_GT(events_count(&ev, "DENIED", 1), 0);
	events_free(&ev);
}

TEST_F_TIMEOUT(packets, audited, 300)
{
	ASSERT_TRUE(start(&self->g, "", "--fallback --audit"));
	EXPECT_EQ(0, traffic_wrong(false));
	EXPECT_TRUE(event_wait(self->g.events, "WOULD-DENY", 1, 20000));
	EXPECT_EQ(0, guard_says("AUDITED", "status"));
}

TEST_HARNESS_MAIN
