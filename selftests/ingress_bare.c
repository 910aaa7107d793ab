// SPDX-License-Identifier: GPL-2.0-only
/*
 * An interface whose packets have no Ethernet header (tun; tunnels and ppp are alike): they are
 * read from their IP header on. Read as Ethernet, the address of a sender would stand where the
 * type of the packet is: 8.6.0.0/16 would be ARP, and let in.
 */
#include "kselftest_harness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include "lib/lib.h"

#define DIR "/tmp/lsm-guard-bare"

/* Milliseconds: for what ought to come, and until it is said that something does not. */
#define COMES	  20000
#define COMES_NOT 300

FIXTURE(bare)
{
	struct guard g;
	int tun;
	int taker[2]; /* sockets at the port that is listed, and at another */
};

static int serve(int port)
{
	struct sockaddr_in6 here = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	return bind(fd, (void *)&here, sizeof(here)) ? -1 : fd;
}

FIXTURE_SETUP(bare)
{
	struct ifreq request = { .ifr_name = "bare0", .ifr_flags = IFF_TUN | IFF_NO_PI };

	self->g.pid = 0;
	command("modprobe tun");
	ASSERT_TRUE(command("rm -rf " DIR));
	ASSERT_TRUE(command("mkdir " DIR));
	ASSERT_TRUE(write_file(DIR "/policy", "interface bare0 { accept = { any:7001/udp } }\n"));
	self->tun = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->tun);
	ASSERT_EQ(0, ioctl(self->tun, TUNSETIFF, &request));
	ASSERT_TRUE(command("ip addr add 10.9.0.1/8 dev bare0"));
	ASSERT_TRUE(command("ip addr add 2001:db8:9::1/64 dev bare0 nodad"));
	ASSERT_TRUE(command("ip link set bare0 up"));
	ASSERT_TRUE(command("ip route add 8.0.0.0/8 dev bare0"));
	ASSERT_TRUE(command("ip -6 route add 2001:db8:806::/48 dev bare0"));
	self->taker[0] = serve(7001);
	self->taker[1] = serve(7002);
	ASSERT_LE(0, self->taker[0]);
	ASSERT_LE(0, self->taker[1]);
}

FIXTURE_TEARDOWN(bare)
{
	guard_stop(&self->g);
	close(self->tun);
	close(self->taker[0]);
	close(self->taker[1]);
}

static uint16_t folded(const void *bytes, size_t n, uint32_t sum)
{
	const uint8_t *b = bytes;

	for (size_t i = 0; i < n; i++)
		sum += i % 2 ? b[i] : b[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return htons(~sum);
}

/* UDP without a checksum over IPv4. */
static bool send4(int tun, const char *from, int port)
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
		char bytes[8];
	} p = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };

	p.ip.tot_len = htons(sizeof(p));
	inet_pton(AF_INET, from, &p.ip.saddr);
	inet_pton(AF_INET, "10.9.0.1", &p.ip.daddr);
	p.ip.check = folded(&p.ip, sizeof(p.ip), 0);
	p.udp.source = htons(5555);
	p.udp.dest = htons(port);
	p.udp.len = htons(sizeof(p.udp) + sizeof(p.bytes));
	return write(tun, &p, sizeof(p)) == sizeof(p);
}

static bool send6(int tun, const char *from, int port)
{
	struct {
		struct ip6_hdr ip;
		struct udphdr udp;
		char bytes[8];
	} p = { .ip = { .ip6_nxt = IPPROTO_UDP, .ip6_hlim = 64 } };
	size_t n = sizeof(p.udp) + sizeof(p.bytes);

	p.ip.ip6_vfc = 0x60;
	p.ip.ip6_plen = htons(n);
	inet_pton(AF_INET6, from, &p.ip.ip6_src);
	inet_pton(AF_INET6, "2001:db8:9::1", &p.ip.ip6_dst);
	p.udp.source = htons(5555);
	p.udp.dest = htons(port);
	p.udp.len = htons(n);
	/* The pseudo header: both addresses, length, protocol. */
	p.udp.check = folded(&p.ip.ip6_src, 32 + n, n + IPPROTO_UDP);
	return write(tun, &p, sizeof(p)) == sizeof(p);
}

static bool arrives(int fd, int milliseconds)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char bytes[64];

	return poll(&ready, 1, milliseconds) == 1 && recv(fd, bytes, sizeof(bytes), 0) > 0;
}

static const char *const senders4[] = { "8.6.0.5", "8.0.0.5", "8.221.0.5", "10.9.0.2" };
static const char *const senders6[] = { "2001:db8:806::5", "2001:db8:9::2" };

/* How many packets to each of the two ports get in; with a guard, those to the second ought not. */
static void count(int tun, const int taker[2], bool guarded, size_t in[2])
{
	for (int port = 0; port < 2; port++) {
		int wait = guarded && port == 1 ? COMES_NOT : COMES;

		in[port] = 0;
		for (size_t i = 0; i < ARRAY_SIZE(senders4); i++)
			in[port] +=
				send4(tun, senders4[i], 7001 + port) && arrives(taker[port], wait);
		for (size_t i = 0; i < ARRAY_SIZE(senders6); i++)
			in[port] +=
				send6(tun, senders6[i], 7001 + port) && arrives(taker[port], wait);
	}
}

#define ALL (ARRAY_SIZE(senders4) + ARRAY_SIZE(senders6))

TEST_F_TIMEOUT(bare, packets, 900)
{
	size_t in[2];
	char rest[8] = { 0x50 };

	count(self->tun, self->taker, false, in);
	EXPECT_EQ(ALL, in[0]);
	EXPECT_EQ(ALL, in[1]);
	ASSERT_TRUE(guard_start(&self->g, DIR "/policy", NULL));
	count(self->tun, self->taker, true, in);
	EXPECT_EQ(ALL, in[0]);
	EXPECT_EQ(0, in[1]);
	/* What is of no version of IP. */
	if (write(self->tun, rest, sizeof(rest)) < 0)
		TH_LOG("tun refuses it by itself");
	/* The XDP program has dropped them, not the socket. */
	EXPECT_TRUE(event_wait(DIR "/policy.events", "DENIED", 1, 20000));
	EXPECT_TRUE(command("grep -q 8.6.0.5.*not.listed " DIR "/policy.events"));
	EXPECT_FALSE(
		!run_line(NULL, -1, "/bin/grep", "-q socket_sock_rcv_skb " DIR "/policy.events")
			 .code);
	EXPECT_EQ(0, guard_stop(&self->g));
	count(self->tun, self->taker, false, in);
	EXPECT_EQ(ALL, in[1]);
}

TEST_HARNESS_MAIN
