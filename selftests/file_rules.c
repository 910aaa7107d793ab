// SPDX-License-Identifier: GPL-2.0-only
/*
 * What rules mean: directories at any depth, names that start alike, rules that
 * overlap, the three verbs beside each other, names before and after there is a
 * file, and programs that were replaced.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/lib.h"

#define DEPTHS 4

static const int depths[DEPTHS] = { 1, 6, 40, 300 };

FIXTURE(rules)
{
	struct scene s;
};

FIXTURE_VARIANT(rules)
{
	enum fs fs;
};

FIXTURE_VARIANT_ADD(rules, ext4){
	.fs = FS_EXT4,
};

FIXTURE_VARIANT_ADD(rules, tmpfs){
	.fs = FS_TMPFS,
};

FIXTURE_VARIANT_ADD(rules, btrfs){
	.fs = FS_BTRFS,
};

FIXTURE_VARIANT_ADD(rules, overlayfs){
	.fs = FS_OVERLAY,
};

FIXTURE_SETUP(rules)
{
	ASSERT_TRUE(scene_make(&self->s, variant->fs));
}

FIXTURE_TEARDOWN(rules)
{
	scene_end(&self->s);
}

#define BY_LISTED(...)	 scene_act(&self->s, self->s.listed, __VA_ARGS__)
#define BY_OTHER(...)	 scene_act(&self->s, self->s.other, __VA_ARGS__)
#define BY_UNLISTED(...) scene_act(&self->s, self->s.unlisted, __VA_ARGS__)

static bool file_in(const struct scene *s, const char *name)
{
	char *at = path("%s/%s", s->at, name);
	bool ok = write_file(at, "content\n");

	free(at);
	return ok;
}

/* "tree/d/d/d/target", @depth directories below tree */
static char *deep(int depth)
{
	char *p = calloc(1, 2 * depth + 32), *end = stpcpy(p, "tree/");

	while (depth--)
		end = stpcpy(end, "d/");
	strcpy(end, "target");
	return p;
}

TEST_F_TIMEOUT(rules, subtree_at_any_depth, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(command("mkdir %s/tree", s->at));
	for (int i = 0; i < DEPTHS; i++) {
		char *file = deep(depths[i]);

		ASSERT_TRUE(command("mkdir -p %s/%.*s", s->at, (int)strlen(file) - 7, file));
		ASSERT_TRUE(file_in(s, file));
		ASSERT_EQ(ALLOWED, BY_UNLISTED("read %s", file));
	}
	ASSERT_TRUE(scene_policy(s, "file \"%D/tree/\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	for (int i = 0; i < DEPTHS; i++) {
		char *file = deep(depths[i]);

		EXPECT_EQ(DENIED, BY_UNLISTED("read %s", file))
		{
			TH_LOG("%d directories deep", depths[i]);
		}
		EXPECT_EQ(ALLOWED, BY_LISTED("read %s", file));
	}
	EXPECT_TRUE(event_wait(s->guard.events, "DENIED", 1, 20000));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(DEPTHS, events_count(&ev, "DENIED", 1));
	for (int i = 0; i < DEPTHS; i++)
		EXPECT_EQ(ALLOWED, BY_UNLISTED("read %s", deep(depths[i])));
}

/* A rule is for what it names and for nothing that looks like it. */
TEST_F_TIMEOUT(rules, nothing_else_is_denied, 300)
{
	struct scene *s = &self->s;
	static const char *const open_to_all[] = {
		"tree2/target", "treetarget", "sub/target", "target2", "targe", "sub/tree/target"
	};

	ASSERT_TRUE(command("mkdir -p %s/tree %s/tree2 %s/sub/tree", s->at, s->at, s->at));
	for (size_t i = 0; i < ARRAY_SIZE(open_to_all); i++)
		ASSERT_TRUE(file_in(s, open_to_all[i]));
	ASSERT_TRUE(file_in(s, "target") && file_in(s, "tree/target"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/tree/\" { read = none write = none }\n"
				    "file \"%D/target\" { read = none write = none }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	for (size_t i = 0; i < ARRAY_SIZE(open_to_all); i++) {
		EXPECT_EQ(ALLOWED, BY_UNLISTED("open open rdwr %s", open_to_all[i]))
		{
			TH_LOG("%s", open_to_all[i]);
		}
		EXPECT_EQ(ALLOWED, BY_UNLISTED("unlink %s", open_to_all[i]));
	}
	EXPECT_EQ(ALLOWED, BY_UNLISTED("create fresh"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read tree/target"));
	/* none is none: there is no program that may. */
	EXPECT_EQ(DENIED, BY_LISTED("read target"));
	EXPECT_EQ(DENIED, BY_LISTED("open open write tree/target"));
}

TEST_F_TIMEOUT(rules, all_overlapping_rules_must_allow, 300)
{
	struct scene *s = &self->s;
	struct events ev;

	ASSERT_TRUE(command("mkdir -p %s/tree/sub", s->at));
	ASSERT_TRUE(file_in(s, "tree/sub/target") && file_in(s, "tree/wide"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/tree/\" { read = { \"%T\", \"%O\" } }\n"
				    "file \"%D/tree/sub/\" { read = any }\n"
				    "file \"%D/tree/sub/target\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, BY_LISTED("read tree/sub/target"));
	EXPECT_EQ(DENIED, BY_OTHER("read tree/sub/target"));
	EXPECT_EQ(ALLOWED, BY_OTHER("read tree/wide"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read tree/wide"));
	EXPECT_TRUE(event_wait(s->guard.events, "DENIED", 1, 20000));
	EXPECT_EQ(0, guard_stop(&s->guard));
	ev = events_read(s->guard.events);
	EXPECT_EQ(1, events_count(&ev, "DENIED", 1));
	EXPECT_EQ(0, events_count(&ev, "DENIED", 2));
	EXPECT_EQ(1, events_count(&ev, "DENIED", 3));
}

TEST_F_TIMEOUT(rules, verbs, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(file_in(s, "readable") && file_in(s, "writable") && file_in(s, "both"));
	ASSERT_TRUE(copy_program(s->unlisted, path("%s/prog", s->at)));
	ASSERT_TRUE(scene_policy(s, "file \"%D/readable\" { read = { \"%T\" } }\n"
				    "file \"%D/writable\" { write = { \"%T\" } }\n"
				    "file \"%D/both\" { read = { \"%O\" } write = { \"%T\" } }\n"
				    "file \"%D/prog\" { execute = none }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	/* What is not listed stays as the system has it. */
	EXPECT_EQ(ALLOWED, BY_UNLISTED("open open write readable"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read writable"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read prog"));
	EXPECT_EQ(DENIED, BY_UNLISTED("exec prog true"));
	/* Who may write may read; an open for both needs both. */
	EXPECT_EQ(ALLOWED, BY_LISTED("read both"));
	EXPECT_EQ(ALLOWED, BY_LISTED("open open rdwr both"));
	EXPECT_EQ(ALLOWED, BY_OTHER("read both"));
	EXPECT_EQ(DENIED, BY_OTHER("open open rdwr both"));
	EXPECT_EQ(DENIED, BY_OTHER("open open write both"));
	EXPECT_EQ(DENIED, BY_UNLISTED("open open rdwr writable"));
}

/* A file that comes into being at a protected name is protected, by every name that it has. */
TEST_F_TIMEOUT(rules, a_name_before_there_is_a_file, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "file \"%D/new\" { read = { \"%T\" } write = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("create new"));
	EXPECT_EQ(ALLOWED, BY_LISTED("create new"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read new"));
	EXPECT_EQ(DENIED, BY_UNLISTED("unlink new"));
	EXPECT_EQ(ALLOWED, BY_LISTED("link new alias"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read alias"));
	EXPECT_EQ(ALLOWED, BY_LISTED("unlink new"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read alias"));
	EXPECT_EQ(DENIED, BY_UNLISTED("create new"));
	EXPECT_EQ(ALLOWED, BY_LISTED("create new"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read new"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read new"));
}

/* An updater puts another program there: it is trusted, and nobody else may do the same. */
TEST_F_TIMEOUT(rules, updaters, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(file_in(s, "target"));
	ASSERT_TRUE(copy_program(s->unlisted, path("%s/next", s->at)));
	ASSERT_TRUE(copy_program(s->unlisted, path("%s/foreign", s->at)));
	ASSERT_TRUE(scene_policy(s, "updaters = { \"%O\" }\n"
				    "file \"%D/target\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("rename foreign bin/listed"));
	EXPECT_EQ(DENIED, BY_LISTED("rename foreign bin/listed"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read target"));
	EXPECT_EQ(ALLOWED, BY_OTHER("rename next bin/listed"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read target"));
	EXPECT_EQ(DENIED, BY_OTHER("read target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("open open write bin/listed"));
	EXPECT_EQ(DENIED, BY_UNLISTED("rename foreign bin/listed"));
	EXPECT_EQ(DENIED, BY_UNLISTED("unlink bin/listed"));
}

/* A program that does not exist and may be missing takes nothing from the others. */
TEST_F_TIMEOUT(rules, optional_programs, 300)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(file_in(s, "target"));
	ASSERT_TRUE(
		scene_policy(s, "file \"%D/target\" { read = { \"-%D/bin/missing\", \"%T\" } }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read target"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read target"));
}

/*
 * What cannot be denied, as the README says: a mapping and a descriptor from
 * before the guard started go on working. What is new is denied to the same process.
 */
TEST_F_TIMEOUT(rules, what_was_open_before, 300)
{
	struct scene *s = &self->s;
	char *target = path("%s/target", s->at), c;
	volatile char *map;
	int fd;

	ASSERT_TRUE(file_in(s, "target"));
	ASSERT_TRUE(scene_policy(s, "file \"%D/target\" { read = { \"%T\" } write = none }\n"));
	fd = open(target, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	map = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ASSERT_NE(MAP_FAILED, map);
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(-1, open(target, O_RDONLY));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ('c', map[0]);
	map[0] = 'C';
	EXPECT_EQ(1, pread(fd, &c, 1, 0));
	EXPECT_EQ('C', c);
	EXPECT_EQ(1, pwrite(fd, "d", 1, 0));
	EXPECT_EQ(-1, ftruncate(fd, 0));
	EXPECT_EQ(EPERM, errno);
	EXPECT_EQ(ALLOWED, BY_LISTED("read target"));
}

TEST_HARNESS_MAIN
