// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that come into the page cache and leave it (mm/filemap.c), by file, by the cgroup that is charged, and by the
 * task that did it.  A page that reclaim takes is remembered by its place in its file, so that its coming back is seen.
 * That is not the kernel's own refault: the mark that mm/workingset.c leaves goes with the inode, and lasts longer.
 */
#include "core/prelude.h"
#include "core/compat/cache.h"
#include "core/emit.h"
#include "core/keyed.h"
#include "core/reclaimer.h"
#include "core/state.h"
#include "cache_uses.h"

char LICENSE[] SEC("license") = "GPL";

/* With their indexes 1.7 MiB, 230 KiB and 180 KiB. */
#define FILES_MAX     8192
#define CGROUPS_MAX   1024
#define READ_BACK_MAX 1024

KEYED_MAPS(cache_by_file, FILES_MAX, 1);
KEYED_MAPS(cache_by_cgroup, CGROUPS_MAX, 1);
KEYED_MAPS(cache_read_back, READ_BACK_MAX, MT_NR_RECLAIMERS);

struct cache_eviction {
	u64 target_cgroup_id;
	u32 by; /* enum mt_reclaimer */
	u32 pad;
	char evictor[MT_COMM_LEN];
};

/* Pages that reclaim took last: 8 MiB. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct cache_place);
	__type(value, struct cache_eviction);
} cache_evictions SEC(".maps");

/*
 * Files that were told without a name: when no directory had them, as they may get one yet (O_TMPFILE, which overlayfs
 * copies with); and when none was in memory, as of a file that nobody has open. An index of the place is 0.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct cache_place);
	__type(value, u32);
} cache_nameless SEC(".maps");

static volatile u32 any_nameless;

/* What of a page, or of a large one, is needed. */
struct cached {
	struct inode *inode;
	u64 index;
	u64 cgroup_id;
	u32 nr;
	u32 scratch; /* of the program */
	struct mt_cache_by_file_key file;
};

/*
 * What does not fit on the stack: the page, and where a path is put together, from its end.  One for each program, as
 * one may be preempted by another.
 */
struct cache_scratch {
	struct cached page;
	char text[2 * MT_FILE_PATH_LEN];
};

enum { SCRATCH_ADD, SCRATCH_DELETE, SCRATCH_DIRTY, SCRATCH_WRITE, NR_SCRATCH };

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, NR_SCRATCH);
	__type(key, u32);
	__type(value, struct cache_scratch);
} cache_scratch SEC(".maps");

/* More pages of a large one than these are not looked at one by one: a huge page. */
#define PAGES_MAX 512
/* Directories of a path that are looked at. */
#define DEPTH_MAX 24
#define NAME_MAX  255

/* NULL: it belongs to no file. */
static __always_inline const struct cached *cached__read(struct page *page, u32 program)
{
	struct cache_scratch *scratch = bpf_map_lookup_elem(&cache_scratch, &program);
	u64 word = page_mapping_word(page);
	struct inode *inode =
		word && !(word & MAPPING_NO_FILE) ? BPF_CORE_READ((struct address_space *)word, host) : NULL;
	struct cached *c;

	if (!inode || !scratch)
		return NULL;
	c = &scratch->page;
	c->inode = inode;
	file__read(&c->file, inode);
	c->index = page_index(page);
	c->cgroup_id = page_cgroup_id(page);
	c->nr = page_count(page);
	if (!c->nr)
		c->nr = 1;
	c->scratch = program;
	return c;
}

/*
 * The names from the file's own up to the root's, each before the last: returns where the path begins in the text.
 * All may change meanwhile; what is read is bounded, and is never followed further than that.
 */
static __always_inline u32 path__write(struct cache_scratch *scratch, struct dentry___named *dentry, u32 *cut)
{
	u32 at = MT_FILE_PATH_LEN - 1, len, i;
	struct dentry___named *parent;
	const unsigned char *name;

	scratch->text[at] = 0;
	*cut = 1;
	for (i = 0; i < DEPTH_MAX; i++) {
		parent = BPF_CORE_READ(dentry, d_parent);
		/* the root; or a file that was never in a directory, which has its name alone */
		if (i && parent == dentry) {
			*cut = 0;
			break;
		}
		len = BPF_CORE_READ(dentry, d_name.len) & NAME_MAX;
		name = BPF_CORE_READ(dentry, d_name.name);
		if (!name || len + 1 > at)
			break;
		at = (at - len) & NAME_MAX;
		bpf_probe_read_kernel(scratch->text + at, len, name);
		if (parent == dentry) {
			*cut = 0;
			break;
		}
		at = (at - 1) & NAME_MAX;
		scratch->text[at] = '/';
		dentry = parent;
	}
	return at;
}

static __always_inline void tell_path(struct mt_cache_file *rec, struct cache_scratch *scratch, struct inode *inode)
{
	struct dentry___named *dentry = inode_name(inode);
	u32 at;

	if (!dentry)
		return;
	at = path__write(scratch, dentry, &rec->cut) & NAME_MAX;
	bpf_probe_read_kernel_str(rec->path, sizeof(rec->path), scratch->text + at);
}

static __always_inline void tell_device(struct mt_cache_file *rec, struct inode___cached *inode)
{
	u32 device;

	rec->rdev_major = rec->rdev_minor = (u32)MT_UNKNOWN_U64;
	if ((BPF_CORE_READ(inode, i_mode) & FILE_KIND_MASK) != FILE_KIND_BLOCK)
		return;
	device = BPF_CORE_READ(inode, i_rdev);
	rec->kind = MT_CACHE_BLOCK_DEVICE;
	rec->rdev_major = device >> 20;
	rec->rdev_minor = device & 0xfffff;
}

/* What a file is called. */
static __noinline int tell_file(const struct cached *c)
{
	struct cache_scratch *scratch;
	struct mt_cache_file *rec;
	struct inode___cached *inode;
	void *ring = hot_ring();
	u32 index;

	if (!c || !ring)
		return 0;
	inode = (void *)c->inode;
	index = c->scratch;
	scratch = bpf_map_lookup_elem(&cache_scratch, &index);
	if (!scratch)
		return 0;
	rec = hot__reserve(ring, MT_REC_cache_file, struct mt_cache_file);
	if (!rec)
		return 0;
	__builtin_memset((char *)rec + sizeof(rec->hdr), 0, sizeof(*rec) - sizeof(rec->hdr));
	rec->inode = c->file.inode;
	rec->device_major = c->file.device_major;
	rec->device_minor = c->file.device_minor;
	rec->generation = c->file.generation;
	rec->deleted = !BPF_CORE_READ(inode, i_nlink);
	tell_device(rec, inode);
	tell_path(rec, scratch, c->inode);
	index = rec->deleted || (!rec->path[0] && rec->kind != MT_CACHE_BLOCK_DEVICE);
	hot__submit(ring, rec);
	return index;
}

static __always_inline void tell_first(const struct cached *c)
{
	struct cache_place place;
	u32 told = 1;

	if (!tell_file(c))
		return;
	place__fill(&place, &c->file, 0);
	bpf_map_update_elem(&cache_nameless, &place, &told, BPF_ANY);
	any_nameless = 1;
}

/* Once the file has got a name. */
static __noinline int tell_again(const struct cached *c)
{
	struct inode___cached *inode;
	struct cache_place place;

	if (!c)
		return 0;
	inode = (void *)c->inode;
	if (!BPF_CORE_READ(inode, i_nlink) || !inode_name(c->inode))
		return 0;
	place__fill(&place, &c->file, 0);
	if (!bpf_map_lookup_elem(&cache_nameless, &place))
		return 0;
	bpf_map_delete_elem(&cache_nameless, &place);
	tell_file(c);
	return 0;
}

/* The file's counters; make: also of one that was not seen before. */
static __always_inline struct mt_cache_by_file_value *counts_of_file(const struct cached *c, bool make)
{
	struct mt_cache_by_file_key key = c->file, none = {};
	struct mt_cache_by_file *element = keyed__find(cache_by_file, &key);

	if (!element && make) {
		keyed__make(cache_by_file, &key);
		element = keyed__find(cache_by_file, &key);
		if (!element)
			return keyed__other(cache_by_file, &none, 0);
		tell_first(c);
	} else if (element && any_nameless) {
		tell_again(c);
	}
	return keyed__value(element);
}

static __always_inline struct mt_cache_by_cgroup_value *counts_of_cgroup(const struct cached *c)
{
	struct mt_cache_by_cgroup_key key = { .cgroup_id = c->cgroup_id };
	struct mt_cache_by_cgroup_value *counts = keyed__get(cache_by_cgroup, &key);

	if (counts)
		return counts;
	key.cgroup_id = 0;
	return keyed__other(cache_by_cgroup, &key, 0);
}

static __always_inline void pages__add(struct mt_cache_pages *pages, u32 op, u32 nr)
{
	u64 *counter = &pages->added;

	__sync_fetch_and_add(counter + op, nr);
}

/* Charges the task; 0: the filters leave it out. */
static __noinline int count_task(u32 op, u32 nr)
{
	struct mt_state *s = state__counting(false);

	if (s && op < MT_NR_CACHE_OPS)
		state__add(s, MT_PROBE_cache, MT_SLOT_cache_added + op, nr);
	return s || !cfg.filter;
}

/*
 * With filters: what the chosen tasks do; and what becomes of the files that they brought pages of, whoever does it.
 * own: such a task does it.  0: it is neither.
 */
static __noinline int count(const struct cached *c, u32 op, u32 nr, u32 own)
{
	struct mt_cache_by_file_value *file;
	struct mt_cache_by_cgroup_value *cgroup;

	if (!c || op >= MT_NR_CACHE_OPS || (!own && (op == MT_CACHE_ADDED || op == MT_CACHE_DIRTIED)))
		return 0;
	file = counts_of_file(c, own);
	if (!file)
		return 0;
	opaque(op);
	if (op >= MT_NR_CACHE_OPS)
		return 0;
	pages__add(&file->pages, op, nr);
	keyed__count(&file->head);
	cgroup = counts_of_cgroup(c);
	if (!cgroup)
		return 1;
	pages__add(&cgroup->pages, op, nr);
	keyed__count(&cgroup->head);
	return 1;
}

static __always_inline u32 use_cached(const struct cached *c, u32 use)
{
	return follows_uses(c->inode) ? use_pages(&c->file, c->index, c->index + c->nr - 1, use) : 0;
}

static __noinline int remember(const struct cached *c)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct cache_eviction eviction = {};
	struct cache_place place;
	u32 i;

	if (!c)
		return 0;
	eviction.by = reclaimer(&eviction.target_cgroup_id);
	BPF_CORE_READ_STR_INTO(&eviction.evictor, task, comm);
	place__fill(&place, &c->file, c->index);
	for (i = 0; i < PAGES_MAX && i < c->nr; i++, place.index++)
		bpf_map_update_elem(&cache_evictions, &place, &eviction, BPF_ANY);
	return 0;
}

static __noinline int count_read_back(const struct cache_eviction *eviction, u64 cgroup_id)
{
	struct mt_cache_read_back_value *counts;
	struct mt_cache_read_back_key key = {};

	if (!eviction || eviction->by >= MT_NR_RECLAIMERS)
		return 0;
	key.cgroup_id = cgroup_id;
	key.target_cgroup_id = eviction->target_cgroup_id;
	key.by = eviction->by;
	__builtin_memcpy(key.evictor, eviction->evictor, sizeof(key.evictor));
	counts = keyed__get(cache_read_back, &key);
	if (!counts) {
		struct mt_cache_read_back_key few = { .by = key.by };

		counts = keyed__other(cache_read_back, &few, few.by);
	}
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->pages, 1);
	keyed__count(&counts->head);
	return 1;
}

/* Whether reclaim had taken the page at that place.  A global function, which the verifier looks at once. */
__noinline int cache_take_back(u64 inode, u64 index, u64 file, u64 cgroup_id)
{
	struct cache_place place = { .inode = inode, .index = index, .file = file };
	struct cache_eviction *known = bpf_map_lookup_elem(&cache_evictions, &place), eviction;

	if (!known)
		return 0;
	eviction = *known;
	bpf_map_delete_elem(&cache_evictions, &place);
	count_read_back(&eviction, cgroup_id);
	return 1;
}

/* How many of the pages reclaim had taken. */
static __noinline int take_back(const struct cached *c)
{
	struct cache_place place;
	u32 i, nr = 0;

	if (!c)
		return 0;
	place__fill(&place, &c->file, c->index);
	for (i = 0; i < PAGES_MAX && i < c->nr; i++)
		nr += cache_take_back(place.inode, place.index + i, place.file, c->cgroup_id);
	return nr;
}

/*
 * Whether the current task reclaims: kswapd, and all that takes memory for an allocation, a limit or on demand
 * (mm/vmscan.c: set_task_reclaim_state(), reclaim_pages()).
 */
static __always_inline bool task_reclaims(void)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();

	if (BPF_CORE_READ(task, flags) & (PF_KSWAPD | PF_MEMALLOC))
		return true;
	return BPF_CORE_READ((struct task_struct___reclaims *)task, reclaim_state);
}

/* tells: the kernel may tell of uses.  Those with pages in place of folios do not, and know no atomic operations of
 * bits. */
static __always_inline int added(struct page *page, bool tells)
{
	const struct cached *c = state__phase() == MT_PHASE_RUN ? cached__read(page, SCRATCH_ADD) : NULL;
	u32 back;

	if (!c || !count(c, MT_CACHE_ADDED, c->nr, count_task(MT_CACHE_ADDED, c->nr)))
		return 0;
	if (tells)
		use_cached(c, USE_CAME);
	back = take_back(c);
	if (back)
		count(c, MT_CACHE_READ_BACK, back, count_task(MT_CACHE_READ_BACK, back));
	return 0;
}

static __always_inline int deleted(struct page *page, bool tells)
{
	const struct cached *c = state__phase() == MT_PHASE_RUN ? cached__read(page, SCRATCH_DELETE) : NULL;
	u32 op = task_reclaims() ? MT_CACHE_EVICTED : MT_CACHE_TRUNCATED;

	u32 unread;

	if (!c || !count(c, op, c->nr, count_task(op, c->nr)))
		return 0;
	if (op == MT_CACHE_EVICTED)
		remember(c);
	unread = tells ? use_cached(c, USE_GONE) : 0;
	if (unread)
		count(c, MT_CACHE_UNREAD, unread, count_task(MT_CACHE_UNREAD, unread));
	return 0;
}

static __always_inline int dirtied(struct page *page, bool tells)
{
	const struct cached *c = state__phase() == MT_PHASE_RUN ? cached__read(page, SCRATCH_DIRTY) : NULL;

	if (!c)
		return 0;
	count(c, MT_CACHE_DIRTIED, c->nr, count_task(MT_CACHE_DIRTIED, c->nr));
	if (tells)
		use_cached(c, USE_READ);
	return 0;
}

static __always_inline int written(struct page *page)
{
	const struct cached *c = state__phase() == MT_PHASE_RUN ? cached__read(page, SCRATCH_WRITE) : NULL;

	if (c)
		count(c, MT_CACHE_WRITTEN, c->nr, count_task(MT_CACHE_WRITTEN, c->nr));
	return 0;
}

static __always_inline int used(struct address_space *mapping, u64 first, u64 last, u32 use)
{
	struct inode *inode = state__phase() == MT_PHASE_RUN ? BPF_CORE_READ(mapping, host) : NULL;
	struct mt_cache_by_file_key file = {};

	if (!inode || !follows_uses(inode))
		return 0;
	file__read(&file, inode);
	use_pages(&file, first, last, use);
	return 0;
}

/* Of a folio its first page, at the same address; up to 5.15 pages. */
SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(cache_added, struct page *page)
{
	return added(page, true);
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(cache_added_v5_10, struct page *page)
{
	return added(page, false);
}

SEC("tp_btf/mm_filemap_delete_from_page_cache")
int BPF_PROG(cache_deleted, struct page *page)
{
	return deleted(page, true);
}

SEC("tp_btf/mm_filemap_delete_from_page_cache")
int BPF_PROG(cache_deleted_v5_10, struct page *page)
{
	return deleted(page, false);
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(cache_dirtied, struct page *page)
{
	return dirtied(page, true);
}

SEC("tp_btf/writeback_dirty_page")
int BPF_PROG(cache_dirtied_v5_10, struct page *page)
{
	return dirtied(page, false);
}

SEC("fentry/__folio_start_writeback")
int BPF_PROG(cache_written, struct page *page)
{
	return written(page);
}

SEC("fentry/__test_set_page_writeback")
int BPF_PROG(cache_written_v5_10, struct page *page)
{
	return written(page);
}

/* From 6.12 on: what a read asks for, once the first pages of it are there. */
SEC("tp_btf/mm_filemap_get_pages")
int BPF_PROG(cache_read, struct address_space *mapping, unsigned long index, unsigned long last)
{
	return used(mapping, index, last, USE_READ);
}

/* What a fault maps of those that are there, around the one that it needs. */
SEC("tp_btf/mm_filemap_map_pages")
int BPF_PROG(cache_mapped, struct address_space *mapping, unsigned long index, unsigned long last)
{
	return used(mapping, index, last, USE_READ);
}

/* Before the page is looked for, and read if it is not there. */
SEC("tp_btf/mm_filemap_fault")
int BPF_PROG(cache_faulted, struct address_space *mapping, unsigned long index)
{
	return used(mapping, index, index, USE_WANTED);
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cache_removed, struct cgroup *cgroup, const char *path)
{
	struct mt_cache_by_cgroup_key key = {};

	if (!in_memory_hierarchy(cgroup))
		return 0;
	key.cgroup_id = BPF_CORE_READ(cgroup, kn, id);
	keyed__retire(cache_by_cgroup, &key);
	return 0;
}
