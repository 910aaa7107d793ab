// SPDX-License-Identifier: GPL-2.0-only
/*
 * What this kernel can enforce, hook by hook, and why not. Nothing here needs
 * privilege: the list of LSMs and the BTF are readable by everyone.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kernel.h"
#include "types.h"

#define LSM_LIST "/sys/kernel/security/lsm"
#define LOCKDOWN "/sys/kernel/security/lockdown"
#define BTF_FILE "/sys/kernel/btf/vmlinux"

/* The first line of a file of the kernel's: 0 or an errno. */
static int read_line(const char *file, char *line, size_t size)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);
	int err = n < 0 ? errno : 0;

	if (fd >= 0)
		close(fd);
	line[n < 0 ? 0 : n] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return err;
}

static void read_lsms(struct kernel *kernel)
{
	char list[512];

	kernel->lsms_error = read_line(LSM_LIST, list, sizeof(list));
	if (kernel->lsms_error)
		return;
	kernel->lsms = strdup(list);
	/* By words: "bpf" is not "xbpf". */
	for (char *save, *word = strtok_r(list, ",", &save); word;
	     word = strtok_r(NULL, ",", &save))
		kernel->bpf_lsm |= !strcmp(word, "bpf");
}

static void read_privilege(struct kernel *kernel)
{
	static const cap_value_t needed[] = { CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN,
					      CAP_DAC_READ_SEARCH };
	cap_t caps = cap_get_proc();
	cap_flag_value_t held;

	kernel->privileged = caps;
	for (size_t i = 0; caps && i < sizeof(needed) / sizeof(*needed); i++) {
		char *name;

		if (!cap_get_flag(caps, needed[i], CAP_EFFECTIVE, &held) && held == CAP_SET)
			continue;
		kernel->privileged = false;
		name = cap_to_name(needed[i]);
		snprintf(kernel->lacking + strlen(kernel->lacking),
			 sizeof(kernel->lacking) - strlen(kernel->lacking), "%s%s",
			 *kernel->lacking ? ", " : "", name ? name : "?");
		cap_free(name);
	}
	cap_free(caps);
}

/* "[none] integrity confidentiality": the one that counts stands in brackets. */
static void read_lockdown(struct kernel *kernel)
{
	char line[128];

	if (read_line(LOCKDOWN, line, sizeof(line)) || strstr(line, "[none]"))
		kernel->lockdown = LOCKDOWN_NONE;
	else
		kernel->lockdown =
			strstr(line, "[integrity]") ? LOCKDOWN_INTEGRITY : LOCKDOWN_CONFIDENTIALITY;
}

void kernel_look(struct kernel *kernel, bool fallback)
{
	struct utsname name;

	*kernel = (struct kernel){};
	if (!uname(&name))
		snprintf(kernel->release, sizeof(kernel->release), "%s", name.release);
	read_lsms(kernel);
	read_lockdown(kernel);
	kernel->fallback = fallback && kernel->lsms && !kernel->bpf_lsm;
	read_privilege(kernel);
	kernel->btf_error = -types_load();
	kernel->btf = !kernel->btf_error;
}

void kernel_free(struct kernel *kernel)
{
	free(kernel->lsms);
	types_free();
	*kernel = (struct kernel){};
}

int kernel_obstacles(const struct kernel *kernel, bool privilege, FILE *out)
{
	int n = 0;

	if (!kernel->lsms && ++n)
		fprintf(out,
			"lsm-guard: the list of active LSMs cannot be read (%s: %s); mount securityfs: "
			"mount -t securityfs securityfs /sys/kernel/security\n",
			LSM_LIST, strerror(kernel->lsms_error));
	else if (!kernel->bpf_lsm && !kernel->fallback && ++n)
		fprintf(out,
			"lsm-guard: bpf is not among the active LSMs (%s); add to the kernel command "
			"line: lsm=%s,bpf (--fallback does without, and is weaker)\n",
			kernel->lsms, kernel->lsms);
	if (kernel->lockdown == LOCKDOWN_CONFIDENTIALITY && ++n)
		fprintf(out,
			"lsm-guard: the kernel is locked down to confidentiality: no program may read "
			"its memory; boot with lockdown=integrity or without lockdown=\n");
	if (!kernel->btf && ++n)
		fprintf(out,
			"lsm-guard: the kernel's BTF cannot be read (%s: %s); boot one built with "
			"CONFIG_DEBUG_INFO_BTF=y\n",
			BTF_FILE, strerror(kernel->btf_error));
	if (privilege && !kernel->privileged && ++n)
		fprintf(out, "lsm-guard: loading needs privilege (missing: %s); run it as root\n",
			kernel->lacking);
	return n;
}

const char *kernel_entry(const char *hook, char out[KERNEL_ENTRY])
{
	/* Those that are not called as their hooks are. */
	static const char *const others[][2] = {
		{ "bprm_check_security", "bprm_check" },
		{ "inode_free_security", "inode_free" },
		{ "socket_sock_rcv_skb", "sock_rcv_skb" },
	};
	const char *name = hook;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strcmp(hook, others[i][0]))
			name = others[i][1];
	snprintf(out, KERNEL_ENTRY, "security_%s", name);
	return out;
}

/* How many arguments the hook has here; negative when there is no such hook. */
static int arguments_of(const struct kernel *kernel, const char *hook)
{
	char name[KERNEL_ENTRY];

	if (!kernel->btf)
		return -1;
	if (kernel->fallback)
		kernel_entry(hook, name);
	else
		snprintf(name, sizeof(name), "bpf_lsm_%s", hook);
	return types_arguments(name);
}

bool kernel_has(const struct kernel *kernel, const char *function)
{
	return kernel->btf && types_function(function) >= 0;
}

enum hook_state kernel_hook(const struct kernel *kernel, const struct guard_program *program)
{
	int arguments = arguments_of(kernel, program->hook);

	if (kernel->fallback ? program->refuses : program->weaker)
		return HOOK_POINTLESS;
	if (program->function)
		return kernel_has(kernel, program->where ? program->where : program->hook)
			       ? HOOK_HELD
			       : HOOK_MISSING;

	if (arguments < 0) {
		if (program->unless && arguments_of(kernel, program->unless) >= 0)
			return HOOK_ELSEWHERE;
		return HOOK_MISSING;
	}
	if (program->arguments && arguments != program->arguments)
		return HOOK_OTHER_FORM;
	return HOOK_HELD;
}
