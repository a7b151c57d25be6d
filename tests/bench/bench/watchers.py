# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What watches: a table.

Each watcher is a command that says "ready" on standard output once it has attached, and that ends when its standard
input does.  Tracers that can run a command get tests/workloads/ready.c for that; they see the whole machine all the
same, as do all here.  Words in braces are filled in: {memtrace}, {ready}, {floor}, {naive}, {out} (the start of the
names of this turn's files), {pids} (the processes of the workloads).
"""

import json
import os
import re
import signal
from dataclasses import dataclass, field

from .process import Failed, output_of, read_text

ALL = ("touch", "touch2", "forkexec", "reclaim", "stress-vm", "stress-fault")
OWN = ("touch", "touch2", "forkexec", "reclaim")
FAULTS = ("touch", "touch2")
ONE = ("touch",)
READS = ("reclaim", "reread")


@dataclass
class Seen:
    """Of the workloads' processes: events that the watcher has, and those of which it says that it lost them."""

    events: int
    lost: int | None = None
    stored: int | None = None  # events in its file, of all processes
    stored_bytes: int | None = None


@dataclass(frozen=True)
class Watcher:
    name: str
    what: str
    argv: tuple
    workloads: tuple = ALL
    floor: str | None = None  # the watcher whose cost is the least that hooks there can cost
    is_floor: bool = False
    check: tuple | None = None  # must exit 0, or this watcher is not available
    ready: str = "ready"
    stop_signal: int | None = None  # where the end of standard input is not enough
    is_bpf: bool = True
    seen: object = field(default=None, repr=False)  # (places, out, pids) -> Seen, once it has ended
    seen_once: bool = False  # takes long: in the first round alone
    limit_s: int = 30


def read_json(path):
    """The last line that memtrace wrote."""
    with open(path) as file:
        return json.loads(file.read().splitlines()[-1])


def faults_of(report, pids, *counters):
    processes = [process for process in report["processes"] if process["pid"] in pids]
    return sum(process["fault"][counter] or 0 for process in processes for counter in counters)


def seen_by_stat(places, out, pids):
    report = read_json(out + ".json")
    return Seen(faults_of(report, pids, "minor", "major"), report["lost"]["hot"])


def count_events(command, pids):
    """Events of these processes in what command prints: lines of trace --json, hundreds of thousands, not parsed."""
    pattern = '"pid":(' + "|".join(map(str, pids)) + "),"
    stdout, _ = output_of(["sh", "-c", '"$@" | grep -cE \'' + pattern + "' || [ $? -eq 1 ]", "sh", *command])
    return int(stdout)


def recorded(places, recording):
    """The report of a recording, and how many faults it holds."""
    stdout, _ = output_of([places.memtrace, "replay", recording, "stat", "--json"])
    report = json.loads(stdout.splitlines()[-1])
    total = report["total"]["fault"]
    return report, total["user"] + total["kernel"] - report["lost"]["hot"]


def seen_by_record(places, out, pids):
    recording = out + ".rec"
    report, stored = recorded(places, recording)
    command = [places.memtrace, "replay", recording, "trace", "fault", "--json"]
    return Seen(count_events(command, pids), report["lost"]["hot"], stored, os.path.getsize(recording))


def seen_by_trace(places, out, pids):
    """Its events say nothing of losses; its last words on standard error do."""
    events = count_events(["cat", out + ".jsonl"], pids)
    said = read_text(out + ".stderr")
    lost = re.search(r"lost: .*?([\d,]+) hot events", said)
    if lost:
        return Seen(events, int(lost[1].replace(",", "")))
    return Seen(events, 0 if re.search(r"nothing lost|lost: ", said) else None)


def seen_by_bpftrace(places, out, pids):
    with open(out + ".stdout") as file:
        counts = re.findall(r"^@\[.*, (\d+)\]: (\d+)$", file.read(), re.MULTILINE)
    return Seen(sum(int(count) for pid, count in counts if int(pid) in pids))


def seen_by_perf_record(places, out, pids):
    """By name, as its "pid" is that of a thread: load-touch and load-touch2."""
    report, _ = output_of(["perf", "report", "-i", out + ".data", "--sort", "comm", "-F", "sample,comm", "--stdio"])
    counts = re.findall(r"^\s*(\d+)\s+load-touch2?\s*$", report, re.MULTILINE)
    lost = re.search(r"^# Total Lost Samples: (\d+)", report, re.MULTILINE)
    return Seen(sum(map(int, counts)), int(lost[1]) if lost else None)


def seen_by_perf_trace(places, out, pids):
    """Its lines name threads; those of the workloads are load-touch and load-touch2."""
    with open(out + ".trace", errors="replace") as file:
        lines = file.read().splitlines()
    events = sum(bool(re.search(r" load-touch2?/\d+ (min|maj)fault ", line)) for line in lines)
    lost = sum(int(found[1]) for line in lines if (found := re.search(r"LOST (\d+) events", line)))
    return Seen(events, lost)


def seen_by_naive(places, out, pids):
    report = read_json(out + ".stdout")
    return Seen(report["seen"], report["lost"])


def floor(name, what, programs, against, workloads=ONE):
    """against: what it is to be compared with, as a floor has none itself."""
    return Watcher(name, what, ("{floor}", *programs.split()), workloads, floor=against, is_floor=True)


def stat(arguments, what, under, workloads=ALL):
    argv = ("{memtrace}", "stat", *arguments.split(), "--json", "-o", "{out}.json", "-a", "--", "{ready}")
    name = "memtrace stat" + (f" {arguments}" if arguments else "")
    return Watcher(name, what, argv, workloads, floor=under, seen=seen_by_stat)


def stacks(arguments, what, seen=None):
    """Call chains to a file, by memtrace."""
    argv = ("{memtrace}", "record", "fault", "--every", "fault", *arguments.split(), "-o", "{out}.rec", "-a", "--",
            "{ready}")
    return Watcher(f"memtrace record {arguments}", what, argv, ONE, floor=FLOOR_FAULT,
                   check=("{memtrace}", "record", "--help"), seen=seen)


def perf_stacks(arguments, what):
    """The same by perf, which unwinds later: its file has the bytes."""
    argv = ("perf", "record", "-e", "page-faults", *arguments.split(), "-a", "-N", "-B", "-o", "{out}.data", "--",
            "{ready}")
    return Watcher(f"perf record {arguments}", what, argv, ONE, floor=FLOOR_FAULT, check=("perf", "--version"),
                   is_bpf=False)


def cache(arguments, what):
    argv = ("{memtrace}", "cache", *arguments.split(), "--json", "-o", "{out}.json", "-a", "--", "{ready}")
    return Watcher("memtrace cache" + (f" {arguments}" if arguments else ""), what, argv, READS, floor=NOTHING)


NOTHING = "nothing"
FLOOR_FAULT = "floor: fault"
FLOOR_ALLOC = "floor: fault alloc"
FLOOR_FREE = "floor: fault alloc free"
STAT = "memtrace stat"
STAT_FAULT = "memtrace stat fault"
STAT_ALLOC = "memtrace stat fault alloc"
STAT_LIGHT = "memtrace stat fault --light"
RECORD = "memtrace record --every fault"
BPFTRACE = "bpftrace count by (comm, pid)"

WATCHERS = (
    Watcher(NOTHING, "a process that waits: the method's own error", ("{ready}",), (*ALL, "reread"), is_bpf=False),
    floor(FLOOR_FAULT, "empty programs on both fault tracepoints, tp_btf", "user_btf kernel_btf", NOTHING,
          ALL),
    floor(FLOOR_ALLOC, "and on mm_page_alloc", "user_btf kernel_btf alloc_btf", FLOOR_FAULT, ALL),
    floor(FLOOR_FREE, "and on mm_page_free", "user_btf kernel_btf alloc_btf free_btf", FLOOR_ALLOC, OWN),
    stat("fault", "faults by process", FLOOR_FAULT),
    stat("fault alloc", "and allocations", FLOOR_ALLOC),
    stat("", "all default probes", FLOOR_ALLOC),
    stat("fault --light", "minor and major faults, without a hook", NOTHING),
    stat("fault alloc free", "and pages freed", FLOOR_FREE, OWN),
    stat("fault --latency", "and how long each major one takes", FLOOR_FAULT, FAULTS),
    stat("fault minor", "and how long each minor one takes", FLOOR_FAULT, FAULTS),
    Watcher(
        RECORD, "every fault to a file",
        ("{memtrace}", "record", "fault", "--every", "fault", "-o", "{out}.rec", "-a", "--", "{ready}"),
        floor=FLOOR_FAULT, check=("{memtrace}", "record", "--help"), seen=seen_by_record,
    ),
    Watcher(
        "memtrace trace fault", "every fault as a line of JSON",
        ("{memtrace}", "trace", "fault", "--json", "-o", "{out}.jsonl", "-a", "--", "{ready}"),
        FAULTS, floor=FLOOR_FAULT, seen=seen_by_trace,
    ),
    Watcher(
        BPFTRACE, "@[comm, pid] = count() on page_fault_user",
        ("bpftrace", "-e", "tracepoint:exceptions:page_fault_user { @[comm, pid] = count(); }", "-c", "{ready}"),
        floor=FLOOR_FAULT, check=("bpftrace", "--version"), seen=seen_by_bpftrace,
    ),
    Watcher(
        "perf record", "-e page-faults -c 1, to a file",
        ("perf", "record", "-e", "page-faults", "-c", "1", "-a", "-N", "-B", "-o", "{out}.data", "--", "{ready}"),
        floor=FLOOR_FAULT, check=("perf", "--version"), is_bpf=False, seen=seen_by_perf_record, seen_once=True,
    ),
    stacks("--stacks", "and its call chain, by frame pointers", seen_by_record),
    stacks("--stacks=dwarf", "and its call chain, unwound while it runs", seen_by_record),
    stacks("--stacks=dwarf --sample 1/16", "of one page in 16"),
    stacks("--stacks=dwarf --sample 1/256", "of one page in 256"),
    perf_stacks("-c 1 -g", "every fault and its call chain, by frame pointers"),
    perf_stacks("-c 16 --call-graph dwarf,16384", "one fault in 16 and 16 KiB of its stack"),
    perf_stacks("-c 256 --call-graph dwarf,16384", "one fault in 256"),
    Watcher(
        "perf trace -F all", "a line of text a fault, to a file",
        ("perf", "trace", "-F", "all", "--no-syscalls", "-a", "-o", "{out}.trace", "--", "{ready}"),
        FAULTS, floor=FLOOR_FAULT, check=("perf", "--version"), is_bpf=False, seen=seen_by_perf_trace, seen_once=True,
        limit_s=60,
    ),
    Watcher(
        "naive ring buffer", "a record a fault with the default wake-up: what not to do", ("{naive}", "{pids}"),
        FAULTS, floor=FLOOR_FAULT, seen=seen_by_naive,
    ),
    cache("", "the page cache by file"),
    cache("--unread", "and each read"),
    Watcher(
        "cachestat (bcc)", "calls of four functions of the page cache", ("setpriv", "--pdeathsig", "INT", "stdbuf", "-oL",
                                                                       "cachestat-bpfcc"),
        READS, floor=NOTHING, check=("cachestat-bpfcc", "--help"), ready="HITS", stop_signal=signal.SIGINT, limit_s=60,
    ),
    Watcher(
        "drsnoop (libbpf-tools)", "direct reclaim, a line each",
        ("setpriv", "--pdeathsig", "INT", "stdbuf", "-oL", "drsnoop"), ("reclaim",),
        check=("drsnoop", "--version"), ready="PAGES", stop_signal=signal.SIGINT,
    ),
    floor("floor: user faults only", "tp_btf on page_fault_user alone", "user_btf", FLOOR_FAULT),
    floor("floor: two programs a fault", "tp_btf, one hook more on page_fault_user", "user_btf user_btf_too kernel_btf",
          FLOOR_FAULT),
    floor("floor: fault, raw_tp", "as floor: fault, by raw_tp", "user_raw kernel_raw", FLOOR_FAULT),
    floor("floor: fault, tp", "by the tracepoint's perf event, as bpftrace does", "user_tp kernel_tp",
          FLOOR_FAULT),
    floor("floor: fault alloc, raw_tp", "as floor: fault alloc, by raw_tp", "user_raw kernel_raw alloc_raw",
          FLOOR_ALLOC),
    floor("floor: fault alloc, tp", "by the tracepoint's perf event", "user_tp kernel_tp alloc_tp", FLOOR_ALLOC),
    floor("floor: fentry", "fentry on handle_mm_fault", "fault_fentry", FLOOR_FAULT),
    floor("floor: software event", "a perf event page-faults, period 1, with an empty program", "fault_event",
          FLOOR_FAULT),
    floor("floor: task storage", "tp_btf on page_fault_user with one look-up of task storage", "user_storage",
          FLOOR_FAULT),
)


def filled_in(argv, places, out, pids):
    """The command of a turn."""
    words = {
        "{memtrace}": places.memtrace,
        "{ready}": places.workload("ready"),
        "{floor}": places.program("floor"),
        "{naive}": places.program("naive"),
    }
    result = []
    for arg in argv:
        if arg == "{pids}":
            result += [str(pid) for pid in pids]
        else:
            result.append(words.get(arg, arg.replace("{out}", out)))
    return result


def why_not_available(watcher, places):
    """None if it can be tried."""
    if not watcher.check:
        return None
    try:
        output_of(filled_in(watcher.check, places, "", ()), 20)
    except Failed as failed:
        return str(failed)
    return None
