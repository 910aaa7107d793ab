// SPDX-License-Identifier: GPL-2.0-only
/*
 * Children of the probe: another program to act upon (a holder of descriptors,
 * a program to trace), or an idle copy whose /proc entries are a way to a file.
 */
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

/*
 * Runs @argv with pipes on stdin and stdout. What the program prints first is
 * its sign that it stands ready; one that cannot be executed is a broken set-up.
 */
struct child spawn(char *const argv[])
{
	int in[2], out[2];
	struct child c;

	need(pipe2(in, O_CLOEXEC), "pipe");
	need(pipe2(out, O_CLOEXEC), "pipe");
	c.pid = need(fork(), "fork");
	if (c.pid == 0) {
		dup2(in[0], STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		execv(argv[0], argv);
		need(-1, argv[0]);
	}
	close(in[0]);
	close(out[1]);
	c.in = in[1];
	c.out = out[0];
	return c;
}

/* One line that the child says. */
void say(const struct child *c, char *buf, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && read(c->out, buf + n, 1) == 1 && buf[n] != '\n')
		n++;
	if (!n)
		broken("the other program said nothing");
	buf[n] = 0;
}

int exit_code(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	broken("the child was ended by signal %d", WTERMSIG(status));
}

int reap(struct child *c)
{
	int status;

	close(c->in);
	close(c->out);
	need(waitpid(c->pid, &status, 0), "waitpid");
	return exit_code(status);
}

/* A child that does nothing until it is ended, or until the probe goes. */
pid_t fork_idle(void)
{
	int life[2];
	char c;
	pid_t pid;

	need(pipe2(life, O_CLOEXEC), "pipe");
	pid = need(fork(), "fork");
	if (pid)
		return pid;
	close(life[1]);
	while (read(life[0], &c, 1) > 0)
		;
	_exit(0);
}

void end_idle(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
