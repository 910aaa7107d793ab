// SPDX-License-Identifier: GPL-2.0-only
/*
 * Processes below the first, in shapes that hide them from it (tree SHAPE N), threads
 * (threads WAY N), and starting one after another for a long time (again WAY TIMES).
 */
#include <errno.h>
#include <linux/io_uring.h>
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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "process.h"

/* What the processes of a tree tell the first. */
struct tree {
	_Atomic int started, err, over;
	int wanted;
};

static struct tree *tree_make(int wanted)
{
	struct tree *t =
		mmap(NULL, sizeof(*t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (t == MAP_FAILED)
		need(-1, "mmap");
	t->wanted = wanted;
	return t;
}

static void failed(struct tree *t)
{
	t->err = errno;
	t->over = 1;
}

/* Each starts the next. */
static void chain(struct tree *t)
{
	pid_t pid;

	if (t->started == t->wanted) {
		t->over = 1;
		return;
	}
	pid = fork();
	if (pid < 0)
		return failed(t);
	if (pid)
		return;
	t->started++;
	chain(t);
	live();
}

/* Each starts two, of which the second goes on. */
static void branches(struct tree *t)
{
	for (int i = 0; i < 2; i++) {
		pid_t pid;

		if (t->started == t->wanted) {
			t->over = 1;
			return;
		}
		/* Said beforehand: the child looks at it. */
		t->started++;
		pid = fork();
		if (pid < 0) {
			t->started--;
			return failed(t);
		}
		if (pid == 0) {
			if (i)
				branches(t);
			live();
		}
	}
}

/*
 * Children of children that have left. The one that starts another counts, too, while it
 * does so: the last one in is refused by it.
 */
static void orphan(struct tree *t, bool session)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		return failed(t);
	if (pid == 0) {
		pid_t child;

		if (session)
			setsid();
		child = fork();
		if (child < 0)
			_exit(errno);
		if (child == 0)
			live();
		_exit(0);
	}
	need(waitpid(pid, &status, 0), "waitpid");
	errno = exit_code(status);
	if (errno)
		return failed(t);
	t->started++;
}

static void orphans_of(struct tree *t, bool session)
{
	while (!t->over && t->started < t->wanted)
		orphan(t, session);
	t->over = 1;
}

static void orphans(struct tree *t)
{
	orphans_of(t, false);
}

static void daemons(struct tree *t)
{
	orphans_of(t, true);
}

/* They become our children again, and have been started by others nevertheless. */
static void adopted(struct tree *t)
{
	need(prctl(PR_SET_CHILD_SUBREAPER, 1), "PR_SET_CHILD_SUBREAPER");
	orphans_of(t, false);
}

static const struct {
	const char *name;
	void (*grow)(struct tree *t);
} shapes[] = {
	{ "chain", chain },	{ "branches", branches }, { "orphans", orphans },
	{ "daemons", daemons }, { "adopted", adopted },
};

static int act_tree(char **args)
{
	struct tree *t = tree_make(number(args[1]));
	int out = ALLOWED;

	begin_life();
	for (size_t i = 0; i < sizeof(shapes) / sizeof(*shapes); i++)
		if (!strcmp(shapes[i].name, args[0])) {
			shapes[i].grow(t);
			while (!t->over)
				usleep(1000);
			errno = t->err;
			if (t->err)
				out = refused_at(t->started, t->wanted, args[0]);
			end_life();
			return out;
		}
	broken("there is no shape '%s'", args[0]);
}

static void *linger(void *arg)
{
	pause();
	return arg;
}

static _Atomic int in_line;

/* Starts the next of its kind. */
static void *in_turn(void *arg)
{
	int *n = arg;
	pthread_t t;

	errno = 0;
	if (++in_line < *n && (errno = pthread_create(&t, NULL, in_turn, arg)))
		in_line = -errno;
	pause();
	return NULL;
}

/* threads WAY N: N of them, with the first */
static int act_threads(char **args)
{
	bool turns = !strcmp(args[0], "in-turn");
	int n = number(args[1]), before;
	pthread_t t;

	for (int i = 1; i < n && !turns; i++) {
		errno = pthread_create(&t, NULL, linger, NULL);
		if (errno)
			return refused_at(i, n, "pthread_create");
	}
	if (!turns)
		return ALLOWED;
	in_line = 1;
	if (n < 2)
		return ALLOWED;
	errno = pthread_create(&t, NULL, in_turn, &n);
	if (errno)
		return refused_at(1, n, "pthread_create");
	do {
		before = in_line;
		if (before < 0) {
			errno = -before;
			return refused("pthread_create in a thread");
		}
		usleep(1000);
	} while (before < n);
	return ALLOWED;
}

static void *come_and_go(void *arg)
{
	return arg;
}

/*
 * A joined thread has said that it goes; it counts until it has gone, which is soon. Only
 * one that is refused for a second is refused.
 */
static int thread_again(void)
{
	pthread_t t;
	int err;

	for (int i = 0; i < 60000; i++) {
		err = pthread_create(&t, NULL, come_and_go, NULL);
		if (!err)
			return pthread_join(t, NULL);
		usleep(1000);
	}
	errno = err;
	return -1;
}

static int once(const struct process_way *w)
{
	pid_t pid = w->start();

	if (pid == 0)
		_exit(0);
	return pid > 0 && waitpid(pid, NULL, __WALL) == pid ? 0 : -1;
}

/*
 * Who does not want to know of its children can only wait for the last to die. It is not
 * one then, but it may not be gone, as with threads.
 */
static int once_ignored(const struct process_way *w)
{
	pid_t pid = w->start();

	for (int i = 0; pid < 0 && errno == EPERM && i < 60000; i++) {
		usleep(1000);
		pid = w->start();
	}
	if (pid == 0)
		_exit(0);
	return pid > 0 && wait(NULL) == -1 && errno == ECHILD ? 0 : -1;
}

/* again WAY TIMES: as often, and never refused. WAY is also threads, or ignored. */
static int act_again(char **args)
{
	bool thread = !strcmp(args[0], "threads"), ignored = !strcmp(args[0], "ignored");
	const struct process_way *w = thread ? NULL : process_way(ignored ? "fork" : args[0]);
	int n = number(args[1]);

	begin_life();
	/* A program that waits for the end of its stdin finds it at once. */
	close(life[1]);
	if (ignored)
		signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < n; i++)
		if (thread ? thread_again() : ignored ? once_ignored(w) : once(w)) {
			fprintf(stderr, "probe: the %dth of %d\n", i + 1, n);
			return refused(args[0]);
		}
	return ALLOWED;
}

/* uring-worker ACT...: beside a thread of the kernel's that works for this process */
static int act_uring_worker(char **args)
{
	struct io_uring_params p = { .flags = IORING_SETUP_SQPOLL };

	if (syscall(SYS_io_uring_setup, 4, &p) < 0)
		return refused("io_uring_setup with IORING_SETUP_SQPOLL");
	return run_act(args);
}

const struct act process_tree_acts[] = {
	{ "tree", "SHAPE N", act_tree },
	{ "threads", "WAY N", act_threads },
	{ "again", "WAY TIMES", act_again },
	{ "uring-worker", "ACT...", act_uring_worker },
	{ NULL, NULL, NULL },
};
