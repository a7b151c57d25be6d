// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "../base/hash.h"
#include "../symbols/kallsyms.h"
#include "cfi_files.h"
#include "jit_names.h"
#include "proc_maps.h"
#include "symbol_search.h"

/*
 * The key of a mapping's file.  The build id would be enough for honest files.  The inode prevents a file that copies
 * another's build id from naming that file's addresses.
 */
struct file_key {
	uint64_t dev, inode;
	struct build_id build_id;
};

struct symbol_file {
	UT_hash_handle hh;
	TAILQ_ENTRY(symbol_file) by_use;
	struct file_key key;
	struct symtab *tab; /* NULL: none was found */
	struct inlined *inlined;
	unsigned int tries; /* to find one */
	uint32_t pid;	    /* of the process that had it mapped at the last try */
	uint64_t used;	    /* number of the last call that used it */
};

/*
 * How often to try: a file that cannot be opened through one process, which may be gone, is looked for through
 * others.
 */
#define MAX_TRIES 3

#define JIT_MAX_BYTES (128 << 20)

/* What debugging information of files may take; of files that come later there is none. */
#define DEBUG_MAX_BYTES (256U << 20)

struct symbols {
	char *dir; /* NULL: none */
	struct symbol_file *files;
	TAILQ_HEAD(by_use_head, symbol_file) by_use; /* the least recently used first */
	size_t bytes, max_bytes;
	size_t debug_bytes;
	bool no_inlined;
	uint64_t call;
	struct symtab *kernel;
	bool kernel_tried;
	const char *kernel_why;
	struct maps_access access;
	struct elf_cache *cache;
	struct cfi_files *cfi;
	struct jit_names *jit;
	struct jit_process process; /* whose functions of a just-in-time compiler are asked for */
	/* of this call, if they were */
	struct symtab *jit_tab;
	bool jit_asked;
};

struct symbols *symbols__new(const char *dir, size_t max_bytes)
{
	struct symbols *symbols = calloc(1, sizeof(*symbols));

	if (!symbols)
		return NULL;
	symbols->max_bytes = max_bytes;
	TAILQ_INIT(&symbols->by_use);
	if (!dir)
		dir = getenv("MEMTRACE_SYMBOLS");
	if (dir && *dir) {
		symbols->dir = strdup(dir);
		if (!symbols->dir) {
			free(symbols);
			return NULL;
		}
	}
	return symbols;
}

struct elf_cache *symbols__elf_cache(struct symbols *symbols)
{
	if (!symbols->cache)
		symbols->cache = elf_cache__new();
	return symbols->cache;
}

struct cfi_files *symbols__cfi_files(struct symbols *symbols)
{
	if (!symbols->cfi)
		symbols->cfi = cfi_files__new();
	return symbols->cfi;
}

size_t symbols__bytes(const struct symbols *symbols)
{
	return symbols->bytes;
}

static size_t bytes_of(const struct symbol_file *file)
{
	return sizeof(*file) + (file->tab ? symtab__bytes(file->tab) : 0);
}

static void drop(struct symbols *symbols, struct symbol_file *file)
{
	HASH_DEL(symbols->files, file);
	TAILQ_REMOVE(&symbols->by_use, file, by_use);
	symbols->bytes -= bytes_of(file);
	symbols->debug_bytes -= file->inlined ? inlined__bytes(file->inlined) : 0;
	inlined__free(file->inlined);
	symtab__free(file->tab);
	free(file);
}

void symbols__free(struct symbols *symbols)
{
	if (!symbols)
		return;
	while (!TAILQ_EMPTY(&symbols->by_use))
		drop(symbols, TAILQ_FIRST(&symbols->by_use));
	symtab__free(symbols->kernel);
	elf_cache__free(symbols->cache);
	cfi_files__free(symbols->cfi);
	jit_names__free(symbols->jit);
	free(symbols->dir);
	free(symbols);
}

void symbols__without_inlined(struct symbols *symbols)
{
	symbols->no_inlined = true;
}

void symbols__of_process(struct symbols *symbols, const struct jit_process *process)
{
	symbols->process = *process;
}

void symbols__through(struct symbols *symbols, const uint32_t *pids, size_t nr)
{
	symbols->access = (struct maps_access){ .nr = nr < MAPS_ACCESS_PIDS ? nr : MAPS_ACCESS_PIDS };
	memcpy(symbols->access.pids, pids, symbols->access.nr * sizeof(*pids));
}

/* Makes room, but keeps what this call uses.  false if that is not enough. */
static bool make_room(struct symbols *symbols, size_t bytes)
{
	struct symbol_file *file, *next;

	for (file = TAILQ_FIRST(&symbols->by_use); file && symbols->bytes + bytes > symbols->max_bytes; file = next) {
		next = TAILQ_NEXT(file, by_use);
		if (file->used != symbols->call)
			drop(symbols, file);
	}
	return symbols->bytes + bytes <= symbols->max_bytes;
}

static void read_file(struct symbols *symbols, struct symbol_file *file, uint32_t pid, const struct mapping *mapping)
{
	struct symbol_search search = { .dir = symbols->dir,
					.access = symbols->access,
					.max_bytes = symbols->max_bytes };
	struct symbol_source found;

	if (!symbols->no_inlined && symbols->debug_bytes < DEBUG_MAX_BYTES)
		search.max_debug = DEBUG_MAX_BYTES - symbols->debug_bytes;
	if (pid && !search.access.nr)
		search.access = (struct maps_access){ .pids = { pid }, .nr = 1 };
	file->pid = pid;
	file->tries++;
	found = symbol_search__read(&search, mapping);
	if (!found.tab)
		return;
	if (!make_room(symbols, symtab__bytes(found.tab))) {
		symtab__free(found.tab);
		inlined__free(found.inlined);
		return;
	}
	file->tab = found.tab;
	file->inlined = found.inlined;
	symbols->bytes += symtab__bytes(file->tab);
	symbols->debug_bytes += file->inlined ? inlined__bytes(file->inlined) : 0;
}

static struct symbol_file *add_file(struct symbols *symbols, const struct file_key *key)
{
	struct symbol_file *file = calloc(1, sizeof(*file));

	if (!file)
		return NULL;
	memcpy(&file->key, key, sizeof(*key)); /* with its padding, which is hashed */
	HASH_ADD(hh, symbols->files, key, sizeof(file->key), file);
	if (!file->hh.tbl) {
		free(file);
		return NULL;
	}
	TAILQ_INSERT_TAIL(&symbols->by_use, file, by_use);
	symbols->bytes += sizeof(*file);
	return file;
}

static struct symbol_file *file_of(struct symbols *symbols, const struct mapping *mapping)
{
	struct symbol_file *file;
	struct file_key key;

	memset(&key, 0, sizeof(key));
	key.dev = mapping->dev;
	key.inode = mapping->inode;
	key.build_id = mapping->build_id;
	HASH_FIND(hh, symbols->files, &key, sizeof(key), file);
	if (file || !make_room(symbols, sizeof(*file)))
		return file;
	return add_file(symbols, &key);
}

/* The mapping's file, with what is known of it; NULL if there is none. */
static struct symbol_file *read_file_of(struct symbols *symbols, uint32_t pid, const struct mapping *mapping)
{
	struct symbol_file *file = mapping->elf ? file_of(symbols, mapping) : NULL;

	if (!file)
		return NULL;
	TAILQ_REMOVE(&symbols->by_use, file, by_use);
	TAILQ_INSERT_TAIL(&symbols->by_use, file, by_use);
	if (file->inlined && file->used != symbols->call)
		inlined__trim(file->inlined);
	file->used = symbols->call;
	if (!file->tab && (!file->tries || (file->pid != pid && file->tries < MAX_TRIES)))
		read_file(symbols, file, pid, mapping);
	return file;
}

/*
 * All but the leaf are return addresses.  After a call that is a function's last instruction, that is the start of
 * the next function.  So they are looked up one byte before.
 */
static uint64_t call_offset(size_t i)
{
	return i ? 1 : 0;
}

/* Code that is in no file, or in one that is no program, such as the memfd of a JVM. */
static struct symtab *jit_table(struct symbols *symbols)
{
	const struct maps_access *access = &symbols->access;

	if (!symbols->jit)
		symbols->jit = jit_names__new(JIT_MAX_BYTES);
	if (!symbols->jit_asked)
		symbols->jit_tab = symbols->process.pid && symbols->jit ?
					   jit_names__of(symbols->jit, &symbols->process, access->pids, access->nr) :
					   NULL;
	symbols->jit_asked = true;
	return symbols->jit_tab;
}

static void name_user(struct symbols *symbols, const struct proc_maps *maps, uint64_t back, struct stack_frame *frame)
{
	uint64_t address = frame->address - back, vaddr;
	const struct mapping *mapping = proc_maps__find(maps, address);
	struct symbol_file *file;
	struct inlined_names inlined;
	struct symtab *tab;
	struct symbol symbol;

	if (!mapping)
		return;
	frame->module = mapping->path;
	frame->file_offset = mapping->path[0] ? frame->address - mapping->start + mapping->file_offset : 0;
	frame->build_id = mapping->build_id.len ? &mapping->build_id : NULL;
	vaddr = address - mapping->start + mapping->vaddr;
	file = read_file_of(symbols, proc_maps__pid(maps), mapping);
	tab = file ? file->tab : NULL;
	if (!mapping->elf) {
		tab = jit_table(symbols);
		vaddr = address;
	}
	if (tab && symtab__find(tab, vaddr, &symbol)) {
		frame->symbol = symbol.name;
		frame->offset = vaddr + back - symbol.start;
	}
	if (!file || !file->inlined)
		return;
	inlined = inlined__find(file->inlined, vaddr);
	frame->nr_inlined = inlined.nr;
	frame->inlined_names = inlined.names;
}

void symbols__user(struct symbols *symbols, const struct proc_maps *maps, const uint64_t *addresses, size_t nr,
		   struct stack_frame *frames)
{
	symbols->call++;
	symbols->jit_asked = false;
	for (size_t i = 0; i < nr; i++) {
		frames[i] = (struct stack_frame){ .address = addresses[i] };
		if (maps)
			name_user(symbols, maps, call_offset(i), &frames[i]);
	}
}

static struct symtab *kernel_table(struct symbols *symbols)
{
	int err;

	if (symbols->kernel || symbols->kernel_tried)
		return symbols->kernel;
	symbols->kernel_tried = true;
	err = kallsyms__read("/proc/kallsyms", &symbols->kernel);
	if (err == -EACCES)
		symbols->kernel_why =
			"/proc/kallsyms hides the addresses: kernel.kptr_restrict is 2, or CAP_SYSLOG is missing";
	else if (err)
		symbols->kernel_why = "/proc/kallsyms cannot be read";
	return symbols->kernel;
}

const char *symbols__kernel_why(const struct symbols *symbols)
{
	return symbols->kernel_why;
}

bool symbols__find_kernel(struct symbols *symbols, uint64_t address, struct symbol *symbol)
{
	struct symtab *tab = kernel_table(symbols);

	return tab && symtab__find(tab, address, symbol);
}
