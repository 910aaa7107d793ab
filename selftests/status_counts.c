// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard status: what it says was allowed, denied and would have been is what was done; what
 * is missing, in alarm, suspended or unwatched it says, and its exit status with it; and its
 * output can be read by those whom it is for. status_check.py reads it here.
 */
#include "kselftest_harness.h"

#include <bpf/bpf.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "../lsm/lsm_guard.h"
#include "lib/net.h"

/* Each question takes a second or two where the machine is emulated. */
#define SECONDS 300

#define DIR    "/tmp/lsm-guard-status"
#define GUARDS "/sys/fs/bpf/lsm-guard"
/* A name that has all that a label can be broken by. */
#define POLICY DIR "/a \"policy\" of\\\xff"
#define QUOTED "/q\\\"b\\\\\\\\s"

static const char policy[] =
	"file " DIR "/secret { read = { " DIR "/reader } write = { " DIR "/writer } }\n"
	"file " DIR "/watched { read = none mode = audit }\n"
	"file \"" DIR QUOTED "\" { read = none }\n"
	"program " DIR "/caller { connect = { 127.0.0.1:7777/udp } }\n"
	"program " DIR "/forker { children = 3 }\n"
	"program " DIR "/mapper { allocation = 64M }\n"
	"interface " NET_LINK " { accept = { any:7001/udp } icmp = yes replies = no }\n";

/* Five that are listed and three that are not; two are sent to the last, a raw socket is none. */
static const char caller[] = "import socket\n"
			     "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
			     "def act(what, *how):\n"
			     "    try:\n"
			     "        what(*how)\n"
			     "    except OSError:\n"
			     "        pass\n"
			     "for i in range(3):\n"
			     "    act(s.connect, ('127.0.0.1', 7778))\n"
			     "for i in range(5):\n"
			     "    act(s.connect, ('127.0.0.1', 7777))\n"
			     "for i in range(2):\n"
			     "    act(s.send, b'x')\n"
			     "act(socket.socket, socket.AF_PACKET, socket.SOCK_RAW)\n";

/* Three children, and no fourth; two more when these have gone. */
static const char forker[] = "import os\n"
			     "def fork():\n"
			     "    pid = os.fork()\n"
			     "    if not pid:\n"
			     "        os.read(ends[0], 1)\n"
			     "        os._exit(0)\n"
			     "ends = os.pipe()\n"
			     "for i in range(3):\n"
			     "    fork()\n"
			     "try:\n"
			     "    fork()\n"
			     "except PermissionError:\n"
			     "    os.write(ends[1], b'xxxxx')\n"
			     "for i in range(3):\n"
			     "    os.wait()\n"
			     "for i in range(2):\n"
			     "    fork()\n"
			     "    os.wait()\n";

/* As many as it is told that are small enough, and two that are not. */
static const char mapper[] = "import mmap, sys\n"
			     "held = []\n"
			     "for i in range(int(sys.argv[1])):\n"
			     "    held.append(mmap.mmap(-1, 4096))\n"
			     "for i in range(2):\n"
			     "    try:\n"
			     "        mmap.mmap(-1, 128 << 20)\n"
			     "    except OSError:\n"
			     "        pass\n";

static const char sender[] = "import socket\n"
			     "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
			     "for port, n in (7001, 5), (7002, 7):\n"
			     "    for i in range(n):\n"
			     "        s.sendto(b'x', ('192.0.2.1', port))\n";

FIXTURE(status)
{
	struct guard g;
	struct guard_state *state; /* as far as every version has it */
};

static struct result status(const char *form)
{
	char *options = path("status --output %s", form);
	struct result r = run_line(NULL, -1, "./lsm-guard", options);

	free(options);
	return r;
}

/* What status_check.py makes of it; the caller has 1024 bytes. */
static char *checked(const char *form, const char *expression)
{
	char *script = path("./lsm-guard status --output %s 2>/dev/null |"
			    "python3 selftests/status_check.py %s \"$1\"",
			    form, form);
	char *argv[] = { "sh", "-c", script, "sh", (char *)expression, NULL };
	struct result r = run_with(NULL, -1, argv);

	free(script);
	r.said[strcspn(r.said, "\n")] = 0;
	if (r.code)
		printf("# %s: %s\n", expression, r.said);
	return strdup(r.said);
}

static long number(const char *form, const char *expression)
{
	char *said = checked(form, expression), *end;
	long n = strtol(said, &end, 10);

	if (*end || end == said)
		n = -1;
	free(said);
	return n;
}

static bool is(const char *form, const char *expression)
{
	char *said = checked(form, expression);
	bool yes = !strcmp(said, "True");

	if (!yes)
		printf("# %s: %s\n", expression, said);
	free(said);
	return yes;
}

/* A count of the section with this title. */
static long count(const char *title, const char *what)
{
	char *expression =
		path("next(r['%s'] for r in g['rules'] if r['rule'].endswith('%s'))", what, title);
	long n = number("json", expression);

	free(expression);
	return n;
}

static bool act(const char *program, const char *script)
{
	return command(DIR "/%s " DIR "/%s.py %s", program, program, script);
}

static bool make_programs(void)
{
	return copy_program(tree_path("build/probe"), DIR "/reader") &&
	       copy_program(tree_path("build/probe"), DIR "/writer") &&
	       copy_program(tree_path("build/probe"), DIR "/unlisted") &&
	       copy_program("/usr/bin/python3", DIR "/caller") &&
	       copy_program("/usr/bin/python3", DIR "/forker") &&
	       copy_program("/usr/bin/python3", DIR "/mapper") &&
	       write_file(DIR "/caller.py", caller) && write_file(DIR "/forker.py", forker) &&
	       write_file(DIR "/mapper.py", mapper) && write_file(DIR "/sender.py", sender) &&
	       write_file(DIR "/secret", "secret\n") && write_file(DIR "/watched", "watched\n");
}

static struct guard_state *map_state(void)
{
	long id = number("json", "g['guard']");
	int fd = id > 0 ? bpf_map_get_fd_by_id(id) : -1;
	void *state =
		fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (fd >= 0)
		close(fd);
	return state == MAP_FAILED ? NULL : state;
}

FIXTURE_SETUP(status)
{
	self->g.pid = 0;
	self->state = NULL;
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir " DIR));
	ASSERT_TRUE(net_make());
	ASSERT_TRUE(make_programs());
	ASSERT_TRUE(write_file(POLICY, policy));
	ASSERT_EQ(1, status("text").code);
	ASSERT_TRUE(is("prometheus", "m == {'lsm_guard_up': {frozenset(): 0}}"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, "--prove-every=3600"));
	self->state = map_state();
	ASSERT_NE(NULL, self->state);
}

FIXTURE_TEARDOWN(status)
{
	if (self->state)
		munmap(self->state, 4096);
	guard_stop(&self->g);
	run_line(NULL, -1, "./lsm-guard", "stop"); /* what a test that failed left */
	net_end();
}

/* ---- counts -------------------------------------------------------------------------- */

static int open_as(const char *program, const char *mode, const char *file)
{
	char *line = path("open open %s " DIR "/%s", mode, file);
	char *name = path(DIR "/%s", program);
	int code = run_line(NULL, -1, name, line).code;

	free(line);
	free(name);
	return code;
}

TEST_F_TIMEOUT(status, files_are_counted, SECONDS)
{
	for (int i = 0; i < 5; i++)
		EXPECT_EQ(ALLOWED, open_as("reader", "read", "secret"));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(ALLOWED, open_as("writer", "write", "secret"));
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(DENIED, open_as("reader", "write", "secret"));
	for (int i = 0; i < 4; i++)
		EXPECT_EQ(DENIED, open_as("unlisted", "read", "secret"));
	for (int i = 0; i < 6; i++)
		EXPECT_EQ(ALLOWED, open_as("unlisted", "read", "watched"));
	EXPECT_EQ(8, count("/secret", "allowed"));
	EXPECT_EQ(6, count("/secret", "denied"));
	EXPECT_EQ(0, count("/secret", "would_deny"));
	EXPECT_EQ(0, count("/watched", "allowed"));
	EXPECT_EQ(0, count("/watched", "denied"));
	EXPECT_EQ(6, count("/watched", "would_deny"));
	EXPECT_EQ(8, number("prometheus", "of('allowed_total', rule='" DIR "/secret')"));
	EXPECT_EQ(6, number("prometheus", "of('denied_total', rule='" DIR "/secret')"));
	EXPECT_EQ(6, number("prometheus", "of('would_deny_total', rule='" DIR "/watched')"));
	EXPECT_EQ(6, number("prometheus", "of('denied_total')"));
}

TEST_F_TIMEOUT(status, programs_are_counted, SECONDS)
{
	long before;

	ASSERT_TRUE(act("caller", ""));
	/* The socket, five connects, two sends; three connects, the other socket. */
	EXPECT_EQ(8, count("/caller", "allowed"));
	EXPECT_EQ(4, count("/caller", "denied"));
	ASSERT_TRUE(act("forker", ""));
	EXPECT_EQ(5, count("/forker", "allowed"));
	EXPECT_EQ(1, count("/forker", "denied"));
	ASSERT_TRUE(act("mapper", "0"));
	before = count("/mapper", "allowed");
	EXPECT_LT(0, before);
	EXPECT_EQ(2, count("/mapper", "denied"));
	ASSERT_TRUE(act("mapper", "100"));
	/* The list of them takes a place or two. */
	EXPECT_LE(100, count("/mapper", "allowed") - 2 * before);
	EXPECT_GT(110, count("/mapper", "allowed") - 2 * before);
	EXPECT_EQ(4, count("/mapper", "denied"));
}

static bool has_dropped(void *unused)
{
	(void)unused;
	return number("json", "g['interfaces'][0]['dropped']['not listed']") == 7;
}

TEST_F_TIMEOUT(status, packets_are_counted, SECONDS)
{
	ASSERT_TRUE(command("ip netns exec " NET_PEER " python3 " DIR "/sender.py"));
	EXPECT_TRUE(wait_for(has_dropped, NULL, 20000));
	EXPECT_EQ(5, number("json", "g['interfaces'][0]['accepted']['by rule']"));
	EXPECT_TRUE(is("json", "sum(g['interfaces'][0]['dropped'].values()) == "
			       "g['rules'][g['interfaces'][0]['rule']]['denied']"));
	EXPECT_TRUE(is("json", "g['rules'][g['interfaces'][0]['rule']]['allowed'] >= 5"));
	EXPECT_EQ(7, number("prometheus",
			    "of('packets_total', interface='" NET_LINK "', reason='not listed')"));
}

/* ---- what it is like ------------------------------------------------------------------- */

TEST_F_TIMEOUT(status, what_is_loaded, SECONDS)
{
	EXPECT_EQ(0, status("text").code);
	EXPECT_TRUE(is("json", "len(all) == 1 and g['state'] == 'enforcing'"));
	EXPECT_TRUE(is("json", "[r['line'] for r in g['rules']] == [1, 2, 3, 7, 4, 5, 6]"));
	EXPECT_TRUE(is("json", "{r['section'] for r in g['rules']} == "
			       "{'file', 'program', 'interface'}"));
	EXPECT_TRUE(is("json", "g['hooks'] > 20 and g['missing'] == 0 == len(g['missing_hooks'])"));
	EXPECT_TRUE(is("json", "g['policy'].startswith('" DIR "/a \"policy\" of')"));
	EXPECT_TRUE(is("json",
		       "[0 < t['entries'] <= t['room'] for t in g['tables'] if t['table'] in "
		       "('objects', 'names', 'interfaces')] == [True] * 3"));
	EXPECT_TRUE(is("json", "g['map_bytes'] > 100000 and not any(g['faults'].values())"));
	/* A label is what it was. */
	EXPECT_TRUE(is("prometheus", "of('up', policy='" DIR "/a \"policy\" of' + chr(92) * 2 + "
				     "'xff') == of('up', state='enforcing') == 1"));
	EXPECT_TRUE(is("prometheus",
		       "len([1 for l in m['lsm_guard_allowed_total'] if dict(l)['rule']"
		       ".startswith('" DIR "/q' + chr(34) + 'b' + chr(92))]) == 1"));
	EXPECT_TRUE(is("prometheus", "of('hooks') == of('hook_attached') and "
				     "all('guard' in dict(l) for s in m.values() for l in s)"));
}

/* The state that its programs have of it, set from outside. */
TEST_F_TIMEOUT(status, alarm_and_suspension, SECONDS)
{
	self->state->alarm = 1;
	EXPECT_EQ(1, status("text").code);
	EXPECT_NE(NULL, strstr(status("text").said, "not enforcing"));
	EXPECT_TRUE(is("json", "g['state'] == 'not enforcing' and g['alarm']"));
	EXPECT_EQ(0, number("prometheus", "of('up')"));
	EXPECT_EQ(1, number("prometheus", "of('alarm')"));
	self->state->alarm = 0;
	EXPECT_EQ(0, status("text").code);
	self->state->suspended = 1ULL << 62;
	EXPECT_EQ(ALLOWED, open_as("unlisted", "read", "secret"));
	EXPECT_EQ(ALLOWED, open_as("reader", "read", "secret"));
	EXPECT_TRUE(is("json", "g['state'] == 'suspended' and g['suspended_seconds'] > 0"));
	EXPECT_EQ(1, status("text").code);
	self->state->suspended = GUARD_ENDING;
	EXPECT_EQ(ALLOWED, open_as("unlisted", "read", "secret"));
	EXPECT_TRUE(is("json", "g['state'] == 'ending' and g['suspended_seconds'] == 0"));
	EXPECT_EQ(1, status("text").code);
	self->state->suspended = 1;
	EXPECT_EQ(0, status("text").code);
	/* While another one holds, that one counts. */
	EXPECT_EQ(0, count("/secret", "allowed"));
	EXPECT_EQ(0, count("/secret", "denied"));
	/* Stopped, so that it does not end itself. */
	ASSERT_TRUE(process_stop((pid_t)self->state->watcher));
	self->state->deadline = 1;
	EXPECT_TRUE(is("json", "g['state'] == 'lapsed'"));
	EXPECT_EQ(1, status("text").code);
	self->state->deadline = 0;
	EXPECT_EQ(0, kill(self->state->watcher, SIGCONT));
}

TEST_F_TIMEOUT(status, watched_and_pinned, SECONDS)
{
	__u32 id = number("json", "g['guard']"), watcher = self->state->watcher;
	pid_t gone = fork();

	if (!gone)
		_exit(0);
	waitpid(gone, NULL, 0);
	EXPECT_EQ(watcher, number("json", "g['watcher']"));
	self->state->watcher = getpid();
	EXPECT_EQ(getpid(), number("json", "g['watcher']"));
	EXPECT_EQ(1, number("prometheus", "of('watched')"));
	self->state->watcher = gone;
	EXPECT_EQ(0, number("json", "g['watcher']"));
	EXPECT_NE(NULL, strstr(status("text").said, "nobody reads its events"));
	self->state->watcher = watcher;
	EXPECT_NE(NULL, strstr(status("text").said, "not pinned"));
	ASSERT_TRUE(command("mkdir -p " GUARDS "/%u/links", id));
	EXPECT_TRUE(is("json", "g['pinned']"));
	EXPECT_TRUE(command("rm -r " GUARDS "/%u", id));
	EXPECT_TRUE(is("json", "not g['pinned']"));
}

static bool is_amiss(void *unused)
{
	(void)unused;
	return status("text").code == 1;
}

/* Somebody takes one link away of a guard that is held by its pins alone. */
TEST_F_TIMEOUT(status, what_is_missing, SECONDS)
{
	pid_t watcher;

	EXPECT_EQ(0, guard_stop(&self->g));
	ASSERT_TRUE(guard_start(&self->g, POLICY, "--pin"));
	EXPECT_EQ(0, status("text").code);
	munmap(self->state, 4096);
	self->state = map_state();
	ASSERT_NE(NULL, self->state);
	watcher = self->state->watcher;
	kill(self->g.pid, SIGKILL);
	waitpid(self->g.pid, NULL, 0);
	self->g.pid = 0;
	kill(watcher, SIGKILL);
	EXPECT_EQ(0, status("text").code);
	EXPECT_TRUE(is("json", "g['state'] == 'enforcing' and g['pinned']"));
	ASSERT_TRUE(command("find " GUARDS " -path */links/inode_rename -delete"));
	EXPECT_TRUE(wait_for(is_amiss, NULL, 20000));
	EXPECT_NE(NULL, strstr(status("text").said, "1 MISSING: inode_rename;"));
	EXPECT_TRUE(is("json", "g['state'] == 'incomplete' and g['missing'] == 1"));
	EXPECT_TRUE(is("json", "g['missing_hooks'] == "
			       "[{'hook': 'inode_rename', 'program': 'inode_rename'}]"));
	EXPECT_TRUE(is("prometheus",
		       "of('up') == of('hook_attached', hook='inode_rename') == 0 and "
		       "of('hooks_missing') == 1"));
	EXPECT_TRUE(command("./lsm-guard stop"));
	EXPECT_EQ(1, status("json").code);
}

/* ---- two at once ----------------------------------------------------------------------- */

/* A reload that waits to be confirmed: the one before it is still there, and nothing is amiss. */
TEST_F_TIMEOUT(status, the_one_before, SECONDS)
{
	ASSERT_TRUE(write_file(DIR "/next", "file " DIR "/secret { read = { " DIR "/reader } }\n"));
	EXPECT_EQ(ALLOWED, open_as("reader", "read", "secret"));
	ASSERT_TRUE(command("./lsm-guard reload --confirm-within 200 " DIR "/next"));
	EXPECT_EQ(ALLOWED, open_as("reader", "read", "secret"));
	EXPECT_EQ(DENIED, open_as("unlisted", "read", "secret"));
	EXPECT_EQ(0, status("text").code);
	EXPECT_TRUE(is("json",
		       "sorted((x['state'], x['rules'][0]['allowed'], x['rules'][0]['denied'])"
		       " for x in all) == [('enforcing', 1, 1), ('suspended', 1, 0)]"));
	EXPECT_EQ(2, number("prometheus", "len(m['lsm_guard_up'])"));
	EXPECT_EQ(1, number("prometheus", "of('up')"));
	EXPECT_EQ(2, number("prometheus", "of('allowed_total', rule='" DIR "/secret')"));
	EXPECT_TRUE(command("./lsm-guard confirm"));
	EXPECT_TRUE(is("json", "[x['state'] for x in all] == ['enforcing']"));
}

TEST_HARNESS_MAIN
