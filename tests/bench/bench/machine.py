# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What the numbers were measured on."""

import os
import platform
import re

from .process import Failed, output_of, read_text


def _first(path, pattern, otherwise=None):
    try:
        found = re.search(pattern, read_text(path), re.MULTILINE)
    except OSError:
        return otherwise
    return found[1].strip() if found else otherwise


def _version(*argv):
    """None if it is not there."""
    try:
        stdout, stderr = output_of(list(argv), 20)
    except Failed:
        return None
    found = re.search(r"\d[\w.+~-]*", stdout + stderr)
    return found[0] if found else None


def _package(name):
    return _version("dpkg-query", "-W", "-f", "${Version}", name)


def load():
    return list(os.getloadavg())


def cpu_ticks():
    """(busy, all) of all CPUs since boot; time that the host took is busy."""
    fields = [int(field) for field in read_text("/proc/stat").splitlines()[0].split()[1:9]]
    idle = fields[3] + fields[4]
    return sum(fields) - idle, sum(fields)


def page_faults():
    """Of all processes, since boot."""
    return int(_first("/proc/vmstat", r"^pgfault (\d+)$"))


def facts(places):
    return {
        "kernel": platform.release(),
        "architecture": platform.machine(),
        "cpu": _first("/proc/cpuinfo", r"^model name\s*:\s*(.*)$", platform.processor() or "unknown"),
        "cpus": len(os.sched_getaffinity(0)),
        "memory_bytes": os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        "hypervisor": "hypervisor" in (_first("/proc/cpuinfo", r"^flags\s*:\s*(.*)$", "") or "").split(),
        "bpf_jit": _first("/proc/sys/net/core/bpf_jit_enable", r"(\d+)"),
        "governor": _first("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", r"(\S+)"),
        "load_at_start": load(),
        "versions": {
            "memtrace": _version(places.memtrace, "--version"),
            "bpftrace": _version("bpftrace", "--version"),
            "perf": _version("perf", "--version"),
            "stress-ng": _version("stress-ng", "--version"),
            "libbpf-tools": _package("libbpf-tools"),
            "valgrind": _version("valgrind", "--version"),
            "python": platform.python_version(),
        },
    }
