// SPDX-License-Identifier: GPL-2.0-only
/*
 * Corners that a review found: a trusted program borrowed by what surrounds it, rules that
 * only audit beside rules that deny, directories that are made anew, mounts that another
 * namespace takes away, filesystems whose inode numbers mean nothing. On ext4.
 */
#include "kselftest_harness.h"

#include "lib/lib.h"

FIXTURE(corners)
{
	struct scene s;
};

FIXTURE_SETUP(corners)
{
	ASSERT_TRUE(scene_make(&self->s, FS_EXT4));
	ASSERT_TRUE(
		command("mkdir -p %1$s/one/x %1$s/two/x %1$s/tree %1$s/code %1$s/mnt", self->s.at));
	ASSERT_TRUE(
		command("touch %1$s/one/x/a %1$s/one/x/e %1$s/two/x/a %1$s/two/x/e", self->s.at));
	ASSERT_TRUE(command("cp /etc/hostname %s/target", self->s.at));
	ASSERT_TRUE(command("cp /etc/hostname %s/tree/f", self->s.at));
	ASSERT_TRUE(command("cp /etc/hostname %s/code/f", self->s.at));
}

FIXTURE_TEARDOWN(corners)
{
	scene_end(&self->s);
}

#define BY_LISTED(...)	 scene_act(&self->s, self->s.listed, __VA_ARGS__)
#define BY_UNLISTED(...) scene_act(&self->s, self->s.unlisted, __VA_ARGS__)

static const char rules[] = "file %D/target { read = { %T }\n write = none }\n"
			    "file %D/tree/ { read = { %T } }\n"
			    "file %D/code/ { execute = none }\n";

TEST_F_TIMEOUT(corners, a_program_is_trusted_only_where_it_sees_the_host, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, rules));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("exec %s read target", s->listed));
	EXPECT_EQ(DENIED, BY_UNLISTED("in-mntns exec %s read target", s->listed));
	EXPECT_EQ(DENIED, BY_UNLISTED("in-seccomp exec %s read target", s->listed));
	EXPECT_EQ(DENIED, BY_UNLISTED("in-userns exec %s read target", s->listed));
	EXPECT_EQ(DENIED, BY_UNLISTED("in-chroot %s exec /bin/listed read /target", s->at));
	/* What it does to itself once it runs is its own affair. */
	EXPECT_EQ(ALLOWED, BY_LISTED("in-mntns read target"));
	EXPECT_EQ(ALLOWED, BY_LISTED("in-seccomp read target"));
}

TEST_F_TIMEOUT(corners, mounts, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(command("mount -t tmpfs none %s/mnt", s->at));
	ASSERT_TRUE(command("cp /etc/hostname %s/mnt/f", s->at));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("bind-private-over target"));
	ASSERT_TRUE(scene_policy(s, "file %D/target { write = none }\n"
				    "file %D/mnt/f { write = none }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("bind-private-over target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("umount mnt"));
	EXPECT_EQ(DENIED, BY_UNLISTED("in-peer-mntns umount mnt"));
	EXPECT_EQ(DENIED, BY_UNLISTED("open open write mnt/f"));
	EXPECT_EQ(0, guard_stop(&s->guard));
	EXPECT_TRUE(command("umount -l %s/mnt", s->at));
}

TEST_F_TIMEOUT(corners, a_rule_that_audits_weakens_no_other, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "file %D/one/x/a { write = none\n mode = audit }\n"
				    "file %D/one/x/e { write = none }\n"
				    "file %D/two/x/e { write = none }\n"
				    "file %D/two/x/a { write = none\n mode = audit }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("rename one/x one/y"));
	EXPECT_EQ(DENIED, BY_UNLISTED("rename two/x two/y"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("chmod one/x/a"));
	EXPECT_EQ(DENIED, BY_UNLISTED("chmod one/x/e"));
}

TEST_F_TIMEOUT(corners, the_programs_of_an_enforcing_section_are_held_under_audit, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, "mode = audit\n"
				    "file %D/target { read = { %T }\n mode = enforce }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read target"));
	EXPECT_EQ(DENIED, BY_UNLISTED("chmod %s", s->listed));
	ASSERT_EQ(0, guard_stop(&s->guard));

	ASSERT_TRUE(scene_policy(s, "file %D/target { read = { %T }\n mode = audit }\n"));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("read target"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("chmod %s", s->listed));
}

TEST_F_TIMEOUT(corners, a_directory_made_anew_is_held_like_the_old, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, rules));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(DENIED, BY_UNLISTED("read tree/f"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("rename tree old"));
	EXPECT_EQ(DENIED, BY_UNLISTED("read old/f"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("mkdir tree"));
	ASSERT_TRUE(command("mkdir %s/tree/d", s->at));
	ASSERT_TRUE(command("cp /etc/hostname %s/tree/d/g", s->at));
	EXPECT_EQ(DENIED, BY_UNLISTED("read tree/d/g"));
	EXPECT_EQ(ALLOWED, BY_LISTED("read tree/d/g"));
}

TEST_F_TIMEOUT(corners, moving_within_a_directory_is_only_a_write, 120)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_policy(s, rules));
	ASSERT_TRUE(command("mkdir %s/code/d", s->at));
	ASSERT_TRUE(scene_start(s, NULL));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("rename code/f code/d/g"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("link code/d/g code/h"));
	EXPECT_EQ(DENIED, BY_UNLISTED("rename code/h h"));
	EXPECT_EQ(DENIED, BY_UNLISTED("link code/h h"));
	EXPECT_EQ(ALLOWED, BY_UNLISTED("unlink code/h"));
}

TEST_F_TIMEOUT(corners, what_cannot_be_held_is_refused, 120)
{
	struct scene *s = &self->s;
	char said[1024] = "";
	FILE *f;

	ASSERT_TRUE(scene_policy(s, "file /proc/sys/kernel/core_pattern { write = none }\n"));
	ASSERT_FALSE(scene_start(s, NULL));
	f = fopen(s->guard.log, "re");
	ASSERT_NE(NULL, f);
	said[fread(said, 1, sizeof(said) - 1, f)] = '\0';
	fclose(f);
	EXPECT_NE(NULL, strstr(said, "is on proc or sysfs"));
}

TEST_HARNESS_MAIN
