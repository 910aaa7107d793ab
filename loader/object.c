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

#include "kernel.h"
#include "object.h"
#include "types.h"

/*
 * Sections whose programs are for a function of the kernel's. libbpf reads all of the
 * kernel's types once more for each object that has a program of such a type, and does not need
 * them here: so it is not told the type before the program is loaded.
 */
static const struct section {
	const char *name;
	enum bpf_prog_type type;
	enum bpf_attach_type attach;
	const char *prefix; /* of the function's name */
} sections[] = {
	{ "lsm+", BPF_PROG_TYPE_LSM, BPF_LSM_MAC, "bpf_lsm_" },
	{ "fentry+", BPF_PROG_TYPE_TRACING, BPF_TRACE_FENTRY, "" },
	{ "iter+", BPF_PROG_TYPE_TRACING, BPF_TRACE_ITER, "bpf_iter_" },
};

#define NOT_TOLD BPF_PROG_TYPE_SOCKET_FILTER /* any that has nothing to do with types */

/* Tells the kernel which of its functions a program is for. */
static int name_target(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	const struct section *section = (const struct section *)cookie;
	const char *target = strchr(bpf_program__section_name(prog), '/');
	char name[KERNEL_ENTRY];
	int id;

	if (!target)
		return -EINVAL;
	/* A fallback has told the type of those that stand elsewhere. */
	if (bpf_program__type(prog) == NOT_TOLD)
		snprintf(name, sizeof(name), "%s%s", section->prefix, target + 1);
	else
		kernel_entry(target + 1, name);
	id = types_function(name);
	if (id < 0)
		return id;
	opts->attach_btf_id = id;
	return bpf_program__type(prog) == NOT_TOLD ? bpf_program__set_type(prog, section->type) : 0;
}

/* What libbpf does for a section's programs, but for the search; attaching is left to who loads. */
static void handle(const struct section *section)
{
	LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = (long)section,
		    .prog_prepare_load_fn = name_target);

	/* Where this fails libbpf does as it ever did. */
	libbpf_register_prog_handler(section->name, NOT_TOLD, section->attach, &opts);
}

int object_options(struct bpf_object_open_opts *opts)
{
	static bool handled;
	int err = types_load();

	if (err)
		return err;
	for (size_t i = 0; i < sizeof(sections) / sizeof(*sections) && !handled; i++)
		handle(&sections[i]);
	handled = true;
	opts->btf_custom_path = types_path();
	return 0;
}

int object_state(struct bpf_map *bss, size_t words)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t size = offsetof(struct guard_state, bits) + words * sizeof(__u64);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, OBJECT_STATE, sizeof(__u32), size, 1, &opts);
	int err = fd < 0 ? -errno : bpf_map__reuse_fd(bss, fd);

	if (fd >= 0)
		close(fd);
	return err;
}

int object_open(struct lsm_guard_bpf **skel, size_t words, size_t more)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts);
	int err = object_options(&opts);

	*skel = NULL;
	if (err)
		return err;
	*skel = lsm_guard_bpf__open_opts(&opts);
	if (!*skel)
		return -errno;
	err = object_state((*skel)->maps.bss, words + more);
	if (!err)
		err = types_write(bpf_object__btf((*skel)->obj));
	if (err) {
		lsm_guard_bpf__destroy(*skel);
		*skel = NULL;
		return err;
	}
	/* Only a reload has them: see former.c. */
	bpf_map__set_autocreate((*skel)->maps.former_subjects, false);
	bpf_map__set_autocreate((*skel)->maps.former_sockets, false);
	bpf_map__set_autocreate((*skel)->maps.heirs, false);
	bpf_map__set_autocreate((*skel)->maps.ledger_heirs, false);
	bpf_map__set_autocreate((*skel)->maps.previous_xdp, false);
	(*skel)->rodata->bits_mask = 8 * (words - 1); /* a power of two */
	return 0;
}
