/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The user's filters, as conditions for the BPF programs. */
#ifndef MEMTRACE_KERNEL_FILTERS_H
#define MEMTRACE_KERNEL_FILTERS_H

#include "../cli/options.h"
#include "cgroup_find.h"
#include "object.h"

/*
 * The filter bits of the options, everything that they name looked up.
 * -EINVAL after one line that says what does not exist and what is accepted.
 */
struct filters {
	__u32 bits;
	struct uint_list uids; /* looked up; owned, as what follows */
	struct cgroup_dir *cgroups;
	size_t nr_cgroups;
};

int filters__resolve(struct filters *filters, const struct options *options, struct cgroups *cgroups);
/* Writes them into the core object's maps; 0, or -errno after one line that says why. */
int filters__install(const struct filters *filters, const struct options *options, const struct object *core);
/* Whether each can be the name of a process; 0, or -EINVAL after one line that says which cannot. */
int filters__check_comms(const struct string_list *comms);
void filters__free(struct filters *filters);

#endif
