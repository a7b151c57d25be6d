// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "attach_target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../../bpf/wire.h"
#include "btf_excerpt.h"
#include "kernel_btf.h"

/* Programs whose target is a type: the start of their section's name.  The rest of it is the target's name. */
static const struct target {
	const char *section;
	enum bpf_attach_type attach_type;
	const char *prefix; /* of the type's name (kernel/bpf/verifier.c, bpf_check_attach_target()) */
	__u32 kind;
} targets[] = {
	{ .section = "tp_btf/", .attach_type = BPF_TRACE_RAW_TP, .prefix = "btf_trace_", .kind = BTF_KIND_TYPEDEF },
	{ .section = "fentry/", .attach_type = BPF_TRACE_FENTRY, .prefix = "", .kind = BTF_KIND_FUNC },
	{ .section = "fexit/", .attach_type = BPF_TRACE_FEXIT, .prefix = "", .kind = BTF_KIND_FUNC },
	{ .section = "iter/", .attach_type = BPF_TRACE_ITER, .prefix = "bpf_iter_", .kind = BTF_KIND_FUNC },
};

#define NR_TARGETS (sizeof(targets) / sizeof(*targets))

/* NULL: the section's programs have none. */
static const struct target *target_of(const char *section, const char **name)
{
	size_t i;

	for (i = 0; i < NR_TARGETS; i++) {
		*name = section + strlen(targets[i].section);
		if (!strncmp(section, targets[i].section, *name - section))
			return &targets[i];
	}
	return NULL;
}

/*
 * libbpf keeps the file descriptor of a program to attach to, does not look at it, and reads no types for a
 * program that has one.  attach_target__set() puts the target's id there, here it gets to where it belongs.
 */
static int give_target(struct bpf_program *prog, struct bpf_prog_load_opts *opts, long cookie)
{
	opts->attach_btf_id = opts->attach_prog_fd;
	opts->attach_prog_fd = 0;
	return opts->attach_btf_id ? 0 : -ESRCH;
}

static int attach(const struct bpf_program *prog, long attach_type, struct bpf_link **link)
{
	*link = attach_type == BPF_TRACE_ITER ? bpf_program__attach_iter(prog, NULL) : bpf_program__attach_trace(prog);
	return *link ? 0 : -errno;
}

int attach_target__register(void)
{
	static bool registered;
	size_t i;
	int err = 0;

	for (i = 0; err >= 0 && !registered && i < NR_TARGETS; i++) {
		LIBBPF_OPTS(libbpf_prog_handler_opts, opts, .cookie = targets[i].attach_type,
			    .prog_prepare_load_fn = give_target, .prog_attach_fn = attach);

		err = libbpf_register_prog_handler(targets[i].section, BPF_PROG_TYPE_TRACING, targets[i].attach_type,
						   &opts);
	}
	registered = true;
	return err < 0 ? err : 0;
}

void attach_target__add_name(struct btf_names *names, const char *section)
{
	const struct target *target;
	const char *name;

	target = target_of(section, &name);
	if (target)
		btf_names__add(names, target->prefix, name);
}

int attach_target__set(struct bpf_program *prog, const struct kernel_btf *types)
{
	const struct target *target;
	const char *name;
	char full[128];
	int id;

	target = target_of(bpf_program__section_name(prog), &name);
	if (!target)
		return 0;
	snprintf(full, sizeof(full), "%s%s", target->prefix, name);
	id = kernel_btf__running_id(types, full, target->kind);
	return id > 0 ? bpf_program__set_attach_target(prog, id, NULL) : -ESRCH;
}

/* The instruction that loads MT_VARIABLE; NULL: there is none. */
static struct bpf_insn *variable_insn(struct bpf_insn *insns, size_t nr)
{
	const __u64 wanted = MT_VARIABLE;
	size_t i;

	for (i = 0; i + 1 < nr; i++)
		if (insns[i].code == (BPF_LD | BPF_IMM | BPF_DW) && (__u32)insns[i].imm == (__u32)wanted &&
		    (__u32)insns[i + 1].imm == wanted >> 32)
			return &insns[i];
	return NULL;
}

int attach_target__give_variable(struct bpf_program *prog, const struct kernel_btf *types, const char *name)
{
	size_t nr = bpf_program__insn_cnt(prog), size = nr * sizeof(struct bpf_insn);
	struct bpf_insn *insns = malloc(size), *insn;
	__u32 id = kernel_btf__running_id(types, name, BTF_KIND_VAR);
	int err = insns ? -ESRCH : -ENOMEM;

	if (insns && id) {
		memcpy(insns, bpf_program__insns(prog), size);
		insn = variable_insn(insns, nr);
		if (insn) {
			insn[0].src_reg = BPF_PSEUDO_BTF_ID;
			insn[0].imm = id;
			insn[1].imm = 0;
			err = bpf_program__set_insns(prog, insns, nr);
		}
	}
	free(insns);
	return err;
}
