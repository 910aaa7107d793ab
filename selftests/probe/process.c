// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to start a process: keep WAY N starts N children and keeps them alive,
 * ALLOWED when all of them ran, DENIED when the last was refused and none before it.
 * They end with the probe, by a pipe whose other end it holds.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "process.h"

extern char **environ;

int life[2];

void begin_life(void)
{
	need(pipe2(life, O_CLOEXEC), "pipe");
}

/* What a child does until the probe has gone. */
_Noreturn void live(void)
{
	char c;

	close(life[1]);
	while (read(life[0], &c, 1) < 0 && errno == EINTR)
		;
	_exit(0);
}

void end_life(void)
{
	close(life[1]);
	close(life[0]);
	while (wait(NULL) > 0 || errno == EINTR)
		;
}

static pid_t raw_clone(unsigned long flags)
{
	return syscall(SYS_clone, flags, NULL, NULL, NULL, 0);
}

static pid_t raw_clone3(unsigned long flags, int signal)
{
	struct clone_args a = { .flags = flags, .exit_signal = signal };

	return syscall(SYS_clone3, &a, sizeof(a));
}

static pid_t by_fork(void)
{
	return syscall(SYS_fork);
}

static pid_t by_clone(void)
{
	return raw_clone(SIGCHLD);
}

static pid_t by_clone3(void)
{
	return raw_clone3(0, SIGCHLD);
}

/* Nobody is told when it ends. */
static pid_t without_signal(void)
{
	return raw_clone(0);
}

/* A child of our parent: started by us nevertheless. */
static pid_t as_sibling(void)
{
	return raw_clone(CLONE_PARENT | SIGCHLD);
}

static pid_t as_sibling3(void)
{
	return raw_clone3(CLONE_PARENT, 0);
}

static pid_t in_pid_namespace(void)
{
	return raw_clone(CLONE_NEWPID | SIGCHLD);
}

static pid_t in_user_namespace(void)
{
	return raw_clone(CLONE_NEWUSER | CLONE_NEWPID | SIGCHLD);
}

/* Ways that run a program, this one, with nothing of ours but its stdin. */
static char *idle[] = { "probe", "idle", NULL };

static pid_t by_vfork(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		dup2(life[0], STDIN_FILENO);
		execve("/proc/self/exe", idle, environ);
		_exit(BROKEN);
	}
	return pid;
}

static pid_t by_spawn(void)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, life[0], STDIN_FILENO);
	errno = posix_spawn(&pid, "/proc/self/exe", &actions, NULL, idle, environ);
	posix_spawn_file_actions_destroy(&actions);
	return errno ? -1 : pid;
}

static pid_t by_exec(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		dup2(life[0], STDIN_FILENO);
		execve("/proc/self/exe", idle, environ);
		_exit(BROKEN);
	}
	return pid;
}

struct by_thread {
	pid_t pid;
	int err;
};

static void *fork_in_thread(void *arg)
{
	struct by_thread *t = arg;

	t->pid = fork();
	t->err = errno;
	if (t->pid == 0)
		live();
	return NULL;
}

/* A thread for each child, which is gone when the child has been made. */
static pid_t by_thread(void)
{
	struct by_thread t;
	pthread_t thread;

	if (pthread_create(&thread, NULL, fork_in_thread, &t))
		broken("a thread could not be made");
	pthread_join(thread, NULL);
	errno = t.err;
	return t.pid;
}

static const struct process_way ways[] = {
	{ "fork", by_fork },
	{ "clone", by_clone },
	{ "clone3", by_clone3 },
	{ "vfork", by_vfork },
	{ "spawn", by_spawn },
	{ "exec", by_exec },
	{ "thread", by_thread },
	{ "without-signal", without_signal },
	{ "sibling", as_sibling },
	{ "sibling3", as_sibling3 },
	{ "pid-namespace", in_pid_namespace },
	{ "user-namespace", in_user_namespace },
	{ NULL, NULL },
};

const struct process_way *process_way(const char *name)
{
	for (const struct process_way *w = ways; w->name; w++)
		if (!strcmp(w->name, name))
			return w;
	broken("there is no way '%s'", name);
}

/* The last of @n was refused, or one before it: only the first is a limit of @n - 1. */
int refused_at(int i, int n, const char *what)
{
	int out = refused(what);

	if (out == DENIED && i != n - 1) {
		fprintf(stderr, "probe: the %dth of %d was refused\n", i + 1, n);
		return OTHER;
	}
	return out;
}

static int act_keep(char **args)
{
	const struct process_way *w = process_way(args[0]);
	int n = number(args[1]), out = ALLOWED;
	pid_t *children = calloc(n + 1, sizeof(*children));

	begin_life();
	for (int i = 0; i < n && out == ALLOWED; i++) {
		pid_t pid = children[i] = w->start();

		if (pid == 0)
			live();
		if (pid < 0)
			out = refused_at(i, n, w->name);
		else if (kill(pid, 0))
			out = effect(false, "the child is not there");
	}
	/* Only these: who runs this may have children of its own, which do not end yet. */
	close(life[1]);
	for (int i = 0; i < n && children[i] > 0; i++)
		waitpid(children[i], NULL, __WALL);
	return out;
}

/* Stays until its stdin has ended. */
static int act_idle(char **args)
{
	char c;

	(void)args;
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return ALLOWED;
}

/*
 * holding N ACT...: the act while N children are alive that the program had when it ran
 * another program instead of itself, if ACT says exec.
 */
static int act_holding(char **args)
{
	int n = number(args[0]);

	begin_life();
	/* The exec must not end the children. */
	fcntl(life[1], F_SETFD, 0);
	for (int i = 0; i < n; i++)
		if (need(fork(), "fork") == 0)
			live();
	return run_act(args + 1);
}

static void *wait_in_thread(void *arg)
{
	pause();
	return arg;
}

/* holding-threads N ACT...: the same with N threads beside this one, which an exec ends. */
static int act_holding_threads(char **args)
{
	int n = number(args[0]);
	pthread_t t;

	for (int i = 0; i < n; i++)
		if (pthread_create(&t, NULL, wait_in_thread, NULL))
			broken("a thread could not be made");
	return run_act(args + 1);
}

/* The children are dead and nobody has asked after them. */
static void make_zombies(int n)
{
	siginfo_t info;

	for (int i = 0; i < n; i++) {
		pid_t pid = need(fork(), "fork");

		if (pid == 0)
			_exit(0);
		need(waitid(P_PID, pid, &info, WEXITED | WNOWAIT), "waitid");
	}
}

static int one_more(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return refused("fork");
	need(waitpid(pid, NULL, 0), "waitpid");
	return ALLOWED;
}

/* zombies N: one child more beside N dead ones */
static int act_zombies(char **args)
{
	make_zombies(number(args[0]));
	return one_more();
}

/* reaped N: the same after one of them has been asked after */
static int act_reaped(char **args)
{
	make_zombies(number(args[0]));
	need(wait(NULL), "wait");
	return one_more();
}

const struct act process_acts[] = {
	{ "keep", "WAY N", act_keep },
	{ "idle", "", act_idle },
	{ "holding", "N ACT...", act_holding },
	{ "holding-threads", "N ACT...", act_holding_threads },
	{ "zombies", "N", act_zombies },
	{ "reaped", "N", act_reaped },
	{ NULL, NULL, NULL },
};
