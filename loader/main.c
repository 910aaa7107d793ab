// SPDX-License-Identifier: GPL-2.0-only
/* The lsm-guard command: its arguments, and the order of steps. */
#include <argp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <bpf/libbpf.h>

#include "check.h"
#include "event.h"

/* Exit statuses, as in the manual. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,	 /* or an error in the policy */
	EXIT_UNABLE = 3, /* this kernel cannot enforce it */
};

const char *argp_program_version = "lsm-guard " LSM_GUARD_VERSION;

static const char doc[] =
	"Load a policy into the kernel as BPF LSM programs, prove by a canary that denials happen, "
	"and print an event for each access that is denied, until interrupted.\v"
	"Other commands:\n"
	"  lsm-guard check FILE    parse and resolve a policy; each rule and the hooks that hold it\n"
	"  lsm-guard probe         what this kernel can enforce, and how to get what it cannot\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 usage or policy error, 3 this kernel cannot enforce it.";

static const struct argp_option options[] = {
	{ "policy", 'p', "FILE", 0, "the policy to load", 0 },
	{ "audit", 'a', NULL, 0, "report what would be denied, deny nothing", 0 },
	{ "output", 'o', "text|json", 0, "form of the events on stdout (default: text)", 0 },
	{}
};

struct arguments {
	const char *policy;
	bool audit;
	enum output output;
};

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
	case 'o':
		if (!strcmp(arg, "json"))
			args->output = OUTPUT_JSON;
		else if (strcmp(arg, "text"))
			argp_error(state, "--output %s: it is text or json", arg);
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

static volatile sig_atomic_t stop;

static void on_signal(int signal)
{
	(void)signal;
	stop = 1;
}

/* Without SA_RESTART: a write to a reader that has stalled must end too. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGHUP, SIG_IGN); /* a terminal that closes is no reason to stop guarding */
}

/* libbpf's warnings; with LSM_GUARD_DEBUG in the environment all that it says. */
static int on_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	if (level > LIBBPF_WARN && !getenv("LSM_GUARD_DEBUG"))
		return 0;
	return vfprintf(stderr, format, args);
}

/* Between the steps of a start. */
static bool stopped(void)
{
	if (stop)
		fputs("lsm-guard: interrupted; nothing is enforced\n", stderr);
	return stop;
}

/* The line that says that it is on: printed once its canary has passed. */
static void say_on(const struct plan *plan, const struct instance *in, const char *file)
{
	bool enforcing = false;

	for (size_t i = plan->sections; i < plan->n_rules; i++)
		enforcing |= !plan->rules[i].kernel.audit;
	fprintf(stderr, "%s %s: %zu rules, %zu hooks\n", enforcing ? "enforcing" : "auditing", file,
		plan->n_rules - plan->sections, in->n_links);
}

/* Everything from identification to the last event. Prints what went wrong. */
static int run(struct plan *plan, const struct kernel *kernel, const struct arguments *args)
{
	struct identifier who = {};
	struct instance in = {};
	int status = EXIT_FAILED;

	if (identifier_open(&who))
		return EXIT_FAILED;
	if (plan_identify(plan, &who)) {
		status = plan->errors ? EXIT_USAGE : EXIT_FAILED;
		goto out;
	}
	if (stopped() || instance_load(&in, plan, &who, kernel) || stopped() ||
	    instance_attach(&in, plan, &who) || stopped())
		goto out;
	if (instance_prove(&in, plan)) {
		status = EXIT_UNABLE;
		goto out;
	}
	identifier_close(&who);
	say_on(plan, &in, args->policy);
	if (!events_print(&in, plan, args->output, &stop))
		status = EXIT_DONE;
out:
	instance_destroy(&in);
	identifier_close(&who);
	return status;
}

static int start(int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, "--policy FILE", doc };
	struct arguments args = {};
	struct policy policy;
	struct kernel kernel = {};
	struct plan plan = {};
	int status = EXIT_USAGE;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	catch_signals();
	if (policy_read(&policy, args.policy, stderr))
		goto out;
	if (plan_make(&plan, &policy, args.audit, stderr))
		goto out;
	if (!plan.closed) {
		fprintf(stderr, "%s:1: nothing to enforce: no section closes anything\n",
			args.policy);
		goto out;
	}
	kernel_look(&kernel);
	status = EXIT_UNABLE;
	if (kernel_obstacles(&kernel, false, stderr) ||
	    instance_missing_hooks(&plan, &kernel, stderr))
		goto out;
	status = EXIT_FAILED;
	if (kernel_obstacles(&kernel, true, stderr))
		goto out;
	status = run(&plan, &kernel, &args);
out:
	kernel_free(&kernel);
	plan_free(&plan);
	policy_free(&policy);
	return status;
}

int main(int argc, char **argv)
{
	libbpf_set_print(on_libbpf);
	if (argc > 1 && !strcmp(argv[1], "check"))
		return check_main(argc - 1, argv + 1);
	if (argc > 1 && !strcmp(argv[1], "probe"))
		return probe_main(argc - 1, argv + 1);
	return start(argc, argv);
}
