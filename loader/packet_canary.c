// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard's canary: packets of our own in two network namespaces of our own. In the
 * first our program is on the interface, and must drop them: nothing else there would. In the
 * second it is not, and the socket must.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "fill.h"
#include "guard.h"
#include "interfaces.h"

#define LOOPBACK 1 /* the index of lo, everywhere */

extern const struct guard ingress_guard;

#define WAIT_MS 1000 /* for what must arrive */
#define STEP_MS 20   /* for what must not: it is dropped, and so counted, in that time, or again */

/* Runs @what in a network namespace: @net, or where that is -1 a new one. */
static int elsewhere(struct instance *in, int net, struct packet_canary *canary,
		     int (*what)(struct instance *in, struct packet_canary *canary))
{
	int home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), err;

	if (home < 0)
		return -errno;
	if (net < 0 ? unshare(CLONE_NEWNET) : setns(net, CLONE_NEWNET)) {
		err = -errno;
		close(home);
		return err;
	}
	err = what(in, canary);
	/* There is no going on in the wrong one. */
	if (setns(home, CLONE_NEWNET)) {
		perror("lsm-guard: cannot return to the network namespace");
		exit(1);
	}
	close(home);
	return err;
}

/* ---- packets ------------------------------------------------------------------------ */

/* Has a packet come? 1, 0, or a negative errno. */
static int take_one(const struct packet_canary *canary, int wait)
{
	struct pollfd ready = { .fd = canary->taker, .events = POLLIN };
	char byte;

	if (poll(&ready, 1, wait) < 0 && errno != EINTR)
		return -errno;
	return recv(canary->taker, &byte, 1, MSG_DONTWAIT) == 1;
}

/* Does one get through? */
static int send_one(const struct packet_canary *canary, int wait)
{
	return send(canary->sender, "?", 1, 0) == 1 ? take_one(canary, wait) : -errno;
}

/* ---- making ------------------------------------------------------------------------- */

/* Two sockets on lo of a network namespace that nobody else is in, and a packet between them. */
static int make_one(struct instance *in, struct packet_canary *canary)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	socklen_t size = sizeof(here);

	(void)in;
	canary->net = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	canary->taker = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	canary->sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (canary->net < 0 || canary->taker < 0 || canary->sender < 0 ||
	    ioctl(canary->taker, SIOCSIFFLAGS, &lo) ||
	    bind(canary->taker, (void *)&here, sizeof(here)) ||
	    getsockname(canary->taker, (void *)&here, &size) ||
	    connect(canary->sender, (void *)&here, sizeof(here)))
		return -errno;
	return send_one(canary, WAIT_MS);
}

int packet_canary_make(struct instance *in, const struct plan *plan)
{
	struct guard_interface canary = { .ifindex = LOOPBACK, .rule = plan->canary };
	struct guard_state *state = &in->skel->bss->state;
	struct packet_canary *canaries = in->interfaces->canary;
	int passed = elsewhere(in, -1, &canaries[CANARY_XDP], make_one);
	socklen_t size = sizeof(state->canary_net_cookie);

	if (passed == 1)
		passed = elsewhere(in, -1, &canaries[CANARY_SOCKET], make_one);
	/* Its inode's number may be another namespace's when we are gone; not so the cookie. */
	if (passed == 1 && getsockopt(canaries[CANARY_SOCKET].taker, SOL_SOCKET, SO_NETNS_COOKIE,
				      &state->canary_net_cookie, &size))
		passed = -errno;
	if (passed != 1)
		return instance_fail("the ingress guard's canary, before anything is attached",
				     passed < 0 ? passed : -EIO);
	/* No section holds for lo, so its place is the canary's, in its own namespace. */
	canary.number = GUARD_NUMBER_CANARY;
	state->interfaces[guard_interface_slot(LOOPBACK)] = canary;
	canary.number = GUARD_NUMBER_CANARY_SOCKET;
	state->canary = canary;
	return 0;
}

/* ---- attaching ---------------------------------------------------------------------- */

static int attach_one(struct instance *in, struct packet_canary *canary)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_SKB_MODE);

	canary->link = bpf_link_create(bpf_program__fd(in->skel->progs.ingress_xdp), LOOPBACK,
				       BPF_XDP, &opts);
	return canary->link < 0 ? -errno : 0;
}

static void close_open(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* From now on the namespaces live by their sockets alone. */
int packet_canary_attach(struct instance *in)
{
	struct packet_canary *canaries = in->interfaces->canary;
	int err = elsewhere(in, canaries[CANARY_XDP].net, &canaries[CANARY_XDP], attach_one);

	if (err)
		return instance_fail("the ingress guard's canary", err);
	for (int i = 0; i < CANARIES; i++)
		close_open(&canaries[i].net);
	return 0;
}

/* ---- proving ------------------------------------------------------------------------ */

static int prove_layer(struct instance *in, const struct packet_canary *canary, __u32 number)
{
	__u64 before = interfaces_count(in, number, GUARD_PACKET_DROP_UNLISTED);
	int passed;

	/* One that came late, when denials had stopped: not this one. */
	while (take_one(canary, 0) > 0)
		;
	passed = send_one(canary, STEP_MS);
	for (int waited = 0; !passed && waited < WAIT_MS; waited += STEP_MS) {
		if (interfaces_count(in, number, GUARD_PACKET_DROP_UNLISTED) == before + 1)
			return 0;
		passed = take_one(canary, STEP_MS);
	}
	guard_not_proved(&ingress_guard, passed ? passed : -ETIMEDOUT);
	return -ENOTSUP;
}

int packet_canary_prove(struct instance *in)
{
	const struct packet_canary *canaries = in->interfaces->canary;
	int err = prove_layer(in, &canaries[CANARY_XDP], GUARD_NUMBER_CANARY);

	/* Without BPF LSM there is no second layer. */
	if (err || in->about->fallback)
		return err;
	return prove_layer(in, &canaries[CANARY_SOCKET], GUARD_NUMBER_CANARY_SOCKET);
}

void packet_canary_end(struct interfaces *all)
{
	for (int i = 0; i < CANARIES; i++) {
		struct packet_canary *canary = &all->canary[i];

		close_open(&canary->link);
		close_open(&canary->net);
		close_open(&canary->sender);
		close_open(&canary->taker);
	}
}
