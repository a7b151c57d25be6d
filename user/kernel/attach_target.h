/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The target of a program, as a type of the running kernel.  libbpf finds it by itself, but reads all of the kernel's
 * types for it, once for each object.  Section handlers of memtrace's own avoid that.
 */
#ifndef MEMTRACE_KERNEL_ATTACH_TARGET_H
#define MEMTRACE_KERNEL_ATTACH_TARGET_H

struct bpf_program;
struct btf_names;
struct kernel_btf;

/* Registers the handlers with libbpf: once, before any object is opened, and by one thread.  0 or -errno. */
int attach_target__register(void);
/* The target's name in the kernel's types, if programs of that section ("tp_btf/mark_victim") have one. */
void attach_target__add_name(struct btf_names *names, const char *section);
/* Before the program is loaded.  0; -ESRCH: the running kernel has no such target. */
int attach_target__set(struct bpf_program *prog, const struct kernel_btf *types);
/*
 * Has a program take a per-CPU variable of the running kernel where its instructions have MT_VARIABLE, before it is
 * loaded.  0; -ESRCH: the kernel's types do not have it.
 */
int attach_target__give_variable(struct bpf_program *prog, const struct kernel_btf *types, const char *name);

#endif
