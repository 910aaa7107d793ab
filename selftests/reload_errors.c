// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reloads that fail, and are interfered with: the policy that is loaded goes on to hold without
 * a gap, whatever the new one is and whoever is killed on the way to it.
 *
 * LSM_GUARD_LONG=1 in the environment: the new guard is killed at 20 points instead of 6.
 */
#include "kselftest_harness.h"

#include <linux/bpf.h>
#include <net/if.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/hammer.h"
#include "lib/kernel.h"

#define PAUSE 100000 /* microseconds */
#define WRONG "/tmp/lsm-guard-wrong"

FIXTURE(errors)
{
	struct hammers h;
	struct guard g;
	struct bpf_objects before;
};

FIXTURE_SETUP(errors)
{
	self->g.pid = 0;
	self->before = bpf_objects_count();
	ASSERT_TRUE(hammers_make(&self->h));
	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], NULL));
}

FIXTURE_TEARDOWN(errors)
{
	hammers_end(&self->h);
	guard_stop(&self->g);
	run_line(NULL, -1, "./lsm-guard", "stop");
}

static bool is_first(void *unused)
{
	(void)unused;
	return hammers_policy() == 0;
}

static bool is_second(void *unused)
{
	(void)unused;
	return hammers_policy() == 1;
}

static const struct {
	const char *policy; /* NULL: there is no file */
	const char *says;
	int status;
} wrong[] = {
	{ "file /etc/shadow { raed = none }\n", "raed", 2 },
	{ "file /etc/shadow { read = none\n", WRONG, 2 },
	{ "file /nowhere/at/all { read = { /nowhere/program } }\n", "/nowhere", 2 },
	{ "", "nothing to enforce", 2 },
	{ NULL, WRONG, 2 },
};

TEST_F_TIMEOUT(errors, change_nothing, 600)
{
	struct bpf_objects now = bpf_objects_count();

	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		unlink(WRONG);
		if (wrong[i].policy)
			ASSERT_TRUE(write_file(WRONG, wrong[i].policy));
		EXPECT_EQ(wrong[i].status, guard_says(wrong[i].says, "reload " WRONG))
		{
			TH_LOG("%s", wrong[i].policy ?: "no file");
		}
	}
	EXPECT_EQ(2, guard_says("reload", "reload"));
	EXPECT_EQ(0, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_TRUE(bpf_objects_become(&now, 60000));
	EXPECT_EQ(0, guard_says("a.conf", "status"));
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_EQ(1, guard_says("no guard", "reload %s", self->h.policy[1]));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

/* ---- processes that are killed -------------------------------------------------------- */

static void become_command(const char *name, const char *policy)
{
	freopen("/tmp/lsm-guard-said", "w", stderr);
	execl("./lsm-guard", "lsm-guard", name, policy, NULL);
	_exit(127);
}

static pid_t command_begins(const char *name, const char *policy)
{
	pid_t pid = fork();

	if (!pid)
		become_command(name, policy);
	return pid;
}

static int command_ends(pid_t pid)
{
	int how = -1;

	waitpid(pid, &how, 0);
	return WIFEXITED(how) ? WEXITSTATUS(how) : -1;
}

static bool there_are_two(void *g)
{
	pid_t pids[4];

	return guard_children(g, pids, 4) == 2;
}

/* The generation that a reload has started, or 0. */
static pid_t newcomer(struct guard *g)
{
	pid_t pids[4];

	return wait_for(there_are_two, g, 20000) && guard_children(g, pids, 4) == 2 ? pids[1] : 0;
}

static bool nobody_is_left(void *g)
{
	pid_t pids[4];

	return !guard_children(g, pids, 4);
}

/* The guard's end, or that one of the two holds. */
static bool is_decided(void *g)
{
	return nobody_is_left(g) || !run_line(NULL, -1, "./lsm-guard", "status").code;
}

TEST_F_TIMEOUT(errors, new_one_killed, 3000)
{
	int points = getenv("LSM_GUARD_LONG") ? 20 : 6, killed = 0;
	struct bpf_objects now = bpf_objects_count();
	bool ended = false;

	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	for (int i = 0; i < points; i++) {
		pid_t asker = command_begins("reload", self->h.policy[1]), pid = newcomer(&self->g);
		int status;

		usleep(i * (6000000 / points));
		if (pid && kill(pid, SIGKILL))
			pid = 0;
		status = command_ends(asker);
		printf("# %d: killed: %d, exit status %d, policy %d\n", i, pid, status,
		       hammers_policy());
		ASSERT_TRUE(wait_for(is_decided, &self->g, 60000));
		ended = nobody_is_left(&self->g);
		if (ended) {
			/* Not pinned, it had told the one before to end: its death is the guard's end. */
			printf("# %d: it had taken the place already\n", i);
			break;
		}
		ASSERT_TRUE(hammers_go_on_well(&self->h));
		if (!status)
			break; /* it was on already */
		EXPECT_EQ(1, status);
		EXPECT_EQ(0, hammers_policy());
		EXPECT_TRUE(bpf_objects_become(&now, 60000));
		killed++;
	}
	EXPECT_GT(killed, 1);
	/* The guard can be reloaded still. */
	if (!ended && hammers_policy() == 0) {
		EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[1]));
		EXPECT_EQ(1, hammers_policy());
		EXPECT_TRUE(hammers_go_on_well(&self->h));
	}
}

static bool may_be_chosen(void *pid)
{
	return read_number("/proc/%d/oom_score_adj", *(pid_t *)pid) == 0;
}

/*
 * The one that is there is killed while the next comes up: that one holds. Of the two the kernel
 * would choose the next one, if memory ran out.
 */
TEST_F_TIMEOUT(errors, old_one_killed, 600)
{
	pid_t old = guard_watcher(&self->g), asker = command_begins("reload", self->h.policy[1]);
	pid_t next = newcomer(&self->g);

	ASSERT_NE(0, next);
	EXPECT_EQ(-1000, read_number("/proc/%d/oom_score_adj", old));
	EXPECT_TRUE(wait_for(may_be_chosen, &next, 20000));
	usleep(500000);
	EXPECT_TRUE(process_stop(next)); /* not that it is on before */
	EXPECT_EQ(0, kill(old, SIGKILL));
	EXPECT_EQ(0, kill(next, SIGCONT));
	EXPECT_EQ(0, command_ends(asker));
	EXPECT_EQ(1, hammers_policy());
	EXPECT_EQ(0, guard_says("b.conf", "status"));
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[0]));
	EXPECT_EQ(0, hammers_policy());
	EXPECT_EQ(0, guard_stop(&self->g));
	EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
}

/* As a script would: where one has been answered, the next one is taken. */
TEST_F_TIMEOUT(errors, one_after_another, 600)
{
	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	for (int i = 1; i <= 5; i++) {
		EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[i % 2]));
		EXPECT_EQ(i % 2, hammers_policy());
	}
	EXPECT_EQ(0, guard_says("enforcing", "reload --confirm-within 90 %s", self->h.policy[0]));
	EXPECT_EQ(0, guard_says("confirmed", "confirm"));
	EXPECT_EQ(0, guard_says("enforcing", "reload %s", self->h.policy[1]));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
}

TEST_F_TIMEOUT(errors, two_at_once, 600)
{
	pid_t asker, next;

	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	asker = command_begins("reload", self->h.policy[1]);
	next = newcomer(&self->g);
	ASSERT_NE(0, next);
	EXPECT_TRUE(process_stop(next));
	EXPECT_EQ(1, guard_says("under way", "reload %s", self->h.policy[0]));
	EXPECT_EQ(0, kill(next, SIGCONT));
	EXPECT_EQ(0, command_ends(asker))
	{
		TH_LOG("%s", run_line(NULL, -1, "/bin/cat", "/tmp/lsm-guard-said").said);
	}
	EXPECT_EQ(1, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
}

/* Ended while another one comes up: that one does not come. */
TEST_F_TIMEOUT(errors, ended_meanwhile, 600)
{
	for (int by_command = 0; by_command <= 1; by_command++) {
		pid_t old, asker, next, stop = 0;

		if (by_command)
			ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], NULL));
		old = guard_watcher(&self->g);
		asker = command_begins("reload", self->h.policy[1]);
		next = newcomer(&self->g);
		ASSERT_NE(0, next);
		EXPECT_TRUE(process_stop(next));
		if (by_command)
			stop = command_begins("stop", NULL);
		else
			EXPECT_EQ(0, kill(self->g.pid, SIGTERM));
		/* Where the next one has the lock already `stop` waits for that, and ends it then. */
		wait_for(process_gone, &old, 20000);
		EXPECT_EQ(0, kill(next, SIGCONT));
		if (by_command)
			EXPECT_EQ(0, command_ends(stop));
		command_ends(asker);
		EXPECT_EQ(1, guard_says("no guard", "status"));
		EXPECT_EQ(0, guard_stop(&self->g));
		EXPECT_TRUE(bpf_objects_become(&self->before, 60000));
	}
}

/*
 * Whoever has heard that the one before has ended may ask for the next one, though the supervisor
 * may not have heard of it yet.
 */
TEST_F_TIMEOUT(errors, signal_after_an_end, 600)
{
	EXPECT_EQ(0, guard_says("enforcing", "reload --confirm-within 90 %s", self->h.policy[1]));
	EXPECT_EQ(1, hammers_policy());
	ASSERT_TRUE(process_stop(self->g.pid));
	EXPECT_EQ(0, guard_says("confirmed", "confirm"));
	ASSERT_TRUE(command("cp %s %s", self->h.policy[0], self->h.policy[1]));
	EXPECT_EQ(0, kill(self->g.pid, SIGHUP));
	EXPECT_EQ(0, kill(self->g.pid, SIGCONT));
	EXPECT_TRUE(wait_for(is_first, NULL, 120000));
}

#define POINTS 10
#define APART  250000 /* microseconds */

/*
 * A pinned guard without processes is started anew, as a service would be, and somebody reloads
 * meanwhile. Who comes first has his way, but a guard with a process keeps it.
 */
TEST_F_TIMEOUT(errors, during_a_start, 1200)
{
	int asked = 0;

	ASSERT_EQ(0, guard_stop(&self->g));
	ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin"));
	for (int i = 0; i < POINTS; i++) {
		bool started;
		pid_t asker;
		int status;

		ASSERT_TRUE(guard_kill_all(&self->g));
		asker = fork();
		if (!asker) {
			usleep(i * APART);
			become_command("reload", self->h.policy[1]);
		}
		started = guard_start(&self->g, self->h.policy[0], "--pin --replace");
		status = command_ends(asker);
		printf("# %d: started: %d, exit status of the reload %d\n", i, started, status);
		EXPECT_EQ(0, status);
		EXPECT_EQ(1, hammers_policy());
		EXPECT_EQ(0, guard_says("b.conf", "status"));
		if (!started) {
			ASSERT_EQ(0, guard_says("stopped", "stop"));
			ASSERT_TRUE(guard_start(&self->g, self->h.policy[0], "--pin"));
			continue;
		}
		asked++;
		EXPECT_NE(0, guard_watcher(&self->g));
		EXPECT_EQ(0, system("./lsm-guard status | grep -q 'reads its events'"));
	}
	EXPECT_LT(0, asked);
}

TEST_F_TIMEOUT(errors, signal_reloads, 600)
{
	ASSERT_TRUE(hammers_start(&self->h, PAUSE));
	/* The same path, with what the other policy says. */
	ASSERT_TRUE(command("cp %s %s", self->h.policy[1], self->h.policy[0]));
	ASSERT_EQ(0, kill(self->g.pid, SIGHUP));
	EXPECT_TRUE(wait_for(is_second, NULL, 120000));
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	EXPECT_EQ(0, guard_says("a.conf", "status"));
}

/* Somebody else's program, which accepts all; its link. */
static int attach_foreign(const char *interface)
{
	const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_XDP,
				.insn_cnt = ARRAY_SIZE(code),
				.insns = (__u64)code,
				.license = (__u64) "GPL" };
	union bpf_attr create = { .link_create = { .prog_fd =
							   (__u32)syscall(__NR_bpf, BPF_PROG_LOAD,
									  &load, sizeof(load)),
						   .target_ifindex = if_nametoindex(interface),
						   .attach_type = BPF_XDP } };

	return (int)syscall(__NR_bpf, BPF_LINK_CREATE, &create, sizeof(create));
}

/*
 * The last of its interfaces cannot be had: those that it has taken over go back, and meanwhile
 * no packet comes in there.
 */
TEST_F_TIMEOUT(errors, interface_of_another, 600)
{
	int link;

	ASSERT_TRUE(command("ip link add foreign type veth peer name foreign-peer"));
	link = attach_foreign("foreign");
	ASSERT_LE(0, link);
	ASSERT_EQ(0, system("cp /tmp/lsm-guard-hammer/b.conf " WRONG));
	ASSERT_EQ(0, system("echo 'interface foreign { accept = none }' >>" WRONG));
	ASSERT_TRUE(hammers_start(&self->h, PAUSE / 10));
	for (int i = 0; i < 3; i++)
		EXPECT_EQ(1, guard_says("foreign", "reload " WRONG));
	EXPECT_EQ(0, hammers_policy());
	EXPECT_TRUE(hammers_go_on_well(&self->h));
	close(link);
	EXPECT_TRUE(command("ip link del foreign"));
}

/* Its trampolines do nothing then: the canary is not refused, and that is said. */
TEST_F_TIMEOUT(errors, not_proved, 600)
{
	int status;

	ASSERT_EQ(0, hammers_policy());
	if (!command("sysctl -qw kernel.ftrace_enabled=0"))
		SKIP(return, "ftrace cannot be switched off while it is in use");
	status = guard_says(NULL, "reload %s", self->h.policy[1]);
	EXPECT_TRUE(command("sysctl -qw kernel.ftrace_enabled=1"));
	EXPECT_TRUE(status == 3 || status == 1)
	{
		TH_LOG("exit status %d", status);
	}
	EXPECT_EQ(0, hammers_policy());
	EXPECT_EQ(0, guard_says("a.conf", "status"));
}

int main(int argc, char **argv)
{
	int status = hammer_main(argc, argv);

	return status >= 0 ? status : test_harness_run(argc, argv);
}
