// SPDX-License-Identifier: GPL-2.0-only
/*
 * Getting an open descriptor from another process instead of opening the file:
 * sent over a socket, or taken with pidfd_getfd. HOLDER is the program that
 * opens the file, which the policy lists; FD is one that the probe inherited,
 * opened before the guard started and held by a process that is not listed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "probe.h"

union control {
	struct cmsghdr h;
	char room[CMSG_SPACE(sizeof(int))];
};

void send_fd(int sock, int fd)
{
	char byte = 'x';
	union control u = { .h = { CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u)
	};

	memcpy(CMSG_DATA(&u.h), &fd, sizeof(fd));
	need(sendmsg(sock, &m, 0), "sending the descriptor");
}

/*
 * The kernel has no errno for a descriptor that it withholds from recvmsg: the
 * message comes without it and with MSG_CTRUNC. That is printed, and is OTHER.
 */
int received_fd(int sock)
{
	char byte;
	union control u;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &u, .msg_controllen = sizeof(u)
	};
	int fd;

	if (need(recvmsg(sock, &m, 0), "recvmsg") != 1)
		broken("no message came");
	if (!CMSG_FIRSTHDR(&m)) {
		fprintf(stderr, "probe: recvmsg: no descriptor came%s\n",
			m.msg_flags & MSG_CTRUNC ? ", MSG_CTRUNC" : "");
		return -1;
	}
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fd));
	return fd;
}

static int receive_fd(int sock, const struct mode *mode)
{
	int fd = received_fd(sock);

	return fd < 0 ? OTHER : use(fd, mode, "the received descriptor");
}

/* hold FD MODE FILE: opens the file, sends it over the socket FD, waits. */
static int act_hold(char **args)
{
	int sock = number(args[0]), fd = open(args[2], mode_of(args[1])->flags);
	char c;

	need(fd, args[2]);
	send_fd(sock, fd);
	printf("%d\n", fd);
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return ALLOWED;
}

/* Runs HOLDER; returns the socket to it and tells the number of its descriptor. */
static struct child start_holder(char **args, int *sock, int *held)
{
	char number_text[16], line[32];
	char *argv[] = { args[0], "hold", number_text, args[1], args[2], NULL };
	struct child c;
	int pair[2];

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	snprintf(number_text, sizeof(number_text), "%d", pair[1]);
	c = spawn(argv);
	close(pair[1]);
	say(&c, line, sizeof(line));
	*sock = pair[0];
	*held = number(line);
	return c;
}

/* scm HOLDER MODE FILE */
static int act_scm(char **args)
{
	int sock, held, out;
	struct child c = start_holder(args, &sock, &held);

	out = receive_fd(sock, mode_of(args[1]));
	if (reap(&c))
		broken("the holder failed");
	return out;
}

static int take_fd(pid_t pid, int held, const struct mode *mode)
{
	int pidfd = need(syscall(SYS_pidfd_open, pid, 0), "pidfd_open");

	return use(syscall(SYS_pidfd_getfd, pidfd, held, 0), mode, "pidfd_getfd");
}

/* getfd HOLDER MODE FILE */
static int act_getfd(char **args)
{
	int sock, held, out;
	struct child c = start_holder(args, &sock, &held);

	out = take_fd(c.pid, held, mode_of(args[1]));
	if (reap(&c))
		broken("the holder failed");
	return out;
}

/* proc-fd HOLDER MODE FILE: opened again through the holder's /proc entry */
static int act_proc_fd(char **args)
{
	int sock, held, out;
	struct child c = start_holder(args, &sock, &held);
	const struct mode *mode = mode_of(args[1]);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)c.pid, held);
	out = use(open(path, mode->flags), mode, "open of the holder's descriptor");
	if (reap(&c))
		broken("the holder failed");
	return out;
}

static int act_scm_fd(char **args)
{
	int pair[2];

	need(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "socketpair");
	send_fd(pair[0], number(args[0]));
	return receive_fd(pair[1], mode_of(args[1]));
}

static int act_getfd_fd(char **args)
{
	int fd = number(args[0]), out;
	pid_t pid;

	need(fcntl(fd, F_GETFD), "the inherited descriptor");
	pid = fork_idle();
	out = take_fd(pid, fd, mode_of(args[1]));
	end_idle(pid);
	return out;
}

const struct act pass_acts[] = {
	{ "hold", "SOCKET MODE FILE", act_hold },
	{ "scm", "HOLDER MODE FILE", act_scm },
	{ "getfd", "HOLDER MODE FILE", act_getfd },
	{ "proc-fd", "HOLDER MODE FILE", act_proc_fd },
	{ "scm-fd", "FD MODE", act_scm_fd },
	{ "getfd-fd", "FD MODE", act_getfd_fd },
	{ NULL, NULL, NULL },
};
