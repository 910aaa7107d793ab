/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of policies and what reading them must give: the errors, word for word, or
 * the content (file:line, path, what it is, mode, fallback-action; ! says that the
 * section has its own, "alone" that it says inherit = no). The text is called "t".
 */
#ifndef LSM_GUARD_POLICY_CASES_H
#define LSM_GUARD_POLICY_CASES_H

/* A text with its length: it may have NUL bytes. */
#define TEXT(s) (s), sizeof(s) - 1

/* clang-format off */
static const struct policy_case cases[] = {
	{ "an empty policy is a policy",
	  TEXT(""),
	  "enforce report\n" },
	{ "comments alone are a policy",
	  TEXT("# a\n"
	       "// b\n"
	       "/* c\n"
	       " d */\n"
	       "\n"),
	  "enforce report\n" },
	{ "every key of the top level",
	  TEXT("mode = audit\n"
	       "fallback-action = kill\n"
	       "updaters = { -/usr/bin/dpkg, /usr/bin/apt }\n"),
	  "audit kill\n"
	  "updaters@3 -/usr/bin/dpkg@3 /usr/bin/apt@3\n" },
	{ "the top level's values may be quoted",
	  TEXT("mode = \"audit\"\n"
	       "fallback-action = 'redirect'\n"
	       "updaters = none\n"),
	  "audit redirect\n"
	  "updaters@3 none\n" },
	{ "one updater needs no braces",
	  TEXT("updaters = /usr/bin/dpkg\n"),
	  "enforce report\n"
	  "updaters@1 /usr/bin/dpkg@1\n" },
	{ "a section with every key",
	  TEXT("file /etc/shadow {\n"
	       "\tread = { /usr/sbin/sshd, -/usr/bin/sudo }\n"
	       "\twrite = none\n"
	       "\texecute = any\n"
	       "\tmode = audit\n"
	       "\tfallback-action = kill\n"
	       "}\n"),
	  "enforce report\n"
	  "t:1 /etc/shadow audit! kill!\n"
	  " read@2 /usr/sbin/sshd@2 -/usr/bin/sudo@2\n"
	  " write@3 none\n"
	  " execute@4 any\n" },
	{ "all on one line",
	  TEXT("mode = audit file /a { read = none write = { /b,/c } } file /d "
	       "{write=any}\n"),
	  "audit report\n"
	  "t:1 /a audit report\n"
	  " read@1 none\n"
	  " write@1 /b@1 /c@1\n"
	  "t:1 /d audit report\n"
	  " write@1 any\n" },
	{ "one program needs no braces",
	  TEXT("file /a { read = /usr/bin/x }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " read@1 /usr/bin/x@1\n" },
	{ "words in braces",
	  TEXT("file /a { read = { none } write = { any } }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " read@1 none\n"
	  " write@1 any\n" },
	{ "a comma may end a list",
	  TEXT("file /a { read = { /b, /c, } }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " read@1 /b@1 /c@1\n" },
	{ "each value has its own line",
	  TEXT("\n"
	       "# c\n"
	       "file\n"
	       " /a\n"
	       "{\n"
	       "\tread\n"
	       "=\n"
	       "{\n"
	       "/b, # x\n"
	       "\n"
	       "/* y\n"
	       " */ -/c\n"
	       ",\n"
	       "'/d' }\n"
	       "}\n"),
	  "enforce report\n"
	  "t:3 /a enforce report\n"
	  " read@6 /b@9 -/c@12 /d@14\n" },
	{ "lines after a comment of many lines",
	  TEXT("/* 1\n"
	       "2\n"
	       "3 */ file /a { /* 3\n"
	       "4 */ write = none }\n"),
	  "enforce report\n"
	  "t:3 /a enforce report\n"
	  " write@4 none\n" },
	{ "comments of each kind, anywhere",
	  TEXT("file /a { # x }\n"
	       "// }\n"
	       "/* } */ write /* = any */ = none // y\n"
	       "} #"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " write@3 none\n" },
	{ "a trailing slash is a tree",
	  TEXT("file /etc/ssh/ { write = none }\n"),
	  "enforce report\n"
	  "t:1 /etc/ssh/ tree enforce report\n"
	  " write@1 none\n" },
	{ "the root is a tree",
	  TEXT("file / { write = none }\n"),
	  "enforce report\n"
	  "t:1 / tree enforce report\n"
	  " write@1 none\n" },
	{ "a dash makes a title optional",
	  TEXT("file -/etc/a { write = none }\n"
	       "file \"-/etc/b/\" { write = none }\n"),
	  "enforce report\n"
	  "t:1 -/etc/a enforce report\n"
	  " write@1 none\n"
	  "t:2 -/etc/b/ tree enforce report\n"
	  " write@2 none\n" },
	{ "a glob",
	  TEXT("file \"/home/*/.ssh/k?y[0-9]\" { write = none }\n"),
	  "enforce report\n"
	  "t:1 /home/*/.ssh/k?y[0-9] glob enforce report\n"
	  " write@1 none\n" },
	{ "a glob may end in a slash",
	  TEXT("file '/home/*/.ssh/' { write = none }\n"),
	  "enforce report\n"
	  "t:1 /home/*/.ssh/ tree glob enforce report\n"
	  " write@1 none\n" },
	{ "? and [ need no quotes",
	  TEXT("file /a/b?[!c] { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a/b?[!c] glob enforce report\n"
	  " write@1 none\n" },
	{ "an escaped glob is literal",
	  TEXT("file '/a\\*b' { write = none }\n"
	       "file \"/c\\\\?d\" { write = none }\n"
	       "file /e\\[f { write = none }\n"
	       "file '/g\\\\\\\\h' { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a*b enforce report\n"
	  " write@1 none\n"
	  "t:2 /c?d enforce report\n"
	  " write@2 none\n"
	  "t:3 /e[f enforce report\n"
	  " write@3 none\n"
	  "t:4 /g\\h enforce report\n"
	  " write@4 none\n" },
	{ "a glob keeps its escapes",
	  TEXT("file '/a\\*b*' { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a\\*b* glob enforce report\n"
	  " write@1 none\n" },
	{ "escapes in double quotes",
	  TEXT("file \"/a\\\"b\\$\\x41\\xc3\\xa4\" { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a\"b$A\303\244 enforce report\n"
	  " write@1 none\n" },
	{ "escapes in single quotes",
	  TEXT("file '/a\\'b${c}' { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a'b${c} enforce report\n"
	  " write@1 none\n" },
	{ "blanks and marks in quotes",
	  TEXT("file \"/a b{}()=,+#;\" { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a b{}()=,+#; enforce report\n"
	  " write@1 none\n" },
	{ "names in other scripts",
	  TEXT("file /\303\244/\346\227\245\346\234\254 { write = none }\n"),
	  "enforce report\n"
	  "t:1 /\303\244/\346\227\245\346\234\254 enforce report\n"
	  " write@1 none\n" },
	{ "a program may have an escaped star",
	  TEXT("file /a { read = '/b\\*' }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " read@1 /b*@1\n" },
	{ "a dash inside a name is no mark",
	  TEXT("file /a-b { read = /usr/bin/-x }\n"),
	  "enforce report\n"
	  "t:1 /a-b enforce report\n"
	  " read@1 /usr/bin/-x@1\n" },
	{ "a dotted name is no detour",
	  TEXT("file /a/.b/..c/d. { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a/.b/..c/d. enforce report\n"
	  " write@1 none\n" },
	{ "the mode may come last",
	  TEXT("file /a { write = none }\n"
	       "file /b { write = none mode = enforce }\n"
	       "mode = audit\n"
	       "fallback-action = redirect\n"),
	  "audit redirect\n"
	  "t:1 /a audit redirect\n"
	  " write@1 none\n"
	  "t:2 /b enforce! redirect\n"
	  " write@2 none\n" },
	{ "the file and the tree are two",
	  TEXT("file /a { write = none }\n"
	       "file /a/ { write = none }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " write@1 none\n"
	  "t:2 /a/ tree enforce report\n"
	  " write@2 none\n" },
	{ "the same program in two lists",
	  TEXT("file /a { read = /b write = /b }\n"),
	  "enforce report\n"
	  "t:1 /a enforce report\n"
	  " read@1 /b@1\n"
	  " write@1 /b@1\n" },
	{ "no newline at the end",
	  TEXT("mode = audit"),
	  "audit report\n" },
	{ "words that look like keys",
	  TEXT("file /read { read = /write }\n"),
	  "enforce report\n"
	  "t:1 /read enforce report\n"
	  " read@1 /write@1\n" },
	{ "a NUL byte",
	  TEXT("mode = audit\n"
	       "mode\000 = x\n"),
	  "t:2: a NUL byte: this is no text, and nothing of it is used\n" },
	{ "a NUL byte at the end",
	  TEXT("file /a { write = none }\n"
	       "\000"),
	  "t:2: a NUL byte: this is no text, and nothing of it is used\n" },
	{ "a byte order mark",
	  TEXT("\357\273\277mode = audit\n"),
	  "t:1: the file begins with a byte order mark: save it as UTF-8 without "
	  "BOM\n" },
	{ "a byte order mark inside",
	  TEXT("mode = audit \357\273\277\n"),
	  "t:1: byte 0xef begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:1: unknown word '___' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "CR LF",
	  TEXT("mode = audit\015\n"
	       "file /a {\015\n"
	       "write = none\015\n"
	       "}\015\n"),
	  "t:1: the line ends in CR LF: save the file with LF alone (sed -i "
	  "'s/\\r$//')\n" },
	{ "a lone CR",
	  TEXT("mode =\015audit\n"),
	  "t:1: control character 0x0d in the text: remove it\n" },
	{ "control characters, one error a line",
	  TEXT("mode = \001\002audit\n"
	       "\033[31m\n"),
	  "t:1: control character 0x01 in the text: remove it\n"
	  "t:1: mode cannot be '__audit': did you mean 'audit'?\n"
	  "t:2: control character 0x1b in the text: remove it\n"
	  "t:2: unknown word '_[31m' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "DEL",
	  TEXT("file /a\177b { write = none }\n"),
	  "t:1: control character 0x7f in the text: remove it\n" },
	{ "DEL first",
	  TEXT("file \177 { write = none }\n"),
	  "t:1: control character 0x7f in the text: remove it\n"
	  "t:1: a file section: '_' is no absolute path: begin it with '/'\n" },
	{ "bytes that are no UTF-8",
	  TEXT("file /a\377\376 { write = none }\n"
	       "# \303\n"),
	  "t:1: byte 0xff begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:2: byte 0xc3 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "overlong UTF-8",
	  TEXT("# \300\257\n"
	       "# \340\200\200\n"
	       "# \360\200\200\200\n"),
	  "t:1: byte 0xc0 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:2: byte 0xe0 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:3: byte 0xf0 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "surrogates and beyond",
	  TEXT("# \355\240\200\n"
	       "# \364\220\200\200\n"
	       "# \370\210\200\200\200\n"),
	  "t:1: byte 0xed begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:2: byte 0xf4 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:3: byte 0xf8 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "UTF-8 cut by the end",
	  TEXT("# \346\227"),
	  "t:1: byte 0xe6 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "marks that turn the line",
	  TEXT("# \342\200\256 abc\n"),
	  "t:1: byte 0xe2 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "C1 controls",
	  TEXT("# \302\205\n"),
	  "t:1: byte 0xc2 begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n" },
	{ "a string without end",
	  TEXT("file \"/a {\n"
	       "\twrite = none\n"
	       "}\n"),
	  "t:1: this string has no closing \" on its line: add it\n" },
	{ "a string over two lines",
	  TEXT("file /a { read = '/b\n"
	       "/c' }\n"),
	  "t:1: this string has no closing ' on its line: add it\n"
	  "t:2: '/c'' has a ' in it: quote the whole of it\n" },
	{ "a string continued by a backslash",
	  TEXT("file \"/a\\\n"
	       "b\" { write = none }\n"),
	  "t:1: this string has no closing \" on its line: add it\n"
	  "t:2: 'b\"' has a \" in it: quote the whole of it\n" },
	{ "a string at the end of the file",
	  TEXT("mode = \"audit"),
	  "t:1: this string has no closing \" on its line: add it\n" },
	{ "a backslash at the end of the file",
	  TEXT("mode = \"audit\\"),
	  "t:1: this string has no closing \" on its line: add it\n" },
	{ "a string that goes on",
	  TEXT("file \"/a\"b { write = none }\n"),
	  "t:1: this string goes on after its closing quote: put all of it between "
	  "one pair of quotes, and a blank before a comment\n" },
	{ "two strings without a blank",
	  TEXT("file /a { read = { \"/b\"\"/c\" } }\n"),
	  "t:1: this string goes on after its closing quote: put all of it between "
	  "one pair of quotes, and a blank before a comment\n" },
	{ "a quote inside a word",
	  TEXT("file /a\"b\" { write = none }\n"),
	  "t:1: '/a\"b\"' has a \" in it: quote the whole of it\n" },
	{ "an unquoted star",
	  TEXT("file /home/*/x { write = none }\n"),
	  "t:1: '/home/*/x' has a * outside quotes, where /* begins a comment: quote "
	  "it, as in \"/home/*/.ssh/\"\n" },
	{ "an unquoted star at the end",
	  TEXT("file /etc/*.conf { write = none }\n"
	       "file /etc/a* { write = none }\n"),
	  "t:1: '/etc/*.conf' has a * outside quotes, where /* begins a comment: "
	  "quote it, as in \"/home/*/.ssh/\"\n"
	  "t:2: '/etc/a*' has a * outside quotes, where /* begins a comment: quote "
	  "it, as in \"/home/*/.ssh/\"\n" },
	{ "an unquoted plus",
	  TEXT("file /a { read = /usr/bin/g++ }\n"),
	  "t:1: '/usr/bin/g++' has a + in it: quote the whole of it\n" },
	{ "a mark inside a word",
	  TEXT("file /etc/a#b { write = none }\n"),
	  "t:1: '/etc/a#b' has a # in it, which begins a comment: quote it, or put a "
	  "blank before the comment\n" },
	{ "a comment without a blank",
	  TEXT("mode = audit# why\n"),
	  "t:1: 'audit' has a # in it, which begins a comment: quote it, or put a "
	  "blank before the comment\n" },
	{ "a comment with two slashes, without a blank",
	  TEXT("mode = audit\n"
	       "//why\n"),
	  "t:2: '//why' begins with //, which begins a comment: write one slash for "
	  "a path, a blank after // for a comment\n" },
	{ "a comment without end",
	  TEXT("mode = audit\n"
	       "/* why\n"
	       "\n"),
	  "t:2: the comment that begins here with /* never ends: close it with */, "
	  "or quote what was meant as a path\n" },
	{ "a comment without end that was a path",
	  TEXT("file /* { write = none }\n"),
	  "t:1: the comment that begins here with /* never ends: close it with */, "
	  "or quote what was meant as a path\n"
	  "t:2: a file section needs a title, the end of the file is none: write "
	  "file /etc/shadow { write = none }\n" },
	{ "the end of a comment alone",
	  TEXT("mode = audit */\n"),
	  "t:1: '*/' has a * outside quotes, where /* begins a comment: quote it, as "
	  "in \"/home/*/.ssh/\"\n" },
	{ "a variable",
	  TEXT("file ${HOME}/x { write = none }\n"),
	  "t:1: '${HOME}/x' has ${...} in it, which is not expanded in a policy: "
	  "write the value itself, or put it in single quotes if it is meant "
	  "literally\n" },
	{ "a variable in double quotes",
	  TEXT("file \"${HOME}/x\" { write = none }\n"),
	  "t:1: ${...} is not expanded in a policy: write the value itself, or put "
	  "it in single quotes if it is meant literally\n" },
	{ "a variable with blanks",
	  TEXT("file ${HOME:-/root /x} { write = none }\n"),
	  "t:1: '${HOME:-/root /x}' has ${...} in it, which is not expanded in a "
	  "policy: write the value itself, or put it in single quotes if it is meant "
	  "literally\n" },
	{ "a variable as value",
	  TEXT("mode = ${MODE}\n"),
	  "t:1: '${MODE}' has ${...} in it, which is not expanded in a policy: write "
	  "the value itself, or put it in single quotes if it is meant literally\n" },
	{ "a NUL by escape",
	  TEXT("file \"/etc/shadow\\x00x\" { write = none }\n"),
	  "t:1: control characters cannot be part of a policy: cover such a name by "
	  "the directory above it (/directory/) or by a glob\n" },
	{ "a NUL by octal escape",
	  TEXT("file \"/etc/shadow\\0x\" { write = none }\n"),
	  "t:1: in double quotes a \\ stands before \", \\, $ or x and two hex "
	  "digits: write \\\\ for the character itself, or use single quotes\n" },
	{ "an octal escape",
	  TEXT("file \"/a\\101\" { write = none }\n"),
	  "t:1: in double quotes a \\ stands before \", \\, $ or x and two hex "
	  "digits: write \\\\ for the character itself, or use single quotes\n" },
	{ "a newline by escape",
	  TEXT("file \"/a\\nb\" { write = none }\n"),
	  "t:1: in double quotes a \\ stands before \", \\, $ or x and two hex "
	  "digits: write \\\\ for the character itself, or use single quotes\n" },
	{ "a control character by escape",
	  TEXT("file \"/a\\x1bb\" { write = none }\n"
	       "file \"/a\\x7Fb\" { write = none }\n"),
	  "t:1: control characters cannot be part of a policy: cover such a name by "
	  "the directory above it (/directory/) or by a glob\n"
	  "t:2: control characters cannot be part of a policy: cover such a name by "
	  "the directory above it (/directory/) or by a glob\n" },
	{ "an escape with one digit",
	  TEXT("file \"/a\\x4\" { write = none }\n"),
	  "t:1: in double quotes a \\ stands before \", \\, $ or x and two hex "
	  "digits: write \\\\ for the character itself, or use single quotes\n" },
	{ "no UTF-8 by escape",
	  TEXT("file \"/a\\xff\" { write = none }\n"),
	  "t:1: a file section: '/a\\xff' is not visible UTF-8: cover such a name by "
	  "the directory above it (/directory/) or by a glob\n" },
	{ "an escaped star in double quotes",
	  TEXT("file \"/a\\*b\" { write = none }\n"),
	  "t:1: in double quotes a \\ before a character of a glob is lost: write it "
	  "twice (\\\\*), or use single quotes\n" },
	{ "an unknown key",
	  TEXT("moed = enforce\n"),
	  "t:1: unknown key 'moed' in a policy: did you mean 'mode'?\n" },
	{ "an unknown key without a near one",
	  TEXT("colour = blue\n"),
	  "t:1: unknown key 'colour' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "two unknown keys",
	  TEXT("moed = enforce\n"
	       "updater = none\n"),
	  "t:1: unknown key 'moed' in a policy: did you mean 'mode'?\n"
	  "t:2: unknown key 'updater' in a policy: did you mean 'updaters'?\n" },
	{ "an unknown key in a section",
	  TEXT("file /a { raed = none\n"
	       "write = none }\n"),
	  "t:1: unknown key 'raed' in a file section: did you mean 'read'?\n" },
	{ "a key of the top level in a section",
	  TEXT("file /a { write = none\n"
	       "updaters = none }\n"),
	  "t:2: 'updaters' does not belong in a file section: write it at the top "
	  "level\n" },
	{ "a key of a section at the top level",
	  TEXT("write = none\n"),
	  "t:1: unknown key 'write' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "an unknown section",
	  TEXT("flie /a { write = none }\n"
	       "mode = audti\n"),
	  "t:1: unknown word 'flie' in a policy: did you mean 'file'?\n"
	  "t:2: mode cannot be 'audti': did you mean 'audit'?\n" },
	{ "a section that does not exist",
	  TEXT("container /usr/sbin/nginx {\n"
	       "\tmemory = 512M\n"
	       "}\n"),
	  "t:1: unknown word 'container' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "a section inside a section",
	  TEXT("file /a { write = none\n"
	       "nested { read = none } }\n"),
	  "t:2: unknown word 'nested' in a file section: what may stand here is "
	  "read, write, execute, mode, decoy, fallback-action\n" },
	{ "an unknown function",
	  TEXT("includes(\"/x\")\n"),
	  "t:1: unknown word 'includes' in a policy: did you mean 'include'?\n" },
	{ "trailing garbage",
	  TEXT("file /a { write = none } garbage\n"),
	  "t:1: unknown word 'garbage' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program, interface\n" },
	{ "trailing marks",
	  TEXT("file /a { write = none }\n"
	       ") = , (\n"),
	  "t:2: ')' is not expected here: a key or a section would be right\n" },
	{ "a brace too many",
	  TEXT("file /a { write = none }\n"
	       "}\n"),
	  "t:2: '}' closes nothing: remove it\n" },
	{ "a section that is never closed",
	  TEXT("file /a {\n"
	       "\twrite = none\n"),
	  "t:1: the file section that begins here is never closed: add a '}'\n" },
	{ "a section not closed before the next",
	  TEXT("file /a {\n"
	       "\twrite = none\n"
	       "file /b { write = none }\n"),
	  "t:3: the file section that begins at line 1 is not closed: add a '}' "
	  "before this line\n" },
	{ "a section without title",
	  TEXT("file {\n"
	       "\twrite = none\n"
	       "}\n"),
	  "t:1: a file section needs a title, '{' is none: write file /etc/shadow { "
	  "write = none }\n" },
	{ "a section without title or brace",
	  TEXT("file\n"),
	  "t:2: a file section needs a title, the end of the file is none: write "
	  "file /etc/shadow { write = none }\n" },
	{ "a section without brace",
	  TEXT("file /a\n"
	       "\twrite = none\n"
	       "}\n"),
	  "t:2: '{' is missing after the title of the file section, before 'write': "
	  "write file /etc/shadow { write = none }\n" },
	{ "a section as key",
	  TEXT("file = /a\n"),
	  "t:1: a file section needs a title, '=' is none: write file /etc/shadow { "
	  "write = none }\n" },
	{ "a section with two titles",
	  TEXT("file /a /b { write = none }\n"),
	  "t:1: '{' is missing after the title of the file section, before '/b': "
	  "write file /etc/shadow { write = none }\n" },
	{ "a key as section",
	  TEXT("mode { audit }\n"),
	  "t:1: 'mode' takes one value, no list: write 'mode = VALUE' without { }\n" },
	{ "no equals sign",
	  TEXT("mode audit\n"),
	  "t:1: '=' is missing after 'mode': write 'mode = VALUE'\n" },
	{ "no equals sign in a section",
	  TEXT("file /a { write none\n"
	       "read { /b } }\n"),
	  "t:1: '=' is missing after 'write': write 'write = VALUE'\n"
	  "t:2: '=' is missing after 'read': write 'read = VALUE'\n" },
	{ "no value",
	  TEXT("mode =\n"
	       "fallback-action = \n"
	       "file /a { write = }\n"),
	  "t:1: the value of 'mode' is missing: write 'mode = VALUE'\n"
	  "t:2: the value of 'fallback-action' is missing: write 'fallback-action = "
	  "VALUE'\n"
	  "t:3: the value of 'write' is missing: write 'write = VALUE'\n" },
	{ "a value on the next line may look like a key",
	  TEXT("mode =\n"
	       "file /a { write = none }\n"),
	  "t:1: the value of 'mode' is missing: write 'mode = VALUE'\n" },
	{ "+=",
	  TEXT("file /a { read += { /b } }\n"
	       "updaters+=/x\n"),
	  "t:1: '+=' would make the order matter: give all values of 'read' in one "
	  "list with '='\n"
	  "t:2: '+=' would make the order matter: give all values of 'updaters' in "
	  "one list with '='\n" },
	{ "a list where one value belongs",
	  TEXT("mode = { audit }\n"),
	  "t:1: 'mode' takes one value, no list: write 'mode = VALUE' without { }\n" },
	{ "two values where one belongs",
	  TEXT("mode = enforce, audit\n"),
	  "t:1: ',' is not expected here: a key or a section would be right\n" },
	{ "an empty list",
	  TEXT("file /a { read = {} }\n"
	       "updaters = { }\n"),
	  "t:1: the list of 'read' is empty: write 'read = none' to close it to "
	  "everyone\n"
	  "t:2: the list of 'updaters' is empty: write 'updaters = none' to close it "
	  "to everyone\n" },
	{ "a list of a comma",
	  TEXT("file /a { read = { , } }\n"),
	  "t:1: ',' is not expected here: in a list values stand with single commas "
	  "between them\n"
	  "t:1: the list of 'read' is empty: write 'read = none' to close it to "
	  "everyone\n" },
	{ "two commas",
	  TEXT("file /a { read = { /b,, x } }\n"),
	  "t:1: ',' is not expected here: in a list values stand with single commas "
	  "between them\n"
	  "t:1: read: 'x' is no absolute path: begin it with '/'\n" },
	{ "no comma",
	  TEXT("file /a { read = { /b /c, x } }\n"),
	  "t:1: a comma is missing before '/c': add it\n"
	  "t:1: read: 'x' is no absolute path: begin it with '/'\n" },
	{ "no comma between lines",
	  TEXT("file /a { read = { /b\n"
	       "/c } }\n"),
	  "t:2: a comma is missing before '/c': add it\n" },
	{ "a list that is not closed",
	  TEXT("file /a { read = { /b,\n"
	       "\twrite = none\n"
	       "}\n"),
	  "t:2: the list of 'read' that begins at line 1 is not closed: add a '}' "
	  "before 'write'\n" },
	{ "a list that is never closed",
	  TEXT("file /a { read = { /b"),
	  "t:1: the list of 'read' that begins at line 1 is not closed: add a '}' "
	  "before the end of the file\n"
	  "t:1: the file section that begins here is never closed: add a '}'\n" },
	{ "a list in a list",
	  TEXT("file /a { read = { { /b } } write = x }\n"),
	  "t:1: '{' is not expected here: in a list values stand with single commas "
	  "between them\n"
	  "t:1: write: 'x' is no absolute path: begin it with '/'\n" },
	{ "a list closed by a bracket",
	  TEXT("updaters = { /b )\n"),
	  "t:1: ')' is not expected here: in a list values stand with single commas "
	  "between them\n" },
	{ "a keyword in quotes",
	  TEXT("\"mode\" = audit\n"
	       "'file' /a { write = none }\n"),
	  "t:1: '\"mode\"' is not expected here: keys and sections stand without "
	  "quotes\n" },
	{ "a key in quotes",
	  TEXT("file /a { \"write\" = none }\n"),
	  "t:1: '\"write\"' is not expected here: keys and sections stand without "
	  "quotes\n" },
	{ "a semicolon",
	  TEXT("mode = audit;\n"
	       "file /a { write = none; }\n"),
	  "t:1: mode cannot be 'audit;': did you mean 'audit'?\n"
	  "t:2: write: 'none;' is no absolute path: did you mean 'none'?\n" },
	{ "a libConfuse path as key",
	  TEXT("file|a = x\n"),
	  "t:1: unknown key 'file|a' in a policy: did you mean 'file'?\n" },
	{ "mode",
	  TEXT("mode = enfroce\n"
	       "file /a { write = none mode = xyzzy }\n"),
	  "t:1: mode cannot be 'enfroce': did you mean 'enforce'?\n"
	  "t:2: mode cannot be 'xyzzy': write enforce or audit\n" },
	{ "mode is lower case",
	  TEXT("mode = AUDIT\n"),
	  "t:1: mode cannot be 'AUDIT': did you mean 'audit'?\n" },
	{ "mode is not empty",
	  TEXT("mode = \"\"\n"),
	  "t:1: mode cannot be '': write enforce or audit\n" },
	{ "fallback-action",
	  TEXT("fallback-action = kil\n"
	       "file /a { write = none\n"
	       "fallback-action = nothing-at-all }\n"),
	  "t:1: fallback-action cannot be 'kil': did you mean 'kill'?\n"
	  "t:3: fallback-action cannot be 'nothing-at-all': write report, redirect "
	  "or kill\n" },
	{ "a key given twice at the top level",
	  TEXT("mode = audit\n"
	       "\n"
	       "mode = audit\n"),
	  "t:3: 'mode' is given twice, first at t:1: keep one (values of both go "
	  "into one list)\n" },
	{ "a key given twice in a section",
	  TEXT("file /a {\n"
	       "\tread = none\n"
	       "\tread = /b\n"
	       "}\n"),
	  "t:3: 'read' is given twice, first at t:2: keep one (values of both go "
	  "into one list)\n" },
	{ "updaters cannot be any",
	  TEXT("updaters = any\n"),
	  "t:1: updaters cannot be any: whoever may replace a trusted program has "
	  "all that it has; list the programs, or write none\n" },
	{ "none and a program",
	  TEXT("file /a { read = { none, /b } }\n"),
	  "t:1: read: 'none' contradicts the other values of the list: write 'read = "
	  "none' or the list without it\n" },
	{ "any and a program",
	  TEXT("file /a { read = { /b,\n"
	       "any } }\n"),
	  "t:2: read: 'any' contradicts the other values of the list: write 'read = "
	  "any' or the list without it\n" },
	{ "none and any",
	  TEXT("file /a { read = { none, any } }\n"),
	  "t:1: read: 'none' contradicts the other values of the list: write 'read = "
	  "none' or the list without it\n"
	  "t:1: read: 'any' contradicts the other values of the list: write 'read = "
	  "any' or the list without it\n" },
	{ "a program twice",
	  TEXT("file /a { read = { /b,\n"
	       "-/b } }\n"),
	  "t:2: read: '/b' is in this list already, at line 1: remove one\n" },
	{ "a section without a verb",
	  TEXT("file /a { }\n"
	       "file /b { mode = audit }\n"),
	  "t:1: this file section closes nothing: give it read, write or execute, "
	  "for example 'write = none'\n"
	  "t:2: this file section closes nothing: give it read, write or execute, "
	  "for example 'write = none'\n" },
	{ "a section twice",
	  TEXT("file /a { write = none }\n"
	       "file \"/a\" { read = none }\n"
	       "file -/a { read = none }\n"),
	  "t:2: a file section for '/a' is already at t:1: put all its keys into "
	  "that one\n"
	  "t:3: a file section for '/a' is already at t:1: put all its keys into "
	  "that one\n" },
	{ "a section twice, by escapes",
	  TEXT("file \"/a\\x62\" { write = none }\n"
	       "file /ab { read = none }\n"),
	  "t:2: a file section for '/ab' is already at t:1: put all its keys into "
	  "that one\n" },
	{ "a tree twice",
	  TEXT("file /a/ { write = none }\n"
	       "file \"/a/\" { read = none }\n"),
	  "t:2: a file section for '/a/' is already at t:1: put all its keys into "
	  "that one\n" },
	{ "a relative title",
	  TEXT("file etc/shadow { write = none }\n"),
	  "t:1: a file section: 'etc/shadow' is no absolute path: begin it with '/'\n" },
	{ "a relative program",
	  TEXT("file /a { read = { bin/b, ./c } }\n"),
	  "t:1: read: 'bin/b' is no absolute path: begin it with '/'\n"
	  "t:1: read: './c' is no absolute path: begin it with '/'\n" },
	{ "a misspelt word",
	  TEXT("file /a { read = nome }\n"),
	  "t:1: read: 'nome' is no absolute path: did you mean 'none'?\n" },
	{ "a home directory",
	  TEXT("file ~/x { write = none }\n"),
	  "t:1: a file section: '~/x' begins with '~', which is not expanded: write "
	  "an absolute path\n" },
	{ "an empty title",
	  TEXT("file \"\" { write = none }\n"),
	  "t:1: a file section: '' is empty: write an absolute path\n" },
	{ "a lone dash",
	  TEXT("file - { write = none }\n"
	       "file /b { read = { - } }\n"),
	  "t:1: a file section: '-' is empty: write an absolute path\n"
	  "t:2: read: '-' is empty: write an absolute path\n" },
	{ "two dashes",
	  TEXT("file --/a { write = none }\n"),
	  "t:1: a file section: '--/a' has two '-': one is enough to make it "
	  "optional\n" },
	{ "a dot",
	  TEXT("file /a/./b { write = none }\n"
	       "file /a/. { write = none }\n"),
	  "t:1: a file section: '/a/./b' has a '.' in it: leave it out\n"
	  "t:2: a file section: '/a/.' has a '.' in it: leave it out\n" },
	{ "two dots",
	  TEXT("file /a/../b { write = none }\n"
	       "file /.. { write = none }\n"),
	  "t:1: a file section: '/a/../b' has a '..' in it: write the path without "
	  "detours\n"
	  "t:2: a file section: '/..' has a '..' in it: write the path without "
	  "detours\n" },
	{ "a doubled slash",
	  TEXT("file /a//b { write = none }\n"
	       "file /c/d// { write = none }\n"),
	  "t:1: a file section: '/a//b' has a doubled slash: write a single one\n"
	  "t:2: a file section: '/c/d//' has a doubled slash: write a single one\n" },
	{ "a doubled slash in front",
	  TEXT("file \"//a\" { write = none }\n"
	       "file //b { write = none }\n"),
	  "t:1: a file section: '//a' has a doubled slash: write a single one\n"
	  "t:2: '//b' begins with //, which begins a comment: write one slash for a "
	  "path, a blank after // for a comment\n" },
	{ "a lone backslash",
	  TEXT("file '/a\\b' { write = none }\n"
	       "file '/a\\\\' { write = none }\n"),
	  "t:1: a file section: '/a\\b' has a lone \\: it stands before * ? [ ] or "
	  "another \\ only\n"
	  "t:2: a file section: '/a\\' has a lone \\: it stands before * ? [ ] or "
	  "another \\ only\n" },
	{ "a bracket that is not closed",
	  TEXT("file /a[b { write = none }\n"
	       "file /a[b/c] { write = none }\n"),
	  "t:1: a file section: '/a[b' has a '[' without ']': write \\[ if the "
	  "character itself is meant\n"
	  "t:2: a file section: '/a[b/c]' has a '[' without ']': write \\[ if the "
	  "character itself is meant\n" },
	{ "a program that is a glob",
	  TEXT("file /a { read = { \"/b/*\", /c?, /d[e] } }\n"),
	  "t:1: read: '/b/*' is a glob: name each path, or write \\ before * ? [ if "
	  "the characters themselves are meant\n"
	  "t:1: read: '/c?' is a glob: name each path, or write \\ before * ? [ if "
	  "the characters themselves are meant\n"
	  "t:1: read: '/d[e]' is a glob: name each path, or write \\ before * ? [ if "
	  "the characters themselves are meant\n" },
	{ "a program that is a directory",
	  TEXT("file /a { read = /usr/bin/ }\n"),
	  "t:1: read: '/usr/bin/' ends in a slash, as directories do: write the path "
	  "of a file\n" },
	{ "include from memory",
	  TEXT("include(\"/x\")\n"),
	  "t:1: include() needs a file around it, and this text comes from memory: "
	  "put the sections here\n" },
	{ "include without brackets",
	  TEXT("include \"/x\"\n"
	       "include = \"/x\"\n"),
	  "t:1: include takes one path in brackets: write "
	  "include(\"/etc/lsm-guard/conf.d/*.conf\")\n"
	  "t:2: include takes one path in brackets: write "
	  "include(\"/etc/lsm-guard/conf.d/*.conf\")\n" },
	{ "include without path",
	  TEXT("include()\n"
	       "include(\"\")\n"),
	  "t:1: include takes one path in brackets: write "
	  "include(\"/etc/lsm-guard/conf.d/*.conf\")\n"
	  "t:2: include() needs a file around it, and this text comes from memory: "
	  "put the sections here\n" },
	{ "include with two paths",
	  TEXT("include(\"/x\", \"/y\")\n"),
	  "t:1: include takes one path in brackets: write "
	  "include(\"/etc/lsm-guard/conf.d/*.conf\")\n" },
	{ "include in a section",
	  TEXT("file /a { write = none\n"
	       "include(\"/x\") }\n"),
	  "t:2: 'include' does not belong in a file section: write it at the top "
	  "level\n" },
	{ "include not closed",
	  TEXT("include(\"/x\"\n"
	       "mode = audit\n"),
	  "t:1: include takes one path in brackets: write "
	  "include(\"/etc/lsm-guard/conf.d/*.conf\")\n" },
	{ "all errors in one run",
	  TEXT("moed = audit\n"
	       "file a {\n"
	       "\tread = { /b, c, /d/ }\n"
	       "\twrit = none\n"
	       "}\n"
	       "file /e { }\n"
	       "mode = x\n"
	       "}\n"),
	  "t:1: unknown key 'moed' in a policy: did you mean 'mode'?\n"
	  "t:2: a file section: 'a' is no absolute path: begin it with '/'\n"
	  "t:3: read: 'c' is no absolute path: begin it with '/'\n"
	  "t:3: read: '/d/' ends in a slash, as directories do: write the path of a "
	  "file\n"
	  "t:4: unknown key 'writ' in a file section: did you mean 'write'?\n"
	  "t:6: this file section closes nothing: give it read, write or execute, "
	  "for example 'write = none'\n"
	  "t:7: mode cannot be 'x': write enforce or audit\n"
	  "t:8: '}' closes nothing: remove it\n" },
	{ "a program section with every key",
	  TEXT("program /usr/sbin/nginx {\n"
	       "\tconnect = { 10.0.0.0/8:5432/tcp, [2001:db8::/32]:443/tcp }\n"
	       "\tlisten = { 80/tcp, 443/tcp }\n"
	       "\treceive = any\n"
	       "\tfamilies = { unix, inet, inet6 }\n"
	       "\tallocation = 64M\n"
	       "\tmemory = 512M\n"
	       "\taddress-space = 4G\n"
	       "\tchildren = 8\n"
	       "\tdescendants = 64\n"
	       "\tthreads = 32\n"
	       "\tinherit = no\n"
	       "\tmode = audit\n"
	       "}\n"),
	  "enforce report\n"
	  "t:1 program /usr/sbin/nginx audit! alone\n"
	  " connect@2 10.0.0.0/8:5432-5432/tcp@2 2001:db8::/32:443-443/tcp@2\n"
	  " listen@3 any:80-80/tcp@3 any:443-443/tcp@3\n"
	  " receive@4 any\n"
	  " families@5 0x7\n"
	  " allocation@6 67108864\n"
	  " memory@7 536870912\n"
	  " address-space@8 4294967296\n"
	  " children@9 8\n"
	  " descendants@10 64\n"
	  " threads@11 32\n" },
	{ "the order of keys does not matter",
	  TEXT("program /p { mode = enforce threads = 2 inherit = yes families = none\n"
	       "memory = 1G receive = none connect = 53 } mode = audit\n"),
	  "audit report\n"
	  "t:1 program /p enforce!\n"
	  " connect@2 any:53-53/tcp/udp@2\n"
	  " receive@2 none\n"
	  " families@1 0\n"
	  " memory@2 1073741824\n"
	  " threads@1 2\n" },
	{ "a program section takes the policy's mode, wherever it stands",
	  TEXT("program /p { connect = none }\n"
	       "program /q { connect = none mode = enforce }\n"
	       "mode = audit\n"),
	  "audit report\n"
	  "t:1 program /p audit\n"
	  " connect@1 none\n"
	  "t:2 program /q enforce!\n"
	  " connect@2 none\n" },
	{ "an optional program",
	  TEXT("program -/usr/bin/p { memory = 1G }\n"
	       "program '-/usr/bin/q' { memory = 1G }\n"),
	  "enforce report\n"
	  "t:1 program -/usr/bin/p enforce\n"
	  " memory@1 1073741824\n"
	  "t:2 program -/usr/bin/q enforce\n"
	  " memory@2 1073741824\n" },
	{ "a file and a program of the same path",
	  TEXT("file /usr/bin/p { write = none }\n"
	       "program /usr/bin/p { memory = 1G }\n"
	       "file /usr/bin/q { write = none }\n"
	       "program /usr/bin/q { memory = 1G }\n"),
	  "enforce report\n"
	  "t:1 /usr/bin/p enforce report\n"
	  " write@1 none\n"
	  "t:3 /usr/bin/q enforce report\n"
	  " write@3 none\n"
	  "t:2 program /usr/bin/p enforce\n"
	  " memory@2 1073741824\n"
	  "t:4 program /usr/bin/q enforce\n"
	  " memory@4 1073741824\n" },
	{ "a program section by escapes",
	  TEXT("program '/a\\*b' { memory = 1G }\n"
	       "program \"/c\\x20d\" { memory = 1G }\n"),
	  "enforce report\n"
	  "t:1 program /a*b enforce\n"
	  " memory@1 1073741824\n"
	  "t:2 program /c d enforce\n"
	  " memory@2 1073741824\n" },
	{ "one endpoint needs no braces",
	  TEXT("program /p { connect = 443/tcp listen = [::1]:80 receive = 10.0.0.0/8 }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 any:443-443/tcp@1\n"
	  " listen@1 ::1/128:80-80/tcp/udp@1\n"
	  " receive@1 10.0.0.0/8:0-65535/tcp/udp@1\n" },
	{ "words for endpoints in braces",
	  TEXT("program /p { connect = { none } listen = { any } receive = { 'none' } }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 none\n"
	  " listen@1 any\n"
	  " receive@1 none\n" },
	{ "one endpoint a line, with comments",
	  TEXT("program /p {\n"
	       "\tconnect = {\n"
	       "\t\t0.0.0.0/0, // all of IPv4\n"
	       "\t\t[::/0]:443/tcp, # and\n"
	       "\t\t443/tcp /* of\n"
	       "any address */,\n"
	       "\t\t\"8000-8100/udp\",\n"
	       "\t\t'any:53',\n"
	       "\t}\n"
	       "}\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@2 0.0.0.0/0:0-65535/tcp/udp@3 ::/0:443-443/tcp@4 "
	  "any:443-443/tcp@5 any:8000-8100/udp@7 any:53-53/tcp/udp@8\n" },
	{ "without blanks",
	  TEXT("program "
	       "/p{connect={443/tcp,10.0.0.0/8:1-2,[::1]:9}families={unix,inet}memory=4K}\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 any:443-443/tcp@1 10.0.0.0/8:1-2/tcp/udp@1 "
	  "::1/128:9-9/tcp/udp@1\n"
	  " families@1 0x3\n"
	  " memory@1 4096\n" },
	{ "a comment right after an endpoint",
	  TEXT("program /p { connect = { 443/tcp, //x\n"
	       "80 } }\n"
	       "program /q { connect = 443//x\n"
	       "}\n"
	       "program /r { connect = 0.0.0.0/0/* all */\n"
	       "}\n"),
	  "t:1: '//x' begins with //, which begins a comment: write one slash for a "
	  "path, a blank after // for a comment\n"
	  "t:2: a comma is missing before '80': add it\n"
	  "t:3: connect: '443//x' has the protocol '/x': write /tcp, /udp, or none "
	  "of them for both\n"
	  "t:5: '0.0.0.0/0/*' has a * outside quotes, where /* begins a comment: "
	  "quote it, as in \"/home/*/.ssh/\"\n"
	  "t:5: unknown word 'all' in a program section: what may stand here is "
	  "connect, listen, receive, families, allocation, memory, address-space, "
	  "children, descendants, threads, inherit, mode\n"
	  "t:5: '*/' has a * outside quotes, where /* begins a comment: quote it, as "
	  "in \"/home/*/.ssh/\"\n" },
	{ "a comment after a blank",
	  TEXT("program /p { connect = 0.0.0.0/0 /* all */ listen = 0.0.0.0/0 // all\n"
	       "}\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 0.0.0.0/0:0-65535/tcp/udp@1\n"
	  " listen@1 0.0.0.0/0:0-65535/tcp/udp@1\n" },
	{ "a quoted endpoint with a comment inside",
	  TEXT("program /p { connect = { '10.0.0.0/8 // x', \"443 # y\" } }\n"),
	  "t:1: connect: '10.0.0.0/8 // x' has the length '8 // x' after its "
	  "address: write a number from 0 to 32\n"
	  "t:1: connect: '443 # y' has the port '443 # y': ports are numbers from 1 "
	  "to 65535, without leading zeroes\n" },
	{ "the same endpoint in two lists",
	  TEXT("program /p { connect = 443 listen = 443 }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 any:443-443/tcp/udp@1\n"
	  " listen@1 any:443-443/tcp/udp@1\n" },
	{ "endpoints that differ",
	  TEXT("program /p { connect = { 443, 443/tcp, 443/udp, 443-444, 10.0.0.0/8, "
	       "10.0.0.0/8:1-65535, 10.0.0.0/9, 0.0.0.0/0, [::/0] } }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " connect@1 any:443-443/tcp/udp@1 any:443-443/tcp@1 any:443-443/udp@1 "
	  "any:443-444/tcp/udp@1 10.0.0.0/8:0-65535/tcp/udp@1 "
	  "10.0.0.0/8:1-65535/tcp/udp@1 10.0.0.0/9:0-65535/tcp/udp@1 "
	  "0.0.0.0/0:0-65535/tcp/udp@1 ::/0:0-65535/tcp/udp@1\n" },
	{ "the same endpoint twice",
	  TEXT("program /p { connect = {\n"
	       "443/tcp, 10.0.0.1,\n"
	       "443/tcp,\n"
	       "any:443/tcp,\n"
	       "10.0.0.1/32,\n"
	       "[::ffff:10.0.0.1],\n"
	       "443-443/tcp,\n"
	       "443,\n"
	       "'443' } }\n"),
	  "t:3: connect: '443/tcp' is in this list already, at line 2: remove one\n"
	  "t:4: connect: 'any:443/tcp' is in this list already, at line 2: remove "
	  "one\n"
	  "t:5: connect: '10.0.0.1/32' is in this list already, at line 2: remove "
	  "one\n"
	  "t:6: connect: '[::ffff:10.0.0.1]' is in this list already, at line 2: "
	  "remove one\n"
	  "t:7: connect: '443-443/tcp' is in this list already, at line 2: remove "
	  "one\n"
	  "t:9: connect: '443' is in this list already, at line 8: remove one\n" },
	{ "the same endpoint twice, of IPv6",
	  TEXT("program /p { listen = { [2001:db8::1]:1, [2001:DB8:0:0:0:0:0:1/128]:1 } "
	       "}\n"),
	  "t:1: listen: '[2001:DB8:0:0:0:0:0:1/128]:1' is in this list already, at "
	  "line 1: remove one\n" },
	{ "any among endpoints",
	  TEXT("program /p { connect = { 443, any } listen = { none, 443 } receive = { "
	       "any, none } }\n"),
	  "t:1: connect: 'any' contradicts the other values of the list: write "
	  "'connect = any' or the list without it\n"
	  "t:1: listen: 'none' contradicts the other values of the list: write "
	  "'listen = none' or the list without it\n"
	  "t:1: receive: 'any' contradicts the other values of the list: write "
	  "'receive = any' or the list without it\n"
	  "t:1: receive: 'none' contradicts the other values of the list: write "
	  "'receive = none' or the list without it\n" },
	{ "an empty list of endpoints",
	  TEXT("program /p { connect = { } families = { } }\n"),
	  "t:1: the list of 'connect' is empty: write 'connect = none' to close it "
	  "to everyone\n"
	  "t:1: the list of 'families' is empty: write 'families = none' to close it "
	  "to everyone\n" },
	{ "every family",
	  TEXT("program /p { families = { unix, inet, inet6, netlink-route, netlink, raw, "
	       "ping, packet, xdp, vsock, alg, bluetooth, sctp, mptcp, other } }\n"
	       "program /q { families = any }\n"
	       "program /r { families = { none } }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " families@1 0x7fff\n"
	  "t:2 program /q enforce\n"
	  " families@2 0x7fff\n"
	  "t:3 program /r enforce\n"
	  " families@3 0\n" },
	{ "one family each",
	  TEXT("program /unix { families = unix }\n"
	       "program /inet { families = inet }\n"
	       "program /inet6 { families = inet6 }\n"
	       "program /netlink-route { families = netlink-route }\n"
	       "program /netlink { families = netlink }\n"
	       "program /raw { families = raw }\n"
	       "program /ping { families = ping }\n"
	       "program /packet { families = packet }\n"
	       "program /xdp { families = xdp }\n"
	       "program /vsock { families = vsock }\n"
	       "program /alg { families = alg }\n"
	       "program /bluetooth { families = bluetooth }\n"
	       "program /sctp { families = sctp }\n"
	       "program /mptcp { families = mptcp }\n"
	       "program /other { families = other }\n"),
	  "enforce report\n"
	  "t:1 program /unix enforce\n"
	  " families@1 0x1\n"
	  "t:2 program /inet enforce\n"
	  " families@2 0x2\n"
	  "t:3 program /inet6 enforce\n"
	  " families@3 0x4\n"
	  "t:4 program /netlink-route enforce\n"
	  " families@4 0x8\n"
	  "t:5 program /netlink enforce\n"
	  " families@5 0x10\n"
	  "t:6 program /raw enforce\n"
	  " families@6 0x20\n"
	  "t:7 program /ping enforce\n"
	  " families@7 0x40\n"
	  "t:8 program /packet enforce\n"
	  " families@8 0x80\n"
	  "t:9 program /xdp enforce\n"
	  " families@9 0x100\n"
	  "t:10 program /vsock enforce\n"
	  " families@10 0x200\n"
	  "t:11 program /alg enforce\n"
	  " families@11 0x400\n"
	  "t:12 program /bluetooth enforce\n"
	  " families@12 0x800\n"
	  "t:13 program /sctp enforce\n"
	  " families@13 0x1000\n"
	  "t:14 program /mptcp enforce\n"
	  " families@14 0x2000\n"
	  "t:15 program /other enforce\n"
	  " families@15 0x4000\n" },
	{ "families are one list",
	  TEXT("program /p { families = {\n"
	       "unix,\n"
	       "'inet' # x\n"
	       "} }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " families@1 0x3\n" },
	{ "an unknown family",
	  TEXT("program /p { families = { inte, unix, AF_INET, ipv4, blutooth, '' } }\n"
	       "program /q { families = INET }\n"
	       "program /r { families = nono }\n"),
	  "t:1: families: 'inte' is no family: did you mean 'inet'?\n"
	  "t:1: families: 'AF_INET' is no family: what may stand here is unix, inet, "
	  "inet6, netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, "
	  "bluetooth, sctp, mptcp, other, none, any\n"
	  "t:1: families: 'ipv4' is no family: what may stand here is unix, inet, "
	  "inet6, netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, "
	  "bluetooth, sctp, mptcp, other, none, any\n"
	  "t:1: families: 'blutooth' is no family: did you mean 'bluetooth'?\n"
	  "t:1: families: '' is no family: what may stand here is unix, inet, inet6, "
	  "netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, bluetooth, "
	  "sctp, mptcp, other, none, any\n"
	  "t:2: families: 'INET' is no family: did you mean 'inet'?\n"
	  "t:3: families: 'nono' is no family: did you mean 'none'?\n" },
	{ "a family twice",
	  TEXT("program /p { families = { unix,\n"
	       "inet, unix } }\n"),
	  "t:2: families: 'unix' is in this list already, at line 1: remove one\n" },
	{ "any among families",
	  TEXT("program /p { families = { unix, any } }\n"
	       "program /q { families = { none, unix } }\n"),
	  "t:1: families: 'any' contradicts the other values of the list: write "
	  "'families = any' or the list without it\n"
	  "t:2: families: 'none' contradicts the other values of the list: write "
	  "'families = none' or the list without it\n" },
	{ "a size in braces",
	  TEXT("program /p { memory = { 512M } children = { 3 } inherit = { yes } connect "
	       "= 1 }\n"),
	  "t:1: 'memory' takes one value, no list: write 'memory = VALUE' without { "
	  "}\n"
	  "t:1: 'children' takes one value, no list: write 'children = VALUE' "
	  "without { }\n"
	  "t:1: 'inherit' takes one value, no list: write 'inherit = VALUE' without "
	  "{ }\n" },
	{ "a size in two words",
	  TEXT("program /p { memory = 512 M }\n"),
	  "t:1: unknown word 'M' in a program section: what may stand here is "
	  "connect, listen, receive, families, allocation, memory, address-space, "
	  "children, descendants, threads, inherit, mode\n"
	  "t:1: memory: '512' is less than a page, 4096 bytes: write 4K or more, "
	  "with the unit K, M, G or T after the number\n" },
	{ "a size with a comma",
	  TEXT("program /p { memory = 1,5G }\n"),
	  "t:1: ',' is not expected here: a key or '}' would be right\n"
	  "t:1: memory: '1' is less than a page, 4096 bytes: write 4K or more, with "
	  "the unit K, M, G or T after the number\n" },
	{ "no limit as a size",
	  TEXT("program /p { memory = none allocation = any address-space = unlimited }\n"
	       "program /q { memory = infinity }\n"
	       "program /r { memory = max }\n"),
	  "t:1: allocation cannot be 'any': write a size, for example 512M, or leave "
	  "the key out to limit nothing\n"
	  "t:1: memory cannot be 'none': write a size, for example 512M, or leave "
	  "the key out to limit nothing\n"
	  "t:1: address-space cannot be 'unlimited': write a size, for example 512M, "
	  "or leave the key out to limit nothing\n"
	  "t:2: memory cannot be 'infinity': write a size, for example 512M, or "
	  "leave the key out to limit nothing\n"
	  "t:3: memory cannot be 'max': write a size, for example 512M, or leave the "
	  "key out to limit nothing\n" },
	{ "no limit as a count",
	  TEXT("program /p { children = none descendants = any threads = none }\n"
	       "program /q { threads = unlimited }\n"),
	  "t:1: children cannot be 'none': write 0 to allow none, or leave the key "
	  "out to limit nothing\n"
	  "t:1: descendants cannot be 'any': write 0 to allow none, or leave the key "
	  "out to limit nothing\n"
	  "t:1: threads cannot be 'none': write 1 to allow a single one, or leave "
	  "the key out to limit nothing\n"
	  "t:2: threads cannot be 'unlimited': write 1 to allow a single one, or "
	  "leave the key out to limit nothing\n" },
	{ "inherit",
	  TEXT("program /p { memory = 1G inherit = yes }\n"
	       "program /q { memory = 1G inherit = no }\n"
	       "program /r { memory = 1G inherit = 'no' }\n"),
	  "enforce report\n"
	  "t:1 program /p enforce\n"
	  " memory@1 1073741824\n"
	  "t:2 program /q enforce alone\n"
	  " memory@2 1073741824\n"
	  "t:3 program /r enforce alone\n"
	  " memory@3 1073741824\n" },
	{ "inherit, misspelt",
	  TEXT("program /p { memory = 1G inherit = true }\n"
	       "program /q { memory = 1G inherit = on }\n"
	       "program /r { memory = 1G inherit = Yes }\n"
	       "program /s { memory = 1G inherit = '' }\n"),
	  "t:1: inherit cannot be 'true': write yes or no\n"
	  "t:2: inherit cannot be 'on': write yes or no\n"
	  "t:3: inherit cannot be 'Yes': did you mean 'yes'?\n"
	  "t:4: inherit cannot be '': write yes or no\n" },
	{ "a program section that limits nothing",
	  TEXT("program /p { }\n"
	       "program /q { inherit = no mode = audit }\n"),
	  "t:1: this program section limits nothing: give it a key beside inherit "
	  "and mode, for example 'connect = none'\n"
	  "t:2: this program section limits nothing: give it a key beside inherit "
	  "and mode, for example 'connect = none'\n" },
	{ "an unknown key is no empty section",
	  TEXT("program /p { memroy = 1G }\n"
	       "program /q { read = none }\n"
	       "program /r { fallback-action = kill }\n"),
	  "t:1: unknown key 'memroy' in a program section: did you mean 'memory'?\n"
	  "t:2: unknown key 'read' in a program section: did you mean 'threads'?\n"
	  "t:3: 'fallback-action' does not belong in a program section: write it at "
	  "the top level\n" },
	{ "a program twice",
	  TEXT("program /p { memory = 1G }\n"
	       "program -/p { connect = none }\n"
	       "program '/p' { connect = none }\n"),
	  "t:2: a program section for '/p' is already at t:1: put all its keys into "
	  "that one\n"
	  "t:3: a program section for '/p' is already at t:1: put all its keys into "
	  "that one\n" },
	{ "titles that name no program",
	  TEXT("program p { memory = 1G }\n"
	       "program /usr/bin/ { memory = 1G }\n"
	       "program '/usr/bin/*' { memory = 1G }\n"
	       "program /usr/bin/p? { memory = 1G }\n"
	       "program /usr/../p { memory = 1G }\n"
	       "program /usr//p { memory = 1G }\n"
	       "program --/p { memory = 1G }\n"
	       "program '' { memory = 1G }\n"
	       "program ~/p { memory = 1G }\n"
	       "program / { memory = 1G }\n"),
	  "t:1: a program section: 'p' is no absolute path: begin it with '/'\n"
	  "t:2: a program section: '/usr/bin/' ends in a slash, as directories do: "
	  "write the path of a file\n"
	  "t:3: a program section: '/usr/bin/*' is a glob: name each path, or write "
	  "\\ before * ? [ if the characters themselves are meant\n"
	  "t:4: a program section: '/usr/bin/p?' is a glob: name each path, or write "
	  "\\ before * ? [ if the characters themselves are meant\n"
	  "t:5: a program section: '/usr/../p' has a '..' in it: write the path "
	  "without detours\n"
	  "t:6: a program section: '/usr//p' has a doubled slash: write a single "
	  "one\n"
	  "t:7: a program section: '--/p' has two '-': one is enough to make it "
	  "optional\n"
	  "t:8: a program section: '' is empty: write an absolute path\n"
	  "t:9: a program section: '~/p' begins with '~', which is not expanded: "
	  "write an absolute path\n"
	  "t:10: a program section: '/' ends in a slash, as directories do: write "
	  "the path of a file\n" },
	{ "a program section without title",
	  TEXT("program { memory = 1G }\n"
	       "program = /p\n"
	       "program\n"),
	  "t:1: a program section needs a title, '{' is none: write program "
	  "/usr/sbin/nginx { listen = { 80/tcp, 443/tcp } }\n"
	  "t:2: a program section needs a title, '=' is none: write program "
	  "/usr/sbin/nginx { listen = { 80/tcp, 443/tcp } }\n"
	  "t:4: a program section needs a title, the end of the file is none: write "
	  "program /usr/sbin/nginx { listen = { 80/tcp, 443/tcp } }\n" },
	{ "a program section without brace",
	  TEXT("program /p\n"
	       "\tmemory = 1G\n"
	       "}\n"),
	  "t:2: '{' is missing after the title of the program section, before "
	  "'memory': write program /usr/sbin/nginx { listen = { 80/tcp, 443/tcp } }\n" },
	{ "a program section not closed before the next",
	  TEXT("program /p {\n"
	       "\tconnect = { 443,\n"
	       "program /q { memory = 1G }\n"),
	  "t:3: the list of 'connect' that begins at line 2 is not closed: add a '}' "
	  "before 'program'\n"
	  "t:3: the program section that begins at line 1 is not closed: add a '}' "
	  "before this line\n" },
	{ "a list of endpoints not closed before the next key",
	  TEXT("program /p {\n"
	       "\tconnect = { 443/tcp,\n"
	       "\tlisten = { 80/tcp }\n"
	       "}\n"),
	  "t:3: the list of 'connect' that begins at line 2 is not closed: add a '}' "
	  "before 'listen'\n" },
	{ "a comma missing between endpoints",
	  TEXT("program /p { connect = { 443/tcp 80/tcp [::1] [::2]:5x } }\n"),
	  "t:1: a comma is missing before '80/tcp': add it\n"
	  "t:1: a comma is missing before '[::1]': add it\n"
	  "t:1: a comma is missing before '[::2]:5x': add it\n"
	  "t:1: connect: '[::2]:5x' has the port '5x': ports are numbers from 1 to "
	  "65535, without leading zeroes\n" },
	{ "a key twice in a program section",
	  TEXT("program /p { memory = 1G\n"
	       "memory = 2G connect = 1\n"
	       "connect = 2 }\n"),
	  "t:2: 'memory' is given twice, first at t:1: keep one (values of both go "
	  "into one list)\n"
	  "t:3: 'connect' is given twice, first at t:2: keep one (values of both go "
	  "into one list)\n" },
	{ "+= for endpoints",
	  TEXT("program /p { connect += 443\n"
	       "listen += { 80x } }\n"),
	  "t:1: '+=' would make the order matter: give all values of 'connect' in "
	  "one list with '='\n"
	  "t:2: '+=' would make the order matter: give all values of 'listen' in one "
	  "list with '='\n"
	  "t:2: listen: '80x' has the port '80x': ports are numbers from 1 to 65535, "
	  "without leading zeroes\n" },
	{ "a value missing in a program section",
	  TEXT("program /p { connect =\n"
	       "listen = 80\n"
	       "memory =\n"
	       "}\n"),
	  "t:1: the value of 'connect' is missing: write 'connect = VALUE'\n"
	  "t:3: the value of 'memory' is missing: write 'memory = VALUE'\n" },
	{ "keys of the other section",
	  TEXT("file /a { connect = none write = none }\n"
	       "program /p { write = none connect = none }\n"),
	  "t:1: unknown key 'connect' in a file section: what may stand here is "
	  "read, write, execute, mode, decoy, fallback-action\n"
	  "t:2: unknown key 'write' in a program section: what may stand here is "
	  "connect, listen, receive, families, allocation, memory, address-space, "
	  "children, descendants, threads, inherit, mode\n" },
	{ "an endpoint with a variable or a mark",
	  TEXT("program /p { connect = { ${DB}:5432, 443#x, 44\"3\", 4*3 } }\n"),
	  "t:1: '${DB}:5432' has ${...} in it, which is not expanded in a policy: "
	  "write the value itself, or put it in single quotes if it is meant "
	  "literally\n"
	  "t:1: '443#x' has a # in it, which begins a comment: quote it, or put a "
	  "blank before the comment\n"
	  "t:1: '44\"3\"' has a \" in it: quote the whole of it\n"
	  "t:1: '4*3' has a * outside quotes, where /* begins a comment: quote it, "
	  "as in \"/home/*/.ssh/\"\n" },
	{ "a NUL byte among endpoints",
	  TEXT("program /p { connect = { 443\000/tcp } }\n"),
	  "t:1: a NUL byte: this is no text, and nothing of it is used\n" },
	{ "an endpoint with a NUL by escape",
	  TEXT("program /p { connect = \"443\\x00/tcp\" }\n"),
	  "t:1: control characters cannot be part of a policy: cover such a name by "
	  "the directory above it (/directory/) or by a glob\n" },
	{ "CR LF in a program section",
	  TEXT("program /p {\015\n"
	       "connect = 443\015\n"
	       "}\015\n"),
	  "t:1: the line ends in CR LF: save the file with LF alone (sed -i "
	  "'s/\\r$//')\n" },
	{ "bytes that are no UTF-8 in values",
	  TEXT("program /p { connect = 443\377 memory = \3761G families = '\375' }\n"),
	  "t:1: byte 0xff begins no visible UTF-8 character: save the file in UTF-8, "
	  "without invisible marks\n"
	  "t:1: connect: '443_' has the port '443_': ports are numbers from 1 to "
	  "65535, without leading zeroes\n"
	  "t:1: families: '_' is no family: what may stand here is unix, inet, "
	  "inet6, netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, "
	  "bluetooth, sctp, mptcp, other, none, any\n"
	  "t:1: memory: '_1G' is no size: write digits, and K, M, G or T after them, "
	  "for example 512M\n" },
	{ "invisible bytes by escape in values",
	  TEXT("program /p { connect = \"443\\xff\" memory = \"1\\xffG\" families = "
	       "\"\\xff\" children = \"\\xff\" inherit = \"\\xff\" }\n"),
	  "t:1: connect: '443\\xff' has the port '443\\xff': ports are numbers from "
	  "1 to 65535, without leading zeroes\n"
	  "t:1: families: '\\xff' is no family: what may stand here is unix, inet, "
	  "inet6, netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, "
	  "bluetooth, sctp, mptcp, other, none, any\n"
	  "t:1: memory: '1\\xffG' is no size: write digits, and K, M, G or T after "
	  "them, for example 512M\n"
	  "t:1: children: '\\xff' is no count: write a number from 0 to 4194304, in "
	  "digits without leading zeroes\n"
	  "t:1: inherit cannot be '\\xff': write yes or no\n" },
	{ "DEL as value",
	  TEXT("program /p { connect = \177 }\n"
	       "program /q { memory = \177 }\n"
	       "program /r { families = \177 }\n"
	       "program /s { children = \177 }\n"),
	  "t:1: control character 0x7f in the text: remove it\n"
	  "t:1: connect: '_' has the port '_': ports are numbers from 1 to 65535, "
	  "without leading zeroes\n"
	  "t:2: control character 0x7f in the text: remove it\n"
	  "t:2: memory: '_' is no size: write digits, and K, M, G or T after them, "
	  "for example 512M\n"
	  "t:3: control character 0x7f in the text: remove it\n"
	  "t:3: families: '_' is no family: what may stand here is unix, inet, "
	  "inet6, netlink-route, netlink, raw, ping, packet, xdp, vsock, alg, "
	  "bluetooth, sctp, mptcp, other, none, any\n"
	  "t:4: control character 0x7f in the text: remove it\n"
	  "t:4: children: '_' is no count: write a number from 0 to 4194304, in "
	  "digits without leading zeroes\n" },
	{ "other scripts in values",
	  TEXT("program /p { connect = \346\235\261\344\272\254:443 memory = "
	       "\357\274\225\357\274\221\357\274\222M children = \331\243 }\n"),
	  "t:1: connect: '\346\235\261\344\272\254:443' has no IPv4 address in "
	  "'\346\235\261\344\272\254': write four numbers from 0 to 255 without "
	  "leading zeroes, as in 192.0.2.1\n"
	  "t:1: memory: '\357\274\225\357\274\221\357\274\222M' is no size: write "
	  "digits, and K, M, G or T after them, for example 512M\n"
	  "t:1: children: '\331\243' is no count: write a number from 0 to 4194304, "
	  "in digits without leading zeroes\n" },
	{ "all errors of one program section in one run",
	  TEXT("program nginx {\n"
	       "\tconnect = { 10.0.0.1/8, https, 443/tcp,\n"
	       "\t\t443/tcp, 70000, localhost:1 }\n"
	       "\tlisten = 0\n"
	       "\tfamilies = { unx, unix }\n"
	       "\tmemory = 512MB\n"
	       "\tallocation = 1\n"
	       "\tchildren = many\n"
	       "\tthreads = 0\n"
	       "\tinherit = maybe\n"
	       "\tmode = off\n"
	       "\tmoed = audit\n"
	       "}\n"),
	  "t:1: a program section: 'nginx' is no absolute path: begin it with '/'\n"
	  "t:2: connect: '10.0.0.1/8' has bits beyond its prefix: write 10.0.0.0/8, "
	  "or 10.0.0.1 for the one address\n"
	  "t:2: connect: 'https' has the name 'https', and names are not looked up: "
	  "write 443\n"
	  "t:3: connect: '443/tcp' is in this list already, at line 2: remove one\n"
	  "t:3: connect: '70000' has the port '70000': ports are numbers from 1 to "
	  "65535, without leading zeroes\n"
	  "t:3: connect: 'localhost:1' has the name 'localhost', and names are not "
	  "looked up: write 127.0.0.1 or [::1]\n"
	  "t:4: listen: '0' has the port '0': ports are numbers from 1 to 65535, "
	  "without leading zeroes\n"
	  "t:5: families: 'unx' is no family: did you mean 'unix'?\n"
	  "t:6: memory: '512MB' is no size: write 512M\n"
	  "t:7: allocation: '1' is less than a page, 4096 bytes: write 4K or more, "
	  "with the unit K, M, G or T after the number\n"
	  "t:8: children: 'many' is no count: write a number from 0 to 4194304, in "
	  "digits without leading zeroes\n"
	  "t:9: threads: '0' is no count: write a number from 1 to 4194304, in "
	  "digits without leading zeroes\n"
	  "t:10: inherit cannot be 'maybe': write yes or no\n"
	  "t:11: mode cannot be 'off': write enforce or audit\n"
	  "t:12: unknown key 'moed' in a program section: did you mean 'mode'?\n" },
};
/* clang-format on */

#endif
