/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The frame of a recording; docs/recording.md has the whole format.  All numbers are little-endian.  A file is a
 * struct file_head and blocks, each a struct block_head and its payload.
 */
#ifndef MEMTRACE_RECORDING_FORMAT_H
#define MEMTRACE_RECORDING_FORMAT_H

#include <stdint.h>

#define FORMAT_MAGIC   "memtrace"
#define FORMAT_MAJOR   1	    /* another one cannot be read */
#define FORMAT_MINOR   2	    /* a higher one only adds what may be skipped */
#define BLOCK_MAGIC    0x4b42544dU  /* "MTBK" */
#define BLOCK_MAX      (16U << 20)  /* bytes of a payload, packed or not */
#define BLOCK_JSON_MAX (512U << 10) /* of one of JSON, unpacked: objects take a hundred times their text in memory */
#define BLOCK_TARGET   (256U << 10) /* a writer closes a block of records at this size */
/* ... and before it names more tasks, or has more values for later records to refer to, each of 8 bytes: in a flood of
 * tasks that live for a moment these take far more than the block. */
#define BLOCK_TASKS	    8192U
#define BLOCK_VALUES	    (256U << 10)
#define MAX_LAYOUTS	    56
#define MAX_FIELDS	    2048
#define MAX_BLOCK_TASKS	    65536      /* named in one block */
#define MAX_PREVIOUS_VALUES (8U << 20) /* values that a block's records refer back to */
#define MAX_STACK	    1024       /* addresses */
#define MAX_MAPPINGS	    65536      /* of a process */
#define MAX_PATH_NAME	    4096
#define MAX_CGROUP_NAME	    4096

struct file_head {
	char magic[8];
	uint16_t major, minor;
	uint32_t reserved; /* 0 */
};

enum block_kind {
	BLOCK_HEAD = 1,	  /* JSON: what was recorded, and the layouts of records; the first block */
	BLOCK_DATA = 2,	  /* records */
	BLOCK_END = 3,	  /* JSON: how it ended; the last block of a recording that was closed */
	BLOCK_DIGEST = 4, /* records: of a segment, before its end: what stands for those of all its blocks in a list */
};

enum block_codec {
	CODEC_NONE = 0,
	CODEC_ZSTD = 1,
};

struct block_head {
	uint32_t magic;
	uint8_t kind;
	uint8_t codec;
	uint16_t check;	   /* low half of the CRC-32 of this head with check and crc 0: then the head is intact */
	uint32_t raw_size; /* of the payload when unpacked */
	uint32_t size;	   /* of the payload as it follows */
	uint32_t nr;	   /* records in it */
	uint32_t crc;	   /* CRC-32 of this head with crc 0, and of the payload as it follows */
	uint64_t end_ns;   /* CLOCK_BOOTTIME: of its last record */
};

_Static_assert(sizeof(struct file_head) == 16, "file_head");
_Static_assert(sizeof(struct block_head) == 32, "block_head");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are copied as they are");

/*
 * A block of records is a sequence of items.  Each begins with a byte: its low
 * bits are a kind, or FIRST_LAYOUT plus the number of a layout in the head.
 */
enum item_kind {
	ITEM_WHO = 0,	 /* the next number in this block's list of tasks; they count from 1, 0 is none */
	ITEM_CGROUP = 1, /* a cgroup's name */
	ITEM_STACK = 2,	 /* a call chain's addresses */
	ITEM_MAPS = 3,	 /* the executable mappings of a process */
	ITEM_SYMBOL = 4, /* a function of the kernel, or one that a process made at run time */
	FIRST_LAYOUT = 8,
};

#define FIRST_KERNEL_ADDRESS (1ULL << 63) /* below, a function is a process's: */
#define MADE_MODULE	     "%u %llu"	  /* its module says whose: process id, start of the process */

#define ITEM_KIND_MASK 0x3f
#define ITEM_SAME_CPU  0x40 /* the same as the record before it */
#define ITEM_SAME_WHO  0x80 /* its first task is the same as that of the record before it */

#endif
