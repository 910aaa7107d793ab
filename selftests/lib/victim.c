// SPDX-License-Identifier: GPL-2.0-only
/*
 * Programs that are killed for what they do: see victim.h. What they have done by then is in
 * memory that outlives them.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/lib.h"
#include "lib/victim.h"

struct victim_tally *victim_tally(const char *file)
{
	int fd = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, sizeof(struct victim_tally)))
		p = mmap(NULL, sizeof(struct victim_tally), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			 0);
	if (p == MAP_FAILED)
		return NULL;
	close(fd);
	return p;
}

static pid_t start_child(const char *how)
{
	if (!strcmp(how, "fork"))
		return syscall(SYS_fork);
	if (!strcmp(how, "clone"))
		return syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	return syscall(SYS_clone3, &(struct { long at[8]; }){ { [4] = SIGCHLD } }, 64);
}

/* One child, which says that it runs. */
static int one_child(struct victim_tally *t, const char *how)
{
	/* A child that shares our stack must not return into it. */
	pid_t pid = strcmp(how, "vfork") ? start_child(how) : vfork();

	if (pid == 0) {
		t->ran++;
		_exit(0);
	}
	return pid > 0 && waitpid(pid, NULL, 0) == pid ? ALLOWED : OTHER;
}

static void *fork_some(void *arg)
{
	struct victim_tally *t = arg;
	pid_t self = getpid();

	for (int i = 0; i < VICTIM_FORKS; i++)
		if (fork() == 0) {
			t->ran++;
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (getppid() == self)
				usleep(10000);
			_exit(0);
		}
	t->finished++;
	return NULL;
}

static int in_threads(int n, void *(*run)(void *arg), struct victim_tally *t)
{
	pthread_t thread[VICTIM_THREADS];

	for (int i = 0; i < n; i++)
		if (pthread_create(&thread[i], NULL, run, t))
			return BROKEN;
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return ALLOWED;
}

static void *beat(void *arg)
{
	struct victim_tally *t = arg;

	for (int i = 0; i < 2000; i++) {
		t->beats++;
		usleep(10000);
	}
	t->finished++;
	return NULL;
}

/* One of them does what its section is against, the others do not. */
static void *beat_or_map(void *arg)
{
	static _Atomic int first;

	if (!first++) {
		usleep(500000);
		mmap(NULL, 16 << 20, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	}
	return beat(arg);
}

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static int datagrams(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	for (int i = 0; i < 10; i++)
		if (sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) != 1)
			return OTHER;
	return ALLOWED;
}

static int connection(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return connect(fd, (void *)&to, sizeof(to)) ? OTHER : ALLOWED;
}

/* Says by t->finished that it waits for a datagram. */
static int reader(struct victim_tally *t, int port, bool polls)
{
	struct sockaddr_in at = local(port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char c;

	if (bind(fd, (void *)&at, sizeof(at)) || recv(fd, &c, 1, MSG_DONTWAIT) != -1)
		return BROKEN;
	t->finished = 1;
	if (polls && poll(&p, 1, 20000) != 1)
		return BROKEN;
	return recv(fd, &c, 1, 0) == 1 ? ALLOWED : OTHER;
}

/* As the first process of a namespace, whom signals of its own do not end. */
static int in_namespace(char **argv)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	int status;

	if (pid == 0) {
		execv(argv[0], argv);
		_exit(BROKEN);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return BROKEN;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int victim_main(int argc, char **argv)
{
	struct victim_tally *t;

	if (argc < 5 || strcmp(argv[1], "victim"))
		return -1;
	t = victim_tally(argv[2]);
	if (!t)
		return BROKEN;
	if (!strcmp(argv[3], "child"))
		return one_child(t, argv[4]);
	if (!strcmp(argv[3], "datagrams"))
		return datagrams(atoi(argv[4]));
	if (!strcmp(argv[3], "connect"))
		return connection(atoi(argv[4]));
	if (!strcmp(argv[3], "poll") || !strcmp(argv[3], "read"))
		return reader(t, atoi(argv[4]), !strcmp(argv[3], "poll"));
	if (!strcmp(argv[3], "in-namespace"))
		return in_namespace(argv + 4);
	return in_threads(atoi(argv[4]), strcmp(argv[3], "burst") ? beat_or_map : fork_some, t);
}
