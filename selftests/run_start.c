// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard run, around the attacks of run_attacks.c: exit statuses, the listing as a whole,
 * --strict, which sections bind a command, and calls that no C library makes.
 */
#include "kselftest_harness.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/lib.h"
#include "lib/limits.h"

#define DIR  "/run/g" /* what is said is long, and cut off */
#define CONF DIR ".conf"
#define USER "setpriv --reuid=65534 --regid=65534 --clear-groups "
#define RUN  "./lsm-guard run --policy " CONF " "

FIXTURE(start){};

/* What Python is for: calls by number, with arguments that a C library would not pass on. */
static const char calls[] =
	"import ctypes, fcntl, os, sys, termios\n"
	"libc = ctypes.CDLL(None, use_errno=True)\n"
	"buffer = ctypes.create_string_buffer(4096)\n"
	"def call(*args):\n"
	"    args = [ctypes.c_ulong(a) if isinstance(a, int) else a for a in args]\n"
	"    ctypes.set_errno(0)\n"
	"    got = libc.syscall(*args)\n"
	"    return 0 if got >= 0 else ctypes.get_errno()\n"
	"def terminal(request):\n"
	"    pid, fd = os.forkpty()\n"
	"    if pid == 0:\n"
	"        os._exit(call(16, 0, request, ctypes.byref(buffer)))\n"
	"    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])\n"
	"UP = 1 << 32\n"
	"unlimited = (ctypes.c_ulong * 2)(-1, -1)\n"
	"acts = {\n"
	"    'socket': lambda: call(41, 2, 1, 0),\n"
	"    'socket-up': lambda: call(41, UP | 2, 1, 0),\n"
	"    'socket-type-up': lambda: call(41, 2, UP | 1, 0),\n"
	"    'socket-protocol-up': lambda: call(41, 2, 1, UP | 6),\n"
	"    'unix-up': lambda: call(41, UP | 1, UP | 1, UP),\n"
	"    'x32': lambda: call(0x40000000 | 41, 2, 1, 0),\n"
	"    'uring': lambda: call(425, 1, ctypes.byref(buffer)),\n"
	"    'tiocsti': lambda: terminal(0x5412),\n"
	"    'tiocsti-up': lambda: terminal(UP | 0x5412),\n"
	"    'tiocgwinsz': lambda: terminal(0x5413),\n"
	"    'raise': lambda: call(302, 0, 2, unlimited, 0),\n"
	"    'raise-up': lambda: call(302, 0, UP | 2, unlimited, 0),\n"
	"    'raise-setrlimit': lambda: call(160, 2, unlimited),\n"
	"    'ask': lambda: call(302, 0, 2, 0, ctypes.byref(buffer)),\n"
	"    'fork-up': lambda: call(56, UP << 8 | 17, 0, 0, 0, 0) and os._exit(1),\n"
	"}\n"
	"print(acts[sys.argv[1]]())\n";

FIXTURE_SETUP(start)
{
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_TRUE(command("mkdir -p " DIR));
	ASSERT_EQ(0, mount("tmpfs", DIR, "tmpfs", 0, "mode=777"));
	ASSERT_TRUE(copy_program("build/probe", DIR "/P"));
	ASSERT_TRUE(copy_program("build/probe", DIR "/U"));
	ASSERT_TRUE(copy_program("/bin/sh", DIR "/sh"));
	ASSERT_TRUE(write_file(DIR "/calls.py", calls));
	ASSERT_TRUE(write_file(DIR "/secret", "secret\n"));
}

FIXTURE_TEARDOWN(start)
{
	umount2(DIR, MNT_DETACH);
}

static int landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	return version < 0 ? 0 : version;
}

/* What --strict never minds, on any kernel with Landlock. */
#define HELD_POLICY "program " DIR "/sh { families = { unix } }"

static struct result by_shell(const char *line)
{
	char *argv[] = { "sh", "-c", (char *)line, NULL };

	return run_with(NULL, -1, argv);
}

/* ---- exit statuses --------------------------------------------------------------- */

struct status {
	const char *name, *policy, *line;
	int code;
	const char *says;
};

static const struct status statuses[] = {
	{ "the-command's", HELD_POLICY, RUN "-- " DIR "/sh -c 'exit 7'", 7, "" },
	{ "strict-and-all-held", HELD_POLICY, RUN "--strict -- " DIR "/sh -c 'exit 7'", 7, "" },
	{ "by-signal", HELD_POLICY, RUN "-- " DIR "/sh -c 'kill -9 $$'", 137, "" },
	{ "without-dashes", HELD_POLICY, RUN DIR "/sh -c 'exit 7'", 7, "" },
	{ "in-place", HELD_POLICY, "exec " RUN "-- " DIR "/sh -c 'echo $PPID'", 0, NULL },
	{ "path", HELD_POLICY, "PATH=/nowhere:" DIR " " USER RUN "-- sh -c 'exit 7'", 127,
	  "setpriv" },
	{ "by-path", HELD_POLICY, RUN "-- true", 0, "nothing in " CONF " binds /usr/bin/true" },
	{ "nothing-binds-but-lines", "updaters = { " DIR "/sh }\n" HELD_POLICY, RUN "-- true", 0,
	  "nothing in " CONF " binds /usr/bin/true" },
	{ "no-command", HELD_POLICY, RUN "-- " DIR "/nothing", 127, "No such file or directory" },
	{ "no-command-in-path", HELD_POLICY, RUN "-- nothing-by-this-name", 127,
	  "nothing-by-this-name: No such file or directory" },
	{ "no-program", HELD_POLICY, RUN "-- " DIR "/secret", 126, "Permission denied" },
	{ "a-directory", HELD_POLICY, RUN "-- " DIR, 126, "Permission denied" },
	{ "no-format", HELD_POLICY, RUN "-- " DIR "/text", 126, "Exec format error" },
	{ "no-interpreter", HELD_POLICY, RUN "-- " DIR "/lost", 127, "No such file or directory" },
	{ "policy-error", "program " DIR "/sh { connect = nobody }", RUN "-- " DIR "/sh -c true", 2,
	  CONF ":1: " },
	{ "missing-program", "program " DIR "/none { connect = none }", RUN "-- true", 2,
	  CONF ":1: program " DIR "/none: No such file or directory; write -PATH" },
	{ "missing-but-optional", "program -" DIR "/none { connect = none }", RUN "-- true", 0,
	  "nothing in" },
	{ "missing-on-a-list", "file " DIR "/secret { read = { " DIR "/none } }", RUN "-- true", 2,
	  CONF ":1: program " DIR "/none: No such file" },
	{ "directory-without-slash", "file " DIR " { read = none }", RUN "-- true", 2,
	  "end it with a slash" },
	{ "missing-directory", "file " DIR "/none/file { read = none }", RUN "-- true", 2,
	  "No such file or directory" },
	{ "no-policy", HELD_POLICY, "./lsm-guard run -- true", 2, "--policy FILE is needed" },
	{ "nothing-to-run", HELD_POLICY, RUN, 2, "the command is needed" },
	{ "limit-too-small", "program " DIR "/sh { address-space = 4K }",
	  RUN "-- " DIR "/sh -c true 2>&1", 126, NULL },
};

TEST_F_TIMEOUT(start, statuses, 300)
{
	bool passed = true;
	size_t n = sizeof(statuses) / sizeof(*statuses);

	ASSERT_TRUE(write_file(DIR "/text", "neither a program nor a script\n"));
	ASSERT_TRUE(write_file(DIR "/lost", "#!" DIR "/nothing\n"));
	ASSERT_EQ(0, chmod(DIR "/text", 0755));
	ASSERT_EQ(0, chmod(DIR "/lost", 0755));
	printf("    1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct status *s = &statuses[i];
		char *own = path("%d", getpid()), *why = NULL;
		const char *says = s->says ? s->says : s->code ? "" : own;
		struct result r;

		ASSERT_TRUE(write_file(CONF, s->policy));
		r = by_shell(s->line);
		/* Where it does not fit into its memory the kernel may say it by a signal. */
		if (!s->says && s->code && r.code > 128)
			r.code = s->code;
		if (r.code != s->code || !strstr(r.said, says))
			why = path("status %d: %s", r.code, r.said);
		/* Without Landlock that is a line, which --strict does not let pass. */
		if (!landlock() && strstr(s->line, "--strict"))
			subtest_skip(i + 1, "status", s->name, "no Landlock");
		else
			passed &= subtest(i + 1, "status", s->name, why);
		free(own);
		free(why);
	}
	EXPECT_TRUE(passed);
}

/* ---- the listing ----------------------------------------------------------------- */

static const char whole[] = "include(\"" DIR ".more\")\n"
			    "updaters = { " DIR "/U }\n"
			    "interface any { accept = none }\n"
			    "program " DIR "/sh {\n"
			    "    connect = { 10.0.0.0/8:80/tcp,\n"
			    "                443 }\n"
			    "    listen = none\n"
			    "    receive = none\n"
			    "    children = 8\n"
			    "    inherit = no\n"
			    "}\n"
			    "program " DIR "/U { connect = none }\n"
			    "file " DIR "/secret { read = none mode = audit }\n";

static const char more[] = "\nfile " DIR "/other { read = none }\n";

#define TCP 4 /* Landlock's version that knows it */

static const struct {
	const char *text;
	int since, before; /* which versions have the line; 0: all */
} lines[] = {
	{ CONF ":2: not held here: updaters" },
	{ CONF ":3: not held here: interface: packets are the host's" },
	{ CONF ":4: tighter here: inherit: what it starts is bound all the same" },
	{ CONF
	  ":4: weaker here: program: without Landlock it can trace processes that are not bound",
	  .before = 1 },
	{ CONF ":5: not held here: connect by UDP" },
	{ CONF ":5: not held here: connect by TCP port: it needs Linux 6.7", .before = TCP },
	{ CONF ":5: not held here: connect by prefix" },
	{ CONF ":7: not held here: listen by UDP" },
	{ CONF ":7: tighter here: listen: refused on unix sockets too" },
	{ CONF ":7: weaker here: listen: bind(2) of a TCP port; nothing listens there",
	  .before = TCP },
	{ CONF ":8: not held here: receive" },
	{ CONF ":9: not held here: children beyond 0" },
	{ CONF ":13: not held here: audit: nothing is reported" },
	{ DIR ".more:2: tighter here: read: closed too is what comes later beside it, or beside a "
	      "directory above it",
	  .since = 1 },
	{ DIR ".more:2: not held here: read: this kernel has no Landlock", .before = 1 },
};

static char *listing(const char *end)
{
	char *all = NULL;
	size_t size;
	FILE *f = open_memstream(&all, &size);

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (landlock() >= lines[i].since &&
		    (!lines[i].before || landlock() < lines[i].before))
			fprintf(f, "%s|", lines[i].text);
	fprintf(f, "%s", end);
	fclose(f);
	return all;
}

TEST_F_TIMEOUT(start, listing, 120)
{
	struct result r;
	char *want;

	ASSERT_TRUE(write_file(CONF, whole));
	ASSERT_TRUE(write_file(DIR ".more", more));
	r = by_shell(USER RUN "-- " DIR "/sh -c 'echo started'");
	EXPECT_EQ(0, r.code);
	want = listing("started");
	EXPECT_STREQ(want, r.said);
	free(want);
	r = by_shell(USER RUN "--strict -- " DIR "/sh -c 'touch " DIR "/started'");
	EXPECT_EQ(3, r.code);
	want = listing("lsm-guard run: " DIR "/sh is not started: --strict");
	EXPECT_STREQ(want, r.said);
	EXPECT_NE(0, access(DIR "/started", F_OK));
	free(want);
}

/* ---- which sections -------------------------------------------------------------- */

static int make_tcp(const char *policy, const char *command)
{
	char *line = path(USER RUN "-- %s 2>&1", command);
	struct result r = { .code = BROKEN };

	if (write_file(CONF, policy))
		r = by_shell(line);
	if (r.code != ALLOWED && r.code != DENIED)
		printf("# %s: %d: %s\n", line, r.code, r.said);
	free(line);
	return r.code;
}

TEST_F_TIMEOUT(start, sections, 120)
{
	ASSERT_TRUE(write_file(DIR "/script", "#!" DIR "/sh\n" DIR "/U make socket tcp\n"));
	ASSERT_EQ(0, chmod(DIR "/script", 0755));
	ASSERT_EQ(0, symlink("P", DIR "/link"));
#define MAKE_TCP  " make socket tcp"
#define UNIX_ONLY " { families = { unix } }\n"
	EXPECT_EQ(ALLOWED, make_tcp("program " DIR "/U" UNIX_ONLY, DIR "/P" MAKE_TCP));
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/P" UNIX_ONLY, DIR "/P" MAKE_TCP));
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/P" UNIX_ONLY, DIR "/link" MAKE_TCP));
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/link" UNIX_ONLY, DIR "/P" MAKE_TCP));
	/* What it starts has no section of its own by that. */
	EXPECT_EQ(ALLOWED,
		  make_tcp("program " DIR "/U" UNIX_ONLY, DIR "/P exec-fork " DIR "/U" MAKE_TCP));
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/script" UNIX_ONLY, DIR "/script"));
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/sh" UNIX_ONLY, DIR "/script"));
	EXPECT_EQ(ALLOWED, make_tcp("program " DIR "/P" UNIX_ONLY, DIR "/script"));
	/* Of two sections both must allow. */
	EXPECT_EQ(DENIED, make_tcp("program " DIR "/script { families = { inet } }\n"
				   "program " DIR "/sh" UNIX_ONLY,
				   DIR "/script"));
	EXPECT_EQ(ALLOWED, make_tcp("program " DIR "/script { families = { inet } }\n"
				    "program " DIR "/sh { families = { unix, inet } }",
				    DIR "/script"));
	EXPECT_EQ(ALLOWED,
		  make_tcp("mode = audit\nprogram " DIR "/P" UNIX_ONLY, DIR "/P" MAKE_TCP));
	EXPECT_EQ(DENIED, make_tcp("mode = audit\n"
				   "program " DIR "/P { families = { unix } mode = enforce }",
				   DIR "/P" MAKE_TCP));
}

/* ---- calls by number ------------------------------------------------------------- */

struct call {
	const char *name, *policy;
	bool root;
	int bare, run; /* errno; -1: whatever but EPERM */
};

#define PYTHON(keys) "program /usr/bin/python3 { " keys " }"

static const struct call numbered[] = {
	{ "socket", PYTHON("families = { unix }"), false, 0, 1 },
	{ "socket-up", PYTHON("families = { unix }"), false, 0, 1 },
	{ "socket-type-up", PYTHON("families = { unix }"), false, 0, 1 },
	{ "socket-protocol-up", PYTHON("families = { unix }"), false, 0, 1 },
	{ "socket-protocol-up", PYTHON("connect = none listen = none"), false, 0, 1 },
	{ "unix-up", PYTHON("families = { unix }"), false, 0, 0 },
	{ "x32", PYTHON("families = { unix, inet }"), false, -1, 1 },
	{ "uring", PYTHON("families = any"), false, -1, 1 },
	{ "tiocsti", PYTHON("families = any"), false, -1, 1 },
	{ "tiocsti-up", PYTHON("families = any"), false, -1, 1 },
	{ "tiocgwinsz", PYTHON("families = any"), false, 0, 0 },
	{ "raise", PYTHON("memory = 256M"), true, 0, 1 },
	{ "raise-up", PYTHON("memory = 256M"), true, 0, 1 },
	{ "raise-setrlimit", PYTHON("memory = 256M"), true, 0, 1 },
	{ "raise", PYTHON("address-space = 1G"), true, 0, 0 },
	{ "ask", PYTHON("memory = 256M"), true, 0, 0 },
};

/* The errno that Python prints last. */
static char *judge_call(const char *how, const struct call *c, int want)
{
	char *line = path("%s%spython3 " DIR "/calls.py %s", c->root ? "" : USER, how, c->name);
	struct result r = by_shell(line);
	const char *last = strrchr(r.said, '|');
	int got = atoi(last ? last + 1 : r.said);

	free(line);
	if (!r.code && (want < 0 ? got != 1 : got == want))
		return NULL;
	return path("%s: not %d, status %d: %s", *how ? "run" : "bare", want, r.code, r.said);
}

TEST_F_TIMEOUT(start, calls, 300)
{
	size_t n = sizeof(numbered) / sizeof(*numbered);
	bool passed = true;

	printf("    1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		char *why;

		ASSERT_TRUE(write_file(CONF, numbered[i].policy));
		why = judge_call("", &numbered[i], numbered[i].bare);
		if (!why)
			why = judge_call(RUN "-- ", &numbered[i], numbered[i].run);
		passed &= subtest(i + 1, "call", numbered[i].name, why);
		free(why);
	}
	EXPECT_TRUE(passed);
}

/* ---- what else a process may do ---------------------------------------------------- */

static bool there_is_a_victim(void *unused)
{
	(void)unused;
	return !by_shell("pidof guard-victim").code;
}

/* Looking into a process of the same user that is not bound; mounting, in a namespace. */
TEST_F_TIMEOUT(start, others, 120)
{
	static const char *const acts[] = { "cat /proc/$(pidof -s guard-victim)/environ",
					    "unshare -Urm mount -t tmpfs none /mnt" };
	struct result r;

	ASSERT_TRUE(write_file(CONF, HELD_POLICY));
	ASSERT_TRUE(copy_program("/bin/sleep", DIR "/guard-victim"));
	by_shell(USER DIR "/guard-victim 600 >/dev/null 2>&1 </dev/null &");
	ASSERT_TRUE(wait_for(there_is_a_victim, NULL, 30000));
	for (size_t i = 0; i < sizeof(acts) / sizeof(*acts); i++) {
		char *line = path(USER DIR "/sh -c '%s' >/dev/null", acts[i]);

		r = by_shell(line);
		EXPECT_EQ(0, r.code)
		{
			TH_LOG("bare: %s: %s", acts[i], r.said);
		}
		free(line);
		line = path(USER RUN "-- " DIR "/sh -c '%s' >/dev/null", acts[i]);
		r = by_shell(line);
		EXPECT_EQ(!landlock(), !r.code)
		{
			TH_LOG("run: %s: %d: %s", acts[i], r.code, r.said);
		}
		free(line);
	}
	by_shell("kill $(pidof guard-victim)");
}

TEST_F_TIMEOUT(start, no_new_privs, 60)
{
	struct result r;

	ASSERT_TRUE(write_file(CONF, HELD_POLICY));
	r = by_shell(USER RUN "-- " DIR "/sh -c 'grep -c NoNewPrivs:.1 /proc/self/status' "
			      "2>/dev/null");
	EXPECT_STREQ("1", r.said);
	/* A descriptor from before is inherited. */
	ASSERT_TRUE(write_file(CONF, "file " DIR "/secret { read = none }"));
	r = by_shell(USER RUN "-- " DIR "/sh -c 'cat' 2>/dev/null <" DIR "/secret");
	EXPECT_STREQ("secret", r.said);
}

TEST_HARNESS_MAIN
