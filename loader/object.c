// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BPF object, opened. Its .bss is one struct guard_state whose bitmap is declared in
 * the largest size; the map that is used in its place is made here in the size that
 * the policy needs.
 */
#include <errno.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "object.h"

int object_open(struct lsm_guard_bpf **skel, size_t words)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	size_t size = offsetof(struct guard_state, bits) + words * sizeof(__u64);
	int fd, err;

	*skel = lsm_guard_bpf__open();
	if (!*skel)
		return -errno;
	fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "lsm_guard_state", sizeof(__u32), size, 1, &opts);
	err = fd < 0 ? -errno : bpf_map__reuse_fd((*skel)->maps.bss, fd);
	if (fd >= 0)
		close(fd);
	if (err) {
		lsm_guard_bpf__destroy(*skel);
		*skel = NULL;
		return err;
	}
	(*skel)->rodata->bits_mask = 8 * (words - 1); /* a power of two */
	return 0;
}
