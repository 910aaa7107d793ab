// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that is locked down lets no program write to the memory of processes: what is to lead
 * opens elsewhere is refused at the start, with the line that asks for it, and check says so; to
 * report and to kill goes on working. Lockdown cannot be taken back: the tests that come after
 * this one, in this guest, are all under it.
 */
#include "kselftest_harness.h"

#include <signal.h>

#include "lib/hammer.h"
#include "lib/kernel.h"

#define KILLED	 (128 + SIGKILL) /* as run_line() says it */
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define WHY                                                                                      \
	": opens cannot be led elsewhere: the kernel is locked down, and lets no program write " \
	"to the memory of processes; "
#define WAIT_MS 20000

FIXTURE(lockdown)
{
	struct scene s;
	struct bpf_objects before;
};

FIXTURE_SETUP(lockdown)
{
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/secret", self->s.at), "secret\n"));
	ASSERT_TRUE(write_file(path("%s/decoy", self->s.at), "decoy\n"));
	self->before = bpf_objects_count();
}

FIXTURE_TEARDOWN(lockdown)
{
	scene_end(&self->s);
}

static const char redirects[] = "file %D/other { write = none }\n"
				"file %D/secret { read = none fallback-action = redirect }\n";
static const char decoys[] = "file %D/secret { read = none decoy = %D/decoy }\n";

/* Until then it can be done: what follows is for lockdown alone. */
TEST_F_TIMEOUT(lockdown, before, 300)
{
	struct scene *s = &self->s;

	if (!command("grep -qF [none] " LOCKDOWN))
		SKIP(return, "it is locked down already");
	ASSERT_TRUE(scene_policy(s, redirects) && scene_start(s, "--fallback"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
	ASSERT_TRUE(write_file(LOCKDOWN, "integrity\n"));
}

TEST_F_TIMEOUT(lockdown, redirect_is_refused, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(command("grep -qF [integrity] " LOCKDOWN));
	ASSERT_TRUE(scene_policy(s, redirects));
	EXPECT_EQ(3, guard_says(path("%s:2" WHY "use report or kill", s->policy),
				"--fallback --policy %s", s->policy));
	EXPECT_EQ(3,
		  guard_says("NOT HELD (the kernel is locked down: opens cannot be led elsewhere)",
			     "check %s", s->policy));
	ASSERT_TRUE(scene_policy(s, decoys));
	EXPECT_EQ(3, guard_says(path("%s:1" WHY "take the decoy away", s->policy),
				"--fallback --policy %s", s->policy));
	EXPECT_TRUE(bpf_objects_become(&self->before, WAIT_MS));
}

TEST_F_TIMEOUT(lockdown, report_and_kill, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "file %D/secret { read = none }\n"
				    "file %D/decoy { read = none fallback-action = kill }\n"));
	ASSERT_TRUE(scene_start(s, "--fallback"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "open openat read secret"));
	EXPECT_TRUE(event_wait(s->guard.events, "WOULD-DENY", 1, WAIT_MS));
	EXPECT_EQ(KILLED, scene_act(s, s->unlisted, "open openat read decoy"));
	EXPECT_TRUE(event_wait(s->guard.events, "KILLED", 2, WAIT_MS));
	/* A reload to what cannot be done leaves the one that can. */
	ASSERT_TRUE(scene_policy(s, redirects));
	EXPECT_NE(0, guard_says(WHY, "reload %s", s->policy));
	EXPECT_EQ(KILLED, scene_act(s, s->unlisted, "open openat read decoy"));
	EXPECT_EQ(0, guard_stop(&s->guard));
}

TEST_HARNESS_MAIN
