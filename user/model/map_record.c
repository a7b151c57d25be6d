// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "map_record.h"

#define PROCESS(member) offsetof(struct process_map, member)
#define AREA(member)	offsetof(struct map_area, member)

const struct map_value_row map_process_rows[NR_MAP_PROCESS_VALUES] = {
	{ "size_bytes", PROCESS(kernel.size) },
	{ "rss_bytes", PROCESS(kernel.rss) },
	{ "swap_bytes", PROCESS(kernel.swap) },
	{ "anon_bytes", PROCESS(kernel.anon) },
	{ "file_bytes", PROCESS(kernel.file) },
	{ "shmem_bytes", PROCESS(kernel.shmem) },
	{ "page_tables_bytes", PROCESS(kernel.page_tables) },
	{ "hugetlb_bytes", PROCESS(kernel.hugetlb) },
	{ "pss_bytes", PROCESS(pss) },
	{ "uss_bytes", PROCESS(uss) },
	{ "cost.maps_ns", PROCESS(cost_ns.maps) },
	{ "cost.pages_ns", PROCESS(cost_ns.pages) },
	{ "cost.pss_ns", PROCESS(cost_ns.pss) },
	{ "cost.wss_ns", PROCESS(cost_ns.wss) },
	{ "java.max_heap_bytes", PROCESS(java_heap) },
	{ "nodes_online", PROCESS(nodes_online) },
	{ "cost.nodes_ns", PROCESS(cost_ns.nodes) },
};

const struct map_value_row map_area_rows[NR_MAP_AREA_VALUES] = {
	{ "dev", AREA(dev) },	      { "inode", AREA(inode) },	    { "rss_bytes", AREA(rss) },
	{ "swap_bytes", AREA(swap) }, { "huge_bytes", AREA(huge) }, { "referenced_bytes", AREA(referenced) },
};

size_t map_record__size(uint16_t id)
{
	switch (id) {
	case REC_MAP_LOOK:
		return sizeof(struct map_look_record);
	case REC_MAP_PROCESS:
		return sizeof(struct map_process_record);
	case REC_MAP_NAME:
		return sizeof(struct map_name_record);
	case REC_MAP_AREA:
		return sizeof(struct map_area_record);
	case REC_MAP_RUN:
		return sizeof(struct map_run_record);
	case REC_MAP_CGROUP:
		return sizeof(struct map_cgroup_record);
	default:
		return 0;
	}
}

const struct mt_who *map_record__who(const void *record)
{
	switch (((const struct mt_hdr *)record)->id) {
	case REC_MAP_PROCESS:
		return &((const struct map_process_record *)record)->who;
	case REC_MAP_NAME:
		return &((const struct map_name_record *)record)->who;
	case REC_MAP_AREA:
		return &((const struct map_area_record *)record)->who;
	case REC_MAP_RUN:
		return &((const struct map_run_record *)record)->who;
	default:
		return NULL;
	}
}
