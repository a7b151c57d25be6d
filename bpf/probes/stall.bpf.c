// SPDX-License-Identifier: GPL-2.0
/*
 * Stalls for memory, as PSI counts them: what lies between psi_memstall_enter() and psi_memstall_leave()
 * (kernel/sched/psi.c).  Nested pairs belong to the outermost one.  Where programs on functions are refused,
 * tracepoints of reclaim and compaction show a part.
 */
#include "core/prelude.h"
#include "core/compat/fault.h"
#include "core/compat/stall.h"
#include "core/chain.h"
#include "core/emit.h"
#include "core/function_name.h"
#include "core/identity.h"
#include "core/keyed.h"
#include "core/span.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* The key of a stall that was under way when memtrace attached; those of tracepoints follow it. */
#define KEY_PARTIAL 1
#define KEY_FIRST   2

/* Calls of psi_memstall_enter(), by the address behind the call; and other addresses in call chains. */
#define SITES_MAX 512

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, SITES_MAX);
	__type(key, u64);
	__type(value, struct mt_stall_site);
} stall_sites SEC(".maps");

/* Classes of functions: user space fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct function_name);
	__type(value, u32);
} stall_classes SEC(".maps");

/* Where no helper names functions: those that matter, ended by one that begins at 0.  User space fills it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, MT_STALL_RANGES);
	__type(key, u32);
	__type(value, struct mt_stall_range);
} stall_ranges SEC(".maps");

/*
 * Where the frame of the trampoline of a program on psi_memstall_enter() has the address behind the call.  Found by
 * call chains; the frame changes when others attach programs there.
 */
struct stall_frame {
	u32 place; /* words from the program's arguments, plus 1; 0: not found */
	u32 tries;
};

#define FRAME_TRIES 64

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct stall_frame);
} stall_frame SEC(".maps");

static __noinline int site__name(u64 address, struct mt_stall_site *site)
{
	char raw[FUNCTION_RAW_LEN] = {};
	u32 *class;

	if (!site)
		return 0;
	bpf_snprintf(raw, sizeof(raw), "%ps", &address, sizeof(address));
	function__clean(site->function, raw);
	/* programs and trampolines */
	if (raw[0] == 'b' && raw[1] == 'p' && raw[2] == 'f' && raw[3] == '_') {
		site->class = MT_CLASS_ENTER;
		return 0;
	}
	class = bpf_map_lookup_elem(&stall_classes, site->function);
	site->class = class ? *class : MT_CLASS_NONE;
	return 0;
}

static __noinline int site__find(u64 address, struct mt_stall_site *site)
{
	struct mt_stall_range *range;
	u32 i;

	if (!site)
		return 0;
	for (i = 0; i < MT_STALL_RANGES; i++) {
		u32 key = i;

		range = bpf_map_lookup_elem(&stall_ranges, &key);
		if (!range || !range->begin)
			break;
		if (address >= range->begin && address < range->end) {
			*site = range->site;
			break;
		}
	}
	return 0;
}

/* What is known about an address in the kernel; NULL: no room. */
static __noinline struct mt_stall_site *site__of(u64 address)
{
	struct mt_stall_site *known = bpf_map_lookup_elem(&stall_sites, &address);
	struct mt_stall_site site = { .class = MT_CLASS_NONE };

	if (known)
		return known;
	if (names_functions())
		site__name(address, &site);
	else
		site__find(address, &site);
	bpf_map_update_elem(&stall_sites, &address, &site, BPF_ANY);
	return bpf_map_lookup_elem(&stall_sites, &address);
}

/* Functions that are not static are verified once, and not at each call. */
__noinline u32 class_of(u64 address)
{
	struct mt_stall_site *site = address ? site__of(address) : NULL;

	return site ? site->class : MT_CLASS_NONE;
}

#define FRAMES 10
#define WORDS  24 /* of a trampoline's frame */

/* The caller in a call chain that leads through psi_memstall_enter() and its trampoline; the former may be missing. */
static __noinline u64 chain__caller(const u64 *frames)
{
	bool inside = false;
	int i;

	for (i = 0; frames && i < FRAMES; i++) {
		if (!frames[i])
			break;
		if (class_of(frames[i]) == MT_CLASS_ENTER)
			inside = true;
		else if (inside)
			return frames[i];
	}
	return 0;
}

static __noinline int frame__calibrate(void *ctx, u64 caller)
{
	struct stall_frame *frame = map_only(&stall_frame);
	struct mt_stall_site *site = site__of(caller);
	u64 words[WORDS] = {};
	u32 i;

	if (!frame || !site || frame->tries >= FRAME_TRIES)
		return 0;
	frame->tries++;
	site->calls = 1;
	bpf_probe_read_kernel(words, sizeof(words), ctx);
#pragma unroll
	for (i = 0; i < WORDS; i++)
		if (words[i] == caller) {
			frame->place = i + 1;
			break;
		}
	return 0;
}

static __noinline u64 caller__by_chain(void *ctx)
{
	u64 frames[FRAMES] = {}, caller;

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) <= 0)
		return 0;
	caller = chain__caller(frames);
	if (caller)
		frame__calibrate(ctx, caller);
	return caller;
}

/*
 * The address behind the call of psi_memstall_enter(), and the class of the function that it is in: only one that a
 * call chain has shown to be a caller's.  0: unknown.
 */
static __noinline u64 caller__by_frame(void *ctx, u32 *class)
{
	struct stall_frame *frame = map_only(&stall_frame);
	u32 place = frame ? frame->place : 0;
	struct mt_stall_site *site;
	u64 address = 0;

	if (!place || place > WORDS || !class)
		return 0;
	bpf_probe_read_kernel(&address, sizeof(address), ctx + (place - 1) * sizeof(u64));
	site = bpf_map_lookup_elem(&stall_sites, &address);
	if (!site || !site->calls)
		return 0;
	*class = site->class;
	return address;
}

static __always_inline u64 caller__find(void *ctx, u32 *class)
{
	u64 address = caller__by_frame(ctx, class);

	if (address)
		return address;
	address = caller__by_chain(ctx);
	*class = class_of(address);
	return address;
}

/* A wait for a page: of memory that was swapped out, or of a file. */
static __noinline u32 page_class(void *ctx)
{
	u64 frames[FRAMES] = {};
	int i;

	if (bpf_get_stack(ctx, frames, sizeof(frames), 0) <= 0)
		return MT_CLASS_NONE;
	for (i = 0; i < FRAMES; i++) {
		if (!frames[i])
			break;
		if (class_of(frames[i]) == MT_STALL_SWAPIN)
			return MT_STALL_SWAPIN;
	}
	return MT_STALL_REFAULT;
}

/*
 * How many tasks are stalled, on each CPU and altogether.  On each CPU: where the kernel counts the task, which is
 * where it was last queued.
 */
#define BALANCE_TRIES 32

static __always_inline int busy__change(u64 *word, int more, u64 now_ns)
{
	struct mt_control *ctl = map_only(&control);
	u64 old, next;
	int i;

	if (!word || !ctl)
		return 0;
	for (i = 0; i < BALANCE_TRIES; i++) {
		old = *(volatile u64 *)word;
		next = mt_stalled_next(old, more, now_ns);
		if (next == old)
			break;
		if (__sync_val_compare_and_swap(word, old, next) == old)
			return 0;
	}
	__sync_fetch_and_add(&ctl->stalls_unbalanced, 1);
	return 0;
}

/* The barriers keep clang from computing a member's address before it is known that there is one. */
__noinline int busy__on_cpu(u32 cpu, int more, u64 now_ns)
{
	struct mt_cpu *c = bpf_map_lookup_elem(&cpus, &cpu);

	if (!c)
		return 0;
	barrier_var(c);
	return busy__change(&c->stalled, more, now_ns);
}

__noinline int busy__altogether(int more, u64 now_ns)
{
	struct mt_control *ctl = map_only(&control);

	if (!ctl)
		return 0;
	barrier_var(ctl);
	return busy__change(&ctl->stalled, more, now_ns);
}

/* Returns the CPU. */
static __always_inline s32 busy__begin(u64 now_ns)
{
	s32 cpu = bpf_get_smp_processor_id();

	busy__altogether(1, now_ns);
	busy__on_cpu(cpu, 1, now_ns);
	return cpu;
}

static __always_inline void busy__end(s32 cpu, u64 now_ns)
{
	if (cpu < 0)
		return;
	busy__altogether(0, now_ns);
	busy__on_cpu(cpu, 0, now_ns);
}

static __always_inline bool is_over(void)
{
	return state__phase() >= MT_PHASE_ENDING;
}

/* Stalls of kernel threads, by tid.  Few are in one at a time. */
struct kthread_stall {
	u64 start_ns;
	u64 since_ns; /* from where its time is not counted yet */
	u64 site;
	struct mt_stall_by_kthread_key key;
	s32 cpu;
	u32 pad;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u32);
	__type(value, struct kthread_stall);
} stall_kthreads SEC(".maps");

#define CAUSES_MAX                                                                                                     \
	2048 /* one for each cgroup with stalls, by cause, with and without records: with the index 1.4 MiB */
#define CALLERS_MAX 128
#define NODES_MAX   256

KEYED_MAPS(stall_by_cause, CAUSES_MAX, 2 * MT_NR_STALL_CAUSES);
KEYED_MAPS(stall_by_caller, CALLERS_MAX, MT_NR_STALL_CAUSES + 1);
KEYED_MAPS(stall_by_kthread, NODES_MAX, MT_NR_STALL_KTHREADS);

static __always_inline struct mt_stall_by_cause_value *by_cause(u64 cgroup_id, u32 cause, u32 folded, u32 *near)
{
	struct mt_stall_by_cause_key key = { .cgroup_id = cgroup_id, .cause = cause, .folded = folded };
	struct mt_stall_by_cause_value *counts = keyed__get_near(stall_by_cause, &key, near);

	if (counts)
		return counts;
	key.cgroup_id = 0;
	return keyed__other(stall_by_cause, &key, 2 * cause + folded);
}

/* Returns where it was counted, to be given as near the next time. */
__noinline u32 count_by_cause(u64 cgroup_id, u32 cause, u64 duration_ns, int folded, u32 near)
{
	struct mt_stall_by_cause_value *counts = by_cause(cgroup_id, cause, folded, &near);
	u32 slot = mt_log2_slot(duration_ns);

	opaque(slot);
	if (!counts || slot >= MT_HIST_SLOTS)
		return near;
	__sync_fetch_and_add(&counts->hist[slot], 1);
	__sync_fetch_and_add(&counts->ns, duration_ns);
	keyed__count(&counts->head);
	return near;
}

__noinline int count_by_caller(u64 site_address, u32 cause, u64 duration_ns)
{
	struct mt_stall_site *site = bpf_map_lookup_elem(&stall_sites, &site_address);
	struct mt_stall_by_caller_key key = { .cause = cause };
	struct mt_stall_by_caller_value *counts;

	if (!site)
		return 0;
	__builtin_memcpy(key.function, site->function, sizeof(key.function));
	counts = keyed__get_near(stall_by_caller, &key, &site->near);
	if (!counts) {
		__builtin_memset(key.function, 0, sizeof(key.function));
		counts = keyed__other(stall_by_caller, &key, cause);
	}
	if (!counts)
		return 0;
	__sync_fetch_and_add(&counts->ns, duration_ns);
	keyed__count(&counts->head);
	return 0;
}

static __always_inline struct mt_stall_by_kthread_value *by_kthread(const struct mt_stall_by_kthread_key *of)
{
	struct mt_stall_by_kthread_key key = *of;
	struct mt_stall_by_kthread_value *counts = keyed__get(stall_by_kthread, &key);

	if (counts)
		return counts;
	key.node = 0;
	return keyed__other(stall_by_kthread, &key, key.kind);
}

/* Adds what a kernel thread's stall has taken since it was last looked at. */
static __always_inline void kthread__count(const struct kthread_stall *stall, u64 ns, u32 ended)
{
	struct mt_stall_by_kthread_value *counts = by_kthread(&stall->key);

	if (!counts)
		return;
	__sync_fetch_and_add(&counts->ns, ns);
	__sync_fetch_and_add(&counts->stalls, ended);
	keyed__count(&counts->head);
}

/* The number at the end of "kswapd0": kernel threads cannot be renamed. */
static __always_inline s32 node_of(struct task_struct *task)
{
	char comm[MT_COMM_LEN] = {};
	s32 node = MT_UNKNOWN_S32;
	int i;

	BPF_CORE_READ_STR_INTO(&comm, task, comm);
#pragma unroll
	for (i = 0; i < MT_COMM_LEN; i++)
		if (comm[i] >= '0' && comm[i] <= '9')
			node = (node == MT_UNKNOWN_S32 ? 0 : node * 10) + comm[i] - '0';
	return node;
}

static __always_inline struct mt_stall_by_kthread_key kthread_key(struct task_struct *task, u32 class)
{
	struct mt_stall_by_kthread_key key = { .kind = MT_STALL_OTHER_KTHREAD, .node = MT_UNKNOWN_S32 };

	if (class == MT_CLASS_KSWAPD)
		key.kind = MT_STALL_KSWAPD;
	else if (class == MT_CLASS_KCOMPACTD)
		key.kind = MT_STALL_KCOMPACTD;
	if (key.kind != MT_STALL_OTHER_KTHREAD)
		key.node = node_of(task);
	return key;
}

/* Nested pairs: in_memstall says so, and without PSI the thread's entry. */
static __always_inline int kthread__enter(u64 site, u32 class, u64 now_ns, bool balanced)
{
	struct kthread_stall stall = { .start_ns = now_ns, .since_ns = now_ns, .site = site, .cpu = -1 };
	u32 tid = bpf_get_current_pid_tgid();

	stall.key = kthread_key((struct task_struct *)bpf_get_current_task(), class);
	if (bpf_map_update_elem(&stall_kthreads, &tid, &stall, BPF_NOEXIST))
		return 0;
	/* filters leave kernel threads out of what is added up */
	if (balanced && !cfg.filter) {
		struct kthread_stall *kept = bpf_map_lookup_elem(&stall_kthreads, &tid);

		if (kept)
			kept->cpu = busy__begin(stall.start_ns);
	}
	return 0;
}

/* The outermost pair's leave finds 0 in what its enter has set; without PSI nothing is set, and pairs are not nested.
 */
static __always_inline bool is_outermost(const unsigned long *flags)
{
	unsigned long was_stalled = 0;

	if (!cfg.marks_stalls)
		return true;
	bpf_probe_read_kernel(&was_stalled, sizeof(was_stalled), flags);
	return !was_stalled;
}

static __always_inline int kthread__leave(const unsigned long *flags, u64 now_ns, bool balanced)
{
	u32 tid = bpf_get_current_pid_tgid();
	struct kthread_stall *stall = bpf_map_lookup_elem(&stall_kthreads, &tid);
	u64 since_ns;

	if (!stall || !is_outermost(flags))
		return 0;
	since_ns = balanced ? __sync_lock_test_and_set(&stall->since_ns, 0) : stall->since_ns;
	if (balanced)
		busy__end(stall->cpu, now_ns);
	if (since_ns && !is_over()) {
		kthread__count(stall, now_ns - since_ns, 1);
		count_by_caller(stall->site, MT_NR_STALL_CAUSES, now_ns - stall->start_ns);
	}
	bpf_map_delete_elem(&stall_kthreads, &tid);
	return 0;
}

/* The time up to which stalls count. */
static __always_inline u64 stall_now(void)
{
	u64 now_ns = bpf_ktime_get_boot_ns();
	struct mt_control *ctl = map_only(&control);

	return ctl && ctl->ended_ns && ctl->ended_ns < now_ns ? ctl->ended_ns : now_ns;
}

/* Forgets a stall whose end was missed, or that is over. */
static __always_inline void stall__forget(struct mt_stalled *stall, u64 now_ns, bool balanced)
{
	u64 key = balanced ? __sync_lock_test_and_set(&stall->key, 0) : stall->key;

	stall->key = 0;
	if (balanced && key)
		busy__end(stall->cpu, now_ns);
}

/* What it is for is not known yet. */
static __always_inline void stall__begin(struct mt_state *s, u64 key, u64 now_ns, bool balanced)
{
	struct mt_stalled *stall = state__stalled(s);

	stall->changes++;
	barrier();
	stall->start_ns = now_ns;
	stall->since_ns = now_ns;
	stall->target = 0;
	stall->site = 0;
	stall->class = MT_CLASS_ALLOC;
	stall->partial = 0;
	stall->cpu = balanced && s->match ? busy__begin(now_ns) : -1;
	stall->key = key;
	barrier();
	stall->changes++;
}

/* Who the task is now.  A function of its own: what it needs of the stack is not needed with what enter() calls. */
static __noinline int know_task(struct mt_state *s)
{
	if (s)
		state__if_counting(s);
	return 0;
}

static __always_inline bool is_kthread(void)
{
	if (cfg.has_task_storage)
		return bpf_get_current_task_btf()->flags & PF_KTHREAD;
	return BPF_CORE_READ((struct task_struct *)bpf_get_current_task(), flags) & PF_KTHREAD;
}

/* Whether a pair that begins now is inside of another one.  Stacks grow down. */
static __always_inline bool is_nested(const struct mt_stalled *stall, const unsigned long *flags)
{
	return cfg.marks_stalls ? !is_outermost(flags) : stall->key && (u64)flags < stall->key;
}

static __always_inline int enter(void *ctx, const unsigned long *flags, bool balanced)
{
	u64 now_ns = bpf_ktime_get_boot_ns(), site;
	struct mt_stalled *stall;
	struct mt_state *s;
	u32 class = 0;

	if (is_over())
		return 0;
	if (is_kthread()) {
		site = caller__find(ctx, &class);
		return kthread__enter(site, class, now_ns, balanced);
	}
	s = state__current();
	if (!s)
		return state__missing();
	stall = state__stalled(s);
	if (cfg.twice && stall->half == MT_HALF_ENTERED && stall->key == (u64)flags) {
		stall->half = MT_HALF_NONE;
		return 0;
	}
	if (is_nested(stall, flags))
		return 0;
	if (stall->key) {
		lost__spans_unfinished(1);
		stall__forget(stall, stall_now(), balanced);
	}
	site = caller__find(ctx, &class);
	if (class == MT_CLASS_PAGE)
		class = page_class(ctx);
	know_task(s);
	stall__begin(s, (u64)flags, now_ns, balanced);
	stall->site = site;
	stall->class = class;
	stall->half = MT_HALF_ENTERED;
	return 0;
}

/* What an episode of reclaim or compaction says about the stall that it is in. */
static __always_inline u32 cause_at_end(const struct mt_stalled *stall)
{
	u32 cause = stall__cause(stall);

	return cause < MT_NR_STALL_CAUSES ? cause : stall->class == MT_CLASS_ALLOC ? MT_STALL_DIRECT : MT_STALL_OTHER;
}

/* false: it has no record. */
static __always_inline bool stall__emit(void *ctx, const struct mt_state *s, u32 cause, u64 duration_ns)
{
	const struct mt_stalled *stall = state__stalled(s);
	struct mt_stall_site *site;
	struct mt_lost *l;
	struct mt_stall *rec = NULL;

	if (duration_ns < cfg.long_stall_ns)
		return false;
	site = bpf_map_lookup_elem(&stall_sites, &stall->site);
	if (bpf_ringbuf_query(&ring_rare, BPF_RB_AVAIL_DATA) <= cfg.rare_fold_bytes)
		rec = bpf_ringbuf_reserve(&ring_rare, sizeof(*rec), 0);
	if (!rec) {
		l = lost_here();
		if (l)
			__sync_fetch_and_add(&l->folded, 1);
		return false;
	}
	hdr__fill(&rec->hdr, MT_REC_stall, sizeof(*rec));
	rec->who = s->who;
	rec->start_ns = stall->start_ns;
	rec->duration_ns = duration_ns;
	rec->target_cgroup_id = stall->target;
	rec->cause = cause;
	rec->partial = stall->partial;
	rec->kernel_stack = cfg.stacks ? chain__id(ctx, 0) : MT_UNKNOWN_S32;
	rec->pad = 0;
	if (site)
		__builtin_memcpy(rec->function, site->function, sizeof(rec->function));
	else
		__builtin_memset(rec->function, 0, sizeof(rec->function));
	bpf_ringbuf_submit(rec, 0);
	return true;
}

static __always_inline void stall__end(void *ctx, struct mt_state *s, u64 now_ns, bool balanced)
{
	u64 duration_ns = now_ns - state__stalled(s)->start_ns;
	struct mt_state *counting = state__if_counting(s); /* may change what s counts for */
	struct mt_stalled *stall = state__stalled(s);
	u32 cause = cause_at_end(stall);
	bool ends_after = stall->start_ns > now_ns;

	stall->changes++;
	barrier();
	if (counting && !ends_after) {
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_memcg_count + 2 * cause, 1);
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_memcg_ns + 2 * cause, now_ns - stall->since_ns);
		if (stall->class == MT_CLASS_PENALTY)
			state__add(s, MT_PROBE_stall, MT_SLOT_stall_high_penalty_ns, now_ns - stall->since_ns);
	}
	if (stall->file_fault_ns)
		stall->fault_stalled_ns += duration_ns;
	stall__forget(stall, now_ns, balanced);
	barrier();
	stall->changes++;
	if (!counting || is_over())
		return;
	stall->near = count_by_cause(s->who.cgroup_id, cause, duration_ns, !stall__emit(ctx, s, cause, duration_ns),
				     stall->near);
	if (stall->site)
		count_by_caller(stall->site, cause, duration_ns);
}

static __always_inline int leave(void *ctx, const unsigned long *flags, bool balanced)
{
	u64 now_ns = stall_now(), key;
	struct mt_state *s;

	if (is_kthread())
		return kthread__leave(flags, now_ns, balanced);
	s = state__current();
	if (!s)
		return 0;
	if (cfg.twice && state__stalled(s)->half == MT_HALF_LEFT) {
		state__stalled(s)->half = MT_HALF_NONE;
		return 0;
	}
	key = state__stalled(s)->key;
	if (key == (u64)flags || (key == KEY_PARTIAL && is_outermost(flags)))
		stall__end(ctx, s, now_ns, balanced);
	else if (!key && cfg.marks_stalls && is_outermost(flags) && state__phase() == MT_PHASE_RUN)
		lost__spans_unfinished(1);
	else
		return 0;
	state__stalled(s)->half = MT_HALF_LEFT;
	return 0;
}

/* At the end of both, just after the kernel has read its clock (psi_task_change()). */
SEC("fexit/psi_memstall_enter")
int BPF_PROG(enter_balanced, unsigned long *flags)
{
	return enter(ctx, flags, true);
}

SEC("fexit/psi_memstall_leave")
int BPF_PROG(leave_balanced, unsigned long *flags)
{
	return leave(ctx, flags, true);
}

SEC("fexit/psi_memstall_enter")
int BPF_PROG(enter_again, unsigned long *flags)
{
	return enter(ctx, flags, true);
}

SEC("fexit/psi_memstall_leave")
int BPF_PROG(leave_again, unsigned long *flags)
{
	return leave(ctx, flags, true);
}

/* 5.10 lets programs see no argument that is a pointer to a number. */
static __always_inline const unsigned long *only_argument(void *ctx)
{
	const unsigned long *flags = NULL;

	bpf_probe_read_kernel(&flags, sizeof(flags), ctx);
	return flags;
}

SEC("fexit/psi_memstall_enter")
int enter_alone(void *ctx)
{
	return enter(ctx, only_argument(ctx), false);
}

SEC("fexit/psi_memstall_leave")
int leave_alone(void *ctx)
{
	return leave(ctx, only_argument(ctx), false);
}

/* A task that is stalled gets another CPU: PSI counts it there from now on (kernel/sched/stats.h, psi_enqueue()). */
SEC("tp_btf/sched_migrate_task")
int BPF_PROG(migrate, struct task_struct *task, int cpu)
{
	struct mt_state *s;
	u64 now_ns;

	if (!is_marked(task))
		return 0;
	s = state__of(task);
	if (!s || !state__stalled(s)->key || state__stalled(s)->cpu < 0)
		return 0;
	now_ns = bpf_ktime_get_boot_ns();
	busy__on_cpu(state__stalled(s)->cpu, 0, now_ns);
	busy__on_cpu(cpu, 1, now_ns);
	state__stalled(s)->cpu = cpu;
	return 0;
}

/* What begins inside a stall of the allocator says which of its two kinds it is. */
static __always_inline int tell(u32 cause)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key && state__stalled(s)->class == MT_CLASS_ALLOC)
		state__stalled(s)->class = cause;
	return 0;
}

SEC("tp_btf/mm_vmscan_direct_reclaim_begin")
int BPF_PROG(tell_direct)
{
	return tell(MT_STALL_DIRECT);
}

SEC("tp_btf/mm_compaction_try_to_compact_pages")
int BPF_PROG(tell_compact)
{
	return tell(MT_STALL_COMPACT);
}

SEC("fentry/try_to_free_mem_cgroup_pages")
int BPF_PROG(target, struct mem_cgroup *memcg)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key && !state__stalled(s)->target)
		state__stalled(s)->target = memcg_cgroup_id(memcg);
	return 0;
}

/* Sleeps of reclaim itself (mm/vmscan.c, reclaim_throttle()). */
static __always_inline int throttled(s32 delayed_us)
{
	struct mt_state *s = state__counting(false);

	if (s && state__stalled(s)->key && delayed_us > 0)
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_throttle_ns, 1000ULL * delayed_us);
	return 0;
}

SEC("tp_btf/mm_vmscan_throttled")
int BPF_PROG(throttled_btf, int nid, int usec_timeout, int usec_delayed)
{
	return throttled(usec_delayed);
}

SEC("tp/vmscan/mm_vmscan_throttled")
int throttled_tp(struct trace_event_raw_mm_vmscan_throttled___v5_17 *ctx)
{
	throttled(ctx->usec_delayed);
	return TP_PASS_ON;
}

/*
 * Waits that PSI does not count.
 */

/* The slot's count and time; the count comes first. */
static __always_inline void count_wait(struct mt_state *s, u32 slot, u64 ns)
{
	state__add(s, MT_PROBE_stall, slot, 1);
	state__add(s, MT_PROBE_stall, slot + 1, ns);
}

#define DEVICES_MAX 256
#define HOLDERS_MAX 512

KEYED_MAPS(dirty_by_device, DEVICES_MAX, 1);
KEYED_MAPS(mmap_lock_by_holder, HOLDERS_MAX, MT_NR_HOLDERS);

/* How long a task that writes is to sleep (mm/page-writeback.c, balance_dirty_pages()); below 0 it does not. */
SEC("tp/writeback/balance_dirty_pages")
int dirty_pause(struct trace_event_raw_balance_dirty_pages *ctx)
{
	struct mt_dirty_by_device_value *counts;
	struct mt_dirty_by_device_key key = {};
	long pause_ms = ctx->pause;
	u64 pause_ns = pause_ms * 1000000;
	struct mt_state *s;

	s = pause_ms > 0 && !is_over() ? state__counting(false) : NULL;
	if (!s)
		return TP_PASS_ON;
	count_wait(s, MT_SLOT_stall_dirty_count, pause_ns);
	bpf_probe_read_kernel_str(key.device, sizeof(key.device), ctx->bdi);
	counts = keyed__get(dirty_by_device, &key);
	if (!counts) {
		__builtin_memset(&key, 0, sizeof(key));
		counts = keyed__other(dirty_by_device, &key, 0);
	}
	if (counts) {
		__sync_fetch_and_add(&counts->ns, pause_ns);
		keyed__count(&counts->head);
	}
	return TP_PASS_ON;
}

/* A task begins to wait for the lock of its own address space: who has it is noted in the lock. */
SEC("tp_btf/contention_begin")
int BPF_PROG(lock_begin, void *lock)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct___locked *mm = (void *)BPF_CORE_READ(task, mm);
	struct mt_stalled *stall;
	struct mt_state *s;
	u64 owner;

	if (!mm || (u64)lock != (u64)mm + bpf_core_field_offset(mm->mmap_lock))
		return 0;
	s = state__current();
	if (!s || !s->match || is_over())
		return 0;
	stall = state__stalled(s);
	stall->lock_ns = bpf_ktime_get_boot_ns();
	owner = BPF_CORE_READ(mm, mmap_lock.owner.counter);
	__builtin_memset(&stall->holder, 0, sizeof(stall->holder));
	if (!(owner & ~(u64)RWSEM_FLAGS))
		return 0;
	stall->holder.kind = owner & RWSEM_READER ? MT_HOLDER_READER : MT_HOLDER_WRITER;
	task = (void *)(owner & ~(u64)RWSEM_FLAGS);
	if (BPF_CORE_READ_STR_INTO(&stall->holder.comm, task, comm) < 0)
		__builtin_memset(&stall->holder, 0, sizeof(stall->holder));
	return 0;
}

static __always_inline void count_by_holder(const struct mt_mmap_lock_by_holder_key *holder, u64 ns)
{
	struct mt_mmap_lock_by_holder_value *counts;
	struct mt_mmap_lock_by_holder_key key = *holder;
	u32 kind = key.kind;

	counts = keyed__get(mmap_lock_by_holder, &key);
	if (!counts && kind < MT_NR_HOLDERS) {
		__builtin_memset(key.comm, 0, sizeof(key.comm));
		counts = keyed__other(mmap_lock_by_holder, &key, kind);
	}
	if (!counts)
		return;
	__sync_fetch_and_add(&counts->ns, ns);
	keyed__count(&counts->head);
}

/* Waits for a lock are not nested (kernel/locking/lockdep.c has no such event inside of another one of a task). */
SEC("tp_btf/contention_end")
int BPF_PROG(lock_end, void *lock)
{
	struct task_struct *task = (struct task_struct *)bpf_get_current_task();
	struct mm_struct___locked *mm = (void *)BPF_CORE_READ(task, mm);
	struct mt_state *s;
	u64 ns;

	if (!mm || (u64)lock != (u64)mm + bpf_core_field_offset(mm->mmap_lock))
		return 0;
	s = state__counting(false);
	if (!s || !state__stalled(s)->lock_ns)
		return 0;
	ns = stall_now() - state__stalled(s)->lock_ns;
	state__stalled(s)->lock_ns = 0;
	if (is_over())
		return 0;
	count_wait(s, MT_SLOT_stall_mmap_lock_count, ns);
	count_by_holder(&state__stalled(s)->holder, ns);
	return 0;
}

SEC("fentry/filemap_fault")
int BPF_PROG(file_fault_begin)
{
	struct mt_state *s = state__current();

	if (!s || !s->match)
		return 0;
	state__stalled(s)->fault_stalled_ns = 0;
	state__stalled(s)->file_fault_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* A major fault: it waited for the file to be read.  Stalls within it are PSI's. */
SEC("fexit/filemap_fault")
int BPF_PROG(file_fault_end, struct vm_fault *vmf, unsigned int result)
{
	struct mt_state *s = state__counting(false);
	u64 begin_ns, ns;

	if (!s)
		return 0;
	begin_ns = state__stalled(s)->file_fault_ns;
	state__stalled(s)->file_fault_ns = 0;
	if (!begin_ns || !(result & RESULT_MAJOR) || is_over())
		return 0;
	ns = stall_now() - begin_ns;
	if (ns > state__stalled(s)->fault_stalled_ns)
		count_wait(s, MT_SLOT_stall_file_fault_count, ns - state__stalled(s)->fault_stalled_ns);
	return 0;
}

SEC("fentry/mem_cgroup_out_of_memory")
int BPF_PROG(oom_wait_begin)
{
	struct mt_state *s = state__current();

	if (s && s->match)
		state__stalled(s)->oom_ns = bpf_ktime_get_boot_ns();
	return 0;
}

/* It has the lock, or gives up. */
static __always_inline int oom_wait_end(void)
{
	struct mt_state *s = state__current();
	u64 begin_ns = s ? state__stalled(s)->oom_ns : 0;

	if (!begin_ns)
		return 0;
	state__stalled(s)->oom_ns = 0;
	if (s->match && !is_over())
		state__add(s, MT_PROBE_stall, MT_SLOT_stall_oom_wait_ns, bpf_ktime_get_boot_ns() - begin_ns);
	return 0;
}

SEC("fentry/out_of_memory")
int BPF_PROG(oom_wait_over)
{
	return oom_wait_end();
}

SEC("fexit/mem_cgroup_out_of_memory")
int BPF_PROG(oom_wait_given_up)
{
	return oom_wait_end();
}

/*
 * Where programs on functions are refused: reclaim and compaction by a task.  What begins inside of another one is part
 * of it.  Delay accounting may have more (state.h): reclaim does not wait for pages of the working set, so that is
 * never inside of these.
 */
static __always_inline int begin_seen(u32 kind, u32 cause, bool balanced)
{
	struct mt_state *s;

	if (is_kthread() || is_over())
		return 0;
	/* delay accounting has the whole wait: it counts as a refault */
	if (takes_delays() && is_thrashing((struct task_struct *)bpf_get_current_task()))
		return 0;
	s = state__current();
	if (!s)
		return state__missing();
	if (state__stalled(s)->key && state__stalled(s)->key != KEY_FIRST + kind)
		return 0;
	if (state__stalled(s)->key) {
		lost__spans_unfinished(1);
		stall__forget(state__stalled(s), stall_now(), balanced);
	}
	know_task(s);
	stall__begin(s, KEY_FIRST + kind, bpf_ktime_get_boot_ns(), balanced);
	state__stalled(s)->class = cause;
	return 0;
}

static __always_inline int end_seen(void *ctx, u32 kind, bool balanced)
{
	struct mt_state *s = state__current();

	if (s && state__stalled(s)->key == KEY_FIRST + kind)
		stall__end(ctx, s, stall_now(), balanced);
	return 0;
}

enum seen_kind { SEEN_DIRECT, SEEN_MEMCG, SEEN_NODE, SEEN_COMPACT };

#define SEEN(name, begin_event, end_event, kind, cause)                                                                \
	SEC("tp_btf/" #begin_event)                                                                                    \
	int BPF_PROG(name##_begin_balanced)                                                                            \
	{                                                                                                              \
		return begin_seen(kind, cause, true);                                                                  \
	}                                                                                                              \
	SEC("tp_btf/" #begin_event)                                                                                    \
	int BPF_PROG(name##_begin_alone)                                                                               \
	{                                                                                                              \
		return begin_seen(kind, cause, false);                                                                 \
	}                                                                                                              \
	SEC("tp_btf/" #end_event)                                                                                      \
	int BPF_PROG(name##_end_balanced)                                                                              \
	{                                                                                                              \
		return end_seen(ctx, kind, true);                                                                      \
	}                                                                                                              \
	SEC("tp_btf/" #end_event)                                                                                      \
	int BPF_PROG(name##_end_alone)                                                                                 \
	{                                                                                                              \
		return end_seen(ctx, kind, false);                                                                     \
	}

SEEN(direct, mm_vmscan_direct_reclaim_begin, mm_vmscan_direct_reclaim_end, SEEN_DIRECT, MT_STALL_DIRECT)
SEEN(memcg, mm_vmscan_memcg_reclaim_begin, mm_vmscan_memcg_reclaim_end, SEEN_MEMCG, MT_STALL_MEMCG)
SEEN(node, mm_vmscan_node_reclaim_begin, mm_vmscan_node_reclaim_end, SEEN_NODE, MT_STALL_DIRECT)
SEEN(compact, mm_compaction_begin, mm_compaction_end, SEEN_COMPACT, MT_STALL_COMPACT)

/*
 * The iterator over tasks that goes with psi_memstall_enter(): when the run begins, it finds who is stalled; at ticks,
 * whose begin or end was missed, and what kernel threads have waited so far.
 */
static __noinline u32 class_of_task(struct task_struct *task, u64 *site)
{
	u64 frames[FRAMES] = {};
	u32 class = MT_CLASS_NONE;
	int i;

	if (!task || !site || bpf_get_task_stack(task, frames, sizeof(frames), 0) <= 0)
		return class;
	for (i = 0; i < FRAMES; i++) {
		u32 found = frames[i] ? class_of(frames[i]) : MT_CLASS_NONE;

		if (found == MT_CLASS_NONE || found == MT_CLASS_ENTER)
			continue;
		if (class == MT_CLASS_NONE) {
			class = found;
			*site = frames[i];
		} else if (class == MT_CLASS_PAGE && found == MT_STALL_SWAPIN) {
			class = MT_STALL_SWAPIN;
		}
	}
	return class == MT_CLASS_PAGE ? MT_STALL_REFAULT : class;
}

static __always_inline void find_kthread(struct task_struct *task, bool balanced)
{
	struct kthread_stall stall = { .start_ns = bpf_ktime_get_boot_ns(), .cpu = -1 };
	u32 tid = BPF_CORE_READ(task, pid), class = class_of_task(task, &stall.site);
	struct kthread_stall *kept;

	stall.since_ns = stall.start_ns;
	stall.key = kthread_key(task, class);
	if (bpf_map_update_elem(&stall_kthreads, &tid, &stall, BPF_NOEXIST) || !balanced || cfg.filter)
		return;
	kept = bpf_map_lookup_elem(&stall_kthreads, &tid);
	if (kept)
		kept->cpu = busy__begin(stall.start_ns);
}

/* Its counters begin at the base, which the core's iterator sends after this. */
static __always_inline void find_stalled(struct mt_state *s, struct task_struct *task, bool balanced)
{
	u64 site = 0;
	u32 class = class_of_task(task, &site);

	if (state__stalled(s)->key)
		return;
	stall__begin(s, KEY_PARTIAL, bpf_ktime_get_boot_ns(), balanced);
	state__stalled(s)->site = site;
	state__stalled(s)->class = class;
	state__stalled(s)->partial = 1;
}

/*
 * The kernel and the task's stall disagree, twice: the first time it may be at the begin or at the end just now.  So a
 * begin or an end was missed.
 */
static __always_inline void heal(struct mt_state *s, struct task_struct *task, bool balanced)
{
	struct mt_stalled *stall = state__stalled(s);
	u32 changes = stall->changes;

	barrier();
	if (changes & 1 || !stall->key == !is_marked(task))
		return;
	if (stall->missed != changes + 1) {
		stall->missed = changes + 1;
		return;
	}
	if (is_marked(task)) {
		find_stalled(s, task, balanced);
		return;
	}
	stall__forget(stall, stall_now(), balanced);
	lost__spans_unfinished(1);
}

static __always_inline void look_at_kthread(struct task_struct *task, bool balanced)
{
	u32 tid = BPF_CORE_READ(task, pid);
	struct kthread_stall *stall = bpf_map_lookup_elem(&stall_kthreads, &tid);
	u64 now_ns = stall_now(), since_ns = stall ? stall->since_ns : 0;

	if (!balanced || !since_ns || since_ns >= now_ns)
		return;
	if (__sync_val_compare_and_swap(&stall->since_ns, since_ns, now_ns) == since_ns)
		kthread__count(stall, now_ns - since_ns, 0);
}

static __always_inline int look(struct task_struct *task, bool balanced)
{
	struct mt_control *ctl = map_only(&control);
	struct mt_state *s;
	bool kthread;

	if (!task || !ctl || !cfg.marks_stalls)
		return 0;
	kthread = BPF_CORE_READ(task, flags) & PF_KTHREAD;
	if (ctl->iter_mode == MT_ITER_BASE && is_marked(task) && kthread)
		find_kthread(task, balanced);
	else if (kthread)
		look_at_kthread(task, balanced);
	if (kthread)
		return 0;
	s = state__of(task);
	if (!s)
		return 0;
	if (ctl->iter_mode != MT_ITER_BASE)
		heal(s, task, balanced);
	else if (is_marked(task))
		find_stalled(s, task, balanced);
	return 0;
}

SEC("iter/task")
int look_balanced(struct bpf_iter__task *ctx)
{
	return look(ctx->task, true);
}

SEC("iter/task")
int look_alone(struct bpf_iter__task *ctx)
{
	return look(ctx->task, false);
}

/*
 * Never attached: user space runs it to read how long some task, and all tasks that could run, were stalled on each CPU
 * as the kernel counts it (kernel/sched/psi.c, get_recent_times()).  User space puts the variable's id in.
 */
#define PSI_TRIES 4

struct psi_look {
	u32 times[PSI_MEM_FULL + 1];
	u32 mask;
	u64 start_ns;
};

static __always_inline void psi__look(struct psi_look *look, struct psi_group_cpu___seen *group)
{
	bpf_core_read(look->times, sizeof(look->times), &group->times);
	look->mask = BPF_CORE_READ(group, state_mask);
	look->start_ns = BPF_CORE_READ(group, state_start);
}

/* The state that a CPU is in counts up to now. */
static __always_inline u32 psi__time(const struct psi_look *look, u32 state, u64 now_ns)
{
	bool lasts = look->mask >> state & 1 && now_ns > look->start_ns;

	return look->times[state] + (lasts ? now_ns - look->start_ns : 0);
}

static __noinline int psi__read(struct psi_group_cpu___seen *group, u32 key, u64 now_ns)
{
	struct mt_cpu *cpu = bpf_map_lookup_elem(&cpus, &key);
	struct psi_look first = {}, second = {};
	int i;

	if (!cpu || !group)
		return 0;
	psi__look(&first, group);
	for (i = 0; i < PSI_TRIES; i++) {
		psi__look(&second, group);
		if (second.start_ns == first.start_ns && second.times[PSI_MEM_SOME] == first.times[PSI_MEM_SOME])
			break;
		first = second;
	}
	cpu->psi_some_ns = psi__time(&second, PSI_MEM_SOME, now_ns);
	cpu->psi_full_ns = psi__time(&second, PSI_MEM_FULL, now_ns);
	return 0;
}

/*
 * PSI has a clock of its own (cpu_clock()), which no helper reads.  But the scheduler notes by that clock when it let a
 * task run: this one was woken a moment ago.
 */
SEC("raw_tp/cgroup_rmdir")
int psi_times(void *ctx)
{
	struct task_struct___info *task = (void *)bpf_get_current_task();
	u64 arrival_ns = BPF_CORE_READ(task, sched_info.last_arrival);
	void *variable, *group;
	u32 i;

	asm volatile("%0 = " MT_STR(MT_VARIABLE) " ll" : "=r"(variable));
	for (i = 0; i < cfg.nr_cpus; i++) {
		group = bpf_per_cpu_ptr(variable, i);
		if (!group)
			break;
		psi__read(group, i, arrival_ns);
	}
	return 0;
}
