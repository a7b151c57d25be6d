/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MEMTRACE_TOP_MODEL_IMPL_H
#define MEMTRACE_TOP_MODEL_IMPL_H

#include "columns.h"

/* Makes the rows of the moment.  0 or -ENOMEM. */
int top_model__make_rows(struct top_model *model);
/* Their order: pins, filter, tree.  The cursor stays with its row, if it was moved. */
void top_model__arrange(struct top_model *model);

#endif
