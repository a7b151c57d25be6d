// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "ring_maps.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/log.h"
#include "../base/units.h"

#define LEAST_BYTES (64 * 1024) /* of what memtrace chose itself */

struct machine_size ring_maps__machine(void)
{
	struct machine_size machine = {
		.cpus = libbpf_num_possible_cpus(),
		.page_bytes = sysconf(_SC_PAGESIZE),
	};

	machine.memory_bytes = sysconf(_SC_PHYS_PAGES) * machine.page_bytes;
	return machine;
}

static int make_ring(const char *name, uint64_t bytes)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, bytes, NULL);

	return fd < 0 ? -errno : fd;
}

static void close_hot(struct ring_maps *maps)
{
	while (maps->nr_hot)
		close(maps->hot_fds[--maps->nr_hot]);
}

static int make_hot(struct ring_maps *maps, const struct rings *rings)
{
	int fd;

	while (maps->nr_hot < rings->nr_hot) {
		fd = make_ring("ring_hot", rings->hot_bytes);
		if (fd < 0) {
			close_hot(maps);
			return fd;
		}
		maps->hot_fds[maps->nr_hot++] = fd;
	}
	return 0;
}

static int make_rare(struct ring_maps *maps, const struct rings *rings)
{
	maps->rare_fd = make_ring("ring_rare", rings->rare_bytes);
	return maps->rare_fd < 0 ? maps->rare_fd : 0;
}

/* No memory, or on kernels before 5.11 the limit of locked memory. */
static bool may_be_too_large(int err)
{
	return err == -ENOMEM || err == -EPERM;
}

static void refuse(const char *option, uint64_t bytes, int err)
{
	char size[32];

	log_error("%s %s: the kernel gives no ring of that size: %s; try a smaller one", option,
		  format_size(size, sizeof(size), bytes), strerror(-err));
}

/* Tries half the size again and again, unless *bytes is what the option asks for. */
static int make_or_less(struct ring_maps *maps, struct rings *rings, uint64_t *bytes, bool asked, const char *option,
			int (*make)(struct ring_maps *maps, const struct rings *rings))
{
	uint64_t planned = *bytes;
	char had[32], wanted[32];
	int first = make(maps, rings), err = first;

	if (asked && err == -ENOMEM) {
		refuse(option, *bytes, err);
		return -EINVAL;
	}
	while (!asked && may_be_too_large(err) && *bytes > LEAST_BYTES) {
		*bytes /= 2;
		err = make(maps, rings);
	}
	if (!err && *bytes != planned)
		log_note("a ring has %s, not %s: %s; %s asks for a size", format_size(had, sizeof(had), *bytes),
			 format_size(wanted, sizeof(wanted), planned), strerror(-first), option);
	return err;
}

int ring_maps__make(struct ring_maps *maps, struct rings *rings)
{
	int err;

	*maps = (struct ring_maps){ .rare_fd = -1 };
	err = make_or_less(maps, rings, &rings->rare_bytes, rings->rare_asked, "--rare-ring-size", make_rare);
	return err ? err : make_or_less(maps, rings, &rings->hot_bytes, rings->hot_asked, "--ring-size", make_hot);
}

int ring_maps__give(const struct ring_maps *maps, struct bpf_object *bpf)
{
	int err = bpf_map__reuse_fd(bpf_object__find_map_by_name(bpf, "ring_rare"), maps->rare_fd);

	return err ? err : bpf_map__set_inner_map_fd(bpf_object__find_map_by_name(bpf, "rings_hot"), maps->hot_fds[0]);
}

int ring_maps__fill(const struct ring_maps *maps, const struct object *core)
{
	int array = bpf_object__find_map_fd_by_name(core->bpf, "rings_hot"), err = 0;
	__u32 i;

	for (i = 0; !err && i < maps->nr_hot; i++)
		err = bpf_map_update_elem(array, &i, &maps->hot_fds[i], BPF_ANY);
	return err;
}

void ring_maps__close(struct ring_maps *maps)
{
	if (maps->rare_fd >= 0)
		close(maps->rare_fd);
	maps->rare_fd = -1;
	close_hot(maps);
}
