// SPDX-License-Identifier: GPL-2.0-only
/*
 * What goes on while a guard holds. The process that loaded it prints events, keeps counts
 * right and proves again and again that denials happen; `lsm-guard watch` prints the events of
 * one that is pinned and that no process looks after.
 */
#include <argp.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>

#include "about.h"
#include "fill.h"
#include "interfaces.h"
#include "mounts.h"
#include "running.h"
#include "sandbox.h"
#include "text.h"
#include "watch.h"

#define SECOND		1000000000ULL
#define POLL_MS		500
#define RECONCILE_EVERY 10 /* seconds; tasks that two rounds did not meet are gone */

struct watch {
	struct instance *in;
	const struct plan *plan;
	const struct watch_options *options;
	struct printer *events;
	__u64 told, reconciled, proved; /* boot clock, when last */
	bool alarmed;			/* ever */
};

/* Is it time again? By the boot clock, which nobody can set. */
static bool is_due(__u64 *last, __u64 now, unsigned int seconds)
{
	if (now - *last < seconds * SECOND)
		return false;
	*last = now;
	return true;
}

/* Denials can stop under a guard that is attached: the kernel's trampolines switched off. */
static void prove(struct watch *w)
{
	struct guard_state *state = &w->in->skel->bss->state;
	bool denies, weaker = w->plan->fallback;

	/* It does not deny while another holds in its place. */
	if (state->suspended > boot_now())
		return;
	denies = !instance_prove(w->in, w->plan);
	if (!denies && !state->alarm)
		events_say(w->events, boot_now(), "ALARM",
			   weaker ? "the canary is not seen: nothing is reported"
				  : "the canary is not refused: denials do not happen");
	if (denies && state->alarm)
		events_say(w->events, boot_now(), "RESTORED",
			   weaker ? "the canary is seen again" : "the canary is refused again");
	state->alarm = !denies;
	w->alarmed |= !denies;
	if (denies && w->options->proved)
		w->options->proved(w->options->arg);
}

/* It was not confirmed in time: the kernel refuses nothing any more, and that is said. */
static bool has_lapsed(struct watch *w)
{
	__u64 deadline = w->in->skel->bss->state.deadline;

	if (!deadline || boot_now() < deadline)
		return false;
	/* It may have been confirmed in this moment; from here on it cannot. */
	if (!__atomic_compare_exchange_n(&w->in->skel->bss->state.deadline, &(__u64){ deadline }, 1,
					 false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return false;
	events_say(w->events, deadline, "LAPSED",
		   w->in->may_fall_back ? "not confirmed in time: the policy before it holds again"
					: "not confirmed in time: nothing is refused any more");
	fputs("lsm-guard: not confirmed in time: it refuses nothing any more\n", stderr);
	return true;
}

/* 0; -ETIMEDOUT: it was not confirmed in time; or another errno: events cannot be read. */
static int watch_once(struct watch *w)
{
	int err = events_wait(w->events, POLL_MS);
	__u64 now = boot_now();

	/* Confirmed: the guard before it is not kept for us any more. */
	if (w->in->may_fall_back && !w->in->skel->bss->state.deadline) {
		interfaces_settle(w->in);
		w->in->may_fall_back = false;
	}
	if (*w->options->retake) {
		*w->options->retake = 0;
		interfaces_retake(w->in);
	}
	if (is_due(&w->told, now, 1))
		events_sum_up(w->events);
	if (is_due(&w->reconciled, now, RECONCILE_EVERY))
		instance_reconcile(w->in);
	if (is_due(&w->proved, now, w->options->prove_every))
		prove(w);
	return has_lapsed(w) ? -ETIMEDOUT : err;
}

/*
 * From here on without privilege. Threads that run would keep theirs; and none can be started
 * when calls are confined.
 */
static int be_watcher(struct instance *in, const struct plan *plan)
{
	int err = sandbox_drop();

	if (!err)
		err = interfaces_watch(in, plan);
	return err ? err : sandbox_confine();
}

static bool has_passed(__u64 deadline)
{
	return deadline && boot_now() >= deadline;
}

/*
 * The guard before this one has ended by now: nothing that fails from here on may end this one,
 * too. It holds, unwatched and unproved, and says so; systemd's watchdog hears nothing of it.
 */
static void hold(struct instance *in, int err, const struct watch_options *options)
{
	fprintf(stderr,
		"lsm-guard: it cannot be watched (%s); it holds on, without events, until it is stopped "
		"or reloaded\n",
		strerror(-err));
	/* Until it was to be confirmed, too: from then on the kernel refuses nothing. */
	while (!*options->stop && !has_passed(in->skel->bss->state.deadline))
		poll(NULL, 0, POLL_MS);
}

struct printer *watch_prepare(struct instance *in, const struct watch_options *options)
{
	const struct event_source from = { .about = in->about,
					   .state = &in->skel->bss->state,
					   .events = bpf_map__fd(in->skel->maps.events),
					   .tallies = bpf_map__fd(in->skel->maps.tallies),
					   .in = in,
					   .stop = options->stop };
	int err = mounts_keep();

	if (!err)
		err = netdev_names_open();
	if (err)
		instance_fail("watching", err);
	return err ? NULL : events_open(&from, options->output);
}

int watch_instance(struct instance *in, const struct plan *plan,
		   const struct watch_options *options, struct printer *events)
{
	__u64 now = boot_now();
	struct watch w = { .in = in,
			   .plan = plan,
			   .options = options,
			   .events = events,
			   .told = now,
			   .reconciled = now,
			   .proved = now };
	int err = be_watcher(in, plan);

	while (!*options->stop && !err)
		err = watch_once(&w);
	if (err && err != -ETIMEDOUT)
		hold(in, err, options);
	events_close(w.events);
	return err ? err : w.alarmed ? -ENOTSUP : 0;
}

/* ---- the command ----------------------------------------------------------------- */

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

static const struct argp_option options[] = {
	{ "output", 'o', "text|json|journal", 0, "form of the events (default: text)", 0 }, {}
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	enum output *output = state->input;

	if (key == ARGP_KEY_ARG)
		argp_error(state, "watch takes no argument");
	if (key != 'o')
		return ARGP_ERR_UNKNOWN;
	*output = output_named(arg);
	if (*output == OUTPUTS)
		argp_error(state, "--output %s: it is text, json or journal", arg);
	return 0;
}

/* There is one reader at a time: events go to whoever is first. */
static bool take_reader(struct guard_state *state)
{
	__u32 none = 0, before = __atomic_load_n(&state->watcher, __ATOMIC_SEQ_CST);

	/* One that was killed has left its number. */
	if (before && !running_is_ours((pid_t)before))
		__atomic_compare_exchange_n(&state->watcher, &before, 0, false, __ATOMIC_SEQ_CST,
					    __ATOMIC_SEQ_CST);
	return __atomic_compare_exchange_n(&state->watcher, &none, (__u32)getpid(), false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}

/* Until it is told to end, or the guard is stopped or replaced. */
static int print_until_end(struct running *r, struct printer *events)
{
	__u64 told = boot_now(), looked = told;
	int err = 0;

	while (!stop && !err) {
		err = events_wait(events, POLL_MS);
		if (is_due(&told, boot_now(), 1))
			events_sum_up(events);
		if (is_due(&looked, boot_now(), 2) && !running_exists(r->id)) {
			fputs("lsm-guard: the guard has ended, or another has taken its place\n",
			      stderr);
			break;
		}
	}
	return err;
}

static int watch_running(struct running *r, enum output output)
{
	struct event_source from = { .state = r->state,
				     .events = running_map(r, "events"),
				     .tallies = running_map(r, "tallies"),
				     .stop = &stop };
	struct guard_about *about = about_read(r->state->about);
	struct printer *events = NULL;
	int err = -EIO;

	from.about = about;
	if (!about || r->state->version != GUARD_STATE_VERSION)
		fputs("lsm-guard: the guard that runs is of another version\n", stderr);
	else if (!take_reader(r->state))
		fprintf(stderr, "lsm-guard: process %u reads its events already\n",
			r->state->watcher);
	else
		events = events_open(&from, output);
	if (events) {
		err = print_until_end(r, events);
		events_close(events);
		r->state->watcher = 0;
	}
	free(about);
	return err;
}

/* The one that holds: not one that has lapsed, or that another holds in the place of. */
static struct running *holding(struct runnings *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct guard_state *state = all->at[i].state;

		if ((!state->deadline || boot_now() < state->deadline) &&
		    state->suspended <= boot_now())
			return &all->at[i];
	}
	return NULL;
}

int watch_main(int argc, char **argv)
{
	static const struct argp argp = {
		options,
		parse_option,
		NULL,
		"Print the events of a guard that no process looks after: one that was started with "
		"--pin and whose process has ended. Needs root.\v"
		"Exit status: 0 it was told to end, or the guard has ended, 1 none is running, or its "
		"events are being read.",
	};
	struct sigaction action = { .sa_handler = on_signal };
	enum output output = OUTPUT_TEXT;
	struct runnings all;
	struct running *r;
	int err;

	argp_err_exit_status = 2;
	argp_parse(&argp, argc, argv, 0, NULL, &output);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	err = running_find(&all);
	r = err ? NULL : holding(&all);
	if (err)
		fprintf(stderr, "lsm-guard: cannot look for a running guard: %s; run it as root\n",
			strerror(-err));
	else if (!r)
		fputs("lsm-guard: no guard is running\n", stderr);
	else
		err = watch_running(r, output);
	running_free(&all);
	return err || !r;
}
