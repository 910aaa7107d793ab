// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ways to run a program. When it starts, its exit status is the act's: what
 * is run is a copy of the probe with an act of its own.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define LOADER "/lib64/ld-linux-x86-64.so.2"

extern char **environ;

static int act_exec(char **args)
{
	execv(args[0], args);
	return refused("execve");
}

/* exec-as ARGV0 PROG ...: lies about its name */
static int act_exec_as(char **args)
{
	const char *prog = args[1];

	args[1] = args[0];
	execv(prog, args + 1);
	return refused("execve");
}

static int act_execveat(char **args)
{
	int fd = need(open(args[0], O_PATH | O_CLOEXEC), "O_PATH");

	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	return refused("execveat with AT_EMPTY_PATH");
}

static int act_exec_proc_fd(char **args)
{
	int fd = need(open(args[0], O_PATH | O_CLOEXEC), "O_PATH");
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	execv(path, args);
	return refused("execve of /proc/self/fd");
}

static void *exec_thread(void *args)
{
	execv(*(char **)args, args);
	return (void *)(long)errno;
}

/* From a thread that is not the leader, whose place it then takes. */
static int act_exec_thread(char **args)
{
	pthread_t t;
	void *err;

	if (pthread_create(&t, NULL, exec_thread, args))
		broken("a thread could not be made");
	pthread_join(t, &err);
	errno = (long)err;
	return refused("execve in a thread");
}

static int act_exec_vfork(char **args)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execv(args[0], args);
		_exit(errno == EPERM ? DENIED : OTHER);
	}
	need(pid, "vfork");
	need(waitpid(pid, &status, 0), "waitpid");
	return exit_code(status);
}

/* By a child that has been started for it: what a shell does. */
static int act_exec_fork(char **args)
{
	int status;
	pid_t pid = need(fork(), "fork");

	if (pid == 0)
		exit(act_exec(args));
	need(waitpid(pid, &status, 0), "waitpid");
	return exit_code(status);
}

/* A copy in memory, which has no file at all. */
static int act_exec_memfd(char **args)
{
	int from = need(open(args[0], O_RDONLY | O_CLOEXEC), args[0]);
	int fd = need(memfd_create("copy", MFD_CLOEXEC), "memfd_create");
	struct stat st;

	need(fstat(from, &st), "fstat");
	for (off_t left = st.st_size; left > 0;) {
		char buf[65536];
		ssize_t n = need(read(from, buf, sizeof(buf)), "read");

		if (!n)
			break;
		need(write(fd, buf, n), "write");
		left -= n;
	}
	syscall(SYS_execveat, fd, "", args, environ, AT_EMPTY_PATH);
	return refused("execveat of a memfd");
}

/*
 * The dynamic loader, asked to run FILE as its argument. It has the errno from
 * the kernel, prints it at best, and leaves with 127.
 */
static int act_loader(char **args)
{
	char *argv[16] = { LOADER };
	char text[1024] = "";
	struct child c;
	int err[2], status;

	for (size_t i = 0; i < 14 && args[i]; i++)
		argv[i + 1] = args[i];
	need(pipe(err), "pipe");
	c.pid = need(fork(), "fork");
	if (c.pid == 0) {
		dup2(err[1], STDERR_FILENO);
		execv(LOADER, argv);
		need(-1, LOADER);
	}
	close(err[1]);
	for (size_t n = 0; n + 1 < sizeof(text);) {
		ssize_t got = read(err[0], text + n, sizeof(text) - 1 - n);

		if (got <= 0)
			break;
		n += got;
	}
	need(waitpid(c.pid, &status, 0), "waitpid");
	fputs(text, stderr);
	if (exit_code(status) != 127)
		return exit_code(status);
	return strstr(text, "Operation not permitted") ? DENIED : OTHER;
}

static int map_exec(const char *file, bool later)
{
	int fd = open(file, O_RDONLY);
	void *p;

	if (fd < 0)
		return refused("open for mmap");
	p = mmap(NULL, 4096, PROT_READ | (later ? 0 : PROT_EXEC), MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return refused("mmap to execute");
	if (later && mprotect(p, 4096, PROT_READ | PROT_EXEC))
		return refused("mprotect to execute");
	return ALLOWED;
}

/* What a loader of one's own would do. */
static int act_mmap_exec(char **args)
{
	return map_exec(args[0], false);
}

static int act_mprotect_exec(char **args)
{
	return map_exec(args[0], true);
}

/* The area at @p, as the kernel has it. */
static bool is_executable(const void *p)
{
	FILE *f = fopen("/proc/self/maps", "re");
	char line[512], mode[8];
	bool is = false;
	uintptr_t start;

	need(f ? 0 : -1, "/proc/self/maps");
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%*x %7s", &start, mode) == 2 && start == (uintptr_t)p)
			is = mode[2] == 'x';
	fclose(f);
	return is;
}

/* Code by a mapping that only asks to be read. */
static int act_mmap_implied_exec(char **args)
{
	int fd;
	void *p;

	need(personality(READ_IMPLIES_EXEC), "READ_IMPLIES_EXEC");
	fd = open(args[0], O_RDONLY);
	if (fd < 0)
		return refused("open for mmap");
	p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return refused("mmap to read, and so to execute");
	return effect(is_executable(p), "mmap to read, and so to execute");
}

const struct act exec_acts[] = {
	{ "exec", "PROG ...", act_exec },
	{ "exec-as", "ARGV0 PROG ...", act_exec_as },
	{ "execveat", "PROG ...", act_execveat },
	{ "exec-proc-fd", "PROG ...", act_exec_proc_fd },
	{ "exec-thread", "PROG ...", act_exec_thread },
	{ "exec-vfork", "PROG ...", act_exec_vfork },
	{ "exec-fork", "PROG ...", act_exec_fork },
	{ "exec-memfd", "PROG ...", act_exec_memfd },
	{ "loader", "PROG ...", act_loader },
	{ "mmap-exec", "FILE", act_mmap_exec },
	{ "mmap-implied-exec", "FILE", act_mmap_implied_exec },
	{ "mprotect-exec", "FILE", act_mprotect_exec },
	{ NULL, NULL, NULL },
};
