#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""opened.py PAGE [TIMES]: how long Chromium takes from asking for a page of memtrace report until all of it is drawn, in
ms: the median of TIMES (7), the shortest and the longest.
"""
import statistics
import sys

from page import Page


def main():
    times = []
    for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 7):
        with Page(sys.argv[1]) as page:
            times.append(page.ask("performance.getEntriesByName('ready')[0].startTime"))
    print(f"{statistics.median(times):.0f} {min(times):.0f} {max(times):.0f}")


main()
