/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of policies and what reading them must give: the errors, word for word, or
 * the content (file:line, path, what it is, mode, fallback-action; ! says that the
 * section has its own). The text is called "t".
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
	  "fallback-action, updaters, include, file, program\n" },
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
	  "fallback-action, updaters, include, file, program\n" },
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
	  "fallback-action, updaters, include, file, program\n" },
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
	  "fallback-action, updaters, include, file, program\n" },
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
	  "fallback-action, updaters, include, file, program\n" },
	{ "a section inside a section",
	  TEXT("file /a { write = none\n"
	       "nested { read = none } }\n"),
	  "t:2: unknown word 'nested' in a file section: what may stand here is "
	  "read, write, execute, mode, fallback-action\n" },
	{ "an unknown function",
	  TEXT("includes(\"/x\")\n"),
	  "t:1: unknown word 'includes' in a policy: did you mean 'include'?\n" },
	{ "trailing garbage",
	  TEXT("file /a { write = none } garbage\n"),
	  "t:1: unknown word 'garbage' in a policy: what may stand here is mode, "
	  "fallback-action, updaters, include, file, program\n" },
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
};
/* clang-format on */

#endif
