#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# `make install` and `make uninstall`, into directories of their own: what is there, that the
# texts name each other where they are, that nothing else is touched, and that what is
# installed works. Runs on the host, after make.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/host_lib.sh
. selftests/host_lib.sh

put() {
	make --no-print-directory -s "$@" 2>&1
}

# Everything below a directory: its kind and mode, and of files what is in them.
listing() {
	(
		cd "$1" || exit
		find . -mindepth 1 -printf '%y %m %p\n'
		find . -type f -exec sha256sum {} +
	) | sort -k 3
}

files() {
	(cd "$1" && find . ! -type d | sed 's,^\.,,' | sort)
}

# What belongs below a PREFIX.
expected() {
	local file

	for file in sbin/lsm-guard share/man/man8/lsm-guard.8 share/man/man5/lsm-guard.conf.5 \
		lib/systemd/system/lsm-guard.service \
		share/bash-completion/completions/lsm-guard; do
		echo "$1/$file"
	done
	find policies -type f ! -name "*~" | sed "s,^,$1/share/lsm-guard/,"
}

# A machine that has other things in the same places, and a policy.
populate() {
	local dir

	for dir in etc/lsm-guard "$2/sbin" "$2/share/man/man8" "$2/share/man/man5" \
		"$2/lib/systemd/system" "$2/share/bash-completion/completions"; do
		mkdir -p "$1/$dir"
		echo "not ours" >"$1/$dir/other"
	done
	echo 'mode = audit' >"$1/etc/lsm-guard/lsm-guard.conf"
}

# Into an empty directory, by somebody whose files nobody else may read.
test_empty() {
	local prefix=$1 root=$WORK/empty$1 once

	mkdir -p "$root"
	umask 077
	works "$prefix: install" put install "DESTDIR=$root" "PREFIX=$prefix"
	umask 022
	same "$prefix: what is installed" "$(expected "$prefix" | sort)" "$(files "$root")"
	test_modes "$prefix" "$root$prefix"
	once=$(listing "$root")
	works "$prefix: install again" put install "DESTDIR=$root" "PREFIX=$prefix"
	same "$prefix: the second time it is the same" "$once" "$(listing "$root")"
	test_texts "$prefix" "$root$prefix"
	test_program "$prefix" "$root$prefix"
	works "$prefix: uninstall" put uninstall "DESTDIR=$root" "PREFIX=$prefix"
	same "$prefix: no file is left" '' "$(files "$root")"
	same "$prefix: nor a directory of ours" '' "$(find "$root" -name 'lsm-guard*')"
	works "$prefix: uninstall what is not there" put uninstall "DESTDIR=$root" "PREFIX=$prefix"
}

# Where other things are; afterwards all is as before.
test_populated() {
	local prefix=$1 root=$WORK/populated$1 before

	populate "$root" "$prefix"
	before=$(listing "$root")
	put install "DESTDIR=$root" "PREFIX=$prefix"
	same "$prefix: what was there is as it was" '' \
		"$(grep -vxF -f <(listing "$root") <<<"$before")"
	put uninstall "DESTDIR=$root" "PREFIX=$prefix"
	same "$prefix: what is left is what was there" "$before" "$(listing "$root")"
	put install "DESTDIR=$root" "PREFIX=$prefix"
	echo "# ours" >"$root$prefix/share/lsm-guard/policies/examples/site.conf"
	put uninstall "DESTDIR=$root" "PREFIX=$prefix"
	same "$prefix: somebody's own policy stays" "$prefix/share/lsm-guard/policies/examples/site.conf" \
		"$(files "$root" | grep /share/lsm-guard/)"
}

test_modes() {
	local prefix=$1 at=$2

	same "$prefix: what is executable" "755 sbin/lsm-guard" \
		"$(cd "$at" && find . -type f -perm /111 -printf '%m %P\n')"
	same "$prefix: everyone may read all of it" '' \
		"$(cd "$at" && find . -mindepth 1 \( -type f ! -perm 644 ! -perm 755 -o -type d ! -perm 755 \))"
}

# Each path that a text names is installed.
test_texts() {
	local prefix=$1 at=$2 text path missing=

	for text in share/man/man8/lsm-guard.8 share/man/man5/lsm-guard.conf.5 \
		lib/systemd/system/lsm-guard.service; do
		while read -r path; do
			[[ $path == "$prefix"/* && -e ${at%"$prefix"}${path%.} ]] ||
				missing+="$text: $path"$'\n'
		done < <(grep -ohE '/[a-z/]*/(sbin|share)/lsm-guard[a-z0-9/.-]*' "$at/$text")
	done
	[ -z "$missing" ]
	result $? "$prefix: the texts name what is there" "$missing"
	same "$prefix: the unit starts what is there" "$prefix/sbin/lsm-guard" \
		"$(sed -n 's/^Exec\(Start\|Reload\)=\([^ ]*\).*/\2/p' \
			"$at/lib/systemd/system/lsm-guard.service" | sort -u)"
	works "$prefix: mandoc has nothing to say" mandoc -Tlint -W warning \
		"$at/share/man/man8/lsm-guard.8" "$at/share/man/man5/lsm-guard.conf.5"
}

test_program() {
	local prefix=$1 at=$2 policy faulty=

	works "$prefix: the program runs" "$at/sbin/lsm-guard" --version
	# Errors in the text, that is; what a policy names need not be on this machine.
	for policy in "$at"/share/lsm-guard/policies/*.conf \
		"$at"/share/lsm-guard/policies/examples/*.conf; do
		faulty+=$("$at/sbin/lsm-guard" check "$policy" 2>&1 >/dev/null |
			grep -E '^[^ ]*:[0-9]+: ' | grep -vE 'No such file|there is none of this name')
	done
	[ -z "$faulty" ]
	result $? "$prefix: the policies can be read where they are" "$faulty"
}

# As systemd reads it, with what it starts in place.
test_unit() {
	local root=$WORK/unit said

	if ! command -v systemd-analyze >/dev/null; then
		echo "# no systemd-analyze here: the unit is not looked at"
		return
	fi
	put install "DESTDIR=$root" PREFIX=/usr >/dev/null
	said=$(systemd-analyze verify --man=no --root="$root" lsm-guard.service 2>&1 |
		grep -F lsm-guard.service)
	same "systemd has nothing to say of the unit" '' "$said"
}

[ -x "$GUARD" ] || { echo "no ./lsm-guard: run make first"; exit 1; }
for prefix in /usr /usr/local; do
	test_empty "$prefix"
	test_populated "$prefix"
done
test_unit
finish
