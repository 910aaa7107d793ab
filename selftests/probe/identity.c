// SPDX-License-Identifier: GPL-2.0-only
/*
 * Passing for another program. PROG is the one that the policy lists; each act
 * makes the running probe look like it in one way and then reads FILE.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/prctl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

static int read_file(const char *file)
{
	return use(open(file, O_RDONLY), mode_of("read"), "open");
}

struct range {
	unsigned long from, to;
	int prot;
};

/* The mappings of our own executable, in which its file is still held. */
static size_t own_mappings(struct range *r, size_t max)
{
	char exe[PATH_MAX], line[PATH_MAX + 128], perms[5], path[PATH_MAX];
	ssize_t len = need(readlink("/proc/self/exe", exe, sizeof(exe) - 1), "/proc/self/exe");
	FILE *f = fopen("/proc/self/maps", "re");
	size_t n = 0;

	exe[len] = 0;
	need(f ? 0 : -1, "/proc/self/maps");
	while (fgets(line, sizeof(line), f) && n < max) {
		unsigned long from, to;

		if (sscanf(line, "%lx-%lx %4s %*s %*s %*s %4095s", &from, &to, perms, path) != 4)
			continue;
		if (strcmp(path, exe))
			continue;
		r[n++] = (struct range){ from, to,
					 (perms[0] == 'r' ? PROT_READ : 0) |
						 (perms[1] == 'w' ? PROT_WRITE : 0) |
						 (perms[2] == 'x' ? PROT_EXEC : 0) };
	}
	fclose(f);
	return n;
}

/*
 * PR_SET_MM_EXE_FILE wants the old file unmapped first. Each mapping is copied
 * to anonymous memory and the copy moved over it, in one system call, so that
 * the code goes on under its own feet.
 */
static void let_go_of_executable(void)
{
	struct range r[16];
	size_t n = own_mappings(r, 16);

	if (!n)
		broken("no mapping of the executable found");
	for (size_t i = 0; i < n; i++) {
		size_t size = r[i].to - r[i].from;
		void *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				  -1, 0);

		if (copy == MAP_FAILED)
			need(-1, "mmap");
		memcpy(copy, (void *)r[i].from, size);
		need(mprotect(copy, size, r[i].prot), "mprotect");
		if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, (void *)r[i].from) ==
		    MAP_FAILED)
			need(-1, "mremap");
	}
}

/* That PROG is our executable now, as /proc has it. */
static void check_forged(const char *prog)
{
	char exe[PATH_MAX], want[PATH_MAX];
	ssize_t len = need(readlink("/proc/self/exe", exe, sizeof(exe) - 1), "/proc/self/exe");

	exe[len] = 0;
	need(realpath(prog, want) ? 0 : -1, prog);
	if (strcmp(exe, want))
		broken("the executable is %s, not %s", exe, want);
}

/* As root. False: it was refused. */
static bool forge_exe(const char *prog)
{
	int fd = need(open(prog, O_RDONLY), prog);

	let_go_of_executable();
	if (prctl(PR_SET_MM, PR_SET_MM_EXE_FILE, fd, 0, 0))
		return false;
	check_forged(prog);
	return true;
}

/* forge-exe PROG FILE */
static int act_forge_exe(char **args)
{
	return forge_exe(args[0]) ? read_file(args[1]) : refused("PR_SET_MM_EXE_FILE");
}

/* forged PROG ACT... */
static int act_forged(char **args)
{
	return forge_exe(args[0]) ? run_act(args + 1) : refused("PR_SET_MM_EXE_FILE");
}

/* The fields of /proc/self/stat that PR_SET_MM_MAP wants back, by their number in proc(5). */
static unsigned long stat_field(int wanted)
{
	char text[2048], *p;
	int fd = need(open("/proc/self/stat", O_RDONLY), "/proc/self/stat");
	ssize_t len = need(read(fd, text, sizeof(text) - 1), "/proc/self/stat");

	close(fd);
	text[len] = 0;
	/* Behind the name, which may hold anything, come the fields from the third on. */
	p = strrchr(text, ')');
	for (int field = 2; p && field < wanted; field++)
		p = strchr(p + 1, ' ');
	if (p)
		return strtoul(p + 1, NULL, 10);
	broken("/proc/self/stat has no field %d", wanted);
}

/* forge-map PROG FILE: for whoever has capabilities in a user namespace, also its own */
static int act_forge_map(char **args)
{
	struct prctl_mm_map m = {
		.start_code = stat_field(26),
		.end_code = stat_field(27),
		.start_stack = stat_field(28),
		.start_data = stat_field(45),
		.end_data = stat_field(46),
		.start_brk = stat_field(47),
		.brk = (unsigned long)sbrk(0),
		.arg_start = stat_field(48),
		.arg_end = stat_field(49),
		.env_start = stat_field(50),
		.env_end = stat_field(51),
		.exe_fd = need(open(args[0], O_RDONLY), args[0]),
	};

	let_go_of_executable();
	if (prctl(PR_SET_MM, PR_SET_MM_MAP, &m, sizeof(m), 0))
		return refused("PR_SET_MM_MAP");
	check_forged(args[0]);
	return read_file(args[1]);
}

/* forge-comm NAME FILE */
static int act_forge_comm(char **args)
{
	need(prctl(PR_SET_NAME, args[0]), "PR_SET_NAME");
	return read_file(args[1]);
}

/*
 * preload LIBRARY FILE PROG...: PROG with a library of ours in it, which reads
 * FILE before main and ends the program with what came of it. That the loader
 * leaves the library out has no errno: it is printed, and is OTHER.
 */
static int preload(char **args, const char *variable)
{
	int status, code;
	pid_t pid;

	need(setenv(variable, args[0], 1), "setenv");
	need(setenv("PROBE_PRELOAD_FILE", args[1], 1), "setenv");
	pid = need(fork(), "fork");
	if (pid == 0) {
		execv(args[2], args + 2);
		_exit(refused("execve"));
	}
	need(waitpid(pid, &status, 0), "waitpid");
	code = exit_code(status);
	if (code < 100)
		return effect(false, "the library was left out");
	return code - 100;
}

static int act_preload(char **args)
{
	return preload(args, "LD_PRELOAD");
}

static int act_audit(char **args)
{
	return preload(args, "LD_AUDIT");
}

const struct act identity_acts[] = {
	{ "forge-exe", "PROG FILE", act_forge_exe },
	{ "forged", "PROG ACT...", act_forged },
	{ "forge-map", "PROG FILE", act_forge_map },
	{ "forge-comm", "NAME FILE", act_forge_comm },
	{ "preload", "LIBRARY FILE PROG ...", act_preload },
	{ "audit", "LIBRARY FILE PROG ...", act_audit },
	{ NULL, NULL, NULL },
};
