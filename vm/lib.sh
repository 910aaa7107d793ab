# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the scripts of this directory share: paths, messages, the matrix, and an apt of our own.

VM_SRC=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(dirname "$VM_SRC")
VM_BUILD=$ROOT/build/vm

# Where mke2fs, depmod and busybox are, which a user's PATH leaves out.
PATH=$PATH:/usr/sbin:/sbin

# The release that the guest runs; it has every kernel of the matrix.
SUITE=bookworm

say() {
	printf '  %-8s %s\n' "$1" "$2" >&2
}

die() {
	printf 'vm/%s: %s\n' "${0##*/}" "$1" >&2
	exit "${2:-1}"
}

matrix_names() {
	awk '!/^#/ && NF { print $1 }' "$VM_SRC/matrix"
}

# matrix_field NAME COLUMN: empty when there is no such kernel.
matrix_field() {
	awk -v name="$1" -v col="$2" '!/^#/ && $1 == name { print $col }' "$VM_SRC/matrix"
}

# The host's own Debian mirrors, with the guest's release in place of the host's: no mirror
# is named in this project, and a host on another release still gets the same guest.
guest_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg option=
	[ -r $keyring ] && option="[signed-by=$keyring] "

	# shellcheck disable=SC2016 # apt expands these, not the shell
	apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' \
		'Created-By: Packages' 'Origin: Debian' 2>/dev/null |
		awk -v suite="$SUITE" -v option="$option" '
			$3 != "main" || $2 ~ /sid|unstable|experimental|backports|proposed/ { next }
			{ sub(/^[a-z]+/, suite, $2); print "deb " option $1 " " $2 " main" }' |
		sort -u
}

# apt with lists of its own below build/: needs no root, and does not depend on how old the
# host's lists are or on which release the host runs.
guest_apt() {
	local dir=$VM_BUILD/apt
	local tool=$1
	shift
	"$tool" -q -o Dir::Etc::sourcelist="$dir/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o Dir::State="$dir/state" -o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o APT::Architecture=amd64 -o APT::Architectures=amd64 \
		-o APT::Sandbox::User= -o Acquire::Languages=none "$@"
}

guest_apt_update() {
	local dir=$VM_BUILD/apt
	mkdir -p "$dir/state/lists/partial" "$dir/cache/archives/partial"
	: >"$dir/status"
	guest_sources >"$dir/sources.list"
	[ -s "$dir/sources.list" ] ||
		die "apt knows no Debian mirror: run 'apt-get update' (as root), or add one"
	guest_apt apt-get update >"$dir/update.log" 2>&1 ||
		die "cannot fetch the package lists: $(tail -n 3 "$dir/update.log")"
}
