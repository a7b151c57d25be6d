/* SPDX-License-Identifier: GPL-2.0 */
/* What each BPF file needs first: kernel types, helpers, the wire format and the configuration. */
#ifndef MEMTRACE_CORE_PRELUDE_H
#define MEMTRACE_CORE_PRELUDE_H

#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>
#include "../wire.h"

const volatile struct mt_cfg cfg SEC(".rodata.cfg") = {};

/*
 * What a program of kind tp returns.  0 would hide the event from every perf
 * user of that tracepoint (kernel/trace/trace_events.c: trace_call_bpf()).
 */
#define TP_PASS_ON 1

#define MT_STR_OF(x) #x
#define MT_STR(x)    MT_STR_OF(x) /* a macro's value as a string */

/* Keeps clang from optimising an index check away: the verifier needs to see it in the program. */
#define opaque(index) asm volatile("" : "+r"(index))

static __always_inline bool probe_wants_every(enum mt_probe probe)
{
	return cfg.every & (1U << probe);
}

static __always_inline bool probe_wants_latency(enum mt_probe probe)
{
	return cfg.latency & (1U << probe);
}

#endif
