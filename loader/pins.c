// SPDX-License-Identifier: GPL-2.0-only
/* /sys/fs/bpf/lsm-guard/ID/{links,maps,programs}/NAME; ID is that of the map with the state. */
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/magic.h>

#include "fill.h"
#include "interfaces.h"
#include "pins.h"

#define BPFFS "/sys/fs/bpf"
#define ROOT  BPFFS "/lsm-guard"

static const char *const kinds[] = { "links", "maps", "programs" };

static char *path_of(char out[PATH_MAX], __u32 id, const char *kind, const char *name)
{
	snprintf(out, PATH_MAX, ROOT "/%u%s%s%s%s", id, kind ? "/" : "", kind ? kind : "",
		 name ? "/" : "", name ? name : "");
	return out;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path) && errno != ENOENT ? -1 : 0;
}

int pins_remove(__u32 id)
{
	char path[PATH_MAX];

	path_of(path, id, NULL, NULL);
	if (access(path, F_OK))
		return 0;
	if (!nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT))
		return 0;
	fprintf(stderr, "lsm-guard: cannot remove %s: %s\n", path, strerror(errno));
	return -errno;
}

bool pins_exist(__u32 id)
{
	char path[PATH_MAX];

	return !access(path_of(path, id, "links", NULL), F_OK);
}

int pins_remove_stale(const struct runnings *all)
{
	DIR *dir = opendir(ROOT);
	struct dirent *entry;
	int err = 0;

	if (!dir)
		return 0;
	while ((entry = readdir(dir))) {
		char *end;
		unsigned long id = strtoul(entry->d_name, &end, 10);
		bool runs = false;

		if (*entry->d_name == '.' || *end)
			continue;
		for (size_t i = 0; i < all->n; i++)
			runs |= all->at[i].id == id;
		if (runs)
			continue;
		fprintf(stderr,
			"lsm-guard: removing %s/%lu, which was left over and holds nothing\n", ROOT,
			id);
		if (pins_remove(id))
			err = -EBUSY;
	}
	closedir(dir);
	return err;
}

/* ---- pinning --------------------------------------------------------------------- */

static int make_directories(__u32 id)
{
	char path[PATH_MAX];
	struct statfs fs;

	if (statfs(BPFFS, &fs) || fs.f_type != BPF_FS_MAGIC) {
		fprintf(stderr, "lsm-guard: --pin: no bpf filesystem is mounted on " BPFFS
				"; mount one: mount -t bpf bpf " BPFFS "\n");
		return -ENODEV;
	}
	if (mkdir(ROOT, 0700) && errno != EEXIST)
		return instance_fail(ROOT, -errno);
	if (mkdir(path_of(path, id, NULL, NULL), 0700) && errno != EEXIST)
		return instance_fail(path, -errno);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (mkdir(path_of(path, id, kinds[i], NULL), 0700) && errno != EEXIST)
			return instance_fail(path, -errno);
	return 0;
}

static int pin(__u32 id, const char *kind, const char *name, int fd)
{
	char path[PATH_MAX], *dot;

	path_of(path, id, kind, name);
	/* There are none in names of this filesystem. */
	while ((dot = strchr(path, '.')))
		*dot = '_';
	if (fd < 0 || !bpf_obj_pin(fd, path))
		return 0;
	return instance_fail(path, -errno);
}

static int pin_link(__u32 id, int link)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);
	char name[32];

	if (link < 0)
		return 0;
	if (bpf_obj_get_info_by_fd(link, &info, &size))
		return instance_fail("link", -errno);
	snprintf(name, sizeof(name), "ingress_xdp-%u", info.id);
	return pin(id, "links", name, link);
}

int pins_add_link(const struct instance *in, int link)
{
	return in->pinned ? pin_link(in->id, link) : 0;
}

/* Programs that no link holds: they are run by whoever looks after the guard. */
static bool is_iterator(const struct bpf_program *prog)
{
	return bpf_program__expected_attach_type(prog) == BPF_TRACE_ITER &&
	       bpf_program__fd(prog) >= 0;
}

/* A reload has maps of the guard before it, which bear the names of ours by now. */
static bool is_ours(const struct instance *in, const struct bpf_map *map)
{
	return map != in->skel->maps.former_subjects && map != in->skel->maps.former_sockets;
}

static int pin_all(struct instance *in, __u32 id)
{
	struct bpf_program *prog;
	struct bpf_map *map;
	int err = 0;

	for (size_t i = 0; i < in->n_links && !err; i++)
		err = pin(id, "links", in->link_names[i], bpf_link__fd(in->links[i]));
	bpf_object__for_each_map(map, in->skel->obj)
	{
		if (!err && is_ours(in, map))
			err = pin(id, "maps", bpf_map__name(map), bpf_map__fd(map));
	}
	bpf_object__for_each_program(prog, in->skel->obj)
	{
		if (!err && is_iterator(prog))
			err = pin(id, "programs", bpf_program__name(prog), bpf_program__fd(prog));
	}
	for (size_t i = 0; in->interfaces && i < in->interfaces->n && !err; i++)
		err = pin_link(id, in->interfaces->at[i].link);
	return err;
}

int pins_make(struct instance *in)
{
	int err = make_directories(in->id);

	if (!err)
		err = pin_all(in, in->id);
	if (err)
		pins_remove(in->id);
	in->pinned = !err;
	return err;
}
