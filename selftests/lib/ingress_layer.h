/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What ingress_layer.bpf.c is asked, and answers. The kernel takes at most 65535 bytes.
 */
#ifndef SELFTESTS_INGRESS_LAYER_H
#define SELFTESTS_INGRESS_LAYER_H

#include <linux/types.h>

#define INGRESS_LAYER_FRAME 65000
#define INGRESS_LAYER_REST  64 /* behind a frame there is always something in the kernel */

struct ingress_layer {
	__u32 ifindex;
	__u32 network; /* where the IP header is */
	__u32 linear;  /* the bytes that are at hand */
	__u32 n;       /* and all of the frame */
	__u32 type;    /* the Ethernet type, in network order */
	/* answered */
	__u32 outcome;
	__u32 protocol;
	__u32 unused;
	__u8 frame[INGRESS_LAYER_FRAME + INGRESS_LAYER_REST];
};

#endif
