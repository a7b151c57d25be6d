/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What user space knows about a probe beside its rows: how its programs can
 * be attached, which columns it puts into tables, and what it sums up for a
 * report.  One const descriptor per file in probes/.
 */
#ifndef MEMTRACE_MODEL_PROBE_H
#define MEMTRACE_MODEL_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "schema.h"
#include "../base/units.h"

struct event_names;
struct report;

enum attach_kind {
	ATTACH_TP_BTF,
	ATTACH_RAW_TP,
	ATTACH_TP,
	ATTACH_FENTRY, /* the start or the end of a function: fentry, fexit */
	ATTACH_PERF,   /* a software event, on each CPU */
	ATTACH_ITER,
	/*
	 * Not attached: user space runs the program when it needs the answer.  An event is a per-CPU variable of the
	 * kernel, which the program gets (MT_VARIABLE).
	 */
	ATTACH_RUN,
	/* Functions of programs: which ones, and in which files, is found when a run begins (kernel/heap_attach.h). */
	ATTACH_UPROBE,
	/*
	 * Nothing to attach: another hook's event has the same information on this kernel.  An event without a colon is
	 * a function, on which the kernel must accept programs.
	 */
	ATTACH_IMPLIED,
};

/* One way to attach a hook.  The loader takes the first that the kernel accepts. */
struct attach_alt {
	const char *program; /* NULL ends the list */
	enum attach_kind kind;
	const char *event; /* "vmscan:mm_vmscan_kswapd_wake"; a function; "major-faults"; NULL for none */
	/*
	 * For arguments taken by position: the types that the kernel's prototype must begin with, as its BTF spells
	 * them.  A program for a reordered prototype would also load, and count wrong.  Never NULL for kind fentry; a
	 * program for a function's end names all of them: "int,gfp_t -> void".
	 */
	const char *proto;
	/* For fields taken by name: the context struct that the kernel must have; NULL: any. */
	const char *context;
	const char *without; /* of kind implied: a function that the kernel must not have; NULL: any */
};

/* An enumerator of the kernel whose value programs assume, because no relocation can find it. */
struct kernel_constant {
	const char *program; /* only that alternative; NULL: all of the probe's */
	const char *name;    /* NULL ends the list */
	int value;
	bool may_lack; /* kernels that do not have the enumerator, but have the value, are known */
};

enum hook_need {
	HOOK_REQUIRED,	/* without it the probe is unavailable */
	HOOK_OPTIONAL,	/* without it something is missing, which loss says */
	HOOK_LATENCY,	/* only attached while latencies are asked for, then optional */
	HOOK_NOT_LIGHT, /* left out in the lightest mode; else required */
	/*
	 * Where the kernel allows it, records have what loss says.  Elsewhere that is unknown, which is normal: the
	 * probe is whole, and only doctor mentions it.
	 */
	HOOK_GAIN,
	HOOK_LATENCY_GAIN, /* the same, and only while latencies, or what costs as much, are asked for */
};

struct attach_hook {
	const char *name; /* NULL ends the list */
	enum hook_need need;
	const struct attach_alt *alts;
	const char *loss; /* what is missing without it */
	/*
	 * Where a tracepoint's programs may be preempted (7.x), one of kind tp_btf or raw_tp misses what other tasks
	 * do on that CPU meanwhile, as it never runs twice at a time; tp is not preempted.  True: the tp alternatives
	 * have the same information as the others, so there they come first.
	 */
	bool tp_as_good;
	bool if_preempted; /* elsewhere there is no such hook */
};

/* A hook that would be wrong without another one is left out with it. */
struct hook_dependency {
	const char *hook; /* NULL ends the list */
	const char *needs;
};

/* Counters that are unknown if that hook is missing. */
struct hook_slots {
	const char *hook; /* NULL ends the list */
	enum mt_slot first, last;
	const char *unless; /* they are unknown as well if it is attached by this program; NULL: by none */
};

/* What a map of the probe's object holds from the start, as nr keys and values one behind the other. */
struct map_content {
	const char *map; /* NULL ends the list */
	const void *keys, *values;
	size_t key_size, value_size, nr;
};

/* How a column's number comes from its slots' sum. */
enum column_measure {
	MEASURE_SUM,
	MEASURE_PER_SECOND,
	MEASURE_SHARE, /* nanoseconds of wall time */
};

struct probe_column {
	const char *title; /* "/s" at its end goes where counts are shown; NULL: it is not in text */
	const char *path;  /* in JSON, which has all counters of probes anyway; NULL: it is not there */
	enum column_measure measure;
	enum unit unit;
	const enum mt_slot *slots; /* NULL ends the list */
	size_t nr_slots;
	bool own;	  /* says nothing of a row by parent, which is about the parent's children */
	bool stall;	  /* the share of the time that was spent waiting: who waits long comes first */
	uint32_t without; /* bit per enum mt_probe: left out where one of these is shown, which says it better */
};

/* Gathers a probe's events for a report; state is made per run. */
struct probe_gather {
	void *(*new_state)(void); /* NULL if memory ran out */
	void (*event)(void *state, const void *record);
	/* Adds its sections; they borrow from state, which lives until the report was rendered. */
	void (*report)(void *state, struct report *report, const struct event_names *names);
	void (*free_state)(void *state);
};

struct probe {
	enum mt_probe id;
	const void *(*object)(size_t *size); /* the BPF object's ELF image */
	const struct attach_hook *hooks;
	const struct probe_column *columns;	    /* NULL: none */
	const struct probe_gather *gather;	    /* NULL: none */
	const struct kernel_constant *constants;    /* NULL: none */
	const struct hook_dependency *dependencies; /* NULL: none */
	const struct hook_slots *hook_slots;	    /* of hooks that may be missing; NULL: none */
	const struct map_content *contents;	    /* NULL: none */
	enum mt_slot selftest_slot; /* counts at least one per fresh page touched; MT_NR_SLOTS: no such slot */
	bool without_hooks;	    /* part of it comes from the core, so it also runs without hooks of its own */
};

extern const struct probe *const probes[MT_NR_PROBES]; /* registry.c, by enum mt_probe */

#endif
