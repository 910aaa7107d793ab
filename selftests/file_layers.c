// SPDX-License-Identifier: GPL-2.0-only
/*
 * Files that look like one another to the kernel and are not, and files that are
 * one although they look like two: btrfs subvolumes and snapshots, in which
 * different files share device, inode number and generation; overlayfs, which
 * shows a file of its lower layer as its own.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/lib.h"

static ino_t inode_of(const char *at, const char *name)
{
	struct stat st;
	char *full = path("%s/%s", at, name);

	return stat(full, &st) ? 0 : st.st_ino;
}

#define BY_LISTED(...)	 scene_act(&self->s, self->s.listed, __VA_ARGS__)
#define BY_UNLISTED(...) scene_act(&self->s, self->s.unlisted, __VA_ARGS__)

FIXTURE(btrfs)
{
	struct scene s;
};

FIXTURE_SETUP(btrfs)
{
	const char *at;

	ASSERT_TRUE(scene_make(&self->s, FS_BTRFS));
	at = self->s.at;
	ASSERT_EQ(ALLOWED, BY_UNLISTED("subvol-create one"));
	ASSERT_EQ(ALLOWED, BY_UNLISTED("subvol-create two"));
	ASSERT_TRUE(write_file(path("%s/one/target", at), "one\n"));
	ASSERT_TRUE(write_file(path("%s/two/target", at), "two\n"));
	ASSERT_TRUE(command("mkdir %s/one/tree %s/two/tree", at, at));
	ASSERT_TRUE(write_file(path("%s/one/tree/target", at), "one\n"));
	ASSERT_TRUE(write_file(path("%s/two/tree/target", at), "two\n"));
	ASSERT_EQ(ALLOWED, BY_UNLISTED("snapshot one snap"));
	ASSERT_EQ(inode_of(at, "one/target"), inode_of(at, "two/target"));
	ASSERT_EQ(inode_of(at, "one/target"), inode_of(at, "snap/target"));
}

FIXTURE_TEARDOWN(btrfs)
{
	scene_end(&self->s);
}

TEST_F_TIMEOUT(btrfs, subvolumes_are_told_apart, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "file \"%D/one/target\" { read = { \"%T\" } }\n"
				    "file \"%D/one/tree/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read one/target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read one/tree/target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read two/target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read two/tree/target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read snap/target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read snap/tree/target"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read one/target"));
}

TEST_F_TIMEOUT(btrfs, a_snapshot_can_be_protected, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "file \"%D/snap/target\" { read = { \"%T\" } }\n"
				    "file \"%D/two/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read snap/target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("open handle read snap/target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read two/target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read two/tree/target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read one/target"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read snap/target"));
}

/* A program is known by its subvolume too: the same inode elsewhere is another program. */
TEST_F_TIMEOUT(btrfs, programs_are_told_apart, 300)
{
	struct scene *s = &self->s;
	char *one = path("%s/one/prog", s->at), *two = path("%s/two/prog", s->at);

	ASSERT_TRUE(copy_program(s->unlisted, one) && copy_program(s->unlisted, two));
	ASSERT_EQ(inode_of(s->at, "one/prog"), inode_of(s->at, "two/prog"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/one/target\" { read = { \"%D/one/prog\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, scene_act(s, one, "read one/target"));
	EXPECT_EQ(DENIED, scene_act(s, two, "read one/target"));
}

FIXTURE(overlay)
{
	struct scene s;
	char *lower;
};

FIXTURE_SETUP(overlay)
{
	struct scene *s = &self->s;

	/* The listed programs are put there once the overlay is mounted. */
	ASSERT_TRUE(scene_make(s, FS_OVERLAY));
	self->lower = path("%s.layers/second", s->at);
	ASSERT_TRUE(command("mkdir -p %s/tree %s.layers/shown", self->lower, s->at));
	ASSERT_TRUE(write_file(path("%s/target", self->lower), "lower\n"));
	ASSERT_TRUE(write_file(path("%s/tree/target", self->lower), "lower\n"));
	ASSERT_TRUE(command("mkdir %s.layers/upper2 %s.layers/work2", s->at, s->at));
	ASSERT_TRUE(command("mount -t overlay overlay -o lowerdir=%s,upperdir=%s.layers/upper2,"
			    "workdir=%s.layers/work2 %s.layers/shown",
			    self->lower, s->at, s->at, s->at));
}

FIXTURE_TEARDOWN(overlay)
{
	scene_end(&self->s);
}

/* A rule for a file of the lower layer is not got around by the overlay that shows it. */
TEST_F_TIMEOUT(overlay, lower_file_through_the_overlay, 300)
{
	struct scene *s = &self->s;
	char *shown = path("%s.layers/shown", s->at);
	char *upper = path("%s.layers/upper2/target", s->at);

	ASSERT_EQ(ALLOWED, BY_UNLISTED("read %s/target", shown));
	ASSERT_TRUE(scene_policy(s, "file \"%D.layers/second/target\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("open open rdwr %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/target", self->lower));
	EXPECT_EQ(DENIED, BY_UNLISTED("truncate %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("chmod %s/target", shown));
	/* That would be a copy in the upper layer, which everyone could read. */
	EXPECT_NE(0, access(upper, F_OK));
	EXPECT_EQ(ALLOWED, BY_LISTED("read %s/target", shown));
	EXPECT_EQ(ALLOWED, BY_LISTED("read %s/target", self->lower));
}

TEST_F_TIMEOUT(overlay, lower_tree_through_the_overlay, 300)
{
	struct scene *s = &self->s;
	char *shown = path("%s.layers/shown", s->at);
	char *upper = path("%s.layers/upper2/tree/target", s->at);

	ASSERT_EQ(ALLOWED, BY_UNLISTED("read %s/tree/target", shown));
	ASSERT_TRUE(scene_policy(s, "file \"%D.layers/second/tree/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/tree/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("open open rdwr %s/tree/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/tree/target", self->lower));
	EXPECT_EQ(DENIED, BY_UNLISTED("chmod %s/tree/target", shown));
	EXPECT_NE(0, access(upper, F_OK));
	EXPECT_EQ(ALLOWED, BY_LISTED("read %s/tree/target", shown));
}

/* A rule for the overlay's file holds when it is copied up, and for the copy. */
TEST_F_TIMEOUT(overlay, copied_up_under_the_rule, 300)
{
	struct scene *s = &self->s;
	char *shown = path("%s.layers/shown", s->at);

	ASSERT_TRUE(scene_policy(s, "file \"%D.layers/shown/target\" { read = { \"%T\" } }\n"
				    "file \"%D.layers/shown/tree/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/tree/target", shown));
	EXPECT_EQ(ALLOWED, BY_LISTED("open open rdwr %s/target", shown));
	EXPECT_EQ(ALLOWED, BY_LISTED("open open rdwr %s/tree/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/tree/target", shown));
	/* Directories of an overlay get another inode when theirs was dropped from memory. */
	ASSERT_TRUE(write_file("/proc/sys/vm/drop_caches", "2\n"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/target", shown));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/tree/target", shown));
}

#define MANY 1200

/* Each of them is kept open: more than a process has descriptors as a rule. */
TEST_F_TIMEOUT(overlay, many_directories, 300)
{
	struct scene *s = &self->s;
	char *shown = path("%s.layers/shown", s->at);

	ASSERT_TRUE(command("mkdir %s/many", shown));
	for (int i = 0; i < MANY; i++) {
		ASSERT_EQ(0, mkdir(path("%s/many/%d", shown, i), 0755));
		ASSERT_TRUE(write_file(path("%s/many/%d/target", shown, i), "secret\n"));
	}
	ASSERT_EQ(ALLOWED, BY_UNLISTED("read %s/many/0/target", shown));
	ASSERT_TRUE(scene_policy(s, "file \"%D.layers/shown/many/*/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	ASSERT_TRUE(write_file("/proc/sys/vm/drop_caches", "2\n"));
	for (int i = 0; i < MANY; i += MANY / 8)
		EXPECT_EQ(DENIED, BY_UNLISTED("read %s/many/%d/target", shown, i));
	EXPECT_EQ(DENIED, BY_UNLISTED("read %s/many/%d/target", shown, MANY - 1));
}

TEST_HARNESS_MAIN
