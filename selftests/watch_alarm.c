// SPDX-License-Identifier: GPL-2.0-only
/*
 * Denials that stop under an attached guard are noticed: the kernel's trampolines are switched
 * off. And `lsm-guard watch`: the events of a guard that no process looks after.
 */
#include "kselftest_harness.h"

#include <signal.h>
#include <sys/wait.h>

#include "lib/lib.h"

#define DIR    "/tmp/lsm-guard-alarm"
#define SECRET DIR "/secret"
#define EVENTS DIR "/policy.events"
#define FTRACE "/proc/sys/kernel/ftrace_enabled"

FIXTURE(alarm)
{
	struct guard g;
};

FIXTURE_SETUP(alarm)
{
	self->g.pid = 0;
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir " DIR));
	ASSERT_TRUE(write_file(SECRET, "secret\n"));
	ASSERT_TRUE(write_file(DIR "/policy", "file " SECRET " { read = none }\n"));
}

FIXTURE_TEARDOWN(alarm)
{
	write_file(FTRACE, "1\n");
	guard_stop(&self->g);
	command("./lsm-guard stop");
}

static bool is_readable(void)
{
	return !run_line(NULL, -1, "/bin/cat", SECRET).code;
}

static bool says(const char *file, const char *what)
{
	return command("grep -q %s %s", what, file);
}

static bool has_alarm(void *unused)
{
	(void)unused;
	return says(EVENTS, "ALARM");
}

static bool is_restored(void *unused)
{
	(void)unused;
	return says(EVENTS, "RESTORED");
}

TEST_F_TIMEOUT(alarm, denials_stop, 300)
{
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", "--prove-every=2"));
	EXPECT_FALSE(is_readable());
	EXPECT_TRUE(command("./lsm-guard status"));
	sleep(5);
	EXPECT_FALSE(has_alarm(NULL));
	ASSERT_TRUE(write_file(FTRACE, "0\n"));
	/* The claim that it is all about: attached, and yet not enforced. */
	EXPECT_TRUE(is_readable());
	EXPECT_TRUE(wait_for(has_alarm, NULL, 30000));
	EXPECT_FALSE(command("./lsm-guard status"));
	ASSERT_TRUE(write_file(FTRACE, "1\n"));
	EXPECT_TRUE(wait_for(is_restored, NULL, 30000));
	EXPECT_FALSE(is_readable());
	EXPECT_TRUE(command("./lsm-guard status"));
	/* It is told at the end, too. */
	EXPECT_EQ(1, guard_stop(&self->g));
}

/* Starts `lsm-guard watch` with its events in a file. */
static pid_t start_watch(const char *events)
{
	char *argv[] = { "sh", "-c", path("exec ./lsm-guard watch >%s", events), NULL };
	pid_t pid = fork();

	if (!pid) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	return pid;
}

static bool is_reported(void *unused)
{
	(void)unused;
	return is_readable() || says(DIR "/watched", "DENIED");
}

static bool is_unread(void *unused)
{
	(void)unused;
	return command("./lsm-guard status") && !says(DIR "/policy.events", "DENIED");
}

TEST_F_TIMEOUT(alarm, watch_a_pinned_guard, 300)
{
	struct result second;
	pid_t watch;
	int status;

	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", "--pin"));
	second = run_line(NULL, -1, "./lsm-guard", "watch");
	EXPECT_EQ(1, second.code);
	EXPECT_NE(NULL, strstr(second.said, "reads its events already"));
	ASSERT_TRUE(guard_kill(&self->g));
	EXPECT_FALSE(is_readable());
	EXPECT_TRUE(is_unread(NULL));
	watch = start_watch(DIR "/watched");
	EXPECT_TRUE(wait_for(is_reported, NULL, 20000));
	EXPECT_FALSE(is_readable());
	second = run_line(NULL, -1, "./lsm-guard", "watch");
	EXPECT_EQ(1, second.code);
	kill(watch, SIGTERM);
	ASSERT_EQ(watch, waitpid(watch, &status, 0));
	EXPECT_TRUE(WIFEXITED(status) && !WEXITSTATUS(status));
	/* Another may read now; it ends with the guard. */
	watch = start_watch(DIR "/watched");
	EXPECT_TRUE(wait_for(is_reported, NULL, 20000));
	EXPECT_TRUE(command("./lsm-guard stop"));
	ASSERT_EQ(watch, waitpid(watch, &status, 0));
	EXPECT_TRUE(is_readable());
	EXPECT_FALSE(command("./lsm-guard watch"));
}

TEST_HARNESS_MAIN
