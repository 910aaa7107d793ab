// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guard knows of processes and sockets goes over to the next one in a reload: whom
 * sections bind and programs make trusted, how many are alive, whom one may answer. All of it
 * is there before one reload to a policy with other numbers, and put to use after it.
 */
#include "kselftest_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "../lsm/lsm_guard.h"
#include "lib/limits.h"
#include "lib/net.h"

#define SERVER_PORT 7101
#define LOOKS_EVERY 10 /* seconds: RECONCILE_EVERY */
#define HELD	    8
#define ENDED	    3

/* ---- programs of this test's own ------------------------------------------------------ */

/* Says so by the file NAME.ready, and waits until there is @go. */
static void stand_ready(const char *name, const char *go)
{
	if (!write_file(path("%s.%d", go, getpid()), name))
		_exit(BROKEN);
	while (access(go, F_OK))
		usleep(10000);
}

static pid_t start_child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent)
		pause();
	_exit(0);
}

static bool is_refused(void)
{
	return start_child() < 0 && errno == EPERM;
}

/* As many as may be are alive; room is only for those that have ended and were waited for. */
static int holder(const char *go)
{
	pid_t pids[HELD];

	for (int i = 0; i < HELD; i++) {
		pids[i] = start_child();
		if (pids[i] < 0)
			return BROKEN;
	}
	stand_ready("holder", go);
	if (!is_refused())
		return 11;
	for (int i = 0; i < ENDED; i++) {
		siginfo_t info;

		kill(pids[i], SIGKILL);
		waitid(P_PID, pids[i], &info, WEXITED | WNOWAIT);
	}
	if (!is_refused())
		return 12; /* the dead count until somebody has asked after them */
	for (int i = 0; i < ENDED; i++)
		waitpid(pids[i], NULL, 0);
	for (int i = 0; i < ENDED; i++)
		if (start_child() < 0)
			return 13;
	return is_refused() ? ALLOWED : 14;
}

/* Has accepted before the reload, and answers after it. */
static int server(const char *go)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_port = htons(SERVER_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int one = 1, fd = socket(AF_INET, SOCK_STREAM, 0), peer;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 || bind(fd, (void *)&at, sizeof(at)) || listen(fd, 1))
		return BROKEN;
	if (!write_file(path("%s-listens", go), ""))
		return BROKEN;
	peer = accept(fd, NULL, NULL);
	if (peer < 0)
		return BROKEN;
	stand_ready("server", go);
	if (send(peer, "answer", 6, MSG_NOSIGNAL) != 6)
		return errno == EPERM ? DENIED : OTHER;
	/* What it opens itself is refused before and after. */
	fd = socket(AF_INET, SOCK_STREAM, 0);
	return connect(fd, (void *)&at, sizeof(at)) && errno == EPERM ? ALLOWED : 11;
}

/* ---- what is there before, and what comes of it ---------------------------------------- */

/* %-words: %D the directory, %U the program without a section, %G the file to wait for. */
struct row {
	const char *name;
	const char *program; /* in bin/ */
	const char *act;
	int outcome;
};

#define WAIT "await-file %G "
#define ASK  WAIT "map anonymous 16M"
#define READ WAIT "open open read %D/secret"

static const struct row rows[] = {
	/* Bound by a section that is in both. */
	{ "itself", "bound", ASK, DENIED },
	{ "child", "bound", "by fork " ASK, DENIED },
	{ "another-program", "bound", "exec %U " ASK, DENIED },
	{ "in-memory", "bound", "exec-memfd %U " ASK, DENIED },
	{ "orphan", "bound", "exec %U orphaned exec %U " ASK, DENIED },
	{ "daemon", "bound", "exec %U daemon exec %U " ASK, DENIED },
	{ "thread", "bound", "in-thread " ASK, DENIED },
	{ "thread-alone", "bound", "without-leader " ASK, DENIED },
	{ "starts-afterwards", "bound", "exec %U " WAIT "by fork map anonymous 16M", DENIED },
	{ "becomes-another", "bound", WAIT "exec %U map anonymous 16M", DENIED },
	{ "script", "unlisted", "exec %D/bin/script " ASK, DENIED },
	{ "enough", "bound", WAIT "map anonymous 2M", ALLOWED },
	{ "free", "unlisted", ASK, ALLOWED },
	{ "free-of-a-free-one", "unlisted", "orphaned exec %U " ASK, ALLOWED },
	/* inherit = no */
	{ "alone", "alone", ASK, DENIED },
	{ "alone-child", "alone", "by fork " ASK, DENIED },
	{ "alone-another-program", "alone", "exec %U " ASK, ALLOWED },
	{ "alone-child-another-program", "alone", "exec-fork %U " ASK, ALLOWED },
	{ "alone-becomes-another", "alone", WAIT "exec %U map anonymous 16M", ALLOWED },
	/* Two sections. */
	{ "two-by-the-first", "bound", "exec %D/bin/both exec %U " ASK, DENIED },
	{ "two-by-the-second", "bound",
	  "exec %D/bin/both exec %U " WAIT "having 38M map anonymous 3M", DENIED },
	/* Sections that went bind nobody, and those that came bind who runs. */
	{ "section-went", "went", ASK, ALLOWED },
	{ "section-went-child", "went", "exec-fork %U " ASK, ALLOWED },
	{ "section-came", "came", ASK, DENIED },
	{ "section-came-child", "came", "exec-fork %U " ASK, DENIED },
	{ "section-came-thread", "came", "in-thread " ASK, DENIED },
	/* Trusted. */
	{ "trusted", "trusted", READ, ALLOWED },
	{ "trusted-child", "trusted", "by fork " READ, ALLOWED },
	{ "trusted-thread", "trusted", "in-thread " READ, ALLOWED },
	{ "trust-came", "trust-came", READ, ALLOWED },
	{ "trust-went", "trust-went", READ, DENIED },
	{ "not-trusted", "unlisted", READ, DENIED },
	{ "forged-before", "unlisted", "forged %D/bin/trusted " READ, DENIED },
	/* Limits counted on. */
	{ "children-all", "four", "holding 4 " WAIT "keep fork 1", DENIED },
	{ "children-one-left", "four", "holding 3 " WAIT "keep fork 1", ALLOWED },
	{ "children-too-many", "four", "holding 3 " WAIT "keep fork 2", DENIED },
	{ "threads-all", "threads", "holding-threads 3 " WAIT "threads plain 2", DENIED },
	{ "threads-left", "threads", "holding-threads 1 " WAIT "threads plain 3", ALLOWED },
	{ "threads-too-many", "threads", "holding-threads 1 " WAIT "threads plain 4", DENIED },
	{ "tree-all", "eight", "holding 8 " WAIT "keep fork 1", DENIED },
	{ "tree-left", "eight", "holding 5 " WAIT "keep fork 3", ALLOWED },
	{ "tree-too-many", "eight", "holding 5 " WAIT "keep fork 4", DENIED },
	{ "tree-orphans", "eight", "holding 5 exec %U orphaned exec %U " WAIT "keep fork 2",
	  DENIED },
	/* A limit that came counts those that are started from then on. */
	{ "limit-came", "limit-came", "holding 3 " WAIT "keep fork 4", ALLOWED },
	{ "limit-came-too-many", "limit-came", "holding 3 " WAIT "keep fork 5", DENIED },
	{ "holder", "holder", NULL, ALLOWED },
	{ "server", "server", NULL, ALLOWED },
};

static const char before[] = "file %D/secret { read = { %D/bin/trusted, %D/bin/trust-went } }\n"
			     "program %D/bin/went { allocation = 12M }\n"
			     "program %D/bin/bound { allocation = 12M }\n"
			     "program %D/bin/script { allocation = 12M }\n"
			     "program %D/bin/alone { allocation = 12M inherit = no }\n"
			     "program %D/bin/both { memory = 40M }\n"
			     "program %D/bin/four { children = 4 }\n"
			     "program %D/bin/threads { threads = 4 }\n"
			     "program %D/bin/eight { descendants = 8 }\n"
			     "program %D/bin/holder { descendants = 8 }\n"
			     "program %D/bin/limit-came { connect = none }\n"
			     "program %D/bin/server { connect = none }\n"
			     "interface " NET_LINK " { accept = none }\n";

static const char after[] = "interface " NET_LINK " { accept = { any:22/tcp } }\n"
			    "file %D/else { write = { %D/bin/else } }\n"
			    "program %D/bin/server { connect = none }\n"
			    "program %D/bin/came { allocation = 12M }\n"
			    "program %D/bin/holder { descendants = 8 }\n"
			    "program %D/bin/eight { descendants = 8 }\n"
			    "program %D/bin/threads { threads = 4 }\n"
			    "program %D/bin/four { children = 4 }\n"
			    "program %D/bin/both { memory = 40M }\n"
			    "program %D/bin/limit-came { connect = none descendants = 4 }\n"
			    "program %D/bin/alone { allocation = 12M inherit = no }\n"
			    "program %D/bin/script { allocation = 12M }\n"
			    "program %D/bin/bound { allocation = 12M }\n"
			    "file %D/secret { read = { %D/bin/trust-came, %D/bin/trusted } }\n";

/* Those that are not copies of the probe come from here. */
static const char *const programs[] = { "bound",   "alone",	 "both",       "went",	  "came",
					"trusted", "trust-came", "trust-went", "four",	  "threads",
					"eight",   "limit-came", "else",       "unlisted" };

FIXTURE(state)
{
	struct scene s;
	struct background b[ARRAY_SIZE(rows)];
	char *go, *second;
};

FIXTURE_SETUP(state)
{
	struct scene *s = &self->s;

	ASSERT_TRUE(scene_make(s, FS_TMPFS) && net_make());
	for (size_t i = 0; i < ARRAY_SIZE(programs); i++)
		ASSERT_TRUE(copy_program(s->unlisted, path("%s/bin/%s", s->at, programs[i])));
	ASSERT_TRUE(copy_program("/proc/self/exe", path("%s/bin/holder", s->at)));
	ASSERT_TRUE(copy_program("/proc/self/exe", path("%s/bin/server", s->at)));
	ASSERT_TRUE(write_file(path("%s/bin/script", s->at),
			       path("#!%s/bin/unlisted script\n", s->at)));
	ASSERT_TRUE(command("chmod 755 %s/bin/script", s->at));
	ASSERT_TRUE(write_file(path("%s/secret", s->at), "secret\n"));
	ASSERT_TRUE(write_file(path("%s/else", s->at), ""));
	self->go = path("%s/go", s->at);
	self->second = path("%s.second", s->policy);
	ASSERT_TRUE(scene_policy(s, after));
	ASSERT_TRUE(command("cp %s %s", s->policy, self->second));
	ASSERT_TRUE(scene_policy(s, before));
}

FIXTURE_TEARDOWN(state)
{
	scene_end(&self->s);
	net_end();
}

static char *words(const struct scene *s, const char *go, const char *text)
{
	char *line = NULL;
	size_t size;
	FILE *f = open_memstream(&line, &size);

	for (const char *p = text; *p; p++) {
		if (*p != '%')
			fputc(*p, f);
		else if (*++p == 'U')
			fprintf(f, "%s/bin/unlisted", s->at);
		else
			fputs(*p == 'G' ? go : s->at, f);
	}
	fclose(f);
	return line;
}

static bool all_are_ready(void *arg)
{
	const struct scene *s = arg;

	return background_ready(s->at) >= ARRAY_SIZE(rows);
}

static bool is_there(void *name)
{
	return !access(name, F_OK);
}

/* A connection that the server has accepted. */
static int client(const char *go)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(SERVER_PORT),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (!wait_for(is_there, path("%s-listens", go), 180000) ||
	    connect(fd, (void *)&to, sizeof(to)))
		return -1;
	return fd;
}

/* A socket of the network beyond the link, bound to port 7102. */
static int beyond(void)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(7102) };
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open("/run/netns/" NET_PEER, O_RDONLY | O_CLOEXEC), fd = -1;

	if (!setns(there, CLONE_NEWNET)) {
		fd = socket(AF_INET, SOCK_DGRAM, 0);
		if (bind(fd, (void *)&at, sizeof(at)))
			fd = -1;
	}
	if (setns(home, CLONE_NEWNET))
		fd = -1;
	close(home);
	close(there);
	return fd;
}

static bool comes(int fd)
{
	struct timeval limit = { .tv_sec = 20 };
	char buf[16];

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return recv(fd, buf, sizeof(buf), 0) > 0;
}

/* Asks from a socket that is not connected: only the guard knows whose answer is awaited. */
static bool ask_beyond(int fd, int peer, struct sockaddr_in *from)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7102) };
	socklen_t len = sizeof(*from);
	char c;

	inet_pton(AF_INET, "192.0.2.2", &to.sin_addr);
	return sendto(fd, "?", 1, 0, (void *)&to, sizeof(to)) == 1 &&
	       recvfrom(peer, &c, 1, 0, (void *)from, &len) == 1;
}

static bool start_all(struct scene *s, struct background *b, const char *go)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		char *line = row->act ? words(s, go, row->act) : path("%s %s", row->name, go);

		if (!background_start(&b[i], s->at, path("%s/bin/%s", s->at, row->program), line))
			return false;
	}
	return true;
}

/* The canary's process has two, its own and that of its tree, as long as the guard runs. */
static bool ledgers_are_gone(void *unused)
{
	struct result r = run_line(NULL, -1, "/usr/sbin/bpftool", "map dump name ledgers");
	size_t n = 0;

	(void)unused;
	for (const char *p = r.said; (p = strstr(p, "\"key\"")); p++)
		n++;
	return !r.code && n == 2;
}

TEST_F_TIMEOUT(state, goes_over, 600)
{
	struct scene *s = &self->s;
	struct sockaddr_in asked;
	int peer = beyond(), asking = socket(AF_INET, SOCK_DGRAM, 0);
	int silent = socket(AF_INET, SOCK_DGRAM, 0), connection;
	size_t failed = 0;
	time_t begin, took;

	ASSERT_GE(peer, 0);
	ASSERT_TRUE(scene_start(s, NULL));
	ASSERT_TRUE(start_all(s, self->b, self->go));
	connection = client(self->go);
	ASSERT_GE(connection, 0);
	ASSERT_TRUE(wait_for(all_are_ready, s, 180000))
	{
		TH_LOG("%zu of %zu", background_ready(s->at), ARRAY_SIZE(rows));
	}
	/* The guard has looked again at who runs. */
	sleep(LOOKS_EVERY + 2);
	ASSERT_TRUE(ask_beyond(asking, peer, &asked));
	sendto(peer, "!", 1, 0, (void *)&asked, sizeof(asked));
	EXPECT_TRUE(comes(asking));
	ASSERT_TRUE(ask_beyond(asking, peer, &asked));
	begin = time(NULL);
	ASSERT_TRUE(command("./lsm-guard reload %s", self->second));

	took = time(NULL) - begin;
	printf("# the reload took %ld seconds\n", (long)took);
	/* The answer comes in; a packet to a port that nobody asked from does not. */
	sendto(peer, "!", 1, 0, (void *)&asked, sizeof(asked));
	/* What was sent is known for a minute. */
	if (took < (time_t)(GUARD_SENT_NS / 1000000000) - 5) {
		EXPECT_TRUE(comes(asking));
	} else {
		printf("# too long to tell whether what was sent is known still\n");
	}
	EXPECT_EQ(0, bind(silent,
			  (void *)&(struct sockaddr_in){ .sin_family = AF_INET,
							 .sin_port = htons(7103) },
			  sizeof(asked)));
	asked.sin_port = htons(7103);
	sendto(peer, "!", 1, 0, (void *)&asked, sizeof(asked));
	EXPECT_FALSE(comes(silent));

	ASSERT_TRUE(write_file(self->go, ""));
	EXPECT_TRUE(comes(connection));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int how = background_end(&self->b[i], 60000);
		char *why =
			how == rows[i].outcome ? NULL : path("%d, not %d", how, rows[i].outcome);

		failed += !subtest(i + 1, "state", rows[i].name, why);
		if (why)
			command("cat %s", self->b[i].said);
	}
	EXPECT_EQ(0, failed);
	EXPECT_TRUE(wait_for(ledgers_are_gone, NULL, 20000))
	{
		TH_LOG("%s", run_line(NULL, -1, "/usr/sbin/bpftool", "map dump name ledgers").said);
		TH_LOG("%s",
		       run_line(
			       NULL, -1, "/bin/ps",
			       "-C bound,alone,four,threads,eight,holder,limit-came,unlisted -o pid,ppid,stat,args")
			       .said);
	}
	/* It names the faults that there were. */
	ASSERT_TRUE(write_file(
		path("%s/faults", s->at),
		"./lsm-guard status >$0.status && ! grep -i -e corrected -e fault $0.status\n"));
	EXPECT_TRUE(command("sh %s/faults", s->at));
	EXPECT_EQ(0, guard_stop(&s->guard));
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "holder"))
		return holder(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "server"))
		return server(argv[2]);
	return test_harness_run(argc, argv);
}
