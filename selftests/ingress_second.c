// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ingress guard's second layer by itself: real packets over a veth whose XDP program has been
 * taken away, so that all that stands between them and a socket is socket_sock_rcv_skb. What gets
 * through must be the same as with XDP before it.
 */
#include "kselftest_harness.h"

#include <linux/bpf.h>
#include <net/if.h>
#include <sys/syscall.h>

#include <signal.h>

#include "lib/net.h"
#include "lib/traffic.h"

#define POLICY "/tmp/ingress-second.conf"

FIXTURE(second)
{
	struct guard g;
};

FIXTURE_SETUP(second)
{
	ASSERT_TRUE(net_make());
	ASSERT_TRUE(write_file(POLICY, TRAFFIC_POLICY));
	self->g.pid = 0;
}

FIXTURE_TEARDOWN(second)
{
	guard_stop(&self->g);
	net_end();
}

static int bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* Detaches the XDP program from the interface; how many links did that. */
static int take_xdp_away(unsigned int ifindex)
{
	union bpf_attr attr = { 0 };
	uint32_t id = 0;
	int n = 0;

	for (attr.start_id = 0; !bpf(BPF_LINK_GET_NEXT_ID, &attr); attr.start_id = id) {
		struct bpf_link_info info = { 0 };
		union bpf_attr by_id = { .link_id = attr.next_id }, get = { 0 }, detach = { 0 };
		int fd = bpf(BPF_LINK_GET_FD_BY_ID, &by_id);

		id = attr.next_id;
		attr = (union bpf_attr){ 0 };
		get.info.bpf_fd = detach.link_detach.link_fd = fd;
		get.info.info = (uint64_t)&info;
		get.info.info_len = sizeof(info);
		if (fd < 0 || bpf(BPF_OBJ_GET_INFO_BY_FD, &get))
			continue;
		if (info.type == BPF_LINK_TYPE_XDP && info.xdp.ifindex == ifindex)
			n += !bpf(BPF_LINK_DETACH, &detach);
		close(fd);
	}
	return n;
}

TEST_F_TIMEOUT(second, without_guard, 120)
{
	EXPECT_EQ(0, traffic_wrong(false));
}

TEST_F_TIMEOUT(second, with_xdp, 300)
{
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	EXPECT_EQ(0, traffic_wrong(true));
}

/* What is there can be taken away. */
static bool is_back(void *unused)
{
	(void)unused;
	return take_xdp_away(if_nametoindex(NET_LINK)) == 1;
}

TEST_F_TIMEOUT(second, without_xdp, 300)
{
	ASSERT_TRUE(guard_start(&self->g, POLICY, NULL));
	ASSERT_TRUE(process_stop(guard_watcher(&self->g))); /* it would attach it again */
	ASSERT_EQ(1, take_xdp_away(if_nametoindex(NET_LINK)));
	EXPECT_EQ(0, traffic_wrong(true));
	EXPECT_EQ(0, take_xdp_away(if_nametoindex(NET_LINK)));
	kill(guard_watcher(&self->g), SIGCONT);
	EXPECT_TRUE(wait_for(is_back, NULL, 20000));
}

TEST_HARNESS_MAIN
