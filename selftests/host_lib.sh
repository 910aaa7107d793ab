# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
#
# What the tests share that run on the host: results as KTAP, and the sum as their last line.
# Nothing is loaded into the kernel by them.

TREE=$PWD
GUARD=$TREE/lsm-guard
WORK=$(mktemp -d) || exit 1
trap 'rm -rf "$WORK"' EXIT

passed=0 failed=0

# result STATUS NAME [MORE]: a test's outcome; with what is wrong when it failed.
result() {
	local number=$((passed + failed + 1))

	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok $number $2"
		return
	fi
	failed=$((failed + 1))
	echo "not ok $number $2"
	[ -z "${3:-}" ] || printf '# %s\n' "${3//$'\n'/$'\n# '}"
}

# works NAME COMMAND...: leaves with 0.
works() {
	local name=$1 output
	shift

	output=$("$@" 2>&1 </dev/null)
	result $? "$name" "$output"
}

# same NAME WANT GOT: two texts; what is missing stands with a <, what is too much with a >.
same() {
	local differs

	differs=$(diff <(printf '%s\n' "$2") <(printf '%s\n' "$3") | grep '^[<>]')
	[ -z "$differs" ]
	result $? "$1" "$differs"
}

finish() {
	echo "1..$((passed + failed))"
	echo "$passed passed, $failed failed, 0 skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# The commands beside a start, as --help lists them.
commands_of_help() {
	"$GUARD" --help | grep -oE '^ +lsm-guard [a-z]+' | awk '{ print $2 }' | sort -u
}

# options_of_help COMMAND: of each option "-x", where it has a letter, and "--name ARGUMENT"; no
# command is a start.
options_of_help() {
	"$GUARD" ${1:+"$1"} --help | awk '
		match($0, /^  (-.,|   ) --[a-z-]+[^ ]*/) {
			option = substr($0, RSTART + 6, RLENGTH - 6)
			if ($1 ~ /^-.,$/)
				print substr($1, 1, 2)
			sub(/=/, " ", option)
			print option
		}' | sort
}
