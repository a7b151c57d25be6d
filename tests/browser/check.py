#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""check.py PAGE JSON [PICTURES]: opens a page of memtrace report in Chromium and uses it: each control does what it says,
by numbers that are computed here from the page's data (JSON); nothing is complained about, no network is asked.  With
PICTURES, a directory, it leaves pictures of the page there: 1280 and 400 columns wide, light and dark.
"""
import json
import sys
import unicodedata

from page import Page


def same(what, ours, theirs):
    if ours != theirs:
        raise AssertionError(f"{what}: {ours!r}, expected {theirs!r}")


def visible(name):
    """What of a name can be seen is as it is."""
    return name and "".join("\\u{%x}" % ord(c) if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") else c
                            for c in name)


class Data:
    """Of the page, and sums over a part of its time."""

    def __init__(self, path):
        with open(path, encoding="ascii") as file:
            self.all = json.load(file)
        for row in self.all["processes"]:
            row["comm"], row["cgroup"] = visible(row["comm"]), visible(row["cgroup"])
        self.nr = len(self.all["stretches"]["end_ns"])
        self.paths = [counter["path"] for counter in self.all["counters"]]

    def sum(self, row, path, begin=0, end=None):
        return self.sum_of(row["counts"], self.paths.index(path), begin, end)

    def sum_of(self, counts, key, begin=0, end=None):
        return sum(counts[i + 2] for i in range(0, len(counts), 3)
                   if counts[i + 1] == key and begin <= counts[i] < (self.nr if end is None else end))

    def busy(self, begin=0, end=None):
        """Rows that counted anything then."""
        return [row for row in self.all["processes"]
                if any(begin <= at < (self.nr if end is None else end) for at in row["counts"][::3])]


def names(page):
    """The second column of the table, from above."""
    return page.ask("[...document.querySelectorAll('#tasks tbody tr')].map((row) => row.cells[1].textContent)")


def head(page, title):
    return page.ask("[...document.querySelectorAll('#tasks th')].findIndex((cell) => cell.textContent === "
                    + json.dumps(title) + ")") + 1


def check_sort(page, data):
    for title, path in (("MINOR/s", "fault.minor"), ("ALLOC/s", "alloc.pages")):
        if path not in data.paths:
            continue
        selector = f"#tasks th:nth-child({head(page, title)}) button"
        page.click(selector)
        if page.ask(f"document.querySelector({json.dumps(selector)}).parentNode.ariaSort") != "descending":
            page.click(selector)
        pids = "[...document.querySelectorAll('#tasks tbody tr')].map((row) => Number(row.cells[0].textContent))"
        sums = {row["pid"]: data.sum(row, path) for row in data.all["processes"]}
        falling = sorted((sums[row["pid"]] for row in data.busy()), reverse=True)
        same("falling by " + title, [sums[pid] for pid in page.ask(pids)], falling)
        page.click(selector)
        same("order of " + title, page.ask(f"document.querySelector({json.dumps(selector)}).parentNode.ariaSort"),
             "ascending")
        same("rising by " + title, [sums[pid] for pid in page.ask(pids)], falling[::-1])
    page.click(f"#tasks th:nth-child({head(page, 'COMM')}) button")
    listed = names(page)
    same("order of names", listed, sorted(listed))


def check_filter(page, data):
    cgroup = data.all["processes"][0]["cgroup"]
    page.write("#filter", cgroup)
    rows = [row for row in data.busy() if cgroup.lower() in (row["cgroup"] or "").lower()]
    same("rows of a cgroup", len(names(page)), len(rows))
    page.write("#filter", "no such name")
    same("rows of nothing", names(page), [])
    page.write("#filter", "")
    same("all rows", len(names(page)), len(data.busy()))


def check_brush(page, data):
    page.drag("#chart-faults svg", 0.3, 0.6)
    begin, end = page.ask("[model.from, model.to]")
    if not 0 < begin < end < data.nr:
        raise AssertionError(f"the brush chose {begin} to {end} of {data.nr}")
    same("rows of a part", len(names(page)), len(data.busy(begin, end)))
    column = head(page, "MINOR/s")
    seconds = page.ask("seconds()")
    for row in data.busy(begin, end):
        shown = page.ask(f"""[...document.querySelectorAll('#tasks tbody tr')]
            .find((row) => row.cells[0].textContent === {json.dumps(str(row['pid']))}).cells[{column - 1}].textContent""")
        expected = page.ask(f"show('count', {data.sum(row, 'fault.minor', begin, end)} / {seconds})")
        same("minor faults of " + row["comm"], shown, expected)
    same("brushes", page.ask("document.querySelectorAll('#charts .brush').length"),
         page.ask("document.querySelectorAll('#charts svg').length"))
    for cut in sorted({at for row in data.busy() for at in row["counts"][::3]} - {0}):  # there something happened
        page.ask(f"choose(0, {cut})")
        same(f"rows before {cut}", len(names(page)), len(data.busy(0, cut)))
        same(f"faults before {cut}", page.ask("""model.data.processes.reduce((sum, row) => sum +
            sums(row.counts, model.data.counters.length)[model.counterOf.get("fault.minor")], 0)"""),
             sum(data.sum(row, "fault.minor", 0, cut) for row in data.busy()))
    page.ask("document.activeElement.blur()")
    page.key("Escape", number=27)
    same("the whole run", page.ask("[model.from, model.to]"), [0, data.nr])


def check_keyboard(page, data):
    page.ask("document.querySelector('#from').focus()")
    for _ in range(3):
        page.key("ArrowRight", number=39)
    same("from, by the keyboard", page.ask("model.from"), 3)
    page.click("#whole")
    same("the whole run, by its button", page.ask("[model.from, model.to]"), [0, data.nr])
    page.ask("document.querySelector('#tasks tbody tr').focus()")
    page.key("Enter", number=13, text="\r")
    same("chosen rows", page.ask("document.querySelectorAll('#tasks tr[aria-selected=true]').length"), 1)
    page.click("#unselect")
    same("rows chosen no more", page.ask("model.chosen"), None)


def check_events(page, data):
    kill = next(i for i, event in enumerate(data.all["events"]) if "kill" in event["kind"])
    page.write("#events-filter", "oom kill")
    same("lines with a word", page.ask("document.querySelectorAll('#events li').length"),
         sum("oom kill" in event["text"].lower() for event in data.all["events"]))
    page.click("#events li button")
    begin, end = page.ask("[model.from, model.to]")
    if not end - begin < data.nr:
        raise AssertionError("a click on a line chose nothing")
    time = data.all["events"][kill]["time_ns"]
    ends = data.all["stretches"]["end_ns"]
    if not (ends[begin - 1] if begin else 0) <= time + 1000 and time <= ends[end - 1] + 1000:
        raise AssertionError(f"{time} is not in {begin} to {end}")
    page.write("#events-filter", "")
    page.click("#whole")


def check_groups(page, data):
    for group, key in (("cgroup", "cgroup"), ("comm", "comm")):
        page.ask(f"""(() => {{ const list = document.querySelector('#group'); list.value = '{group}';
            list.dispatchEvent(new Event('change')); }})()""")
        same("rows by " + group, page.ask("document.querySelectorAll('#tasks tbody tr').length"),
             len({row[key] for row in data.busy()}))
    page.ask("""(() => { const list = document.querySelector('#group'); list.value = 'process';
        list.dispatchEvent(new Event('change')); })()""")


def check_histograms(page, data):
    hists = data.all["histograms"]
    for number, hist in enumerate(hists):
        page.ask(f"""(() => {{ const list = document.querySelector('#hist'); list.value = '{number}';
            list.dispatchEvent(new Event('change')); }})()""")
        same("values of " + hist["name"], page.ask("""[...document.querySelectorAll('#bars tr')]
            .reduce((sum, row) => sum + Number(row.cells[1].textContent.replaceAll(',', '')), 0)"""), sum(hist["counts"][2::3]))
        same("cells of " + hist["name"], page.ask("document.querySelectorAll('#heat .cell').length"),
             len(hist["counts"]) // 3)


def check_flame(page, data):
    """The widths are the weights; a click zooms, a word marks, a part of the time has its own."""
    faults = [path for path in data.all["paths"] if path["event"] == "fault"]
    total = sum(data.sum_of(path["counts"], 0) for path in faults)
    same("faults", page.ask("flame.root.sum"), total)
    same("programs", page.ask("[...flame.root.children.values()].filter((node) => node.sum).length"),
         len({path["stack"][0] for path in faults if path["counts"]}))
    name = faults[0]["stack"][0]
    same("faults of " + name, page.ask(f"flame.root.children.get({json.dumps(name)}).sum"),
         sum(data.sum_of(path["counts"], 0) for path in faults if path["stack"][0] == name))
    page.write("#flame-search", name)
    marked = page.ask("[...document.querySelectorAll('.frame.found title')].map((title) => title.textContent)")
    if not marked or any(name.lower() not in title.lower() for title in marked):
        raise AssertionError(f"marked for {name}: {marked}")
    same("all that are marked", len(marked), page.ask(f"""[...document.querySelectorAll('.frame title')]
        .filter((title) => title.textContent.split(': ')[0].toLowerCase().includes({json.dumps(name.lower())})).length"""))
    page.click(".frame.found rect")
    same("zoomed to", page.ask("flame.zoomed.name.toLowerCase()").count(name.lower()), 1)
    same("width of what is zoomed to", page.ask("Number(document.querySelector('.frame rect').getAttribute('width')) > "
                                               "timeline.width - 2"), True)
    page.click("#unzoom")
    page.write("#flame-search", "")
    same("marked for no word", page.ask("document.querySelectorAll('.frame.found').length"), 0)
    if data.nr < 3:
        return
    page.ask(f"choose(1, {data.nr - 1})")
    same("faults of a part", page.ask("flame.root.sum"),
         sum(data.sum_of(path["counts"], 0, 1, data.nr - 1) for path in faults))
    page.click("#whole")


def pick(page, selector, value):
    page.ask(f"""(() => {{ const list = document.querySelector({json.dumps(selector)}); list.value = {json.dumps(value)};
        list.dispatchEvent(new Event('change')); }})()""")


def check_apart(page, data):
    """By process, by thread or not: what stands in front, and the sums stay."""
    first = data.all["paths"][0]["event"]
    paths = [path for path in data.all["paths"] if path["event"] == first and path["counts"] and path["stack"]]
    total = page.ask("flame.root.sum")
    for apart, level, key in (("process", 1, "pid"), ("thread", 2, "tid")):
        pick(page, "#flame-apart", apart)
        same("all by " + apart, page.ask("flame.root.sum"), total)
        shown = page.ask(f"""(() => {{ let nodes = [flame.root]; for (let i = 0; i < {level}; i++)
            nodes = nodes.flatMap((node) => [...node.children.values()]); return nodes.map((node) => node.name); }})()""")
        numbers = {path[key] for path in paths if path[key]}
        same("each " + apart, {int(name.rsplit("[", 1)[1][:-1]) for name in shown if name.endswith("]")}, numbers)
    pick(page, "#flame-apart", "none")
    same("first functions", set(page.ask("[...flame.root.children.keys()]")),
         {visible(path["stack"][1]) for path in paths if len(path["stack"]) > 1})
    pick(page, "#flame-apart", "program")


def check_weights(page, data):
    """Each weight that is offered adds up to what the data have of it, in pages where these are bytes."""
    for number, (event, weight, _, _) in enumerate(page.ask("flame.choices")):
        pick(page, "#flame-of", str(number))
        same(f"weight {weight} of {event}", page.ask("flame.root.sum"),
             sum(data.sum_of(path["counts"], weight) for path in data.all["paths"] if path["event"] == event))
    pick(page, "#flame-of", "0")


def check_frame_keys(page):
    """One frame can be reached by Tab; arrows go from there, Enter zooms, Escape goes back and leaves the time alone."""
    at = "flame.nodes.get(document.activeElement)?.node"
    same("frames on the way of Tab", page.ask("document.querySelectorAll('#flame [tabindex=\"0\"]').length"), 1)
    page.ask("document.querySelector('#flame [tabindex=\"0\"]').focus()")
    page.key("ArrowDown", number=40)
    same("down", page.ask(f"{at}.up === flame.root"), True)
    same("the widest one", page.ask(f"{at}.sum === Math.max(...[...flame.root.children.values()].map((node) => node.sum))"), True)
    same("what is said of it", page.ask(f"document.querySelector('#flame-at').textContent === frameText({at})"), True)
    if page.ask("flame.root.children.size") > 1:
        name = page.ask(f"{at}.name")
        step = "ArrowRight" if page.ask("frameFor('ArrowRight', flame.nodes.get(document.activeElement))?.node.name || null") else "ArrowLeft"
        page.key(step)
        same("beside", page.ask(f"{at}.name") != name and page.ask(f"{at}.depth") == 1, True)
        page.key("ArrowLeft" if step == "ArrowRight" else "ArrowRight")
        same("back", page.ask(f"{at}.name"), name)
    same("frames on the way of Tab, then", page.ask("document.querySelectorAll('#flame [tabindex=\"0\"]').length"), 1)
    page.ask("choose(0, Math.max(1, model.nr - 1))")
    time = page.ask("[model.from, model.to]")
    same("the focus, of another time", page.ask(f"{at}.depth"), 1)
    page.key("Enter", number=13, text="\r")
    same("zoomed by Enter", page.ask(f"flame.zoomed === {at} && flame.zoomed.depth === 1"), True)
    page.key("Escape", number=27)
    same("all by Escape", page.ask("flame.zoomed"), None)
    same("the time, after that", page.ask("[model.from, model.to]"), time)
    same("the focus, after that", page.ask(f"{at}.depth"), 1)
    page.key("Home", number=36)
    same("the root", page.ask(f"{at} === flame.root"), True)
    pick(page, "#flame-form", "flame")
    page.ask("document.querySelector('#flame [tabindex=\"0\"]').focus()")
    page.key("ArrowUp", number=38)
    same("up, where callers are below", page.ask(f"{at}.depth"), 1)
    pick(page, "#flame-form", "icicle")
    page.ask("document.activeElement.blur()")
    if not page.ask("isWhole()"):
        page.click("#whole")


def check_addresses(page, data):
    """A cell for each, of the process that is chosen; what the pointer is on is said; the note counts the chosen time."""
    for number, one in enumerate(data.all["fault_maps"]):
        pick(page, "#where-of", str(number))
        same("cells by address", page.ask("document.querySelectorAll('#where .cell').length"), len(one["cells"]) // 3)
        same("faults by address", page.ask("parseInt(byId('where-note').textContent.replaceAll(',', ''))"), one["faults"])
    one = data.all["fault_maps"][-1]
    at, _, count = one["cells"][:3]
    page.ask(f"choose({at}, {at} + 1)")
    same("faults of a part", page.ask("parseInt(byId('where-note').textContent.replaceAll(',', ''))"),
         sum(one["cells"][i + 2] for i in range(0, len(one["cells"]), 3) if one["cells"][i] == at))
    if not page.ask("isWhole()"):
        page.click("#whole")
    x, y, width, height = page.box("#where .cell")
    page.mouse("mouseMoved", x + width / 2, y + height / 2)
    same("what is said of a cell", page.ask("byId('where-at').textContent").split(" fault")[0], str(count))
    first = data.all["fault_maps"][0]
    index = [row["pid"] for row in data.all["processes"]].index(first["pid"])
    page.ask(f"chooseRow(model.data.processes[{index}])")
    same("the map of a chosen row", page.ask("where.map.pid"), first["pid"])
    page.ask("chooseRow(null)")


def check_differences(page, data):
    """Before and now in the table, and in the graph's colours and words, by numbers from the data."""
    other = data.all["against"]
    columns = page.ask("against.columns.map((column) => column.title)")
    for column in data.all["columns"]:
        if column["title"] not in columns:
            continue
        pick(page, "#against-of", str(columns.index(column["title"])))
        rows = page.ask("[...document.querySelectorAll('#against tbody tr')].map((row) => [...row.cells].map((cell) => cell.textContent))")
        shown = {row[0]: row[1] for row in rows}
        before = {}
        for row in other["processes"]:
            name = visible(row["comm"]) if row["comm"] is not None else "(others)"
            sums = dict(zip(row["sums"][::2], row["sums"][1::2]))
            before[name] = before.get(name, 0) + sum(sums.get(key, 0) for key in column["counters"])
        for name, value in before.items():
            if not value:
                continue
            text = page.ask(f"""(() => {{ const column = model.data.columns.find((one) => one.title === {json.dumps(column["title"])});
                return eachSecondText(column, {value} * (column.unit === "pages" ? model.page : 1) /
                    (column.measure === "share" ? 1e9 : 1) / (model.data.against.duration_ns / 1e9)); }})()""")
            same(f"{column['title']} of {name} before", shown[name], text)
        folded = any(row["comm"] is None for row in data.all["processes"])
        ours = {visible(row["comm"]) for row in data.all["processes"]}
        for row in rows:
            if row[0] != "(others)" and row[0] not in ours:
                same(f"{row[0]}, which is not here", row[2:5], ["-"] * 3 if folded else row[2:4] + ["gone"])
    if not data.all["paths"]:
        return
    event, weight = page.ask("flame.choice")[:2]
    paths = [path for path in data.all["paths"] if path["event"] == event and path["stack"]]
    same("all before", page.ask("flame.root.before"),
         sum(path["before"][weight] for path in data.all["paths"] if path["event"] == event))
    for scale in ("second", "share"):
        pick(page, "#flame-scale", scale)
        for name in sorted({path["stack"][0] for path in paths})[:20]:
            of = [path for path in paths if path["stack"][0] == name]
            now = sum(data.sum_of(path["counts"], weight) for path in of)
            before = sum(path["before"][weight] for path in of)
            if scale == "second":
                now, before = now / page.ask("seconds()"), before / (other["duration_ns"] / 1e9)
            else:
                now, before = now / page.ask("flame.root.sum"), before / max(1, page.ask("flame.root.before"))
            change = page.ask(f"changeOf(flame.root.children.get({json.dumps(visible(name))}))")
            expected = (now - before) / max(now, before)
            if abs(change - expected) > 1e-9:
                raise AssertionError(f"{name} by {scale}: {change}, expected {expected}")
    widths = page.ask("[...flame.nodes.values()].map((entry) => [entry.w, entry.node.sum / flame.root.sum])")
    if any(abs(w / widths[0][0] - share) > 1e-6 for w, share in widths):
        raise AssertionError("widths are not this recording's")
    if page.ask("flame.root.before"):
        pick(page, "#flame-width", "before")
        widths = page.ask("[...flame.nodes.values()].map((entry) => [entry.w, entry.node.before / flame.root.before])")
        if any(abs(w / widths[0][0] - share) > 1e-6 for w, share in widths):
            raise AssertionError("widths are not the other recording's")
        pick(page, "#flame-width", "now")
    pick(page, "#flame-scale", "second")


def check_names(page, data):
    """Names are what the recording has, and no element came of one."""
    same("names", sorted(names(page)), sorted(row["comm"] for row in data.busy()))
    same("scripts", page.ask("document.scripts.length"), 1)


def use_table(page, data):
    """Of a page in which each row is one process."""
    check_names(page, data)
    check_sort(page, data)
    check_filter(page, data)
    if data.nr > 10:
        check_brush(page, data)
        check_keyboard(page, data)
    check_groups(page, data)


def use(page, data):
    if all(row["comm"] is not None for row in data.all["processes"]):
        use_table(page, data)
    check_histograms(page, data)
    if any("kill" in event["kind"] for event in data.all["events"]):
        check_events(page, data)
    if data.all["paths"]:
        check_flame(page, data)
        check_apart(page, data)
        check_weights(page, data)
        check_frame_keys(page)
    if data.all["fault_maps"]:
        check_addresses(page, data)
    if "against" in data.all:
        check_differences(page, data)


def check_narrow(page, width):
    """What cannot be left out: two times below each chart, and a number of each row, without scrolling."""
    labels = page.ask("""[...document.querySelectorAll("#charts svg")].map((chart) => new Set(
        [...chart.querySelectorAll("text.label:not([text-anchor=end])")].map((label) => label.textContent)).size)""")
    same(f"charts that name one time alone in a window of {width}", [nr for nr in labels if nr == 1], [])
    edge = page.ask("""[...document.querySelectorAll("#tasks thead th:not(.left)")]
        .find((head) => !["PID", "PROCS"].includes(head.textContent)).getBoundingClientRect().right""")
    same(f"the first measure, which ends at {edge}, is seen in a window of {width}", edge <= width, True)


def main():
    data = Data(sys.argv[2])
    with Page(sys.argv[1]) as page:
        use(page, data)
        same("complaints", page.errors, [])
        same("requests", [url for url in page.requests if not url.startswith(("file:", "data:"))], [])
    for width, dark in ((1280, False), (400, False), (1280, True)):
        with Page(sys.argv[1], width, dark=dark) as page:
            same(f"columns beside a window of {width}", page.ask("document.documentElement.scrollWidth"), width)
            if len(sys.argv) > 3:
                page.screenshot(f"{sys.argv[3]}/{width}{'.dark' if dark else ''}.png")
            same("complaints", page.errors, [])
            check_narrow(page, width)
    print("ok")


main()
