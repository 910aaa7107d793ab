// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts and stops, by the dozen or by the hundred, leave nothing: not a program, map, link or
 * type information, not a process, and no memory of the kernel's. A single program would be seen,
 * and of a hundred a map of one page that each of them forgot.
 *
 * LSM_GUARD_LONG=1 in the environment: 100 of them instead of 25.
 */
#include "kselftest_harness.h"

#include <glob.h>
#include <signal.h>

#include "lib/fault.h"
#include "lib/kernel.h"

#define START_MS 120000
#define END_MS	 60000
#define WARM_UP	 10  /* until the kernel's caches are as large as they come to be */
#define CYCLES	 100 /* with LSM_GUARD_LONG=1 in the environment, else ... */
#define FEWER	 25

/* What the kernel holds and cannot give back, in KiB. */
struct held {
	long slab, vmalloc, percpu, stacks;
};

FIXTURE(cycles)
{
	struct scene s;
	struct loaded before;
	char *large;
};

FIXTURE_SETUP(cycles)
{
	ASSERT_TRUE(orphans_adopt());
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	/* With a program that is trusted there is twice as much to load: it is the tenth each time. */
	self->large = path("%s.large", self->s.policy);
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"));
	ASSERT_TRUE(command("mv %s %s", self->s.policy, self->large));
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = none }\n"));
	self->before = loaded_now();
}

FIXTURE_TEARDOWN(cycles)
{
	scene_end(&self->s);
}

/* Objects in use, not the pages that they lie in: those come and go by the dozen. */
static long slab_used(void)
{
	char line[512];
	double bytes = 0;
	FILE *f = fopen("/proc/slabinfo", "re");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long used, all, size;

		/*
		 * What the file systems keep to be faster is given back when it is needed, and areas
		 * of vmalloc, which is counted by itself, when there are many.
		 */
		if (sscanf(line, "%*s %lu %lu %lu", &used, &all, &size) == 3 &&
		    !strstr(line, "inode") && !strstr(line, "dentry") && !strstr(line, "vmap_area"))
			bytes += (double)used * size;
	}
	if (f)
		fclose(f);
	return bytes / 1024;
}

/* Free objects that a processor keeps at hand count as used until their cache is shrunk. */
static bool shrink_caches(void)
{
	glob_t caches = {};
	bool good = !glob("/sys/kernel/slab/*/shrink", 0, NULL, &caches);

	for (size_t i = 0; good && i < caches.gl_pathc; i++)
		good = write_file(caches.gl_pathv[i], "1\n");
	globfree(&caches);
	return good;
}

/* After what is freed by and by has been. */
static bool held_now(struct held *held)
{
	sync();
	for (int i = 0; i < 3; i++) {
		if (!write_file("/proc/sys/vm/drop_caches", "3\n"))
			return false;
		sleep(1);
		if (!shrink_caches())
			return false;
	}
	*held = (struct held){ .slab = slab_used(),
			       .vmalloc = memory_of("VmallocUsed"),
			       .percpu = memory_of("Percpu"),
			       .stacks = memory_of("KernelStack") };
	return true;
}

static void show(const char *when, const struct held *h)
{
	printf("# %s: slab %ld, vmalloc %ld, percpu %ld, stacks %ld KiB\n", when, h->slab,
	       h->vmalloc, h->percpu, h->stacks);
	fflush(stdout);
}

/* A page for each start of a hundred. */
static bool is_within(const struct held *last, const struct held *first)
{
	return last->slab < first->slab + 4 * CYCLES &&
	       last->vmalloc < first->vmalloc + 4 * CYCLES &&
	       last->percpu < first->percpu + 4 * CYCLES &&
	       last->stacks < first->stacks + 4 * CYCLES;
}

static const char *one_cycle(const char *policy)
{
	struct start s = { .policy = policy };

	if (!start_begin(&s) || !start_settles(&s, START_MS) || !s.pid || !start_enforces(&s))
		return start_said(&s);
	kill(s.pid, SIGTERM);
	return start_end(&s, END_MS) ? "it did not leave with 0" : NULL;
}

TEST_F_TIMEOUT(cycles, nothing_grows, 1800)
{
	int cycles = getenv("LSM_GUARD_LONG") ? CYCLES : FEWER;
	struct held first = {}, last;
	long began = fault_ms();

	for (int i = 0; i < cycles + WARM_UP; i++) {
		const char *why = one_cycle(i % 10 == 9 ? self->large : self->s.policy);

		ASSERT_EQ(NULL, why)
		{
			TH_LOG("start %d: %s", i, why);
		}
		if (i % 10 == 9) {
			printf("# %d starts and stops in %ld s\n", i + 1,
			       (fault_ms() - began) / 1000);
			fflush(stdout);
		}
		if (i + 1 == WARM_UP) {
			ASSERT_TRUE(loaded_gone(&self->before));
			ASSERT_TRUE(held_now(&first));
			show("before", &first);
		}
	}
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(&self->before));
	/* What the last guard had may be freed long after its numbers have gone. */
	for (int i = 0; i < 20 && (!i || !is_within(&last, &first)); i++)
		ASSERT_TRUE(held_now(&last));
	show("after", &last);
	EXPECT_TRUE(is_within(&last, &first));
	EXPECT_EQ(ALLOWED, scene_act(&self->s, self->s.unlisted, "read target"));
}

TEST_HARNESS_MAIN
