// SPDX-License-Identifier: GPL-2.0-only
/*
 * One interface: what the kernel is told of it, and our program on it. An entry in the maps
 * comes before the program and goes after it. What is attached is a link that goes with its
 * descriptor.
 */
#include <errno.h>
#include <unistd.h>
#include <linux/if_link.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "former.h"
#include "interfaces.h"
#include "pins.h"

static int tell_kernel(struct instance *in, const struct guard_interface *what)
{
	struct guard_interface *slot =
		&in->skel->bss->state.interfaces[guard_interface_slot(what->ifindex)];
	int err = bpf_map_update_elem(bpf_map__fd(in->skel->maps.interfaces), &what->ifindex, what,
				      BPF_ANY);

	if (err || (slot->ifindex && slot->ifindex != what->ifindex))
		return err;
	/* A reader that finds the number finds the rest. */
	slot->rule = what->rule;
	slot->number = what->number;
	slot->list = what->list;
	slot->flags = what->flags;
	__atomic_store_n(&slot->ifindex, what->ifindex, __ATOMIC_RELEASE);
	return 0;
}

void interface_forget(struct instance *in, __u32 ifindex)
{
	struct guard_interface *slot =
		&in->skel->bss->state.interfaces[guard_interface_slot(ifindex)];

	if (slot->ifindex == ifindex)
		__atomic_store_n(&slot->ifindex, 0, __ATOMIC_RELEASE);
	bpf_map_delete_elem(bpf_map__fd(in->skel->maps.interfaces), &ifindex);
}

/*
 * A reload: the link of the guard before us takes our program, so that there is none between.
 * A descriptor, or a negative errno where there is no such link.
 */
static int take_link(struct instance *in, struct interface *is)
{
	LIBBPF_OPTS(bpf_xdp_query_opts, query);
	int former, link = former_link(in->former, is->ifindex, &former), err;

	if (link < 0)
		return link;
	if (!bpf_link_update(link, bpf_program__fd(in->skel->progs.ingress_xdp), NULL)) {
		is->former = former;
		is->native = !bpf_xdp_query(is->ifindex, 0, &query) &&
			     query.attach_mode == XDP_ATTACHED_DRV;
		return link;
	}
	err = -errno;
	close(former);
	close(link);
	return err;
}

/*
 * In the driver where that can, else behind it. Behind a bond always: one that has a program
 * in its driver takes no slaves that cannot do the same. A descriptor, or a negative errno.
 */
static int attach_link(struct instance *in, const struct interface *is, bool *native)
{
	static const __u32 modes[] = { XDP_FLAGS_DRV_MODE, XDP_FLAGS_SKB_MODE };
	int link = -1;

	for (size_t i = is->bond; i < 2 && link < 0; i++) {
		LIBBPF_OPTS(bpf_link_create_opts, opts, .flags = modes[i]);

		link = bpf_link_create(bpf_program__fd(in->skel->progs.ingress_xdp), is->ifindex,
				       BPF_XDP, &opts);
		*native = !i;
	}
	return link < 0 ? -errno : link;
}

/* Where the link was another guard's, that one has it again. */
void interface_detach(struct interface *is)
{
	if (is->former >= 0) {
		bpf_link_update(is->link, is->former, NULL);
		close(is->former);
	}
	if (is->link >= 0)
		close(is->link);
	is->link = is->former = -1;
}

void interface_release(struct interface *is)
{
	if (is->link >= 0 && is->former < 0)
		bpf_link_detach(is->link);
	interface_detach(is);
}

/* What its section says of it, to the kernel. */
int interface_tell(struct instance *in, const struct interface *is)
{
	struct guard_interface kernel = is->section->kernel;

	kernel.ifindex = is->ifindex;
	kernel.number = is->number;
	kernel.flags |=
		(is->link >= 0 ? GUARD_INTERFACE_XDP : 0) | (is->bare ? GUARD_INTERFACE_IP : 0);
	return tell_kernel(in, &kernel);
}

void interface_attach(struct instance *in, struct interface *is)
{
	int err = interface_tell(in, is);

	if (!err) {
		is->link = take_link(in, is);
		if (is->link < 0)
			is->link = attach_link(in, is, &is->native);
		err = is->link < 0 ? is->link : interface_tell(in, is);
	}
	if (!err)
		err = pins_add_link(in, is->link);
	if (is->error != -err)
		is->told = false;
	is->error = -err;
}

/* Is it still on the interface? Anybody who may can detach it, and the link stays. */
bool interface_is_attached(const struct interface *is)
{
	struct bpf_link_info info = {};
	__u32 size = sizeof(info);

	return is->link >= 0 && !bpf_obj_get_info_by_fd(is->link, &info, &size) &&
	       info.xdp.ifindex == is->ifindex;
}
