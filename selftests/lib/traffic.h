/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What comes in over the link of lib/net.h, tried one thing after the other: datagrams in one and
 * in many fragments, streams in large segments, replies to each kind of socket, and what nobody
 * listed or asked for.
 */
#ifndef SELFTESTS_TRAFFIC_H
#define SELFTESTS_TRAFFIC_H

#include <stdbool.h>
#include <stddef.h>

/* The section that it is made for. */
#define TRAFFIC_POLICY "interface guard0 { accept = { 192.0.2.2:2000, [2001:db8::2]:2000 } }\n"

/* How much did not end as it should; all gets in when it is not @guarded. */
size_t traffic_wrong(bool guarded);

#endif
