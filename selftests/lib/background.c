// SPDX-License-Identifier: GPL-2.0-only
/*
 * A program that goes on beside the test.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/limits.h"

static void become(const struct background *b, const char *dir, char *const argv[])
{
	int out = open(b->said, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	int null = open("/dev/null", O_RDONLY);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	close_range(3, ~0u, 0);
	if (dir && chdir(dir))
		_exit(BROKEN);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

bool background_start(struct background *b, const char *dir, const char *program, const char *line)
{
	static int number;
	char *copy = strdup(line), *argv[32] = { (char *)program }, *save;
	size_t n = program != NULL;

	for (char *w = strtok_r(copy, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	b->said = path("/tmp/lsm-guard-background.%d.%d", getpid(), number++);
	fflush(stdout);
	b->pid = fork();
	if (b->pid == 0)
		become(b, dir, argv);
	free(copy);
	return b->pid > 0;
}

size_t background_ready(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t n = 0;

	while (d && (e = readdir(d)))
		n += !strncmp(e->d_name, "go.", 3);
	if (d)
		closedir(d);
	return n;
}

struct ending {
	pid_t pid;
	int status;
};

static bool has_ended(void *arg)
{
	struct ending *e = arg;

	return waitpid(e->pid, &e->status, WNOHANG) == e->pid;
}

int background_end(struct background *b, int milliseconds)
{
	struct ending e = { .pid = b->pid };
	bool ended;

	if (b->pid <= 0)
		return -1;
	ended = wait_for(has_ended, &e, milliseconds);
	if (!ended) {
		kill(b->pid, SIGKILL);
		waitpid(b->pid, &e.status, 0);
	}
	b->pid = 0;
	return ended && WIFEXITED(e.status) ? WEXITSTATUS(e.status) : -1;
}
