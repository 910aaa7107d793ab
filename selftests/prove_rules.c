// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard prove: rules of every kind come out as enforced or audited; what is not enforced is
 * found out; what says nothing is not taken for a proof; and nothing is changed by it.
 */
#include "kselftest_harness.h"

#include <signal.h>

#include "lib/net.h"

#define DIR    "/tmp/lsm-guard-prove"
#define TREE   DIR "/held"
#define POLICY DIR "/policy"
#define OUT    DIR "/out"

FIXTURE(prove)
{
	struct guard g;
};

FIXTURE_SETUP(prove)
{
	self->g.pid = 0;
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir -p " TREE "/tree/below " TREE "/home/one " TREE "/home/two"));
	ASSERT_TRUE(write_file(TREE "/secret", "secret\n"));
	ASSERT_TRUE(write_file(TREE "/watched", "watched\n"));
	ASSERT_TRUE(write_file(TREE "/fixed", "fixed\n"));
	ASSERT_TRUE(write_file(TREE "/tree/below/file", "file\n"));
	ASSERT_TRUE(write_file(TREE "/home/one/key", "key\n"));
	ASSERT_TRUE(copy_program("/bin/true", TREE "/tool"));
	ASSERT_TRUE(copy_program("/bin/true", TREE "/bound"));
	ASSERT_TRUE(copy_program("/bin/true", TREE "/free"));
	ASSERT_TRUE(copy_program("/bin/true", TREE "/counted"));
	ASSERT_TRUE(net_make());
}

FIXTURE_TEARDOWN(prove)
{
	command("/usr/sbin/sysctl -q kernel.ftrace_enabled=1");
	guard_stop(&self->g);
	command("/usr/bin/chattr -i " TREE "/fixed");
	net_end();
}

static const char files[] = "file " TREE "/secret {\n" /* 1 */
			    "	read = none\n"
			    "	write = none\n"
			    "}\n"
			    "file " TREE "/later { write = none }\n" /* 5 */
			    "file " TREE "/tree/ { read = none\n"
			    "	write = none }\n"
			    "file " TREE "/tool { execute = none }\n"
			    "file \"" TREE "/home/*/key\" { write = none }\n"
			    "file " TREE "/watched { mode = audit\n" /* 10 */
			    "	read = none\n"
			    "	write = none }\n";

/* For a loader that is not listed, so that it could not look at the files again. */
static const char no_files[] = "\n\n\n\n\n\n\n\n\n\n\n\n";

#define FIRST_SECTION 13
static const char sections[] = "program " TREE "/bound {\n"
			       "	connect = { 127.0.0.1:80/tcp, any:53/udp }\n"
			       "	listen = { 80/tcp }\n" /* 15 */
			       "	receive = { 127.0.0.1:53/udp }\n"
			       "	families = { inet, unix }\n"
			       "	memory = 64M\n"
			       "	address-space = 128M\n"
			       "	allocation = 8M\n" /* 20 */
			       "}\n"
			       "program " TREE "/counted {\n"
			       "	children = 3\n"
			       "	descendants = 5\n"
			       "	threads = 4\n" /* 25 */
			       "}\n"
			       "program " TREE "/free { mode = audit\n"
			       "	connect = none\n"
			       "	allocation = 1M\n"
			       "	children = 2\n" /* 30 */
			       "	threads = 2\n"
			       "}\n"
			       "interface " NET_LINK " { accept = { any:22/tcp } }\n";

static bool write_policy(const char *first)
{
	char *text = path("%s%s", first, sections);
	bool done = write_file(POLICY, text);

	free(text);
	return done;
}

/* What a line of the policy is to come out as. */
struct expected {
	long line;
	const char *access, *result;
};

static const struct expected all_expected[] = {
	{ 2, "read", "ENFORCED" },	     { 3, "write", "ENFORCED" },
	{ 5, "write", "ENFORCED" },	     { 6, "read", "ENFORCED" },
	{ 7, "write", "ENFORCED" },	     { 8, "execute", "ENFORCED" },
	{ 9, "write", "ENFORCED" },	     { 11, "read", "AUDITING" },
	{ 12, "write", "AUDITING" },	     { 14, "connect", "ENFORCED" },
	{ 15, "listen", "ENFORCED" },	     { 16, "receive", "ENFORCED" },
	{ 17, "families", "ENFORCED" },	     { 18, "memory", "ENFORCED" },
	{ 19, "address-space", "ENFORCED" }, { 20, "allocation", "ENFORCED" },
	{ 23, "children", "ENFORCED" },	     { 24, "descendants", "ENFORCED" },
	{ 25, "threads", "ENFORCED" },	     { 28, "connect", "AUDITING" },
	{ 27, "families", "AUDITING" },	     { 29, "allocation", "AUDITING" },
	{ 30, "children", "AUDITING" },	     { 31, "threads", "AUDITING" },
	{ 33, "accept", "ENFORCED" },
};

/* Runs it; its exit status. What it said is in OUT, as JSON. */
static int prove(void)
{
	write_file(DIR "/prove", "./lsm-guard prove --output json >" OUT "\n");
	return run_line(NULL, -1, "/bin/sh", DIR "/prove").code;
}

/* What it said of a line of the policy; NULL: nothing. */
static const char *said_of(const struct events *said, long line, const char *field)
{
	for (size_t i = 0; i < said->n; i++)
		if (event_number(&said->e[i], "line") == line)
			return event_text(&said->e[i], field);
	return NULL;
}

static const char *result_of(long line)
{
	struct events said = events_read(OUT);
	const char *text = said_of(&said, line, "result"), *why = said_of(&said, line, "why");

	if (why && *why)
		printf("# %ld: %s: %s\n", line, text, why);
	return text ? text : "nothing";
}

/* All that can be told of the files: names, times of change, modes, contents. */
static bool look_at_files(const char *to)
{
	char *script =
		path("find " TREE " -printf '%%p %%s %%T@ %%C@ %%m %%n %%U %%i\\n' | sort >%s && "
		     "find " TREE " -type f -exec sha256sum {} + | sort >>%s && [ -s %s ]\n",
		     to, to, to);
	bool done = write_file(DIR "/look", script) && command("sh " DIR "/look");

	free(script);
	return done;
}

TEST_F_TIMEOUT(prove, every_kind_of_rule, 300)
{
	struct events said;

	ASSERT_TRUE(write_policy(files));
	ASSERT_TRUE(look_at_files(DIR "/before"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, prove());
	said = events_read(OUT);
	EXPECT_EQ(0, said.malformed);
	EXPECT_EQ(ARRAY_SIZE(all_expected), said.n);
	for (size_t i = 0; i < ARRAY_SIZE(all_expected); i++) {
		EXPECT_STREQ(all_expected[i].result, result_of(all_expected[i].line));
		EXPECT_STREQ(all_expected[i].access,
			     said_of(&said, all_expected[i].line, "access"));
	}
	/* The same again: what is bound for an act does not stay so. */
	EXPECT_EQ(0, prove());
	EXPECT_EQ(0, guard_stop(&self->g));
	ASSERT_TRUE(look_at_files(DIR "/after"));
	EXPECT_TRUE(command("cmp " DIR "/before " DIR "/after"));
}

/* The programs are attached, as far as the kernel says; but it does not call them. */
TEST_F_TIMEOUT(prove, nothing_is_enforced, 300)
{
	ASSERT_TRUE(write_policy(files));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	ASSERT_TRUE(command("/usr/sbin/sysctl -q kernel.ftrace_enabled=0"));
	ASSERT_TRUE(look_at_files(DIR "/before"));
	EXPECT_EQ(1, prove());
	ASSERT_TRUE(look_at_files(DIR "/after"));
	EXPECT_TRUE(command("cmp " DIR "/before " DIR "/after"));
	/* XDP does not go that way. */
	for (size_t i = 0; i < ARRAY_SIZE(all_expected); i++)
		EXPECT_STREQ(strcmp(all_expected[i].access, "accept") ? "NOT ENFORCED" : "ENFORCED",
			     result_of(all_expected[i].line));
	ASSERT_TRUE(command("/usr/sbin/sysctl -q kernel.ftrace_enabled=1"));
	EXPECT_EQ(0, prove());
}

/* Whoever looks after interfaces is held up, or he would attach it again. */
TEST_F_TIMEOUT(prove, a_program_is_detached, 120)
{
	ASSERT_TRUE(write_file(POLICY, "interface " NET_LINK " { accept = none }\n"
				       "file " TREE "/secret { read = none }\n"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, prove());
	EXPECT_STREQ("ENFORCED", result_of(1));
	ASSERT_TRUE(write_file(DIR "/detach",
			       "kill -STOP $(pidof lsm-guard)\n"
			       "bpftool link list | sed -n 's/^\\([0-9]*\\): xdp.*/\\1/p' |\n"
			       "while read l; do bpftool link detach id $l; done\n"));
	ASSERT_TRUE(command("sh " DIR "/detach"));
	EXPECT_EQ(1, prove());
	EXPECT_STREQ("NOT ENFORCED", result_of(1));
	EXPECT_STREQ("ENFORCED", result_of(2));
	ASSERT_TRUE(write_file(DIR "/go-on", "kill -CONT $(pidof lsm-guard)\n"));
	EXPECT_TRUE(command("sh " DIR "/go-on"));
}

static bool all_as_expected(long from)
{
	bool are = true;

	for (size_t i = 0; i < ARRAY_SIZE(all_expected); i++)
		are &= all_expected[i].line < from ||
		       !strcmp(all_expected[i].result, result_of(all_expected[i].line));
	return are;
}

/* Whom sections bind the new guard has from the one before: not whom we bind. */
TEST_F_TIMEOUT(prove, after_a_reload, 300)
{
	ASSERT_TRUE(write_policy(no_files));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	ASSERT_TRUE(write_file(DIR "/again", "./lsm-guard reload " POLICY " >" DIR "/said 2>&1\n"));
	EXPECT_TRUE(command("sh " DIR "/again"));
	EXPECT_EQ(0, prove());
	EXPECT_TRUE(all_as_expected(FIRST_SECTION));
}

static bool is_free(void *unused)
{
	(void)unused;
	return write_file(TREE "/secret", "secret\n");
}

TEST_F_TIMEOUT(prove, nobody_is_left, 300)
{
	ASSERT_TRUE(write_policy(files));
	ASSERT_TRUE(guard_start(&self->g, POLICY, "--pin"));
	ASSERT_TRUE(write_file(DIR "/kill", "kill -9 $(pidof lsm-guard)\n"
					    "for i in $(seq 300); do\n"
					    "	pidof lsm-guard || exit 0\n"
					    "	sleep 0.1\n"
					    "done\n"
					    "exit 1\n"));
	ASSERT_TRUE(command("sh " DIR "/kill"));
	EXPECT_EQ(0, prove());
	EXPECT_TRUE(all_as_expected(1));
	EXPECT_TRUE(command("./lsm-guard stop"));
	EXPECT_EQ(1, prove());
	/* The kernel detaches what nobody holds any more in its own time. */
	EXPECT_TRUE(wait_for(is_free, NULL, 60000));
}

/* That somebody denies it is no proof of the rule; nor is what is not there. */
TEST_F_TIMEOUT(prove, what_cannot_be_tested, 120)
{
	char *policy = path("file " TREE "/fixed { write = none }\n"
			    "file " TREE "/none { read = none }\n"
			    "file " TREE "/secret { read = { %s } }\n"
			    "file \"" TREE "/x*\" { read = none }\n"
			    "file /dev/null { read = { /bin/sh, /bin/cat } }\n"
			    "program " TREE "/counted { children = 4000 }\n"
			    "interface -nosuch0 { accept = none }\n",
			    tree_path("lsm-guard"));

	ASSERT_TRUE(command("/usr/bin/chattr +i " TREE "/fixed"));
	ASSERT_TRUE(write_file(POLICY, policy));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, prove());
	for (long line = 1; line <= 7; line++)
		EXPECT_STREQ("UNTESTABLE", result_of(line));
	EXPECT_EQ(0, guard_stop(&self->g));
	ASSERT_TRUE(command("/usr/bin/chattr -i " TREE "/fixed"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, prove());
	EXPECT_STREQ("ENFORCED", result_of(1));
	free(policy);
}

TEST_F_TIMEOUT(prove, not_this_policy, 120)
{
	EXPECT_EQ(1, prove());
	EXPECT_TRUE(strstr(run_line(NULL, -1, "./lsm-guard", "prove").said, "no guard is running"));
	ASSERT_TRUE(write_file(POLICY, "file " TREE "/secret { read = none }\n"));
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, prove());
	EXPECT_TRUE(strstr(run_line(NULL, -1, "./lsm-guard", "prove").said, "ENFORCED "));
	ASSERT_TRUE(write_file(POLICY, "file " TREE "/secret { read = none }\n\n"));
	EXPECT_EQ(1, prove());
	EXPECT_TRUE(strstr(run_line(NULL, -1, "./lsm-guard", "prove").said, "has changed"));
	EXPECT_EQ(2, run_line(NULL, -1, "./lsm-guard", "prove --output xml").code);
}

TEST_HARNESS_MAIN
