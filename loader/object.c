// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF objects, opened so that they are loaded with what types.c knows of the kernel, so that libbpf
 * need not search. The guard's .bss is one struct guard_state whose bitmap is declared in
 * the largest size; the map that is used in its place is made here in the size that
 * the policy needs.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "object.h"
#include "types.h"

/* Tells the kernel which of its functions a program is for. */
static int name_target(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long prefix)
{
	const char *target = strchr(bpf_program__section_name(prog), '/');
	char name[80];
	int id;

	if (!target)
		return -EINVAL;
	snprintf(name, sizeof(name), "%s%s", (const char *)prefix, target + 1);
	id = types_function(name);
	if (id < 0)
		return id;
	opts->attach_btf_id = id;
	return 0;
}

/* For bpf_program__attach(), which goes by the handler. */
static int attach(const struct bpf_program *prog, long prefix, struct bpf_link **link)
{
	bool iterates = bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER;

	(void)prefix;
	*link = iterates ? bpf_program__attach_iter(prog, NULL) : bpf_program__attach_trace(prog);
	return *link ? 0 : -errno;
}

/* What libbpf does for a section's programs, but for the search. */
static void handle_section(const char *section, enum bpf_prog_type type, enum bpf_attach_type kind,
			   const char *prefix)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)prefix,
		    .prog_prepare_load_fn = name_target, .prog_attach_fn = attach);

	/* Where this fails libbpf does as it ever did. */
	libbpf_register_prog_handler(section, type, kind, &opts);
}

int object_options(struct bpf_object_open_opts *opts)
{
	static bool handled;
	int err = types_load();

	if (err)
		return err;
	if (!handled) {
		handle_section("lsm+", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_");
		handle_section("fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "");
		handle_section("iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_");
		handled = true;
	}
	opts->btf_custom_path = types_path();
	return 0;
}

int object_state(struct bpf_map *bss, size_t words)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t size = offsetof(struct guard_state, bits) + words * sizeof(__u64);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lsm_guard_state", sizeof(__u32), size, 1,
				&opts);
	int err = fd < 0 ? -errno : bpf_map__reuse_fd(bss, fd);

	if (fd >= 0)
		close(fd);
	return err;
}

int object_open(struct lsm_guard_bpf **skel, size_t words)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	int err = object_options(&opts);

	*skel = NULL;
	if (err)
		return err;
	*skel = lsm_guard_bpf__open_opts(&opts);
	if (!*skel)
		return -errno;
	err = object_state((*skel)->maps.bss, words);
	if (!err)
		err = types_write(bpf_object__btf((*skel)->obj));
	if (err) {
		lsm_guard_bpf__destroy(*skel);
		*skel = NULL;
		return err;
	}
	(*skel)->rodata->bits_mask = 8 * (words - 1); /* a power of two */
	return 0;
}
