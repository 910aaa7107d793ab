#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""Sets off a fork bomb in a shell, and tells how far it got.

program_bomb.py SHELL LIMIT [SECONDS]

It burns until the shell was refused a process, and SECONDS (3) more. The processes are counted by
a control group of their own, which also ends it at 1000 should nobody else do so. Leaves with 0
when there were never more than LIMIT and the shell, when others could start programs meanwhile,
and when nothing was left after the shell's group was killed.
"""

import os
import signal
import sys
import tempfile
import time

GROUP = "/sys/fs/cgroup/lsm-guard-bomb"
NET = 1000
BOMB = ":(){ :|:& };:; read -r"  # the shell stays, to be killed
SLOW = 30  # seconds that another program may take to start: the machine is emulated, and shared
LONGEST = 90  # seconds that the bomb may take to grow as far as it can
REFUSED = b"Operation not permitted"


def write(name, text):
    with open(os.path.join(GROUP, name), "w") as file:
        file.write(text)


def processes(what="current"):
    with open(os.path.join(GROUP, "pids." + what)) as file:
        return int(file.read())


def make_group():
    with open("/sys/fs/cgroup/cgroup.subtree_control", "w") as file:
        file.write("+pids")
    os.makedirs(GROUP, exist_ok=True)
    write("pids.max", str(NET))


def ignite(shell, errors):
    """The shell's process, the first of a group, and what holds its input open."""
    waits, holds = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setsid()
            write("cgroup.procs", "0")
            null = os.open("/dev/null", os.O_RDWR)
            for fd, copy in ((waits, 0), (null, 1), (errors, 2)):
                os.dup2(fd, copy)
            os.closerange(3, 256)
            os.execv(shell, [shell, "-c", BOMB])
        finally:
            os._exit(127)
    os.close(waits)
    return pid, holds


def neighbour():
    """How long another program takes to start and end; None: it could not."""
    begin = time.monotonic()
    try:
        pid = os.posix_spawn("/bin/true", ["true"], os.environ)
    except OSError:
        return None
    good = os.waitpid(pid, 0)[1] == 0
    return time.monotonic() - begin if good else None


def refused(errors):
    """Has a process been refused? From the whole of what the shells have said, some KiB."""
    return REFUSED in os.pread(errors, 1 << 20, 0)


def watch(seconds, errors):
    """The most processes at once, after how long there were so many, whether the shell was refused
    one, and all neighbours."""
    begin = time.monotonic()
    end = begin + LONGEST
    most, at, neighbours, full = 0, 0, [], False
    while time.monotonic() < end:
        for _ in range(50):
            count = processes()
            if count > most:
                most, at = count, time.monotonic() - begin
        neighbours.append(neighbour())
        if not full and refused(errors):
            full, end = True, time.monotonic() + seconds
    # What the looks have missed, where the kernel (6.1 and later) has kept it in mind.
    if os.path.exists(os.path.join(GROUP, "pids.peak")):
        most = max(most, processes("peak"))
    return most, at, full, neighbours


def put_out(pid):
    """How long it took until nothing was left; None: something was."""
    begin = time.monotonic()
    os.killpg(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    while processes():
        if time.monotonic() - begin > 20:
            write("cgroup.kill", "1")
            return None
        time.sleep(0.01)
    return time.monotonic() - begin


def main():
    shell, limit = sys.argv[1], int(sys.argv[2])
    seconds = float(sys.argv[3]) if len(sys.argv) > 3 else 3
    make_group()
    with tempfile.TemporaryFile() as errors:
        pid, _holds = ignite(shell, errors.fileno())
        most, at, full, neighbours = watch(seconds, errors.fileno())
    gone = put_out(pid)
    answered = [taken for taken in neighbours if taken is not None]
    print(f"{most} processes at most, after {at * 1000:.0f} ms; allowed: {limit} and the shell")
    if not full:
        print(f"the shell was not refused a process within {LONGEST} s")
    print(f"others started {len(answered)} of {len(neighbours)} programs meanwhile,", end=" ")
    print(f"the slowest in {max(answered, default=0) * 1000:.0f} ms")
    print("killed:", "something is left" if gone is None else f"all gone in {gone * 1000:.0f} ms")
    good = full and limit // 2 < most <= limit + 1 and gone is not None
    good = good and len(answered) == len(neighbours) > 0 and max(answered) < SLOW
    return 0 if good else 1


sys.exit(main())
