// SPDX-License-Identifier: GPL-2.0-only
/*
 * The seccomp filters of `lsm-guard run`, for every argument that matters. They are not loaded: the
 * programs are run here, as the kernel would, over all kinds of sockets there can be, with anything
 * in the upper half of an argument that is an int.
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "run.h"

static int passed, failed;

static void result(bool good, const char *name)
{
	++*(good ? &passed : &failed);
	printf("%s %d %s\n", good ? "ok" : "not ok", passed + failed, name);
}

/* ---- what the kernel does with a filter ----------------------------------------- */

static uint32_t word(const struct seccomp_data *data, uint32_t at)
{
	uint32_t value;

	memcpy(&value, (const char *)data + at, sizeof(value));
	return value;
}

static bool holds(const struct sock_filter *i, uint32_t a)
{
	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return a == i->k;
	case BPF_JGT:
		return a > i->k;
	case BPF_JGE:
		return a >= i->k;
	case BPF_JSET:
		return a & i->k;
	}
	abort();
}

/* What it returns: SECCOMP_RET_*. */
static uint32_t filter(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < program->len; pc++) {
		const struct sock_filter *i = &program->filter[pc];

		if (i->code == (BPF_LD | BPF_W | BPF_ABS))
			a = word(data, i->k);
		else if (i->code == (BPF_ALU | BPF_AND | BPF_K))
			a &= i->k;
		else if (i->code == (BPF_JMP | BPF_JA))
			pc += i->k;
		else if (BPF_CLASS(i->code) == BPF_JMP)
			pc += holds(i, a) ? i->jt : i->jf;
		else if (i->code == (BPF_RET | BPF_K))
			return i->k;
		else
			abort();
	}
	abort();
}

#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define ABSENT	(SECCOMP_RET_ERRNO | ENOSYS)

static uint32_t call(const struct run *run, int nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct seccomp_data data = { .nr = nr, .arch = AUDIT_ARCH_X86_64, .args = { a, b, c, d } };
	uint32_t is, worst = SECCOMP_RET_ALLOW;

	for (size_t i = 0; i < run->n_filters; i++) {
		is = filter(&run->filters[i], &data);
		if (is < worst)
			worst = is;
	}
	return worst;
}

/* ---- a policy's filters ---------------------------------------------------------- */

static void make(struct run *run, const char *keys)
{
	struct run_sockets sockets;
	char *text;

	*run = (struct run){};
	if (asprintf(&text, "program /bin/a { %s }", keys) < 0 ||
	    policy_read_text(&run->policy, "t", text, strlen(text), stderr) ||
	    run_filter(run, NULL, NULL) || run_sockets(run, &run->policy.programs[0], &sockets) ||
	    run_filter(run, &run->policy.programs[0], &sockets))
		abort();
	free(text);
}

static void unmake(struct run *run)
{
	for (size_t i = 0; i < run->n_filters; i++)
		free(run->filters[i].filter);
	free(run->lines);
	policy_free(&run->policy);
}

/* ---- sockets --------------------------------------------------------------------- */

#define EVERY -1

struct kind {
	int family, type, protocol;
};

struct sockets {
	const char *name, *keys;
	struct kind allowed[16]; /* all others are refused; ends with 0, 0, 0 */
};

#define OF_UNIX                       \
	{                             \
		AF_UNIX, EVERY, EVERY \
	}
#define TCP(f)                    \
	{ f, SOCK_STREAM, 0 },    \
	{                         \
		f, SOCK_STREAM, 6 \
	}
#define UDP(f)                    \
	{ f, SOCK_DGRAM, 0 },     \
	{                         \
		f, SOCK_DGRAM, 17 \
	}

static const struct sockets sockets[] = {
	{ "none", "families = none", {} },
	{ "unix", "families = { unix }", { OF_UNIX } },
	{ "inet", "families = { inet }", { TCP(AF_INET), UDP(AF_INET) } },
	{ "inet6",
	  "families = { inet6, netlink }",
	  { TCP(AF_INET6), UDP(AF_INET6), { AF_NETLINK, EVERY, EVERY } } },
	{ "raw", "families = { raw }", { { AF_INET, 3, EVERY }, { AF_INET6, 3, EVERY } } },
	{ "ping",
	  "families = { ping }",
	  { { AF_INET, 2, 1 }, { AF_INET, 2, 58 }, { AF_INET6, 2, 1 }, { AF_INET6, 2, 58 } } },
	{ "packet",
	  "families = { packet }",
	  { { AF_PACKET, EVERY, EVERY }, { AF_INET, 10, EVERY } } },
	{ "mptcp",
	  "families = { mptcp, alg, vsock }",
	  { { AF_INET, 1, 262 },
	    { AF_INET6, 1, 262 },
	    { AF_ALG, EVERY, EVERY },
	    { AF_VSOCK, EVERY, EVERY } } },
	{ "default",
	  "receive = any",
	  { OF_UNIX,
	    TCP(AF_INET),
	    UDP(AF_INET),
	    TCP(AF_INET6),
	    UDP(AF_INET6),
	    { AF_NETLINK, EVERY, 0 } } },
	{ "no-udp",
	  "connect = { 80/tcp } listen = { 80/tcp }",
	  { OF_UNIX, TCP(AF_INET), TCP(AF_INET6), { AF_NETLINK, EVERY, 0 } } },
	{ "no-tcp",
	  "connect = { 53/udp } listen = none",
	  { OF_UNIX, UDP(AF_INET), UDP(AF_INET6), { AF_NETLINK, EVERY, 0 } } },
	{ "no-inet", "connect = none listen = none", { OF_UNIX, { AF_NETLINK, EVERY, 0 } } },
	{ "no-inet-but-mptcp-asked",
	  "connect = none families = { unix, inet, mptcp, ping }",
	  { OF_UNIX } },
};

static bool is_allowed(const struct sockets *s, int family, int type, int protocol)
{
	for (const struct kind *k = s->allowed; k->family; k++)
		if (k->family == family && (k->type == EVERY || k->type == type) &&
		    (k->protocol == EVERY || k->protocol == protocol))
			return true;
	return false;
}

static uint64_t above(void)
{
	return (uint64_t)random() << 32;
}

static void test_sockets(const struct sockets *s)
{
	struct run run;
	size_t wrong = 0;

	make(&run, s->keys);
	for (int family = 0; family < 64; family++)
		for (int type = 0; type < 16; type++)
			for (int protocol = 0; protocol < 512; protocol++) {
				uint32_t want = is_allowed(s, family, type, protocol)
							? SECCOMP_RET_ALLOW
							: REFUSED;
				uint32_t is =
					call(&run, SYS_socket, above() | family,
					     above() | type | SOCK_CLOEXEC, above() | protocol, 0);

				if (is != want && !wrong++)
					printf("# family %d type %d protocol %d\n", family, type,
					       protocol);
			}
	result(!wrong, s->name);
	result(call(&run, SYS_socketpair, AF_X25, 1, 0, 0) == REFUSED, s->keys);
	unmake(&run);
}

/* ---- other calls ----------------------------------------------------------------- */

struct expected {
	const char *keys;
	int nr;
	uint64_t args[3];
	uint32_t is;
};

#define UP	(1ULL << 32)
#define ALLOWED SECCOMP_RET_ALLOW

static const struct expected calls[] = {
	{ "families = any", SYS_io_uring_setup, {}, REFUSED },
	{ "families = any", SYS_io_uring_enter, {}, REFUSED },
	{ "families = any", SYS_io_uring_register, {}, REFUSED },
	{ "families = any", SYS_ioctl, { 0, TIOCSTI }, REFUSED },
	{ "families = any", SYS_ioctl, { 0, UP | TIOCSTI }, REFUSED },
	{ "families = any", SYS_ioctl, { 0, TIOCLINUX }, REFUSED },
	{ "families = any", SYS_ioctl, { 0, TIOCGWINSZ }, ALLOWED },
	{ "families = any", SYS_clone3, {}, ALLOWED },
	{ "families = any", SYS_listen, {}, ALLOWED },
	{ "families = any", SYS_setrlimit, { RLIMIT_DATA }, ALLOWED },
	{ "listen = none", SYS_listen, {}, REFUSED },
	{ "connect = { 1/tcp }", SYS_sendmsg, { 0, 0, MSG_FASTOPEN }, REFUSED },
	{ "connect = { 1/tcp }", SYS_sendmsg, { 0, 0, UP | MSG_FASTOPEN | MSG_MORE }, REFUSED },
	{ "connect = { 1/tcp }", SYS_sendmsg, { 0, 0, MSG_MORE }, ALLOWED },
	{ "connect = any", SYS_sendmsg, { 0, 0, MSG_FASTOPEN }, ALLOWED },
	{ "allocation = 8K", SYS_mmap, { 0, 8192 }, ALLOWED },
	{ "allocation = 8K", SYS_mmap, { 0, 8193 }, REFUSED },
	{ "allocation = 8K", SYS_mmap, { 0, UP }, REFUSED },
	{ "allocation = 8200", SYS_mmap, { 0, 8193 }, REFUSED },
	{ "allocation = 8G", SYS_mmap, { 0, UP * 2 }, ALLOWED },
	{ "allocation = 8G", SYS_mmap, { 0, UP * 2 + 1 }, REFUSED },
	{ "allocation = 8K", SYS_mremap, { 0, 4096, 8193 }, REFUSED },
	{ "allocation = 8K", SYS_mremap, { 0, UP, 8192 }, ALLOWED },
	{ "allocation = 8K", 453 /* map_shadow_stack */, { 0, 8193 }, REFUSED },
	{ "allocation = 8K", 453 /* map_shadow_stack */, { 0, 8192 }, ALLOWED },
	{ "memory = 1G", SYS_setrlimit, { RLIMIT_DATA }, REFUSED },
	{ "memory = 1G", SYS_setrlimit, { UP | RLIMIT_DATA }, REFUSED },
	{ "memory = 1G", SYS_setrlimit, { RLIMIT_AS }, ALLOWED },
	{ "memory = 1G", SYS_prlimit64, { 0, UP | RLIMIT_DATA, UP }, REFUSED },
	{ "memory = 1G", SYS_prlimit64, { 0, RLIMIT_DATA, 8 }, REFUSED },
	{ "memory = 1G", SYS_prlimit64, { 0, RLIMIT_DATA, 0 }, ALLOWED },
	{ "address-space = 1G", SYS_prlimit64, { 0, RLIMIT_AS, 8 }, REFUSED },
	{ "children = 0", SYS_fork, {}, REFUSED },
	{ "children = 0", SYS_vfork, {}, REFUSED },
	{ "children = 0", SYS_clone3, {}, ABSENT },
	{ "children = 0", SYS_clone, { 17 }, REFUSED },
	{ "children = 0", SYS_clone, { UP | CLONE_PARENT }, REFUSED },
	{ "children = 0", SYS_clone, { CLONE_VM | CLONE_SIGHAND | CLONE_THREAD }, ALLOWED },
	{ "descendants = 0", SYS_clone, { 17 }, REFUSED },
	{ "descendants = 1", SYS_clone, { 17 }, ALLOWED },
	{ "threads = 1", SYS_clone, { CLONE_VM | CLONE_SIGHAND | CLONE_THREAD }, REFUSED },
	{ "threads = 1", SYS_clone, { UP | CLONE_THREAD }, REFUSED },
	{ "threads = 1", SYS_clone, { 17 }, ALLOWED },
	{ "threads = 1", SYS_clone3, {}, ABSENT },
	{ "threads = 1 children = 0", SYS_clone, { 17 }, REFUSED },
	{ "threads = 1 children = 0", SYS_clone, { CLONE_THREAD }, REFUSED },
	{ "threads = 2", SYS_clone, { CLONE_THREAD }, ALLOWED },
};

static void test_call(const struct expected *e)
{
	struct run run;
	char name[96];

	make(&run, e->keys);
	snprintf(name, sizeof(name), "%s: call %d", e->keys, e->nr);
	result(call(&run, e->nr, e->args[0], e->args[1], e->args[2], e->args[2]) == e->is, name);
	unmake(&run);
}

/* Other architectures have other numbers. */
static void test_entries(void)
{
	struct seccomp_data i386 = { .nr = 20, .arch = AUDIT_ARCH_I386 };
	struct seccomp_data own = { .nr = SYS_getpid, .arch = AUDIT_ARCH_X86_64 };
	struct seccomp_data x32 = { .nr = 0x40000000 | SYS_getpid, .arch = AUDIT_ARCH_X86_64 };
	struct run run;

	make(&run, "families = any");
	for (size_t i = 0; i < run.n_filters; i++) {
		result(filter(&run.filters[i], &own) == ALLOWED, "own calls");
		result(filter(&run.filters[i], &i386) == REFUSED, "int 0x80");
		result(filter(&run.filters[i], &x32) == REFUSED, "x32");
	}
	unmake(&run);
}

int main(void)
{
	srandom(1);
	test_entries();
	for (size_t i = 0; i < sizeof(sockets) / sizeof(*sockets); i++)
		test_sockets(&sockets[i]);
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		test_call(&calls[i]);
	printf("1..%d\n%d passed, %d failed, 0 skipped\n", passed + failed, passed, failed);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
