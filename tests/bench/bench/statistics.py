# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
"""Ratios of pairs, their median, and how sure it is.

A row's pairs come in turns: a turn is one time that the watcher was attached.  Pairs of a turn share its mood (the
layout of memory, what else the machine did), so what is resampled is turns first, and pairs within them second.
"""

import random
from statistics import median

CONFIDENCE = 0.95
RESAMPLES = 1000
SEED = 1


def ratios(turns):
    """turns: lists of (without, with).  The same lists of with / without; pairs that cannot have one are refused."""
    for turn in turns:
        for without, with_it in turn:
            if without <= 0 or with_it < 0:
                raise ValueError(f"not a pair of costs: {without}, {with_it}")
    return [[with_it / without for without, with_it in turn] for turn in turns if turn]


def flat(turns):
    return [value for turn in turns for value in turn]


def percentile(values, share):
    """Linear between the two nearest ranks."""
    ordered = sorted(values)
    at = share * (len(ordered) - 1)
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def _bounds(estimates):
    tail = (1 - CONFIDENCE) / 2
    return percentile(estimates, tail), percentile(estimates, 1 - tail)


def _resampled(turns, chosen, rng):
    return median([value for i in chosen for value in rng.choices(turns[i], k=len(turns[i]))])


def interval(turns):
    """Of the median of all values: 95 % of the medians of resampled turns lie in it."""
    rng = random.Random(SEED)
    indices = range(len(turns))
    return _bounds([_resampled(turns, rng.choices(indices, k=len(turns)), rng) for _ in range(RESAMPLES)])


def difference(turns, others):
    """Median of turns less that of others, and its interval; both are drawn by the same rounds if they have as many."""
    rng = random.Random(SEED)
    together = len(turns) == len(others)
    estimates = []
    for _ in range(RESAMPLES):
        chosen = rng.choices(range(len(turns)), k=len(turns))
        chosen_others = chosen if together else rng.choices(range(len(others)), k=len(others))
        estimates.append(_resampled(turns, chosen, rng) - _resampled(others, chosen_others, rng))
    return median(flat(turns)) - median(flat(others)), _bounds(estimates)
