// SPDX-License-Identifier: GPL-2.0-only
/*
 * The account of processes over time: forks with failures of all kinds between, by one
 * process and by several at once, and a fork bomb. In the end it must be right to the
 * one, which is tried by starting as many as the section says, and one more.
 *
 * LSM_GUARD_LONG=1 in the environment: 100,000 forks a test instead of 2,500.
 */
#include "kselftest_harness.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/limits.h"

static int forks(void)
{
	return getenv("LSM_GUARD_LONG") ? 100000 : 2500;
}

struct programs {
	struct limits l;
	char *children, *descendants, *rage, *storm, *bash;
	long line[5];
};

FIXTURE(ledger)
{
	struct programs p;
};

FIXTURE_SETUP(ledger)
{
	struct programs *p = &self->p;
	struct limits *l = &p->l;

	ASSERT_TRUE(limits_make(l));
	p->children = limits_program(l, "children", "children = 16", &p->line[0]);
	p->descendants = limits_program(l, "descendants", "descendants = 16", &p->line[1]);
	p->rage = limits_program(l, "rage", "descendants = 12 children = 200", &p->line[2]);
	p->storm = limits_program(l, "storm", "descendants = 12", &p->line[3]);
	p->bash = path("%s/bin/bash", l->s.at);
	ASSERT_TRUE(copy_program("/bin/bash", p->bash));
	p->line[4] = limits_line(l, "program \"%s\" { descendants = 64 }", p->bash);
}

FIXTURE_TEARDOWN(ledger)
{
	limits_end(&self->p.l);
}

static int act(const struct limits *l, const char *program, char *line)
{
	struct result r = limits_act(l, program, line);

	printf("# %s: %s\n", line, r.said);
	free(line);
	return r.code;
}

TEST_F_TIMEOUT(ledger, without_guard, 300)
{
	struct limits *l = &self->p.l;

	EXPECT_EQ(ALLOWED, act(l, l->s.unlisted, path("churn none 500")));
	EXPECT_EQ(ALLOWED, act(l, l->s.unlisted, path("as-user 1000 churn none 500")));
	EXPECT_EQ(ALLOWED, act(l, l->s.unlisted, path("rage 4 none 500")));
	EXPECT_EQ(ALLOWED, act(l, l->s.unlisted, path("storm 3 none 1")));
}

static void forks_and_failures(struct __test_metadata *_metadata, struct programs *p)
{
	EXPECT_EQ(ALLOWED, act(&p->l, p->children, path("churn 16 %d", forks())));
	EXPECT_EQ(ALLOWED, act(&p->l, p->children, path("as-user 1000 churn 16 %d", forks())));
	EXPECT_EQ(ALLOWED, act(&p->l, p->descendants, path("as-user 1000 churn 16 %d", forks())));
}

static void several_at_once(struct __test_metadata *_metadata, struct programs *p)
{
	EXPECT_EQ(ALLOWED, act(&p->l, p->rage, path("rage 4 12 %d", forks())));
	EXPECT_EQ(ALLOWED, act(&p->l, p->storm, path("storm 3 12 100")));
}

/* Each start of a program is a tree of its own. */
static void trees_beside_each_other(struct __test_metadata *_metadata, struct programs *p)
{
	struct background b[3];
	const char *at = p->l.s.at;
	char *go = path("%s/trees", at), *line = path("holding 12 await-file %s true", go);

	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		EXPECT_TRUE(background_start(&b[i], at, p->storm, line));
	EXPECT_EQ(ALLOWED, act(&p->l, p->storm, path("keep fork 12")));
	EXPECT_EQ(DENIED, act(&p->l, p->storm, path("keep fork 13")));
	EXPECT_TRUE(write_file(go, ""));
	for (size_t i = 0; i < ARRAY_SIZE(b); i++)
		EXPECT_EQ(ALLOWED, background_end(&b[i], 20000));
}

TEST_F_TIMEOUT(ledger, is_exact, 3600)
{
	ASSERT_TRUE(limits_start(&self->p.l));
	forks_and_failures(_metadata, &self->p);
	several_at_once(_metadata, &self->p);
	trees_beside_each_other(_metadata, &self->p);
	EXPECT_EQ(0, guard_stop(&self->p.l.s.guard));
}

static bool three_are_ready(void *l)
{
	return background_ready(((struct limits *)l)->s.at) == 3;
}

/* Those that are there when the guard starts count; what they may start is what is left. */
TEST_F_TIMEOUT(ledger, processes_from_before, 300)
{
	struct limits *l = &self->p.l;
	struct background b[3];
	char *go = path("%s/go", l->s.at);
	static const struct {
		const char *act;
		int outcome;
	} acts[] = {
		{ "holding 8 await-file %s keep fork 4", ALLOWED },
		{ "holding 8 await-file %s keep fork 5", DENIED },
		{ "holding 30 await-file %s keep fork 1", DENIED },
	};

	for (size_t i = 0; i < ARRAY_SIZE(acts); i++)
		EXPECT_TRUE(background_start(&b[i], l->s.at, self->p.storm, path(acts[i].act, go)));
	ASSERT_TRUE(wait_for(three_are_ready, l, 60000));
	ASSERT_TRUE(limits_start(l));
	EXPECT_TRUE(write_file(go, ""));
	for (size_t i = 0; i < ARRAY_SIZE(acts); i++) {
		EXPECT_EQ(acts[i].outcome, background_end(&b[i], 20000))
		{
			TH_LOG("%s", acts[i].act);
		}
	}
	EXPECT_EQ(0, guard_stop(&l->s.guard));
}

/* The processes of the bomb, as the kernel counts them at one moment. */
#define GROUP "/sys/fs/cgroup/lsm-guard-bomb"

static bool group_is_empty(void *arg)
{
	(void)arg;
	return read_number(GROUP "/pids.current") == 0;
}

/* The root of it stays, and leads a group of processes: there is something to be killed. */
static pid_t start_bomb(const char *bash)
{
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR);

		if (!write_file(GROUP "/cgroup.procs", "0") || setpgid(0, 0))
			_exit(1);
		dup2(null, 0);
		dup2(null, 1);
		dup2(null, 2);
		execl(bash, bash, "-c", ":(){ :|:& };:; kill -STOP $$", NULL);
		_exit(127);
	}
	return pid;
}

/* The most that there were within so many looks, and whether others could work meanwhile. */
static long watch_bomb(struct __test_metadata *_metadata, const struct limits *l, int rounds,
		       long enough)
{
	long most = 0;

	for (int i = 0; i < rounds && most < enough; i++) {
		time_t begin;

		for (int look = 0; look < 300; look++) {
			long n = read_number(GROUP "/pids.current");

			most = n > most ? n : most;
		}
		begin = time(NULL);
		EXPECT_EQ(ALLOWED, limits_act(l, l->s.unlisted, "again spawn 3").code);
		EXPECT_LE(time(NULL) - begin, 120);
	}
	return most;
}

static bool make_group(void)
{
	return write_file("/sys/fs/cgroup/cgroup.subtree_control", "+pids") &&
	       (!access(GROUP, F_OK) || command("mkdir " GROUP)) &&
	       write_file(GROUP "/pids.max", "300");
}

/* It is a bomb: without the guard it fills what the control group lets it have. */
TEST_F_TIMEOUT(ledger, bomb_without_guard, 300)
{
	pid_t pid;

	ASSERT_TRUE(make_group());
	pid = start_bomb(self->p.bash);
	/* It may take its time to start. */
	EXPECT_GT(watch_bomb(_metadata, &self->p.l, 200, 200), 199);
	EXPECT_TRUE(write_file(GROUP "/cgroup.kill", "1"));
	waitpid(pid, NULL, 0);
	EXPECT_TRUE(wait_for(group_is_empty, NULL, 20000));
}

TEST_F_TIMEOUT(ledger, bomb, 300)
{
	struct limits *l = &self->p.l;
	struct events ev;
	long most;
	pid_t pid;

	ASSERT_TRUE(make_group());
	ASSERT_TRUE(limits_start(l));
	pid = start_bomb(self->p.bash);
	EXPECT_TRUE(event_wait(l->s.guard.events, "DENIED", self->p.line[4], 20000));
	most = watch_bomb(_metadata, l, 5, 1000);
	printf("# at most %ld processes at a time, with the first\n", most);
	EXPECT_LE(most, 65);
	EXPECT_GT(most, 50);
	/* They are few, and of one group: no signal misses any. */
	EXPECT_EQ(0, kill(-pid, SIGKILL));
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	EXPECT_TRUE(wait_for(group_is_empty, NULL, 20000))
	{
		TH_LOG("%ld processes are left", read_number(GROUP "/pids.current"));
		write_file(GROUP "/cgroup.kill", "1");
	}
	EXPECT_TRUE(limits_stop(l, &ev));
	events_free(&ev);
}

TEST_HARNESS_MAIN
