/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* record --report: after the run, its recording as a page for a browser. */
#ifndef MEMTRACE_COMMANDS_RECORD_PAGE_H
#define MEMTRACE_COMMANDS_RECORD_PAGE_H

struct options;

/* Whether that can be had: EXIT_OK, also without --report; else an exit status, after one line on stderr. */
int record_page__check(const struct options *options);

/*
 * Makes the page of the recording that was written, if one is asked for.  A process of its own does it, as "memtrace
 * replay FILE report" would: the signal that ended the run does not end this as well.  EXIT_OK, or that process's exit
 * status.
 */
int record_page__make(const struct options *options);

#endif
