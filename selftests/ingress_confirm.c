// SPDX-License-Identifier: GPL-2.0-only
/*
 * --confirm-within: a start that nobody confirms lets go by itself, in the kernel, packets and
 * all else, whether a process of lsm-guard is alive or not; one that is confirmed holds.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/net.h"

#define DIR    "/tmp/lsm-guard-confirm"
#define SECRET DIR "/secret"

FIXTURE(confirm)
{
	struct guard g;
};

FIXTURE_SETUP(confirm)
{
	self->g.pid = 0;
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir " DIR));
	ASSERT_TRUE(write_file(SECRET, "secret\n"));
	ASSERT_TRUE(write_file(DIR "/policy",
			       "file " SECRET " { read = none }\n"
			       "interface " NET_LINK " { accept = { any:22/tcp } }\n"));
	ASSERT_TRUE(net_make());
}

FIXTURE_TEARDOWN(confirm)
{
	guard_stop(&self->g);
	command("./lsm-guard stop");
	net_end();
}

/* Does the peer's ping get in, and can the file be read? Both, or neither. */
enum { HELD, FREE, HALF };

static int how(void)
{
	const char *line = "netns exec " NET_PEER " ping -q -c 1 -W 3 192.0.2.1";
	bool ping = !run_line(NULL, -1, "/usr/sbin/ip", line).code;
	bool read = !run_line(NULL, -1, "/bin/cat", SECRET).code;

	return ping == read ? (ping ? FREE : HELD) : HALF;
}

static int confirm(void)
{
	return run_line(NULL, -1, "./lsm-guard", "confirm").code;
}

static bool says(const char *word)
{
	return strstr(run_line(NULL, -1, "./lsm-guard", "confirm").said, word);
}

static bool is_free(void *unused)
{
	(void)unused;
	return how() == FREE;
}

TEST_F_TIMEOUT(confirm, nobody_confirms, 180)
{
	int status;

	EXPECT_EQ(FREE, how());
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", "--confirm-within=15"));
	EXPECT_EQ(HELD, how());
	EXPECT_TRUE(wait_for(is_free, NULL, 60000));
	ASSERT_EQ(self->g.pid, waitpid(self->g.pid, &status, 0));
	self->g.pid = 0;
	EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 1);
	EXPECT_TRUE(command("grep -q LAPSED " DIR "/policy.events"));
	EXPECT_EQ(FREE, how());
	EXPECT_TRUE(says("no guard is running"));
}

TEST_F_TIMEOUT(confirm, somebody_confirms, 180)
{
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", "--confirm-within=20"));
	EXPECT_EQ(0, confirm());
	EXPECT_EQ(1, confirm());
	EXPECT_TRUE(says("nothing waits"));
	sleep(21);
	EXPECT_EQ(HELD, how());
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_EQ(FREE, how());
}

/* What holds it are pins: no process of ours is there to let go. */
TEST_F_TIMEOUT(confirm, everybody_is_dead, 180)
{
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", "--pin --confirm-within=30"));
	ASSERT_TRUE(guard_kill(&self->g));
	EXPECT_EQ(HELD, how());
	EXPECT_TRUE(wait_for(is_free, NULL, 60000));
	EXPECT_EQ(1, confirm());
	EXPECT_TRUE(says("too late"));
	EXPECT_EQ(FREE, how());
	EXPECT_TRUE(command("./lsm-guard stop"));
	EXPECT_TRUE(says("no guard is running"));
}

TEST_F_TIMEOUT(confirm, no_deadline_no_confirmation, 180)
{
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", NULL));
	EXPECT_TRUE(write_file(DIR "/sum", "sha256sum <" DIR "/policy | cut -c 1-64 >" DIR "/hash\n"
					   "./lsm-guard status | grep -qF -f " DIR "/hash\n"));
	EXPECT_TRUE(command("sh " DIR "/sum"));
	EXPECT_EQ(1, confirm());
	EXPECT_TRUE(says("nothing waits"));
	EXPECT_EQ(HELD, how());
}

TEST_F_TIMEOUT(confirm, what_is_no_number_of_seconds, 180)
{
	static const char *const wrong[] = { "0", "-1", "1s", "", "86401", "99999999999999999999" };

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		char *line = path("--policy " DIR "/policy --confirm-within=%s", wrong[i]);
		struct result r = run_line(NULL, -1, "./lsm-guard", line);

		EXPECT_EQ(2, r.code);
		EXPECT_NE(NULL, strstr(r.said, "number of seconds"));
		free(line);
	}
}

TEST_HARNESS_MAIN
