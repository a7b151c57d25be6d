/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What stands before a message of the kernel in a line of a log, by whoever wrote it: /dev/kmsg, dmesg(1) with any of
 * its options, journalctl(1), a syslog daemon, a serial console, or nobody.
 */
#ifndef MEMTRACE_KERNEL_OOM_LOG_LINE_H
#define MEMTRACE_KERNEL_OOM_LOG_LINE_H

#include <stdbool.h>

#include "../model/oom_kill.h"

/*
 * Finds the message in a line and when it was logged.  Bytes of *text that /dev/kmsg escapes are put back
 * (msg_add_ext_text() in kernel/printk/printk.c), so it may have line breaks in it.  The text is
 * the line's, which is changed.  False: somebody else than the kernel wrote it.
 */
bool oom_log_line__split(char *line, struct oom_moment *when, char **text);

#endif
