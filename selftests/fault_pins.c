// SPDX-License-Identifier: GPL-2.0-only
/*
 * --pin, and what can be wrong with /sys/fs/bpf: not mounted, or with what is left of a guard
 * that has gone, of one that was killed while it pinned, of another version, or of somebody else.
 */
#include "kselftest_harness.h"

#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "../lsm/lsm_guard.h"
#include "lib/fault.h"

#define START_MS  120000
#define END_MS	  60000
#define BPFFS	  "/sys/fs/bpf"
#define PINS	  BPFFS "/lsm-guard"
#define ELSEWHERE BPFFS "/elsewhere"

FIXTURE(pins)
{
	struct scene s;
	struct loaded before;
	struct start start, second;
};

FIXTURE_SETUP(pins)
{
	ASSERT_EQ(0, access("/run/lsm-guard-vm", F_OK));
	ASSERT_TRUE(orphans_adopt());
	/* What this test mounts and unmounts is its own and its children's business. */
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"));
	self->start = (struct start){ .policy = self->s.policy, .option = "--pin" };
	self->second = (struct start){ .policy = self->s.policy,
				       .option = "--pin",
				       .log = path("%s.second.log", self->s.policy) };
	self->before = loaded_now();
}

FIXTURE_TEARDOWN(pins)
{
	if (self->start.pid)
		kill(-self->start.pid, SIGKILL);
	if (self->second.pid)
		kill(-self->second.pid, SIGKILL);
	run_line(NULL, -1, "./lsm-guard", "stop");
	scene_end(&self->s);
}

static bool holds(const struct scene *s)
{
	return scene_act(s, s->unlisted, "read target") == DENIED;
}

/* Links that are unlinked go by and by. */
static bool lets_go(void *scene)
{
	return !holds(scene);
}

static bool enforces(struct start *s)
{
	if (start_begin(s) && start_settles(s, START_MS) && s->pid && start_enforces(s))
		return true;
	printf("# it said: %s\n", start_said(s));
	return false;
}

/* Every process of it: what goes on is what is pinned. */
static bool end_processes(struct start *s)
{
	kill(-s->pid, SIGKILL);
	return start_end(s, END_MS) == 128 + SIGKILL && orphans_gone(END_MS);
}

/* It leaves with 1, says so, and nothing of it stays. */
static void is_refused(struct __test_metadata *_metadata, struct start *s, const char *says)
{
	struct loaded before = loaded_now();

	ASSERT_TRUE(start_begin(s));
	EXPECT_TRUE(start_settles(s, START_MS));
	if (s->pid)
		kill(s->pid, SIGTERM);
	EXPECT_EQ(1, start_end(s, END_MS));
	EXPECT_NE(NULL, strstr(start_said(s), says))
	{
		TH_LOG("it said: %s", start_said(s));
	}
	EXPECT_FALSE(start_enforces(s));
	EXPECT_TRUE(loaded_gone(&before));
}

/* The guard ends: nothing is left of it, be it loaded or pinned. */
static void stop_ends_it(struct __test_metadata *_metadata, struct scene *s, struct start *start,
			 const struct loaded *before)
{
	EXPECT_TRUE(command("./lsm-guard stop"));
	if (start->pid)
		EXPECT_EQ(0, start_end(start, END_MS));
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_FALSE(holds(s));
	EXPECT_TRUE(loaded_gone(before));
	EXPECT_NE(0, system("ls -A " PINS " | grep -q '^[0-9]'"));
}

TEST_F_TIMEOUT(pins, no_filesystem_for_them, 300)
{
	ASSERT_EQ(0, umount2(BPFFS, MNT_DETACH));
	is_refused(_metadata, &self->start, "mount -t bpf");
	EXPECT_FALSE(holds(&self->s));
	/* Another one than it should be. */
	ASSERT_EQ(0, mount("none", BPFFS, "tmpfs", 0, NULL));
	is_refused(_metadata, &self->start, "mount -t bpf");
	EXPECT_NE(0, access(PINS, F_OK));
	/* One that nothing can be written to. */
	ASSERT_EQ(0, umount(BPFFS));
	ASSERT_EQ(0, mount("none", BPFFS, "bpf", MS_RDONLY, NULL));
	is_refused(_metadata, &self->start, "Read-only file system");
	ASSERT_EQ(0, umount(BPFFS));
	/* Without --pin there is no need of it. */
	self->start.option = NULL;
	ASSERT_TRUE(enforces(&self->start));
	EXPECT_TRUE(holds(&self->s));
	kill(self->start.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&self->start, END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

/* The first one holds on, whoever is alive, and the second one says what there is. */
TEST_F_TIMEOUT(pins, second_start, 400)
{
	ASSERT_TRUE(enforces(&self->start));
	is_refused(_metadata, &self->second, "lsm-guard stop");
	EXPECT_NE(NULL, strstr(start_said(&self->second), self->s.policy));
	EXPECT_TRUE(holds(&self->s));
	EXPECT_TRUE(end_processes(&self->start));
	EXPECT_TRUE(holds(&self->s));
	is_refused(_metadata, &self->second, "lsm-guard stop");
	EXPECT_TRUE(holds(&self->s));
	stop_ends_it(_metadata, &self->s, &self->start, &self->before);
}

/* Directories that nobody's guard is in, and what is not ours at all. */
TEST_F_TIMEOUT(pins, left_over, 400)
{
	ASSERT_TRUE(command("mkdir -p " PINS "/4000000000/links " PINS "/7 " PINS "/theirs"));
	/* The links are gone, the maps are not. */
	ASSERT_TRUE(enforces(&self->start));
	EXPECT_NE(0, access(PINS "/4000000000", F_OK));
	EXPECT_NE(0, access(PINS "/7", F_OK));
	ASSERT_TRUE(end_processes(&self->start));
	ASSERT_EQ(0, system("rm -r " PINS "/[0-9]*/links"));
	EXPECT_TRUE(wait_for(lets_go, &self->s, 20000));
	ASSERT_TRUE(enforces(&self->second));
	EXPECT_TRUE(holds(&self->s));
	EXPECT_NE(NULL, strstr(start_said(&self->second), "left over"));
	stop_ends_it(_metadata, &self->s, &self->second, &self->before);
	EXPECT_EQ(0, rmdir(PINS "/theirs"));
}

/* As when it was killed while it pinned: some links hold, others do not. */
TEST_F_TIMEOUT(pins, pinned_by_halves, 400)
{
	ASSERT_TRUE(enforces(&self->start));
	ASSERT_TRUE(end_processes(&self->start));
	ASSERT_EQ(0, system("rm " PINS "/[0-9]*/links/[f-z]* " PINS "/[0-9]*/maps/[a-r]*"));
	is_refused(_metadata, &self->second, "lsm-guard stop");
	stop_ends_it(_metadata, &self->s, &self->start, &self->before);
}

/* Whoever else holds on to a link of it: it has let go all the same, and says so. */
TEST_F_TIMEOUT(pins, pinned_elsewhere, 400)
{
	ASSERT_TRUE(enforces(&self->start));
	ASSERT_TRUE(end_processes(&self->start));
	ASSERT_EQ(0, system("bpftool link pin pinned " PINS "/[0-9]*/links/file_open " ELSEWHERE));
	EXPECT_TRUE(holds(&self->s));
	EXPECT_EQ(1, run_line(NULL, -1, "./lsm-guard", "stop").code);
	EXPECT_FALSE(holds(&self->s));
	EXPECT_EQ(0, system("./lsm-guard status 2>&1 | grep -q 'told to end'"));
	EXPECT_EQ(1, run_line(NULL, -1, "./lsm-guard", "status").code);
	/* It is in nobody's way. */
	ASSERT_TRUE(enforces(&self->second));
	EXPECT_TRUE(holds(&self->s));
	EXPECT_EQ(0, run_line(NULL, -1, "./lsm-guard", "status").code);
	ASSERT_EQ(0, unlink(ELSEWHERE));
	stop_ends_it(_metadata, &self->s, &self->second, &self->before);
}

static bool make_foreign(void)
{
	union bpf_attr attr = {};

	while (!syscall(__NR_bpf, BPF_MAP_GET_NEXT_ID, &attr, sizeof(attr))) {
		union bpf_attr id = { .map_id = attr.next_id };
		int fd = syscall(__NR_bpf, BPF_MAP_GET_FD_BY_ID, &id, sizeof(id));
		struct bpf_map_info info = {};
		struct guard_state *state;

		attr = (union bpf_attr){ .start_id = attr.next_id };
		id = (union bpf_attr){
			.info = { .bpf_fd = fd, .info = (__u64)&info, .info_len = sizeof(info) }
		};
		if (syscall(__NR_bpf, BPF_OBJ_GET_INFO_BY_FD, &id, sizeof(id)) ||
		    strcmp(info.name, "lsm_guard_state")) {
			close(fd);
			continue;
		}
		state = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (state == MAP_FAILED)
			return false;
		state->version = GUARD_STATE_VERSION + 1;
		munmap(state, 4096);
		close(fd);
		return true;
	}
	return false;
}

/* What later versions add is unknown; but that it is a guard, and how to end it, is known. */
TEST_F_TIMEOUT(pins, of_another_version, 400)
{
	ASSERT_TRUE(enforces(&self->start));
	ASSERT_TRUE(end_processes(&self->start));
	ASSERT_TRUE(make_foreign());
	is_refused(_metadata, &self->second, "lsm-guard stop");
	EXPECT_TRUE(holds(&self->s));
	EXPECT_GT(4, run_line(NULL, -1, "./lsm-guard", "status").code);
	EXPECT_TRUE(holds(&self->s));
	stop_ends_it(_metadata, &self->s, &self->start, &self->before);
}

TEST_HARNESS_MAIN
