/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What a Java virtual machine has its memory for: told by addresses and sizes of what it reserves. */
#ifndef MEMTRACE_COUNT_MAP_JVM_H
#define MEMTRACE_COUNT_MAP_JVM_H

#include "../model/process_map.h"

/*
 * Sets classes of areas of a process that has libjvm.so; of others none.  The other classes are set already.  As
 * HotSpot of JDK 17 reserves memory (src/hotspot/share):
 *	heap		memory/virtualspace.cpp, ReservedHeapSpace: from 2 GiB (HeapBaseMinAddress) to 32 GiB where
 *			references have 32 bits; elsewhere as much as the command line says (-Xmx)
 *	metaspace	memory/metaspace.cpp: the class space is behind the archive of classes (*.jsa); further space
 *comes in 64 MiB, of which 64 KiB at a time are made accessible (metaspaceSettings.hpp) code cache
 *code/codeCache.cpp: what may be executed and written to, and what is reserved behind it GC		of G1:
 *gc/g1/g1CollectedHeap.cpp: two bitmaps with a 64th of the heap each; the stack for marking, 32 MiB
 */
void map_jvm__tell(struct process_map *map);

#endif
