// SPDX-License-Identifier: GPL-2.0-only
/*
 * The supervisor: it starts generations, hears from them whether they hold, tells systemd, and
 * on SIGHUP or on a request starts the next one, by executing lsm-guard anew, which may be a
 * newer one by then.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fill.h"
#include "notify.h"
#include "oom.h"
#include "running.h"
#include "start.h"

struct child {
	pid_t pid; /* 0: none */
	int link;  /* enum report comes in here */
	int asker; /* who asked for it and waits for an answer, or -1 */
	bool ends_former;
	char policy[PATH_MAX];
};

struct supervisor {
	const struct arguments *args;
	char exe[PATH_MAX];		    /* of lsm-guard, also when it is replaced */
	sigset_t before;		    /* the signals that are blocked in children */
	int oom;			    /* oom_score_adj of children, as it was: see spare() */
	struct child current, next, former; /* former: it waits for a reload to be confirmed */
	int signals, requests;
	bool on;    /* the first generation is: requests are taken */
	bool again; /* SIGHUP came before that */
	bool ending;
	bool let_go; /* at the end, also of what is pinned */
	int status;
};

/* ---- generations ------------------------------------------------------------------ */

static void end_with_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILED);
}

/* The same options as ours, with another policy. */
static void execute(const struct supervisor *s, const struct arguments *args)
{
	char within[64], every[64], report[64];
	char *argv[16] = { (char *)s->exe, "--policy", (char *)args->policy, "--output",
			   (char *)output_names[args->output] };
	size_t n = 5;

	if (args->audit)
		argv[n++] = "--audit";
	if (args->fallback)
		argv[n++] = "--fallback";
	if (args->pin)
		argv[n++] = "--pin";
	if (args->replace)
		argv[n++] = "--replace";
	if (args->confirm_within) {
		snprintf(within, sizeof(within), "--confirm-within=%u", args->confirm_within);
		argv[n++] = within;
	}
	snprintf(every, sizeof(every), "--prove-every=%u", args->prove_every);
	argv[n++] = every;
	snprintf(report, sizeof(report), "--generation=%d,%d", args->supervisor, args->log);
	argv[n++] = report;
	execv(s->exe, argv);
	perror("lsm-guard: cannot execute lsm-guard anew");
	_exit(EXIT_FAILED);
}

/* Runs in the child: the first generation is what we are, later ones are executed. */
static void become(struct supervisor *s, struct arguments *args, int messages)
{
	sigprocmask(SIG_SETMASK, &s->before, NULL);
	oom_adjust(getpid(), s->oom);
	if (messages < 0)
		_exit(generation(args));
	args->log = fcntl(STDERR_FILENO, F_DUPFD, 10);
	dup2(messages, STDERR_FILENO);
	fcntl(args->supervisor, F_SETFD, 0);
	execute(s, args);
}

/* @messages: where its messages go until it is on, or -1 for the first one. */
static int start_child(struct supervisor *s, struct child *child, const char *policy,
		       unsigned int confirm_within, int messages)
{
	struct arguments args = *s->args;
	pid_t parent = getpid();
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return instance_fail("socketpair", -errno);
	snprintf(child->policy, sizeof(child->policy), "%s", policy);
	args.policy = child->policy;
	args.confirm_within = confirm_within;
	args.replace |= messages >= 0;
	args.supervisor = ends[1];
	args.requests = s->on ? -1 : s->requests;
	fflush(NULL);
	child->pid = fork();
	if (!child->pid) {
		end_with_parent(parent);
		become(s, &args, messages);
	}
	close(ends[1]);
	child->link = ends[0];
	if (child->pid > 0)
		return 0;
	close(child->link);
	child->pid = 0;
	child->link = -1;
	return instance_fail("fork", -errno);
}

static void answer(struct child *child, int status)
{
	if (child->asker >= 0)
		control_answer(child->asker, status);
	child->asker = -1;
}

static void forget(struct child *child)
{
	if (child->pid)
		close(child->link);
	*child = (struct child){ .link = -1, .asker = -1 };
}

static void end_all(struct supervisor *s)
{
	struct child *all[] = { &s->next, &s->current, &s->former };

	if (!s->ending)
		notify("STOPPING=1");
	s->ending = true;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i]->pid)
			kill(all[i]->pid, SIGTERM);
}

/* A reload: @asker waits for the answer. */
static void start_next(struct supervisor *s, const char *policy, unsigned int confirm_within,
		       int messages, int asker)
{
	if (s->next.pid || s->former.pid || s->ending) {
		dprintf(messages, "lsm-guard: %s\n",
			s->ending ? "it is ending"
			: s->former.pid
				? "another reload is under way: it waits to be confirmed, or for "
				  "the guard before it to end"
				: "another reload is under way");
		if (asker >= 0)
			control_answer(asker, EXIT_FAILED);
		return;
	}
	s->next.asker = asker;
	notify("RELOADING=1");
	if (!start_child(s, &s->next, policy, confirm_within, messages))
		return;
	answer(&s->next, EXIT_FAILED);
	notify("READY=1");
}

/* SIGHUP: the same policy, from its file. */
static void reload_same(struct supervisor *s)
{
	s->again = !s->on;
	if (!s->again)
		start_next(s, s->current.policy, 0, STDERR_FILENO, -1);
}

/* ---- what they report -------------------------------------------------------------- */

/* The next one is on. The one before it ends by itself, or waits. */
static void switch_over(struct supervisor *s)
{
	answer(&s->next, EXIT_DONE);
	s->former = s->current;
	s->current = s->next;
	s->next = (struct child){ .link = -1, .asker = -1 };
	notify("READY=1");
}

static void hear(struct supervisor *s, struct child *child)
{
	char report;

	if (recv(child->link, &report, 1, MSG_DONTWAIT) != 1)
		return;
	if (report == REPORT_PROVED && child == &s->current)
		notify("WATCHDOG=1");
	if (report == REPORT_ENDS_FORMER)
		child->ends_former = true;
	if (report != REPORT_ON)
		return;
	if (child == &s->next) {
		switch_over(s);
	} else {
		s->on = true;
		if (!control_listens(s->requests))
			s->requests = -1;
		notify("READY=1");
		if (s->again)
			reload_same(s);
	}
}

/* One that is killed gives no interface back. */
static void retake(const struct child *child)
{
	if (child->pid)
		kill(child->pid, SIGUSR2);
}

/* The reload was not confirmed, or its process was killed: the guard before it holds again. */
static void fall_back(struct supervisor *s)
{
	struct runnings all;
	bool holds = false;

	forget(&s->current);
	s->current = s->former;
	s->former = (struct child){ .link = -1, .asker = -1 };
	if (s->ending)
		return; /* that one was told to end, too; how it does counts */
	/* It holds from a deadline on; where the reload ended before that, at once. */
	if (!running_find(&all))
		for (size_t i = 0; i < all.n; i++) {
			running_suspend(&all.at[i], 0);
			holds |= !running_has_let_go(&all.at[i]);
		}
	running_free(&all);
	/* Not where `lsm-guard stop` has told both to end. */
	if (holds)
		fputs("lsm-guard: the policy before the reload holds again\n", stderr);
	retake(&s->current);
}

static int exit_status(int how)
{
	return WIFEXITED(how) ? WEXITSTATUS(how) : EXIT_FAILED;
}

static void ended(struct supervisor *s, pid_t pid, int how)
{
	if (pid == s->next.pid) {
		answer(&s->next, exit_status(how));
		forget(&s->next);
		retake(&s->current);
		if (!s->ending)
			notify("READY=1"); /* the old one goes on */
	} else if (pid == s->former.pid) {
		forget(&s->former);
	} else if (pid == s->current.pid && s->former.pid) {
		fall_back(s);
	} else if (pid == s->current.pid && s->next.ends_former) {
		forget(&s->current);
	} else if (pid == s->current.pid) {
		if (WIFSIGNALED(how))
			fprintf(stderr, "lsm-guard: the process that looks after the guard was "
					"killed: see `lsm-guard status`\n");
		forget(&s->current);
		s->status = exit_status(how);
		/* It was told to end, and what was to take its place is not wanted either. */
		if (!s->status)
			end_all(s);
	}
}

static void reap(struct supervisor *s)
{
	pid_t pid;
	int how;

	while ((pid = waitpid(-1, &how, WNOHANG)) > 0)
		ended(s, pid, how);
}

/* ---- the loop ---------------------------------------------------------------------- */

static void on_signal(struct supervisor *s)
{
	struct signalfd_siginfo signal;

	if (read(s->signals, &signal, sizeof(signal)) != sizeof(signal))
		return;
	/* First, also where another signal is read first: who has seen a child end may ask for more. */
	reap(s);
	if (signal.ssi_signo == SIGCHLD)
		return;
	if (signal.ssi_signo == SIGHUP) {
		/* A terminal that closes is no request. */
		if (signal.ssi_code != SI_KERNEL)
			reload_same(s);
	} else {
		s->let_go |= signal.ssi_signo == SIGUSR1;
		end_all(s);
	}
}

static void on_request(struct supervisor *s)
{
	struct request_reload request = {};
	int messages, asker = control_take(s->requests, &request, &messages);

	if (asker < 0)
		return;
	start_next(s, request.policy, request.confirm_within, messages, asker);
	close(messages);
}

static void look_after(struct supervisor *s)
{
	enum { SIGNALS, REQUESTS, CURRENT, NEXT, N };

	while (s->current.pid || s->next.pid) {
		struct pollfd wait[N] = {
			[SIGNALS] = { .fd = s->signals, .events = POLLIN },
			[REQUESTS] = { .fd = s->on ? s->requests : -1, .events = POLLIN },
			[CURRENT] = { .fd = s->current.link, .events = POLLIN },
			[NEXT] = { .fd = s->next.link, .events = POLLIN },
		};

		if (poll(wait, N, -1) < 0)
			continue;
		/* What it said comes before its end. */
		if (wait[CURRENT].revents & POLLIN)
			hear(s, &s->current);
		if (wait[NEXT].revents & POLLIN)
			hear(s, &s->next);
		if (wait[SIGNALS].revents)
			on_signal(s);
		if (wait[REQUESTS].revents)
			on_request(s);
	}
}

/* The path of what we are, as it was when we were started. */
static int note_exe(struct supervisor *s)
{
	ssize_t n = readlink("/proc/self/exe", s->exe, sizeof(s->exe) - 1);

	return n < 0 ? instance_fail("/proc/self/exe", -errno) : 0;
}

/* A service that is stopped, and not one that is restarted: that guard holds on meanwhile. */
static int let_go(void)
{
	struct runnings all;
	int err = running_find(&all);

	for (size_t i = 0; i < all.n; i++)
		if (running_end(&all.at[i]))
			err = -EBUSY;
	running_free(&all);
	return err;
}

int supervise(const struct arguments *args)
{
	struct supervisor s = { .args = args, .status = EXIT_FAILED, .oom = oom_adjustment() };
	sigset_t signals;

	forget(&s.current);
	forget(&s.next);
	forget(&s.former);
	signal(SIGPIPE, SIG_IGN); /* who asks for a reload may be gone when he is answered */
	sigemptyset(&signals);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGUSR1);
	sigaddset(&signals, SIGHUP);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &s.before);
	s.signals = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	s.requests = control_socket();
	if (s.signals < 0 || s.requests < 0 || note_exe(&s) ||
	    start_child(&s, &s.current, args->policy, args->confirm_within, -1))
		return EXIT_FAILED;
	look_after(&s);
	end_all(&s);
	while (waitpid(-1, NULL, 0) > 0)
		;
	if (s.let_go && let_go())
		s.status = EXIT_FAILED;
	return s.status;
}
