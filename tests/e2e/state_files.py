#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""state_files.py DIR REPORT: compares each number of a report of memtrace state with the copy in DIR of the file that
it comes from; settings with those in DIR/settings, or else with this machine's.  Says where they differ.
"""
import json
import os
import re
import sys

PAGE = os.sysconf("SC_PAGESIZE")


def text(name):
    path = os.path.join(sys.argv[1], "_proc_" + name)
    return open(path, encoding="utf-8").read() if os.path.exists(path) else None


def keys(name, scale):
    found = text(name)
    return {k: int(v) * scale for k, v in re.findall(r"^([\w()]+):?\s+(\d+)", found, re.M)} if found else {}


def setting(name, scale=1):
    copies = os.path.join(sys.argv[1], "settings")
    path = os.path.join(copies if os.path.exists(copies) else "/proc/sys/vm", name)
    return int(open(path, encoding="utf-8").read()) * scale if os.path.exists(path) else None


def pages(number):
    return None if number is None else number * PAGE


def take(a, b):
    return a if a is None or b is None else max(a - b, 0)


MEM, VM = keys("meminfo", 1024), keys("vmstat", 1)


def memory():
    yield "memory.total_bytes", MEM["MemTotal"]
    yield "memory.anon_bytes", MEM["AnonPages"]
    yield "memory.cache_bytes", MEM["Cached"] + MEM["Buffers"] - MEM["Shmem"]
    yield "memory.shared_bytes", MEM["Shmem"]
    yield "memory.slab_reclaimable_bytes", MEM["SReclaimable"]
    yield "memory.slab_unreclaimable_bytes", MEM["SUnreclaim"]
    yield "memory.other_reclaimable_bytes", MEM["KReclaimable"] - MEM["SReclaimable"]
    yield "memory.kernel_stacks_bytes", MEM["KernelStack"]
    yield "memory.page_tables_bytes", MEM["PageTables"]
    yield "memory.secondary_page_tables_bytes", MEM.get("SecPageTables")
    yield "memory.percpu_bytes", MEM.get("Percpu")
    stacks = re.search(r"(alloc_thread_stack_node|dup_task_struct|copy_process|kernel_clone|_do_fork)\S* pages=",
                       text("vmallocinfo"))
    yield "memory.vmalloc_bytes", take(MEM["VmallocUsed"], MEM["KernelStack"]) if stacks else MEM["VmallocUsed"]
    yield "memory.hugetlb_bytes", MEM.get("Hugetlb")
    yield "memory.gpu_bytes", MEM.get("GPUActive")
    yield "memory.gpu_reclaimable_bytes", MEM.get("GPUReclaim")
    yield "memory.compressed_bytes", max(filter(lambda n: n is not None, [pages(VM.get("nr_zspages")),
                                                                        MEM.get("Zswap")]), default=None)
    yield "memory.corrupted_bytes", MEM.get("HardwareCorrupted")
    yield "memory.free_lists_bytes", pages(sum(map(int, re.findall(r"^\s+count:\s+(\d+)", text("zoneinfo"), re.M))))
    yield "memory.free_bytes", MEM["MemFree"]
    yield "memory.available_bytes", MEM["MemAvailable"]


def other():
    yield "dirty.bytes", MEM["Dirty"]
    yield "dirty.writeback_bytes", MEM["Writeback"]
    yield "dirty.background_bytes", pages(VM.get("nr_dirty_background_threshold"))
    yield "dirty.limit_bytes", pages(VM.get("nr_dirty_threshold"))
    yield "commit.bytes", MEM["Committed_AS"]
    yield "commit.limit_bytes", MEM["CommitLimit"]
    yield "swap.total_bytes", MEM["SwapTotal"]
    yield "swap.free_bytes", MEM["SwapFree"]
    yield "swap.cached_bytes", MEM["SwapCached"]
    yield "zswap.pool_bytes", MEM.get("Zswap")
    yield "zswap.stored_bytes", MEM.get("Zswapped")
    psi = text("pressure_memory")
    for who in "some", "full":
        for time in "avg10", "avg60", "avg300":
            found = psi and re.search(f"^{who} .*{time}=([0-9.]+)", psi, re.M)
            yield f"pressure.{who}_{time}", round(float(found[1]) / 100, 6) if found else None
    for name in ("swappiness", "overcommit_memory", "panic_on_oom", "oom_dump_tasks", "oom_kill_allocating_task",
                 "watermark_scale_factor", "numa_stat"):
        yield "settings." + name, setting(name)
    yield "settings.min_free_bytes", setting("min_free_kbytes", 1024)
    yield "settings.dirty_expire_ns", setting("dirty_expire_centisecs", 10000000)
    yield "settings.dirty_writeback_ns", setting("dirty_writeback_centisecs", 10000000)
    since = {"swapped_in_pages": "pswpin", "swapped_out_pages": "pswpout", "kills": "oom_kill",
             "refaulted_file_pages": "workingset_refault_file", "scanned_file_pages": "pgscan_file",
             "reclaimed_anon_pages": "pgsteal_anon", "migrated_pages": "pgmigrate_success"}
    for path, key in since.items():
        yield "since." + path, 0 if key in VM else None


def zones():
    for node, name, body in re.findall(r"^Node (\d+), zone +(\w+)\n(.*?)(?=^Node|\Z)", text("zoneinfo"), re.M | re.S):
        numbers = {key: int(re.search(rf"^ +{key} +(\d+)$", body, re.M)[1]) * PAGE
                   for key in ("min", "low", "high", "managed")}
        yield {"node": int(node), "name": name, "free_bytes": int(re.search(r"pages free +(\d+)", body)[1]) * PAGE,
               **{key + "_bytes": value for key, value in numbers.items()}}


def blocks():
    for node, name, counts in re.findall(r"^Node (\d+), zone +(\w+) +(.*)$", text("buddyinfo"), re.M):
        counts = [int(n) for n in counts.split()]
        free = sum(n << order for order, n in enumerate(counts))
        for order, n in enumerate(counts):
            served = sum(m << o for o, m in enumerate(counts) if o >= order)
            yield {"node": int(node), "zone": name, "order": order, "blocks": n,
                   "unusable": round((free - served) / free if free else 1, 6)}


def orders():
    sums = {}
    for row in blocks():
        sums[row["order"]] = sums.get(row["order"], 0) + row["blocks"]
    free = sum(n << order for order, n in sums.items())
    for order, n in sums.items():
        served = sum(m << o for o, m in sums.items() if o >= order)
        yield {"order": order, "blocks": n, "unusable": round((free - served) / free if free else 1, 6)}


# Nothing has grown since the look before, as the files stand still.
def nodes():
    body = text("zoneinfo")
    keys = {"local_pages": "numa_local", "other_pages": "numa_other", "missed_pages": "numa_miss",
            "promoted_pages": "pgpromote_success", "demoted_pages": "pgdemote_kswapd"}
    for node in sorted({int(n) for n in re.findall(r"^Node (\d+),", body, re.M)}):
        yield {"node": node, **{path: 0 if re.search(rf"^ +{key} ", body, re.M) else None for path, key in keys.items()}}


def slabs():
    for line in text("slabinfo").splitlines()[2:]:
        name, active, objects, _, _, per_slab = line.split()[:6]
        yield {"name": name, "bytes": int(line.split()[-2]) * int(per_slab) * PAGE, "objects": int(objects),
               "active_objects": int(active), "grown_bytes": 0}


def callers():
    sums = {}
    for line in text("vmallocinfo").splitlines():
        found = re.match(r"\S+ +\d+ ([^+ ]+).* pages=(\d+)", line)
        if found:
            sums[found[1]] = sums.get(found[1], 0) + int(found[2]) * PAGE
    yield from ({"caller": name, "bytes": size} for name, size in sums.items())


def swaps():
    for line in text("swaps").splitlines()[1:]:
        name, kind, size, used, priority = line.split()
        yield {"name": name, "type": kind, "size_bytes": int(size) * 1024, "used_bytes": int(used) * 1024,
               "priority": int(priority)}


def rounded(value):
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def main():
    report = rounded(json.load(open(sys.argv[2], encoding="utf-8")))
    bad = 0
    for path, expected in [*memory(), *other()]:
        value = report
        for level in path.split("."):
            value = value[level]
        if value != expected:
            bad += 1
            print(f"{path}: {value} is not {expected}")
    lists = {"zones": zones, "blocks": blocks, "orders": orders, "nodes": nodes, "slabs": slabs, "vmalloc": callers, "swaps": swaps}
    for path, make in lists.items():
        expected = list(make())
        rows = [{k: v for k, v in row.items() if k != "kswapd"} for row in report[path]]
        if rows != expected:
            bad += 1
            differ = [pair for pair in zip(rows, expected) if pair[0] != pair[1]]
            print(f"{path}: {len(rows)} rows, expected {len(expected)}; {differ[:2]}")
    sys.exit(bool(bad))


main()
