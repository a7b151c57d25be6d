// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "zone_files.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define NR(array) (sizeof(array) / sizeof(*(array)))

/* A line "  key   number", and where the number goes. */
struct place {
	const char *key;
	size_t offset;
};

static const struct place of_zone[] = {
	{ "min", offsetof(struct machine_zone, min) },
	{ "low", offsetof(struct machine_zone, low) },
	{ "high", offsetof(struct machine_zone, high) },
	{ "managed", offsetof(struct machine_zone, managed) },
};

/* A zone has one for each CPU. */
static const struct place of_cpu[] = {
	{ "count:", offsetof(struct machine_zone, lists) },
};

/* A node's numbers are those of its zones, or stand once in the part about the node. */
static const struct place of_node[] = {
	{ "numa_local", offsetof(struct machine_node, local) },
	{ "numa_other", offsetof(struct machine_node, other) },
	{ "numa_miss", offsetof(struct machine_node, missed) },
	{ "pgpromote_success", offsetof(struct machine_node, promoted) },
	{ "pgdemote_kswapd", offsetof(struct machine_node, demoted) },
	{ "pgdemote_direct", offsetof(struct machine_node, demoted) },
	{ "pgdemote_khugepaged", offsetof(struct machine_node, demoted) },
	{ "pgdemote_proactive", offsetof(struct machine_node, demoted) },
	{ "node_unreclaimable:", offsetof(struct machine_node, given_up) }, /* mm/vmstat.c, zoneinfo_show_print() */
};

struct machine_node *zone_files__node(struct machine *machine, uint32_t id)
{
	struct machine_node *node;
	size_t i;

	for (i = 0; i < machine->nr_nodes; i++)
		if (machine->nodes[i].id == id)
			return &machine->nodes[i];
	if (machine->nr_nodes == NR(machine->nodes)) {
		machine->left_out++;
		return NULL;
	}
	node = &machine->nodes[machine->nr_nodes++];
	memset(node, 0xff, sizeof(*node));
	node->id = id;
	return node;
}

static struct machine_zone *find_zone(struct machine *machine, uint32_t node, const char *name)
{
	size_t i;

	for (i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].node == node && !strcmp(machine->zones[i].name, name))
			return &machine->zones[i];
	return NULL;
}

static struct machine_zone *add_zone(struct machine *machine, uint32_t node, const char *name)
{
	struct machine_zone *zone;

	if (machine->nr_zones == NR(machine->zones)) {
		machine->left_out++;
		return NULL;
	}
	zone = &machine->zones[machine->nr_zones++];
	memset(zone, 0xff, sizeof(*zone));
	zone->node = node;
	zone->nr_orders = 0;
	snprintf(zone->name, sizeof(zone->name), "%s", name);
	return zone;
}

/* "Node 0, zone   Normal": the rest of the line, or NULL if it is another one. */
static const char *parse_zone(const char *line, uint32_t *node, char name[16])
{
	int end = 0;

	return sscanf(line, "Node %9" SCNu32 ", zone %15s%n", node, name, &end) == 2 && end ? line + end : NULL;
}

static uint64_t *find_place(const struct place *places, size_t nr, void *of, const char *key)
{
	size_t i;

	for (i = 0; of && i < nr; i++)
		if (!strcmp(places[i].key, key))
			return (uint64_t *)((char *)of + places[i].offset);
	return NULL;
}

static void add_to(uint64_t *sum, uint64_t number)
{
	if (!sum)
		return;
	*sum = *sum == MT_UNKNOWN_U64 ? number : *sum + number;
}

void zone_files__zoneinfo(void *ctx, char *line)
{
	struct zone_reading *reading = ctx;
	uint64_t number, *place;
	char name[16], key[32];
	uint32_t node;

	if (parse_zone(line, &node, name)) {
		reading->node = zone_files__node(reading->machine, node);
		reading->zone = find_zone(reading->machine, node, name);
		if (!reading->zone)
			reading->zone = add_zone(reading->machine, node, name);
		return;
	}
	if (reading->zone && sscanf(line, " pages free %19" SCNu64, &number) == 1)
		reading->zone->free = number;
	if (sscanf(line, " %31s %19" SCNu64, key, &number) != 2)
		return;
	place = find_place(of_zone, NR(of_zone), reading->zone, key);
	if (place)
		*place = number;
	add_to(find_place(of_cpu, NR(of_cpu), reading->zone, key), number);
	add_to(find_place(of_node, NR(of_node), reading->node, key), number);
}

void zone_files__buddyinfo(void *ctx, char *line)
{
	struct zone_reading *reading = ctx;
	struct machine_zone *zone;
	const char *rest;
	char name[16];
	uint32_t node;
	int len;

	rest = parse_zone(line, &node, name);
	zone = rest ? find_zone(reading->machine, node, name) : NULL;
	if (!zone)
		return;
	for (zone->nr_orders = 0; zone->nr_orders < MACHINE_ORDERS; zone->nr_orders++, rest += len)
		if (sscanf(rest, " %19" SCNu64 "%n", &zone->blocks[zone->nr_orders], &len) != 1)
			break;
}
