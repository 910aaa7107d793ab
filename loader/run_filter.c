// SPDX-License-Identifier: GPL-2.0-only
/*
 * seccomp: the system calls that a command is refused, by their number and arguments. All else is
 * allowed; what is refused fails with EPERM.
 *
 * A filter sees the calls of one architecture: those of others (int 0x80, x32) are refused
 * altogether, since their numbers mean something else; and so is io_uring, which makes calls that
 * no filter sees. An int comes in a register of 64 bits whose upper half means nothing: it is
 * compared under a mask, or whoever sets a bit up there gets past.
 *
 * A filter is made as a program for the kernel before anything is restricted: to load it then
 * takes no memory, which may be short by that time.
 */
#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SOCK_TYPE_MASK	 0xf /* include/linux/net.h */
#define MAP_SHADOW_STACK 453 /* of Linux 6.6, of whose number libseccomp 2.5 does not know */
#include "../lsm/socket_kind.h"
#include "run.h"

#define REFUSE SCMP_ACT_ERRNO(EPERM)
#define INT    0xffffffffu

#define ARGUMENTS_MAX 3 /* that a rule looks at */

/* An argument, of which these bits are compared. */
struct bits {
	unsigned int argument;
	uint64_t mask, value;
};

static int refuse_bits(scmp_filter_ctx filter, int call, const struct bits *bits, size_t n)
{
	struct scmp_arg_cmp arguments[ARGUMENTS_MAX];
	unsigned int used = 0;

	for (size_t i = 0; i < n; i++)
		if (bits[i].mask)
			arguments[used++] = SCMP_CMP64(bits[i].argument, SCMP_CMP_MASKED_EQ,
						       bits[i].mask, bits[i].value);
	return seccomp_rule_add_array(filter, REFUSE, call, used, arguments);
}

/* ---- every command --------------------------------------------------------------- */

static const struct {
	int call;
	struct bits bits;
} always[] = {
	{ SCMP_SYS(io_uring_setup) },
	{ SCMP_SYS(io_uring_enter) },
	{ SCMP_SYS(io_uring_register) },
	/* Who can type into the terminal has what the shell that runs there has. */
	{ SCMP_SYS(ioctl), { 1, INT, TIOCSTI } },
	{ SCMP_SYS(ioctl), { 1, INT, TIOCLINUX } },
};

static int refuse_always(scmp_filter_ctx filter)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(*always) && !err; i++)
		err = refuse_bits(filter, always[i].call, &always[i].bits, 1);
	return err;
}

/* ---- sockets --------------------------------------------------------------------- */

/* socket(2) has three arguments. Beyond these bits the kernel knows no values (type: flags). */
#define FAMILY_BITS 8
#define SOCKET_BITS 21
static const int socket_bits[] = { FAMILY_BITS, 4, 9 };

static bool is_refused(const struct run_sockets *sockets, unsigned int value)
{
	int family = value >> 13, type = value >> 9 & 15, protocol = value & 511;
	/* What AF_INET becomes by it, before any hook sees it. */
	bool packet = family == AF_INET && type == SOCK_PACKET;
	unsigned int kind = kind_of(packet ? AF_PACKET : family, type, protocol);

	if (kind & (GUARD_FAMILY_INET | GUARD_FAMILY_INET6) &&
	    (type == SOCK_STREAM ? sockets->no_tcp : sockets->no_udp))
		return true;
	return !(kind & sockets->families);
}

static int refuse_prefix(scmp_filter_ctx filter, unsigned int value, int bits)
{
	static const int calls[] = { SCMP_SYS(socket), SCMP_SYS(socketpair) };
	struct bits arguments[ARGUMENTS_MAX];
	int below = SOCKET_BITS, err = 0;

	for (int i = 0; i < ARGUMENTS_MAX; i++) {
		unsigned int all = (1u << socket_bits[i]) - 1, known = all;

		below -= socket_bits[i];
		/* Of the bits from the left, as many as are given. */
		if (SOCKET_BITS - bits > below)
			known &= ~0u << (SOCKET_BITS - bits - below);
		if (SOCKET_BITS - bits >= below + socket_bits[i])
			known = 0;
		arguments[i] = (struct bits){ i, known, value >> below & known };
	}
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !err; i++)
		err = refuse_bits(filter, calls[i], arguments, ARGUMENTS_MAX);
	return err;
}

enum { NO_SOCKETS, ALL_SOCKETS, SOME_SOCKETS }; /* are refused */

/*
 * The arguments of socket(2) as one number, and all numbers as a tree: of each subtree either all
 * are refused, which is a rule, or none, or its halves are looked at. Returns which of them, or a
 * negative errno; the rule for all is up to the caller, who may have a larger one.
 */
static int refuse_sockets(scmp_filter_ctx filter, const struct run_sockets *sockets,
			  unsigned int value, int bits)
{
	int left, right, err = 0;
	unsigned int one;

	if (bits == SOCKET_BITS ||
	    (bits == FAMILY_BITS && is_one_kind(value >> (SOCKET_BITS - FAMILY_BITS))))
		return is_refused(sockets, value) ? ALL_SOCKETS : NO_SOCKETS;
	one = 1u << (SOCKET_BITS - 1 - bits);
	left = refuse_sockets(filter, sockets, value, bits + 1);
	right = left < 0 ? left : refuse_sockets(filter, sockets, value | one, bits + 1);
	if (right < 0 || (left == right && left != SOME_SOCKETS))
		return right;
	if (left == ALL_SOCKETS)
		err = refuse_prefix(filter, value, bits + 1);
	if (right == ALL_SOCKETS)
		err = refuse_prefix(filter, value | one, bits + 1);
	return err ? err : SOME_SOCKETS;
}

/* Where the flag is, in the calls that can connect by sending. */
static const struct {
	int call;
	struct bits bits;
} fastopen[] = {
	{ SCMP_SYS(sendto), { 3, MSG_FASTOPEN, MSG_FASTOPEN } },
	{ SCMP_SYS(sendmsg), { 2, MSG_FASTOPEN, MSG_FASTOPEN } },
	{ SCMP_SYS(sendmmsg), { 3, MSG_FASTOPEN, MSG_FASTOPEN } },
};

static int filter_sockets(scmp_filter_ctx filter, const struct run_sockets *sockets)
{
	int which = refuse_sockets(filter, sockets, 0, 0), err = which < 0 ? which : 0;

	if (which == ALL_SOCKETS)
		err = refuse_prefix(filter, 0, 0);
	if (sockets->no_listen && !err)
		err = refuse_bits(filter, SCMP_SYS(listen), NULL, 0);
	for (size_t i = 0; i < sizeof(fastopen) / sizeof(*fastopen) && !err; i++)
		if (sockets->no_fastopen)
			err = refuse_bits(filter, fastopen[i].call, &fastopen[i].bits, 1);
	return err;
}

/* ---- memory ---------------------------------------------------------------------- */

static int refuse_longer(scmp_filter_ctx filter, int call, unsigned int argument, uint64_t bytes)
{
	return seccomp_rule_add(filter, REFUSE, call, 1,
				SCMP_CMP64(argument, SCMP_CMP_GT, bytes, 0));
}

/* Who has CAP_SYS_RESOURCE could raise a limit again. To ask for it is allowed. */
static int keep_limit(scmp_filter_ctx filter, unsigned int resource)
{
	int err = seccomp_rule_add(filter, REFUSE, SCMP_SYS(setrlimit), 1,
				   SCMP_CMP64(0, SCMP_CMP_MASKED_EQ, INT, resource));

	return err ? err
		   : seccomp_rule_add(filter, REFUSE, SCMP_SYS(prlimit64), 2,
				      SCMP_CMP64(1, SCMP_CMP_MASKED_EQ, INT, resource),
				      SCMP_CMP64(2, SCMP_CMP_NE, 0, 0));
}

static int filter_memory(scmp_filter_ctx filter, struct run *run, const struct program_section *s)
{
	uint64_t request = s->limit[KEY_ALLOCATION] & -(uint64_t)sysconf(_SC_PAGESIZE);
	int err = 0;

	if (s->given & 1u << KEY_ALLOCATION) {
		run_note(run, RUN_ALLOCATION_REST, s->key_at[KEY_ALLOCATION], NULL);
		run_note(run, RUN_ALLOCATION_GROWTH, s->key_at[KEY_ALLOCATION], NULL);
		err = refuse_longer(filter, SCMP_SYS(mmap), 1, request);
		if (!err)
			err = refuse_longer(filter, SCMP_SYS(mremap), 2, request);
		if (!err)
			err = refuse_longer(filter, MAP_SHADOW_STACK, 1, request);
	}
	if (s->given & 1u << KEY_MEMORY && !err) {
		run_note(run, RUN_MEMORY_REST, s->key_at[KEY_MEMORY], NULL);
		err = keep_limit(filter, RLIMIT_DATA);
	}
	if (s->given & 1u << KEY_ADDRESS_SPACE && !err)
		err = keep_limit(filter, RLIMIT_AS);
	return err;
}

/* ---- processes ------------------------------------------------------------------- */

static int refuse_clone(scmp_filter_ctx filter, bool threads)
{
	struct bits flags = { 0, CLONE_THREAD, threads ? CLONE_THREAD : 0 };

	return refuse_bits(filter, SCMP_SYS(clone), &flags, 1);
}

/*
 * The kernel can count processes for a user only (RLIMIT_NPROC), which is another thing; but none
 * at all is none. The flags of clone3 lie in memory, so that it is not there for anybody, and C
 * libraries then take clone.
 */
static int filter_processes(scmp_filter_ctx filter, struct run *run,
			    const struct program_section *s)
{
	bool children = s->given & 1u << KEY_CHILDREN,
	     descendants = s->given & 1u << KEY_DESCENDANTS;
	bool threads = s->given & 1u << KEY_THREADS, one = threads && s->limit[KEY_THREADS] == 1;
	bool none = (children && !s->limit[KEY_CHILDREN]) ||
		    (descendants && !s->limit[KEY_DESCENDANTS]);
	int err = 0;

	if (children && !none)
		run_note(run, RUN_CHILDREN, s->key_at[KEY_CHILDREN], NULL);
	if (descendants && !none)
		run_note(run, RUN_DESCENDANTS, s->key_at[KEY_DESCENDANTS], NULL);
	if (threads && !one)
		run_note(run, RUN_THREADS, s->key_at[KEY_THREADS], NULL);
	if (none)
		err = refuse_bits(filter, SCMP_SYS(fork), NULL, 0);
	if (none && !err)
		err = refuse_bits(filter, SCMP_SYS(vfork), NULL, 0);
	if (none && !err)
		err = refuse_clone(filter, false);
	if (one && !err)
		err = refuse_clone(filter, true);
	if ((none || one) && !err)
		err = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return err;
}

/* ---- a filter -------------------------------------------------------------------- */

/* The program, as the kernel takes it. */
static int export_filter(scmp_filter_ctx filter, struct sock_fprog *program)
{
	int fd = memfd_create("filter", MFD_CLOEXEC), err = fd < 0 ? -errno : 0;
	struct stat st = {};

	if (!err)
		err = seccomp_export_bpf(filter, fd);
	if (!err && fstat(fd, &st))
		err = -errno;
	if (!err && st.st_size / sizeof(*program->filter) > BPF_MAXINSNS)
		err = -E2BIG;
	if (!err) {
		program->len = st.st_size / sizeof(*program->filter);
		program->filter = malloc(st.st_size);
		if (!program->filter || pread(fd, program->filter, st.st_size, 0) != st.st_size)
			err = -EIO;
	}
	if (fd >= 0)
		close(fd);
	return err;
}

static int fill(scmp_filter_ctx filter, struct run *run, const struct program_section *s,
		const struct run_sockets *sockets)
{
	int err;

	if (!s)
		return refuse_always(filter);
	err = filter_sockets(filter, sockets);
	if (!err)
		err = filter_memory(filter, run, s);
	return err ? err : filter_processes(filter, run, s);
}

int run_filter(struct run *run, const struct program_section *s, const struct run_sockets *sockets)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	int err = filter ? 0 : -ENOMEM;

	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, REFUSE);
	if (!err)
		err = fill(filter, run, s, sockets);
	if (!err)
		err = export_filter(filter, &run->filters[run->n_filters++]);
	if (filter)
		seccomp_release(filter);
	if (err)
		fprintf(stderr, "lsm-guard run: seccomp: the filter cannot be made: %s\n",
			strerror(-err));
	return err;
}
