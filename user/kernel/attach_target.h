/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * What a program is attached to, as a type of the running kernel's.  libbpf finds that by itself, but reads all
 * the kernel's types for it, once an object: handlers of our own for the sections of these programs spare that.
 */
#ifndef MEMTRACE_KERNEL_ATTACH_TARGET_H
#define MEMTRACE_KERNEL_ATTACH_TARGET_H

struct bpf_program;
struct btf_names;
struct kernel_btf;

/* Tells libbpf of the handlers: once, before any object is opened and by one thread.  0 or -errno. */
int attach_target__register(void);
/* The target's name in the kernel's types, if programs of that section ("tp_btf/mark_victim") have one. */
void attach_target__add_name(struct btf_names *names, const char *section);
/* Before the program is loaded.  0; -ESRCH: the running kernel has no such target. */
int attach_target__set(struct bpf_program *prog, const struct kernel_btf *types);

#endif
