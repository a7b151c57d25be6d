// SPDX-License-Identifier: GPL-2.0
/*
 * Address space that programs ask for and give back, by the system calls that succeed.  What exec and exit give back is
 * no call's, and neither is what io_uring and process_madvise() do.
 */
#include "core/prelude.h"
#include "core/compat/syscall.h"
#include "core/every.h"
#include "core/state.h"

char LICENSE[] SEC("license") = "GPL";

/* include/uapi/asm-generic/mman-common.h: alike on all architectures here */
enum { ADVICE_DONTNEED = 4, ADVICE_FREE = 8, ADVICE_REMOVE = 9, ADVICE_DONTNEED_LOCKED = 24 };

struct change {
	u64 address, bytes;
	u32 call;
};

/* It returns the break as it is then: what was asked for if that could be had. */
static __always_inline void read_brk(const struct pt_regs *regs, u64 result, struct change *change)
{
	change->call = syscall__first(regs) == result ? MT_SPACE_BRK : MT_SPACE_BREAK;
	change->address = result;
	change->bytes = MT_UNKNOWN_U64;
}

static __always_inline bool read_mremap(const struct pt_regs *regs, u64 result, struct change *change)
{
	u64 before = whole_pages(syscall__second(regs)), now = whole_pages(syscall__third(regs));

	change->call = now > before ? MT_SPACE_GROWN : MT_SPACE_SHRUNK;
	change->address = result + (now > before ? before : now);
	change->bytes = now > before ? now - before : before - now;
	return change->bytes;
}

static __always_inline bool read_madvise(const struct pt_regs *regs, struct change *change)
{
	u64 advice = syscall__third(regs);

	if (advice == ADVICE_DONTNEED || advice == ADVICE_DONTNEED_LOCKED)
		change->call = MT_SPACE_DONTNEED;
	else if (advice == ADVICE_FREE)
		change->call = MT_SPACE_FREE;
	else if (advice == ADVICE_REMOVE)
		change->call = MT_SPACE_REMOVE;
	else
		return false;
	change->address = syscall__first(regs);
	change->bytes = whole_pages(syscall__second(regs));
	return change->bytes;
}

static __always_inline bool read_change(const struct pt_regs *regs, s64 number, u64 result, struct change *change)
{
	change->bytes = whole_pages(syscall__second(regs));
	switch (number) {
	case NR_MMAP:
		change->call = MT_SPACE_MMAP;
		change->address = result;
		return true;
	case NR_MUNMAP:
		change->call = MT_SPACE_MUNMAP;
		change->address = syscall__first(regs);
		return true;
	case NR_BRK:
		read_brk(regs, result, change);
		return true;
	case NR_MREMAP:
		return read_mremap(regs, result, change);
	case NR_MADVISE:
		return read_madvise(regs, change);
	default:
		return false;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(changed, struct pt_regs *regs, long result)
{
	s64 number = syscall__number(regs);
	struct change change;
	struct mt_space *rec;
	struct mt_state *s;

	if (number != NR_MMAP && number != NR_MUNMAP && number != NR_BRK && number != NR_MREMAP && number != NR_MADVISE)
		return 0;
	if (syscall__failed(result) || !probe_wants_every(MT_PROBE_space))
		return 0;
	s = state__counting(false);
	if (!s || !read_change(regs, number, result, &change) || !every__is_sampled(change.address / cfg.page_size))
		return 0;
	rec = every__reserve(s, MT_REC_space, struct mt_space);
	if (!rec)
		return 0;
	rec->address = change.address;
	rec->bytes = change.bytes;
	rec->call = change.call;
	rec->pad = 0;
	bpf_ringbuf_submit(rec, every__wake(s, rec->hdr.time_ns, MT_UNKNOWN_S32));
	return 0;
}
