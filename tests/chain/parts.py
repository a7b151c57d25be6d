# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""The parts of the chain, as processes: memtrace export, node_exporter, Prometheus, and promtool beside them."""

import json
import os
import random
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
MEMTRACE = os.environ.get("MEMTRACE", os.path.join(TOP, "build/memtrace"))
RULES = os.path.join(TOP, "contrib/prometheus/memtrace.rules.yml")
NOBODY, NOGROUP = "nobody", "nogroup"
POLL_S = 0.1
# A scrape may take a second, also on a busy machine.
FIRST = ["nice", "-n", "-10"]


class Failed(Exception):
    """What a test claims is not so; the text says what is."""


def eventually(what, condition, limit_s=120):
    """What condition() gives as soon as that is true, or Failed.  What does not come is said, however busy the machine is."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"not within {limit_s} s: {what}")
        time.sleep(POLL_S)


def free_ports(number):
    """Ports of loopback that nobody listens on, and that the kernel gives to no connection meanwhile."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        low, high = map(int, file.read().split())
    given, ports = range(low, high + 1), []
    for port in random.sample(range(2000, 65000), 20000):
        if port in given or len(ports) == number:
            continue
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)):
                ports.append(port)
    if len(ports) < number:
        raise Failed("there are no free ports")
    return ports


def fetch(url):
    """The body, or None if nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.read().decode()
    except urllib.error.HTTPError as error:
        raise Failed(f"{url}: {error.code} {error.read().decode()[:300]}") from error
    except OSError:
        return None


class Process:
    """A program in the background; what it prints goes to a file."""

    def __init__(self, argv, log):
        self.log = log
        with open(log, "ab") as file:
            self.popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=file, stderr=file)

    def said(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_runs(self):
        if self.popen.poll() is not None:
            raise Failed(f"{self.log}: exit status {self.popen.returncode}: {self.said()[-500:]}")
        return True

    def end(self, number=signal.SIGTERM, limit_s=120):
        """Its exit status, that of a signal negative."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
        try:
            return self.popen.wait(limit_s)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()
            raise Failed(f"{self.log}: still there {limit_s} s after signal {number}") from None


def with_capabilities(capabilities):
    """The beginning of a command that runs as nobody with these alone."""
    sets = ",".join(["-all", *("+" + name for name in capabilities)])
    return ["setpriv", "--reuid", NOBODY, "--regid", NOGROUP, "--clear-groups", "--no-new-privs",
            "--bounding-set", sets, "--inh-caps", sets, "--ambient-caps", sets]


class Copies:
    """Keeps a copy of each text file that memtrace writes."""

    def __init__(self, path, where):
        self.path, self.where, self.number = path, where, 0
        os.mkdir(where)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self):
        last = None
        while not self._ended.wait(POLL_S):
            try:
                with open(self.path, "rb") as file:
                    inode = os.fstat(file.fileno()).st_ino, os.fstat(file.fileno()).st_mtime_ns
                    text = file.read()
            except FileNotFoundError:
                continue
            if inode != last:
                last = inode
                self.number += 1
                with open(os.path.join(self.where, "%04d.prom" % self.number), "wb") as copy:
                    copy.write(text)

    def end(self):
        self._ended.set()
        self._thread.join()


class Node:
    """A machine as Prometheus sees it: memtrace export and node_exporter, with a directory between them."""

    def __init__(self, name, command, where, port):
        self.name, self.command, self.port = name, command, port
        self.dir = os.path.join(where, name)
        self.file = os.path.join(self.dir, "memtrace.prom")
        self.logs = where
        os.mkdir(self.dir)
        self.copies = Copies(self.file, os.path.join(where, name + ".copies"))
        self.exporter = self.memtrace = None

    def start_exporter(self):
        self.exporter = Process(
            [*FIRST, "prometheus-node-exporter", f"--web.listen-address=127.0.0.1:{self.port}", "--collector.disable-defaults",
             "--collector.textfile", f"--collector.textfile.directory={self.dir}"], f"{self.logs}/{self.name}.node.log")

    def start_memtrace(self):
        self.memtrace = Process([*self.command, "-i", "1", "--textfile", self.file],
                                f"{self.logs}/{self.name}.memtrace.log")

    def end(self):
        self.copies.end()
        for process in (self.memtrace, self.exporter):
            if process:
                process.end()


class Prometheus:
    """The server, with the rules of contrib/prometheus, and questions to its HTTP API."""

    def __init__(self, where, port, nodes):
        self.url = f"http://127.0.0.1:{port}"
        config = {
            "global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"},
            "rule_files": [RULES],
            "scrape_configs": [{
                "job_name": "node",
                "static_configs": [{"targets": [f"127.0.0.1:{node.port}"], "labels": {"instance": node.name}}
                                   for node in nodes]}],
        }
        with open(f"{where}/prometheus.yml", "w", encoding="utf-8") as file:
            json.dump(config, file)  # JSON is YAML
        self.process = Process(
            [*FIRST, "prometheus", f"--config.file={where}/prometheus.yml", f"--storage.tsdb.path={where}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], f"{where}/prometheus.log")

    def is_ready(self):
        self.process.check_runs()
        try:
            return fetch(self.url + "/-/ready") is not None
        except Failed:
            return False  # it begins

    def ask(self, path, **arguments):
        body = fetch(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(arguments)}")
        answer = json.loads(body or "{}")
        if answer.get("status") != "success" or answer.get("warnings"):
            raise Failed(f"{path} {arguments}: {body}")
        return answer["data"]

    def vector(self, query):
        """[(labels, number)] of an instant query."""
        data = self.ask("query", query=query)
        if data["resultType"] == "scalar":
            return [({}, float(data["result"][1]))]
        return [(one["metric"], float(one["value"][1])) for one in data["result"]]

    def number(self, query):
        """The one number that it gives, or None."""
        found = self.vector(query)
        if len(found) > 1:
            raise Failed(f"{query}: {len(found)} series")
        return found[0][1] if found else None

    def own(self, metric):
        """The sum of a metric about the server itself."""
        return sum(float(line.split()[-1]) for line in fetch(self.url + "/metrics").splitlines()
                   if line.split("{")[0].split(" ")[0] == metric)


def promtool(*arguments, text=None):
    """What it says of that; Failed if it finds a fault."""
    done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"promtool {' '.join(arguments)}: {done.stdout}{done.stderr}"[:1500])
    return done.stdout
