// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starting and ending processes for long, in a random order and with failures of every
 * kind between, by one process (churn) and by several at once (storm); and whether the
 * account is right in the end: as many as the limit says can be started, and no more.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "process.h"

#define MOST 256

struct churn {
	int limit; /* -1: none */
	int n;
	pid_t pid[MOST];
	unsigned long denied, failed, started;
};

/* 0 when it did what it should, or the outcome that it is. */
static int wrong(const struct churn *c, const char *what)
{
	fprintf(stderr, "probe: %s beside %d children, of %d: %s\n", what, c->n, c->limit,
		strerror(errno));
	return OTHER;
}

static bool full(const struct churn *c)
{
	return c->limit >= 0 && c->n >= c->limit;
}

/* A fork that must be refused by the guard when the limit is reached, and only then. */
static pid_t start(struct churn *c, int *out)
{
	pid_t pid = fork();

	*out = 0;
	if (pid == 0)
		return 0;
	c->started += pid > 0;
	c->denied += pid < 0 && errno == EPERM;
	if (pid < 0 && !(full(c) && errno == EPERM))
		*out = wrong(c, "refused");
	if (pid > 0 && full(c))
		*out = wrong(c, "let through");
	return pid;
}

static int come_and_go(struct churn *c)
{
	int out;
	pid_t pid = start(c, &out);

	if (pid == 0)
		_exit(0);
	if (pid > 0)
		need(waitpid(pid, NULL, 0), "waitpid");
	return out;
}

static int keep(struct churn *c)
{
	int out;
	pid_t pid = start(c, &out);

	if (pid == 0)
		live();
	if (pid > 0 && c->n < MOST)
		c->pid[c->n++] = pid;
	return out;
}

static void let_go(struct churn *c)
{
	if (!c->n)
		return;
	c->n--;
	kill(c->pid[c->n], SIGKILL);
	need(waitpid(c->pid[c->n], NULL, 0), "waitpid");
}

static int must_fail(struct churn *c, long pid, const char *what)
{
	if (pid == 0)
		_exit(0);
	c->failed++;
	return pid < 0 ? 0 : wrong(c, what);
}

/* Fails when all is made and the number of the new process is handed out. */
static int bad_pointer(struct churn *c)
{
	struct clone_args a = { .flags = CLONE_PIDFD, .exit_signal = SIGCHLD, .pidfd = 1 };

	return must_fail(c, syscall(SYS_clone3, &a, sizeof(a)), "clone3 with a bad pointer");
}

/* As soon as a number is to be had for the process. */
static int bad_number(struct churn *c)
{
	pid_t taken = getpid();
	struct clone_args a = { .exit_signal = SIGCHLD,
				.set_tid = (uintptr_t)&taken,
				.set_tid_size = 1 };

	return must_fail(c, syscall(SYS_clone3, &a, sizeof(a)), "clone3 with a number in use");
}

static int with_limit(struct churn *c, int resource, unsigned long flags, const char *what)
{
	struct rlimit old, none = { 0 };
	int fd = -1, out;

	need(getrlimit(resource, &old), "getrlimit");
	none.rlim_max = old.rlim_max;
	need(setrlimit(resource, &none), "setrlimit");
	out = must_fail(c, syscall(SYS_clone, flags | SIGCHLD, NULL, &fd, NULL, 0), what);
	need(setrlimit(resource, &old), "setrlimit");
	return out;
}

/* No descriptor for it is left: after the process has been made. */
static int no_descriptor(struct churn *c)
{
	return with_limit(c, RLIMIT_NOFILE, CLONE_PIDFD, "clone without a descriptor to have");
}

/* The user has too many already: before it is made. Root is exempt. */
static int no_process(struct churn *c)
{
	if (geteuid() == 0)
		return no_descriptor(c);
	return with_limit(c, RLIMIT_NPROC, 0, "fork beyond RLIMIT_NPROC");
}

/* Flags that contradict each other: before anything. */
static int bad_flags(struct churn *c)
{
	return must_fail(c, syscall(SYS_clone, CLONE_SIGHAND | SIGCHLD, NULL, NULL, NULL, 0),
			 "clone with CLONE_SIGHAND alone");
}

static void *nothing(void *arg)
{
	return arg;
}

/* Threads are no children. */
static int thread(struct churn *c)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, nothing, NULL);
	if (errno)
		return wrong(c, "a thread refused");
	pthread_join(t, NULL);
	return 0;
}

static int one_step(struct churn *c)
{
	static int (*const kinds[])(struct churn *) = {
		come_and_go, come_and_go, come_and_go, keep,	      keep,   bad_pointer,
		bad_number,  no_process,  bad_flags,   no_descriptor, thread,
	};
	size_t k = random() % (sizeof(kinds) / sizeof(*kinds) + 1);

	if (k == sizeof(kinds) / sizeof(*kinds)) {
		let_go(c);
		return 0;
	}
	return kinds[k](c);
}

/* As many as the limit says, and not one more. */
static int exactly(int limit)
{
	int out = ALLOWED;

	for (int i = 0; i <= limit; i++) {
		pid_t pid = fork();

		if (pid == 0)
			live();
		if (pid < 0) {
			if (errno == EPERM && i == limit)
				break;
			fprintf(stderr, "probe: in the end only %d of %d: %s\n", i, limit,
				strerror(errno));
			out = OTHER;
			break;
		}
		if (i == limit)
			out = effect(false, "one more than the limit in the end");
	}
	return out;
}

static int limit_of(const char *text)
{
	int n = strcmp(text, "none") ? number(text) : -1;

	if (n >= MOST)
		broken("a limit below %d is wanted", MOST);
	return n;
}

/* churn LIMIT TIMES: ALLOWED when all went as it should, with EPERM where it should */
static int act_churn(char **args)
{
	struct churn c = { .limit = limit_of(args[0]) };
	int times = number(args[1]), out = 0;

	srandom(times);
	begin_life();
	for (int i = 0; i < times && !out; i++) {
		out = one_step(&c);
		/* Without a limit they must come to an end, too. */
		if (c.limit < 0 && c.n > 32)
			let_go(&c);
	}
	while (c.n)
		let_go(&c);
	fprintf(stderr, "%lu started, %lu denied, %lu failed otherwise\n", c.started, c.denied,
		c.failed);
	if (out)
		return out;
	if (c.limit > 0 && !c.denied)
		return effect(false, "the limit was never met");
	out = c.limit < 0 ? ALLOWED : exactly(c.limit);
	end_life();
	return out;
}

/* What the processes of a storm share. */
struct storm {
	_Atomic int ready, go, alive, full;
};

/* Fills what is left with children, beside others that do the same. */
static void fill(struct storm *s, int most)
{
	s->ready++;
	while (!s->go)
		sched_yield();
	for (int i = 0; i < most; i++) {
		pid_t pid = fork();

		if (pid == 0)
			live();
		if (pid < 0)
			break;
		s->alive++;
	}
	s->full++;
	live();
}

/* All that a round started are our children, or have become so. */
static void end_round(void)
{
	close(life[1]);
	close(life[0]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static int storm_round(struct storm *s, int workers, int limit)
{
	*s = (struct storm){ .alive = workers };
	begin_life();
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		if (pid == 0)
			fill(s, MOST);
		if (pid < 0)
			return refused("fork of a worker");
	}
	while (s->ready < workers)
		sched_yield();
	s->go = 1;
	while (s->full < workers)
		usleep(500);
	if (s->alive != limit) {
		fprintf(stderr, "probe: %d alive, not %d\n", s->alive, limit);
		return OTHER;
	}
	end_round();
	return ALLOWED;
}

/*
 * storm WORKERS LIMIT TIMES: so many processes fill the tree at the same time. In the end
 * it is full, exactly, and then empty for the next time.
 */
static int act_storm(char **args)
{
	int workers = number(args[0]), limit = limit_of(args[1]), times = number(args[2]);
	struct storm *s =
		mmap(NULL, sizeof(*s), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	need(s == MAP_FAILED ? -1 : 0, "mmap");
	need(prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	if (limit < 0)
		limit = workers + workers * MOST;
	for (int i = 0; i < times; i++) {
		int out = storm_round(s, workers, limit);

		if (out != ALLOWED) {
			fprintf(stderr, "probe: the %dth time\n", i + 1);
			return out;
		}
	}
	return ALLOWED;
}

/* Forks of all kinds, some of them by children that leave theirs behind. */
static void rage(int times)
{
	struct churn c = { .limit = -1 };

	srandom(getpid());
	for (int i = 0; i < times; i++) {
		pid_t pid;

		if (random() % 2) {
			bad_pointer(&c);
			continue;
		}
		pid = fork();
		if (pid == 0) {
			if (random() % 4 == 0)
				fork();
			_exit(0);
		}
		if (pid > 0 && random() % 4)
			waitpid(pid, NULL, 0);
	}
	_exit(0);
}

/* rage WORKERS LIMIT TIMES: several at once, TIMES forks in all, then an exact account. */
static int act_rage(char **args)
{
	int workers = number(args[0]), limit = limit_of(args[1]), times = number(args[2]);
	int out;

	need(prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	for (int i = 0; i < workers; i++)
		if (need(fork(), "fork of a worker") == 0)
			rage(times / workers);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	if (limit < 0)
		return ALLOWED;
	begin_life();
	out = exactly(limit);
	end_life();
	return out;
}

const struct act process_churn_acts[] = {
	{ "churn", "LIMIT TIMES", act_churn },
	{ "storm", "WORKERS LIMIT TIMES", act_storm },
	{ "rage", "WORKERS LIMIT TIMES", act_rage },
	{ NULL, NULL, NULL },
};
