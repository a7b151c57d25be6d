/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Shared by the files of a history. */
#ifndef MEMTRACE_RECORDING_HISTORY_IMPL_H
#define MEMTRACE_RECORDING_HISTORY_IMPL_H

#include "history.h"

/* The oldest segment goes, and what is being made of it. */
void history__remove_first(struct history *history);

#endif
