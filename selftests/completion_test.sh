#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Does completion/lsm-guard offer what --help says, and no more? Calls it as bash does: with
# the words of a line, split as bash splits them. Runs on the host, after make.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/host_lib.sh
. selftests/host_lib.sh
# shellcheck source=completion/lsm-guard
. completion/lsm-guard

# The function that bash was told to call.
function_of() {
	complete -p lsm-guard | sed -n 's/.*-F \([^ ]*\) .*/\1/p'
}

# offers LINE: what is offered at the end of the line, sorted. Words are split at blanks and at
# =, which is a word of its own.
offers() {
	local line=$1

	mapfile -t COMP_WORDS < <(sed 's/=/ = /g; s/ *$//' <<<"$line" | tr -s ' ' '\n')
	[[ $line != *' ' ]] || COMP_WORDS+=('')
	COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
	COMP_LINE=$line
	COMP_POINT=${#line}
	COMPREPLY=()
	"$(function_of)" lsm-guard "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
	[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}" | sort
}

long_options() {
	options_of_help "$1" | awk '/^--/ { print $1 }'
}

test_words() {
	local command

	same "nothing yet: commands and the options of a start" \
		"$({ commands_of_help; long_options ''; } | sort)" "$(offers 'lsm-guard ')"
	same "options of a start" "$(long_options '')" "$(offers 'lsm-guard -')"
	same "options of a start, further on" "$(long_options '')" \
		"$(offers 'lsm-guard --audit --')"
	for command in $(commands_of_help); do
		same "$command by all but its last letter" "$command" "$(offers "lsm-guard ${command:0:-1}")"
		same "options of $command" "$(long_options "$command")" \
			"$(offers "lsm-guard $command -")"
	done
	same "a word that is none" '' "$(offers 'lsm-guard zzz')"
}

# Words that stand in --help behind an option, as in --output=text|json.
test_values() {
	local command option values

	for command in '' $(commands_of_help); do
		while read -r option values; do
			[[ $option == --* && $values == *'|'* ]] || continue
			values=$(tr '|' '\n' <<<"$values" | sort)
			same "values of $command $option" "$values" \
				"$(offers "lsm-guard $command $option ")"
			same "values of $command $option=" "$values" \
				"$(offers "lsm-guard $command $option=")"
			same "values of $command $option=${values::1}" "$(grep "^${values::1}" <<<"$values")" \
				"$(offers "lsm-guard $command $option=${values::1}")"
		done < <(options_of_help "$command")
	done
}

# Where --help says FILE there are files.
test_files() {
	local want=$'a b.conf\na.conf\na.d' command option argument n=0

	mkdir "$WORK/files" "$WORK/files/a.d"
	touch "$WORK/files/a.conf" "$WORK/files/a b.conf" "$WORK/files/z"
	cd "$WORK/files" || exit 1
	for command in '' $(commands_of_help); do
		while read -r option argument; do
			[ "$argument" = FILE ] || continue
			n=$((n + 1))
			same "files for $command $option" "$want" "$(offers "lsm-guard $command $option a")"
			same "files for $command $option=" "$want" "$(offers "lsm-guard $command $option=a")"
		done < <(options_of_help "$command")
		"$GUARD" ${command:+"$command"} --help | grep -q '^Usage: .*\] FILE' || continue
		n=$((n + 1))
		same "files for $command" "$want" "$(offers "lsm-guard $command a")"
		same "all files for $command" "$want"$'\nz' "$(offers "lsm-guard $command ")"
	done
	[ $n -ge 2 ]
	result $? "there are commands and options that take files" "only $n"
	cd "$TREE" || exit 1
}

[ -x "$GUARD" ] || { echo "no ./lsm-guard: run make first"; exit 1; }
works "bash knows whom to ask" declare -F "$(function_of)"
test_words
test_values
test_files
finish
