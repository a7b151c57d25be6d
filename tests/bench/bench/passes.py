# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What is measured beside the session, each by itself: BPF run time, the idle machine, instructions of a replay."""

import json
import os
import re
import shutil
import time

from . import machine
from .process import Failed, Process, Server, output_of
from .watchers import RECORD, recorded

BPF_BLOCKS = 4
REPLAY_BLOCKS = (1, 9)


class BpfStatistics:
    """The kernel's timing of BPF programs, on as long as this is open; it costs two clock reads a run."""

    def __init__(self, places):
        self._server = Server([places.program("bpfstat")])
        try:
            self._server.read_line()
        except Failed:
            self._server.close()
            raise

    def snapshot(self):
        return {program["id"]: program for program in json.loads(self._server.ask(""))}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._server.close()


def gained(before, after, ids):
    """Run time and runs of the programs `ids` but iterators: their time is that of who reads them."""
    nothing = {"run_time_ns": 0, "run_cnt": 0}
    hooks = {
        number: program for number, program in after.items() if number in ids and not program["iterator"]
    }
    return tuple(
        sum(program[key] - before.get(number, nothing)[key] for number, program in hooks.items()) for key in nothing
    )


def bpf_time(session, statistics, watcher, workload):
    """ns and runs of the watcher's programs for each fault, the workload's and all others: they see both."""
    process, _, _ = session.start(watcher)
    try:
        session.block(workload, 1)
        ids = process.bpf_programs()
        before, faults = statistics.snapshot(), machine.page_faults()
        session.block(workload, BPF_BLOCKS)
        faults, after = machine.page_faults() - faults, statistics.snapshot()
        process.end(watcher.stop_signal, watcher.limit_s)
    finally:
        process.kill()
    run_ns, runs = gained(before, after, ids)
    return {"ns_per_fault": run_ns / faults, "runs_per_fault": runs / faults}


def bpf_times(session, places, watchers, workload, progress, missing):
    """By watcher; those that have no BPF programs are not in it, those that now fail are in missing."""
    times = {}
    with BpfStatistics(places) as statistics:
        for watcher in watchers:
            if watcher.is_bpf and watcher.name not in session.missing and workload in watcher.workloads:
                progress(f"BPF run time: {watcher.name}")
                try:
                    times[watcher.name] = bpf_time(session, statistics, watcher, workload)
                except Failed as failed:
                    missing[f"BPF run time of {watcher.name}"] = str(failed)
    return times


def idle(places, seconds):
    """What memtrace takes at an interval of 1 s while nothing of ours runs."""
    out = os.path.join(places.tmp, "idle")
    argv = [places.memtrace, "stat", "-i", "1", "--json", "-o", out + ".json", "-a", "--", places.workload("ready")]
    with BpfStatistics(places) as statistics:
        process = Process(argv, out)
        try:
            process.wait_ready("ready", 30)
            ids = process.bpf_programs()
            programs, ticks, begin = statistics.snapshot(), machine.cpu_ticks(), time.monotonic()
            cpu_ns = process.cpu_ns()
            time.sleep(seconds)
            process.check_alive()
            cpu_ns = process.cpu_ns() - cpu_ns
            ns = (time.monotonic() - begin) * 1e9
            bpf_ns, _ = gained(programs, statistics.snapshot(), ids)
            busy, every = (after - before for after, before in zip(machine.cpu_ticks(), ticks))
        finally:
            process.kill()
    return {
        "seconds": ns / 1e9,
        "own_percent": 100 * cpu_ns / ns,
        "bpf_percent": 100 * bpf_ns / ns,
        "machine_busy_percent": 100 * busy / every,
        "load": machine.load(),
    }


def _instructions(argv, out):
    """That valgrind counts."""
    _, stderr = output_of(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *argv], 300)
    collected = re.search(r"Collected\s*:\s*(\d+)", stderr)
    if not collected:
        raise Failed("valgrind does not say how many instructions it has counted")
    return int(collected[1])


def replay_instructions(session, places, watchers):
    """For an event: what a long recording takes more than a short one, so that starting is not in it."""
    if RECORD in session.missing:
        raise Failed(session.missing[RECORD])
    if not shutil.which("valgrind"):
        raise Failed("valgrind is not installed")
    watcher = next((watcher for watcher in watchers if watcher.name == RECORD), None)
    if not watcher:
        raise Failed(f"{RECORD}: not asked for")
    points = []
    for number, blocks in enumerate(REPLAY_BLOCKS):
        process, out, _ = session.start(watcher, f"replay{number}")
        try:
            session.block("touch", blocks)
            process.end(watcher.stop_signal, watcher.limit_s)
        finally:
            process.kill()
        _, events = recorded(places, out + ".rec")
        argv = [places.memtrace, "replay", out + ".rec", "stat", "--json"]
        points.append((events, _instructions(argv, out + ".callgrind")))
    (events, instructions), (more_events, more_instructions) = points
    return {
        "events": more_events - events,
        "per_event": (more_instructions - instructions) / (more_events - events),
        "to_start": instructions - events * (more_instructions - instructions) / (more_events - events),
    }
