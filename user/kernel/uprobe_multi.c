// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "uprobe_multi.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* include/uapi/linux/bpf.h of newer kernels: libbpf has them from 1.3 on */
#define TRACE_UPROBE_MULTI  48 /* enum bpf_attach_type */
#define UPROBE_MULTI_RETURN 1

/* Of union bpf_attr, what BPF_LINK_CREATE takes with that type. */
struct link_create {
	uint32_t prog_fd, target_fd, attach_type, flags;
	uint64_t path, offsets, ref_ctr_offsets, cookies;
	uint32_t cnt, multi_flags, pid, pad;
};

static int create(const struct link_create *attr)
{
	long fd = syscall(SYS_bpf, BPF_LINK_CREATE, attr, sizeof(*attr));

	return fd < 0 ? -errno : (int)fd;
}

/* With a path that is no file: the kernel looks at all else before it says so. */
static int try_path(int prog, int32_t pid)
{
	const uint64_t offset = 0;
	const struct link_create attr = {
		.prog_fd = (uint32_t)prog,
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t) "/",
		.offsets = (uintptr_t)&offset,
		.cnt = 1,
		.pid = (uint32_t)pid,
	};
	int fd = create(&attr);

	if (fd >= 0)
		close(fd);
	return fd;
}

/* Kernels that compare processes refuse a negative pid before they look at the path. */
bool uprobe_multi__works(void)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = (enum bpf_attach_type)TRACE_UPROBE_MULTI);
	static int works = -1;
	int prog;

	if (works >= 0)
		return works;
	prog = bpf_prog_load(BPF_PROG_TYPE_KPROBE, "mt_try_multi", "GPL", nothing, 2, &opts);
	works = prog >= 0 && try_path(prog, 0) == -EBADF && try_path(prog, -1) == -EINVAL;
	if (prog >= 0)
		close(prog);
	return works;
}

void uprobe_multi__prepare(struct bpf_program *program)
{
	bpf_program__set_expected_attach_type(program, (enum bpf_attach_type)TRACE_UPROBE_MULTI);
}

bool uprobe_multi__is_prepared(const struct bpf_program *program)
{
	return (int)bpf_program__expected_attach_type(program) == TRACE_UPROBE_MULTI;
}

int uprobe_multi__attach(const struct bpf_program *program, const char *path, const uint64_t *offsets, size_t nr,
			 bool ends, pid_t pid)
{
	const struct link_create attr = {
		.prog_fd = (uint32_t)bpf_program__fd(program),
		.attach_type = TRACE_UPROBE_MULTI,
		.path = (uintptr_t)path,
		.offsets = (uintptr_t)offsets,
		.cnt = (uint32_t)nr,
		.multi_flags = ends ? UPROBE_MULTI_RETURN : 0,
		.pid = pid > 0 ? (uint32_t)pid : 0,
	};

	return create(&attr);
}
