/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is a question to the process that reads names, or its answer: both are taken apart by the same
 * functions.  Mappings in it name no files: their paths are not absolute.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/symbols/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct message_cursor cursor = { (const char *)data, (const char *)data + size, false };
	uint64_t nr = message__get_u64(&cursor);
	struct proc_maps *maps = proc_maps__new(1);
	char path[MESSAGE_PATH_SIZE];
	struct message again = { 0 };
	struct mapping mapping;

	for (; nr && !cursor.failed; nr--) {
		message__get_mapping(&cursor, &mapping, path);
		require(mapping.build_id.len <= BUILD_ID_MAX && strlen(path) < MESSAGE_PATH_SIZE);
		require(cursor.at <= cursor.end);
		message__put_mapping(&again, &mapping);
		if (!cursor.failed)
			proc_maps__put(maps, &mapping);
	}
	require(again.failed || again.size <= MESSAGE_MAX);
	free(again.bytes);
	proc_maps__free(maps);
	return 0;
}
