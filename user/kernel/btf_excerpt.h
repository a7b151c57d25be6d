/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The part of a kernel's types that is asked for by name.  The whole has some hundred thousand types in 5 MB, and
 * libbpf reads its input again for each object; an excerpt is about a hundredth of that.
 */
#ifndef MEMTRACE_KERNEL_BTF_EXCERPT_H
#define MEMTRACE_KERNEL_BTF_EXCERPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct btf;

/* Names that are asked for: of types, functions, variables, enumerators.  All zero is an empty set. */
struct btf_names {
	char **slots; /* NULL: free */
	size_t nr, nr_slots;
	bool failed; /* memory ran out for one of them */
};

/* prefix and name are one name. */
void btf_names__add(struct btf_names *names, const char *prefix, const char *name);
/* Those of all structs, unions, enumerations and typedefs, without their ___flavours. */
void btf_names__add_types(struct btf_names *names, const struct btf *btf);
bool btf_names__has(const struct btf_names *names, const char *name);
void btf_names__free(struct btf_names *names);

struct btf_excerpt {
	struct btf *btf;
	uint32_t *ids; /* by its own ids: those of the whole */
};

/*
 * Copies the types with one of the names, and enumerations with such an enumerator, with everything that they
 * contain, in the order of the whole.  Of a struct that is only pointed to, it has name and size.  0 or -errno;
 * btf_excerpt__free() in both cases.
 */
int btf_excerpt__make(struct btf_excerpt *excerpt, const struct btf *whole, const struct btf_names *names);
void btf_excerpt__free(struct btf_excerpt *excerpt);

#endif
