# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What the workload does to this machine, and what the kernel says of it: cgroups, faults, the trace of reclaim."""

import ctypes
import mmap
import os
import re
import resource
import signal
import subprocess
import time

from parts import TOP, Failed

WORKLOADS = os.path.join(TOP, "build/workloads")
PAGE = os.sysconf("SC_PAGE_SIZE")
TRACING = "/sys/kernel/tracing"
PR_SET_PDEATHSIG, PR_SET_NAME = 1, 15


def memory_hierarchy():
    """Where cgroups of the memory controller are, and the file of their limit."""
    with open("/proc/mounts", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    for _, where, kind, options, *_ in mounts:
        if kind == "cgroup" and "memory" in options.split(","):
            return where, "memory.limit_in_bytes"
    for _, where, kind, *_ in mounts:
        if kind == "cgroup2":
            with open(os.path.join(where, "cgroup.subtree_control"), "w", encoding="utf-8") as file:
                file.write("+memory")
            return where, "memory.max"
    raise Failed("no memory controller")


class Cgroups:
    """Cgroups that are removed at the end."""

    def __init__(self):
        self.root, self.limit = memory_hierarchy()
        self.made = []

    def make(self, name, limit=None):
        """Its name as memtrace has it."""
        path = f"{self.root}/{name}"
        if self.limit == "memory.max" and "/" in name:
            with open(f"{os.path.dirname(path)}/cgroup.subtree_control", "w", encoding="utf-8") as file:
                file.write("+memory")
        os.mkdir(path)
        self.made.append(path)
        if limit:
            with open(f"{path}/{self.limit}", "w", encoding="utf-8") as file:
                file.write(limit)
        return "/" + name

    def path(self, name):
        return self.root + name

    def end(self):
        for path in reversed(self.made):
            for _ in range(100):
                try:
                    os.rmdir(path)
                    break
                except OSError:
                    time.sleep(0.05)


def workload(name, *arguments):
    """What it printed."""
    done = subprocess.run([f"{WORKLOADS}/{name}", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"workload {name} {arguments}: {done.returncode} {done.stderr}")
    return done.stdout


def faults_in(cgroup, pages):
    """Touches so many fresh pages in the cgroup of that directory; the task's minor faults by its own getrusage."""
    done = subprocess.run(["sh", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', cgroup, f"{WORKLOADS}/faults", "-n",
                           str(pages), "-u"], capture_output=True, text=True, check=True)
    return int(re.search(r"minor=(\d+)", done.stdout)[1])


def vmstat(name):
    with open("/proc/vmstat", encoding="utf-8") as file:
        return next(int(line.split()[1]) for line in file if line.split()[0] == name)


class ReclaimTrace:
    """The kernel's own trace of each episode of reclaim for a cgroup's limit, by task."""

    EVENT = re.compile(r"-(\d+)\s+\[\d+\].*?\s(\d+\.\d+): mm_vmscan_memcg_reclaim_(begin|end):")

    def __init__(self):
        self.dir = f"{TRACING}/instances/memtrace-chain.{os.getpid()}"
        if not os.path.isdir(TRACING + "/events"):
            subprocess.run(["mount", "-t", "tracefs", "tracefs", TRACING], check=True)
        os.mkdir(self.dir)
        self._write("buffer_size_kb", "8192")
        for name in ("begin", "end"):
            self._write(f"events/vmscan/mm_vmscan_memcg_reclaim_{name}/enable", "1")

    def _write(self, name, text):
        with open(f"{self.dir}/{name}", "w", encoding="utf-8") as file:
            file.write(text)

    def clear(self):
        self._write("trace", "")

    def episodes(self, pid):
        """How long each episode of that task took, in seconds, sorted."""
        begun, durations = None, []
        with open(f"{self.dir}/trace", encoding="utf-8", errors="replace") as file:
            for line in file:
                found = self.EVENT.search(line)
                if not found or int(found[1]) != pid:
                    continue
                if found[3] == "begin":
                    begun = float(found[2])
                elif begun is not None:
                    durations.append(float(found[2]) - begun)
                    begun = None
        return sorted(durations)

    def end(self):
        os.rmdir(self.dir)


def reclaim_in(cgroup, file, trace):
    """Writes a file of 60 MiB and reads it twice below the cgroup's limit: durations of its episodes, by the trace."""
    trace.clear()
    hog = subprocess.Popen([f"{WORKLOADS}/hog", "-g", cgroup, "-f", file, "-w", "60", "-r", "2"])
    if hog.wait():
        raise Failed(f"workload hog: {hog.returncode}")
    return trace.episodes(hog.pid)


class Named:
    """A process of that name, in the cgroup of a directory; it touches pages when it is told to, and else waits."""

    def __init__(self, name, directory):
        theirs, self._pages = os.pipe()
        self._done, done = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
            with open(f"{directory}/cgroup.procs", "w", encoding="ascii") as file:
                file.write(str(os.getpid()))
            ctypes.CDLL(None).prctl(PR_SET_NAME, name.encode(), 0, 0, 0)
            while told := os.read(theirs, 8):
                with mmap.mmap(-1, int(told) * PAGE) as pages:
                    for page in range(int(told)):
                        pages[page * PAGE] = 1
                os.write(done, b"1")
            os._exit(0)
        os.close(theirs)
        os.close(done)

    def touch(self, pages):
        os.write(self._pages, b"%d" % pages)
        if not os.read(self._done, 1):
            raise Failed("a process that was to touch pages has ended")

    def faults(self):
        """Its minor faults, as the kernel counts them."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as stat:
            return int(stat.read().rsplit(")", 1)[1].split()[7])

    def end(self):
        """Twice is no harm.  By a signal, as others that were forked since have this one's pipes."""
        if self.pid:
            os.close(self._pages)
            os.close(self._done)
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0


def churn(names, seconds):
    """A process that takes so many names, one after the other, and touches some pages under each; its minor faults."""
    pid = os.fork()
    if pid == 0:
        libc = ctypes.CDLL(None)
        begun = time.monotonic()
        for number in range(names):
            libc.prctl(PR_SET_NAME, b"mt-churn-%d" % number, 0, 0, 0)
            with mmap.mmap(-1, (2 + number % 7) * PAGE) as pages:
                for page in range(2 + number % 7):
                    pages[page * PAGE] = 1
            while time.monotonic() - begun < seconds * number / names:
                time.sleep(0.002)
        os._exit(0)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt
    status = os.waitpid(pid, 0)[1]
    if status:
        raise Failed(f"churn: status {status}")
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_minflt - before
