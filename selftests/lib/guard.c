// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running ./lsm-guard beside a test: started, known to enforce, ended.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"

#define START_MS 90000 /* loading and verifying takes seconds where the machine is emulated */
#define STOP_MS	 60000

static void become_guard(struct guard *g, const char *policy, const char *options)
{
	char *argv[16] = { "./lsm-guard", "--policy", (char *)policy, "--output", "json" };
	char *words = options ? strdup(options) : NULL;
	size_t n = 5;
	int out = open(g->events, O_WRONLY | O_CREAT | O_APPEND, 0644);
	int log = open(g->log, O_WRONLY | O_CREAT | O_APPEND, 0644);

	for (char *word = words ? strtok(words, " ") : NULL; word; word = strtok(NULL, " "))
		argv[n++] = word;
	/* A test that dies must not leave its guard behind, denying to those after it. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(log, STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	close_range(3, ~0u, 0);
	execv(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

/* A line on stderr that begins with one of these. */
static bool says_started(const char *log)
{
	static const char *const words[] = { "enforcing ", "auditing ",
					     "fallback, NOT enforcing " };
	char line[PATH_LEN];
	bool seen = false;
	FILE *f = fopen(log, "re");

	while (f && !seen && fgets(line, sizeof(line), f))
		for (size_t i = 0; i < sizeof(words) / sizeof(*words) && strchr(line, '\n'); i++)
			seen |= !strncmp(line, words[i], strlen(words[i]));
	if (f)
		fclose(f);
	return seen;
}

static bool started_or_gone(void *arg)
{
	struct guard *g = arg;
	int status;

	if (says_started(g->log))
		return true;
	if (waitpid(g->pid, &status, WNOHANG) != g->pid)
		return false;
	printf("# lsm-guard left with %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1);
	g->pid = 0;
	return true;
}

#define LOG_LINES 30

/* The end of what it said; a rejected program alone is thousands of lines. */
static void show_log(const struct guard *g)
{
	char line[LOG_LINES][400];
	size_t n = 0;
	FILE *f = fopen(g->log, "re");

	while (f && fgets(line[n % LOG_LINES], sizeof(line[0]), f))
		n++;
	for (size_t i = n > LOG_LINES ? n - LOG_LINES : 0; i < n; i++)
		printf("# lsm-guard: %s", line[i % LOG_LINES]);
	if (f)
		fclose(f);
}

bool guard_start_to(struct guard *g, const char *policy, const char *option, const char *events)
{
	g->pid = 0;
	/* What denies here denies to everything on the machine. */
	if (access("/run/lsm-guard-vm", F_OK)) {
		printf("# this is not the guest of vm/run: lsm-guard is not started\n");
		return false;
	}
	g->events = strdup(events);
	g->log = path("%s.log", policy);
	unlink(g->log);
	fflush(stdout);
	g->pid = fork();
	if (g->pid == 0)
		become_guard(g, policy, option);
	if (wait_for(started_or_gone, g, START_MS) && g->pid > 0)
		return true;
	show_log(g);
	if (g->pid > 0) {
		printf("# lsm-guard did not say that it enforces\n");
		guard_stop(g);
	}
	return false;
}

bool guard_start(struct guard *g, const char *policy, const char *option)
{
	char *events = path("%s.events", policy);

	unlink(events);
	return guard_start_to(g, policy, option, events);
}

struct gone {
	pid_t pid;
	int status;
};

static bool is_gone(void *arg)
{
	struct gone *x = arg;

	return waitpid(x->pid, &x->status, WNOHANG) == x->pid;
}

pid_t guard_watcher(const struct guard *g)
{
	char *name = path("/proc/%d/task/%d/children", g->pid, g->pid);
	FILE *f = fopen(name, "re");
	int pid = 0;

	if (f && fscanf(f, "%d", &pid) != 1)
		pid = 0;
	if (f)
		fclose(f);
	return pid;
}

bool guard_kill(struct guard *g)
{
	pid_t watcher = guard_watcher(g);

	/* The one that could still do something first. */
	if (watcher <= 0 || kill(watcher, SIGKILL) || kill(g->pid, SIGKILL) ||
	    waitpid(g->pid, NULL, 0) != g->pid)
		return false;
	g->pid = 0;
	return wait_for(process_gone, &watcher, STOP_MS);
}

int guard_stop(struct guard *g)
{
	struct gone x = { .pid = g->pid };

	if (g->pid <= 0)
		return -1;
	g->pid = 0;
	kill(x.pid, SIGTERM);
	if (!wait_for(is_gone, &x, STOP_MS)) {
		printf("# lsm-guard did not leave on SIGTERM\n");
		kill(x.pid, SIGKILL);
		waitpid(x.pid, &x.status, 0);
		return -1;
	}
	return WIFEXITED(x.status) ? WEXITSTATUS(x.status) : -1;
}
