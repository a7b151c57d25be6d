/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Looks at the memory of processes as records, which no program in the kernel sends.  A look begins with a struct
 * map_look_record, has a struct map_process_record for each process, behind which its names and areas follow, and ends
 * with another struct map_look_record.
 */
#ifndef MEMTRACE_MODEL_MAP_RECORD_H
#define MEMTRACE_MODEL_MAP_RECORD_H

#include "process_map.h"

/* Beside enum mt_rec_id. */
#define REC_MAP_LOOK	0xfff4
#define REC_MAP_PROCESS 0xfff5
#define REC_MAP_NAME	0xfff6
#define REC_MAP_AREA	0xfff7
#define REC_MAP_RUN	0xfff8
#define REC_MAP_CGROUP	0xfff9

/* What a recording has of a process, and of an area: a row each; sizes in bytes, MT_UNKNOWN_U64: not known. */
struct map_value_row {
	const char *path;
	size_t offset; /* of a uint64_t in struct process_map, or in struct map_area */
};

#define NR_MAP_PROCESS_VALUES 17
#define NR_MAP_AREA_VALUES    6

extern const struct map_value_row map_process_rows[NR_MAP_PROCESS_VALUES];
extern const struct map_value_row map_area_rows[NR_MAP_AREA_VALUES];

enum map_look_flags {
	MAP_LOOK_BEGINS = 1 << 0,
	MAP_LOOK_ENDS = 1 << 1,
	MAP_LOOK_AREAS = 1 << 2, /* it is at areas; else at sums of processes alone */
	MAP_LOOK_RUNS = 1 << 3,	 /* and at single pages */
};

struct map_look_record {
	struct mt_hdr hdr;
	uint64_t flags; /* enum map_look_flags */
};

enum map_process_flags {
	MAP_PROCESS_SCANNED = 1 << 0,	 /* process_map.scanned */
	MAP_PROCESS_REFERENCED = 1 << 1, /* process_map.knows_referenced */
	MAP_PROCESS_NODES = 1 << 2,	 /* its areas have process_map.nodes */
	MAP_PROCESS_DELETED = 1 << 3,	 /* process_map.knows_deleted */
};

struct map_process_record {
	struct mt_hdr hdr;
	struct mt_who who; /* of its main thread */
	uint64_t flags;	   /* enum map_process_flags */
	uint64_t error;	   /* errno: why there are no areas; 0: there are */
	uint64_t areas;	   /* that follow */
	uint64_t values[NR_MAP_PROCESS_VALUES];
};

#define MAP_NAME_PART	128
#define MAP_NAME_LENGTH 4096 /* with its end; what is longer is cut */

/* A name of areas, or a part of one. */
struct map_name_record {
	struct mt_hdr hdr;
	struct mt_who who;	  /* of the process */
	uint64_t number;	  /* by which areas refer to it, from 1 on */
	uint64_t at;		  /* how much of it came before */
	char text[MAP_NAME_PART]; /* zeroes behind its end; without any, more follows */
};

enum map_area_flags {
	MAP_AREA_PERMISSIONS = MAPPED_READ | MAPPED_WRITE | MAPPED_EXEC | MAPPED_SHARED,
	MAP_AREA_KNOWN = 1 << 4,   /* map_area.known */
	MAP_AREA_DELETED = 1 << 5, /* map_area.deleted */
};

/* Areas come by address. */
struct map_area_record {
	struct mt_hdr hdr;
	struct mt_who who; /* of the process */
	uint64_t start, size;
	uint64_t name;	/* number; 0: it has none */
	uint64_t flags; /* enum map_area_flags */
	uint64_t values[NR_MAP_AREA_VALUES];
	uint64_t nodes[MAP_NODES]; /* unknown: not read */
};

enum map_run_flags {
	MAP_RUN_SWAPPED = 1 << 0, /* else present */
	MAP_RUN_HUGE = 1 << 1,	  /* mapped by huge pages */
	MAP_RUN_FILE = 1 << 2,	  /* of a file, or shared memory */
};

/* Pages of the process that lie side by side, in any order; behind its areas, where a look has them. */
struct map_run_record {
	struct mt_hdr hdr;
	struct mt_who who;     /* of the process */
	uint64_t start, pages; /* the number of the first page, and how many there are */
	uint64_t flags;	       /* enum map_run_flags */
};

/* What is charged to a cgroup, within a look at sums of processes. */
struct map_cgroup_record {
	struct mt_hdr hdr;
	uint64_t cgroup_id;
	uint64_t mapped; /* bytes of memory that processes have mapped; unknown: not read */
};

/* The size of records with that id; 0: it is none of these. */
size_t map_record__size(uint16_t id);
/* The process that a record is about; NULL: none. */
const struct mt_who *map_record__who(const void *record);

#endif
