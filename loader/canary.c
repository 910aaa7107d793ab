// SPDX-License-Identifier: GPL-2.0-only
/* The loader's child that proves denials: it answers each byte with what came of its acts. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.h"

#define GUARDS_MAX 8

/* By guard: see struct guard's act. */
struct answer {
	int how[GUARDS_MAX];
};

static bool has_canary(size_t g, const struct plan *plan)
{
	return guards[g]->act && plan->closed & guards[g]->keys;
}

static void serve(int link, const struct plan *plan)
{
	char byte;

	while (read(link, &byte, 1) == 1) {
		struct answer answer = {};

		for (size_t g = 0; g < n_guards; g++)
			if (has_canary(g, plan))
				answer.how[g] = guards[g]->act(plan->closed);
		if (write(link, &answer, sizeof(answer)) != sizeof(answer))
			break;
	}
	_exit(0);
}

/* Everything that the child holds is taken before it is bound: it allocates nothing later. */
static void become_canary(int link, pid_t loader, const struct plan *plan)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != loader)
		_exit(0);
	signal(SIGINT, SIG_IGN); /* ^C reaches the whole group; the loader ends us */
	dup2(link, 3);
	close_range(4, ~0u, 0);
	serve(3, plan);
}

static int ask(struct canary *canary, struct answer *answer)
{
	ssize_t n;

	if (write(canary->link, "?", 1) != 1)
		return -errno;
	do
		n = recv(canary->link, answer, sizeof(*answer), MSG_WAITALL);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	return n == sizeof(*answer) ? 0 : -EPIPE;
}

int canary_start(struct canary *canary, const struct plan *plan)
{
	pid_t loader = getpid();
	struct answer answer;
	int ends[2], err;
	bool any = false;

	*canary = (struct canary){ .link = -1 };
	for (size_t g = 0; g < n_guards; g++)
		any |= has_canary(g, plan);
	if (!any)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) {
		err = -errno;
		goto failed;
	}
	canary->pid = fork();
	if (!canary->pid)
		become_canary(ends[1], loader, plan);
	close(ends[1]);
	canary->link = ends[0];
	err = canary->pid < 0 ? -errno : ask(canary, &answer);
	if (err)
		goto failed;
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
failed:
	fprintf(stderr, "lsm-guard: canary: %s\n", strerror(-err));
	return err;
}

int canary_prove(struct canary *canary, const struct plan *plan)
{
	struct answer answer;
	int err;

	if (canary->pid <= 0)
		return 0;
	err = ask(canary, &answer);
	if (err) {
		fprintf(stderr, "lsm-guard: canary: %s\n", strerror(-err));
		return err;
	}
	for (size_t g = 0; g < n_guards; g++) {
		if (!has_canary(g, plan) || !answer.how[g])
			continue;
		guard_not_proved(guards[g], answer.how[g]);
		return -ENOTSUP;
	}
	return 0;
}

void canary_end(struct canary *canary)
{
	if (canary->link >= 0)
		close(canary->link);
	if (canary->pid > 0) {
		kill(canary->pid, SIGKILL);
		waitpid(canary->pid, NULL, 0);
	}
	*canary = (struct canary){ .link = -1 };
}
