// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "../model/probe.h"

#include "cache.skel.h"

#define FILEMAP(program_, event_)                                                                                      \
	{                                                                                                              \
		{ .program = program_, .kind = ATTACH_TP_BTF, .event = event_, .proto = "struct folio *folio" },       \
			{ .program = program_ "_v5_10",                                                                \
			  .kind = ATTACH_TP_BTF,                                                                       \
			  .event = event_,                                                                             \
			  .proto = "struct page *page" },                                                              \
			{},                                                                                            \
	}

static const struct attach_alt added[] = FILEMAP("cache_added", "filemap:mm_filemap_add_to_page_cache");
static const struct attach_alt deleted[] = FILEMAP("cache_deleted", "filemap:mm_filemap_delete_from_page_cache");

static const struct attach_alt dirtied[] = {
	{ .program = "cache_dirtied",
	  .kind = ATTACH_TP_BTF,
	  .event = "writeback:writeback_dirty_folio",
	  .proto = "struct folio *folio,struct address_space *mapping" },
	{ .program = "cache_dirtied_v5_10",
	  .kind = ATTACH_TP_BTF,
	  .event = "writeback:writeback_dirty_page",
	  .proto = "struct page *page,struct address_space *mapping" },
	{},
};

static const struct attach_alt written[] = {
	{ .program = "cache_written",
	  .kind = ATTACH_FENTRY,
	  .event = "__folio_start_writeback",
	  .proto = "struct folio *folio,bool keep_write" },
	{ .program = "cache_written_v5_10",
	  .kind = ATTACH_FENTRY,
	  .event = "__test_set_page_writeback",
	  .proto = "struct page *page,bool keep_write" },
	{},
};

#define READ_RANGE(program_, event_)                                                                                   \
	{                                                                                                              \
		{ .program = program_,                                                                                 \
		  .kind = ATTACH_TP_BTF,                                                                               \
		  .event = event_,                                                                                     \
		  .proto = "struct address_space *mapping,long unsigned int index,long unsigned int last_index" },     \
			{},                                                                                            \
	}

static const struct attach_alt read_[] = READ_RANGE("cache_read", "filemap:mm_filemap_get_pages");
static const struct attach_alt mapped[] = READ_RANGE("cache_mapped", "filemap:mm_filemap_map_pages");

static const struct attach_alt faulted[] = {
	{ .program = "cache_faulted",
	  .kind = ATTACH_TP_BTF,
	  .event = "filemap:mm_filemap_fault",
	  .proto = "struct address_space *mapping,long unsigned int index" },
	{},
};

static const struct attach_alt removed[] = {
	{ .program = "cache_removed",
	  .kind = ATTACH_TP_BTF,
	  .event = "cgroup:cgroup_rmdir",
	  .proto = "struct cgroup *cgrp,char *path" },
	{},
};

static const struct attach_hook hooks[] = {
	{ .name = "add", .need = HOOK_REQUIRED, .alts = added, .loss = "what comes into the page cache" },
	{ .name = "delete", .need = HOOK_REQUIRED, .alts = deleted, .loss = "what leaves it" },
	{ .name = "dirty", .need = HOOK_OPTIONAL, .alts = dirtied, .loss = "what becomes dirty" },
	{ .name = "write", .need = HOOK_GAIN, .alts = written, .loss = "who writes back" },
	{ .name = "read", .need = HOOK_LATENCY_GAIN, .alts = read_, .loss = "what was read ahead and never used" },
	{ .name = "map", .need = HOOK_LATENCY_GAIN, .alts = mapped, .loss = "what was read ahead and never used" },
	{ .name = "fault", .need = HOOK_LATENCY_GAIN, .alts = faulted, .loss = "what was read ahead and never used" },
	{ .name = "removed", .need = HOOK_GAIN, .alts = removed, .loss = "which cgroups are gone" },
	{},
};

/* A use that is not seen would make a page look as if it had been read for nothing. */
static const struct hook_dependency dependencies[] = {
	{ "read", "map" }, { "read", "fault" }, { "map", "read" }, { "fault", "read" }, {},
};

static const struct hook_slots hook_slots[] = {
	{ .hook = "dirty", .first = MT_SLOT_cache_dirtied, .last = MT_SLOT_cache_dirtied },
	{ .hook = "write", .first = MT_SLOT_cache_written, .last = MT_SLOT_cache_written },
	{ .hook = "read", .first = MT_SLOT_cache_unread, .last = MT_SLOT_cache_unread },
	{},
};

static const enum mt_slot added_slots[] = { MT_SLOT_cache_added };
static const enum mt_slot evicted_slots[] = { MT_SLOT_cache_evicted };
static const enum mt_slot truncated_slots[] = { MT_SLOT_cache_truncated };
static const enum mt_slot read_back_slots[] = { MT_SLOT_cache_read_back };
static const enum mt_slot dirtied_slots[] = { MT_SLOT_cache_dirtied };
static const enum mt_slot written_slots[] = { MT_SLOT_cache_written };
static const enum mt_slot unread_slots[] = { MT_SLOT_cache_unread };

static const struct probe_column columns[] = {
	{ .title = "ADDED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = added_slots, .nr_slots = 1 },
	{ .title = "EVICTED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = evicted_slots, .nr_slots = 1 },
	{ .title = "TRUNCATED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = truncated_slots, .nr_slots = 1 },
	{ .title = "READ-BACK", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = read_back_slots, .nr_slots = 1 },
	{ .title = "DIRTIED", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = dirtied_slots, .nr_slots = 1 },
	{ .title = "WRITTEN", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = written_slots, .nr_slots = 1 },
	{ .title = "UNREAD", .measure = MEASURE_SUM, .unit = UNIT_PAGES, .slots = unread_slots, .nr_slots = 1 },
	{},
};

const struct probe cache_probe = {
	.id = MT_PROBE_cache,
	.object = cache_bpf__elf_bytes,
	.hooks = hooks,
	.dependencies = dependencies,
	.hook_slots = hook_slots,
	.columns = columns,
	.selftest_slot = MT_NR_SLOTS,
};
