// SPDX-License-Identifier: GPL-2.0-only
/* The lsm-guard command: its arguments, and the order of steps. */
#include <argp.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <bpf/libbpf.h>

#include "about.h"
#include "check.h"
#include "prove.h"
#include "run.h"
#include "running.h"
#include "start.h"
#include "watch.h"

const char *argp_program_version = "lsm-guard " LSM_GUARD_VERSION;

static const char doc[] =
	"Load a policy into the kernel as BPF LSM programs, prove by a canary that denials happen, "
	"and print an event for each access that is denied, until interrupted.\v"
	"Other commands:\n"
	"  lsm-guard check FILE    parse and resolve a policy; each rule and the hooks that hold it\n"
	"  lsm-guard probe         what this kernel can enforce, and how to get what it cannot\n"
	"  lsm-guard status        what is loaded, and what it has denied so far\n"
	"  lsm-guard prove         act out every rule of what is loaded, on the live kernel\n"
	"  lsm-guard reload FILE   load another policy in the place of the one that is loaded\n"
	"  lsm-guard confirm       confirm a start or a reload with --confirm-within\n"
	"  lsm-guard watch         print the events of a pinned guard that nobody reads\n"
	"  lsm-guard stop          end the guard that is running\n"
	"  lsm-guard run           run a command with a policy, without root and without BPF LSM\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage or policy error, 3 this kernel cannot enforce it.";

/* Without a letter; the first one is for ourselves: see supervisor.c. */
enum { OPTION_GENERATION = 1, OPTION_PROVE_EVERY, OPTION_FALLBACK };

static const struct argp_option options[] = {
	{ "policy", 'p', "FILE", 0, "the policy to load", 0 },
	{ "audit", 'a', NULL, 0, "report what would be denied, deny nothing", 0 },
	{ "confirm-within", 'c', "SECONDS", 0,
	  "let everything through again after so long, unless `lsm-guard confirm` is run", 0 },
	{ "pin", 'P', NULL, 0,
	  "hold on when every lsm-guard process has ended, until `lsm-guard stop`", 0 },
	{ "fallback", OPTION_FALLBACK, NULL, 0,
	  "where the kernel has no BPF LSM do without: report, redirect or kill, and refuse nothing",
	  0 },
	{ "replace", 'r', NULL, 0, "take the place of a guard that is running, without a gap", 0 },
	{ "prove-every", OPTION_PROVE_EVERY, "SECONDS", 0,
	  "how often to prove by canary that denials happen (default: 60)", 0 },
	{ "generation", OPTION_GENERATION, "SOCKET,LOG", OPTION_HIDDEN, NULL, 0 },
	{ "output", 'o', "text|json|journal", 0, "form of the events (default: text)", 0 },
	{}
};

#define SECONDS_MAX 86400 /* a day */
#define PROVE_EVERY 60

static unsigned int seconds(const char *option, const char *arg, struct argp_state *state)
{
	char *end;
	unsigned long n = strtoul(arg, &end, 10);

	if (*arg < '0' || *arg > '9' || *end || !n || n > SECONDS_MAX)
		argp_error(state, "--%s %s: it is a number of seconds from 1 to %u", option, arg,
			   SECONDS_MAX);
	return n;
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct arguments *args = state->input;

	switch (key) {
	case 'p':
		if (args->policy)
			argp_error(state, "--policy is given twice; a policy can include() others");
		args->policy = arg;
		return 0;
	case 'a':
		args->audit = true;
		return 0;
	case 'c':
		args->confirm_within = seconds("confirm-within", arg, state);
		return 0;
	case 'P':
		args->pin = true;
		return 0;
	case OPTION_FALLBACK:
		args->fallback = true;
		return 0;
	case 'r':
		args->replace = true;
		return 0;
	case OPTION_PROVE_EVERY:
		args->prove_every = seconds("prove-every", arg, state);
		return 0;
	case OPTION_GENERATION:
		if (sscanf(arg, "%d,%d", &args->supervisor, &args->log) != 2)
			argp_error(state, "--generation is not for you");
		return 0;
	case 'o':
		args->output = output_named(arg);
		if (args->output == OUTPUTS)
			argp_error(state, "--output %s: it is text, json or journal", arg);
		return 0;
	case ARGP_KEY_ARG:
		argp_error(state, "there is no command '%s'", arg);
		return 0;
	case ARGP_KEY_END:
		if (!args->policy)
			argp_error(state, "--policy FILE is needed");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* libbpf's warnings; with LSM_GUARD_DEBUG in the environment all that it says. */
static int on_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level > LIBBPF_WARN && !getenv("LSM_GUARD_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

static int start(int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, "--policy FILE", doc };
	struct arguments args = {
		.prove_every = PROVE_EVERY, .supervisor = -1, .log = -1, .requests = -1, .lock = -1
	};

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	return args.supervisor >= 0 ? generation(&args) : supervise(&args);
}

/* ---- reload ---------------------------------------------------------------------- */

static const struct argp_option reload_options[] = {
	{ "confirm-within", 'c', "SECONDS", 0,
	  "the policy before it holds again after so long, unless `lsm-guard confirm` is run", 0 },
	{}
};

static error_t parse_reload(int key, char *arg, struct argp_state *state)
{
	struct request_reload *request = state->input;

	switch (key) {
	case 'c':
		request->confirm_within = seconds("confirm-within", arg, state);
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num)
			argp_error(state, "reload takes one FILE");
		if (!realpath(arg, request->policy))
			argp_failure(state, EXIT_USAGE, errno, "%s", arg);
		return 0;
	case ARGP_KEY_END:
		if (!state->arg_num)
			argp_error(state, "reload needs the FILE with the policy");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* Its process would know how it was started. */
static void take_options(struct arguments *args, const struct runnings *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct guard_about *about = running_has_let_go(&all->at[i])
						    ? NULL
						    : about_read(all->at[i].state->about);

		if (!about)
			continue;
		args->audit = about->audit;
		args->fallback = about->fallback;
		free(about);
	}
}

/* No process looks after it: then it is pinned, and so will the new one be. */
static int reload_pinned(const struct request_reload *request)
{
	struct arguments args = { .policy = request->policy,
				  .pin = true,
				  .replace = true,
				  .confirm_within = request->confirm_within,
				  .supervisor = -1,
				  .log = -1,
				  .requests = -1 };
	struct runnings all;
	int supervisor;
	bool any;

	args.lock = running_find_alone(&all);
	if (args.lock < 0)
		return EXIT_FAILED;
	any = all.n;
	take_options(&args, &all);
	running_free(&all);
	/* It was being started. */
	supervisor = control_connect();
	if (supervisor >= 0) {
		close(args.lock);
		return control_ask(supervisor, request);
	}
	if (any)
		return generation(&args);
	fprintf(stderr, "lsm-guard: no guard is running: `lsm-guard --policy %s` starts one\n",
		request->policy);
	return EXIT_FAILED;
}

static int reload_main(int argc, char **argv)
{
	static const struct argp argp = {
		reload_options, parse_reload, "FILE",
		"Load FILE in the place of the policy that is loaded, without a gap. Where FILE has an "
		"error nothing changes.\v"
		"Exit status: 0 it is enforced, 1 failed, 2 usage or policy error, 3 this kernel cannot "
		"enforce it; in all but the first case the policy before holds on."
	};
	struct request_reload request = {};
	int supervisor;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	supervisor = control_connect();
	return supervisor < 0 ? reload_pinned(&request) : control_ask(supervisor, &request);
}

static const struct {
	const char *name;
	int (*main)(int argc, char **argv);
} commands[] = {
	{ "check", check_main },     { "probe", probe_main }, { "status", status_main },
	{ "prove", prove_main },     { "watch", watch_main }, { "reload", reload_main },
	{ "confirm", confirm_main }, { "stop", stop_main },   { "run", run_main },
};

int main(int argc, char **argv)
{
	static char name[32];

	libbpf_set_print(on_libbpf);
	for (size_t i = 0; argc > 1 && i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[1], commands[i].name))
			continue;
		/* The name that usage and messages begin with. */
		snprintf(name, sizeof(name), "lsm-guard %s", commands[i].name);
		argv[1] = name;
		return commands[i].main(argc - 1, argv + 1);
	}
	return start(argc, argv);
}
