# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""A program that is started, said to be ready by a word that it prints, observed, and ended."""

import contextlib
import glob
import os
import re
import signal
import subprocess
import time

POLL_S = 0.002


class Failed(Exception):
    """A program did not do what it was started for; the text says why."""


def read_text(path):
    with open(path, errors="replace") as file:
        return file.read()


class Process:
    """Runs argv in a session of its own, so that Ctrl-C reaches only us; its output goes to files beside `path`."""

    def __init__(self, argv, path):
        self.argv = argv
        self.stdout_path, self.stderr_path = path + ".stdout", path + ".stderr"
        self.started = time.monotonic()
        with open(self.stdout_path, "wb") as stdout, open(self.stderr_path, "wb") as stderr:
            try:
                self._popen = subprocess.Popen(
                    argv, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, start_new_session=True
                )
            except OSError as error:
                raise Failed(f"{argv[0]}: {error.strerror}") from error
        self.pid = self._popen.pid
        self._ended = False

    def _complaint(self):
        lines = [line for line in read_text(self.stderr_path).splitlines() if line.strip()]
        return lines[-1].strip() if lines else "no word on standard error"

    def wait_ready(self, word, limit_s):
        """Seconds from the start until it had printed `word` on standard output."""
        while word not in read_text(self.stdout_path):
            if self._popen.poll() is not None:
                raise Failed(f"exit status {self._popen.returncode} before it was ready: {self._complaint()}")
            if time.monotonic() - self.started > limit_s:
                raise Failed(f"not ready after {limit_s} s: {self._complaint()}")
            time.sleep(POLL_S)
        return time.monotonic() - self.started

    def check_alive(self):
        if self._popen.poll() is not None:
            raise Failed(f"exit status {self._popen.returncode} while it was to watch: {self._complaint()}")

    def cpu_ns(self):
        """User and system time of its threads."""
        total = 0
        for path in glob.glob(f"/proc/{self.pid}/task/*/schedstat"):
            try:
                total += int(read_text(path).split()[0])
            except OSError:  # a thread that ended
                pass
        return total

    def _session(self):
        """Its pid, and those of what it started."""
        for path in glob.glob("/proc/[0-9]*"):
            pid = int(os.path.basename(path))
            with contextlib.suppress(ProcessLookupError):
                if os.getsid(pid) == self.pid:
                    yield pid

    def bpf_programs(self):
        """Ids of the BPF programs that it, or what it started, holds by a descriptor of its own or by a link."""
        ids = set()
        for path in (path for pid in self._session() for path in glob.glob(f"/proc/{pid}/fdinfo/*")):
            with contextlib.suppress(OSError):  # it is closed meanwhile
                ids.update(int(number) for number in re.findall(r"^prog_id:\s*(\d+)", read_text(path), re.MULTILINE))
        return ids

    def memory_kib(self):
        """Resident now, and at the most so far."""
        fields = dict(line.split(":", 1) for line in read_text(f"/proc/{self.pid}/status").splitlines())
        return tuple(int(fields[name].split()[0]) if name in fields else 0 for name in ("VmRSS", "VmHWM"))

    def _wait(self, limit_s):
        try:
            self._popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self, by_signal=None, limit_s=30):
        """Ends it by the end of its standard input, or by a signal, and waits."""
        self._popen.stdin.close()
        if by_signal is not None:
            self._popen.send_signal(by_signal)
        if not self._wait(limit_s):
            self.kill()
            raise Failed(f"did not end within {limit_s} s")
        self._ended = True
        if self._popen.returncode not in (0, -(by_signal or 0)):
            raise Failed(f"exit status {self._popen.returncode}: {self._complaint()}")

    def kill(self):
        """Whatever it does, it and its children are gone after this; nothing if it has ended as it should."""
        if self._ended:
            return
        self._ended = True
        self._popen.stdin.close()
        for how in (signal.SIGINT, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, how)
            self._wait(3)


class Server:
    """A program that answers each line with a line."""

    def __init__(self, argv):
        try:
            self._popen = subprocess.Popen(
                argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                start_new_session=True
            )
        except OSError as error:
            raise Failed(f"{argv[0]}: {error.strerror}") from error
        self.pid = self._popen.pid

    def read_line(self):
        line = self._popen.stdout.readline()
        if not line:
            self._popen.wait()
            raise Failed(f"exit status {self._popen.returncode}: {self._popen.stderr.read().strip()}")
        return line

    def ask(self, line):
        try:
            self._popen.stdin.write(f"{line}\n")
            self._popen.stdin.flush()
        except BrokenPipeError:
            pass  # its last words follow
        return self.read_line()

    def close(self):
        try:
            self._popen.stdin.close()
        except BrokenPipeError:
            pass
        try:
            self._popen.wait(10)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
        self._popen.stdout.close()
        self._popen.stderr.close()


def output_of(argv, limit_s=120):
    """What it prints on both; Failed unless it exits 0."""
    try:
        done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False)
    except OSError as error:
        raise Failed(f"{argv[0]}: {error.strerror}") from error
    except subprocess.TimeoutExpired as error:
        raise Failed(f"{argv[0]}: not done after {limit_s} s") from error
    stdout, stderr = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    if done.returncode:
        last = (stderr.strip() or stdout.strip() or "no message").splitlines()[-1]
        raise Failed(f"{os.path.basename(argv[0])}: exit status {done.returncode}: {last}")
    return stdout, stderr
