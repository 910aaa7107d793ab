// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard prove: every rule of the running guard, acted out on the live kernel. The guard is
 * found through the kernel, and what its rules say is read from the policy again, which must be
 * the one that was loaded. Each verb and key of each rule is tried in a child of its own
 * (act.h says what is evidence, guards/ *_prove.c what is done).
 *
 * The child of a program section is bound as the loader's canary is: the guard's state says
 * that this process is to be taken for one of that section, and the iterator that notes running
 * tasks is run once. It is bound until it ends, and it starts no other program.
 */
#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "about.h"
#include "act.h"
#include "guard.h"
#include "prove.h"
#include "text.h"

#define ACT_SECONDS \
	60 /* an act that takes longer (a filesystem that does not answer) is given up */

struct prover {
	const struct running *running;
	struct guard_about *about;
	struct policy policy;
	struct plan plan;
	bool json;
	int tallies;
	int noter; /* the program note_running; -1: none */
	bool failed;
};

/* ---- the child ------------------------------------------------------------------- */

static void become_act(struct act *act, pid_t prover)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != prover)
		_exit(1);
	alarm(ACT_SECONDS);
	guard_of(act->access)->try(act);
	_exit(write(act->parent, &act->proof, sizeof(act->proof)) != sizeof(act->proof));
}

/* Reads it to its end, which is what runs it: how many tasks were news to it. */
static ssize_t run_noter(int program)
{
	int link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL), iterator;
	ssize_t n = -1, news = 0;
	char buffer[256];

	if (link < 0)
		return -errno;
	iterator = bpf_iter_create(link);
	while (iterator >= 0 &&
	       ((n = read(iterator, buffer, sizeof(buffer))) > 0 || (n && errno == EINTR)))
		news += n > 0 ? n : 0;
	if (n < 0)
		news = -errno;
	if (iterator >= 0)
		close(iterator);
	close(link);
	return news;
}

/* The section binds @child. 0, or a negative errno. Signals wait: what is changed is changed back. */
static int bind_child(struct prover *p, pid_t child, __u32 section)
{
	struct guard_state *state = p->running->state;
	__u32 acting = state->acting, acting_as = state->acting_as;
	sigset_t all, before;
	ssize_t news;

	if (p->noter < 0)
		return -ENOENT;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	__atomic_store_n(&state->acting, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->acting_as, section, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->acting, child, __ATOMIC_SEQ_CST);
	news = run_noter(p->noter);
	__atomic_store_n(&state->acting, 0, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->acting_as, acting_as, __ATOMIC_SEQ_CST);
	__atomic_store_n(&state->acting, acting, __ATOMIC_SEQ_CST);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return news > 0 ? 0 : news ? news : -ESRCH;
}

static const char unfinished[] = "the act did not come to an end";

static ssize_t read_some(int fd, void *to, size_t size)
{
	ssize_t n;

	do
		n = recv(fd, to, size, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/*
 * A task that ended without the guard's seeing it (its hooks were not called) has left a note
 * that it is bound, by its address. A child that comes to have that address is no news: then
 * another one is taken while it lives.
 */
#define CHILDREN_MAX 16

static void prove_one(struct prover *p, struct act *act, int children);

/* The child waits to be bound: its section's proof, or another child's. */
static void follow_bound(struct prover *p, struct act *act, pid_t child, int link, int children)
{
	int err = bind_child(p, child, p->plan.rules[act->rule].section);

	if (err == -ESRCH && children < CHILDREN_MAX)
		prove_one(p, act, children + 1);
	else if (err)
		act_came_to(act, PROOF_UNTESTABLE, "the section could not be made to bind us: %s",
			    strerror(-err));
	else if (write(link, "g", 1) != 1 ||
		 read_some(link, &act->proof, sizeof(act->proof)) != sizeof(act->proof))
		act_came_to(act, PROOF_UNTESTABLE, "%s", unfinished);
}

/* Waits for the proof, or for the byte that asks to be bound. */
static void follow(struct prover *p, struct act *act, pid_t child, int link, int children)
{
	struct proof proof;
	ssize_t n = read_some(link, &proof, sizeof(proof));

	if (n == 1)
		follow_bound(p, act, child, link, children);
	else if (n == sizeof(proof))
		act->proof = proof;
	else
		act_came_to(act, PROOF_UNTESTABLE, "%s", unfinished);
}

/* One verb or key of a rule. */
static void prove_one(struct prover *p, struct act *act, int children)
{
	pid_t prover = getpid(), child = -1;
	int ends[2];

	if (!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		act->parent = ends[1];
		child = fork();
		if (!child) {
			close(ends[0]);
			become_act(act, prover);
		}
		close(ends[1]);
		if (child > 0)
			follow(p, act, child, ends[0], children);
		close(ends[0]);
	}
	if (child < 0)
		act_came_to(act, PROOF_UNTESTABLE, "no child can be started: %s", strerror(errno));
	while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
}

/* ---- what is said ------------------------------------------------------------------ */

static const char *const proof_names[] = {
	[PROOF_UNTESTABLE] = "UNTESTABLE",
	[PROOF_AUDITING] = "AUDITING",
	[PROOF_ENFORCED] = "ENFORCED",
	[PROOF_NOT_ENFORCED] = "NOT ENFORCED",
};

static void say(struct prover *p, const struct act *act)
{
	const struct guard_about_rule *rule = &p->about->rules[act->rule];
	const char *title = about_string(p->about, rule->title);
	const char *file = about_string(p->about, rule->file);
	const char *word = proof_names[act->proof.word];
	const char *access = act->access ? guard_access(act->access) : "";
	__u32 line = about_line(rule, act->access);

	if (p->json) {
		putchar('{');
		json_string("result", word, ",");
		json_string("file", file, ",");
		printf("\"line\":%u,", line);
		json_string("rule", title, ",");
		json_string("access", access, ",");
		json_string("why", act->proof.why, "}\n");
	} else {
		printf("%-12s %s:%u: %s%s%s%s%s%s\n", word, file, line,
		       rule->kind == GUARD_RULE_INTERFACE ? "interface " : "", title,
		       *access ? " " : "", access, *act->proof.why ? ": " : "", act->proof.why);
	}
	fflush(stdout);
	p->failed |= act->proof.word == PROOF_NOT_ENFORCED;
}

/* The verbs or keys that the rule closes. */
static __u32 closed_by(const struct prover *p, __u32 rule)
{
	const struct plan *plan = &p->plan;

	switch (plan->rules[rule].kernel.kind) {
	case GUARD_RULE_FILE:
		return plan->rules[rule].kernel.closed;
	case GUARD_RULE_SECTION:
		return plan->bound[plan->rules[rule].section].kernel.keys;
	case GUARD_RULE_INTERFACE:
		for (size_t i = 0; i < plan->n_interfaces; i++)
			if (plan->interfaces[i].kernel.rule == rule &&
			    plan->interfaces[i].policy->accept.kind != LIST_ANY)
				return GUARD_ACCEPT;
	}
	return 0;
}

static void prove_rule(struct prover *p, __u32 rule)
{
	struct act act = { .running = p->running,
			   .plan = &p->plan,
			   .rule = rule,
			   .audit = p->about->rules[rule].audit,
			   .tallies = p->tallies };
	__u32 left = closed_by(p, rule);

	if (!left) {
		act_came_to(&act, PROOF_UNTESTABLE, "it closes nothing");
		say(p, &act);
	}
	for (; left; left &= left - 1) {
		act.access = left & -left;
		act.proof = (struct proof){};
		prove_one(p, &act, 1);
		say(p, &act);
	}
}

/* ---- the guard --------------------------------------------------------------------- */

/* The guard's program that notes who is bound. */
static int find_noter(const struct running *running)
{
	__u32 id = 0;

	while (!bpf_prog_get_next_id(id, &id)) {
		__u32 maps[RUNNING_MAPS] = {}, size = sizeof(struct bpf_prog_info);
		struct bpf_prog_info info = { .nr_map_ids = RUNNING_MAPS, .map_ids = (__u64)maps };
		int fd = bpf_prog_get_fd_by_id(id);

		if (fd < 0)
			continue;
		if (!bpf_obj_get_info_by_fd(fd, &info, &size) && !strcmp(info.name, "note_running"))
			for (__u32 i = 0; i < info.nr_map_ids && i < RUNNING_MAPS; i++)
				if (maps[i] == running->id)
					return fd;
		close(fd);
	}
	return -1;
}

/* Are the rules that we see now those that the guard has? */
static bool same_rules(const struct prover *p)
{
	if (p->about->n_rules != p->plan.n_rules || p->about->first != p->plan.sections)
		return false;
	for (__u32 i = 0; i < p->about->n_rules; i++)
		if (strcmp(about_string(p->about, p->about->rules[i].title),
			   p->plan.rules[i].title))
			return false;
	return true;
}

/* Reads the policy again. What is wrong with it goes to stderr. */
static bool read_policy(struct prover *p)
{
	const char *file = about_string(p->about, p->about->policy);
	char *said = NULL;
	size_t size;
	FILE *messages;

	if (policy_read(&p->policy, file, stderr)) {
		fprintf(stderr,
			"lsm-guard: %s: the policy that was loaded cannot be read again, so "
			"its rules cannot be tried\n",
			file);
		return false;
	}
	if (strcmp(p->policy.hash, about_string(p->about, p->about->hash))) {
		fprintf(stderr,
			"lsm-guard: %s: the policy has changed since it was loaded; "
			"`lsm-guard reload %s` loads it\n",
			file, file);
		return false;
	}
	/* What is not there any more is said rule by rule. */
	messages = open_memstream(&said, &size);
	if (!messages)
		abort();
	plan_make(&p->plan, &p->policy, false, false, messages);
	fclose(messages);
	free(said);
	if (same_rules(p))
		return true;
	fprintf(stderr,
		"lsm-guard: %s: programs that the policy names have come or gone since it was "
		"loaded; `lsm-guard reload %s` takes note\n",
		file, file);
	return false;
}

/* One at a time: they share what says whom a section binds. */
static bool take_turn(struct guard_state *state)
{
	__u32 other = 0;
	char name[64], comm[16] = "";
	FILE *f;

	while (!__atomic_compare_exchange_n(&state->prover, &other, getpid(), false,
					    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
		snprintf(name, sizeof(name), "/proc/%u/comm", other);
		f = fopen(name, "re");
		if (f && (!fgets(comm, sizeof(comm), f) || strcmp(comm, "lsm-guard\n")))
			*comm = '\0';
		if (f)
			fclose(f);
		if (f && *comm) {
			fprintf(stderr,
				"lsm-guard: another lsm-guard prove is under way: process "
				"%u\n",
				other);
			return false;
		}
		/* It has died over it: then it is ours to take from it. */
	}
	return true;
}

static bool prove_guard(const struct running *running, bool json)
{
	struct prover p = { .running = running, .json = json, .tallies = -1, .noter = -1 };
	bool done = false;

	if (running->state->version == GUARD_STATE_VERSION)
		p.about = about_read(running->state->about);
	p.tallies = running_map(running, "tallies");
	if (!p.about || p.tallies < 0) {
		fputs("lsm-guard: a guard is running that this lsm-guard cannot read: it is of another "
		      "version\n",
		      stderr);
	} else if (p.about->fallback) {
		fputs("lsm-guard: without BPF LSM nothing but packets is refused, so there is nothing to "
		      "prove: `lsm-guard status` says what each rule is worth\n",
		      stderr);
	} else if (take_turn(running->state)) {
		if (read_policy(&p)) {
			p.noter = find_noter(running);
			for (__u32 i = p.about->first; i < p.about->n_rules; i++)
				prove_rule(&p, i);
			done = true;
		}
		__atomic_store_n(&running->state->prover, 0, __ATOMIC_SEQ_CST);
		plan_free(&p.plan);
		policy_free(&p.policy);
	}
	if (p.noter >= 0)
		close(p.noter);
	if (p.tallies >= 0)
		close(p.tallies);
	free(p.about);
	return done && !p.failed;
}

/* Does another guard hold in its place? See is_idle() in lsm/verdict.bpf.h. */
static bool is_idle(const struct guard_state *state)
{
	__u64 now = boot_now();

	return (state->deadline && now >= state->deadline) || now < state->suspended;
}

/* ---- the command --------------------------------------------------------------------- */

static const struct argp_option options[] = {
	{ "output", 'o', "text|json", 0, "form (default: text)", 0 }, {}
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	bool *json = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "prove takes no argument");
	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	*json = !strcmp(arg, "json");
	if (!*json && strcmp(arg, "text"))
		argp_error(state, "--output %s: it is text or json", arg);
	return 0;
}

/* The number of the initial PID namespace's inode is fixed: PROC_PID_INIT_INO. */
#define INITIAL_PID_NS 0xeffffffcU

static int looked_in_vain(int err)
{
	struct stat ns;

	if (!stat("/proc/self/ns/pid", &ns) && ns.st_ino != INITIAL_PID_NS) {
		fputs("lsm-guard: in a PID namespace the guard does not know us; run it outside\n",
		      stderr);
		return 1;
	}
	if (err)
		fprintf(stderr, "lsm-guard: cannot look for a running guard: %s; run it as root\n",
			strerror(-err));
	return err;
}

int prove_main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse_option,
		NULL,
		"Act out every rule of the policy that is loaded, in children that change nothing, and "
		"print whether the kernel holds to it. Each act is denied, and so is an event. "
		"Needs root.\v"
		"Exit status: 0 all that can be tried is enforced, or audited; 1 something is not, or "
		"no guard holds.",
	};
	bool json = false, ok = true;
	struct runnings all;
	size_t held = 0;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &json);
	if (looked_in_vain(running_find(&all)))
		return 1;
	for (size_t i = 0; i < all.n; i++) {
		if (is_idle(all.at[i].state))
			continue;
		held++;
		ok &= prove_guard(&all.at[i], json);
	}
	if (!held)
		fputs(all.n ? "lsm-guard: the guard that runs has let go: nothing is refused\n"
			    : "lsm-guard: no guard is running\n",
		      stderr);
	running_free(&all);
	return !ok || !held;
}
