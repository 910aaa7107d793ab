// SPDX-License-Identifier: GPL-2.0-only
/*
 * lsm-guard run: the command line and the order of steps. Everything is resolved and made ready
 * first, with what cannot be held listed; then this process restricts itself, and becomes the
 * command.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/seccomp.h>

#include "landlock.h"
#include "run.h"
#include "start.h"

/* As env(1) and shells. */
#define EXIT_NOT_STARTED 126
#define EXIT_NOT_FOUND	 127 /* it or its interpreter */

/* ---- the command line ---------------------------------------------------------- */

enum { OPTION_STRICT = 1 };

static const struct argp_option options[] = { { "policy", 'p', "FILE", 0, "the policy", 0 },
					      { "strict", OPTION_STRICT, NULL, 0,
						"start nothing where something cannot be held", 0 },
					      {} };

struct line {
	const char *policy;
	bool strict;
	char **command;
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct line *line = state->input;

	switch (key) {
	case 'p':
		if (line->policy)
			argp_error(state, "--policy is given twice; a policy can include() others");
		line->policy = arg;
		return 0;
	case OPTION_STRICT:
		line->strict = true;
		return 0;
	case ARGP_KEY_ARG:
		/* It and all behind it are the command's. */
		line->command = &state->argv[state->next - 1];
		state->next = state->argc;
		return 0;
	case ARGP_KEY_END:
		if (!line->policy)
			argp_error(state, "--policy FILE is needed");
		if (!line->command)
			argp_error(state, "the command is needed: -- CMD...");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const char doc[] =
	"Run CMD with a policy that holds for it and all that it starts, by seccomp, Landlock and "
	"resource limits. Needs no root, and no BPF LSM. What cannot be held here is listed first."
	"\vExit status: CMD's own, or 1 it cannot be restricted, 2 usage or policy error, 3 refused "
	"by --strict, 126 CMD cannot be executed, 127 there is none.";

/* Behind it stands the table of what is held. */
static char *help(int key, const char *text, void *input)
{
	char *table, *all;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC)
		return (char *)text;
	table = run_table();
	if (!table || asprintf(&all, "%s\n\n%s", text, table) < 0)
		abort();
	free(table);
	return all;
}

/* ---- making ready --------------------------------------------------------------- */

static void note_updaters(struct run *run)
{
	const struct program_list *updaters = &run->policy.updaters;

	if (updaters->kind == LIST_PROGRAMS)
		run_note(run, RUN_UPDATERS, updaters->at, NULL);
}

static int prepare(struct run *run)
{
	int err = run_filter(run, NULL, NULL);

	for (size_t i = 0; i < run->n_bound && !err; i++) {
		struct run_sockets sockets;

		err = run_sockets(run, run->bound[i], &sockets);
		if (!err)
			err = run_filter(run, run->bound[i], &sockets);
	}
	return err ? err : run_files(run);
}

/* 0 when all is ready, else the exit status. */
static int make_ready(struct run *run)
{
	int status = run_find(run);
	size_t lacking;

	if (status)
		return status;
	note_updaters(run);
	if (prepare(run))
		return EXIT_FAILED;
	if (run->errors)
		return EXIT_USAGE;
	lacking = run_list(run);
	if (run->strict && lacking) {
		fprintf(stderr, "lsm-guard run: %s is not started: --strict\n", run->file);
		return EXIT_UNABLE;
	}
	if (!run->binds && !run->concerned)
		fprintf(stderr, "lsm-guard run: nothing in %s binds %s\n", run->policy.file,
			run->file);
	return 0;
}

/* ---- restricting ---------------------------------------------------------------- */

static int limit(int resource, rlim_t most)
{
	struct rlimit is;

	if (getrlimit(resource, &is))
		return -errno;
	is.rlim_max = is.rlim_max < most ? is.rlim_max : most;
	is.rlim_cur = is.rlim_cur < most ? is.rlim_cur : most;
	return setrlimit(resource, &is) ? -errno : 0;
}

static int limit_memory(const struct program_section *s)
{
	int err = 0;

	if (s->given & 1u << KEY_MEMORY)
		err = limit(RLIMIT_DATA, s->limit[KEY_MEMORY]);
	if (s->given & 1u << KEY_ADDRESS_SPACE && !err)
		err = limit(RLIMIT_AS, s->limit[KEY_ADDRESS_SPACE]);
	return err;
}

/* From the first limit on there may be no memory: nothing here asks for any. */
static int restrict_self(struct run *run)
{
	int err = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;

	for (size_t i = 0; i < run->n_rulesets && !err; i++)
		err = landlock_restrict(run->rulesets[i]);
	for (size_t i = 0; i < run->n_bound && !err; i++)
		err = limit_memory(run->bound[i]);
	for (size_t i = 0; i < run->n_filters && !err; i++)
		if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &run->filters[i]))
			err = -errno;
	return err;
}

static int become(struct run *run)
{
	int err = restrict_self(run);

	if (err) {
		fprintf(stderr, "lsm-guard run: the process cannot be restricted: %s\n",
			strerror(-err));
		return EXIT_FAILED;
	}
	execv(run->file, run->argv);
	err = errno;
	fprintf(stderr, "lsm-guard run: %s: %s\n", run->file, strerror(err));
	return err == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_STARTED;
}

int run_main(int argc, char **argv)
{
	static const struct argp argp = { options, parse_option, "--policy FILE -- CMD...",
					  doc,	   NULL,	 help };
	struct line line = {};
	struct run run = {};
	int status = EXIT_USAGE;

	argp_err_exit_status = EXIT_USAGE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &line);
	run.strict = line.strict;
	run.argv = line.command;
	run.landlock = landlock_version();
	if (!policy_read(&run.policy, line.policy, stderr)) {
		status = make_ready(&run);
		if (!status)
			status = become(&run);
	}
	for (size_t i = 0; i < run.n_rulesets; i++)
		close(run.rulesets[i]);
	for (size_t i = 0; i < run.n_filters; i++)
		free(run.filters[i].filter);
	free(run.lines);
	free(run.file);
	policy_free(&run.policy);
	return status;
}
