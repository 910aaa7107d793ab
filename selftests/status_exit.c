// SPDX-License-Identifier: GPL-2.0-only
/*
 * The exit status of what only looks: a lack of privilege is told from what the kernel lacks.
 * (fault_hook.c has a start that this kernel cannot enforce.)
 */
#include "kselftest_harness.h"

#include <stdlib.h>
#include <string.h>

#include "lib/lib.h"

FIXTURE(exits){};

FIXTURE_SETUP(exits)
{
}

FIXTURE_TEARDOWN(exits)
{
}

/* What it says on stderr. */
static struct result messages_of(const char *command)
{
	char *line = path("%s 2>&1 >/dev/null", command);
	char *argv[] = { "sh", "-c", line, NULL };
	struct result r = run_with(NULL, -1, argv);

	free(line);
	return r;
}

/* Root in name alone: it has no capability. */
#define POWERLESS "setpriv --inh-caps=-all --bounding-set=-all "

TEST_F_TIMEOUT(exits, of_probe, 120)
{
	struct result r = messages_of("./lsm-guard probe");

	EXPECT_EQ(0, r.code);
	EXPECT_STREQ("", r.said);
	r = messages_of(POWERLESS "./lsm-guard probe");
	EXPECT_EQ(1, r.code);
	EXPECT_NE(NULL, strstr(r.said, "run it as root"))
	{
		TH_LOG("%s", r.said);
	}
}

TEST_F_TIMEOUT(exits, of_status, 120)
{
	struct result r = messages_of("./lsm-guard status");

	EXPECT_EQ(1, r.code);
	EXPECT_NE(NULL, strstr(r.said, "no guard is running"));
	r = messages_of(POWERLESS "./lsm-guard status");
	EXPECT_EQ(1, r.code);
	EXPECT_NE(NULL, strstr(r.said, "run it as root"));
}

TEST_HARNESS_MAIN
