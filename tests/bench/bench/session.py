# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The session: watchers take turns, round after round, in an order that changes.

A turn of a watcher is ABBA: blocks without it, attach, twice as many with it, detach, as many without.  What drifts
evenly cancels out.  Workloads go outwards from the middle in the same order on both sides of attach and detach, so
that the blocks of a pair are near each other.
"""

import os
import random
import time
from dataclasses import dataclass, field

from .process import Failed, Process
from .watchers import filled_in

SETTLE_S = 0.02  # after attach and detach, for what the kernel still has to free
WARM_UP_SHARE = 8  # of a block


@dataclass
class Turn:
    watcher: str
    round: int
    pairs: dict = field(default_factory=dict)  # (workload, part): [(ns without, ns with)], CPU time
    wall_pairs: dict = field(default_factory=dict)
    attach_s: float | None = None
    window_s: float | None = None
    cpu_ns: int | None = None  # of the watcher while the workloads ran
    rss_kib: int | None = None
    peak_kib: int | None = None
    kernel_events: int | None = None  # faults of the workloads' processes by their getrusage
    seen: object = None


def pairs_of(before, first, second, after):
    """Nearest with nearest: the last of `before` with the first of `first`, the last of `second` with the first of
    `after`."""
    return list(zip(reversed(before), first)) + list(zip(after, reversed(second)))


class Session:
    def __init__(self, places, watchers, workloads, rounds, limit_s, seed, progress):
        self._places = places
        self._watchers = list(watchers)
        self._rounds, self._limit_s = rounds, limit_s
        self.rounds_done = 0
        self._rng = random.Random(seed)
        self._progress = progress
        self._runners = {}
        self.workloads = {}
        self.turns = []
        self.missing = {}  # watcher or workload: why
        self.failed_turns = {}  # watcher: reasons
        try:
            self._start(workloads)
        except BaseException:
            self.close()
            raise

    def _start(self, workloads):
        for workload in workloads:
            try:
                runner = workload.start(self._places, max(os.sched_getaffinity(0)))
                self._runners[workload.name] = runner
                runner.block(workload.ops)
                self.workloads[workload.name] = workload
            except Failed as failed:
                self.missing[workload.name] = str(failed)

    def close(self):
        for runner in self._runners.values():
            runner.close()
        self._runners = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def run(self):
        began = time.monotonic()
        for number in range(self._rounds):
            if number and (time.monotonic() - began) * (number + 1) / number > self._limit_s:
                break  # the next one would end too late
            order = [watcher for watcher in self._watchers if watcher.name not in self.missing]
            self._rng.shuffle(order)
            for watcher in order:
                self._progress(f"round {number + 1} of {self._rounds}: {watcher.name}")
                self._try_turn(watcher, number)
            self.rounds_done += 1

    def _try_turn(self, watcher, number):
        """One that fails in its first round is not tried again; later ones only lack its pairs."""
        try:
            self.turns.append(self.turn(watcher, number))
        except Failed as failed:
            if number == 0:
                self.missing[watcher.name] = str(failed)
            else:
                self.failed_turns.setdefault(watcher.name, []).append(f"round {number + 1}: {failed}")

    def blocks(self, names):
        """By workload: half the blocks of a turn, one workload after the other."""
        return {
            name: [self._runners[name].block(self.workloads[name].ops) for _ in range(self.workloads[name].half)]
            for name in names
        }

    def block(self, name, count):
        """That many blocks; how many operations those are."""
        for _ in range(count):
            self._runners[name].block(self.workloads[name].ops)
        return count * self.workloads[name].ops

    def _warm_up(self, names):
        """Before each stretch of blocks alike; what came before it differs."""
        for name in names:
            if self._runners[name].pid:
                self._runners[name].block(max(self.workloads[name].ops // WARM_UP_SHARE, 1))

    def _touchers(self):
        """The workloads whose faults are compared with what a watcher has seen."""
        return [self._runners[name] for name in self.workloads if name.startswith("touch")]

    def pids(self):
        return [runner.pid for runner in self._touchers()]

    def kernel_events(self):
        return sum(runner.faults() for runner in self._touchers())

    def start(self, watcher, number=0):
        """The watcher's process, attached; its files' names start with the second value."""
        out = os.path.join(self._places.tmp, f"turn.{number}")
        process = Process(filled_in(watcher.argv, self._places, out, self.pids()), out)
        try:
            attach_s = process.wait_ready(watcher.ready, watcher.limit_s)
        except BaseException:
            process.kill()
            raise
        return process, out, attach_s

    def turn(self, watcher, number):
        names = [name for name in self.workloads if name in watcher.workloads]
        turn = Turn(watcher.name, number)
        self._warm_up(names)
        before = self.blocks(reversed(names))
        process, out, turn.attach_s = self.start(watcher, number)
        try:
            time.sleep(SETTLE_S)
            first, second = self._watched(turn, process, names)
            turn.rss_kib, turn.peak_kib = process.memory_kib()
            process.end(watcher.stop_signal, watcher.limit_s)
        finally:
            process.kill()
        time.sleep(SETTLE_S)
        self._warm_up(names)
        after = self.blocks(names)
        self._pair(turn, before, first, second, after)
        self._look_at_result(watcher, turn, out)
        return turn

    def _watched(self, turn, process, names):
        kernel_before, cpu_before, begin = self.kernel_events(), process.cpu_ns(), time.monotonic()
        self._warm_up(names)
        first = self.blocks(names)
        second = self.blocks(reversed(names))
        process.check_alive()
        turn.cpu_ns, turn.window_s = process.cpu_ns() - cpu_before, time.monotonic() - begin
        turn.kernel_events = self.kernel_events() - kernel_before
        return first, second

    def _pair(self, turn, before, first, second, after):
        for name in before:
            for part in self.workloads[name].parts:
                for pairs, clock in ((turn.pairs, "cpu_ns"), (turn.wall_pairs, "wall_ns")):
                    costs = [
                        [getattr(block, clock)[part.name] for block in blocks[name]]
                        for blocks in (before, first, second, after)
                    ]
                    pairs[(name, part.name)] = pairs_of(*costs)

    def _look_at_result(self, watcher, turn, out):
        try:
            if watcher.seen and self.pids() and (turn.round == 0 or not watcher.seen_once):
                turn.seen = watcher.seen(self._places, out, self.pids())
                if not turn.seen.events:
                    raise Failed(f"attached, but has seen none of {turn.kernel_events} faults")
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise Failed(f"its result cannot be read: {error!r}") from error
        finally:
            for name in os.listdir(self._places.tmp):
                if name.startswith("turn."):
                    os.unlink(os.path.join(self._places.tmp, name))


