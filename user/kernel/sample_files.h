/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Reads the samples of user/model/samples.def: files stay open, and a reading allocates no memory. */
#ifndef MEMTRACE_KERNEL_SAMPLE_FILES_H
#define MEMTRACE_KERNEL_SAMPLE_FILES_H

#include "../model/samples.h"
#include "key_file.h"

struct sample_files {
	uint64_t psi_ns;		   /* when PSI was last read; 0: never */
	uint64_t zones_due_ns;		   /* when zones are read again */
	uint64_t last[NR_SAMPLES];	   /* as they were last read */
	int fds[NR_SAMPLE_FILES];	   /* < 0: it cannot be opened, so all its values are unknown */
	enum sample_id by_key[NR_SAMPLES]; /* by file, then key */
	char buf[KEY_FILE_MAX];
};

/* Opens the files that exist; sample_files__close() must follow. */
void sample_files__open(struct sample_files *files);
void sample_files__close(struct sample_files *files);
/* All current values; MT_UNKNOWN_U64 for what a file does not have, or if it cannot be read. */
void sample_files__read(struct sample_files *files, uint64_t values[NR_SAMPLES]);
/* The values of one file's text; those that it does not have stay as they are. */
void sample_files__parse(const struct sample_files *files, enum sample_file file, const char *text, size_t len,
			 uint64_t values[NR_SAMPLES]);

#endif
