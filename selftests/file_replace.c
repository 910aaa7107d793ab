// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that a listed program replaces, as passwd(1) does with /etc/shadow,
 * while many others try to read it: there must be no moment at which one can.
 */
#include "kselftest_harness.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/lib.h"

#define READERS	     1000
#define REPLACEMENTS 40

FIXTURE(replace)
{
	struct scene s;
};

FIXTURE_VARIANT(replace)
{
	enum fs fs;
	int readers;
};

FIXTURE_VARIANT_ADD(replace, ext4){
	.fs = FS_EXT4,
	.readers = READERS,
};

FIXTURE_VARIANT_ADD(replace, tmpfs){
	.fs = FS_TMPFS,
	.readers = 100,
};

FIXTURE_VARIANT_ADD(replace, btrfs){
	.fs = FS_BTRFS,
	.readers = 100,
};

FIXTURE_VARIANT_ADD(replace, overlayfs){
	.fs = FS_OVERLAY,
	.readers = 100,
};

FIXTURE_SETUP(replace)
{
	ASSERT_TRUE(scene_make(&self->s, variant->fs));
}

FIXTURE_TEARDOWN(replace)
{
	scene_end(&self->s);
}

/* In the background, because it ends only when the stop file appears. */
static pid_t start_readers(const struct scene *s, int readers)
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		char *line = path("hammer %d stop target target.alias", readers);
		struct result r = run_line(s->at, -1, s->unlisted, line);

		printf("# %s\n", r.said);
		fflush(stdout);
		_exit(r.code);
	}
	return pid;
}

static int readers_end(const struct scene *s, pid_t pid)
{
	int status;

	if (!write_file(path("%s/stop", s->at), "") || waitpid(pid, &status, 0) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F_TIMEOUT(replace, under_concurrent_readers, 600)
{
	struct scene *s = &self->s;
	struct events ev;
	pid_t pid;

	ASSERT_TRUE(write_file(path("%s/target", s->at), "secret\n"));
	ASSERT_TRUE(
		scene_policy(s, "file \"%D/target\" { read = { \"%T\" } write = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	pid = start_readers(s, variant->readers);
	ASSERT_GT(pid, 0);
	EXPECT_TRUE(event_wait(s->guard.events, "DENIED", 1, 60000));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "replace-loop %d target", REPLACEMENTS));
	EXPECT_EQ(DENIED, readers_end(s, pid));

	/* What is there now is protected too, and listed programs still get at it. */
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target"));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "read target.alias"));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "replace target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "read target.alias"));

	/* Of a flood only some are shown; the rest is counted. */
	EXPECT_TRUE(event_wait(s->guard.events, "SUPPRESSED", 1, 30000));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(0, ev.malformed);
	EXPECT_EQ(ALLOWED, scene_act(s, s->unlisted, "read target"));
}

/* The same act by a program that is not listed, before and during: it is denied at the rename. */
TEST_F_TIMEOUT(replace, by_an_unlisted_program, 300)
{
	struct scene *s = &self->s;
	struct stat before, after;
	char *target = path("%s/target", s->at);

	ASSERT_TRUE(write_file(target, "secret\n"));
	ASSERT_EQ(ALLOWED, scene_act(s, s->unlisted, "replace target"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/target\" { write = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	ASSERT_EQ(0, stat(target, &before));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "repeat 5 replace target"));
	ASSERT_EQ(0, stat(target, &after));
	EXPECT_EQ(before.st_ino, after.st_ino);
	EXPECT_EQ(ALLOWED, scene_act(s, s->listed, "replace target"));
	/* And so is the one that the listed program put there. */
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "replace target"));
	EXPECT_EQ(DENIED, scene_act(s, s->unlisted, "open open write target"));
}

TEST_HARNESS_MAIN
