// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "item_files.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/small_file.h"
#include "line_file.h"

#define DMA_BUF	    "dma-buf"
#define BUFFERS_MAX 16384

static void take(struct kernel_items *items, const struct kernel_item *item)
{
	int err = items->take(items->ctx, item);

	if (!items->err)
		items->err = err;
}

/* Without "func:", which stands before the function, and what stands behind that. */
static void copy_site(char *name, const char *text)
{
	const char *function = strstr(text, "func:");
	size_t before = function ? (size_t)(function - text) : strcspn(text, " ");

	function = function ? function + strlen("func:") : "";
	snprintf(name, KERNEL_ITEM_NAME, "%.*s%.*s", (int)(before < KERNEL_ITEM_NAME ? before : KERNEL_ITEM_NAME), text,
		 (int)strcspn(function, " "), function);
}

/* "4096  1 mm/slub.c:2425 [module] func:alloc_slab_page": bytes, calls.  Counters of CPUs are summed, so bytes may be
 * less than 0. */
void item_files__allocinfo(void *ctx, char *line)
{
	struct kernel_item item = { .bytes = 0 };
	int64_t bytes;
	int begin = 0;

	if (sscanf(line, "%19" SCNd64 " %19" SCNu64 " %n", &bytes, &item.nr, &begin) != 2 || !begin || !line[begin])
		return;
	item.bytes = bytes > 0 ? (uint64_t)bytes : 0;
	copy_site(item.name, line + begin);
	take(ctx, &item);
}

/* The number behind a word; false: the line does not have it. */
static bool number_behind(const char *line, const char *word, uint64_t *number)
{
	const char *at = strstr(line, word);

	return at && sscanf(at + strlen(word), "%19" SCNu64, number) == 1;
}

/* "TCP: inuse 4 orphan 0 tw 0 alloc 6 mem 2", in pages; "FRAG: inuse 0 memory 0", in bytes. */
void item_files__sockstat(void *ctx, char *line)
{
	static const struct {
		const char *begin, *word, *name;
		bool is_pages;
	} rows[] = {
		{ "TCP:", " mem ", "sockets: TCP", true },
		{ "UDP:", " mem ", "sockets: UDP", true },
		{ "FRAG:", " memory ", "sockets: fragments", false },
		{ "FRAG6:", " memory ", "sockets: fragments", false },
	};
	struct kernel_items *items = ctx;
	struct kernel_item item = { .bytes = 0 };
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (strncmp(line, rows[i].begin, strlen(rows[i].begin)) != 0 ||
		    !number_behind(line, rows[i].word, &item.bytes))
			continue;
		if (rows[i].is_pages && __builtin_mul_overflow(item.bytes, items->page_size, &item.bytes))
			return;
		snprintf(item.name, sizeof(item.name), "%s", rows[i].name);
		take(items, &item);
	}
}

/* "Total 3 objects, 12288 bytes" */
void item_files__bufinfo(void *ctx, char *line)
{
	struct kernel_item item = { .name = DMA_BUF };

	if (sscanf(line, "Total %19" SCNu64 " objects, %19" SCNu64 " bytes", &item.nr, &item.bytes) == 2)
		take(ctx, &item);
}

/* A directory a buffer, with a file "size". */
static bool read_buffers(const char *path, struct kernel_item *item)
{
	DIR *dir = opendir(path);
	bool known = dir != NULL;
	struct dirent *entry;
	char file[300], text[64];
	uint64_t bytes;

	while (dir && item->nr < BUFFERS_MAX && (entry = readdir(dir))) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(file, sizeof(file), "%s/size", entry->d_name);
		if (small_file__read_at(dirfd(dir), file, text, sizeof(text)) <= 0 ||
		    sscanf(text, "%19" SCNu64, &bytes) != 1)
			continue;
		item->bytes += bytes;
		item->nr++;
	}
	if (dir)
		closedir(dir);
	return known;
}

void item_files__read_dma_buf_at(struct kernel_items *items, const char *buffers, const char *bufinfo)
{
	struct kernel_item item = { .name = DMA_BUF };
	int fd;

	if (read_buffers(buffers, &item)) {
		take(items, &item);
		return;
	}
	fd = open(bufinfo, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return;
	(void)line_file__each(fd, item_files__bufinfo, items);
	close(fd);
}

void item_files__read_dma_buf(struct kernel_items *items)
{
	item_files__read_dma_buf_at(items, "/sys/kernel/dmabuf/buffers", "/sys/kernel/debug/dma_buf/bufinfo");
}
