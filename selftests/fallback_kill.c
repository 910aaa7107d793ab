// SPDX-License-Identifier: GPL-2.0-only
/*
 * What `fallback-action = kill` undoes, and what it does not. A fork that is too many makes no
 * child, however many threads ask at once, and no thread of who is killed goes on. But what
 * leaves has left: a first datagram, a connection. Who is bound already when the guard starts is
 * killed as well, and so is the first process of a namespace; that of the machine cannot be.
 */
#include "kselftest_harness.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "lib/limits.h"
#include "lib/victim.h"

#define KILLED	    (128 + SIGKILL) /* as run_line() says it */
#define DATAGRAMS   21100
#define CONNECTIONS 21101
#define WAIT_MS	    20000

FIXTURE(kill)
{
	struct limits l;
	char *free; /* a copy of the test without a section */
	char *file; /* of the victim's tally */
	struct victim_tally *t;
};

FIXTURE_SETUP(kill)
{
	struct limits *l = &self->l;

	ASSERT_TRUE(limits_make(l));
	limits_line(l, "fallback-action = kill");
	self->free = path("%s/bin/free", l->s.at);
	self->file = path("%s/tally", l->s.at);
	ASSERT_TRUE(copy_program("/proc/self/exe", self->free));
}

FIXTURE_TEARDOWN(kill)
{
	limits_end(&self->l);
}

/* A copy of the test with a section. */
static char *victim(struct limits *l, const char *name, const char *section, long *line)
{
	char *at = path("%s/bin/%s", l->s.at, name);

	*line = limits_line(l, "program \"%s\" { %s }", at, section);
	return copy_program("/proc/self/exe", at) ? at : NULL;
}

static bool start(struct limits *l)
{
	bool written = !fclose(l->policy);

	l->policy = NULL;
	return written && guard_start(&l->s.guard, l->s.policy, "--fallback");
}

static bool is_told(struct limits *l, const char *verdict, long line)
{
	return event_wait(l->s.guard.events, verdict, line, WAIT_MS);
}

static size_t count(struct limits *l, const char *verdict, long line)
{
	struct events ev = events_read(l->s.guard.events);
	size_t n = events_count(&ev, verdict, line);

	events_free(&ev);
	return n;
}

/* One victim's run, counted from nothing: its exit status. */
static int run(FIXTURE_DATA(kill) * self, const char *program, const char *what)
{
	char *line = path("victim %s %s", self->file, what);
	struct result r;

	if (self->t)
		munmap(self->t, sizeof(*self->t));
	unlink(self->file);
	self->t = victim_tally(self->file);
	if (!self->t)
		return BROKEN;
	r = run_line(self->l.s.at, -1, program, line);
	if (r.code != ALLOWED && r.code != KILLED)
		printf("# %s: exit status %d: %s\n", line, r.code, r.said);
	free(line);
	return r.code;
}

/* ---- processes and threads --------------------------------------------------------------- */

TEST_F_TIMEOUT(kill, no_child_is_made, 300)
{
	static const char *const how[] = { "fork", "vfork", "clone", "clone3" };
	char *program[ARRAY_SIZE(how)];
	long line[ARRAY_SIZE(how)];

	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		program[i] = victim(&self->l, how[i], "children = 0", &line[i]);
		ASSERT_NE(NULL, program[i]);
		EXPECT_EQ(ALLOWED, run(self, program[i], path("child %s", how[i])));
		EXPECT_EQ(1, self->t->ran);
	}
	ASSERT_TRUE(start(&self->l));
	for (size_t i = 0; i < ARRAY_SIZE(how); i++) {
		EXPECT_EQ(KILLED, run(self, program[i], path("child %s", how[i])));
		EXPECT_TRUE(is_told(&self->l, "KILLED", line[i]));
		EXPECT_EQ(0, self->t->ran);
		EXPECT_EQ(1, count(&self->l, "KILLED", line[i]));
		EXPECT_EQ(ALLOWED, run(self, self->free, path("child %s", how[i])));
		EXPECT_EQ(1, self->t->ran);
	}
}

static bool all_ran(void *arg)
{
	struct victim_tally *t = arg;

	return t->ran == VICTIM_THREADS * VICTIM_FORKS;
}

TEST_F_TIMEOUT(kill, forks_of_many_threads, 300)
{
	char *burst = path("burst %d", VICTIM_THREADS), *program;
	long line;

	program = victim(&self->l, "burst", "children = 4", &line);
	ASSERT_NE(NULL, program);
	EXPECT_EQ(ALLOWED, run(self, program, burst));
	EXPECT_TRUE(wait_for(all_ran, self->t, WAIT_MS));
	ASSERT_TRUE(start(&self->l));
	for (int i = 0; i < 10; i++) {
		EXPECT_EQ(KILLED, run(self, program, burst));
		EXPECT_LE(self->t->ran, 4);
		EXPECT_LT(self->t->finished, VICTIM_THREADS);
	}
	EXPECT_TRUE(is_told(&self->l, "KILLED", line));
	EXPECT_EQ(0, count(&self->l, "WOULD-DENY", line));
	EXPECT_EQ(ALLOWED, run(self, self->free, burst));
	EXPECT_TRUE(wait_for(all_ran, self->t, WAIT_MS));
}

TEST_F_TIMEOUT(kill, all_threads_go, 300)
{
	char *program;
	long line, beats;

	program = victim(&self->l, "threads", "allocation = 12M", &line);
	ASSERT_NE(NULL, program);
	EXPECT_EQ(ALLOWED, run(self, program, "map 4"));
	EXPECT_EQ(4, self->t->finished);
	ASSERT_TRUE(start(&self->l));
	EXPECT_EQ(KILLED, run(self, program, "map 4"));
	beats = self->t->beats;
	EXPECT_GT(beats, 0);
	usleep(300000);
	EXPECT_EQ(beats, self->t->beats);
	EXPECT_EQ(0, self->t->finished);
	EXPECT_TRUE(is_told(&self->l, "KILLED", line));
}

/* The strictest limit is of a section that only audits: it must not hide the other one. */
TEST_F_TIMEOUT(kill, audit_does_not_hide_kill, 300)
{
	char *outer, *inner, *act;
	long audit, kills;

	outer = limits_program(&self->l, "outer", "mode = audit children = 1", &audit);
	inner = limits_program(&self->l, "inner", "children = 3", &kills);
	ASSERT_TRUE(outer && inner);
	ASSERT_TRUE(start(&self->l));
	act = path("exec %s keep fork 3", inner);
	EXPECT_EQ(ALLOWED, limits_act(&self->l, outer, act).code);
	EXPECT_TRUE(is_told(&self->l, "WOULD-DENY", audit));
	EXPECT_EQ(0, count(&self->l, "KILLED", -1));
	act = path("exec %s keep fork 4", inner);
	EXPECT_EQ(KILLED, limits_act(&self->l, outer, act).code);
	EXPECT_TRUE(is_told(&self->l, "KILLED", kills));
	EXPECT_EQ(0, count(&self->l, "KILLED", audit));
}

/* ---- what has left -------------------------------------------------------------------------- */

static int server(int type, int port)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&at, sizeof(at)) || (type == SOCK_STREAM && listen(fd, 8)))
		return -1;
	return fd;
}

/* How many datagrams, or connections, have come. */
static int came(int fd, int type)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;
	int n = 0;

	while (poll(&p, 1, 300) == 1) {
		if (type == SOCK_STREAM)
			close(accept(fd, NULL, NULL));
		else
			recv(fd, &c, 1, 0);
		n++;
	}
	return n;
}

TEST_F_TIMEOUT(kill, what_has_left_has_left, 300)
{
	int udp = server(SOCK_DGRAM, DATAGRAMS), tcp = server(SOCK_STREAM, CONNECTIONS);
	char *program, *datagrams = path("datagrams %d", DATAGRAMS);
	char *connection = path("connect %d", CONNECTIONS);
	long line;

	ASSERT_TRUE(udp >= 0 && tcp >= 0);
	program = victim(&self->l, "sender", "connect = none", &line);
	ASSERT_NE(NULL, program);
	EXPECT_EQ(ALLOWED, run(self, program, datagrams));
	EXPECT_EQ(10, came(udp, SOCK_DGRAM));
	ASSERT_TRUE(start(&self->l));
	/* The first, which is why this is no guard; but not one more. */
	EXPECT_EQ(KILLED, run(self, program, datagrams));
	EXPECT_EQ(1, came(udp, SOCK_DGRAM));
	EXPECT_EQ(KILLED, run(self, program, connection));
	EXPECT_EQ(1, came(tcp, SOCK_STREAM));
	EXPECT_TRUE(is_told(&self->l, "KILLED", line));
	EXPECT_EQ(ALLOWED, run(self, self->free, datagrams));
	EXPECT_EQ(10, came(udp, SOCK_DGRAM));
}

static bool waits(void *arg)
{
	struct victim_tally *t = arg;

	return t->finished;
}

/* It has begun, and waits for what is to come. */
static bool sleeps(void *arg)
{
	pid_t pid = *(pid_t *)arg;

	return thread_state(pid, pid) == 'S';
}

/* Its exit status, as run_line() says it. */
static int outcome(pid_t pid)
{
	int status;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return BROKEN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* A datagram comes while it waits: its exit status. */
static int run_reader(FIXTURE_DATA(kill) * self, const char *program, const char *how)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(DATAGRAMS),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	pid_t pid;

	unlink(self->file);
	self->t = victim_tally(self->file);
	if (!self->t)
		return BROKEN;
	pid = fork();
	if (pid == 0) {
		execl(program, "victim", "victim", self->file, how, "21100", NULL);
		_exit(BROKEN);
	}
	if (!wait_for(waits, self->t, WAIT_MS) || !wait_for(sleeps, &pid, WAIT_MS))
		printf("# the reader does not wait\n");
	sendto(fd, "x", 1, 0, (void *)&to, sizeof(to));
	close(fd);
	return outcome(pid);
}

/* Of what arrives nobody is to blame: it is reported, let in, and who takes it is killed. */
TEST_F_TIMEOUT(kill, who_reads_what_arrives, 300)
{
	char *program;
	long line;

	program = victim(&self->l, "reader", "receive = none", &line);
	ASSERT_NE(NULL, program);
	EXPECT_EQ(ALLOWED, run_reader(self, program, "poll"));
	EXPECT_EQ(ALLOWED, run_reader(self, program, "read"));
	ASSERT_TRUE(start(&self->l));
	/* But for who waits in the call itself, which is over when the datagram comes. */
	EXPECT_EQ(ALLOWED, run_reader(self, program, "read"));
	EXPECT_TRUE(is_told(&self->l, "WOULD-DENY", line));
	EXPECT_EQ(0, count(&self->l, "KILLED", line));
	EXPECT_EQ(KILLED, run_reader(self, program, "poll"));
	EXPECT_TRUE(is_told(&self->l, "KILLED", line));
	EXPECT_EQ(2, count(&self->l, "WOULD-DENY", line));
	EXPECT_EQ(1, count(&self->l, "KILLED", line));
	EXPECT_EQ(ALLOWED, run_reader(self, self->free, "poll"));
}

/* ---- whom ------------------------------------------------------------------------------------ */

/* A program that waits for @go, and then maps what its section may not. */
static pid_t start_waiting(const char *program, const char *go)
{
	pid_t pid = fork();

	if (pid == 0) {
		execl(program, "probe", "await-file", go, "map", "anonymous", "8M", NULL);
		_exit(BROKEN);
	}
	return pid;
}

TEST_F_TIMEOUT(kill, bound_before_and_afterwards, 300)
{
	struct limits *l = &self->l;
	char *go = path("%s/go", l->s.at), *bound, *alone;
	long line, alone_line;
	pid_t before, other;

	bound = limits_program(l, "bound", "allocation = 4M", &line);
	alone = limits_program(l, "alone", "allocation = 4M inherit = no", &alone_line);
	ASSERT_TRUE(bound && alone);
	before = start_waiting(bound, go);
	other = start_waiting(l->s.unlisted, go);
	ASSERT_TRUE(start(l));
	ASSERT_TRUE(write_file(go, ""));
	EXPECT_EQ(KILLED, outcome(before));
	EXPECT_EQ(ALLOWED, outcome(other));
	EXPECT_TRUE(is_told(l, "KILLED", line));
	/* By whatever it becomes, unless its section lets that go. */
	EXPECT_EQ(KILLED, limits_act(l, bound, "exec %U exec %U map anonymous 8M").code);
	EXPECT_EQ(KILLED, limits_act(l, alone, "map anonymous 8M").code);
	EXPECT_EQ(ALLOWED, limits_act(l, alone, "exec %U map anonymous 8M").code);
	EXPECT_TRUE(is_told(l, "KILLED", alone_line));
	EXPECT_EQ(2, count(l, "KILLED", line));
	EXPECT_EQ(1, count(l, "KILLED", alone_line));
	/* The first process of a namespace, which signals from inside do not end. */
	EXPECT_EQ(KILLED, run(self, self->free, path("in-namespace %s map anonymous 8M", bound)));
	EXPECT_EQ(ALLOWED, run(self, self->free, path("in-namespace %s map anonymous 2M", bound)));
}

/* Has a process that we have stopped, at the end of a system call or in one, make another. */
static bool begin_call(pid_t pid, const struct user_regs_struct *was, long nr, long first,
		       long second)
{
	struct user_regs_struct now = *was;

	now.rip -= 2; /* the instruction that made the call */
	now.orig_rax = -1;
	now.rax = nr;
	now.rdi = first;
	now.rsi = second;
	now.rdx = PROT_NONE;
	now.r10 = MAP_PRIVATE | MAP_ANONYMOUS;
	now.r8 = -1;
	now.r9 = 0;
	return !ptrace(PTRACE_SETREGS, pid, NULL, &now) &&
	       !ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL);
}

/* It maps 128 MiB: where, or -1; -2: it was killed for it. */
static long map_in(pid_t pid)
{
	struct user_regs_struct was, now = {};
	int status;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &was) ||
	    !begin_call(pid, &was, SYS_mmap, 0, 128 << 20) || waitpid(pid, &status, __WALL) != pid)
		return -1;
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
		return -2;
	ptrace(PTRACE_GETREGS, pid, NULL, &now);
	ptrace(PTRACE_SETREGS, pid, NULL, &was);
	return now.rax;
}

/* It forks: the child, which is stopped and traced by us, or -1. */
static pid_t fork_in(pid_t pid)
{
	struct user_regs_struct was;
	unsigned long child;
	int status;

	if (ptrace(PTRACE_SETOPTIONS, pid, NULL, PTRACE_O_TRACEFORK) ||
	    ptrace(PTRACE_GETREGS, pid, NULL, &was) || !begin_call(pid, &was, SYS_fork, 0, 0) ||
	    waitpid(pid, &status, __WALL) != pid ||
	    status >> 8 != (SIGTRAP | PTRACE_EVENT_FORK << 8) ||
	    ptrace(PTRACE_GETEVENTMSG, pid, NULL, &child) ||
	    ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) || waitpid(pid, &status, __WALL) != pid ||
	    ptrace(PTRACE_SETREGS, pid, NULL, &was))
		return -1;
	return waitpid(child, &status, __WALL) == (pid_t)child && WIFSTOPPED(status) ? (pid_t)child
										     : -1;
}

#define OF_THE_FIRST 4

/*
 * The kernel ends it by no signal: it goes on, and the event says so. A child that is too many for
 * it is there, and is bound as the others are.
 */
TEST_F_TIMEOUT(kill, first_process_lives, 300)
{
	struct limits *l = &self->l;
	pid_t child[OF_THE_FIRST + 1];
	char exe[PATH_LEN] = "";
	long line;
	int status;

	ASSERT_GT(readlink("/proc/1/exe", exe, sizeof(exe) - 1), 0);
	line = limits_line(l, "program \"%s\" { allocation = 64M children = %d inherit = no }", exe,
			   OF_THE_FIRST);
	ASSERT_TRUE(start(l));
	ASSERT_EQ(0, ptrace(PTRACE_ATTACH, 1, NULL, NULL));
	ASSERT_EQ(1, waitpid(1, &status, __WALL));
	EXPECT_GT(map_in(1), 0);
	EXPECT_TRUE(is_told(l, "WOULD-DENY", line));
	for (int i = 0; i < OF_THE_FIRST; i++)
		EXPECT_GT(child[i] = fork_in(1), 0);
	EXPECT_GT(child[OF_THE_FIRST] = fork_in(1), 0);
	EXPECT_EQ(0, count(l, "KILLED", line));
	EXPECT_EQ(-2, map_in(child[OF_THE_FIRST]));
	EXPECT_TRUE(is_told(l, "KILLED", line));
	EXPECT_EQ(1, count(l, "KILLED", line));
	/* For the memory, and for one fork or two: it may have had children before. */
	EXPECT_GE(count(l, "WOULD-DENY", line), 2);
	for (int i = 0; i < OF_THE_FIRST; i++)
		kill(child[i], SIGKILL);
	EXPECT_EQ(0, ptrace(PTRACE_DETACH, 1, NULL, NULL));
}

int main(int argc, char **argv)
{
	int status = victim_main(argc, argv);

	return status >= 0 ? status : test_harness_run(argc, argv);
}
