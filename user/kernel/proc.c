// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NSEC_PER_SEC 1000000000ULL

static int read_file(const char *path, char *buf, int size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), len;

	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	if (len < 0)
		len = -errno;
	else
		buf[len] = '\0';
	close(fd);
	return len;
}

/* A field of /proc/PID/status, "\nTgid:"; its first number. */
static int status_number(const char *status, const char *field, uint32_t *value)
{
	const char *at = strstr(status, field);

	return at && sscanf(at + strlen(field), "%u", value) == 1 ? 0 : -EINVAL;
}

static int read_status(uint32_t tid, char *buf, int size)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%u/status", tid);
	return read_file(path, buf, size);
}

/* /proc has a directory for every thread, though it lists only groups. */
bool proc__tid_exists(uint32_t tid)
{
	char status[4096];

	return read_status(tid, status, sizeof(status)) > 0;
}

/* include/linux/proc_ns.h, PROC_PID_INIT_INO */
bool proc__initial_pid_namespace(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) || st.st_ino == 0xeffffffcU;
}

bool proc__pid_exists(uint32_t pid)
{
	char status[4096];
	uint32_t tgid;

	return read_status(pid, status, sizeof(status)) > 0 && !status_number(status, "\nTgid:", &tgid) && tgid == pid;
}

/* comm comes from a file of its own: in status its control characters are escaped. */
int proc__who(uint32_t tid, struct mt_who *who)
{
	char status[4096], comm[64], path[64];
	int len = read_status(tid, status, sizeof(status));

	if (len < 0)
		return len;
	if (status_number(status, "\nTgid:", &who->pid) || status_number(status, "\nUid:", &who->uid))
		return -EINVAL;
	who->tid = tid;
	snprintf(path, sizeof(path), "/proc/%u/comm", who->pid);
	len = read_file(path, comm, sizeof(comm));
	if (len <= 0)
		return len ? len : -ENOENT;
	comm[len - 1] = '\0'; /* the newline that the kernel adds */
	snprintf(who->comm, sizeof(who->comm), "%s", comm);
	return 0;
}

void proc__cmdline(uint32_t pid, char *buf, int size)
{
	char path[64];
	int len, i;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	len = read_file(path, buf, size);
	if (len < 0)
		len = 0;
	while (len && !buf[len - 1])
		len--;
	for (i = 0; i < len; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[len] = '\0';
}

uint64_t proc__own_cpu_ns(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * NSEC_PER_SEC +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000ULL;
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return t.tv_sec * NSEC_PER_SEC + t.tv_nsec;
}

uint64_t clock__boot_ns(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int64_t clock__wall_offset_ns(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
}
