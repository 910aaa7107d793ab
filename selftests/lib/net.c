// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that run beside a test, and a link to a network of its own.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/net.h"

#define READY_MS 20000

static void become(char *const argv[], int in, int out)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	close_range(3, ~0u, 0);
	execvp(argv[0], argv);
	perror(argv[0]);
	_exit(127);
}

static bool first_line(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c = 0;

	while (c != '\n')
		if (poll(&p, 1, READY_MS) != 1 || read(fd, &c, 1) != 1)
			return false;
	return true;
}

bool job_run(struct job *j, const char *program, const char *line)
{
	char *copy = strdup(line), *argv[32] = { (char *)program }, *save;
	int in[2], out[2];
	size_t n = program ? 1 : 0;

	for (char *w = strtok_r(copy, " ", &save); w && n < 31; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	*j = (struct job){ .pid = -1 };
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return false;
	fflush(stdout);
	j->pid = fork();
	if (j->pid == 0)
		become(argv, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	j->in = in[1];
	j->out = out[0];
	free(copy);
	if (first_line(j->out))
		return true;
	printf("# %s: it did not say that it is ready\n", line);
	job_kill(j);
	return false;
}

bool job_start(struct job *j, const char *fmt, ...)
{
	va_list ap;
	char *line;
	bool ok;

	va_start(ap, fmt);
	line = vpath(fmt, ap);
	va_end(ap);
	ok = job_run(j, NULL, line);
	free(line);
	return ok;
}

int job_end(struct job *j)
{
	int status;

	if (j->pid <= 0)
		return -1;
	close(j->in);
	waitpid(j->pid, &status, 0);
	close(j->out);
	j->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void job_kill(struct job *j)
{
	if (j->pid <= 0)
		return;
	kill(-j->pid, SIGKILL);
	job_end(j);
}

bool net_make(void)
{
	net_end();
	return command("modprobe veth") && command("ip netns add " NET_PEER) &&
	       command("ip link add " NET_LINK " type veth peer name far netns " NET_PEER) &&
	       command("ip addr add 192.0.2.1/24 dev " NET_LINK) &&
	       command("ip addr add 2001:db8::1/64 dev " NET_LINK " nodad") &&
	       command("ip addr add fe80::1/64 dev " NET_LINK " nodad") &&
	       command("ip link set " NET_LINK " up") &&
	       command("ip -n " NET_PEER " link set lo up") &&
	       command("ip -n " NET_PEER " addr add 192.0.2.2/24 dev far") &&
	       command("ip -n " NET_PEER " addr add 2001:db8::2/64 dev far nodad") &&
	       command("ip -n " NET_PEER " addr add fe80::2/64 dev far nodad") &&
	       command("ip -n " NET_PEER " link set far up");
}

/* The link goes with the namespace that has its other end. */
void net_end(void)
{
	if (!access("/run/netns/" NET_PEER, F_OK))
		command("ip netns del " NET_PEER);
}
