// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why the memory guard has no program on vm_enough_memory, the hook whose name promises
 * so much: the kernel refuses to load one; and where it does not, a denial
 * there only takes away the part of memory that is kept for root, and denies nothing.
 */
#include "kselftest_harness.h"

#include <bpf/libbpf.h>
#include <sys/mman.h>

#define OBJECT "build/selftests/vm_enough_memory.bpf.o"

static char said[65536];

static int note(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	size_t n = strlen(said);

	(void)level;
	vsnprintf(said + n, sizeof(said) - n, fmt, ap);
	return 0;
}

TEST(vm_enough_memory_cannot_deny)
{
	struct bpf_object *object;
	struct bpf_program *program;
	struct bpf_link *link;
	void *p;

	ASSERT_EQ(0, access("/run/lsm-guard-vm", F_OK));
	libbpf_set_print(note);
	object = bpf_object__open_file(OBJECT, NULL);
	ASSERT_NE(NULL, object);
	if (bpf_object__load(object)) {
		EXPECT_NE(NULL, strstr(said, "points to disabled hook"))
		{
			TH_LOG("%s", said);
		}
		return;
	}
	program = bpf_object__find_program_by_name(object, "deny");
	link = bpf_program__attach_lsm(program);
	ASSERT_NE(NULL, link);
	p = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bpf_link__destroy(link);
	EXPECT_NE(MAP_FAILED, p);
}

TEST_HARNESS_MAIN
