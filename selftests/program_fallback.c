// SPDX-License-Identifier: GPL-2.0-only
/*
 * --fallback where bpf is among the LSMs: it changes nothing. What is not listed fails with EPERM
 * and kills nobody, whatever fallback-action says; and it is ENFORCED in all that is said of it.
 */
#include "kselftest_harness.h"

#include "lib/hammer.h"
#include "lib/limits.h"
#include "lib/net.h"

FIXTURE(fallback)
{
	struct scene s;
};

FIXTURE_SETUP(fallback)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_make(s, FS_TMPFS) && net_make());
	ASSERT_TRUE(write_file(path("%s/secret", s->at), "secret\n"));
	ASSERT_TRUE(scene_policy(s, "fallback-action = kill\n"
				    "program %T { allocation = 4M children = 0 connect = none }\n"
				    "file %D/secret { read = none fallback-action = redirect }\n"
				    "interface " NET_LINK " { accept = { any:22/tcp } }\n"));
}

FIXTURE_TEARDOWN(fallback)
{
	scene_end(&self->s);
	net_end();
}

TEST_F_TIMEOUT(fallback, changes_nothing, 300)
{
	static const char *const acts[] = { "map anonymous 8M", "grow may-move 8M", "keep fork 1",
					    "reach sendto udp ::1 9 0" };
	struct scene *s = &self->s;
	struct events ev;

	EXPECT_EQ(0, guard_says("ENFORCED (lsm)", "check %s", s->policy));
	EXPECT_EQ(0, guard_says("yes: rules are ENFORCED (lsm; packets: xdp)", "probe"));
	ASSERT_TRUE(scene_start(s, "--fallback"));
	EXPECT_TRUE(command("grep -q ^enforcing %s", s->guard.log));
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		EXPECT_EQ(DENIED, scene_act(s, s->listed, "%s", acts[i]));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "open openat read %s/secret", s->at));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "map anonymous 8M"));
	EXPECT_TRUE(event_wait(s->guard.events, "DENIED", 3, 20000));
	EXPECT_EQ(0, guard_says("ENFORCED (lsm)", "status"));
	EXPECT_EQ(0, guard_says("ENFORCED (xdp, lsm)", "status"));
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", s->policy));
	EXPECT_EQ(DENIED, scene_act(s, s->listed, "map anonymous 8M"));
	EXPECT_EQ(0, guard_says("ENFORCED", "prove"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_LE(ARRAY_SIZE(acts) + 1, events_count(&ev, "DENIED", 2));
	EXPECT_EQ(0, events_count(&ev, "KILLED", -1));
	EXPECT_EQ(0, events_count(&ev, "WOULD-DENY", -1));
	EXPECT_EQ(0, events_count(&ev, "REDIRECTED", -1));
	events_free(&ev);
}

TEST_HARNESS_MAIN
