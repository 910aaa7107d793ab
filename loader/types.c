// SPDX-License-Identifier: GPL-2.0-only
/*
 * The running kernel's types. One pass puts what can be asked for by name into a hash
 * table; from there on every question is a look-up.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/btf.h>

#include "types.h"

/* The module whose types a program reads: those that the kernel itself has not. */
#define MODULE	    "btrfs"
#define MODULE_FILE "/sys/kernel/btf/" MODULE

/* One of the types that have a name, in a table of chains: names need not be unique. */
struct entry {
	uint32_t id, next; /* next: number of an entry, 0: none */
};

/* There is one kernel, so there is one of these. */
static struct {
	struct btf *kernel, *module;
	const struct btf *all; /* the module's, which continues the kernel's, if there is one */
	uint32_t n_kernel;     /* ids from here on are the module's */
	struct entry *entries; /* from 1 */
	uint32_t n, room;
	uint32_t *heads;
	uint32_t n_heads; /* a power of two */
	int fd;		  /* of the file of no name */
	char path[32];
} types = { .fd = -1 };

/* Length of a name without what follows "___": a flavour, for programs only. */
static size_t plain_length(const char *name)
{
	const char *flavour = strstr(name, "___");

	return flavour && flavour != name ? (size_t)(flavour - name) : strlen(name);
}

static uint32_t hash_of(const char *name, size_t length)
{
	uint32_t hash = 0x811c9dc5;

	while (length--)
		hash = (hash ^ (unsigned char)*name++) * 0x01000193;
	return hash ^ hash >> 15;
}

static const char *name_of(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	return name ? name : "";
}

/* Can a program's type of this kind be relocated, or a program be attached to it? */
static bool askable(const struct btf_type *type)
{
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_FUNC:
		return true;
	}
	return false;
}

static int add_name(uint32_t id, const char *name)
{
	uint32_t *head = &types.heads[hash_of(name, strlen(name)) & (types.n_heads - 1)];

	if (types.n + 1 >= types.room) {
		uint32_t room = types.room ? 2 * types.room : 1024;
		struct entry *more = reallocarray(types.entries, room, sizeof(*more));

		if (!more)
			return -ENOMEM;
		types.entries = more;
		types.room = room;
	}
	types.entries[++types.n] = (struct entry){ .id = id, .next = *head };
	*head = types.n;
	return 0;
}

/* The one pass. */
static int note_names(void)
{
	uint32_t end = btf__type_cnt(types.all);
	int err = 0;

	types.n_heads = 1024;
	while (types.n_heads < end / 8)
		types.n_heads *= 2;
	types.heads = calloc(types.n_heads, sizeof(*types.heads));
	if (!types.heads)
		return -ENOMEM;
	for (uint32_t id = 1; id < end && !err; id++) {
		const struct btf_type *type = btf__type_by_id(types.all, id);

		if (type->name_off && askable(type))
			err = add_name(id, name_of(types.all, type));
	}
	return err;
}

static int load(void)
{
	types.kernel = btf__load_vmlinux_btf();
	if (!types.kernel)
		return -errno;
	types.all = types.kernel;
	types.n_kernel = btf__type_cnt(types.kernel);
	if (!access(MODULE_FILE, F_OK)) {
		types.module = btf__load_module_btf(MODULE, types.kernel);
		if (!types.module)
			return -errno;
		types.all = types.module;
	}
	types.fd = memfd_create("lsm-guard-types", MFD_CLOEXEC);
	if (types.fd < 0)
		return -errno;
	snprintf(types.path, sizeof(types.path), "/proc/self/fd/%d", types.fd);
	return note_names();
}

int types_load(void)
{
	int err = types.all ? 0 : load();

	if (err)
		types_free();
	return err;
}

void types_free(void)
{
	btf__free(types.module);
	btf__free(types.kernel);
	free(types.entries);
	free(types.heads);
	if (types.fd >= 0)
		close(types.fd);
	memset(&types, 0, sizeof(types));
	types.fd = -1;
}

/* ---- asking ------------------------------------------------------------------- */

/* Enums of both sizes stand for each other. */
static bool same_kind(const struct btf_type *a, const struct btf_type *b)
{
	return btf_kind(a) == btf_kind(b) || (btf_is_any_enum(a) && btf_is_any_enum(b));
}

/* The next entry from number @at on, itself included, with this name and kind; 0: none. */
static uint32_t match(uint32_t at, const char *name, size_t length, const struct btf_type *like)
{
	for (; at; at = types.entries[at].next) {
		const struct btf_type *type = btf__type_by_id(types.all, types.entries[at].id);
		const char *other = name_of(types.all, type);

		if (same_kind(type, like) && !strncmp(name, other, length) && !other[length])
			return at;
	}
	return 0;
}

static uint32_t first_match(const char *name, size_t length, const struct btf_type *like)
{
	if (!types.all)
		return 0;
	return match(types.heads[hash_of(name, length) & (types.n_heads - 1)], name, length, like);
}

static uint32_t next_match(uint32_t at, const char *name, size_t length,
			   const struct btf_type *like)
{
	return match(types.entries[at].next, name, length, like);
}

/* Of several the kernel's first, as libbpf would have it; chains run backwards. */
static int id_of(const char *name, uint32_t kind)
{
	const struct btf_type like = { .info = kind << 24 };
	size_t length = strlen(name);
	uint32_t at = first_match(name, length, &like);
	int id = -ENOENT;

	for (; at; at = next_match(at, name, length, &like))
		if (types.entries[at].id < types.n_kernel)
			id = types.entries[at].id;
	return id;
}

int types_function(const char *name)
{
	return id_of(name, BTF_KIND_FUNC);
}

int types_struct(const char *name)
{
	return id_of(name, BTF_KIND_STRUCT);
}

int types_arguments(const char *name)
{
	const struct btf_type *type;
	int id = types_function(name);

	if (id < 0)
		return id;
	type = btf__type_by_id(types.all, id);
	return btf_vlen(btf__type_by_id(types.all, type->type));
}

/* ---- writing ------------------------------------------------------------------ */

/* Types on their way from one BTF to another. */
struct copy {
	const struct btf *from;
	struct btf *to;
	uint32_t *done; /* by id in from: the id in to, 0: not copied */
};

static int copy_type(struct copy *copy, uint32_t id);

/* Ids in what was copied as it is, put right. The copy may move while others are added. */
static int copy_members(struct copy *copy, uint32_t id, int made)
{
	const struct btf_type *type = btf__type_by_id(copy->from, id);

	for (int i = 0; i < btf_vlen(type); i++) {
		int member = copy_type(copy, btf_members(type)[i].type);
		struct btf_type *moved;

		if (member < 0)
			return member;
		moved = (struct btf_type *)btf__type_by_id(copy->to, made);
		btf_members(moved)[i].type = member;
	}
	return 0;
}

static int copy_array(struct copy *copy, const struct btf_type *type)
{
	const struct btf_array *array = btf_array(type);
	int element = copy_type(copy, array->type);
	int index = element < 0 ? element : copy_type(copy, array->index_type);

	return index < 0 ? index : btf__add_array(copy->to, index, element, array->nelems);
}

static int copy_typedef(struct copy *copy, const struct btf_type *type)
{
	int what = copy_type(copy, type->type);

	return what < 0 ? what : btf__add_typedef(copy->to, name_of(copy->from, type), what);
}

/* Copies a type and what lies within it; 0 is void. Recursion ends: no type contains itself. */
static int copy_type(struct copy *copy, uint32_t id)
{
	const struct btf_type *type = btf__type_by_id(copy->from, id);
	int made, err = 0;

	while (btf_is_mod(type)) {
		id = type->type;
		type = btf__type_by_id(copy->from, id);
	}
	if (!id || copy->done[id])
		return copy->done[id];
	switch (btf_kind(type)) {
	case BTF_KIND_PTR:
		made = btf__add_ptr(copy->to, 0);
		break;
	case BTF_KIND_ARRAY:
		made = copy_array(copy, type);
		break;
	case BTF_KIND_TYPEDEF:
		made = copy_typedef(copy, type);
		break;
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		made = btf__add_type(copy->to, copy->from, type);
		if (made > 0)
			err = copy_members(copy, id, made);
		break;
	case BTF_KIND_INT:
	case BTF_KIND_FLOAT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		made = btf__add_type(copy->to, copy->from, type);
		break;
	default:
		return -EINVAL;
	}
	if (made < 0 || err)
		return made < 0 ? made : err;
	copy->done[id] = made;
	return made;
}

/*
 * Copies all of the kernel's types, or else all of the module's, that are named as @like is:
 * where one name has several meanings, it is libbpf that must find that out.
 */
static int copy_named(struct copy *copy, const struct btf_type *like, const char *name)
{
	size_t length = plain_length(name);
	uint32_t first = first_match(name, length, like);
	bool in_kernel = false;
	int made = 0;

	for (uint32_t at = first; at; at = next_match(at, name, length, like))
		in_kernel |= types.entries[at].id < types.n_kernel;
	for (uint32_t at = first; at && made >= 0; at = next_match(at, name, length, like)) {
		uint32_t id = types.entries[at].id;

		if (in_kernel == (id < types.n_kernel))
			made = copy_type(copy, id);
	}
	return made < 0 ? made : 0;
}

static int copy_all(struct copy *copy, const struct btf *like)
{
	uint32_t end = btf__type_cnt(like);
	int err = 0;

	for (uint32_t id = 1; id < end && !err; id++) {
		const struct btf_type *type = btf__type_by_id(like, id);

		if (type->name_off && btf_kind(type) != BTF_KIND_FUNC && askable(type))
			err = copy_named(copy, type, name_of(like, type));
	}
	return err;
}

static int write_out(const struct btf *btf)
{
	__u32 size, done = 0;
	const char *data = btf__raw_data(btf, &size);

	if (!data)
		return -ENOMEM;
	if (ftruncate(types.fd, 0))
		return -errno;
	while (done < size) {
		ssize_t n = pwrite(types.fd, data + done, size - done, done);

		if (n < 0)
			return -errno;
		done += n;
	}
	return 0;
}

int types_write(const struct btf *like)
{
	struct copy copy = { .from = types.all };
	int err = types.all ? 0 : -ENOENT;

	if (!err) {
		copy.to = btf__new_empty();
		copy.done = calloc(btf__type_cnt(copy.from), sizeof(*copy.done));
		err = copy.to && copy.done ? copy_all(&copy, like) : -ENOMEM;
	}
	if (!err)
		err = write_out(copy.to);
	free(copy.done);
	btf__free(copy.to);
	return err;
}

const char *types_path(void)
{
	return types.path;
}
