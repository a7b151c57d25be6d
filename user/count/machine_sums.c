// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "machine_sums.h"

#include <string.h>

const struct machine_part_row machine_part_rows[NR_PARTS] = {
	[PART_ANON] = { "anon", "memory.anon_bytes" },
	[PART_CACHE] = { "cache", "memory.cache_bytes" },
	[PART_SHARED] = { "shared", "memory.shared_bytes" },
	[PART_SLAB_RECLAIMABLE] = { "slab (reclaimable)", "memory.slab_reclaimable_bytes" },
	[PART_SLAB_UNRECLAIMABLE] = { "slab (not reclaimable)", "memory.slab_unreclaimable_bytes" },
	[PART_OTHER_RECLAIMABLE] = { "kernel (reclaimable)", "memory.other_reclaimable_bytes" },
	[PART_KERNEL_STACKS] = { "kernel stacks", "memory.kernel_stacks_bytes" },
	[PART_PAGE_TABLES] = { "page tables", "memory.page_tables_bytes" },
	[PART_SECONDARY_PAGE_TABLES] = { "page tables of guests", "memory.secondary_page_tables_bytes" },
	[PART_PERCPU] = { "per-CPU", "memory.percpu_bytes" },
	[PART_VMALLOC] = { "vmalloc", "memory.vmalloc_bytes" },
	[PART_HUGETLB] = { "hugetlb", "memory.hugetlb_bytes" },
	[PART_GPU] = { "GPU", "memory.gpu_bytes" },
	[PART_GPU_RECLAIMABLE] = { "GPU (reclaimable)", "memory.gpu_reclaimable_bytes" },
	[PART_COMPRESSED] = { "compressed swap", "memory.compressed_bytes" },
	[PART_CORRUPTED] = { "damaged", "memory.corrupted_bytes" },
	[PART_FREE_LISTS] = { "free (lists of CPUs)", "memory.free_lists_bytes" },
	[PART_FREE] = { "free", "memory.free_bytes" },
};

/* Parts that are a sample as it is; the others are made of several. */
static const int sample_of_part[NR_PARTS] = {
	[PART_ANON] = SAMPLE_memory_anon,
	[PART_CACHE] = -1,
	[PART_SHARED] = SAMPLE_memory_shmem,
	[PART_SLAB_RECLAIMABLE] = SAMPLE_memory_slab_reclaimable,
	[PART_SLAB_UNRECLAIMABLE] = SAMPLE_memory_slab_unreclaimable,
	[PART_OTHER_RECLAIMABLE] = -1,
	[PART_KERNEL_STACKS] = SAMPLE_memory_kernel_stack,
	[PART_PAGE_TABLES] = SAMPLE_memory_page_tables,
	[PART_SECONDARY_PAGE_TABLES] = SAMPLE_memory_secondary_page_tables,
	[PART_PERCPU] = SAMPLE_memory_percpu,
	[PART_VMALLOC] = -1,
	[PART_HUGETLB] = SAMPLE_memory_hugetlb,
	[PART_GPU] = SAMPLE_memory_gpu_active,
	[PART_GPU_RECLAIMABLE] = SAMPLE_memory_gpu_reclaimable,
	[PART_COMPRESSED] = -1,
	[PART_CORRUPTED] = SAMPLE_memory_corrupted,
	[PART_FREE_LISTS] = -1,
	[PART_FREE] = SAMPLE_memory_free,
};

/* a less b, as far as it goes; unknown if a is. */
static uint64_t less(uint64_t a, uint64_t b)
{
	if (a == MT_UNKNOWN_U64 || b == MT_UNKNOWN_U64)
		return a;
	return a > b ? a - b : 0;
}

uint64_t machine__bytes(const struct machine *machine, uint64_t pages)
{
	uint64_t bytes;

	if (pages == MT_UNKNOWN_U64 || __builtin_mul_overflow(pages, machine->page_size, &bytes))
		return MT_UNKNOWN_U64;
	return bytes;
}

uint64_t machine__sum(uint64_t a, uint64_t b)
{
	if (a == MT_UNKNOWN_U64)
		return b;
	return b == MT_UNKNOWN_U64 ? a : a + b;
}

/* What vmalloc() gave out has the stacks of tasks in it where those are mapped (VMAP_STACK): nearly everywhere, so it
 * is taken for granted if the kernel does not show who called. */
static uint64_t vmalloc_bytes(const struct machine *machine)
{
	uint64_t used = machine->values[SAMPLE_memory_vmalloc];

	if (machine->callers.known && !machine->callers.has_stacks)
		return used;
	return less(used, machine->values[SAMPLE_memory_kernel_stack]);
}

/* zsmalloc's pages are of zram and of zswap; zswap may have others. */
static uint64_t compressed_bytes(const struct machine *machine)
{
	uint64_t zspages = machine__bytes(machine, machine->values[SAMPLE_vm_zspages]);
	uint64_t zswap = machine->values[SAMPLE_zswap_pool];

	if (zspages == MT_UNKNOWN_U64 || (zswap != MT_UNKNOWN_U64 && zswap > zspages))
		return zswap;
	return zspages;
}

/* Pages that CPUs keep to allocate them again at once (per_cpu_pages): the kernel does not count them as free. */
static uint64_t lists_bytes(const struct machine *machine)
{
	uint64_t pages = MT_UNKNOWN_U64;
	size_t i;

	for (i = 0; i < machine->nr_zones; i++)
		pages = machine__sum(pages, machine->zones[i].lists);
	return machine__bytes(machine, pages);
}

/* These are made of several numbers. */
static uint64_t part_of_several(const struct machine *machine, enum machine_part part)
{
	const uint64_t *values = machine->values;

	switch (part) {
	case PART_CACHE:
		return less(machine__sum(values[SAMPLE_memory_cached], values[SAMPLE_memory_buffers]),
			    values[SAMPLE_memory_shmem]);
	case PART_OTHER_RECLAIMABLE:
		return less(values[SAMPLE_memory_kernel_reclaimable], values[SAMPLE_memory_slab_reclaimable]);
	case PART_VMALLOC:
		return vmalloc_bytes(machine);
	case PART_COMPRESSED:
		return compressed_bytes(machine);
	case PART_FREE_LISTS:
		return lists_bytes(machine);
	default:
		return MT_UNKNOWN_U64;
	}
}

uint64_t machine__part(const struct machine *machine, enum machine_part part)
{
	return sample_of_part[part] >= 0 ? machine->values[sample_of_part[part]] : part_of_several(machine, part);
}

bool machine__not_accounted(const struct machine *machine, int64_t *bytes)
{
	uint64_t total = machine->values[SAMPLE_memory_total], part;
	enum machine_part i;

	if (total == MT_UNKNOWN_U64)
		return false;
	*bytes = (int64_t)total;
	for (i = 0; i < NR_PARTS; i++) {
		part = machine__part(machine, i);
		if (part != MT_UNKNOWN_U64)
			*bytes = (int64_t)((uint64_t)*bytes - part);
	}
	return true;
}

double machine__unusable(const uint64_t *blocks, size_t nr_orders, size_t order)
{
	double free = 0, suitable = 0;
	size_t i;

	for (i = 0; i < nr_orders; i++) {
		free += (double)blocks[i] * (double)(1ULL << i);
		if (i >= order)
			suitable += (double)blocks[i] * (double)(1ULL << i);
	}
	return free > 0 ? (free - suitable) / free : 1;
}

size_t machine__blocks(const struct machine *machine, uint64_t blocks[MACHINE_ORDERS])
{
	const struct machine_zone *zone;
	size_t nr = 0, i;

	memset(blocks, 0, MACHINE_ORDERS * sizeof(*blocks));
	for (zone = machine->zones; zone < machine->zones + machine->nr_zones; zone++) {
		nr = zone->nr_orders > nr ? zone->nr_orders : nr;
		for (i = 0; i < zone->nr_orders; i++)
			blocks[i] += zone->blocks[i];
	}
	return nr;
}

uint64_t machine__grown(uint64_t before, uint64_t now)
{
	if (before == MT_UNKNOWN_U64 || now == MT_UNKNOWN_U64 || now < before)
		return MT_UNKNOWN_U64;
	return now - before;
}

uint64_t machine__growth(const struct machine *before, const struct machine *now, enum sample_id id)
{
	return before ? machine__grown(before->values[id], now->values[id]) : MT_UNKNOWN_U64;
}

const struct machine_slab *machine__slab(const struct machine *machine, const char *name)
{
	size_t i;

	for (i = 0; i < machine->nr_slabs; i++)
		if (!strcmp(machine->slabs[i].name, name))
			return &machine->slabs[i];
	return NULL;
}

const struct machine_node *machine__node(const struct machine *machine, uint32_t id)
{
	size_t i;

	for (i = 0; i < machine->nr_nodes; i++)
		if (machine->nodes[i].id == id)
			return &machine->nodes[i];
	return NULL;
}
