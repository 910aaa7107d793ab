// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command under lsm-guard, and says what bringing the policy up cost.
 *
 *	with-guard LSM_GUARD POLICY -- COMMAND [ARG...]
 *
 * Prints, before the command's own output, as the bench prints its rows:
 *
 *	load		instructions that lsm-guard ran until its "enforcing" line
 *	start-up	nanoseconds of guest time until then: with the waiting for grace periods
 *	kernel-memory	bytes that the kernel holds more than before: what /proc/meminfo
 *			counts as used less the page cache, programs' own memory and page tables
 *	map-memory	bytes that the fdinfo of lsm-guard's maps admits to ("memlock")
 *
 * For the guest only. If lsm-guard does not come up, or is gone when the command has
 * ended, there is nothing measured and the exit status is 1.
 */
#include <dirent.h>
#include <errno.h>
#include <error.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <x86intrin.h>

/* The kernel's own memory now, in bytes, without what it keeps only because there is room. */
static int64_t kernel_memory(void)
{
	static const char *const not_its_own[] = { "MemFree:", "Buffers:", "Cached:", "AnonPages:",
						   "PageTables:" };
	int drop = open("/proc/sys/vm/drop_caches", O_WRONLY | O_CLOEXEC);
	FILE *f = fopen("/proc/meminfo", "re");
	char name[64];
	int64_t kib, sum = 0;

	if (drop < 0 || write(drop, "3", 1) != 1)
		error(1, errno, "/proc/sys/vm/drop_caches");
	close(drop);
	if (!f)
		error(1, errno, "/proc/meminfo");
	while (fscanf(f, "%63s %ld%*[^\n]", name, &kib) == 2) {
		if (!strcmp(name, "MemTotal:"))
			sum += kib;
		for (size_t i = 0; i < sizeof(not_its_own) / sizeof(*not_its_own); i++) {
			if (!strcmp(name, not_its_own[i]))
				sum -= kib;
		}
	}
	fclose(f);
	return sum * 1024;
}

/* How long a process has had the processor, in nanoseconds: under -icount, instructions. */
static uint64_t ran(pid_t pid)
{
	char path[64];
	uint64_t ns;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%lu", &ns) != 1)
		error(1, errno, "%s", path);
	fclose(f);
	return ns;
}

/* The "memlock:" line of a map's fdinfo; 0 where the descriptor is something else. */
static int64_t map_bytes(const char *fdinfo)
{
	FILE *f = fopen(fdinfo, "re");
	char line[256];
	int64_t bytes = 0;
	int is_map = 0;

	while (f && fgets(line, sizeof(line), f)) {
		is_map |= !strncmp(line, "map_type:", 9);
		sscanf(line, "memlock: %ld", &bytes);
	}
	if (f)
		fclose(f);
	return is_map ? bytes : 0;
}

static int64_t map_memory(pid_t pid)
{
	struct dirent *entry;
	char path[300];
	int64_t sum = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	if (!dir)
		error(1, errno, "%s", path);
	while ((entry = readdir(dir))) {
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s", pid, entry->d_name);
		sum += map_bytes(path);
	}
	closedir(dir);
	return sum;
}

/* Starts lsm-guard, its stderr into the pipe that is returned, its events nowhere. */
static pid_t start(const char *guard, const char *policy, FILE **err)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		error(1, errno, "pipe");
	pid = fork();
	if (pid < 0)
		error(1, errno, "fork");
	if (!pid) {
		if (dup2(open("/dev/null", O_WRONLY), 1) < 0 || dup2(ends[1], 2) < 0)
			_exit(127);
		execl(guard, guard, "--policy", policy, NULL);
		error(127, errno, "%s", guard);
	}
	close(ends[1]);
	*err = fdopen(ends[0], "r");
	if (!*err)
		error(1, errno, "fdopen");
	return pid;
}

static void wait_enforcing(FILE *err)
{
	char line[4096];

	while (fgets(line, sizeof(line), err)) {
		if (!strncmp(line, "enforcing ", 10))
			return;
		fputs(line, stderr);
	}
	error(1, 0, "lsm-guard did not come up");
}

static int run(char **argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(*argv, argv);
		error(127, errno, "%s", *argv);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		error(1, errno, "%s", *argv);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv)
{
	int64_t before, held;
	uint64_t began, took, load;
	int ret, status;
	pid_t guard;
	FILE *err;

	if (argc < 5 || strcmp(argv[3], "--"))
		error(2, 0, "usage: with-guard LSM_GUARD POLICY -- COMMAND [ARG...]");
	before = kernel_memory();
	began = __rdtsc();
	guard = start(argv[1], argv[2], &err);
	wait_enforcing(err);
	took = __rdtsc() - began;
	load = ran(guard);
	sleep(2); /* what was freed on the way is handed back in the background */
	printf("load\t%lu\t%lu\n", load, load);
	printf("start-up\t%lu\t%lu\n", took, took);
	held = kernel_memory() - before;
	printf("kernel-memory\t%ld\t%ld\n", held, held);
	held = map_memory(guard);
	printf("map-memory\t%ld\t%ld\n", held, held);
	fflush(stdout);

	ret = run(argv + 4);
	if (waitpid(guard, &status, WNOHANG))
		error(1, 0, "lsm-guard went away while it was measured");
	kill(guard, SIGINT);
	if (waitpid(guard, &status, 0) != guard || status)
		error(1, 0, "lsm-guard did not end as it should: wait status %#x", status);
	return ret;
}
