// SPDX-License-Identifier: GPL-2.0-only
/*
 * One generation: a policy is read, loaded, attached and proved; it takes the place of the guard
 * before it, where there is one; and then its events are printed until it is to end.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "about.h"
#include "fill.h"
#include "former.h"
#include "interfaces.h"
#include "oom.h"
#include "pins.h"
#include "start.h"
#include "text.h"
#include "watch.h"

static volatile sig_atomic_t stop, retake;

static void on_signal(int signal)
{
	if (signal == SIGUSR2)
		retake = 1;
	else
		stop = 1;
}

/* Without SA_RESTART: a write to a reader that has stalled must end too. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGUSR2, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* it is the supervisor's business */
}

static void report(const struct arguments *args, enum report what)
{
	char byte = (char)what;

	if (args->supervisor >= 0)
		send(args->supervisor, &byte, 1, MSG_NOSIGNAL | MSG_DONTWAIT);
}

/* Between the steps of a start. */
static bool stopped(void)
{
	if (stop)
		fputs("lsm-guard: interrupted; nothing has changed\n", stderr);
	return stop;
}

/* ---- the guard before this one ------------------------------------------------------ */

/* Only one guard holds. 0, or a negative errno after a message. */
static int find_former(struct former *former, const struct arguments *args)
{
	int err = former_find(former);
	struct guard_about *about;

	if (err || !former->running || args->replace)
		return err ?: pins_remove_stale(&former->all);
	about = about_read(former->running->state->about);
	fprintf(stderr,
		"lsm-guard: a guard is running already, with %s: `lsm-guard reload %s` takes its place "
		"without a gap, `lsm-guard stop` ends it\n",
		about ? about_string(about, about->policy) : "a policy of another version",
		args->policy);
	free(about);
	return -EEXIST;
}

/*
 * From here on this one holds alone: the one before it ends, or it is suspended until this one
 * is confirmed. It holds again a second before this one lets go: there is no gap.
 */
static int take_place(struct instance *in, struct former *former, const struct arguments *args)
{
	__u64 deadline = boot_now() + args->confirm_within * 1000000000ULL;

	if (args->confirm_within) {
		if (former->running) {
			int err = former_keep_xdp(in);

			if (err)
				return err;
			in->may_fall_back = true;
		}
		in->skel->bss->state.deadline = deadline + (former->running ? 1000000000ULL : 0);
		former_suspend(former, deadline);
		return 0;
	}
	report(args, REPORT_ENDS_FORMER);
	interfaces_settle(in);
	/* Where that fails both hold, and a message has said so. */
	former_end(former);
	return 0;
}

/* ---- a start -------------------------------------------------------------------- */

/* The line that says that it is on: printed once its canary has passed. */
static void say_on(const struct plan *plan, const struct instance *in, const struct arguments *args)
{
	bool enforcing = false;

	for (size_t i = plan->sections; i < plan->n_rules; i++)
		enforcing |= !plan->rules[i].kernel.audit;
	fprintf(stderr, "%s %s: %zu rules, %zu hooks\n",
		plan->fallback ? "fallback, NOT enforcing"
		: enforcing    ? "enforcing"
			       : "auditing",
		args->policy, plan->n_rules - plan->sections,
		in->n_links + (in->interfaces ? in->interfaces->n : 0));
	if (plan->fallback)
		fputs("lsm-guard: without BPF LSM nothing but packets is refused: `lsm-guard status` "
		      "says what each rule is worth\n",
		      stderr);
	if (args->confirm_within)
		fprintf(stderr,
			"lsm-guard: in %u seconds %s, unless `lsm-guard confirm` is run before\n",
			args->confirm_within,
			in->former && in->former->running ? "the policy before it holds again"
							  : "it lets go");
}

/* It holds: says so, to whoever asked, and from here on to the log. */
static void tell_on(const struct plan *plan, const struct instance *in,
		    const struct arguments *args)
{
	say_on(plan, in, args);
	report(args, REPORT_ON);
	if (args->log < 0)
		return;
	dup2(args->log, STDERR_FILENO);
	close(args->log);
	say_on(plan, in, args);
}

/*
 * Before anybody is told, and while nobody else can start one: who asked earlier would take it for
 * a guard without a supervisor. The supervisor hears of it by REPORT_ON.
 */
static void listen_to_requests(const struct arguments *args)
{
	if (args->requests < 0)
		return;
	/* Where that fails there is a guard all the same, and a message. */
	control_listen(args->requests);
	close(args->requests);
}

static void tell_proved(void *args)
{
	report(args, REPORT_PROVED);
}

static struct watch_options watch_options(const struct arguments *args)
{
	return (struct watch_options){ .output = args->output,
				       .prove_every = args->prove_every,
				       .stop = &stop,
				       .retake = &retake,
				       .proved = tell_proved,
				       .arg = (void *)args };
}

/* The last steps that can fail while the guard before it holds, too. */
static bool be_ready(struct instance *in, const struct arguments *args, bool pin,
		     struct printer **events)
{
	const struct watch_options options = watch_options(args);

	/* Killed from here on it must not hold for ever, unconfirmed and beside another. */
	instance_confirm_within(in, args->confirm_within);
	if (args->supervisor >= 0)
		*events = watch_prepare(in, &options);
	if (args->supervisor >= 0 && !*events)
		return false;
	return !pin || !pins_make(in);
}

/* From the programs' load to the moment when it alone holds. The exit status. */
static int bring_up(struct instance *in, struct plan *plan, struct former *former,
		    const struct kernel *kernel, const struct arguments *args,
		    struct printer **events)
{
	bool pin = args->pin || (former->running && pins_exist(former->running->id));
	struct identifier who = {};
	int status = EXIT_FAILED, err;

	if (identifier_open(&who))
		return EXIT_FAILED;
	if (plan_identify(plan, &who)) {
		status = plan->errors ? EXIT_USAGE : EXIT_FAILED;
		goto out;
	}
	if (stopped() || instance_load(in, plan, &who, kernel, former) || stopped())
		goto out;
	err = instance_attach(in, plan, &who);
	if (!err && stopped())
		goto out;
	if (err == -ENOTSUP || (!err && instance_prove(in, plan))) {
		status = EXIT_UNABLE;
		goto out;
	}
	if (err || stopped() || !be_ready(in, args, pin, events))
		goto out;
	if (!take_place(in, former, args))
		status = EXIT_DONE;
	else if (in->pinned)
		in->pinned = pins_remove(in->id) != 0;
out:
	identifier_close(&who);
	return status;
}

/* 0: there is none, or it has ended, and who has taken us in is not to be spared. */
static pid_t supervisor_of(const struct arguments *args)
{
	struct ucred made_by;
	socklen_t size = sizeof(made_by);

	if (args->supervisor < 0 ||
	    getsockopt(args->supervisor, SOL_SOCKET, SO_PEERCRED, &made_by, &size))
		return 0;
	return made_by.pid == getppid() ? made_by.pid : 0;
}

/*
 * Not before it is on: a start that lacks memory is to be killed rather than wait for it. The
 * canary's death would be an alarm, and the supervisor's the guard's end.
 */
static void spare(const struct instance *in, const struct arguments *args)
{
	const pid_t spared[] = { getpid(), in->canary.pid, supervisor_of(args) };
	int err = 0;

	for (size_t i = 0; i < sizeof(spared) / sizeof(*spared); i++)
		if (spared[i] > 0 && !err)
			err = oom_adjust(spared[i], OOM_NEVER);
	if (err)
		fprintf(stderr,
			"lsm-guard: where memory runs out the kernel may kill it: oom_score_adj: %s\n",
			strerror(-err));
}

static int guard(struct plan *plan, const struct kernel *kernel, const struct arguments *args)
{
	struct instance in = {};
	struct former former = {};
	const struct watch_options options = watch_options(args);
	int lock = args->lock < 0 ? control_lock(false) : args->lock, status = EXIT_FAILED;
	struct printer *events = NULL;

	if (lock < 0)
		return EXIT_FAILED;
	former.may_return = args->confirm_within;
	if (!find_former(&former, args))
		status = bring_up(&in, plan, &former, kernel, args, &events);
	if (args->replace)
		former_admit(false);
	if (status != EXIT_DONE)
		goto out;
	spare(&in, args);
	listen_to_requests(args);
	/* Who hears that it is on may ask for the next one at once. */
	close(lock);
	lock = -1;
	tell_on(plan, &in, args);
	in.former = NULL;
	if (events && watch_instance(&in, plan, &options, events))
		status = EXIT_FAILED;
	events = NULL;
out:
	if (events)
		events_close(events);
	/* Not confirmed, and it will not be: the one before it holds before this one lets go. */
	if (in.may_fall_back && !in.pinned && in.skel->bss->state.deadline)
		former_suspend(&former, 0);
	instance_destroy(&in);
	former_free(&former);
	if (lock >= 0)
		close(lock);
	return status;
}

/*
 * Maps, programs and links are descriptors, up to 150, and so are the paths of one batch: see
 * paths.c. Where there are fewer it would fail at the one or the other, and libbpf would not
 * always say why. Interfaces, and files whose inodes must be kept, come on top.
 */
#define FILES_NEEDED 1024

static bool may_open_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return !instance_fail("RLIMIT_NOFILE", -errno);
	/* As many as it may have; that fails where fs.nr_open has been lowered since. */
	if (!setrlimit(RLIMIT_NOFILE, &(struct rlimit){ files.rlim_max, files.rlim_max }))
		files.rlim_cur = files.rlim_max;
	if (files.rlim_cur >= FILES_NEEDED)
		return true;
	fprintf(stderr,
		"lsm-guard: it may have %llu files open and needs %d: raise that limit (ulimit -n, "
		"a service's LimitNOFILE=)\n",
		(unsigned long long)files.rlim_cur, FILES_NEEDED);
	return false;
}

int generation(const struct arguments *args)
{
	struct policy policy;
	struct kernel kernel = {};
	struct plan plan = {};
	int status = EXIT_USAGE;

	catch_signals();
	if (!may_open_files())
		return EXIT_FAILED;
	if (args->replace)
		former_admit(true);
	if (policy_read(&policy, args->policy, stderr))
		goto out;
	kernel_look(&kernel, args->fallback);
	if (plan_make(&plan, &policy, args->audit, kernel.fallback, stderr))
		goto out;
	if (!plan.closed) {
		fprintf(stderr, "%s:1: nothing to enforce: no section closes anything\n",
			args->policy);
		goto out;
	}
	status = EXIT_UNABLE;
	if (kernel_obstacles(&kernel, false, stderr) ||
	    instance_missing_hooks(&plan, &kernel, stderr))
		goto out;
	status = EXIT_FAILED;
	if (kernel_obstacles(&kernel, true, stderr))
		goto out;
	status = guard(&plan, &kernel, args);
out:
	if (args->replace && status != EXIT_DONE)
		former_admit(false);
	kernel_free(&kernel);
	plan_free(&plan);
	policy_free(&policy);
	return status;
}
