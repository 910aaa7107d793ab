// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every guard in one object, sharing maps and verdicts. The loader
 * loads of it only the programs that the policy needs.
 */
#include "handover.bpf.c"
#include "program.bpf.c"
#include "file.bpf.c"
#include "file_ioctl.bpf.c"
#include "file_names.bpf.c"
#include "file_mounts.bpf.c"
#include "memory.bpf.c"
#include "socket.bpf.c"
#include "socket_receive.bpf.c"
#include "ingress.bpf.c"
#include "fallback/redirect.bpf.c"

char LICENSE[] SEC("license") = "GPL";
