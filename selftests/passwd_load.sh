#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# passwd replaces /etc/shadow while a thousand processes that are on no list try to read it:
# the one works, and not one of the others ever opens it, under any of the names that it has
# on its way. In the guest, as root, from the top of the tree:
#
#   vm/run -- selftests/passwd_load.sh

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/strict_lib.sh
. selftests/strict_lib.sh

READERS=1000
TIMES=3
NAMES=(/etc/shadow /etc/nshadow '/etc/shadow+' '/etc/shadow-')

inode() {
	stat -c %i /etc/shadow
}

# The new password, twice.
change() {
	python3 selftests/strict_expect.py "ew password: =load-Bob-$1" "etype new password: =load-Bob-$1" \
		-- passwd bob
}

install_policy
works "without the guard the file can be read" build/probe read /etc/shadow

guard_start "$POLICY"
build/probe hammer $READERS /tmp/stop "${NAMES[@]}" >/run/readers 2>&1 &
readers=$!
for i in $(seq $TIMES); do
	old=$(inode)
	works "passwd, time $i" change "$i"
	[ "$old" != "$(inode)" ]
	result $? "time $i it put a new file there" "inode $old"
done
touch /tmp/stop
wait $readers
status=$?
cp /run/readers "$OUTPUT"
[ $status -eq 1 ] && grep -q "^$READERS readers: 0 opened, [1-9]" /run/readers
result $? "none of $READERS readers ever opened it" "status $status: $(tail -n 1 /run/readers)"
sed 's/^/# /' /run/readers
guard_stop
finish
