// SPDX-License-Identifier: GPL-2.0-only
/* Other processes, as /proc shows them. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>

#include "lib/lib.h"

char thread_state(pid_t pid, pid_t thread)
{
	char *file = path("/proc/%d/task/%d/stat", pid, thread), state;
	FILE *f = fopen(file, "re");

	if (!f || fscanf(f, "%*d %*[^)]) %c", &state) != 1)
		state = 0;
	if (f)
		fclose(f);
	free(file);
	return state;
}

/* Each thread stops when it comes by next. */
static bool is_stopped(void *arg)
{
	pid_t pid = *(pid_t *)arg, thread;
	char *threads = path("/proc/%d/task", pid);
	DIR *dir = opendir(threads);
	struct dirent *e;
	bool stopped = dir;

	while (stopped && (e = readdir(dir))) {
		thread = atoi(e->d_name);
		stopped = !thread || thread_state(pid, thread) == 'T';
	}
	if (dir)
		closedir(dir);
	free(threads);
	return stopped;
}

bool process_stop(pid_t pid)
{
	return !kill(pid, SIGSTOP) && wait_for(is_stopped, &pid, 20000);
}

bool process_gone(void *pid)
{
	return kill(*(pid_t *)pid, 0) && errno == ESRCH;
}
