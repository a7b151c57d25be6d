# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The units of contrib/systemd: what systemd says of them, and whether memtrace makes a system call that they refuse."""

import glob
import os
import re
import shutil
import subprocess
import tempfile

from files import UNITS, unit
from parts import MEMTRACE, Failed

NAMES = ("memtrace-export.service", "memtrace-recorder.service")
# Not memtrace's: what the kernel calls in any process while somebody on the machine traces functions with uprobes; no
# filter refuses it (kernel/seccomp.c).  By name, or as an strace has them that does not know them yet.
OF_UPROBES = {"uretprobe", "uprobe", "syscall_0x14f", "syscall_0x150"}
MOST_EXPOSED = 2.0  # of 10, as "systemd-analyze security" has it


class Skipped(Exception):
    """The machine lacks what the test needs; the text says what."""


def analyze(*arguments):
    if not shutil.which("systemd-analyze"):
        raise Skipped("no systemd-analyze here")
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, check=False)


def check_verify():
    """systemd finds nothing wrong with them, and little exposed; each conflicts with the other."""
    with tempfile.TemporaryDirectory() as where:
        for name in NAMES:
            with open(f"{UNITS}/{name}", encoding="utf-8") as file:
                text = file.read()
            with open(f"{where}/{name}", "w", encoding="utf-8") as file:
                file.write(text.replace("=/usr/sbin/memtrace ", f"={MEMTRACE} "))
        paths = sorted(glob.glob(f"{where}/*"))
        done = analyze("--man=no", "verify", *paths)
        if done.returncode or done.stderr:
            raise Failed(f"verify: {done.stderr}")
        for path in paths:
            said = analyze("security", "--offline=yes", path).stdout
            level = re.search(r"exposure level for \S+: ([0-9.]+)", said)
            if not level or float(level[1]) > MOST_EXPOSED:
                raise Failed(f"{os.path.basename(path)}: {said.strip().splitlines()[-1:]}")
    for name, other in (NAMES, NAMES[::-1]):
        if other not in unit(name)["Conflicts"].split():
            raise Failed(f"{name} does not conflict with {other}")


def calls_of(group, seen):
    """The system calls of a group of systemd's, with those of the groups in it."""
    calls = set()
    for line in analyze("syscall-filter", group).stdout.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@") and word not in seen:
            seen.add(word)
            calls |= calls_of(word, seen)
        elif word and not word.startswith(("#", "@")):
            calls.add(word)
    return calls


def check_calls(name, log):
    """Of those in a log of strace -f none is refused by the unit."""
    allowed = set()
    for word in unit(name)["SystemCallFilter"].split():
        allowed |= calls_of(word, {word}) if word.startswith("@") else {word}
    with open(log, encoding="utf-8", errors="replace") as file:
        called = set(re.findall(r"^\d+ +(\w+)\(", file.read(), re.M)) - OF_UPROBES
    if not called or called - allowed:
        raise Failed(f"{name} refuses {sorted(called - allowed)} of {len(called)}")


def strace(log):
    """The beginning of a command."""
    if not shutil.which("strace"):
        raise Skipped("missing: strace (scripts/setup test)")
    return ["strace", "-f", "-qq", "-o", log]


def options_of(name):
    """What the unit runs memtrace with, its variable for options of one's own as the unit has it."""
    words = unit(name)["ExecStart"].split()[1:]
    own = unit(name).get("Environment", "").strip('"').removeprefix("MEMTRACE_OPTIONS=").split()
    return [word for word in words if not word.startswith("$")] + own


def check_system_calls():
    """What memtrace calls, as strace sees it, is what the units allow."""
    with tempfile.TemporaryDirectory() as where:
        for name in NAMES:
            options = [f"{where}/{os.path.basename(word)}" if word.startswith("/") else word for word in options_of(name)]
            subprocess.run([*strace(f"{where}/log"), MEMTRACE, *options, "-d", "2"], capture_output=True, check=True)
            check_calls(name, f"{where}/log")
