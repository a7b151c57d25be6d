/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What crosses from naive.bpf.c to naive.c. */
#ifndef MEMTRACE_BENCH_NAIVE_H
#define MEMTRACE_BENCH_NAIVE_H

struct naive_record {
	__u64 time_ns;
	__u64 address;
	__u64 error_code;
	__u32 pid;
	__u32 tid;
};

#endif
