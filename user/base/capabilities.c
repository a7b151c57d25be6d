// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "capabilities.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_faccessat2
#define SYS_faccessat2 439 /* the same on all architectures; from 5.8 on */
#endif

#define NR_CAPABILITIES 64

static const char *const names[NR_CAPABILITIES] = {
	[CAP_BPF] = "CAP_BPF",
	[CAP_PERFMON] = "CAP_PERFMON",
	[CAP_DAC_READ_SEARCH] = "CAP_DAC_READ_SEARCH",
	[CAP_DAC_OVERRIDE] = "CAP_DAC_OVERRIDE",
	[CAP_SYSLOG] = "CAP_SYSLOG",
	[CAP_SYS_PTRACE] = "CAP_SYS_PTRACE",
	[CAP_SYS_ADMIN] = "CAP_SYS_ADMIN",
};

struct sets {
	uint64_t effective, permitted, inheritable;
};

/* The kernel has each set in two halves. */
static int read_sets(struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data))
		return -errno;
	sets->effective = data[0].effective | (uint64_t)data[1].effective << 32;
	sets->permitted = data[0].permitted | (uint64_t)data[1].permitted << 32;
	sets->inheritable = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
	return 0;
}

static int write_sets(const struct sets *sets)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)sets->effective, (uint32_t)sets->permitted, (uint32_t)sets->inheritable },
		{ sets->effective >> 32, sets->permitted >> 32, sets->inheritable >> 32 },
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

uint64_t capabilities__effective(void)
{
	struct sets sets = { 0 };

	return read_sets(&sets) ? 0 : sets.effective;
}

bool capabilities__has(int number)
{
	return capabilities__effective() & 1ULL << number;
}

int capabilities__use(uint64_t set)
{
	struct sets sets;
	int err = read_sets(&sets);

	if (err)
		return err;
	sets.effective = sets.permitted & set;
	return write_sets(&sets);
}

/*
 * Not access(2) or what glibc makes of AT_EACCESS on older kernels: of root neither looks at what is in effect.  What
 * the kernel cannot answer counts as a no.
 */
bool capabilities__may_write(int dir)
{
	return !syscall(SYS_faccessat2, dir, ".", W_OK | X_OK, AT_EACCESS);
}

bool capabilities__known(int number)
{
	return prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
}

int capabilities__keep(uint64_t set)
{
	struct sets sets;
	int err = read_sets(&sets), i;

	if (!err && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		err = -errno;
	if (err)
		return err;
	/* the bounding set first, as it takes a capability that may go; those that it keeps no program can get any more
	 */
	for (i = 0; i < NR_CAPABILITIES && capabilities__known(i); i++)
		if (!(set & 1ULL << i))
			prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
	sets.effective &= set;
	sets.permitted &= set;
	sets.inheritable &= set; /* and with it the ambient set: security/commoncap.c, cap_capset() */
	return write_sets(&sets);
}

const char *capabilities__name(int number)
{
	return number >= 0 && number < NR_CAPABILITIES ? names[number] : NULL;
}

char *capabilities__names(uint64_t set, char *buf, size_t size)
{
	size_t len = 0;
	int i;

	buf[0] = '\0';
	for (i = NR_CAPABILITIES - 1; i >= 0 && len < size; i--) {
		if (!(set & 1ULL << i))
			continue;
		if (names[i])
			len += snprintf(buf + len, size - len, "%s%s", len ? ", " : "", names[i]);
		else
			len += snprintf(buf + len, size - len, "%scapability %d", len ? ", " : "", i);
	}
	return buf;
}
