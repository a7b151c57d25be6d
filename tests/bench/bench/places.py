# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Where programs are, and what belongs to one run: its files and its cgroup, which go when it ends."""

import glob
import os
import re
import shutil

PREFIX = "memtrace-bench."


class Places:
    def __init__(self, top):
        self.top = top
        self.build = os.path.join(top, "build")
        self.results = os.path.join(self.build, "bench")
        self.tmp = os.path.join(self.results, f"tmp.{os.getpid()}")
        self.cgroup_name = f"{PREFIX}{os.getpid()}"

    def workload(self, name):
        return os.path.join(self.build, "workloads", name)

    def program(self, name):
        return os.path.join(self.results, name)

    @property
    def memtrace(self):
        return os.environ.get("MEMTRACE", os.path.join(self.build, "memtrace"))

    def __enter__(self):
        self._remove_left_over()
        os.makedirs(self.tmp)
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.tmp, ignore_errors=True)

    def _remove_left_over(self):
        """Of runs that were killed."""
        patterns = (f"{self.results}/tmp.*", f"/sys/fs/cgroup/{PREFIX}*", f"/sys/fs/cgroup/memory/{PREFIX}*")
        for path in (path for pattern in patterns for path in glob.glob(pattern)):
            pid = re.search(r"\.(\d+)$", path)
            if not pid or os.path.exists(f"/proc/{pid[1]}"):
                continue
            if path.startswith("/sys/"):
                os.rmdir(path)
            else:
                shutil.rmtree(path, ignore_errors=True)
