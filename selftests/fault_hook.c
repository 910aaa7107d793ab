// SPDX-License-Identifier: GPL-2.0-only
/*
 * A kernel that cannot hold what the policy says: a hook that it does not have, one that has
 * no room left for a program. The start ends with 3, names the hook, and leaves nothing behind. (A kernel
 * without BPF among its LSMs is booted by fault_boot.sh.)
 */
#include "kselftest_harness.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "lib/fault.h"

#define START_MS 120000
#define END_MS	 60000
#define BTF	 "/sys/kernel/btf/vmlinux"
#define OTHER	 "/tmp/lsm-guard-other-btf"
#define ROOM_MAX 64 /* more programs than the kernel lets on one hook */

FIXTURE(hook)
{
	struct scene s;
	struct loaded before;
	int links[ROOM_MAX];
	size_t n;
};

FIXTURE_SETUP(hook)
{
	self->n = 0;
	ASSERT_EQ(0, access("/run/lsm-guard-vm", F_OK));
	ASSERT_TRUE(orphans_adopt());
	/* What this test lays over the kernel's files is seen by itself and its children only. */
	ASSERT_EQ(0, unshare(CLONE_NEWNS));
	ASSERT_EQ(0, mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL));
	ASSERT_TRUE(scene_make(&self->s, FS_TMPFS));
	ASSERT_TRUE(write_file(path("%s/target", self->s.at), "secret\n"));
	ASSERT_TRUE(scene_policy(&self->s, "file \"%D/target\" { read = { \"%T\" } }\n"));
}

FIXTURE_TEARDOWN(hook)
{
	scene_end(&self->s);
}

/* The kernel's BTF, in which some name is another one of the same length. */
static bool make_btf_without(const char *name)
{
	size_t n = 0, length = strlen(name) + 1, found = 0, room = 64 << 20;
	char *bytes = malloc(room);
	FILE *f = fopen(BTF, "re");
	bool made;

	if (!bytes || !f)
		return false;
	n = fread(bytes, 1, room, f);
	fclose(f);
	for (size_t i = 1; i + length <= n; i++) {
		if (bytes[i - 1] || memcmp(bytes + i, name, length))
			continue;
		bytes[i] = 'x';
		found++;
	}
	f = fopen(OTHER, "we");
	made = f && found == 1 && fwrite(bytes, 1, n, f) == n;
	free(bytes);
	return f && !fclose(f) && made;
}

/* It ends with 3, names the hook, has left nothing, and nothing is denied. */
static void is_unable(struct __test_metadata *_metadata, struct scene *scene,
		      const struct loaded *before, const char *says)
{
	struct start s = { .policy = scene->policy };

	ASSERT_TRUE(start_begin(&s));
	EXPECT_TRUE(start_settles(&s, START_MS));
	if (s.pid)
		kill(s.pid, SIGTERM);
	EXPECT_EQ(3, start_end(&s, END_MS));
	EXPECT_NE(NULL, strstr(start_said(&s), says))
	{
		TH_LOG("it said: %s", start_said(&s));
	}
	EXPECT_FALSE(start_enforces(&s));
	EXPECT_TRUE(orphans_gone(END_MS));
	EXPECT_TRUE(loaded_gone(before));
	EXPECT_EQ(ALLOWED, scene_act(scene, scene->unlisted, "read target"));
}

static void without(struct __test_metadata *_metadata, struct scene *scene, const char *hook)
{
	struct loaded before = loaded_now();
	char *says = path("no hook %s, which the file guard needs", hook);
	struct result r;

	ASSERT_TRUE(make_btf_without(path("bpf_lsm_%s", hook)));
	ASSERT_EQ(0, mount(OTHER, BTF, NULL, MS_BIND, NULL));
	is_unable(_metadata, scene, &before, says);
	r = run_line(NULL, -1, "./lsm-guard", path("check %s", scene->policy));
	EXPECT_EQ(3, r.code)
	{
		TH_LOG("check: %s", r.said);
	}
	EXPECT_EQ(0, umount(BTF));
}

/* One that every policy about files needs, and one that only looks at names. */
TEST_F_TIMEOUT(hook, that_the_kernel_does_not_have, 300)
{
	without(_metadata, &self->s, "file_open");
	without(_metadata, &self->s, "inode_rename");
}

/* Loads a program that lets everything through, and attaches it until there is no room. */
static int fill_hook(int *links, size_t *n, const char *hook)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_LSM_MAC,
		    .attach_btf_id = libbpf_find_vmlinux_btf_id(hook, BPF_LSM_MAC));

	for (*n = 0; *n < ROOM_MAX; (*n)++) {
		int prog = bpf_prog_load(BPF_PROG_TYPE_LSM, "lets_through", "GPL", insns,
					 ARRAY_SIZE(insns), &opts);

		if (prog < 0)
			return -errno;
		links[*n] = bpf_raw_tracepoint_open(NULL, prog);
		close(prog);
		if (links[*n] < 0)
			return -errno;
	}
	return 0;
}

TEST_F_TIMEOUT(hook, that_has_no_room, 300)
{
	static const char *const hooks[] = { "file_open", "inode_rename" };

	for (size_t i = 0; i < ARRAY_SIZE(hooks); i++) {
		struct loaded empty = loaded_now(), before;

		EXPECT_EQ(-E2BIG, fill_hook(self->links, &self->n, hooks[i]));
		EXPECT_LT(0, self->n);
		TH_LOG("%s has room for %zu programs", hooks[i], self->n);
		before = loaded_now();
		is_unable(_metadata, &self->s, &before, hooks[i]);
		for (size_t k = 0; k < self->n; k++)
			close(self->links[k]);
		EXPECT_TRUE(loaded_gone(&empty));
	}
}

TEST_HARNESS_MAIN
