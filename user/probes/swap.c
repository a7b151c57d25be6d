// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "swap.skel.h"

#define QUEUE "block:block_bio_queue"

static const struct attach_alt queued[] = {
	{ .program = "swap_queued", .kind = ATTACH_TP_BTF, .event = QUEUE, .proto = "struct bio *bio" },
	{ .program = "swap_queued_v5_10",
	  .kind = ATTACH_TP_BTF,
	  .event = QUEUE,
	  .proto = "struct request_queue *q,struct bio *bio" },
	{},
};

static const struct attach_alt queued_again[] = {
	{ .program = "swap_queued_again", .kind = ATTACH_TP_BTF, .event = QUEUE, .proto = "struct bio *bio" },
	{},
};

static const struct attach_alt completed[] = {
	{ .program = "swap_completed",
	  .kind = ATTACH_TP_BTF,
	  .event = "block:block_bio_complete",
	  .proto = "struct request_queue *q,struct bio *bio" },
	{},
};

static const struct attach_alt request_completed[] = {
	{ .program = "swap_request_completed",
	  .kind = ATTACH_TP_BTF,
	  .event = "block:block_rq_complete",
	  .proto = "struct request *rq" },
	{},
};

#define READ_PROTO  "struct block_device *bdev,sector_t sector,struct page *page"
#define WRITE_PROTO READ_PROTO ",struct writeback_control *wbc"

/* Later kernels have no such function: all is a request. */
#define ON_PAGE(program_, function, proto_)                                                                            \
	{                                                                                                              \
		{ .program = "", .kind = ATTACH_IMPLIED, .event = QUEUE, .without = function },                        \
			{ .program = program_, .kind = ATTACH_FENTRY, .event = function, .proto = proto_ }, {},        \
	}

static const struct attach_alt read_begin[] = ON_PAGE("page_read_begin", "bdev_read_page", READ_PROTO);
static const struct attach_alt read_end[] = ON_PAGE("page_read_end", "bdev_read_page", READ_PROTO " -> int");
static const struct attach_alt write_begin[] = ON_PAGE("page_write_begin", "bdev_write_page", WRITE_PROTO);
static const struct attach_alt write_end[] = ON_PAGE("page_write_end", "bdev_write_page", WRITE_PROTO " -> int");

static const struct attach_alt zswap_store[] = {
	{ .program = "zswap_store_end",
	  .kind = ATTACH_FENTRY,
	  .event = "zswap_store",
	  .proto = "struct folio *folio -> bool" },
	{},
};

static const struct attach_alt zswap_load[] = {
	{ .program = "zswap_load_err_end",
	  .kind = ATTACH_FENTRY,
	  .event = "zswap_load",
	  .proto = "struct folio *folio -> int" },
	{ .program = "zswap_load_end",
	  .kind = ATTACH_FENTRY,
	  .event = "zswap_load",
	  .proto = "struct folio *folio -> bool" },
	{},
};

#define READS  "reads of swap in memory (zram), so how much was read"
#define WRITES "writes of swap in memory (zram), so how much was written"

static const struct attach_hook hooks[] = {
	{ .name = "begin", .need = HOOK_REQUIRED, .alts = queued, .loss = "reads and writes of swap" },
	{ .name = "begin again",
	  .need = HOOK_GAIN,
	  .alts = queued_again,
	  .loss = "those that the kernel skips another program for",
	  .if_preempted = true },
	{ .name = "end", .need = HOOK_OPTIONAL, .alts = completed, .loss = "how long they take, of devices in memory" },
	{ .name = "request end",
	  .need = HOOK_OPTIONAL,
	  .alts = request_completed,
	  .loss = "how long they take, of disks" },
	{ .name = "zswap out", .need = HOOK_GAIN, .alts = zswap_store, .loss = "what compressed swap takes" },
	{ .name = "zswap in", .need = HOOK_GAIN, .alts = zswap_load, .loss = "what is unpacked from compressed swap" },
	{ .name = "page read end", .need = HOOK_OPTIONAL, .alts = read_end, .loss = READS },
	{ .name = "page read begin", .need = HOOK_OPTIONAL, .alts = read_begin, .loss = READS },
	{ .name = "page write end", .need = HOOK_OPTIONAL, .alts = write_end, .loss = WRITES },
	{ .name = "page write begin", .need = HOOK_OPTIONAL, .alts = write_begin, .loss = WRITES },
	{},
};

#define PAIR(what)                                                                                                     \
	{ .hook = "page " what " begin", .needs = "page " what " end" },                                               \
	{                                                                                                              \
		.hook = "page " what " end", .needs = "page " what " begin"                                            \
	}

static const struct hook_dependency dependencies[] = { PAIR("read"), PAIR("write"), {} };

static const struct kernel_constant constants[] = {
	{ .name = "REQ_OP_READ", .value = 0 },
	{ .name = "REQ_OP_WRITE", .value = 1 },
	{ .name = "BIO_CLONED", .value = 1 },
	{},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "zswap in", .first = MT_SLOT_swap_zswap_in_pages, .last = MT_SLOT_swap_zswap_in_pages },
	{ .hook = "zswap out", .first = MT_SLOT_swap_zswap_out_pages, .last = MT_SLOT_swap_zswap_out_pages },
	{ .hook = "page read end", .first = MT_SLOT_swap_in_pages, .last = MT_SLOT_swap_in_pages },
	{ .hook = "page write end", .first = MT_SLOT_swap_out_pages, .last = MT_SLOT_swap_out_pages },
	{},
};

static const enum mt_slot in[] = { MT_SLOT_swap_in_pages };
static const enum mt_slot out[] = { MT_SLOT_swap_out_pages };
static const enum mt_slot zswap_in[] = { MT_SLOT_swap_zswap_in_pages };
static const enum mt_slot zswap_out[] = { MT_SLOT_swap_zswap_out_pages };

static const struct probe_column columns[] = {
	{ .title = "SWAPIN", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = in, .nr_slots = 1 },
	{ .title = "SWAPOUT", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = out, .nr_slots = 1 },
	{ .title = "ZSWAPIN", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = zswap_in, .nr_slots = 1 },
	{ .title = "ZSWAPOUT", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = zswap_out, .nr_slots = 1 },
	{},
};

const struct probe swap_probe = {
	.id = MT_PROBE_swap,
	.object = swap_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.constants = constants,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
