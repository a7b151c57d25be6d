/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What not to do: a record a page fault, each with the ring buffer's default wake-up. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

#include "naive.h"

char LICENSE[] SEC("license") = "GPL";

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} ring SEC(".maps");

unsigned long long dropped;

SEC("tp_btf/page_fault_user")
int fault(u64 *ctx)
{
	struct naive_record *rec = bpf_ringbuf_reserve(&ring, sizeof(*rec), 0);
	u64 pid_tgid = bpf_get_current_pid_tgid();

	if (!rec) {
		__sync_fetch_and_add(&dropped, 1);
		return 0;
	}
	rec->time_ns = bpf_ktime_get_ns();
	rec->address = ctx[0];
	rec->error_code = ctx[2];
	rec->pid = pid_tgid >> 32;
	rec->tid = pid_tgid;
	bpf_ringbuf_submit(rec, 0);
	return 0;
}
