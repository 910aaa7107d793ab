// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reaching into another program while it runs. PROG is started here as "PROG
 * pause", and says where a word of its memory lies.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define WORD 0x5a5a /* what stands in the other program, see act_pause() */

struct victim {
	struct child c;
	void *at;
};

static struct victim start(char *prog)
{
	char *argv[] = { prog, "pause", NULL };
	struct victim v = { .c = spawn(argv) };
	char line[32];

	say(&v.c, line, sizeof(line));
	v.at = (void *)strtoul(line, NULL, 16);
	return v;
}

static int finish(struct victim *v, int out)
{
	if (reap(&v->c))
		broken("the other program failed");
	return out;
}

static int peek(pid_t pid, void *at)
{
	errno = 0;
	return effect(ptrace(PTRACE_PEEKDATA, pid, at, 0) == WORD && !errno, "PTRACE_PEEKDATA");
}

static int act_attach(char **args)
{
	struct victim v = start(args[0]);
	int out = judge(ptrace(PTRACE_ATTACH, v.c.pid, 0, 0), "PTRACE_ATTACH");

	if (!out) {
		need(waitpid(v.c.pid, NULL, __WALL), "waitpid");
		out = peek(v.c.pid, v.at);
		need(ptrace(PTRACE_DETACH, v.c.pid, 0, 0), "PTRACE_DETACH");
	}
	return finish(&v, out);
}

static int act_seize(char **args)
{
	struct victim v = start(args[0]);
	int out = judge(ptrace(PTRACE_SEIZE, v.c.pid, 0, 0), "PTRACE_SEIZE");

	if (!out) {
		need(ptrace(PTRACE_INTERRUPT, v.c.pid, 0, 0), "PTRACE_INTERRUPT");
		need(waitpid(v.c.pid, NULL, __WALL), "waitpid");
		out = peek(v.c.pid, v.at);
		need(ptrace(PTRACE_DETACH, v.c.pid, 0, 0), "PTRACE_DETACH");
	}
	return finish(&v, out);
}

static int act_vm_read(char **args)
{
	struct victim v = start(args[0]);
	long got = 0;
	struct iovec here = { &got, sizeof(got) }, there = { v.at, sizeof(got) };
	int out = judge(process_vm_readv(v.c.pid, &here, 1, &there, 1, 0), "process_vm_readv");

	if (!out)
		out = effect(got == WORD, "process_vm_readv");
	return finish(&v, out);
}

static int act_vm_write(char **args)
{
	struct victim v = start(args[0]);
	long new = 1;
	struct iovec here = { &new, sizeof(new) }, there = { v.at, sizeof(new) };
	ssize_t n = process_vm_writev(v.c.pid, &here, 1, &there, 1, 0);

	return finish(&v, n < 0 ? refused("process_vm_writev")
				: effect(n == sizeof(new), "process_vm_writev"));
}

/* /proc/PID/mem: the kernel turns every refusal here into EACCES, in mm_access(). */
static int mem(char **args, int flags)
{
	struct victim v = start(args[0]);
	char path[64];
	long value = WORD;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/mem", (int)v.c.pid);
	fd = open(path, flags);
	if (fd < 0)
		return finish(&v, refused("open of /proc/PID/mem"));
	if (flags == O_RDONLY)
		return finish(&v, judge(pread(fd, &value, sizeof(value), (uintptr_t)v.at),
					"read of /proc/PID/mem"));
	return finish(&v, judge(pwrite(fd, &value, sizeof(value), (uintptr_t)v.at),
				"write to /proc/PID/mem"));
}

static int act_mem_read(char **args)
{
	return mem(args, O_RDONLY);
}

static int act_mem_write(char **args)
{
	return mem(args, O_RDWR);
}

/*
 * traceme PROG: the child asks to be traced and only then becomes PROG, so that
 * no attach is ever asked for. The tracer then reads PROG's memory.
 */
static int act_traceme(char **args)
{
	char *argv[] = { args[0], "true", NULL };
	int status, out = ALLOWED;
	pid_t pid = need(fork(), "fork");

	if (pid == 0) {
		need(ptrace(PTRACE_TRACEME, 0, 0, 0), "PTRACE_TRACEME");
		execv(argv[0], argv);
		_exit(refused("execve while traced"));
	}
	need(waitpid(pid, &status, 0), "waitpid");
	if (WIFEXITED(status))
		return exit_code(status);
	if (!WIFSTOPPED(status) || WSTOPSIG(status) != SIGTRAP)
		broken("the traced program did not stop at its start");
	/* It has become PROG and its tracer may do with it what it likes. */
	errno = 0;
	ptrace(PTRACE_PEEKUSER, pid, 0, 0);
	if (errno)
		out = refused("PTRACE_PEEKUSER");
	kill(pid, SIGKILL);
	need(waitpid(pid, NULL, 0), "waitpid");
	return out;
}

/* The same by PTRACE_SEIZE, before the exec. */
static int act_seize_exec(char **args)
{
	char *argv[] = { args[0], "true", NULL };
	int go[2], status, out;
	char c = 'g';
	pid_t pid;

	need(pipe(go), "pipe");
	pid = need(fork(), "fork");
	if (pid == 0) {
		need(read(go[0], &c, 1), "read");
		execv(argv[0], argv);
		_exit(refused("execve while traced"));
	}
	need(ptrace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACEEXEC), "PTRACE_SEIZE of a child");
	need(write(go[1], &c, 1), "write");
	need(waitpid(pid, &status, 0), "waitpid");
	if (WIFEXITED(status))
		return exit_code(status);
	out = effect(status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8), "PTRACE_EVENT_EXEC");
	kill(pid, SIGKILL);
	need(waitpid(pid, NULL, 0), "waitpid");
	return out;
}

const struct act trace_acts[] = {
	{ "attach", "PROG", act_attach },
	{ "seize", "PROG", act_seize },
	{ "vm-read", "PROG", act_vm_read },
	{ "vm-write", "PROG", act_vm_write },
	{ "mem-read", "PROG", act_mem_read },
	{ "mem-write", "PROG", act_mem_write },
	{ "traceme", "PROG", act_traceme },
	{ "seize-exec", "PROG", act_seize_exec },
	{ NULL, NULL, NULL },
};
