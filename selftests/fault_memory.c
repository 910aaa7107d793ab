// SPDX-License-Identifier: GPL-2.0-only
/*
 * Too little memory. A start whose maps find no room ends with a message, or is ended by the
 * kernel, and leaves nothing behind in either case; a guard that runs in a control group that
 * is out of memory goes on denying.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "lib/fault.h"
#include "lib/net.h"

#define START_MS 120000
#define END_MS	 60000
#define GROUPS	 "/sys/fs/cgroup"
#define GROUP	 GROUPS "/lsm-guard-fault"
#define PARTS	 16 /* of what a start takes */
#define FIRST	 4  /* with so many of them it is tried, and with one more, and so on */
#define HOGS	 4
#define HOG	 (256 << 20)

FIXTURE(memory)
{
	struct scene s;
	struct loaded before;
};

FIXTURE_SETUP(memory)
{
	ASSERT_EQ(0, access("/run/lsm-guard-vm", F_OK));
	ASSERT_TRUE(orphans_adopt());
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(write_file(GROUPS "/cgroup.subtree_control", "+memory\n"));
	ASSERT_TRUE(!access(GROUP, F_OK) || command("mkdir " GROUP));
	ASSERT_TRUE(write_file(GROUP "/memory.max", "max\n"));
	self->before = loaded_now();
}

FIXTURE_TEARDOWN(memory)
{
	write_file(GROUP "/memory.max", "max\n");
	scene_end(&self->s);
	command("rmdir " GROUP);
}

static void enter_group(void *unused)
{
	(void)unused;
	if (!write_file(GROUP "/cgroup.procs", "0\n"))
		_exit(126);
}

/* Of how many processes of the group it is so much; *all: of how many in all. */
static size_t group_adjusted(int adjustment, size_t *all)
{
	FILE *f = fopen(GROUP "/cgroup.procs", "re");
	size_t n = 0;
	pid_t pid;

	for (*all = 0; f && fscanf(f, "%d", &pid) == 1; ++*all)
		n += read_number("/proc/%d/oom_score_adj", pid) == adjustment;
	if (f)
		fclose(f);
	return n;
}

static bool limit(long bytes)
{
	char *text = path("%ld\n", bytes);
	bool done = write_file(GROUP "/memory.max", text);

	free(text);
	return done;
}

enum { STARTED, FAILED, KILLED, WRONG };

/* A start with so much memory: what came of it. */
static int start_within(struct __test_metadata *_metadata, struct scene *scene,
			const struct loaded *before, long bytes)
{
	struct start s = { .policy = scene->policy, .prepare = enter_group };
	bool held, gone;
	int status;

	if (!limit(bytes) || !start_begin(&s) || !start_settles(&s, START_MS))
		return WRONG;
	held = s.pid && start_enforces(&s);
	EXPECT_EQ(held ? DENIED : ALLOWED, scene_act(scene, scene->unlisted, "read target"));
	if (s.pid)
		kill(s.pid, SIGTERM);
	status = start_end(&s, END_MS);
	gone = orphans_gone(END_MS);
	EXPECT_TRUE(gone);
	EXPECT_TRUE(loaded_gone(before));
	printf("# %ld KiB: exit status %d%s: %s\n", bytes / 1024, status,
	       held ? ", it enforced" : "", start_said(&s));
	fflush(stdout);
	if (held)
		return STARTED;
	if (status == 128 + SIGKILL)
		return KILLED;
	EXPECT_EQ(1, status);
	EXPECT_NE(NULL, strstr(start_said(&s), "lsm-guard: "));
	if (!strstr(start_said(&s), "give its control group more memory"))
		return KILLED; /* that is what the supervisor has said */
	return FAILED;
}

/* All that a start needs, and then less and less of it. */
TEST_F_TIMEOUT(memory, too_small_for_the_maps, 900)
{
	size_t n[WRONG + 1] = {};
	long peak;

	/* The table of whom one has sent to has all its room from the beginning. */
	ASSERT_TRUE(net_make());
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"
					   "interface " NET_LINK " { accept = { any:22/tcp } }\n"));
	ASSERT_EQ(STARTED, start_within(_metadata, &self->s, &self->before, 1L << 30));
	peak = read_number(GROUP "/memory.peak");
	ASSERT_LT(1 << 20, peak);
	for (long i = FIRST; i <= PARTS; i++)
		n[start_within(_metadata, &self->s, &self->before, peak * i / PARTS)]++;
	EXPECT_EQ(0, n[WRONG]);
	EXPECT_LT(0, n[FAILED]);
	net_end();
	TH_LOG("of %ld KiB: %zu started, %zu said why not, %zu were killed", peak / 1024,
	       n[STARTED], n[FAILED], n[KILLED]);
}

static void lock_nothing(void *unused)
{
	const struct rlimit none = {};

	(void)unused;
	if (setrlimit(RLIMIT_MEMLOCK, &none))
		_exit(126);
}

/* Maps are charged to the control group; what may be locked has no part in it. */
TEST_F_TIMEOUT(memory, nothing_may_be_locked, 300)
{
	struct start s = { .policy = self->s.policy, .prepare = lock_nothing };

	ASSERT_TRUE(start_begin(&s));
	ASSERT_TRUE(start_settles(&s, START_MS));
	EXPECT_TRUE(start_enforces(&s));
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.listed, "read target"));
	EXPECT_TRUE(event_wait(path("%s.events", s.policy), "DENIED", 1, 20000));
	kill(s.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&s, END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

#define FILES_NEEDED 1024 /* as the loader says */
#define MANY	     600  /* paths: more than are opened at once */

static void limit_files(void *limit)
{
	rlim_t n = *(rlim_t *)limit;

	if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){ n, n }))
		_exit(126);
}

/*
 * Each map, program, link and path is a descriptor. A start without room for them says that, and
 * how many it takes, wherever it would have failed; with so many it starts.
 */
TEST_F_TIMEOUT(memory, too_few_descriptors, 300)
{
	rlim_t limits[] = { 8, 12, 60, FILES_NEEDED - 1, FILES_NEEDED };

	ASSERT_TRUE(command("mkdir %s/many", self->s.at));
	for (int i = 0; i < MANY; i++)
		ASSERT_TRUE(write_file(path("%s/many/%d", self->s.at, i), "secret\n"));
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"
					   "file \"%D/many/*\" { read = { \"%T\" } }\n"));
	for (size_t i = 0; i < ARRAY_SIZE(limits); i++) {
		bool enough = limits[i] >= FILES_NEEDED;
		struct start s = { .policy = self->s.policy,
				   .prepare = limit_files,
				   .arg = &limits[i] };

		ASSERT_TRUE(start_begin(&s));
		ASSERT_TRUE(start_settles(&s, START_MS));
		EXPECT_EQ(enough, start_enforces(&s));
		EXPECT_EQ(enough ? DENIED : ALLOWED,
			  scene_act(&self->s, self->s.unlisted, "read target"));
		EXPECT_EQ(enough ? DENIED : ALLOWED,
			  scene_act(&self->s, self->s.unlisted, "read many/%d", MANY - 1));
		if (s.pid)
			kill(s.pid, SIGTERM);
		EXPECT_EQ(enough ? 0 : 1, start_end(&s, END_MS));
		EXPECT_EQ(enough, !strstr(start_said(&s), path("%d files open and needs %d: raise",
							       (int)limits[i], FILES_NEEDED)))
		{
			TH_LOG("of %d it said: %s", (int)limits[i], start_said(&s));
		}
		EXPECT_TRUE(orphans_gone(END_MS));
		EXPECT_TRUE(loaded_gone(&self->before));
	}
}

static void lower_the_most(void *unused)
{
	(void)unused;
	if (setrlimit(RLIMIT_NOFILE, &(struct rlimit){ FILES_NEEDED, 4 * FILES_NEEDED }) ||
	    !write_file("/proc/sys/fs/nr_open", "2048\n"))
		_exit(126);
}

/* What it may have open cannot be raised to the limit then, and is enough. */
TEST_F_TIMEOUT(memory, limit_that_cannot_be_raised_to, 300)
{
	long most = read_number("/proc/sys/fs/nr_open");
	struct start s = { .policy = self->s.policy, .prepare = lower_the_most };

	ASSERT_TRUE(start_begin(&s));
	ASSERT_TRUE(start_settles(&s, START_MS));
	EXPECT_EQ(2048, read_number("/proc/sys/fs/nr_open"));
	ASSERT_TRUE(write_file("/proc/sys/fs/nr_open", path("%ld\n", most)));
	ASSERT_TRUE(start_enforces(&s));
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	kill(s.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&s, END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

/* Takes all memory of the group until the kernel kills it, and it rather than another. */
static pid_t start_hog(void)
{
	pid_t pid = fork();
	char *p;

	if (pid)
		return pid;
	if (!write_file("/proc/self/oom_score_adj", "1000\n"))
		_exit(126);
	enter_group(NULL);
	p = mmap(NULL, HOG, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (size_t i = 0; p != MAP_FAILED && i < HOG; i += 4096)
		p[i] = 1;
	_exit(0);
}

TEST_F_TIMEOUT(memory, a_group_that_is_out_of_memory, 300)
{
	struct start s = { .policy = self->s.policy,
			   .option = "--prove-every=1",
			   .prepare = enter_group };
	char *target = path("%s/target", self->s.at);
	long denied = 0, other = 0;
	size_t all;

	ASSERT_TRUE(start_begin(&s));
	ASSERT_TRUE(start_settles(&s, START_MS));
	ASSERT_TRUE(s.pid && start_enforces(&s));
	/* It says so before its process gives up its privileges, which takes memory, and reads events. */
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	ASSERT_TRUE(event_wait(path("%s.events", s.policy), "DENIED", 1, 20000));
	/* Who supervises, who holds the guard, and the canary: none of them is ever chosen. */
	EXPECT_EQ(3, group_adjusted(-1000, &all));
	EXPECT_EQ(3, all);
	ASSERT_TRUE(limit(read_number(GROUP "/memory.current") + (4 << 20)));
	for (int i = 0; i < HOGS; i++) {
		pid_t hog = start_hog();
		int status;

		do {
			int fd = open(target, O_RDONLY | O_CLOEXEC);

			denied += fd < 0 && errno == EPERM;
			other += fd >= 0 || errno != EPERM;
			if (fd >= 0)
				close(fd);
		} while (!waitpid(hog, &status, WNOHANG));
		EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	}
	EXPECT_EQ(0, other);
	EXPECT_LT(HOGS, denied);
	EXPECT_EQ(0, kill(s.pid, 0));
	EXPECT_EQ(DENIED, scene_act(&self->s, self->s.unlisted, "read target"));
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.listed, "read target"));
	kill(s.pid, SIGTERM);
	EXPECT_EQ(0, start_end(&s, END_MS))
	{
		TH_LOG("it said: %s", start_said(&s));
	}
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
}

TEST_HARNESS_MAIN
