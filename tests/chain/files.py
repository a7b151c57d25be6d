# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""What contrib/ holds for Prometheus and Grafana: rules, their tests, the dashboard's model and its queries."""

import json
import os
import re

import yaml

from parts import RULES, TOP, Failed

RULE_TESTS = os.path.join(TOP, "contrib/prometheus/memtrace.tests.yml")
DASHBOARD = os.path.join(TOP, "contrib/grafana/memtrace.json")
COLUMNS = 24  # of Grafana's grid
UNITS = os.path.join(TOP, "contrib/systemd")
DAEMONSET = os.path.join(TOP, "contrib/kubernetes/memtrace.yml")
KINDS = {"row", "stat", "table", "timeseries", "heatmap"}
# By the names that Grafana has for them; it shows values of another one as they are.
UNITS_OF_VALUES = {"none", "short", "ops", "Bps", "percentunit", "s", "bytes"}
FIELDS = {"id": int, "type": str, "title": str, "gridPos": dict}

# Metrics that a machine may have nothing of, and why: a query of these may be without data.
MAY_BE_EMPTY = {
    "memtrace_kswapd_session_seconds": "kswapd sleeps where memory is free, as it is on a machine that runs tests",
    "memtrace_dirty_throttled_seconds": "no writer need have been paused",
    "memtrace_kthread_stalled_seconds": "so do all kernel threads that reclaim",
    "memtrace_psi_some_seconds_total": "a kernel may not give its own times by CPU",
    "memtrace_pressure_memory": "a kernel may be built or booted without PSI",
    'target_cgroup!~"unknown|other"': "a kernel that refuses programs on functions does not tell whose limit it was",
}


def may_be_empty(query):
    return any(name in query for name in MAY_BE_EMPTY)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def recorded():
    """(name, expression) of each recording rule."""
    return [(rule["record"], rule["expr"]) for group in load(RULES)["groups"] for rule in group["rules"]
            if "record" in rule]


def check_alerts_are_tested():
    """Each alert has a severity, a summary and what to do next, and tests in which it fires and does not."""
    fires, silent = set(), set()
    for test in load(RULE_TESTS)["tests"]:
        for one in test.get("alert_rule_test", []):
            (fires if one["exp_alerts"] else silent).add(one["alertname"])
    for group in load(RULES)["groups"]:
        for rule in group["rules"]:
            name = rule.get("alert")
            if not name:
                continue
            if name not in fires or name not in silent:
                raise Failed(f"no test shows that {name} {'fires' if name not in fires else 'does not fire'}")
            if not rule.get("labels", {}).get("severity") or {"summary", "next"} - set(rule.get("annotations", {})):
                raise Failed(f"{name} lacks a severity, a summary or what to do next")


def unit(name):
    """Settings of a unit: the last value of each."""
    with open(os.path.join(UNITS, name), encoding="utf-8") as file:
        return dict(line.rstrip("\n").split("=", 1) for line in file if re.match(r"[A-Z]\w+=", line))


def check(what, found, wanted):
    if found != wanted:
        raise Failed(f"{what}: {found}, not {wanted}")


def check_daemonset():
    """It is one of apps/v1 that chooses its own pods, as powerful as the unit without its reports of OOM kills, and
    mounts what it has volumes for.
    """
    whole, service = load(DAEMONSET), unit("memtrace-export.service")
    check("kind", (whole["apiVersion"], whole["kind"]), ("apps/v1", "DaemonSet"))
    pod = whole["spec"]["template"]
    check("labels that the selector wants", {name: pod["metadata"]["labels"].get(name) for name in
                                             whole["spec"]["selector"]["matchLabels"]},
          whole["spec"]["selector"]["matchLabels"])
    check("hostPID", pod["spec"]["hostPID"], True)
    container, = pod["spec"]["containers"]
    context = container["securityContext"]
    check("capabilities", context["capabilities"], {"drop": ["ALL"], "add": [
        name.removeprefix("CAP_") for name in service["AmbientCapabilities"].split() if name != "CAP_SYSLOG"]})
    check("power", [context[name] for name in ("privileged", "allowPrivilegeEscalation", "readOnlyRootFilesystem")],
          [False, False, True])
    check("limit", container["resources"]["limits"]["memory"], "64Mi")
    mounts = {mount["name"]: mount["mountPath"] for mount in container["volumeMounts"]}
    check("volumes", {volume["name"] for volume in pod["spec"]["volumes"]}, set(mounts))
    check("mounts", sorted(mounts.values()), ["/sys/fs/cgroup", "/sys/kernel/tracing", "/textfile"])
    return container["command"] + container["args"]


def dashboard():
    with open(DASHBOARD, encoding="utf-8") as file:
        return json.load(file)


def queries(model):
    """(title, expression) of each query, with values for Grafana's variables."""
    found = []
    for panel in model["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"].replace("$__rate_interval", "1m")
            for variable in model["templating"]["list"]:
                query = query.replace("$" + variable["name"], ".*")
            if "$" in query:
                raise Failed(f"panel {panel['title']}: an unknown variable in {query}")
            found.append((panel["title"], query))
    return found


def variable_queries(model):
    """(name of the variable, metric with its matchers, label) of those that ask Prometheus."""
    found = []
    for variable in model["templating"]["list"]:
        if variable["type"] == "query":
            metric, label = re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]["query"]).groups()
            found.append((variable["name"], re.sub(r"\$\w+", ".*", metric), label))
    return found


def check_cells(panels):
    """No two panels share a cell of the grid, and none is outside."""
    taken = {}
    for panel in panels:
        at = panel["gridPos"]
        if at["x"] < 0 or at["x"] + at["w"] > COLUMNS or min(at["w"], at["h"]) < 1:
            raise Failed(f"panel {panel['title']} is outside of the grid: {at}")
        for x in range(at["x"], at["x"] + at["w"]):
            for y in range(at["y"], at["y"] + at["h"]):
                if (x, y) in taken:
                    raise Failed(f"panels {taken[x, y]} and {panel['title']} lie upon each other")
                taken[x, y] = panel["title"]


def check_panel(panel, names):
    for field, kind in FIELDS.items():
        if not isinstance(panel.get(field), kind):
            raise Failed(f"panel {panel.get('title')}: {field} is no {kind.__name__}")
    if panel["type"] not in KINDS:
        raise Failed(f"panel {panel['title']}: type {panel['type']}")
    if panel["type"] == "row":
        return
    targets = panel.get("targets") or []
    if not targets or len({target["refId"] for target in targets}) != len(targets):
        raise Failed(f"panel {panel['title']}: no targets, or two of one refId")
    for part in [panel, *targets]:
        if part.get("datasource") != {"type": "prometheus", "uid": "${datasource}"}:
            raise Failed(f"panel {panel['title']}: a data source that nobody chose")
    for name in re.findall(r"\$(?!__)(\w+)", panel["title"] + "".join(target["expr"] for target in targets)):
        if name not in names:
            raise Failed(f"panel {panel['title']}: there is no variable {name}")
    with_unit = panel["options"]["yAxis"] if panel["type"] == "heatmap" else panel["fieldConfig"]["defaults"]
    if with_unit.get("unit") not in UNITS_OF_VALUES:
        raise Failed(f"panel {panel['title']}: no unit, or one that Grafana does not know")


def check_model(model):
    """What Grafana wants of a dashboard (kinds/dashboard), as far as this one uses it."""
    for field, kind in {"title": str, "uid": str, "schemaVersion": int, "panels": list, "templating": dict}.items():
        if not isinstance(model.get(field), kind):
            raise Failed(f"the dashboard's {field} is no {kind.__name__}")
    if model.get("id") is not None:
        raise Failed("the dashboard has an id, which another Grafana gave it")
    names = {variable["name"] for variable in model["templating"]["list"]}
    ids = [panel["id"] for panel in model["panels"]]
    if len(set(ids)) != len(ids):
        raise Failed("two panels have one id")
    for panel in model["panels"]:
        check_panel(panel, names)
    check_cells(model["panels"])
