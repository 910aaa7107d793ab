// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watcher has nothing left but what it needs: looked at from outside, by what the kernel says
 * of each of its threads; from inside, by a child of this test that enters the same sandbox and
 * tries to get out; and it does its work as before, whatever comes after its start.
 */
#include "kselftest_harness.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/sched.h>
#include <poll.h>
#include <pthread.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "../loader/sandbox.h"
#include "lib/net.h"

#define DIR_OF_TEST "/tmp/lsm-guard-watcher"
#define SECRET	    DIR_OF_TEST "/secret"
#define POLICY	    DIR_OF_TEST "/policy"
#define LATE	    DIR_OF_TEST "/late" /* mounted when the guard runs */
#define BOUND	    DIR_OF_TEST "/bound"

/* ---- what the kernel says of a process ---------------------------------------------- */

static bool is_in(const char *file, const char *line)
{
	char text[8192] = "";
	FILE *f = fopen(file, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	return strstr(text, line);
}

static const char *const bare[] = {
	"\nCapInh:\t0000000000000000\n",
	"\nCapPrm:\t0000000000000000\n",
	"\nCapEff:\t0000000000000000\n",
	"\nCapBnd:\t0000000000000000\n",
	"\nCapAmb:\t0000000000000000\n",
	"\nNoNewPrivs:\t1\n",
	"\nSeccomp:\t2\n",
};

#define NO_PRIVILEGE (ARRAY_SIZE(bare) - 1) /* all but the filter */

/* How many threads it has, or 0 where one of them lacks one of the first @n lines. */
static int threads_with(pid_t pid, size_t n)
{
	char *tasks = path("/proc/%d/task", pid);
	DIR *dir = opendir(tasks);
	struct dirent *entry;
	int threads = 0, wrong = 0;

	while (dir && (entry = readdir(dir))) {
		char *status = path("%s/%s/status", tasks, entry->d_name);

		for (size_t i = 0; *entry->d_name != '.' && i < n; i++) {
			if (is_in(status, bare[i]))
				continue;
			printf("# %s has not: %s", status, bare[i] + 1);
			wrong++;
		}
		threads += *entry->d_name != '.';
		free(status);
	}
	if (dir)
		closedir(dir);
	free(tasks);
	return wrong ? 0 : threads;
}

/* How many descriptors it has; with @what, of that. */
static int descriptors(pid_t pid, const char *what)
{
	char *fds = path("/proc/%d/fd", pid);
	DIR *dir = opendir(fds);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir))) {
		char *fd = path("%s/%s", fds, entry->d_name), is[256] = "";

		if (*entry->d_name != '.' && readlink(fd, is, sizeof(is) - 1) > 0)
			n += !what || strstr(is, what);
		free(fd);
	}
	if (dir)
		closedir(dir);
	free(fds);
	return n;
}

static pid_t parent_of(pid_t pid)
{
	char *file = path("/proc/%d/stat", pid);
	FILE *f = fopen(file, "re");
	int parent = 0;

	if (f && fscanf(f, "%*d %*[^)]) %*c %d", &parent) != 1)
		parent = 0;
	if (f)
		fclose(f);
	free(file);
	return parent;
}

/* The first process that is started by @parent, or @parent itself, and has @what open. */
static pid_t process_of(pid_t parent, const char *what, bool itself)
{
	DIR *dir = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	if (itself && descriptors(parent, what))
		found = parent;
	while (dir && !found && (entry = readdir(dir))) {
		pid_t pid = atoi(entry->d_name);

		if (pid > 0 && parent_of(pid) == parent && descriptors(pid, what))
			found = pid;
	}
	if (dir)
		closedir(dir);
	return found;
}

/* ---- from inside ------------------------------------------------------------------------ */

static char page[4096] __attribute__((aligned(4096)));

static long bpf(int command)
{
	static union bpf_attr attr;

	memset(&attr, 0xff, sizeof(attr));
	return syscall(SYS_bpf, command, &attr, sizeof(attr));
}

#define CALL(name, ...)             \
	static long name(void)      \
	{                           \
		return __VA_ARGS__; \
	}

CALL(try_open, syscall(SYS_open, "/dev/null", O_RDONLY))
CALL(try_openat, syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY))
CALL(try_openat2, syscall(SYS_openat2, AT_FDCWD, "/dev/null", NULL, 0))
CALL(try_creat, syscall(SYS_creat, "/nowhere/at/all", 0600))
CALL(try_open_by_handle, syscall(SYS_open_by_handle_at, -1, NULL, 0))
CALL(try_memfd, syscall(SYS_memfd_create, "test", 0))
CALL(try_stat, syscall(SYS_newfstatat, AT_FDCWD, "/", page, 0))
CALL(try_unlink, syscall(SYS_unlink, "/nowhere/at/all"))
CALL(try_rename, syscall(SYS_rename, "/nowhere/at/all", "/nowhere"))
CALL(try_chmod, syscall(SYS_chmod, "/nowhere/at/all", 0777))
CALL(try_link, syscall(SYS_linkat, -1, "", AT_FDCWD, "/nowhere/at/all", AT_EMPTY_PATH))
CALL(try_prog_load, bpf(BPF_PROG_LOAD))
CALL(try_map_create, bpf(BPF_MAP_CREATE))
CALL(try_btf_load, bpf(BPF_BTF_LOAD))
CALL(try_prog_by_id, bpf(BPF_PROG_GET_FD_BY_ID))
CALL(try_map_by_id, bpf(BPF_MAP_GET_FD_BY_ID))
CALL(try_link_by_id, bpf(BPF_LINK_GET_FD_BY_ID))
CALL(try_next_id, bpf(BPF_MAP_GET_NEXT_ID))
CALL(try_obj_get, bpf(BPF_OBJ_GET))
CALL(try_prog_attach, bpf(BPF_PROG_ATTACH))
CALL(try_prog_detach, bpf(BPF_PROG_DETACH))
CALL(try_raw_tracepoint, bpf(BPF_RAW_TRACEPOINT_OPEN))
CALL(try_task_fd, bpf(BPF_TASK_FD_QUERY))
CALL(try_execve, syscall(SYS_execve, "/nowhere/at/all", NULL, NULL))
CALL(try_execveat, syscall(SYS_execveat, -1, "", NULL, NULL, AT_EMPTY_PATH))
CALL(try_fork, syscall(SYS_fork))
CALL(try_clone, syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL))
CALL(try_clone3,
     syscall(SYS_clone3, &(struct clone_args){ .exit_signal = SIGCHLD }, sizeof(struct clone_args)))
CALL(try_kill, syscall(SYS_kill, getpid(), 0))
CALL(try_tgkill, syscall(SYS_tgkill, getpid(), gettid(), 0))
CALL(try_pidfd, syscall(SYS_pidfd_open, getpid(), 0))
CALL(try_ptrace, syscall(SYS_ptrace, PTRACE_CONT, getpid(), NULL, NULL))
CALL(try_write_into, syscall(SYS_process_vm_writev, getpid(), NULL, 0, NULL, 0, 0))
CALL(try_inet, syscall(SYS_socket, AF_INET, SOCK_STREAM, 0))
CALL(try_unix, syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0))
CALL(try_netlink, syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0))
CALL(try_connect, syscall(SYS_connect, -1, NULL, 0))
CALL(try_mount, syscall(SYS_mount, NULL, NULL, NULL, 0, NULL))
CALL(try_unshare, syscall(SYS_unshare, 0))
CALL(try_setns, syscall(SYS_setns, -1, 0))
CALL(try_chroot, syscall(SYS_chroot, "/nowhere/at/all"))
CALL(try_setuid, syscall(SYS_setuid, getuid()))
CALL(try_prctl, syscall(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0))
CALL(try_capset, syscall(SYS_capset, NULL, NULL))
CALL(try_seccomp, syscall(SYS_seccomp, 2 /* SECCOMP_GET_ACTION_AVAIL */, 0, NULL))
CALL(try_module, syscall(SYS_delete_module, "nowhere", O_NONBLOCK))
CALL(try_io_uring, syscall(SYS_io_uring_setup, 0, NULL))
CALL(try_perf, syscall(SYS_perf_event_open, NULL, 0, 0, -1, 0))
CALL(try_terminal, syscall(SYS_ioctl, -1, TIOCSTI, ""))
CALL(try_dupfd, syscall(SYS_fcntl, STDIN_FILENO, F_DUPFD, 100))
CALL(try_mmap_code,
     (long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0))
CALL(try_mprotect_code, mprotect(page, sizeof(page), PROT_READ | PROT_EXEC))
CALL(try_x32_open, syscall(0x40000000 | SYS_open, "/dev/null", O_RDONLY))

/* Ways out: none may be refused by rights alone before, and each must be refused after. */
static const struct {
	const char *name;
	long (*call)(void);
	bool forks;
} ways[] = {
#define WAY(name)                 \
	{                         \
#name, try_##name \
	}
	WAY(open),
	WAY(openat),
	WAY(openat2),
	WAY(creat),
	WAY(open_by_handle),
	WAY(memfd),
	WAY(stat),
	WAY(unlink),
	WAY(rename),
	WAY(chmod),
	WAY(link),
	WAY(prog_load),
	WAY(map_create),
	WAY(btf_load),
	WAY(prog_by_id),
	WAY(map_by_id),
	WAY(link_by_id),
	WAY(next_id),
	WAY(obj_get),
	WAY(prog_attach),
	WAY(prog_detach),
	WAY(raw_tracepoint),
	WAY(task_fd),
	WAY(execve),
	WAY(execveat),
	{ "fork", try_fork, .forks = true },
	{ "clone", try_clone, .forks = true },
	{ "clone3", try_clone3, .forks = true },
	WAY(kill),
	WAY(tgkill),
	WAY(pidfd),
	WAY(ptrace),
	WAY(write_into),
	WAY(inet),
	WAY(unix),
	WAY(netlink),
	WAY(connect),
	WAY(mount),
	WAY(unshare),
	WAY(setns),
	WAY(chroot),
	WAY(setuid),
	WAY(prctl),
	WAY(capset),
	WAY(seccomp),
	WAY(module),
	WAY(io_uring),
	WAY(perf),
	WAY(terminal),
	WAY(dupfd),
	WAY(mmap_code),
	WAY(mprotect_code),
	WAY(x32_open),
};

static bool is_refused(size_t i)
{
	long result;

	errno = 0;
	result = ways[i].call();
	if (ways[i].forks && !result)
		_exit(0);
	return result == -1 && errno == EPERM;
}

/* How many are refused; names those that are not as @expected. */
static size_t count_refused(int out, bool expected)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		bool refused = is_refused(i);

		n += refused;
		if (refused != expected)
			dprintf(out, "# %s: %s\n", ways[i].name,
				refused ? "refused" : "not refused");
	}
	return n;
}

/* What the watcher goes on to do. */
static bool works(int out)
{
	char text[64], *memory = malloc(1 << 20);
	time_t now = time(NULL);
	struct tm tm;

	if (!memory || !strftime(text, sizeof(text), "%c %Z", gmtime_r(&now, &tm)))
		return false;
	memset(memory, 1, 1 << 20);
	free(memory);
	usleep(1000);
	if (bpf(BPF_MAP_LOOKUP_ELEM) != -1 || errno == EPERM || bpf(BPF_LINK_CREATE) != -1 ||
	    errno == EPERM || bpf(BPF_ITER_CREATE) != -1 || errno == EPERM)
		return false;
	poll(NULL, 0, 1);
	return dprintf(out, "# it works: %s\n", text) > 0;
}

static void *wait_here(void *unused)
{
	(void)unused;
	for (;;)
		usleep(10000);
	return NULL;
}

enum { WORKS = 1, REFUSED = 2, BEFORE = 4 };

/* Says '!' when it is inside, goes on when it hears of it, and leaves with what it found. */
static void enter(int talk)
{
	pthread_t thread;
	char byte = '!';
	int found = 0;

	if (count_refused(STDOUT_FILENO, false) == 0)
		found |= BEFORE;
	if (sandbox_drop() || pthread_create(&thread, NULL, wait_here, NULL) || sandbox_confine())
		_exit(100);
	if (write(talk, &byte, 1) != 1 || read(talk, &byte, 1) != 1)
		_exit(101);
	if (works(STDOUT_FILENO))
		found |= WORKS;
	if (count_refused(STDOUT_FILENO, true) == ARRAY_SIZE(ways))
		found |= REFUSED;
	_exit(found);
}

TEST(from_inside)
{
	int ends[2], status;
	char byte = 0;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
	fflush(stdout);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		enter(ends[1]);
	close(ends[1]);
	ASSERT_EQ(1, read(ends[0], &byte, 1));
	EXPECT_EQ(2, threads_with(pid, ARRAY_SIZE(bare)));
	ASSERT_EQ(1, write(ends[0], &byte, 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	EXPECT_EQ(WORKS | REFUSED | BEFORE, WEXITSTATUS(status));
}

/* ---- from outside ------------------------------------------------------------------------ */

FIXTURE(watcher)
{
	struct guard g;
};

FIXTURE_VARIANT(watcher)
{
	const char *option;
};

FIXTURE_VARIANT_ADD(watcher, alone){
	.option = NULL,
};

FIXTURE_VARIANT_ADD(watcher, pinned){
	.option = "--pin",
};

static void clean(void)
{
	static const char *const links[] = { "late1", "late0", "below0", "above0" };

	if (is_in("/proc/mounts", LATE))
		command("umount " LATE);
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		char *link = path("/sys/class/net/%s", links[i]);

		if (!access(link, F_OK))
			command("ip link del %s", links[i]);
		free(link);
	}
}

static bool make(void)
{
	clean();
	return command("rm -rf " DIR_OF_TEST) && command("mkdir -p " LATE) &&
	       write_file(SECRET, "secret\n") && copy_program("/bin/true", BOUND) && net_make() &&
	       write_file(POLICY, "file " SECRET " { read = none write = none }\n"
				  "program " BOUND " { connect = none memory = 1G "
				  "children = 5 threads = 5 }\n"
				  "interface any { accept = { any:22/tcp } }\n");
}

FIXTURE_SETUP(watcher)
{
	self->g.pid = 0;
	ASSERT_TRUE(make());
}

FIXTURE_TEARDOWN(watcher)
{
	guard_stop(&self->g);
	if (variant->option)
		command("./lsm-guard stop");
	clean();
	net_end();
}

FIXTURE(proof)
{
	struct guard g;
};

FIXTURE_SETUP(proof)
{
	self->g.pid = 0;
	ASSERT_TRUE(make());
}

FIXTURE_TEARDOWN(proof)
{
	guard_stop(&self->g);
	clean();
	net_end();
}

struct wanted {
	const char *file, *verdict, *field, *value;
};

static bool has_event(void *arg)
{
	struct wanted *w = arg;
	struct events ev = events_read(w->file);
	bool has = false;

	for (size_t i = 0; i < ev.n && !has; i++) {
		const char *verdict = event_text(&ev.e[i], "verdict");
		const char *value = event_text(&ev.e[i], w->field);

		has = verdict && value && !strcmp(verdict, w->verdict) && !strcmp(value, w->value);
	}
	events_free(&ev);
	return has;
}

static bool comes_in(struct guard *g, const char *verdict, const char *field, const char *value,
		     int milliseconds)
{
	struct wanted w = { g->events, verdict, field, value };

	return wait_for(has_event, &w, milliseconds);
}

static bool comes(struct guard *g, const char *verdict, const char *field, const char *value)
{
	return comes_in(g, verdict, field, value, 20000);
}

static bool has_ended(void *arg)
{
	struct guard *g = arg;

	return is_in(g->log, "its process has ended");
}

static bool is_confined(void *arg)
{
	struct guard *g = arg;
	pid_t watcher = process_of(g->pid, "[eventpoll]", true);
	char *status = path("/proc/%d/status", watcher);
	bool is = watcher && is_in(status, bare[NO_PRIVILEGE]);

	free(status);
	return is;
}

static int cat(const char *program)
{
	return run_line(NULL, -1, program, SECRET).code;
}

static bool has_xdp(const char *interface)
{
	char *line = path("link show %s", interface);
	struct result r = run_line(NULL, -1, "/usr/sbin/ip", line);

	free(line);
	return !r.code && strstr(r.said, "xdp");
}

/* What comes to an interface that stands below one that has a program. */
static void attach_below(struct __test_metadata *_metadata, struct guard *g)
{
	ASSERT_TRUE(command("ip link add above0 type bridge"));
	EXPECT_TRUE(comes(g, "ATTACHED", "interface", "above0"));
	ASSERT_TRUE(command("ip link add below0 master above0 type dummy"));
	EXPECT_TRUE(comes(g, "ATTACHED", "interface", "below0"));
	EXPECT_TRUE(has_xdp("below0"));
	EXPECT_TRUE(has_xdp("above0"));
}

/* The files, programs, mounts and interfaces that events name came after it. */
static void watch(struct __test_metadata *_metadata, struct guard *g)
{
	EXPECT_NE(0, cat("/bin/cat"));
	EXPECT_TRUE(comes(g, "DENIED", "policy", POLICY));
	ASSERT_TRUE(command("mount -t tmpfs late " LATE));
	ASSERT_TRUE(copy_program("/bin/cat", LATE "/cat"));
	EXPECT_NE(0, cat(LATE "/cat"));
	EXPECT_TRUE(comes(g, "DENIED", "exe", LATE "/cat"));
	EXPECT_NE(0, run_line(NULL, -1, "/usr/sbin/ip",
			      "netns exec " NET_PEER " ping -q -c 1 -W 1 192.0.2.1")
			     .code);
	EXPECT_TRUE(comes(g, "DENIED", "interface", NET_LINK));
	ASSERT_TRUE(command("ip link add late0 type dummy"));
	EXPECT_TRUE(comes(g, "ATTACHED", "interface", "late0"));
	ASSERT_TRUE(command("ip link add link late0 name late1 type vlan id 7"));
	EXPECT_TRUE(comes(g, "ATTACHED", "interface", "late1"));
	attach_below(_metadata, g);
}

TEST_F_TIMEOUT(watcher, from_outside, 240)
{
	pid_t watcher, canary;

	EXPECT_EQ(0, cat("/bin/cat"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, variant->option));
	ASSERT_TRUE(wait_for(is_confined, &self->g, 20000));
	watcher = process_of(self->g.pid, "[eventpoll]", true);
	/* Events, and interfaces. */
	EXPECT_EQ(2, threads_with(watcher, ARRAY_SIZE(bare)));
	canary = process_of(watcher, "socket:", false);
	ASSERT_NE(0, canary);
	EXPECT_EQ(1, threads_with(canary, NO_PRIVILEGE));
	/* Standard ones, the socket to the watcher, the inode that is closed, and the acts' own two. */
	EXPECT_EQ(7, descriptors(canary, NULL));
	EXPECT_EQ(0, descriptors(canary, "bpf"));
	watch(_metadata, &self->g);
	/* Whatever came, it did not ask for more. */
	EXPECT_EQ(2, threads_with(watcher, ARRAY_SIZE(bare)));
	EXPECT_FALSE(is_in(self->g.log, "not permitted"));
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_EQ(!!variant->option, !!cat("/bin/cat"));
}

/* All that can be proved, is, by a watcher that can do nothing itself. */
TEST_F_TIMEOUT(proof, proves_again, 240)
{
	pid_t watcher, canary;

	ASSERT_TRUE(guard_start(&self->g, POLICY, "--prove-every=1"));
	ASSERT_TRUE(wait_for(is_confined, &self->g, 20000));
	watcher = process_of(self->g.pid, "[eventpoll]", true);
	canary = process_of(watcher, "socket:", false);
	ASSERT_NE(0, canary);
	sleep(8);
	EXPECT_FALSE(is_in(self->g.events, "ALARM"));
	EXPECT_FALSE(is_in(self->g.log, "canary"));
	/* One that does not answer proves nothing, and does not hold the watcher. */
	EXPECT_TRUE(process_stop(canary));
	EXPECT_TRUE(comes_in(&self->g, "ALARM", "verdict", "ALARM", 60000));
	EXPECT_TRUE(is_in(self->g.log, "its process is stopped"));
	EXPECT_NE(0, cat("/bin/cat"));
	EXPECT_TRUE(comes_in(&self->g, "DENIED", "policy", POLICY, 60000));
	kill(canary, SIGCONT);
	EXPECT_TRUE(comes_in(&self->g, "RESTORED", "verdict", "RESTORED", 60000));
	kill(canary, SIGKILL);
	EXPECT_TRUE(wait_for(has_ended, &self->g, 60000));
	EXPECT_EQ(1, guard_stop(&self->g));
}

/* A call that fails, whatever its first argument or where it is this one. */
struct failing {
	int call;
	unsigned int n;
	struct scmp_arg_cmp argument;
};

static const struct failing confining[] = {
	{ SCMP_SYS(seccomp), 0, {} },
	{ SCMP_SYS(prctl), 1, { 0, SCMP_CMP_EQ, PR_SET_SECCOMP, 0 } },
};

static const struct failing reading_events[] = {
	{ SCMP_SYS(epoll_wait), 0, {} },
	{ SCMP_SYS(epoll_pwait), 0, {} },
};

/* From here on they fail for all whom this process starts. */
static bool forbid(const struct failing *calls, size_t n)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done = filter;

	for (size_t i = 0; i < n && done; i++)
		done = !seccomp_rule_add_array(filter, SCMP_ACT_ERRNO(EPERM), calls[i].call,
					       calls[i].n, &calls[i].argument);
	done = done && !seccomp_load(filter);
	seccomp_release(filter);
	return done;
}

static bool is_held(void *arg)
{
	struct guard *g = arg;

	return is_in(g->log, "it holds on, without events");
}

/* It has said that it enforces: then it does, though it cannot be watched. */
static void holds_unwatched(struct __test_metadata *_metadata, struct guard *g)
{
	ASSERT_TRUE(guard_start(g, POLICY, NULL));
	ASSERT_TRUE(wait_for(is_held, g, 20000));
	sleep(2);
	EXPECT_NE(0, cat("/bin/cat"));
	EXPECT_EQ(0, system("./lsm-guard stop"));
	EXPECT_EQ(1, guard_stop(g));
	EXPECT_EQ(0, cat("/bin/cat"));
}

TEST_F_TIMEOUT(proof, cannot_be_confined, 120)
{
	ASSERT_TRUE(forbid(confining, ARRAY_SIZE(confining)));
	holds_unwatched(_metadata, &self->g);
}

TEST_F_TIMEOUT(proof, events_cannot_be_read, 120)
{
	ASSERT_TRUE(forbid(reading_events, ARRAY_SIZE(reading_events)));
	holds_unwatched(_metadata, &self->g);
}

TEST_HARNESS_MAIN
