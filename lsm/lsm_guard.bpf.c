// SPDX-License-Identifier: GPL-2.0-only
/*
 * The one object that is loaded: every guard, sharing maps and verdicts. The loader
 * loads of it only the programs that the policy needs.
 */
#include "identify.bpf.c"
#include "program.bpf.c"
#include "file.bpf.c"
#include "file_ioctl.bpf.c"
#include "file_names.bpf.c"
#include "file_mounts.bpf.c"
#include "memory.bpf.c"
#include "socket.bpf.c"

char LICENSE[] SEC("license") = "GPL";
