// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs a command while an XDP program is on an interface, and ends with its status.
 *
 *	with-xdp OBJECT PROGRAM INTERFACE -- COMMAND [ARG...]
 *
 * For the guest only: it attaches to an interface of the machine that it runs on.
 */
#include <errno.h>
#include <error.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

static void attach(const char *file, const char *name, const char *interface)
{
	LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = XDP_FLAGS_DRV_MODE);
	struct bpf_object *obj = bpf_object__open_file(file, NULL);
	struct bpf_program *prog;

	if (!obj)
		error(1, errno, "%s", file);
	prog = bpf_object__find_program_by_name(obj, name);
	if (!prog)
		error(2, 0, "%s: no such program", name);
	if (bpf_object__load(obj))
		error(1, errno, "%s does not load", file);
	if (bpf_link_create(bpf_program__fd(prog), if_nametoindex(interface), BPF_XDP, &opts) < 0)
		error(1, errno, "%s does not attach to %s", name, interface);
}

int main(int argc, char **argv)
{
	pid_t pid;
	int status;

	if (argc < 6 || strcmp(argv[4], "--"))
		error(2, 0, "usage: with-xdp OBJECT PROGRAM INTERFACE -- COMMAND [ARG...]");
	attach(argv[1], argv[2], argv[3]);
	pid = fork();
	if (!pid) {
		execvp(argv[5], argv + 5);
		error(127, errno, "%s", argv[5]);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		error(1, errno, "%s", argv[5]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
