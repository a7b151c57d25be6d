// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_probes.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../../bpf/wire.h"
#include "../base/log.h"
#include "../symbols/sdt_probes.h"

#define PROVIDER "otel_memory"

/* The free first: an object whose free is not seen would be held for ever. */
static const struct {
	const char *name, *program;
	size_t nr_arguments;
} kinds[] = {
	{ "free", "heap_unsampled", 1 },
	{ "alloc", "heap_sampled", 3 },
};

#define NR_KINDS (sizeof(kinds) / sizeof(*kinds))

struct search {
	struct heap_attach *attach;
	char path[64];
	size_t kind;
	size_t found[NR_KINDS];
	bool attaches; /* else it only looks */
	int err;
};

_Static_assert(MT_HEAP_ARGUMENTS == SDT_ARGUMENTS && (int)MT_HEAP_IN_REGISTER == SDT_IN_REGISTER &&
		       (int)MT_HEAP_IN_MEMORY == SDT_IN_MEMORY && (int)MT_HEAP_CONSTANT == SDT_CONSTANT,
	       "what a file says and what programs read");

static struct mt_heap_probe to_wire(const struct sdt_probe *probe)
{
	struct mt_heap_probe wire = { 0 };
	size_t i;

	for (i = 0; i < SDT_ARGUMENTS; i++)
		wire.arguments[i] = (struct mt_heap_argument){ .kind = probe->arguments[i].kind,
							       .reg = probe->arguments[i].reg,
							       .unused_bits = probe->arguments[i].unused_bits,
							       .value = probe->arguments[i].value };
	return wire;
}

static int attach_place(struct heap_attach *attach, const char *path, size_t kind, const struct sdt_probe *probe)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(attach->bpf, kinds[kind].program);
	const struct heap_place place = { .path = path, .offsets = &probe->offset, .nr = 1, .pid = attach->pid };
	int map = bpf_object__find_map_fd_by_name(attach->bpf, "heap_probes");
	const struct mt_heap_probe wire = to_wire(probe);
	uint32_t cookie = attach->nr_probes;
	int err;

	if (!program || map < 0 || bpf_program__fd(program) < 0)
		return -EOPNOTSUPP;
	if (cookie == MT_HEAP_PROBES)
		return -ENOSPC;
	if (bpf_map_update_elem(map, &cookie, &wire, BPF_ANY))
		return -errno;
	err = heap_links__attach_probe(&attach->links, program, &place, probe->semaphore, cookie);
	attach->nr_probes += !err;
	return err;
}

static void visit(void *ctx, const struct sdt_probe *probe)
{
	struct search *search = ctx;

	if (strcmp(probe->name, kinds[search->kind].name) != 0 ||
	    probe->nr_arguments < kinds[search->kind].nr_arguments)
		return;
	search->found[search->kind]++;
	if (search->attaches && !search->err)
		search->err = attach_place(search->attach, search->path, search->kind, probe);
}

static void go_through(struct search *search, const struct elf_file *file)
{
	memset(search->found, 0, sizeof(search->found));
	for (search->kind = 0; search->kind < NR_KINDS; search->kind++)
		sdt_probes__visit(file, PROVIDER, visit, search);
}

int heap_probes__attach(struct heap_attach *attach, const struct elf_file *file, const char *name)
{
	struct search search = { .attach = attach };

	snprintf(search.path, sizeof(search.path), "/proc/self/fd/%d", file->fd);
	go_through(&search, file);
	if (!search.found[0] || !search.found[1])
		return 0;
	search.attaches = true;
	go_through(&search, file);
	if (search.err) {
		log_warn("%s: its own probes (" PROVIDER ") cannot be used: %s", name, strerror(-search.err));
		return 0;
	}
	attach->with_functions++;
	attach->functions += (uint32_t)(search.found[0] + search.found[1]);
	return (int)(search.found[0] + search.found[1]);
}
