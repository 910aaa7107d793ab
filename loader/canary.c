// SPDX-License-Identifier: GPL-2.0-only
/*
 * The loader's child that proves denials: it answers each question with what came of its acts.
 * It has no privilege, so that what it may not do by itself was seen before anything was
 * attached; but it may do what the watcher, which asks it, has shut itself off from.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "canary.h"
#include "sandbox.h"
#include "text.h"

#define ANSWER_MS 10000 /* it takes a moment; but machines can be busy, and a child stopped */

struct question {
	__u32 serial;
	__u32 guards; /* whose canaries are to act: a bit each */
};

#define ALL_GUARDS (~0u)

/* By guard: see struct guard's act. */
struct answer {
	__u32 serial; /* of the question */
	int how[GUARDS_MAX];
};

static bool has_canary(size_t g, const struct plan *plan)
{
	return guards[g]->act && plan->closed & guards[g]->keys;
}

/* ---- the child --------------------------------------------------------------------- */

static void serve(int link, const int *fds, const struct plan *plan)
{
	struct answer answer = {};
	struct question question;

	while (read(link, &question, sizeof(question)) == sizeof(question)) {
		answer.serial = question.serial;
		for (size_t g = 0; g < n_guards; g++)
			if (has_canary(g, plan) && question.guards >> g & 1)
				answer.how[g] = guards[g]->act(plan->closed, fds[g]);
		if (write(link, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

/* The first descriptors: the link, and what is acted on. All others are the loader's alone. */
#define FIRST (STDERR_FILENO + 1)
#define KEPT  (1 + GUARDS_MAX)

static void keep_only(int *kept, int n)
{
	int next = FIRST;

	/* Out of the way, so that none is put in another's place. */
	for (int i = 0; i < n; i++)
		if (kept[i] >= 0)
			kept[i] = fcntl(kept[i], F_DUPFD, FIRST + KEPT);
	for (int i = 0; i < n; i++)
		if (kept[i] >= 0)
			kept[i] = dup2(kept[i], next++);
	close_range(next, ~0u, 0);
}

/* Everything that the child holds is taken before it is bound: it allocates nothing later. */
static void become_canary(const struct canary *canary, int link, pid_t loader,
			  const struct plan *plan)
{
	int kept[KEPT] = { link }, null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* Who asked for a reload by a pipe waits until nobody has its other end. */
	for (int fd = 0; fd < FIRST && null >= 0; fd++)
		dup2(null, fd);
	if (sandbox_drop())
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != loader)
		_exit(0);
	signal(SIGINT, SIG_IGN); /* ^C reaches the whole group; the loader ends us */
	memcpy(kept + 1, canary->fds, sizeof(canary->fds));
	keep_only(kept, KEPT);
	serve(kept[0], kept + 1, plan);
}

/* ---- its parent -------------------------------------------------------------------- */

/* The next answer: 0, or a negative errno. */
static int take_answer(struct canary *canary, struct answer *answer, int wait)
{
	struct pollfd ready = { .fd = canary->link, .events = POLLIN };
	int n = poll(&ready, 1, wait > 0 ? wait : 0);
	ssize_t got;

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n)
		return -ETIMEDOUT;
	got = recv(canary->link, answer, sizeof(*answer), MSG_DONTWAIT);
	if (got < 0)
		return -errno;
	return got == sizeof(*answer) ? 0 : -EPIPE;
}

static int ask(struct canary *canary, __u32 guards, struct answer *answer)
{
	struct question question = { .serial = ++canary->asked, .guards = guards };
	__u64 end = boot_now() / 1000000 + ANSWER_MS;
	int err = 0;

	answer->serial = 0;
	if (send(canary->link, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	/* What came too late for an earlier question is not the answer to this one. */
	while (!err && answer->serial != question.serial)
		err = take_answer(canary, answer, (int)(end - boot_now() / 1000000));
	return err;
}

static int failed(int err)
{
	fprintf(stderr, "lsm-guard: the canary %s%s\n",
		err == -ETIMEDOUT ? "does not answer: its process is stopped, or gets no time"
		: err == -EPIPE	  ? "does not answer: its process has ended"
				  : "cannot be asked: ",
		err == -ETIMEDOUT || err == -EPIPE ? "" : strerror(-err));
	return err;
}

/* Nothing may be refused yet. */
static int canary_baseline(struct canary *canary, const struct plan *plan)
{
	struct answer answer;
	int err = ask(canary, ALL_GUARDS, &answer);

	if (err)
		return failed(err);
	for (size_t g = 0; g < n_guards; g++) {
		if (!has_canary(g, plan) || answer.how[g] == 1)
			continue;
		fprintf(stderr,
			"lsm-guard: the %s guard's canary is refused before anything is attached: "
			"something else denies here\n",
			guards[g]->name);
		return -EBUSY;
	}
	return 0;
}

static int make_fds(struct canary *canary, const struct plan *plan)
{
	for (size_t g = 0; g < n_guards; g++) {
		if (!guards[g]->canary_make || !has_canary(g, plan))
			continue;
		canary->fds[g] = guards[g]->canary_make();
		if (canary->fds[g] < 0)
			return failed(canary->fds[g]);
	}
	return 0;
}

static const struct canary none = { .link = -1, .fds = { -1, -1, -1, -1, -1, -1, -1, -1 } };

int canary_start(struct canary *canary, const struct plan *plan)
{
	pid_t loader = getpid();
	bool any = false;
	int ends[2], err;

	*canary = none;
	for (size_t g = 0; g < n_guards; g++)
		any |= has_canary(g, plan);
	if (!any)
		return 0;
	err = make_fds(canary, plan);
	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return failed(-errno);
	canary->pid = fork();
	if (!canary->pid)
		become_canary(canary, ends[1], loader, plan);
	close(ends[1]);
	canary->link = ends[0];
	return canary->pid < 0 ? failed(-errno) : canary_baseline(canary, plan);
}

static __u64 seen_so_far(int tallies, __u32 rule)
{
	struct guard_tally tally = {};

	bpf_map_lookup_elem(tallies, &rule, &tally);
	return tally.would_deny;
}

/* Where nothing can be refused: each guard must have seen its canary. */
static int prove_seen(struct canary *canary, const struct plan *plan, int tallies)
{
	for (size_t g = 0; g < n_guards; g++) {
		__u64 before = seen_so_far(tallies, plan->canary);
		struct answer answer;
		int err = has_canary(g, plan) ? ask(canary, 1u << g, &answer) : 0;

		if (err)
			return failed(err);
		if (!has_canary(g, plan) || seen_so_far(tallies, plan->canary) > before)
			continue;
		guard_not_proved(guards[g], 1);
		return -ENOTSUP;
	}
	return 0;
}

int canary_prove(struct canary *canary, const struct plan *plan, int tallies)
{
	struct answer answer;
	int err;

	if (canary->pid <= 0)
		return 0;
	if (plan->fallback)
		return prove_seen(canary, plan, tallies);
	err = ask(canary, ALL_GUARDS, &answer);
	if (err)
		return failed(err);
	for (size_t g = 0; g < n_guards; g++) {
		if (!has_canary(g, plan) || !answer.how[g])
			continue;
		guard_not_proved(guards[g], answer.how[g]);
		return -ENOTSUP;
	}
	return 0;
}

/* Who may not end it by a signal any more leaves it to its own end, of which it hears. */
void canary_end(struct canary *canary)
{
	if (canary->link >= 0)
		close(canary->link);
	for (size_t g = 0; g < n_guards; g++)
		if (canary->fds[g] >= 0)
			close(canary->fds[g]);
	if (canary->pid > 0 && !kill(canary->pid, SIGKILL))
		waitpid(canary->pid, NULL, 0);
	*canary = none;
}
