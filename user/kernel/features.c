// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "features.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "../base/capabilities.h"
#include "../base/small_file.h"
#include "proc.h"

static enum feature_state look_bpf_capability(char *note, size_t size)
{
	if (capabilities__has(CAP_SYS_ADMIN))
		return FEATURE_OK;
	if (capabilities__has(CAP_BPF) && capabilities__has(CAP_PERFMON))
		return FEATURE_OK;
	snprintf(note, size, "%s%s%s missing", capabilities__has(CAP_BPF) ? "" : "CAP_BPF",
		 capabilities__has(CAP_BPF) || capabilities__has(CAP_PERFMON) ? "" : " and ",
		 capabilities__has(CAP_PERFMON) ? "" : "CAP_PERFMON");
	return FEATURE_MISSING;
}

/* The initial namespace maps all ids onto themselves. */
static enum feature_state look_user_namespace(char *note, size_t size)
{
	unsigned int inside, outside, count;
	char map[128];

	if (small_file__read_line("/proc/self/uid_map", map, sizeof(map)))
		return FEATURE_UNKNOWN;
	if (sscanf(map, "%u %u %u", &inside, &outside, &count) == 3 && !inside && !outside && count == 0xffffffffU)
		return FEATURE_OK;
	snprintf(note, size, "running in a user namespace, whose capabilities are not enough");
	return FEATURE_MISSING;
}

static enum feature_state look_btf(char *note, size_t size)
{
	if (!access("/sys/kernel/btf/vmlinux", R_OK))
		return FEATURE_OK;
	snprintf(note, size, "no BTF: /sys/kernel/btf/vmlinux: %s", strerror(errno));
	return FEATURE_MISSING;
}

enum feature_state features__lockdown(const char *line, char *note, size_t size)
{
	if (strstr(line, "[integrity]"))
		snprintf(note, size, "integrity, which allows tracing");
	if (!strstr(line, "[confidentiality]"))
		return FEATURE_OK;
	snprintf(note, size, "kernel lockdown is at confidentiality: BPF programs may not read kernel memory");
	return FEATURE_MISSING;
}

static enum feature_state look_lockdown(char *note, size_t size)
{
	char line[128];

	if (small_file__read_line("/sys/kernel/security/lockdown", line, sizeof(line)))
		return FEATURE_OK; /* no such security module, or securityfs is not mounted: then loading shows it */
	return features__lockdown(line, note, size);
}

static enum feature_state look_kernel(char *note, size_t size)
{
	struct utsname uts;

	uname(&uts);
	snprintf(note, size, "%s %s", uts.release, uts.machine);
	return FEATURE_OK;
}

static enum feature_state look_tracefs(char *note, size_t size)
{
	static const char *const places[] = { "/sys/kernel/tracing/events", "/sys/kernel/debug/tracing/events" };
	bool hidden = false;
	size_t i;

	for (i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!access(places[i], R_OK))
			return FEATURE_OK;
		hidden |= errno == EACCES;
	}
	snprintf(note, size, hidden ? "not readable by this user" : "not mounted");
	return hidden ? FEATURE_UNKNOWN : FEATURE_MISSING;
}

/*
 * Kernels from 5.11 on account for maps by memory cgroup and ask for no limit.
 * They are known, as libbpf knows them, by a helper that came with that release.
 */
static bool limits_locked_memory(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_SOCKET_FILTER, BPF_FUNC_ktime_get_coarse_ns, NULL) == 0;
}

static enum feature_state look_memlock(char *note, size_t size)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur == RLIM_INFINITY || capabilities__has(CAP_SYS_RESOURCE))
		return FEATURE_OK;
	if (!limits_locked_memory()) {
		snprintf(note, size, "%llu KiB, which this kernel does not apply to BPF",
			 (unsigned long long)limit.rlim_cur / 1024);
		return FEATURE_OK;
	}
	snprintf(note, size, "%llu KiB, and cannot be raised", (unsigned long long)limit.rlim_cur / 1024);
	return FEATURE_MISSING;
}

static enum feature_state look_pid_namespace(char *note, size_t size)
{
	if (proc__initial_pid_namespace())
		return FEATURE_OK;
	if (access("/proc/self", F_OK))
		snprintf(note, size, "/proc is not mounted, or belongs to another pid namespace");
	else if (proc__shows_initial_pids())
		snprintf(note, size,
			 "in a pid namespace: tasks outside it are lost; pids shown are the host's, as in this /proc");
	else
		snprintf(note, size,
			 "in a pid namespace: tasks outside it are lost; pids shown are the host's; no command lines, "
			 "no "
			 "names in stacks");
	return FEATURE_MISSING;
}

static enum feature_state look_cgroup_namespace(char *note, size_t size)
{
	struct stat self;

	if (stat("/proc/self/ns/cgroup", &self))
		return FEATURE_UNKNOWN;
	if (self.st_ino == 0xeffffffbU)
		return FEATURE_OK;
	snprintf(note, size, "in a cgroup namespace: cgroups outside it are shown by number, without a name");
	return FEATURE_MISSING;
}

static enum feature_state look_handles(char *note, size_t size)
{
	if (capabilities__has(CAP_DAC_READ_SEARCH))
		return FEATURE_OK;
	snprintf(note, size, "missing: CAP_DAC_READ_SEARCH");
	return FEATURE_MISSING;
}

static enum feature_state look_bpf_stats(char *note, size_t size)
{
	char line[16];

	if (small_file__read_line("/proc/sys/kernel/bpf_stats_enabled", line, sizeof(line)))
		return FEATURE_MISSING;
	if (strcmp(line, "0")) {
		snprintf(note, size, "on for the whole machine");
		return FEATURE_OK;
	}
	/* kernel/bpf/syscall.c, bpf_enable_stats() */
	if (!capabilities__has(CAP_SYS_ADMIN)) {
		snprintf(note, size, "off, and missing: CAP_SYS_ADMIN");
		return FEATURE_MISSING;
	}
	snprintf(note, size, "off; export turns them on");
	return FEATURE_OK;
}

/* Threads of the process that they work for, from 5.12 on (kernel/fork.c, create_io_thread()). */
static enum feature_state look_workers(char *note, size_t size)
{
	struct btf *btf = btf__load_vmlinux_btf();
	bool found = btf && btf__find_by_name_kind(btf, "create_io_thread", BTF_KIND_FUNC) > 0;

	if (!btf)
		return FEATURE_UNKNOWN;
	btf__free(btf);
	if (found)
		return FEATURE_OK;
	snprintf(note, size, "kernel threads: their work counts for no process, and -- CMD does not see it");
	return FEATURE_MISSING;
}

/* In a remedy it stands for this command, where that is short enough. */
#define ANY_COMMAND "sudo memtrace ..."

const struct feature features[] = {
	{ .name = "kernel", .gain = "", .look = look_kernel, .remedy = "" },
	{ .name = "capabilities",
	  .required = true,
	  .gain = "loading BPF programs",
	  .look = look_bpf_capability,
	  .remedy = "run it as root (" ANY_COMMAND "), or give it CAP_BPF and CAP_PERFMON" },
	{ .name = "user namespace",
	  .required = true,
	  .gain = "loading BPF programs",
	  .look = look_user_namespace,
	  .remedy = "run it in the host's user namespace" },
	{ .name = "BTF",
	  .required = true,
	  .gain = "finding kernel fields",
	  .look = look_btf,
	  .remedy = "boot a kernel built with CONFIG_DEBUG_INFO_BTF=y, and mount sysfs" },
	{ .name = "lockdown",
	  .required = true,
	  .gain = "reading kernel memory",
	  .look = look_lockdown,
	  .remedy = "boot with lockdown=integrity or lower; confidentiality allows no tracing" },
	{ .name = "memlock limit",
	  .required = true,
	  .gain = "BPF maps on kernels before 5.11",
	  .look = look_memlock,
	  .remedy = "run it as root, or after ulimit -l unlimited" },
	{ .name = "tracefs",
	  .gain = "the tp attach kind, which is a fallback",
	  .look = look_tracefs,
	  .remedy = "mount -t tracefs tracefs /sys/kernel/tracing" },
	{ .name = "pid namespace",
	  .gain = "pids as this shell sees them",
	  .look = look_pid_namespace,
	  .remedy = "run it in the host's pid namespace (docker run --pid=host)" },
	{ .name = "cgroup namespace",
	  .gain = "names of all cgroups",
	  .look = look_cgroup_namespace,
	  .remedy = "run it in the host's cgroup namespace (docker run --cgroupns=host)" },
	{ .name = "cgroup handles",
	  .gain = "names of cgroups by id",
	  .look = look_handles,
	  .remedy = "give it CAP_DAC_READ_SEARCH" },
	{ .name = "io_uring workers",
	  .gain = "counting them for their process",
	  .look = look_workers,
	  .remedy = "a kernel from 5.12 on" },
	{ .name = "BPF statistics",
	  .gain = "memtrace's own cost in the kernel",
	  .look = look_bpf_stats,
	  .remedy = "give it CAP_SYS_ADMIN, on a kernel from 5.8 on" },
	{},
};

/* More than a run with all probes takes on a machine of 64 rings. */
#define ENOUGH_FILES 256
#define MIB	     (1024 * 1024)

bool features__shortage(int err, char *buf, size_t size)
{
	struct rlimit limit;

	/* With too few files libbpf fails in many ways: it takes what it cannot try for what the kernel lacks. */
	if (!getrlimit(RLIMIT_NOFILE, &limit) && (err == -EMFILE || limit.rlim_cur < ENOUGH_FILES)) {
		snprintf(buf, size, "%stoo many open files: the limit is %llu (ulimit -n); expected at least %d",
			 err == -EMFILE ? "" : "perhaps ", (unsigned long long)limit.rlim_cur, ENOUGH_FILES);
		return true;
	}
	if (err == -ENOMEM && !getrlimit(RLIMIT_AS, &limit) && limit.rlim_cur != RLIM_INFINITY) {
		snprintf(buf, size, "not enough memory: the address space is limited to %llu MiB (ulimit -v)",
			 (unsigned long long)limit.rlim_cur / MIB);
		return true;
	}
	return false;
}

/* What was found, and the remedy, which names the command that was given. */
static void explain_missing(const struct feature *f, const char *note, char *buf, size_t size)
{
	const char *any = strstr(f->remedy, ANY_COMMAND);
	char command[100];

	if (any && proc__own_command(command, sizeof(command)))
		snprintf(buf, size, "%s; %.*ssudo %s%s", note, (int)(any - f->remedy), f->remedy, command,
			 any + strlen(ANY_COMMAND));
	else
		snprintf(buf, size, "%s; %s", note, f->remedy);
}

bool features__explain(int err, char *buf, size_t size)
{
	const struct feature *f;
	char note[128];

	for (f = features; f->name; f++) {
		note[0] = '\0';
		if (!f->required || f->look(note, sizeof(note)) != FEATURE_MISSING)
			continue;
		explain_missing(f, note, buf, size);
		return true;
	}
	if (features__shortage(err, buf, size))
		return true;
	snprintf(buf, size, "%s; `memtrace doctor` says more", strerror(-err));
	return false;
}
