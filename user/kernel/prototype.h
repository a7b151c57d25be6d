/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the kernel's BTF says of a tracepoint or a function. */
#ifndef MEMTRACE_KERNEL_PROTOTYPE_H
#define MEMTRACE_KERNEL_PROTOTYPE_H

#include <stdbool.h>

struct btf;
struct btf_names;

/*
 * A tracepoint's arguments, "int order,gfp_t gfp_flags,struct mem_cgroup *memcg": their types from
 * typedef btf_trace_<name>, their names from function __traceiter_<name>, or none without it.
 * event: "group:name".  0, -ENOENT if the kernel has no such tracepoint, -ENAMETOOLONG.
 */
int prototype__read(const struct btf *btf, const char *event, char *buf, int size);

/*
 * Does the tracepoint's prototype begin with those arguments? A name may be left out; types alone do not show that
 * two numbers have changed places.  NULL matches any; false without the tracepoint.
 */
bool prototype__matches(const struct btf *btf, const char *event, const char *expected);

/* Does it have that many arguments, and not more? */
bool prototype__has_arguments(const struct btf *btf, const char *event, int nr);

/*
 * The same for a function: "struct oom_control *oc,char *message -> void".  With a result, " -> void", all arguments
 * are compared: where a program finds the result depends on how many there are.
 */
int prototype__read_function(const struct btf *btf, const char *function, char *buf, int size);
bool prototype__matches_function(const struct btf *btf, const char *function, const char *expected);

/*
 * Whether programs on tracepoints may be preempted: then tracepoints are guarded by SRCU of the fast kind
 * (kernel/tracepoint.c).  BTF shows the per-CPU part of that SRCU (kernels up to 6.12 also have it, for another
 * purpose), and that there is a fast kind (seen on 7.3).
 */
bool prototype__preemptible(const struct btf *btf);

/* Adds the names that these functions look up: for a tracepoint or a function, and for any kernel. */
void prototype__add_names(struct btf_names *names, const char *event);
void prototype__add_general_names(struct btf_names *names);

/* The value of an enumerator, in any enumeration.  0, or -ENOENT. */
int enumerator__read(const struct btf *btf, const char *name, int *value);

#endif
