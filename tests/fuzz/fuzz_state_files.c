/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The input is a file that the command state reads; its first byte says which (readers[]). */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/count/machine_sums.h"
#include "../../user/kernel/cgroup_census.h"
#include "../../user/kernel/cgroup_processes.h"
#include "../../user/kernel/line_file.h"
#include "../../user/kernel/list_files.h"
#include "../../user/kernel/zone_files.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static bool ends(const char *name, size_t size)
{
	return memchr(name, '\0', size);
}

static void check(const struct machine *machine)
{
	uint64_t blocks[MACHINE_ORDERS];
	size_t nr = machine__blocks(machine, blocks), i;

	require(machine->nr_zones <= MACHINE_ZONES_MAX && machine->nr_nodes <= MACHINE_NODES_MAX);
	require(machine->nr_slabs <= MACHINE_SLABS_MAX && machine->callers.nr <= MACHINE_CALLERS_MAX);
	require(machine->nr_swaps <= MACHINE_SWAPS_MAX && machine->nr_zrams <= MACHINE_ZRAMS_MAX);
	require(nr <= MACHINE_ORDERS);
	for (i = 0; i < nr; i++)
		require(machine__unusable(blocks, nr, i) >= 0 && machine__unusable(blocks, nr, i) <= 1);
	for (i = 0; i < machine->nr_slabs; i++)
		require(ends(machine->slabs[i].name, sizeof(machine->slabs[i].name)));
	for (i = 0; i < machine->callers.nr; i++)
		require(ends(machine->callers.list[i].name, sizeof(machine->callers.list[i].name)));
}

static void read_zones(struct machine *machine, const char *text, size_t len)
{
	struct zone_reading reading = { .machine = machine };

	/* one for both files, so that free blocks are of the zones that it has */
	line_file__each_of(text, len, zone_files__zoneinfo, &reading);
	line_file__each_of(text, len, zone_files__buddyinfo, &reading);
}

static void read_slabs(struct machine *machine, const char *text, size_t len)
{
	line_file__each_of(text, len, list_files__slabinfo, machine);
}

static void read_callers(struct machine *machine, const char *text, size_t len)
{
	line_file__each_of(text, len, list_files__vmallocinfo, &machine->callers);
}

static void read_swaps(struct machine *machine, const char *text, size_t len)
{
	line_file__each_of(text, len, list_files__swaps, machine);
}

static void read_zram(struct machine *machine, const char *text, size_t len)
{
	(void)len;
	list_files__zram(machine, "zram0", text);
}

static void read_stat(struct machine *machine, const char *text, size_t len)
{
	uint64_t stats[NR_CGROUP_STATS];

	(void)machine;
	cgroup_census__parse_stat(CGROUP_V2, text, len, stats);
	cgroup_census__parse_stat(CGROUP_V1, text, len, stats);
}

static void read_process(struct machine *machine, const char *text, size_t len)
{
	struct cgroup_process process;

	(void)machine;
	(void)len;
	cgroup_processes__parse(text, &process);
	require(ends(process.comm, sizeof(process.comm)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct machine * machine, const char *text, size_t len) = {
		read_zones, read_slabs, read_callers, read_swaps, read_zram, read_stat, read_process,
	};
	struct machine *machine = calloc(1, sizeof(*machine));
	char *text = calloc(1, size + 1);

	require(machine && text);
	machine->page_size = 4096;
	if (size) {
		memcpy(text, data + 1, size - 1);
		readers[data[0] % (sizeof(readers) / sizeof(*readers))](machine, text, size - 1);
	}
	check(machine);
	free(text);
	free(machine);
	return 0;
}
