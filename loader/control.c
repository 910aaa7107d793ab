// SPDX-License-Identifier: GPL-2.0-only
/*
 * /run/lsm-guard, which is root's alone: the lock of who starts or ends a guard, and the socket
 * where `lsm-guard reload` asks the supervisor.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "fill.h"
#include "start.h"

#define DIRECTORY "/run/lsm-guard"
#define LOCK	  DIRECTORY "/lock"
#define SOCKET	  DIRECTORY "/control"

static const struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = SOCKET };

int control_lock(bool wait)
{
	int fd;

	/* What is in it is root's alone, but for what says who was denied. */
	if (mkdir(DIRECTORY, 0711) && errno != EEXIST)
		return instance_fail(DIRECTORY, -errno);
	fd = open(LOCK, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return instance_fail(LOCK, -errno);
	if (!flock(fd, LOCK_EX | (wait ? 0 : LOCK_NB)))
		return fd;
	close(fd);
	if (errno == EWOULDBLOCK)
		fputs("lsm-guard: another lsm-guard is starting or ending a guard at this moment\n",
		      stderr);
	else
		perror("lsm-guard: " LOCK);
	return -EBUSY;
}

int control_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	return fd < 0 ? instance_fail(SOCKET, -errno) : fd;
}

int control_listen(int fd)
{
	/* Of a supervisor that was killed: there is one at a time. */
	unlink(SOCKET);
	if (!bind(fd, (const void *)&address, sizeof(address)) && !chmod(SOCKET, 0600) &&
	    !listen(fd, 4))
		return 0;
	return instance_fail(SOCKET, -errno);
}

bool control_listens(int fd)
{
	int listens = 0;
	socklen_t size = sizeof(listens);

	return fd >= 0 && !getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) && listens;
}

/* The one descriptor that came along, or -1. */
static int descriptor_of(struct msghdr *message)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

int control_take(int listener, struct request_reload *request, int *log)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	const struct timeval limit = { .tv_sec = 10 };
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct ucred peer;
	socklen_t size = sizeof(peer);

	*log = -1;
	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (!getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) && !peer.uid &&
	    recvmsg(fd, &message, MSG_CMSG_CLOEXEC) == sizeof(*request)) {
		*log = descriptor_of(&message);
		request->policy[sizeof(request->policy) - 1] = '\0';
	}
	if (*log >= 0)
		return fd;
	close(fd);
	return -1;
}

void control_answer(int connection, unsigned char status)
{
	send(connection, &status, 1, MSG_NOSIGNAL);
	close(connection);
}

int control_connect(void)
{
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd < 0 || !connect(fd, (const void *)&address, sizeof(address)))
		return fd;
	close(fd);
	return -1;
}

int control_ask(int connection, const struct request_reload *request)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {};
	struct iovec part = { (void *)request, sizeof(*request) };
	struct msghdr message = { .msg_iov = &part,
				  .msg_iovlen = 1,
				  .msg_control = &control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&message);
	const int log = STDERR_FILENO;
	unsigned char status;

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(log));
	memcpy(CMSG_DATA(c), &log, sizeof(log));
	if (sendmsg(connection, &message, MSG_NOSIGNAL) < 0 ||
	    recv(connection, &status, 1, 0) != 1) {
		fputs("lsm-guard: the running lsm-guard has not answered: see `lsm-guard status`\n",
		      stderr);
		status = EXIT_FAILED;
	}
	close(connection);
	return status;
}
