/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The first and the last block of a recording: what it says about itself. */
#ifndef MEMTRACE_RECORDING_HEAD_H
#define MEMTRACE_RECORDING_HEAD_H

#include <jansson.h>

#include "../model/recording_head.h"
#include "layout.h"

/* NULL: no memory. */
json_t *recording_head__to_json(const struct recording_head *head, const struct layouts *layouts);
/*
 * Keys that are missing or of a wrong type are left 0.  Returns 0, or -EBADMSG with the reason in buf if a required
 * key is.
 */
int recording_head__read(struct recording_head *head, const json_t *json, char *buf, size_t size);

/* The last block: how the command ended.  NULL: no memory. */
json_t *recording_end__to_json(const struct command_outcome *outcome);
void recording_end__read(struct command_outcome *outcome, const json_t *json);

#endif
