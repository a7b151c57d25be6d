/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The executable mappings of a process: which file lies behind an address.
 * They come from /proc/PID/maps (user/kernel/proc_maps.h) or from the rows of a
 * recording; both are hostile.
 */
#ifndef MEMTRACE_SYMBOLS_MAPS_H
#define MEMTRACE_SYMBOLS_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "build_id.h"

/* What the kernel writes behind the path of a file that no directory has any more. */
#define MAPPING_DELETED " (deleted)"

struct mapping {
	uint64_t start, end;  /* addresses, end excluded; start is first: starts.h */
	uint64_t file_offset; /* bytes from the file's start, of what is at start */
	/*
	 * What the ELF file itself calls the address of start: symbol tables
	 * speak of such addresses.  It is kept because separate debug files do
	 * not know the offsets of the file that they were taken from.
	 */
	uint64_t vaddr;
	bool elf;	     /* it is an ELF file that could be read: vaddr is valid */
	uint64_t dev, inode; /* of that file, as fstat(2) or the kernel reports them; 0 from a recording */
	struct build_id build_id;
	bool deleted;	  /* " (deleted)" was behind the path: the kernel's word, or the name's own end */
	const char *path; /* as its mount namespace has it, "[vdso]" and the like; "" if there is no file */
};

struct proc_maps;

/* pid: whose they are, while it lives; 0 if they come from a recording.  NULL if memory ran out. */
struct proc_maps *proc_maps__new(uint32_t pid);
void proc_maps__free(struct proc_maps *maps);
uint32_t proc_maps__pid(const struct proc_maps *maps);
/* Unique, also after this one is freed: mappings that were read again have another one. */
uint64_t proc_maps__serial(const struct proc_maps *maps);

/*
 * Adds a copy.  -EINVAL if it is empty or overlaps another; -E2BIG if all would
 * take more than PROC_MAPS_MAX_BYTES (then it is left out); -ENOMEM.
 */
#define PROC_MAPS_MAX_BYTES (1024 * 1024)
int proc_maps__add(struct proc_maps *maps, const struct mapping *mapping);
/* The same for a mapping that replaces what it overlaps, as mmap(2) with MAP_FIXED does. */
int proc_maps__put(struct proc_maps *maps, const struct mapping *mapping);

/* The mapping that holds the address, or NULL.  Owned by maps, and moved by the next proc_maps__add(). */
const struct mapping *proc_maps__find(const struct proc_maps *maps, uint64_t address);

/* All of them, by address: from 0 to proc_maps__count() - 1. */
size_t proc_maps__count(const struct proc_maps *maps);
const struct mapping *proc_maps__at(const struct proc_maps *maps, size_t i);
size_t proc_maps__bytes(const struct proc_maps *maps); /* what they take in memory */

/*
 * A line of /proc/PID/maps: 1 if it is an executable mapping, 0 if it is
 * another one, -EINVAL if it is no such line.  Sets start, end, file_offset,
 * dev, inode, deleted and path; path points into line, which is changed ("\012" is a newline
 * again, and " (deleted)" is cut off); the rest of mapping is zeroed.
 */
int mapping__parse(char *line, struct mapping *mapping);
/* The path as the kernel reports it elsewhere, changed in the same way; "" for what is no file, such as "//anon". */
const char *mapping__clean_path(char *path);

#endif
