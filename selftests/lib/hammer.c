// SPDX-License-Identifier: GPL-2.0-only
/*
 * Probers of every guard: see hammer.h. Each round of one asks for what is denied and for what
 * is allowed; any other outcome is counted, and the first is kept for the report.
 */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/hammer.h"
#include "lib/net.h"

#define DIR   "/tmp/lsm-guard-hammer"
#define TALLY DIR "/tally"

#define DENIED_PORT	7001
#define ALLOWED_PORT	7002
#define PACKETS_DENIED	7003
#define PACKETS_ALLOWED 7004
#define CHILDREN	3
#define NICE		5 /* the reload has to get on, too */
#define ANSWER_MS	30000

const char *const hammer_names[HAMMERS] = {
	[HAMMER_FILE] = "file",	    [HAMMER_TRUSTED] = "trusted", [HAMMER_SOCKET] = "socket",
	[HAMMER_MEMORY] = "memory", [HAMMER_PROCESS] = "process", [HAMMER_PACKETS] = "packets",
};

/* ---- the answers ------------------------------------------------------------------ */

static void wrong(struct hammer_tally *t, size_t *count, const char *what, int err)
{
	if (!t->let_in && !t->kept_out)
		snprintf(t->first, sizeof(t->first), "%s: %s (asked %zu and %zu times)", what,
			 err ? strerrorname_np(err) : "let through", t->denied, t->allowed);
	__atomic_fetch_add(count, 1, __ATOMIC_SEQ_CST);
}

/* @err: 0, or why it failed. */
static void must_fail(struct hammer_tally *t, int err, const char *what)
{
	if (err != EPERM)
		wrong(t, &t->let_in, what, err);
	__atomic_fetch_add(&t->denied, 1, __ATOMIC_SEQ_CST);
}

static void must_work(struct hammer_tally *t, int err, const char *what)
{
	if (err)
		wrong(t, &t->kept_out, what, err);
	__atomic_fetch_add(&t->allowed, 1, __ATOMIC_SEQ_CST);
}

static int try_open(const char *file)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static void hammer_file(struct hammer_tally *t)
{
	must_fail(t, try_open(DIR "/closed"), "open of the closed file");
	must_fail(t, try_open(DIR "/listed"), "open of the file with a list");
	must_work(t, try_open(DIR "/open"), "open of the open file");
}

static void hammer_trusted(struct hammer_tally *t)
{
	must_fail(t, try_open(DIR "/closed"), "open of the closed file");
	must_work(t, try_open(DIR "/listed"), "open of the file by the listed program");
}

static struct sockaddr_in local(int port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

/* Nobody listens: who is let through is refused by the peer. */
static int try_connect(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || connect(fd, (void *)&to, sizeof(to)) ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err == ECONNREFUSED ? 0 : err;
}

static int try_send(int port)
{
	struct sockaddr_in to = local(port);
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int err = fd < 0 || sendto(fd, "x", 1, 0, (void *)&to, sizeof(to)) != 1 ? errno : 0;

	if (fd >= 0)
		close(fd);
	return err;
}

static void hammer_socket(struct hammer_tally *t)
{
	must_fail(t, try_send(DENIED_PORT), "sendto");
	must_work(t, try_send(ALLOWED_PORT), "sendto of what is allowed");
	must_fail(t, try_connect(DENIED_PORT), "connect");
	must_work(t, try_connect(ALLOWED_PORT), "connect of what is allowed");
}

static int try_map(size_t size)
{
	void *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return errno;
	munmap(p, size);
	return 0;
}

static void hammer_memory(struct hammer_tally *t)
{
	must_fail(t, try_map(16 << 20), "mmap");
	must_work(t, try_map(8 << 20), "mmap of what is allowed");
}

/* A child that lives on; or a negative errno. */
static pid_t child(void)
{
	pid_t parent = getpid(), pid = fork();

	if (pid)
		return pid < 0 ? -errno : pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == parent)
		pause();
	_exit(0);
}

static void end_child(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* All but one place are taken the whole time; the last one is taken and given back. */
static void hammer_process(struct hammer_tally *t)
{
	static bool begun;
	pid_t last, beyond;

	for (int i = 1; i < CHILDREN && !begun; i++)
		must_work(t, child() < 0 ? EAGAIN : 0, "the first children");
	begun = true;
	last = child();
	must_work(t, last < 0 ? -last : 0, "fork of the last child that is allowed");
	if (last < 0)
		return;
	beyond = child();
	must_fail(t, beyond < 0 ? -beyond : 0, "fork");
	end_child(beyond);
	end_child(last);
}

/* ---- packets ----------------------------------------------------------------------- */

static int udp_at(in_addr_t address, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
				 .sin_port = htons(port),
				 .sin_addr.s_addr = address };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)))
		_exit(BROKEN);
	return fd;
}

/* Sees what the interface lets through before any socket's filter is asked. */
static int tap(void)
{
	struct sockaddr_ll a = { .sll_family = AF_PACKET,
				 .sll_protocol = htons(0x0800),
				 .sll_ifindex = (int)if_nametoindex(NET_LINK) };
	int fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(0x0800));

	if (fd < 0 || bind(fd, (void *)&a, sizeof(a)))
		_exit(BROKEN);
	return fd;
}

static bool is_denied_packet(int fd)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
	} p;
	struct sockaddr_ll from;
	socklen_t len = sizeof(from);

	if (recvfrom(fd, &p, sizeof(p), MSG_DONTWAIT, (void *)&from, &len) != sizeof(p))
		return false;
	return from.sll_pkttype == PACKET_HOST && p.ip.ihl == 5 && p.ip.protocol == IPPROTO_UDP &&
	       ntohs(p.udp.dest) == PACKETS_DENIED;
}

/* Here: answers what is allowed; what is denied must never arrive. */
static _Noreturn void receive_packets(struct hammer_tally *t)
{
	struct sockaddr_in from;
	struct pollfd p[] = {
		{ .fd = udp_at(INADDR_ANY, PACKETS_DENIED), .events = POLLIN },
		{ .fd = udp_at(INADDR_ANY, PACKETS_ALLOWED), .events = POLLIN },
		{ .fd = tap(), .events = POLLIN },
	};
	char buf[64];

	__atomic_store_n(&t->receives, true, __ATOMIC_SEQ_CST);
	for (;;) {
		socklen_t len = sizeof(from);
		ssize_t n;

		if (poll(p, 3, -1) < 0)
			continue;
		if (p[0].revents && recv(p[0].fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0)
			wrong(t, &t->let_in, "a packet at the socket", 0);
		if (p[2].revents && is_denied_packet(p[2].fd))
			wrong(t, &t->let_in, "a packet at the interface", 0);
		if (!p[1].revents)
			continue;
		n = recvfrom(p[1].fd, buf, sizeof(buf), MSG_DONTWAIT, (void *)&from, &len);
		if (n > 0)
			sendto(p[1].fd, buf, n, 0, (void *)&from, len);
	}
}

static bool is_answered(int fd, int number)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int got = -1;

	while (poll(&p, 1, ANSWER_MS) == 1)
		if (recv(fd, &got, sizeof(got), MSG_DONTWAIT) == sizeof(got) && got == number)
			return true;
	return false;
}

/* Beyond the link: one packet at a time, so that none is lost for lack of room. */
static void hammer_packets(struct hammer_tally *t)
{
	static int fd = -1, number;
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PACKETS_DENIED) };

	if (fd < 0) {
		int ns = open("/run/netns/" NET_PEER, O_RDONLY | O_CLOEXEC);

		if (ns < 0 || setns(ns, CLONE_NEWNET))
			_exit(BROKEN);
		fd = udp_at(INADDR_ANY, 0);
		while (!__atomic_load_n(&t->receives, __ATOMIC_SEQ_CST))
			usleep(10000);
	}
	inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
	number++;
	if (sendto(fd, &number, sizeof(number), 0, (void *)&to, sizeof(to)) > 0)
		__atomic_fetch_add(&t->denied, 1, __ATOMIC_SEQ_CST);
	to.sin_port = htons(PACKETS_ALLOWED);
	if (sendto(fd, &number, sizeof(number), 0, (void *)&to, sizeof(to)) < 0)
		return;
	must_work(t, is_answered(fd, number) ? 0 : ETIMEDOUT, "a packet that is allowed");
}

/* ---- probers as processes ------------------------------------------------------------ */

static const struct {
	const char *program;
	void (*ask)(struct hammer_tally *t);
} kinds[HAMMERS] = {
	[HAMMER_FILE] = { DIR "/plain", hammer_file },
	[HAMMER_TRUSTED] = { DIR "/trusted", hammer_trusted },
	[HAMMER_SOCKET] = { DIR "/bound", hammer_socket },
	[HAMMER_MEMORY] = { DIR "/bound", hammer_memory },
	[HAMMER_PROCESS] = { DIR "/bound", hammer_process },
	[HAMMER_PACKETS] = { DIR "/plain", hammer_packets },
};

static struct hammer_tally *map_tally(void)
{
	int fd = open(TALLY, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	size_t size = HAMMERS * sizeof(struct hammer_tally);
	void *p = MAP_FAILED;

	if (fd >= 0 && !ftruncate(fd, size))
		p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return p == MAP_FAILED ? NULL : p;
}

/* hammer KIND PAUSE [becomes | receives] */
int hammer_main(int argc, char **argv)
{
	struct hammer_tally *t;
	int kind;

	if (argc < 4 || strcmp(argv[1], "hammer"))
		return -1;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	kind = atoi(argv[2]);
	if (argc > 4 && !strcmp(argv[4], "becomes")) {
		execl(DIR "/plain", "plain", "hammer", argv[2], argv[3], NULL);
		_exit(BROKEN);
	}
	if (nice(NICE) < 0)
		return BROKEN;
	t = map_tally();
	if (!t)
		return BROKEN;
	if (argc > 4)
		receive_packets(t + kind);
	for (;;) {
		kinds[kind].ask(t + kind);
		usleep(atoi(argv[3]));
	}
}

static pid_t start_one(enum hammer_kind kind, int pause, const char *how)
{
	char number[8], rest[16];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(number, sizeof(number), "%d", kind);
	snprintf(rest, sizeof(rest), "%d", pause);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close_range(3, ~0u, 0);
	execl(kinds[kind].program, "hammer", "hammer", number, rest, how, NULL);
	_exit(BROKEN);
}

bool hammers_start(struct hammers *h, int pause)
{
	memset(h->tally, 0, HAMMERS * sizeof(*h->tally));
	fflush(stdout);
	h->pid[HAMMERS] = start_one(HAMMER_PACKETS, pause, "receives");
	for (int i = 0; i < HAMMERS; i++)
		h->pid[i] = start_one(i, pause, i == HAMMER_MEMORY ? "becomes" : NULL);
	for (int i = 0; i <= HAMMERS; i++)
		if (h->pid[i] <= 0)
			return false;
	return hammers_have_asked(h, NULL);
}

struct asked {
	const struct hammers *h;
	const struct hammer_tally *since;
};

static bool all_have_asked(void *arg)
{
	static const struct hammer_tally never;
	const struct asked *a = arg;

	for (int i = 0; i < HAMMERS; i++) {
		const struct hammer_tally *then = a->since ? &a->since[i] : &never;
		const struct hammer_tally *now = &a->h->tally[i];

		if (now->denied == then->denied || now->allowed == then->allowed)
			return false;
	}
	return true;
}

bool hammers_have_asked(struct hammers *h, const struct hammer_tally *since)
{
	struct asked a = { h, since };

	if (wait_for(all_have_asked, &a, 2 * ANSWER_MS))
		return true;
	for (int i = 0; i < HAMMERS; i++)
		printf("# %s: asked %zu and %zu times\n", hammer_names[i], h->tally[i].denied,
		       h->tally[i].allowed);
	return false;
}

void hammers_count(const struct hammers *h, struct hammer_tally now[HAMMERS])
{
	memcpy(now, h->tally, HAMMERS * sizeof(*now));
}

size_t hammers_wrong(const struct hammers *h)
{
	size_t all = 0;

	for (int i = 0; i < HAMMERS; i++) {
		const struct hammer_tally *t = &h->tally[i];

		all += t->let_in + t->kept_out;
		if (t->let_in + t->kept_out)
			printf("# %s: %zu of %zu let in, %zu of %zu kept out; first: %s\n",
			       hammer_names[i], t->let_in, t->denied, t->kept_out, t->allowed,
			       t->first);
	}
	return all;
}

bool hammers_go_on_well(struct hammers *h)
{
	struct hammer_tally now[HAMMERS];

	hammers_count(h, now);
	return hammers_have_asked(h, now) && !hammers_wrong(h);
}

void hammers_end(struct hammers *h)
{
	for (int i = 0; i <= HAMMERS; i++)
		end_child(h->pid[i]);
	net_end();
}

/* ---- what they ask for ----------------------------------------------------------------- */

/* Sections have other numbers in the second one, programs too, and limits another room. */
static const char policies[2][1200] = {
	"file " DIR "/closed { read = none }\n"
	"file " DIR "/open { write = none }\n"
	"file " DIR "/listed { read = { " DIR "/trusted } }\n"
	"program " DIR "/bound {\n"
	"	connect = { 127.0.0.1:7002/udp, 127.0.0.1:7002/tcp }\n"
	"	allocation = 12M\n"
	"	children = 3\n"
	"}\n"
	"interface " NET_LINK " { accept = { any:7004/udp } }\n",
	"file " DIR "/second { read = none }\n"
	"file " DIR "/other { write = { " DIR "/other } }\n"
	"program " DIR "/other { connect = none descendants = 7 }\n"
	"interface " NET_LINK " { accept = { any:7004-7010/udp } }\n"
	"program " DIR "/bound {\n"
	"	children = 3\n"
	"	threads = 20\n"
	"	allocation = 11M\n"
	"	connect = { 127.0.0.0/8:7002 }\n"
	"}\n"
	"file " DIR "/listed { read = { " DIR "/other, " DIR "/trusted } }\n"
	"file " DIR "/closed { read = none write = none }\n",
};

int hammers_policy(void)
{
	return try_open(DIR "/second") == EPERM;
}

bool hammers_make(struct hammers *h)
{
	static const char *const programs[] = { "plain", "trusted", "bound", "other" };

	*h = (struct hammers){ .policy = { DIR "/a.conf", DIR "/b.conf" } };
	if (!command("rm -rf " DIR) || !command("mkdir " DIR) || !net_make())
		return false;
	for (size_t i = 0; i < sizeof(programs) / sizeof(*programs); i++)
		if (!copy_program("/proc/self/exe", path(DIR "/%s", programs[i])))
			return false;
	h->tally = map_tally();
	return h->tally && write_file(DIR "/closed", "") && write_file(DIR "/open", "") &&
	       write_file(DIR "/second", "") && write_file(DIR "/listed", "") &&
	       write_file(h->policy[0], policies[0]) && write_file(h->policy[1], policies[1]);
}
