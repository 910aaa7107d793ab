// SPDX-License-Identifier: GPL-2.0-only
/*
 * The watcher reads what others chose: names of files and programs in events, packets' addresses,
 * the kernel's lists. Whoever should take it over by that finds a process without capabilities,
 * that cannot open, execute, fork or signal anything, and whose bpf(2) ends at the maps that it
 * has open. (What it does have is the guard's maps: it has to keep them.)
 *
 * What is not listed fails with EPERM rather than end the process: where nothing is pinned the
 * process holds the guard, so that a call that some library makes on some day would end the
 * guard. As an error it costs no more than what the call was for.
 */
#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <sys/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <linux/bpf.h>

#include "sandbox.h"

static int fail(const char *what, int err)
{
	fprintf(stderr, "lsm-guard: cannot give up privileges: %s: %s\n", what, strerror(-err));
	return err;
}

/* Effective, permitted, inheritable, ambient and bounding; no_new_privs; securebits locked. */
int sandbox_drop(void)
{
	if (cap_set_mode(CAP_MODE_NOPRIV))
		return fail("capabilities (CAP_SETPCAP is needed)", -errno);
	if (cap_get_mode() != CAP_MODE_NOPRIV)
		return fail("capabilities are left", -EPERM);
	return 0;
}

/* Whatever their arguments: what they act on is open, or this process itself. */
static const int calls[] = {
	/* events, their reader, the canary, the kernel's lists of interfaces */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(ftruncate),
	SCMP_SYS(close),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	/* memory */
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(brk),
	/* threads and signals that come; their end */
	SCMP_SYS(futex),
	SCMP_SYS(rseq), /* of a thread that begins */
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(sched_yield),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	/* time */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	/* what libraries ask */
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrandom),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
};

#define ONLY(number, value)                   \
	{                                     \
		number, SCMP_CMP_EQ, value, 0 \
	}
#define NONE_OF(number, bits)                       \
	{                                           \
		number, SCMP_CMP_MASKED_EQ, bits, 0 \
	}

/* By one argument. */
static const struct {
	int call;
	struct scmp_arg_cmp argument;
} forms[] = {
	/* The maps, and programs that are loaded: attached to interfaces that come, and run. */
	{ SCMP_SYS(bpf), ONLY(0, BPF_MAP_LOOKUP_ELEM) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_MAP_UPDATE_ELEM) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_MAP_DELETE_ELEM) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_MAP_GET_NEXT_KEY) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_OBJ_GET_INFO_BY_FD) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_OBJ_PIN) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_LINK_CREATE) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_LINK_UPDATE) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_LINK_DETACH) },
	{ SCMP_SYS(bpf), ONLY(0, BPF_ITER_CREATE) },
	/* Memory is not executed. */
	{ SCMP_SYS(mmap), NONE_OF(2, PROT_EXEC) },
	{ SCMP_SYS(mprotect), NONE_OF(2, PROT_EXEC) },
	/* Names of interfaces; that a write must not wait. */
	{ SCMP_SYS(ioctl), ONLY(1, SIOCGIFNAME) },
	{ SCMP_SYS(fcntl), ONLY(1, F_GETFL) },
	{ SCMP_SYS(fcntl), ONLY(1, F_SETFL) },
};

static int allow(scmp_filter_ctx filter)
{
	int err = 0;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms) && !err; i++)
		err = seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, forms[i].call, 1,
					     &forms[i].argument);
	return err;
}

/* What the C library would open when it is first asked for times and lines. */
static void prepare(void)
{
	static char buffer[BUFSIZ];

	tzset();
	fflush(stdout);
	setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
}

int sandbox_confine(void)
{
	scmp_filter_ctx filter;
	int err;

	prepare();
	filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	if (!filter)
		return fail("seccomp", -ENOMEM);
	err = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1);
	/* Calls of another architecture have other numbers: none of them. */
	if (!err)
		err = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
	if (!err)
		err = allow(filter);
	if (!err)
		err = seccomp_load(filter);
	seccomp_release(filter);
	return err ? fail("seccomp", err) : 0;
}
