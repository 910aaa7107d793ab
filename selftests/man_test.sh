#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Are the manual pages true? Every command, option, key, word and limit that the program has
# stands in them, and none that it has not. Runs on the host, after make.

set -u
cd "$(dirname "$0")/.." || exit 1
# shellcheck source=selftests/host_lib.sh
. selftests/host_lib.sh

MANUAL=man/lsm-guard.8
LANGUAGE=man/lsm-guard.conf.5
COMMON=$'--help\n--usage\n--version\n-?\n-V' # of every command

# ---- reading mdoc ---------------------------------------------------------------------

# section FILE NAME [SUBSECTION]: the lines of a section (.Sh), of it or of its .Ss.
section() {
	awk -v name="$2" -v sub_name="${3:-}" '
		/^\.Sh / { here = substr($0, 5) == name; below = ""; next }
		/^\.Ss / { below = $2; if (sub_name != "") next }
		here && (sub_name == "" || below == sub_name)' "$1"
}

subsections() {
	awk -v name="$2" '/^\.Sh / { here = substr($0, 5) == name } here && /^\.Ss / { print $2 }' "$1"
}

# One word a line, without macros, commas and escapes.
words() {
	tr ' ' '\n' | grep -vxE '|,|;|\.|[A-Z][a-z]|\.[A-Z][a-z]' | sed 's/\\&//; s/,$//' | sort -u
}

# What is marked as the name of a field.
variables() {
	sed -n 's/^\.\(It \)\?Va //p' | words
}

# The options of `.It Fl ...` lines, as options_of_help() writes them.
options_of_items() {
	sed -n 's/^\.It Fl //p' | awk '{
		gsub(/ (Ar|Cm) /, " ")
		gsub(/ \| /, "|")
		gsub(/\\&/, "")
		n = split($0, options, / , Fl /)
		for (i = 1; i <= n; i++)
			print "-" options[i]
	}' | sort
}

# The options that a command has in the synopsis.
options_of_synopsis() {
	section $MANUAL SYNOPSIS | awk -v command="$1" '
		/^\.Nm/ { is = "" }
		/^\.Cm/ { is = $2 }
		/^\.(Op )?Fl/ {
			sub(/^\.(Op )?Fl /, "")
			gsub(/ (Ar|Cm) /, " ")
			gsub(/ \| /, "|")
			options[is] = options[is] "-" $0 "\n"
		}
		END { printf "%s", options[command] }' | sort
}

# ---- commands and options ---------------------------------------------------------------

test_commands() {
	local commands command want

	commands=$(commands_of_help)
	same "each command has a subsection" "$commands" "$(subsections $MANUAL COMMANDS | sort)"
	same "each command is in the synopsis" "$commands" \
		"$(section $MANUAL SYNOPSIS | sed -n 's/^\.Cm //p' | sort -u)"
	same "the options of a start" "$(options_of_help '')" \
		"$(section $MANUAL OPTIONS | options_of_items)"
	for command in '' $commands; do
		want=$(options_of_help "$command" | grep -vxF -e "$COMMON" | grep '^--')
		same "the usage of '$command' begins with it" "Usage: lsm-guard${command:+ $command}" \
			"$("$GUARD" ${command:+"$command"} --help | head -n 1 |
				grep -oE '^Usage: lsm-guard( [a-z]+)?')"
		same "the synopsis of '$command'" "$want" "$(options_of_synopsis "$command")"
		[ -n "$command" ] || continue
		same "the options of '$command'" \
			"$(options_of_help "$command" | grep -vxF -e "$COMMON")" \
			"$(section $MANUAL COMMANDS "$command" | options_of_items)"
	done
	same "no option is named that there is not" '' \
		"$(grep -ohE '(^\.| )Fl -[a-z-]+' $MANUAL $LANGUAGE | sed 's/.*Fl -/--/' | sort -u |
			grep -vxF -f <(for command in '' $commands; do
				options_of_help "$command"
			done | awk '{ print $1 }'))"
}

# ---- events -----------------------------------------------------------------------------

# The strings of C code, one a line.
strings() {
	cat "$@" | sed 's/\\"/\x01/g' | grep -oE '"[^"]*"' | tr '\001' '"'
}

# The item `.It Va NAME` or `.It Cm NAME` of the events, up to the next one.
event_item() {
	section $MANUAL EVENTS | awk -v item=".It $1" '
		index($0, ".It ") == 1 || /^\.El/ { here = index($0, item) == 1; next } here'
}

test_events() {
	local code=(loader/fields.c loader/event.c loader/guards/*.c)

	same "the fields of JSON" \
		"$(grep -ohE 'fields_(string|number)\([a-z&]+, "[a-z_]+"' "${code[@]}" | cut -d'"' -f2 | sort -u)" \
		"$(section $MANUAL EVENTS | variables)"
	same "the verdicts" \
		"$(strings loader/event.c loader/watch.c | grep -oE '(^"|[ "])[A-Z][A-Z-]{3,}' | tr -d ' "' | sort -u)" \
		"$(event_item 'Va verdict' | words | grep -vx or)"
	same "the guards" \
		"$(sed -n 's/^\t\.name = "\(.*\)",/\1/p' loader/guards/*.c | sort)" \
		"$(event_item 'Va guard' | words | grep -vx or)"
	same "the accesses" \
		"$({
			sed -n 's/^\t\[KEY_.*\] = "\(.*\)",/\1/p' loader/guards/program_policy.c
			sed -n '/verbs\[GUARD_FIRST_KEY\]/p' loader/guard.c | strings - | tr -d '"'
			echo accept
		} | sort)" \
		"$(section $MANUAL EVENTS | sed -n 's/^\.It Cm //p' | words)"
	same "what a packet is dropped for" \
		"$(sed -n 's/^\t\[GUARD_PACKET_DROP_.*\] = "\(.*\)",/\1/p' loader/guard.c | sort)" \
		"$(section $LANGUAGE 'INTERFACE SECTIONS' | sed -n 's/^\.It Cm //p; s/^\.Cm \(not listed\|icmp\)\>.*/\1/p' | sort)"
	says "why a packet is dropped" $MANUAL \
		"$(sed -n 's/^\t\[GUARD_PACKET_DROP_.*\] = "\(.*\)",/\1/p' loader/guard.c)"
	says "how an interface is attached to" $MANUAL \
		"$(sed -n '/const char \*how = /,/;$/p' loader/event.c | strings - | tr -d '"')"
	says "what went wrong" $MANUAL "$(sed -n 's/^\t\[GUARD_FAULT_.*{ "[A-Z]*", "\(.*\)" },/\1/p' loader/event.c)"
}

# What status prints, for programs that read it.
test_status() {
	local source=(loader/status*.c)

	same "the fields and metrics of status" \
		"$({
			grep -ohE '(json_string|label)\("[a-z_0-9]+"' "${source[@]}" | cut -d'"' -f2
			strings "${source[@]}" | tr -d ' ' |
				grep -oE '"[a-z_]+":|\<(line|guard)="|^"(accepted|dropped)"$' | tr -d '=":'
			grep -ohE '\<metric\("[a-z_]+"' "${source[@]}" | cut -d'"' -f2 |
				sed 's/^/lsm_guard_/'
		} | sort -u)" \
		"$(section $MANUAL COMMANDS status | variables)"
	says "the states" $MANUAL "$(sed -n '/^const char \*const condition_names/,/^};/p' \
		loader/status.c | strings - | tr -d '"')"
}

# The rows of the table that `lsm-guard run --help` ends with, each on one line.
rows_of_run() {
	ARGP_HELP_FMT=rmargin=200 "$GUARD" run --help | sed -n '/^Held:/,$ s/^  //p'
}

# What is held without root: each row in the manual, and in the README with columns between.
test_run() {
	local columns

	columns=$(tr -d '|`' <README.md | tr -s ' ')
	says "what run holds, and by what" $MANUAL "$(rows_of_run)"
	same "the README's table of that" '' "$(rows_of_run |
		sed -E 's/ \(((seccomp|Landlock|RLIMIT).*)\)$/ \1/' | while read -r row; do
			[[ $columns == *"$row"* ]] || echo "$row"
		done)"
}

# says NAME FILE LINES: each of the lines stands in the page as it is read.
says() {
	local text line missing=

	text=$(mandoc -Tascii "$2" | col -b | tr -s ' \t\n' ' ')
	[ -n "$3" ] || missing="nothing to look for"
	while read -r line; do
		[[ $text == *"$line"* ]] || missing+="not in $2: $line"$'\n'
	done <<<"$3"
	[ -z "$missing" ]
	result $? "$1" "$missing"
}

# ---- the policy's language ----------------------------------------------------------------

# The keys of a schema in C, by the names that libConfuse is given.
keys_of_schema() {
	grep -oE 'CFG_[A-Z_]+\("[a-z-]+"' "$1" | cut -d'"' -f2 | sort
}

keys_of_page() {
	section $LANGUAGE "$1" | sed -n 's/^\.It Ic \([a-z-]*\).*/\1/p' | sort
}

test_keys() {
	local file keyword keywords=

	for file in loader/guards/*_policy.c; do
		keyword=$(sed -n 's/^\t\.keyword = "\(.*\)",/\1/p' "$file")
		keywords+=${keyword^^}$' SECTIONS\n'
		same "the keys of a $keyword section" "$(keys_of_schema "$file")" \
			"$(keys_of_page "${keyword^^} SECTIONS")"
		same "$file hides no key" "$(grep -cE 'CFG_(PTR|INT|STR|BOOL|FLOAT|FUNC|SIMPLE)[A-Z_]*\(' "$file")" \
			"$(keys_of_schema "$file" | wc -l)"
	done
	same "the sections" "$(sort <<<"${keywords%$'\n'}")" \
		"$(sed -n 's/^\.Sh \(.* SECTIONS\)$/\1/p' $LANGUAGE | sort)"
	same "the keys of the top level" "$(keys_of_schema loader/policy.c)" \
		"$(keys_of_page 'TOP LEVEL')"
}

test_words() {
	local item

	item=$(section $LANGUAGE 'PROGRAM SECTIONS' |
		awk '/^\.It / { here = /^\.It Ic families/; next } here && /^\.Cm / { print $2 }')
	same "the words of families" \
		"$(sed -n '/policy_family_names/,/};/p' loader/guards/program_policy.c | strings - |
			tr -d '"' | sort)" "$(sort <<<"$item")"
	same "the words of mode" "$(sed -n 's/.*\[MODE_.*\] = "\(.*\)",/\1/p' loader/policy_number.c |
		paste -sd'|')" "$(section $LANGUAGE 'TOP LEVEL' |
		sed -n 's/^\.It Ic mode Li = Cm //p' | tr -d ' ')"
	same "the words of fallback-action" \
		"$(sed -n 's/.*\[FALLBACK_.*\] = "\(.*\)",/\1/p' loader/policy_number.c | paste -sd'|')" \
		"$(section $LANGUAGE 'TOP LEVEL' | sed -n 's/^\.It Ic fallback-action Li = Cm //p' | tr -d ' ')"
}

# limit FILE CONSTANT VALUE PAGE TEXT: where the code has another value by now, or the page
# says it no more, the page is to be mended, and then this line.
limit() {
	local value text

	value=$(sed -nE "s,^#define $2[[:space:]]+,,p" "$1" | sed 's,[[:space:]]*/\*.*,,')
	text=$(mandoc -Tascii "$4" | col -b | tr -s ' \t\n' ' ')
	[ "$value" = "$3" ] && [[ $text == *"$5"* ]]
	result $? "$2 is '$5'" "$1 has '$value', for which $4 should say '$5'"
}

test_limits() {
	limit loader/policy_private.h SOURCE_MAX '(256u << 20)' $LANGUAGE 'may have 256 MiB'
	limit loader/policy_private.h LINE_BYTES_MAX '(64u << 10)' $LANGUAGE 'a line 64 KiB'
	limit loader/policy_private.h INCLUDE_DEPTH_MAX 16u $LANGUAGE 'At most 16 deep'
	limit loader/policy_private.h INCLUDE_FILES_MAX 10000u $LANGUAGE 'deep, and 10000 files'
	limit loader/policy_private.h LIST_FILES_MAX 10000u $LANGUAGE 'At most 10000 files'
	limit loader/policy_private.h LIST_ENDPOINTS_MAX '(16u << 20)' $LANGUAGE \
		'of 16777216 endpoints each'
	limit loader/policy_private.h ERRORS_PRINTED_MAX 1000u $LANGUAGE 'the first 1000 are shown'
	limit loader/guards/program_policy.c COUNT_MAX 4194304u $LANGUAGE '4194304 at most'
	limit loader/policy_number.c SIZE_LEAST 4096u $LANGUAGE 'from 4096 up'
	limit loader/main.c SECONDS_MAX 86400 $MANUAL '(1 to 86400)'
	limit loader/main.c PROVE_EVERY 60 $MANUAL '(default: 60)'
	limit lsm/lsm_guard.h GUARD_RULES_PER_OBJECT 4 $LANGUAGE 'At most four sections can be'
	limit lsm/lsm_guard.h GUARD_SECTIONS_PER_TASK 8 $LANGUAGE 'At most eight sections bind'
	limit lsm/lsm_guard.h GUARD_SECTIONS_PER_EXEC 4 $LANGUAGE 'more than four files'
	limit lsm/lsm_guard.h GUARD_EVENTS_PER_SECOND 10 $MANUAL 'ten events a second'
	limit lsm/lsm_guard.h GUARD_FRAGMENTS_NS '(30 * 1000000000ULL)' $LANGUAGE 'last 30 seconds'
	limit lsm/lsm_guard.h GUARD_SENT_NS '(60 * 1000000000ULL)' $LANGUAGE 'last 60 seconds'
	limit lsm/packet.bpf.h ETH_TAGS 2 $LANGUAGE 'more than two VLAN tags'
	limit lsm/packet.bpf.h IPV6_EXTENSIONS 8 $LANGUAGE 'eight IPv6 extension headers'
}

# ---- the examples ---------------------------------------------------------------------------

# What is wrong with an example beside that this machine has not what it names.
errors_of_example() {
	"$GUARD" check "$1" 2>&1 >/dev/null | grep -E '^[^ ]*:[0-9]+: ' |
		grep -vE '^[^ ]*:[0-9]+: (program [^ ]*: No such file|interface [^ ]*: there is none|the (list|policy file) [^ ]* cannot be opened: No such file)'
}

test_examples() {
	local example n=0 errors

	awk -v out="$WORK/example" '
		/^\.Bd -literal/ { here = 1; n++; next }
		/^\.Ed/ { here = 0 }
		here { gsub(/\\e/, "\\"); print > (out n) }' $LANGUAGE
	for example in "$WORK"/example*; do
		head -n 1 "$example" | grep -qE '^(file|program|interface|mode) ' || continue
		n=$((n + 1))
		errors=$(errors_of_example "$example")
		[ -z "$errors" ]
		result $? "example: $(head -n 1 "$example")" "$errors"
	done
	[ $n -ge 6 ]
	result $? "the examples were found" "only $n"
}

# ---- the pages as such ------------------------------------------------------------------------

test_pages() {
	works "mandoc has nothing to say" mandoc -Tlint -W warning $MANUAL $LANGUAGE
}

[ -x "$GUARD" ] || { echo "no ./lsm-guard: run make first"; exit 1; }
test_pages
test_commands
test_events
test_status
test_run
test_keys
test_words
test_limits
test_examples
finish
