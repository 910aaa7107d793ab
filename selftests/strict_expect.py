#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Runs a program on a terminal of its own and answers what it asks.

strict_expect.py [-u USER] [PROMPT=ANSWER]... -- PROGRAM [ARGUMENT...]

Each PROMPT is waited for in turn, and answered once. Ends with the program's status, with
124 when it took three minutes, and with 125 when it ended before it had asked everything.
"""

import os
import pty
import select
import signal
import sys
import time

LIMIT = 180


def start(user, argv):
    pid, fd = pty.fork()
    if pid == 0:
        if user:
            import pwd

            entry = pwd.getpwnam(user)
            os.initgroups(user, entry.pw_gid)
            os.setgid(entry.pw_gid)
            os.setuid(entry.pw_uid)
            os.chdir("/")
        os.execvp(argv[0], argv)
    return pid, fd


def converse(fd, answers):
    """True when the program closed its terminal in time."""
    said, end = b"", time.monotonic() + LIMIT
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            chunk = os.read(fd, 4096)
        except OSError:  # EIO: nobody has the terminal open any more
            return True
        if not chunk:
            return True
        sys.stdout.write(chunk.decode(errors="replace").replace("\r", ""))
        sys.stdout.flush()
        said += chunk
        while answers and answers[0][0].encode() in said:
            prompt, answer = answers.pop(0)
            said = said.split(prompt.encode(), 1)[1]
            time.sleep(0.1)  # programs throw away what was typed before they asked
            os.write(fd, answer.encode() + b"\n")
    return False


def main():
    words = sys.argv[1:]
    user = None
    if words[0] == "-u":
        user, words = words[1], words[2:]
    where = words.index("--")
    answers = [tuple(word.split("=", 1)) for word in words[:where]]
    pid, fd = start(user, words[where + 1 :])
    if not converse(fd, answers):
        os.kill(pid, signal.SIGKILL)
        return 124
    os.close(fd)  # hangs up, should it still run
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return 125 if answers and status == 0 else status if status >= 0 else 128 - status


sys.exit(main())
