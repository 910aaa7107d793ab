// SPDX-License-Identifier: GPL-2.0-only
/*
 * An act done by a process that stands to this one as those do which a program tries to
 * be rid of its limits by: a child, an orphan, the leader of a session, a sibling.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "process.h"

extern char **environ;

static int outcome_of(pid_t pid, const char *what)
{
	int status;

	if (pid < 0)
		return refused(what);
	need(waitpid(pid, &status, __WALL), "waitpid");
	return exit_code(status);
}

/* by WAY ACT...: by a child that was started so */
static int act_by(char **args)
{
	const struct process_way *w = process_way(args[0]);
	pid_t pid = w->start();

	if (pid == 0)
		exit(run_act(args + 1));
	return outcome_of(pid, w->name);
}

/* spawned PROG ... */
static int act_spawned(char **args)
{
	pid_t pid;

	errno = posix_spawn(&pid, args[0], NULL, NULL, args, environ);
	if (errno)
		return refused("posix_spawn");
	return outcome_of(pid, "posix_spawn");
}

/* Its outcome comes by memory, because nobody waits for it. */
static _Atomic int *outcome_make(void)
{
	_Atomic int *p =
		mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	need(p == MAP_FAILED ? -1 : 0, "mmap");
	*p = -1;
	return p;
}

static int outcome_wait(_Atomic int *outcome)
{
	for (int i = 0; *outcome < 0; i++) {
		if (i > 60000)
			broken("the process did not say what became of it");
		usleep(1000);
	}
	return *outcome;
}

/* The act in a process of its own, so that an exec in it does not take the report away. */
static _Noreturn void report(char **args, _Atomic int *outcome)
{
	pid_t pid = fork();

	if (pid == 0)
		exit(run_act(args));
	*outcome = outcome_of(pid, "fork");
	_exit(0);
}

static int orphaned(char **args, bool session)
{
	_Atomic int *outcome = outcome_make();
	pid_t self = getpid(), pid = need(fork(), "fork");

	if (pid == 0) {
		pid_t parent = getpid();

		if (session)
			need(setsid(), "setsid");
		if (need(fork(), "fork"))
			_exit(0);
		while (getppid() == parent)
			usleep(1000);
		if (getppid() == self)
			broken("the orphan is our own child");
		report(args, outcome);
	}
	need(waitpid(pid, NULL, 0), "waitpid");
	return outcome_wait(outcome);
}

/* By a process whose parent has left. */
static int act_orphaned(char **args)
{
	return orphaned(args, false);
}

static int act_daemon(char **args)
{
	return orphaned(args, true);
}

/* By a child of our parent. */
static int act_sibling(char **args)
{
	_Atomic int *outcome = outcome_make();
	pid_t pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, NULL, NULL, NULL, 0);

	if (pid == 0)
		report(args, outcome);
	if (pid < 0)
		return refused("clone with CLONE_PARENT");
	return outcome_wait(outcome);
}

static void *in_thread(void *args)
{
	return (void *)(long)run_act(args);
}

static int act_in_thread(char **args)
{
	pthread_t t;
	void *out;

	errno = pthread_create(&t, NULL, in_thread, args);
	if (errno)
		return refused("pthread_create");
	pthread_join(t, &out);
	return (long)out;
}

/* The first thread has left; only another one is there. */
static void *when_alone(void *args)
{
	/* It is a zombie by then. */
	usleep(100000);
	exit(run_act(args));
}

static int act_without_leader(char **args)
{
	pthread_t t;

	errno = pthread_create(&t, NULL, when_alone, args);
	if (errno)
		return refused("pthread_create");
	pthread_exit(NULL);
}

/* script FILE... ACT...: what a script is run by; its names stand before what it was given */
static int act_script(char **args)
{
	while (*args && strchr(*args, '/'))
		args++;
	if (!*args)
		broken("a script without an act");
	return run_act(args);
}

/* failed-exec FILE ACT...: FILE cannot be run, and the act is ours */
static int act_failed_exec(char **args)
{
	char *argv[] = { args[0], "it-ran", NULL };

	execv(args[0], argv);
	if (errno == EPERM)
		return refused("execve");
	fprintf(stderr, "execve: %s\n", strerrorname_np(errno));
	return run_act(args + 1);
}

/* failed-exec-thread FILE ACT...: the same from a thread, while this one lives on */
static void *fail_in_thread(void *args)
{
	char *argv[] = { *(char **)args, "it-ran", NULL };

	execv(argv[0], argv);
	return NULL;
}

static int act_failed_exec_thread(char **args)
{
	pthread_t t;

	if (pthread_create(&t, NULL, fail_in_thread, args))
		broken("a thread could not be made");
	pthread_join(t, NULL);
	return run_act(args + 1);
}

/* too-long-exec PROG ACT...: its arguments do not fit */
static int act_too_long_exec(char **args)
{
	static char *argv[3];
	size_t size = 8 << 20;

	argv[0] = args[0];
	argv[1] = malloc(size);
	if (!argv[1])
		broken("no memory");
	memset(argv[1], 'x', size - 1);
	argv[1][size - 1] = 0;
	execv(args[0], argv);
	if (errno != E2BIG)
		return refused("execve");
	free(argv[1]);
	return run_act(args + 1);
}

/* await-file FILE ACT...: says that it stands ready, and begins when FILE is there */
static int act_await_file(char **args)
{
	char *ready;
	int fd;

	if (asprintf(&ready, "%s.%d", args[0], getpid()) < 0)
		broken("no memory");
	fd = need(open(ready, O_WRONLY | O_CREAT, 0644), ready);
	close(fd);
	while (access(args[0], F_OK))
		usleep(10000);
	return run_act(args + 1);
}

const struct act process_start_acts[] = {
	{ "by", "WAY ACT...", act_by },
	{ "spawned", "PROG ...", act_spawned },
	{ "orphaned", "ACT...", act_orphaned },
	{ "daemon", "ACT...", act_daemon },
	{ "sibling", "ACT...", act_sibling },
	{ "in-thread", "ACT...", act_in_thread },
	{ "without-leader", "ACT...", act_without_leader },
	{ "script", "ACT...", act_script },
	{ "failed-exec", "FILE ACT...", act_failed_exec },
	{ "failed-exec-thread", "FILE ACT...", act_failed_exec_thread },
	{ "too-long-exec", "PROG ACT...", act_too_long_exec },
	{ "await-file", "FILE ACT...", act_await_file },
	{ NULL, NULL, NULL },
};
