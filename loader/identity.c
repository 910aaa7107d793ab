// SPDX-License-Identifier: GPL-2.0-only
/*
 * The identity that the kernel sees, by a program of ours in the kernel: an iterator over
 * our own descriptors that computes for each inode what the hooks would compute.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "identity.h"
#include "identify.skel.h"
#include "object.h"
#include "types.h"

/*
 * The guard's maps come with the headers. The iterator reads the settings alone, but libbpf
 * wants what it maps into memory.
 */
static void leave_unused(struct identify_bpf *skel)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, skel->obj)
		bpf_map__set_autocreate(map, map == skel->maps.rodata || map == skel->maps.bss);
}

int identifier_open(struct identifier *who)
{
	LIBBPF_OPTS(bpf_object_open_opts, open);
	LIBBPF_OPTS(bpf_iter_attach_opts, opts);
	union bpf_iter_link_info info = { .task.pid = getpid() };
	int err;

	*who = (struct identifier){};
	err = object_options(&open);
	if (err)
		goto fail;
	who->skel = identify_bpf__open_opts(&open);
	if (!who->skel) {
		err = -errno;
		goto fail;
	}
	leave_unused(who->skel);
	who->skel->rodata->loader_tgid = getpid();
	err = object_state(who->skel->maps.bss, 1);
	if (!err)
		err = types_write(bpf_object__btf(who->skel->obj));
	if (!err)
		err = identify_bpf__load(who->skel);
	if (err)
		goto fail;
	opts.link_info = &info;
	opts.link_info_len = sizeof(info);
	who->link = bpf_program__attach_iter(who->skel->progs.identify_files, &opts);
	if (!who->link) {
		err = -errno;
		goto fail;
	}
	return 0;
fail:
	fprintf(stderr, "lsm-guard: cannot ask the kernel for the identity of files: %s\n",
		strerror(-err));
	identifier_close(who);
	return err;
}

void identifier_close(struct identifier *who)
{
	bpf_link__destroy(who->link);
	identify_bpf__destroy(who->skel);
	*who = (struct identifier){};
}

/*
 * Reads all records; an iterator hands out whole ones only. There are as many as we have
 * descriptors: the caller's, the loader's own, and the paths' that are kept open.
 */
static int read_records(int iter, struct guard_identified **records, size_t *n)
{
	size_t room = 0;
	ssize_t got;

	do {
		*records = grow(*records, *n, &room, sizeof(**records));
		got = read(iter, *records + *n, (room - *n) * sizeof(**records));
		if (got < 0 && errno != EINTR)
			return -errno;
		if (got > 0 && got % sizeof(**records))
			return -EIO;
		if (got > 0)
			*n += got / sizeof(**records);
	} while (got);
	return 0;
}

int identify_fds(struct identifier *who, const int *fds, size_t n, struct guard_identified *out)
{
	struct guard_identified *records = NULL;
	int iter = bpf_iter_create(bpf_link__fd(who->link));
	int err = iter < 0 ? -errno : 0;
	size_t got = 0;

	if (!err)
		err = read_records(iter, &records, &got);
	for (size_t i = 0, at = 0; i < n && !err; i++) {
		/* Both are in the order of descriptors, if the caller opened them in order. */
		size_t tried = 0;

		while (tried < got && (int)records[at].fd != fds[i]) {
			at = (at + 1) % got;
			tried++;
		}
		if (tried == got)
			err = -ESRCH;
		else
			out[i] = records[at];
	}
	if (iter >= 0)
		close(iter);
	free(records);
	return err;
}
