/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Who calls psi_memstall_enter(), and so what a stall is for; part of the probe stall.
 */
#ifndef MEMTRACE_PROBES_STALL_CALLERS_H
#define MEMTRACE_PROBES_STALL_CALLERS_H

#include "core/prelude.h"
#include "core/compat/stall.h"
#include "core/function_name.h"
#include "core/maps.h"

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

#endif
