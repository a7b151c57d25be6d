// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kernel_btf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../base/log.h"

#define RUNNING "/sys/kernel/btf/vmlinux"

/* Types in types, pointers to pointers: at most 15 levels in kernels from 5.10 to 7.3. */
#define MAX_DEPTH 64

/* Which ids are followed; chains of these must end. */
enum chain {
	CHAIN_POINTERS, /* pointers, arrays and what is only another name, up to a struct */
	CHAIN_MEMBERS,	/* what lies within a type, up to a pointer */
	NR_CHAINS,
};

struct walk {
	const struct btf *btf;
	enum chain chain;
	uint8_t *depth; /* by id; 0: not known yet */
};

static bool is_alias(const struct btf_type *t)
{
	return btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t);
}

static int depth_of(struct walk *walk, __u32 id, int above);

/* The deepest of a struct's members. */
static int depth_of_members(struct walk *walk, const struct btf_type *t, int above)
{
	int i, deepest = 0;

	for (i = 0; i < btf_vlen(t); i++) {
		int depth = depth_of(walk, btf_members(t)[i].type, above);

		if (depth < 0)
			return depth;
		if (depth > deepest)
			deepest = depth;
	}
	return deepest;
}

/* How many steps lead on from a type; -1 if there are too many.  Results are kept. */
static int depth_of(struct walk *walk, __u32 id, int above)
{
	const struct btf_type *t = btf__type_by_id(walk->btf, id);
	int depth = 0;

	if (!id)
		return 0;
	if (above > MAX_DEPTH)
		return -1;
	if (walk->depth[id])
		return above + walk->depth[id] > MAX_DEPTH ? -1 : walk->depth[id];
	if (is_alias(t) || (btf_is_ptr(t) && walk->chain == CHAIN_POINTERS))
		depth = depth_of(walk, t->type, above + 1);
	else if (btf_is_array(t))
		depth = depth_of(walk, btf_array(t)->type, above + 1);
	else if (btf_is_composite(t) && walk->chain == CHAIN_MEMBERS)
		depth = depth_of_members(walk, t, above + 1);
	if (depth < 0)
		return depth;
	walk->depth[id] = depth + 1;
	return depth + 1;
}

/* NULL: they end. */
static const char *flaw_of_chains(const struct btf *btf)
{
	__u32 nr = btf__type_cnt(btf), id;
	struct walk walk = { .btf = btf };
	bool end = true;

	for (; end && walk.chain < NR_CHAINS; walk.chain++) {
		walk.depth = calloc(nr, sizeof(*walk.depth));
		if (!walk.depth)
			return "there is not enough memory to check it";
		for (id = 1; end && id < nr; id++)
			end = depth_of(&walk, id, 0) >= 0;
		free(walk.depth);
	}
	return end ? NULL : "its types go in circles";
}

static bool is_name(const struct btf *btf, __u32 offset)
{
	return btf__str_by_offset(btf, offset);
}

static bool members_are_there(const struct btf *btf, const struct btf_type *t, __u32 nr)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];

		if (m->type >= nr || !is_name(btf, m->name_off))
			return false;
	}
	return true;
}

static bool params_are_there(const struct btf *btf, const struct btf_type *t, __u32 nr)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++)
		if (btf_params(t)[i].type >= nr || !is_name(btf, btf_params(t)[i].name_off))
			return false;
	return t->type < nr;
}

static bool values_have_names(const struct btf *btf, const struct btf_type *t)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++) {
		__u32 name = btf_is_enum(t) ? btf_enum(t)[i].name_off : btf_enum64(t)[i].name_off;

		if (!is_name(btf, name))
			return false;
	}
	return true;
}

/* Do all ids and names that a type refers to exist? */
static bool is_whole(const struct btf *btf, const struct btf_type *t, __u32 nr)
{
	int i;

	if (!is_name(btf, t->name_off))
		return false;
	if (is_alias(t) || btf_is_ptr(t) || btf_is_func(t) || btf_is_var(t) || btf_is_decl_tag(t))
		return t->type < nr;
	if (btf_is_array(t))
		return btf_array(t)->type < nr && btf_array(t)->index_type < nr;
	if (btf_is_composite(t))
		return members_are_there(btf, t, nr);
	if (btf_is_func_proto(t))
		return params_are_there(btf, t, nr);
	if (btf_is_any_enum(t))
		return values_have_names(btf, t);
	for (i = 0; btf_is_datasec(t) && i < btf_vlen(t); i++)
		if (btf_var_secinfos(t)[i].type >= nr)
			return false;
	return true;
}

const char *btf__flaw(const struct btf *btf)
{
	__u32 nr = btf__type_cnt(btf), id;

	for (id = 1; id < nr; id++)
		if (!is_whole(btf, btf__type_by_id(btf, id), nr))
			return "its types refer to types or names that it does not have";
	return flaw_of_chains(btf);
}

static void forget_copy(struct kernel_btf *types)
{
	if (types->fd >= 0)
		close(types->fd);
	types->fd = -1;
	types->path[0] = '\0';
}

/*
 * For libbpf, which opens it again for each object.  Fails where files may hardly grow (RLIMIT_FSIZE) and where /proc
 * is not there.
 */
static int copy_to_memory(struct kernel_btf *types)
{
	__u32 size, at = 0;
	const char *data = btf__raw_data(types->btf, &size);

	if (!data)
		return -errno;
	types->fd = memfd_create("memtrace-btf", MFD_CLOEXEC);
	if (types->fd < 0)
		return -errno;
	snprintf(types->path, sizeof(types->path), "/proc/self/fd/%d", types->fd);
	while (at < size) {
		ssize_t n = write(types->fd, data + at, size - at);

		if (n <= 0)
			return n ? -errno : -EIO;
		at += n;
	}
	return access(types->path, R_OK) ? -errno : 0;
}

static int refuse(char *why, size_t size, const char *reason)
{
	snprintf(why, size, "%s", reason);
	return -EINVAL;
}

static int check(const struct btf *btf, char *why, size_t size)
{
	const char *flaw = btf__flaw(btf);

	if (flaw)
		return refuse(why, size, flaw);
	if (btf__find_by_name_kind(btf, "task_struct", BTF_KIND_STRUCT) < 0)
		return refuse(why, size, "it has no task_struct, so it is no kernel's");
	return 0;
}

/* Whether an error says something of memtrace, not of the file. */
static bool is_about_us(int err)
{
	return err == EACCES || err == ENOMEM || err == EMFILE || err == ENFILE;
}

static int read_file(struct btf_excerpt *excerpt, const char *file, const struct btf_names *names, char *why,
		     size_t size)
{
	struct btf *whole;
	struct stat st;
	int err;

	if (stat(file, &st))
		return refuse(why, size, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return refuse(why, size, "it is no regular file");
	whole = btf__parse(file, NULL);
	if (!whole)
		return refuse(why, size,
			      is_about_us(errno) ? strerror(errno) : "it is neither BTF nor an ELF file with BTF");
	err = check(whole, why, size);
	if (!err)
		err = btf_excerpt__make(excerpt, whole, names);
	btf__free(whole);
	return err;
}

/* If the kernel allows mapping it, that saves a copy in memory, and a system call for each 4 KiB. */
static struct btf *map_running(void)
{
	int fd = open(RUNNING, O_RDONLY | O_CLOEXEC);
	struct btf *btf = NULL;
	struct stat st;
	void *data;

	if (fd < 0)
		return NULL;
	if (!fstat(fd, &st) && st.st_size > 0) {
		data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data != MAP_FAILED) {
			btf = btf__new(data, st.st_size);
			munmap(data, st.st_size);
		}
	}
	close(fd);
	return btf;
}

static int read_running(struct btf_excerpt *excerpt, const struct btf_names *names)
{
	struct btf *whole = map_running();
	int err;

	/* not btf__load_vmlinux_btf(), which says -ESRCH for whatever fails */
	if (!whole)
		whole = btf__parse_raw(RUNNING);
	if (!whole)
		return -errno;
	err = btf_excerpt__make(excerpt, whole, names);
	btf__free(whole);
	return err;
}

int kernel_btf__open(struct kernel_btf *types, const char *file, const struct btf_names *names, char *why, size_t size)
{
	int err = 0;

	*types = (struct kernel_btf){ .fd = -1 };
	if (file)
		err = read_file(&types->file, file, names, why, size);
	if (!err)
		err = read_running(&types->running, names);
	types->btf = file ? types->file.btf : types->running.btf;
	if (err)
		return err;
	err = copy_to_memory(types);
	if (!err || file)
		return err;
	log_debug("libbpf reads the kernel's types itself: %s", strerror(-err));
	forget_copy(types);
	return 0;
}

void kernel_btf__close(struct kernel_btf *types)
{
	btf_excerpt__free(&types->running);
	btf_excerpt__free(&types->file);
	forget_copy(types);
	*types = (struct kernel_btf){ .fd = -1 };
}

uint32_t kernel_btf__running_id(const struct kernel_btf *types, const char *name, uint32_t kind)
{
	int id = btf__find_by_name_kind(types->running.btf, name, kind);

	return id > 0 ? types->running.ids[id] : 0;
}
