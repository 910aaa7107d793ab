// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command under a seccomp filter of fifty rules, such as a service manager makes from a
 * list of system calls: what is not listed fails with EPERM. Some rules look at an argument
 * too, as one must to tell kinds of sockets, of children or of mappings apart.
 *
 *	with-seccomp COMMAND [ARG...]
 */
#include <errno.h>
#include <error.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include <seccomp.h>

static const int allowed[] = {
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(arch_prctl),
	SCMP_SYS(bind),
	SCMP_SYS(brk),
	SCMP_SYS(chdir),
	SCMP_SYS(clone3),
	SCMP_SYS(close),
	SCMP_SYS(connect),
	SCMP_SYS(execve),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(fcntl),
	SCMP_SYS(fstat),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(getrandom),
	SCMP_SYS(getsockopt),
	SCMP_SYS(gettid),
	SCMP_SYS(ioctl),
	SCMP_SYS(listen),
	SCMP_SYS(lseek),
	SCMP_SYS(madvise),
	SCMP_SYS(munmap),
	SCMP_SYS(newfstatat),
	SCMP_SYS(openat),
	SCMP_SYS(poll),
	SCMP_SYS(pread64),
	SCMP_SYS(prlimit64),
	SCMP_SYS(read),
	SCMP_SYS(readlink),
	SCMP_SYS(recvmsg),
	SCMP_SYS(rseq),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sendmsg),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(set_tid_address),
	SCMP_SYS(setsockopt),
	SCMP_SYS(uname),
	SCMP_SYS(vfork),
	SCMP_SYS(wait4),
	SCMP_SYS(write),
};

/* What the argument number @arg, masked, must be. */
static const struct by_argument {
	int call;
	unsigned int arg;
	scmp_datum_t mask, value;
} by_argument[] = {
	{ SCMP_SYS(socket), 0, ~0UL, AF_UNIX },	 { SCMP_SYS(socket), 0, ~0UL, AF_INET },
	{ SCMP_SYS(socket), 0, ~0UL, AF_INET6 }, { SCMP_SYS(clone), 0, CLONE_NEWUSER, 0 },
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },	 { SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
};

int main(int argc, char **argv)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int err = 0;

	if (argc < 2)
		error(2, 0, "usage: with-seccomp COMMAND [ARG...]");
	if (!filter)
		error(1, 0, "no seccomp filter");
	for (size_t i = 0; i < sizeof(allowed) / sizeof(*allowed) && !err; i++)
		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
	for (size_t i = 0; i < sizeof(by_argument) / sizeof(*by_argument) && !err; i++) {
		const struct by_argument *rule = &by_argument[i];

		err = seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->call, 1,
				       SCMP_CMP(rule->arg, SCMP_CMP_MASKED_EQ, rule->mask,
						rule->value));
	}
	if (!err)
		err = seccomp_load(filter);
	if (err)
		error(1, -err, "the seccomp filter");
	execvp(argv[1], argv + 1);
	error(127, errno, "%s", argv[1]);
}
