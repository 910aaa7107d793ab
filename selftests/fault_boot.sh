#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# A kernel that is booted without BPF among its LSMs, or locked down so far that no program may
# read its memory, enforces nothing, nor is it known whether one does that does not tell its LSMs;
# and lsm-guard says so: in a start, in a check and in a probe, with what is to be changed.
# From the host; TAP on stdout, and a last line "N passed, N failed, N skipped".
#
# usage: selftests/fault_boot.sh [KERNEL]...     (default: all of the matrix)

set -u
cd "$(dirname "$0")/.." || exit 1
. selftests/host_lib.sh

# In the guest: each command's exit status on a line of its own, and what is loaded afterwards.
# shellcheck disable=SC2016 # for the guest
ACTS='echo secret >/tmp/secret
printf "file /tmp/secret { read = none }\n" >/tmp/policy
before=$(bpftool prog list; bpftool map list; bpftool link list)
for command in "--policy /tmp/policy" "check /tmp/policy" probe; do
	./lsm-guard $command >/tmp/said 2>&1
	echo "status $command: $?"
	sed "s,^,$command says: ," /tmp/said
done
[ "$before" = "$(bpftool prog list; bpftool map list; bpftool link list)" ] && echo nothing is left
cat /tmp/secret'

[ $# -gt 0 ] || mapfile -t kernels < <(awk '!/^#/ && NF { print $1 }' vm/matrix)
[ $# -eq 0 ] || kernels=("$@")
# refuses KERNEL ARGUMENT SAYS [FIRST]: booted with the argument, and when the command FIRST has
# been run, nothing is done, and it says why.
refuses() {
	local want said
	said=$(vm/run --kernel "$1" --append "$2" -- bash -c "${4:-}"$'\n'"$ACTS" 2>&1)
	for want in "status --policy /tmp/policy: 3" "status check /tmp/policy: 3" "status probe: 3" \
		"--policy /tmp/policy says: lsm-guard: $3" "nothing is left" secret; do
		grep -qF -e "$want" <<<"$said"
		result $? "$1 $2: $want" "$said"
	done
	! grep -qE 'enforcing|ENFORCED' <<<"$said"
	result $? "$1 $2: it does not say that it enforces" "$said"
}

for kernel in "${kernels[@]}"; do
	refuses "$kernel" lsm=landlock,capability 'bpf is not among the active LSMs'
	refuses "$kernel" lockdown=confidentiality 'the kernel is locked down to confidentiality'
	refuses "$kernel" quiet 'the list of active LSMs cannot be read' \
		'umount /sys/kernel/security'
done
finish
