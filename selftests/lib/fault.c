// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the tests of faults: see fault.h. The kernel is asked itself, without libbpf or bpftool:
 * they are asked often, where a process takes a second to start.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../lsm/lsm_guard.h"
#include "lib/fault.h"

#define GONE_MS 60000

static long bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	return syscall(__NR_bpf, cmd, attr, sizeof(*attr));
}

/* ---- what is loaded ------------------------------------------------------------- */

struct kind {
	const char *name;
	enum bpf_cmd next, open;
};

static const struct kind kinds[] = {
	{ "prog", BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID },
	{ "map", BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID },
	{ "link", BPF_LINK_GET_NEXT_ID, BPF_LINK_GET_FD_BY_ID },
	{ "btf", BPF_BTF_GET_NEXT_ID, BPF_BTF_GET_FD_BY_ID },
};

/*
 * Programs and maps have names; by them one sees which it is that was left. False: it is the
 * kernel's own, as the BTF of a module is.
 */
static bool name_of(const struct kind *kind, __u32 id, char *name, size_t size)
{
	union bpf_attr attr = { .map_id = id };
	struct bpf_prog_info prog = {};
	struct bpf_map_info map = {};
	struct bpf_btf_info btf = {};
	int fd = bpf(kind->open, &attr);

	*name = 0;
	if (fd < 0)
		return true;
	attr = (union bpf_attr){ .info.bpf_fd = fd };
	if (kind->open == BPF_PROG_GET_FD_BY_ID) {
		attr.info.info = (__u64)&prog;
		attr.info.info_len = sizeof(prog);
	} else if (kind->open == BPF_MAP_GET_FD_BY_ID) {
		attr.info.info = (__u64)&map;
		attr.info.info_len = sizeof(map);
	} else if (kind->open == BPF_BTF_GET_FD_BY_ID) {
		attr.info.info = (__u64)&btf;
		attr.info.info_len = sizeof(btf);
	}
	if (attr.info.info && !bpf(BPF_OBJ_GET_INFO_BY_FD, &attr))
		snprintf(name, size, "%s", *prog.name ? prog.name : map.name);
	close(fd);
	return !btf.kernel_btf;
}

struct loaded loaded_now(void)
{
	struct loaded l = {};
	char name[64];

	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++) {
		union bpf_attr attr = {};

		while (!bpf(kinds[k].next, &attr)) {
			__u32 id = attr.next_id;

			attr = (union bpf_attr){ .start_id = id };
			if (!name_of(&kinds[k], id, name, sizeof(name)))
				continue;
			l.lines = realloc(l.lines, (l.n + 1) * sizeof(*l.lines));
			l.lines[l.n++] = path("%s %u %s", kinds[k].name, id, name);
		}
		if (errno != ENOENT)
			abort(); /* a list that cannot be read is not an empty one */
	}
	return l;
}

static void loaded_free(struct loaded *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->lines[i]);
	free(l->lines);
}

static bool has_line(const struct loaded *l, const char *line)
{
	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->lines[i], line))
			return true;
	return false;
}

char *loaded_since(const struct loaded *before)
{
	struct loaded now = loaded_now();
	char *more = NULL, *longer;

	for (size_t i = 0; i < now.n; i++) {
		if (has_line(before, now.lines[i]))
			continue;
		longer = path("%s%s; ", more ? more : "", now.lines[i]);
		free(more);
		more = longer;
	}
	loaded_free(&now);
	return more;
}

static bool nothing_since(void *before)
{
	char *more = loaded_since(before);

	free(more);
	return !more;
}

bool loaded_gone(const struct loaded *before)
{
	if (wait_for(nothing_since, (void *)before, GONE_MS))
		return true;
	printf("# left in the kernel: %s\n", loaded_since(before));
	return false;
}

/* ---- starts --------------------------------------------------------------------- */

static void become_lsm_guard(const struct start *s)
{
	char *argv[] = { "./lsm-guard",	    "--policy", (char *)s->policy, "--output", "json",
			 (char *)s->option, NULL };
	char *events = path("%s.events", s->policy);
	int out = open(events, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int log = open(s->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	setpgid(0, 0);
	dup2(out, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	close_range(3, ~0u, 0);
	if (s->prepare)
		s->prepare(s->arg);
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

bool start_begin(struct start *s)
{
	char *events = path("%s.events", s->policy);

	s->status = -1;
	s->pid = 0;
	if (access("/run/lsm-guard-vm", F_OK)) {
		printf("# this is not the guest of vm/run: lsm-guard is not started\n");
		return false;
	}
	if (!s->log)
		s->log = path("%s.log", s->policy);
	unlink(s->log);
	unlink(events);
	free(events);
	fflush(stdout);
	s->pid = fork();
	if (s->pid == 0)
		become_lsm_guard(s);
	setpgid(s->pid, s->pid);
	return s->pid > 0;
}

bool start_enforces(const struct start *s)
{
	char line[PATH_LEN];
	bool seen = false;
	FILE *f = fopen(s->log, "re");

	while (f && !seen && fgets(line, sizeof(line), f))
		seen = strchr(line, '\n') && !strncmp(line, "enforcing ", 10);
	if (f)
		fclose(f);
	return seen;
}

static bool has_left(void *arg)
{
	struct start *s = arg;
	int status;

	if (!s->pid)
		return true;
	if (waitpid(s->pid, &status, WNOHANG) != s->pid)
		return false;
	s->pid = 0;
	s->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	return true;
}

static bool has_settled(void *arg)
{
	return has_left(arg) || start_enforces(arg);
}

bool start_settles(struct start *s, int milliseconds)
{
	return wait_for(has_settled, s, milliseconds);
}

int start_end(struct start *s, int milliseconds)
{
	if (wait_for(has_left, s, milliseconds))
		return s->status;
	printf("# lsm-guard did not leave: it is killed\n");
	kill(-s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
	s->pid = 0;
	return -1;
}

char *start_said(const struct start *s)
{
	char *said = calloc(1, 4096);
	FILE *f = fopen(s->log, "re");

	if (f && fread(said, 1, 4095, f))
		for (char *p = said; *p; p++)
			if (*p == '\n')
				*p = p[1] ? '|' : 0;
	if (f)
		fclose(f);
	return said;
}

/* What stands first in the state of a guard is the same in every version. */
static pid_t watcher_in(int map)
{
	size_t size = sysconf(_SC_PAGESIZE);
	const struct guard_state *state = mmap(NULL, size, PROT_READ, MAP_SHARED, map, 0);
	pid_t pid;

	if (state == MAP_FAILED)
		return 0;
	pid = state->watcher;
	munmap((void *)state, size);
	return pid;
}

pid_t start_watcher(const struct start *s)
{
	union bpf_attr attr = {};
	pid_t pid = 0;
	char name[64];

	while (!pid && !bpf(BPF_MAP_GET_NEXT_ID, &attr)) {
		union bpf_attr id = { .map_id = attr.next_id };
		int fd;

		attr = (union bpf_attr){ .start_id = attr.next_id };
		name_of(&kinds[1], id.map_id, name, sizeof(name));
		fd = strcmp(name, "lsm_guard_state") ? -1 : bpf(BPF_MAP_GET_FD_BY_ID, &id);
		if (fd < 0)
			continue;
		pid = watcher_in(fd);
		close(fd);
	}
	return pid ? pid : s->pid;
}

/* ---- processes ------------------------------------------------------------------ */

bool orphans_adopt(void)
{
	return !prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
}

static bool no_child(void *unused)
{
	pid_t pid;

	(void)unused;
	do
		pid = waitpid(-1, NULL, WNOHANG);
	while (pid > 0);
	return pid < 0 && errno == ECHILD;
}

bool orphans_gone(int milliseconds)
{
	return wait_for(no_child, NULL, milliseconds);
}

long fault_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}
