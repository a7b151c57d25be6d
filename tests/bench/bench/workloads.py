# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What is watched: a table, and how a block of each is run.

A block is a fixed amount of work that takes some 10 to 60 ms.  Its cost is the CPU time of the workload, user and system: time
that the machine gives to others, a watcher's own process among them, is not in it; that is the watcher's CPU time.
"""

import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass, field

from .process import Failed, Server

SPARSE_BYTES = 64 << 20
LIMIT_BYTES = 16 << 20
CACHED_BYTES = 16 << 20


@dataclass(frozen=True)
class Part:
    name: str
    unit: str


@dataclass(frozen=True)
class Workload:
    name: str
    what: str
    parts: tuple
    ops: int  # a block
    half: int  # blocks on each side of attach and of detach: two pairs each a turn
    start: object = field(repr=False)  # (places, cpu) -> a runner


@dataclass
class Block:
    cpu_ns: dict  # by part, an operation
    wall_ns: dict


class LoadRunner:
    """A process of tests/workloads/load.c for all blocks."""

    def __init__(self, argv):
        self._server = Server(argv)
        self.pid = self._server.pid

    def block(self, ops):
        answer = json.loads(self._server.ask(ops))
        parts = answer["parts"]
        return Block(
            {name: cost["cpu_ns"] / ops for name, cost in parts.items()},
            {name: cost["wall_ns"] / ops for name, cost in parts.items()},
        )

    def faults(self):
        """What the kernel accounted to it so far, minor and major."""
        answer = json.loads(self._server.ask(0))
        return answer["minor"] + answer["major"]

    def close(self):
        self._server.close()


class CommandRunner:
    """A command a block; an operation is a page fault that the kernel accounts to it and its children."""

    pid = None

    def __init__(self, argv, part):
        self._argv, self._part = argv, part

    def block(self, ops):
        argv = [str(ops) if arg == "{ops}" else arg for arg in self._argv]
        begin, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic_ns()
        try:
            done = subprocess.run(
                argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
            )
        except OSError as error:
            raise Failed(f"{argv[0]}: {error.strerror}") from error
        wall_ns = time.monotonic_ns() - began
        end = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode:
            raise Failed(f"{argv[0]}: exit status {done.returncode}: {done.stderr.decode(errors='replace').strip()}")
        faults = end.ru_minflt - begin.ru_minflt + end.ru_majflt - begin.ru_majflt
        cpu_ns = (end.ru_utime + end.ru_stime - begin.ru_utime - begin.ru_stime) * 1e9
        return Block({self._part: cpu_ns / faults}, {self._part: wall_ns / faults})

    def faults(self):
        return 0

    def close(self):
        pass


def memory_cgroup(name, limit_bytes):
    """Makes a cgroup of the memory controller with that limit; its directory."""
    v1, v2 = "/sys/fs/cgroup/memory", "/sys/fs/cgroup"
    if os.path.exists(f"{v1}/memory.limit_in_bytes") or os.path.exists(f"{v1}/memory.usage_in_bytes"):
        parent, limit = v1, "memory.limit_in_bytes"
    elif os.path.exists(f"{v2}/cgroup.subtree_control"):
        parent, limit = v2, "memory.max"
    else:
        raise Failed("there is no cgroup of the memory controller")
    path = f"{parent}/{name}"
    try:
        if parent == v2:
            with open(f"{v2}/cgroup.subtree_control", "w") as file:
                file.write("+memory")
        os.mkdir(path)
        with open(f"{path}/{limit}", "w") as file:
            file.write(str(limit_bytes))
    except OSError as error:
        raise Failed(f"{path}: {error.strerror}") from error
    return path


def sparse_file(places, name, size):
    path = os.path.join(places.tmp, name)
    with open(path, "wb") as file:
        file.truncate(size)
    return path


class RereadRunner(LoadRunner):
    """Reads a file with holes that the page cache has."""

    def __init__(self, places, cpu):
        self._file = sparse_file(places, "cached", CACHED_BYTES)
        super().__init__([places.workload("load"), "-c", str(cpu), "read", self._file])
        with open(self._file, "rb") as file:
            while file.read(1 << 20):
                pass

    def close(self):
        super().close()
        os.unlink(self._file)


class ReclaimRunner(LoadRunner):
    """Reads a file with holes, which needs no disk, in a cgroup that holds a quarter of it."""

    def __init__(self, places, cpu):
        self._file = sparse_file(places, "sparse", SPARSE_BYTES)
        self._cgroup = memory_cgroup(places.cgroup_name, LIMIT_BYTES)
        try:
            super().__init__([places.workload("load"), "-c", str(cpu), "-g", self._cgroup, "read", self._file])
        except BaseException:
            self._remove()
            raise

    def _remove(self):
        os.unlink(self._file)
        for _ in range(100):  # the process is gone, its cgroup notices a moment later
            try:
                os.rmdir(self._cgroup)
                return
            except OSError:
                time.sleep(0.02)

    def close(self):
        super().close()
        self._remove()


def load(name):
    return lambda places, cpu: LoadRunner([places.workload("load"), "-c", str(cpu), name])


def stress(*arguments):
    # the same seed each time, so that each block does the same
    argv = ["stress-ng", "--quiet", "--no-rand-seed", *arguments]
    return lambda places, cpu: CommandRunner([*argv, "--temp-path", places.tmp], "fault")


FAULT = Part("fault", "fault")

WORKLOADS = (
    Workload("touch", "one thread touches fresh pages, then unmaps them", (FAULT, Part("unmap", "page")), 8192,
             8, load("touch")),
    Workload("touch2", "two threads of a process do that", (FAULT, Part("unmap", "page")), 8192, 4,
             load("touch2")),
    Workload("forkexec", "starts a small program and waits for it", (Part("process", "process"),), 40,
             3, load("forkexec")),
    Workload("reclaim", "reads a file through the page cache in a cgroup that holds a quarter of it",
             (Part("page", "page"),), 32768, 3, ReclaimRunner),
    Workload("reread", "reads a file that is in the page cache", (Part("page", "page"),), 65536, 3, RereadRunner),
    Workload("stress-vm", "stress-ng --vm 1 --vm-bytes 32M --vm-method write64", (FAULT,), 20, 3,
             stress("--vm", "1", "--vm-bytes", "32M", "--vm-method", "write64", "--vm-ops", "{ops}")),
    Workload("stress-fault", "stress-ng --fault 1", (FAULT,), 150, 3,
             stress("--fault", "1", "--fault-ops", "{ops}")),
)
