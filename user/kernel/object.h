/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* One BPF object: finds the alternative of each hook that this kernel accepts, loads and attaches it. */
#ifndef MEMTRACE_KERNEL_OBJECT_H
#define MEMTRACE_KERNEL_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../bpf/wire.h"
#include "../model/probe.h"
#include "cpu_events.h"

struct bpf_link;
struct bpf_object;
struct bpf_prog_info;
struct bpf_program;
struct btf_names;
struct core_reads;
struct kernel_btf;

#define HOOKS_MAX 32
#define WHY_LEN	  160

/* The state of one hook. */
struct hook_state {
	const struct attach_hook *hook;
	int alt;	   /* index into hook->alts; -1: none is left */
	bool tp_first;	   /* alternatives of kind tp come first */
	size_t step;	   /* where the search for the next alternative continues */
	bool wanted;	   /* false: not asked for in this run */
	char why[WHY_LEN]; /* the first alternative's failure, or a more important one; "" if there was none */
	int error;	   /* its -errno */
};

struct object {
	struct bpf_object *bpf;
	const char *name;
	size_t image_size;
	uint64_t loaded_ns; /* when all of its programs were loaded; boot time */
	struct hook_state hooks[HOOKS_MAX];
	size_t nr_hooks;
	const struct hook_dependency *dependencies; /* NULL: none */
	struct bpf_link **links;		    /* owned */
	size_t nr_links;
	struct cpu_events cpu_events;
};

struct object_request {
	const char *name;
	const void *image;
	size_t image_size;
	const struct attach_hook *hooks;
	const struct mt_cfg *cfg;
	const struct kernel_btf *types;		    /* those that object__add_names() asks for */
	const struct kernel_constant *constants;    /* whose values its programs assume; NULL: none */
	const struct hook_dependency *dependencies; /* between its hooks; NULL: none */
	const struct map_content *contents;	    /* of its maps, put there before it is attached; NULL: none */
	const struct object *share;		    /* its maps of the same name are used; NULL: new ones are made */
	bool latency, light;
	uint32_t avoid;					   /* bit per enum attach_kind */
	int (*prepare)(struct bpf_object *bpf, void *ctx); /* before it is loaded; may be NULL */
	void *prepare_ctx;
};

/* The names of the kernel's types that it is checked and loaded against, for request->types.  0 or -errno. */
int object__add_names(struct btf_names *names, const struct object_request *request);

/*
 * Loads and attaches; 0, or -errno with the reason in the hooks' states
 * (which are valid either way).  object__close() in both cases.
 */
int object__open(struct object *object, const struct object_request *request);
void object__close(struct object *object);

/* The link of its program of kind iter, which the object owns; -ENOENT: it has none. */
int object__iter_fd(const struct object *object);

/* What the kernel tells of a program; false: it is not loaded, or the kernel does not say. */
bool program__info(const struct bpf_program *prog, struct bpf_prog_info *info);

/* The kernel's data on the program of an attached hook. */
struct program_size {
	const char *program;
	uint64_t instructions; /* as the kernel runs it, with the functions that it calls */
	uint64_t verified;     /* that the verifier went through; 0: this kernel does not report it (before 5.16) */
	uint64_t load_ns;      /* for verifying and translating it */
};

/* false if nothing is attached there, or the kernel does not report it. */
bool object__program_size(const struct object *object, size_t hook, struct program_size *size);

/* The hook that kept the object from attaching; NULL if none did. */
const struct hook_state *object__culprit(const struct object *object);

const struct hook_state *object__hook(const struct object *object, const char *name); /* NULL: it has none */
bool hook__is_attached(const struct hook_state *hook);
/* Whether the probe is whole even if the kernel lacks the hook. */
bool hook__is_gain(const struct hook_state *hook);
const char *attach_kind_name(enum attach_kind kind);

#endif
