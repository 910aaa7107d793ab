// SPDX-License-Identifier: GPL-2.0-only
/* The system calls of Landlock. */
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "landlock.h"

/* As <linux/landlock.h> has them from Linux 6.7 on. */
struct ruleset {
	uint64_t files;
	uint64_t net; /* LANDLOCK_HAS_TCP; kernels before take it where it is 0 */
};

struct port_rule {
	uint64_t access;
	uint64_t port;
};

#define RULE_NET_PORT 2 /* LANDLOCK_HAS_TCP */

static int result(long ret)
{
	return ret < 0 ? -errno : ret;
}

int landlock_version(void)
{
	long version =
		syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);

	return version < 0 ? 0 : version;
}

int landlock_make(uint64_t files, uint64_t net)
{
	struct ruleset ruleset = { .files = files, .net = net };

	return result(syscall(SYS_landlock_create_ruleset, &ruleset, sizeof(ruleset), 0));
}

int landlock_allow_path(int ruleset, int fd, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };

	return result(
		syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0));
}

int landlock_allow_port(int ruleset, unsigned int port, uint64_t access)
{
	struct port_rule rule = { .access = access, .port = port };

	return result(syscall(SYS_landlock_add_rule, ruleset, RULE_NET_PORT, &rule, 0));
}

int landlock_restrict(int ruleset)
{
	return result(syscall(SYS_landlock_restrict_self, ruleset, 0));
}
