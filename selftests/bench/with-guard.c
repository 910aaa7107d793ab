// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command under lsm-guard, and says what bringing the policy up cost.
 *
 *	with-guard LSM_GUARD POLICY [OPTION] -- COMMAND [ARG...]
 *
 * lsm-guard gets the option too.
 *
 * Prints, before the command's own output, as the bench prints its rows:
 *
 *	load		instructions that lsm-guard ran until it said that it is on
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

/* The process that has loaded the guard and looks after it, a child of the one that was started. */
static pid_t watcher_of(pid_t pid)
{
	char path[64];
	int child;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
	f = fopen(path, "re");
	if (!f || fscanf(f, "%d", &child) != 1)
		error(1, errno, "%s", path);
	fclose(f);
	return child;
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

/*
 * So that lsm-guard and its libraries are in memory when it is started: guest time runs ahead while
 * the host's disk is waited for.
 */
static void warm_up(const char *guard)
{
	int fd = open(guard, O_RDONLY | O_CLOEXEC), status;
	char bytes[1 << 16];
	pid_t pid;

	while (read(fd, bytes, sizeof(bytes)) > 0)
		;
	close(fd);
	pid = fork();
	if (!pid) {
		if (dup2(open("/dev/null", O_WRONLY), 1) < 0)
			_exit(127);
		execl(guard, guard, "--version", NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		error(1, errno, "%s --version", guard);
}

/* Starts lsm-guard, its stderr into the pipe that is returned, its events nowhere. */
static pid_t start(const char *guard, const char *policy, const char *option, FILE **err)
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
		execl(guard, guard, "--policy", policy, option, NULL);
		error(127, errno, "%s", guard);
	}
	close(ends[1]);
	*err = fdopen(ends[0], "r");
	if (!*err)
		error(1, errno, "fdopen");
	return pid;
}

static void wait_until_on(FILE *err)
{
	char line[4096];

	while (fgets(line, sizeof(line), err)) {
		if (!strncmp(line, "enforcing ", 10) || !strncmp(line, "fallback, ", 10))
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
	char **command = argv + 4, *option = NULL;
	pid_t guard, watcher;
	int ret, status;
	FILE *err;

	if (argc > 5 && strcmp(argv[3], "--")) {
		option = argv[3];
		command++;
	}
	if (argc < 5 || strcmp(command[-1], "--"))
		error(2, 0, "usage: with-guard LSM_GUARD POLICY [OPTION] -- COMMAND [ARG...]");
	before = kernel_memory();
	warm_up(argv[1]);
	began = __rdtsc();
	guard = start(argv[1], argv[2], option, &err);
	wait_until_on(err);
	took = __rdtsc() - began;
	watcher = watcher_of(guard);
	load = ran(guard) + ran(watcher);
	sleep(2); /* what was freed on the way is handed back in the background */
	printf("load\t%lu\t%lu\n", load, load);
	printf("start-up\t%lu\t%lu\n", took, took);
	held = kernel_memory() - before;
	printf("kernel-memory\t%ld\t%ld\n", held, held);
	held = map_memory(watcher);
	printf("map-memory\t%ld\t%ld\n", held, held);
	fflush(stdout);

	ret = run(command);
	if (waitpid(guard, &status, WNOHANG))
		error(1, 0, "lsm-guard went away while it was measured");
	kill(guard, SIGINT);
	if (waitpid(guard, &status, 0) != guard || status)
		error(1, 0, "lsm-guard did not end as it should: wait status %#x", status);
	return ret;
}
