// SPDX-License-Identifier: GPL-2.0-only
/*
 * Running programs and making files for the tests.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "lib/lib.h"

#define RUN_MS 240000 /* an emulated machine is slow; a probe that hangs is not waited for */

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void child(const char *dir, int fd, int out, char *const argv[])
{
	int null = open("/dev/null", O_RDONLY);

	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	/* dup2() onto itself would leave the descriptor to be closed by the exec. */
	if (fd == INHERITED_FD)
		fcntl(fd, F_SETFD, 0);
	else if (fd >= 0)
		dup2(fd, INHERITED_FD);
	close_range(fd >= 0 ? INHERITED_FD + 1 : 3, ~0u, 0);
	if (dir && chdir(dir)) {
		perror(dir);
		_exit(BROKEN);
	}
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(errno == EPERM ? 126 : 127);
}

/* Collects what is said until everyone who could say something has left. */
static bool listen_to(int out, struct result *r)
{
	long end = now_ms() + RUN_MS;
	size_t have = 0;

	for (;;) {
		struct pollfd p = { .fd = out, .events = POLLIN };
		char spill[512];
		size_t room = sizeof(r->said) - 1 - have;
		ssize_t n;

		if (poll(&p, 1, end - now_ms() > 0 ? end - now_ms() : 0) <= 0)
			return false;
		n = read(out, room ? r->said + have : spill, room ? room : sizeof(spill));
		if (n <= 0)
			return true;
		if (room)
			have += n;
		r->said[have] = 0;
	}
}

struct result run_with(const char *dir, int fd, char *const argv[])
{
	struct result r = { .code = BROKEN };
	int out[2], status;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC))
		return r;
	pid = fork();
	if (pid == 0)
		child(dir, fd, out[1], argv);
	close(out[1]);
	if (pid > 0) {
		bool heard = listen_to(out[0], &r);

		if (!heard)
			kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		/* On one line it goes into one line of a report. */
		for (char *p = r.said; *p; p++)
			if (*p == '\n')
				*p = p[1] ? '|' : 0;
		r.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		if (!heard)
			r.code = TIMED_OUT;
	}
	close(out[0]);
	return r;
}

struct result run_line(const char *dir, int fd, const char *program, const char *line)
{
	char *copy = strdup(line), *argv[32] = { (char *)program }, *save;
	struct result r;
	size_t n = 1;

	for (char *w = strtok_r(copy, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	r = run_with(dir, fd, program ? argv : argv + 1);
	free(copy);
	return r;
}

char *vpath(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

char *path(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vpath(fmt, ap);
	va_end(ap);
	return s;
}

bool command(const char *fmt, ...)
{
	struct result r;
	va_list ap;
	char *line;

	va_start(ap, fmt);
	line = vpath(fmt, ap);
	va_end(ap);
	r = run_line(NULL, -1, NULL, line);
	if (r.code)
		printf("# %s: exit status %d: %s\n", line, r.code, r.said);
	free(line);
	return r.code == 0;
}

bool write_file(const char *name, const char *text)
{
	FILE *f = fopen(name, "we");

	if (!f)
		return false;
	fputs(text, f);
	return !fclose(f);
}

long read_number(const char *fmt, ...)
{
	long n = LONG_MIN;
	va_list ap;
	char *name;
	FILE *f;

	va_start(ap, fmt);
	name = vpath(fmt, ap);
	va_end(ap);
	f = fopen(name, "re");
	if (f && fscanf(f, "%ld", &n) != 1)
		n = LONG_MIN;
	if (f)
		fclose(f);
	free(name);
	return n;
}

bool copy_program(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	ssize_t n = -1;

	if (in >= 0 && out >= 0)
		do
			n = sendfile(out, in, NULL, 1 << 20);
		while (n > 0);
	if (in >= 0)
		close(in);
	if (out >= 0)
		close(out);
	return n == 0;
}

bool wait_for(bool (*done)(void *arg), void *arg, int milliseconds)
{
	long end = now_ms() + milliseconds;
	bool late = false;

	/* One more look after the end: who waits may himself have been kept waiting. */
	while (!done(arg)) {
		if (late)
			return false;
		late = now_ms() > end;
		usleep(20000);
	}
	return true;
}

const char *tree_path(const char *name)
{
	static char cwd[PATH_LEN];

	if (!*cwd && !getcwd(cwd, sizeof(cwd)))
		return NULL;
	return path("%s/%s", cwd, name);
}
