/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A directory in /tmp for the files of one test program; each function as cmocka wants it. */
#ifndef MEMTRACE_TESTS_TEMP_DIR_H
#define MEMTRACE_TESTS_TEMP_DIR_H

extern char temp_dir[];

/* Before all tests: makes it. */
int temp_dir__make(void **state);
/* After each test: removes what is in it. */
int temp_dir__clean(void **state);
/* After all tests: removes it, if it is empty. */
int temp_dir__remove(void **state);

#endif
