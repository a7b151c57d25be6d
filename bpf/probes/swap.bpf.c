// SPDX-License-Identifier: GPL-2.0
/*
 * Reads and writes of swap space, as requests to its block device: what pswpin and pswpout count (mm/page_io.c).  The
 * kernel counts a page where it makes the request, so what compressed swap (zswap) holds and what is all zeros is in
 * neither.  Requests are told from others by the state of their first page.
 */
#include "core/prelude.h"
#include "core/compat/swap.h"
#include "core/emit.h"
#include "core/keyed.h"
#include "core/reclaimer.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* By whose pages and who wrote them: with the index 850 KiB. */
#define SWAP_OUTS_MAX 4096
#define SWAP_IOS_MAX  64

KEYED_MAPS(swap_out, SWAP_OUTS_MAX, 2 * MT_NR_RECLAIMERS);
KEYED_MAPS(swap_io, SWAP_IOS_MAX, MT_NR_SWAP_OPS);

/* A request that is under way; who is empty where the filters leave the task out. */
struct swap_pending {
	struct mt_who who;
	u64 start_ns;
	u32 op; /* enum mt_swap_op */
	u32 pages;
	char device[MT_DEVICE_LEN];
};

/* By the address of the request, or of the page.  What ends unseen stays until its address is used again: 2 MiB. */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, u64);
	__type(value, struct swap_pending);
} swap_pending SEC(".maps");

/*
 * Processes that are told by their ids.  There are more of them with time, and no end of one gives its keys back: later
 * ones are told by name and cgroup alone, so that there is room for these.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 512);
	__type(key, s32);
	__type(value, u8);
} swap_owners SEC(".maps");

/* include/linux/page-flags.h: what of a page's mapping says that it is anonymous, and not of KSM */
#define MAPPING_KIND 0x3UL
#define MAPPING_ANON 0x1UL

/* Mappings of an anonymous page that are looked at: after fork there are many. */
#define MAPPINGS_MAX 8

/*
 * One of the mappings that an anonymous page may be in: one of the process that it was made for, if it is among those
 * that are looked at.  Reclaim has the page, but not its mappings: all that is read may be gone already.
 */
static __always_inline struct vm_area_struct___anon *mapping_of(struct anon_vma *anon_vma)
{
	struct rb_node *node = BPF_CORE_READ(anon_vma, rb_root.rb_root.rb_node), *next;
	struct vm_area_struct___anon *found = NULL, *vma;
	int i;

	for (i = 0; i < MAPPINGS_MAX && node; i++) {
		struct anon_vma_chain *chain = (void *)((u64)node - bpf_core_field_offset(struct anon_vma_chain, rb));

		vma = BPF_CORE_READ(chain, vma);
		if (BPF_CORE_READ(vma, anon_vma) == anon_vma)
			return vma;
		if (!found)
			found = vma;
		next = BPF_CORE_READ(node, rb_left);
		node = next ? next : BPF_CORE_READ(node, rb_right);
	}
	return found;
}

/* The id of a process, if there is room to tell it. */
static __always_inline s32 told_pid(struct task_struct *leader)
{
	s32 pid = BPF_CORE_READ(leader, tgid);
	u8 told = 1;

	if (!bpf_map_lookup_elem(&swap_owners, &pid) && bpf_map_update_elem(&swap_owners, &pid, &told, BPF_ANY))
		return MT_UNKNOWN_S32;
	return pid;
}

/* The process whose an anonymous page is; its name stays empty, and its id unknown, if that cannot be told. */
static __always_inline void owner__read(struct mt_swap_out_key *key, u64 mapping)
{
	struct anon_vma *anon_vma = (void *)(mapping & ~MAPPING_KIND);
	struct vm_area_struct___anon *vma;
	struct task_struct *owner, *leader;
	struct mm_struct *mm;

	if ((mapping & MAPPING_KIND) != MAPPING_ANON || !bpf_core_field_exists(((struct mm_struct___owned *)0)->owner))
		return;
	vma = mapping_of(anon_vma);
	mm = vma ? BPF_CORE_READ(vma, vm_mm) : NULL;
	owner = mm ? BPF_CORE_READ((struct mm_struct___owned *)mm, owner) : NULL;
	if (!owner || BPF_CORE_READ(owner, mm) != mm)
		return;
	leader = BPF_CORE_READ(owner, group_leader);
	bpf_probe_read_kernel_str(key->comm, MT_COMM_LEN, &leader->comm);
	key->pid = told_pid(leader);
}

/*
 * A page that the current task writes, or a large one; at most left of it.  Returns how many pages that is.  A global
 * function, which the verifier looks at once, and not in each round of a loop.
 */
__noinline int swap_count_out(u64 address, u32 left)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct page *page = (void *)address;
	struct mt_swap_out_key key = {};
	struct mt_swap_out_value *counts;
	u64 mapping = page_mapping_word(page);
	u32 pages = page_count(page);

	if (!pages || pages > left)
		pages = left;
	key.cgroup_id = page_cgroup_id(page);
	key.by = reclaimer(&key.target_cgroup_id);
	key.shmem = !(mapping & MAPPING_ANON);
	key.pid = MT_UNKNOWN_S32;
	owner__read(&key, mapping);
	BPF_CORE_READ_STR_INTO(&key.writer, task, comm);
	if (key.by >= MT_NR_RECLAIMERS)
		return pages;
	counts = keyed__get(swap_out, &key);
	if (!counts) {
		struct mt_swap_out_key few = { .by = key.by, .shmem = key.shmem };

		counts = keyed__other(swap_out, &few, 2 * few.by + few.shmem);
	}
	if (!counts)
		return pages;
	__sync_fetch_and_add(&counts->pages, pages);
	keyed__count(&counts->head);
	return pages;
}

/* More pages than these are in no request. */
#define PAGES_MAX 256

/* One by one: they may be of several processes.  Those that follow each other in memory are one piece of the request.
 */
static __always_inline void count_each(struct bio_vec *pieces, u32 pages)
{
	u64 vec = (u64)pieces, page = 0;
	u32 left = 0, done;
	int i;

	for (i = 0; i < PAGES_MAX && pages; i++) {
		if (!left) {
			page = (u64)BPF_CORE_READ((struct bio_vec *)vec, bv_page);
			left = BPF_CORE_READ((struct bio_vec *)vec, bv_len) / cfg.page_size;
			vec += bpf_core_type_size(struct bio_vec);
		}
		done = swap_count_out(page, left);
		page += done * bpf_core_type_size(struct page___flags);
		left -= done;
		pages -= done;
	}
}

static __always_inline void count(u32 op, u32 pages)
{
	struct mt_state *s = state__counting(false);

	if (s)
		state__add(s, MT_PROBE_swap, op == MT_SWAP_IN ? MT_SLOT_swap_in_pages : MT_SLOT_swap_out_pages, pages);
}

static __noinline int begin(u64 request, struct gendisk *disk, u32 op, u32 pages)
{
	struct swap_pending pending = { .op = op, .pages = pages };
	struct mt_state *s;

	if (op == MT_SWAP_IN && probe_wants_latency(MT_PROBE_swap)) {
		s = state__current();
		if (s && s->match)
			pending.who = s->who;
	}
	bpf_probe_read_kernel_str(pending.device, sizeof(pending.device), &disk->disk_name);
	pending.start_ns = bpf_ktime_get_boot_ns();
	bpf_map_update_elem(&swap_pending, &request, &pending, BPF_ANY);
	return 0;
}

static __noinline int emit_swapin(const struct swap_pending *pending, u64 duration_ns)
{
	void *ring = hot_ring();
	struct mt_swapin *rec;

	if (!ring || !pending)
		return 0;
	rec = hot__reserve(ring, MT_REC_swapin, struct mt_swapin);
	if (!rec)
		return 0;
	rec->who = pending->who;
	rec->duration_ns = duration_ns;
	rec->pages = pending->pages;
	__builtin_memcpy(rec->device, pending->device, sizeof(rec->device));
	hot__submit(ring, rec);
	return 0;
}

static __noinline int end(u64 request)
{
	struct swap_pending *pending = bpf_map_lookup_elem(&swap_pending, &request);
	struct mt_swap_io_key key = {};
	struct mt_swap_io_value *counts;
	u64 duration_ns;
	u32 slot;

	if (!pending)
		return 0;
	duration_ns = bpf_ktime_get_boot_ns() - pending->start_ns;
	__builtin_memcpy(key.device, pending->device, sizeof(key.device));
	key.op = pending->op;
	slot = mt_log2_slot(duration_ns);
	opaque(slot);
	if (key.op >= MT_NR_SWAP_OPS || slot >= MT_HIST_SLOTS || state__phase() != MT_PHASE_RUN)
		return 0;
	counts = keyed__get(swap_io, &key);
	if (!counts) {
		__builtin_memset(key.device, 0, sizeof(key.device));
		counts = keyed__other(swap_io, &key, key.op);
	}
	if (counts) {
		__sync_fetch_and_add(&counts->hist[slot], 1);
		__sync_fetch_and_add(&counts->ns, duration_ns);
		__sync_fetch_and_add(&counts->pages, pending->pages);
		keyed__count(&counts->head);
	}
	if (pending->who.pid)
		emit_swapin(pending, duration_ns);
	bpf_map_delete_elem(&swap_pending, &request);
	return 0;
}

/*
 * A page is read from swap while it is locked and has no data yet; it is written while it is in the swap cache and
 * under writeback.  Neither is so of memory that a program reads into or writes from (O_DIRECT).
 */
static __always_inline bool is_swapped(struct page *page, u32 op)
{
	u64 flags = page_flags(page);

	if (!PAGE_HAS(flags, PG_swapbacked))
		return false;
	if (op == MT_SWAP_IN)
		return PAGE_HAS(flags, PG_locked) && !PAGE_HAS(flags, PG_uptodate);
	return PAGE_HAS(flags, PG_swapcache) && PAGE_HAS(flags, PG_writeback);
}

static __always_inline int queued(struct bio *bio)
{
	u32 op = BPF_CORE_READ(bio, bi_opf) & REQ_OP_MASK, pages;
	struct bio_vec *vec;
	struct page *page;

	if (op != REQ_OP_READ && op != REQ_OP_WRITE)
		return 0;
	/* what a device makes of a request for devices below it, or for the rest of it */
	if (BPF_CORE_READ(bio, bi_flags) & BIO_CLONED)
		return 0;
	vec = BPF_CORE_READ(bio, bi_io_vec);
	page = vec ? BPF_CORE_READ(vec, bv_page) : NULL;
	op = op == REQ_OP_READ ? MT_SWAP_IN : MT_SWAP_OUT;
	if (!page || !is_swapped(page, op) || state__phase() != MT_PHASE_RUN)
		return 0;
	pages = BPF_CORE_READ(bio, bi_iter.bi_size) / cfg.page_size;
	begin((u64)bio, bio_disk(bio), op, pages);
	count(op, pages);
	if (op == MT_SWAP_OUT)
		count_each(vec, pages);
	return 0;
}

SEC("tp_btf/block_bio_queue")
int BPF_PROG(swap_queued, struct bio *bio)
{
	return queued(bio);
}

/*
 * Where programs on tracepoints may be preempted, the first one is skipped while another task is preempted in it: then
 * this one finds nothing of the request.
 */
SEC("tp_btf/block_bio_queue")
int BPF_PROG(swap_queued_again, struct bio *bio)
{
	u64 request = (u64)bio;

	return bpf_map_lookup_elem(&swap_pending, &request) ? 0 : queued(bio);
}

SEC("tp_btf/block_bio_queue")
int BPF_PROG(swap_queued_v5_10, struct request_queue *queue, struct bio *bio)
{
	return queued(bio);
}

/* A global function, as above. */
__noinline int swap_end_one(u64 request)
{
	return end(request);
}

/* More pages than this are in no request to a disk. */
#define BIOS_MAX 128

/*
 * The bios that disks put into a request end with it, without an event of their own (block/blk-mq.c,
 * blk_update_request()).  A request that ends in parts is taken for done with its first.
 */
SEC("tp_btf/block_rq_complete")
int BPF_PROG(swap_request_completed, struct request *rq)
{
	struct bio *bio = BPF_CORE_READ(rq, bio);
	int i;

	for (i = 0; i < BIOS_MAX && bio; i++) {
		swap_end_one((u64)bio);
		bio = BPF_CORE_READ((struct bio___chain *)bio, bi_next);
	}
	return 0;
}

SEC("tp_btf/block_bio_complete")
int BPF_PROG(swap_completed, struct request_queue *queue, struct bio *bio)
{
	return end((u64)bio);
}

/*
 * Up to 6.2 devices in memory, as zram, read and write a page without a request (fs/block_dev.c, bdev_read_page(),
 * bdev_write_page()); where they cannot, a request follows.
 */
static __always_inline int page_begin(struct block_device___v6_1 *device, struct page *page, u32 op)
{
	u64 flags = page_flags(page);

	if (!PAGE_HAS(flags, PG_swapbacked) || state__phase() != MT_PHASE_RUN)
		return 0;
	return begin((u64)page, BPF_CORE_READ(device, bd_disk), op, 1);
}

/* A global function takes no pointer that the verifier knows. */
static __always_inline u64 number_of(const void *pointer)
{
	u64 number = 0;

	bpf_probe_read_kernel(&number, sizeof(number), &pointer);
	return number;
}

static __always_inline int page_end(struct page *page, u32 op, int error)
{
	u64 request = (u64)page;

	if (!bpf_map_lookup_elem(&swap_pending, &request))
		return 0;
	if (error)
		return bpf_map_delete_elem(&swap_pending, &request) & 0;
	count(op, 1);
	if (op == MT_SWAP_OUT)
		swap_count_out(number_of(page), 1);
	return end(request);
}

SEC("fentry/bdev_read_page")
int BPF_PROG(page_read_begin, struct block_device___v6_1 *device, unsigned long sector, struct page *page)
{
	return page_begin(device, page, MT_SWAP_IN);
}

SEC("fexit/bdev_read_page")
int BPF_PROG(page_read_end, struct block_device___v6_1 *device, unsigned long sector, struct page *page, int error)
{
	return page_end(page, MT_SWAP_IN, error);
}

SEC("fentry/bdev_write_page")
int BPF_PROG(page_write_begin, struct block_device___v6_1 *device, unsigned long sector, struct page *page,
	     struct writeback_control *wbc)
{
	return page_begin(device, page, MT_SWAP_OUT);
}

SEC("fexit/bdev_write_page")
int BPF_PROG(page_write_end, struct block_device___v6_1 *device, unsigned long sector, struct page *page,
	     struct writeback_control *wbc, int error)
{
	return page_end(page, MT_SWAP_OUT, error);
}

static __always_inline int zswapped(struct folio *folio, enum mt_slot slot)
{
	struct mt_state *s = state__counting(false);

	if (s)
		state__add(s, MT_PROBE_swap, slot, folio_pages(folio));
	return 0;
}

/* Compressed swap: what it takes is no request.  As zswpout is counted (mm/zswap.c, zswap_store()). */
SEC("fexit/zswap_store")
int BPF_PROG(zswap_store_end, struct folio *folio, bool stored)
{
	return stored ? zswapped(folio, MT_SLOT_swap_zswap_out_pages) : 0;
}

/* It says whether the page was there. */
SEC("fexit/zswap_load")
int BPF_PROG(zswap_load_end, struct folio *folio, bool loaded)
{
	return loaded ? zswapped(folio, MT_SLOT_swap_zswap_in_pages) : 0;
}

/* It returns an error if not. */
SEC("fexit/zswap_load")
int BPF_PROG(zswap_load_err_end, struct folio *folio, int error)
{
	return error ? 0 : zswapped(folio, MT_SLOT_swap_zswap_in_pages);
}
