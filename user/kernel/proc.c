// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "proc.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/clock.h"
#include "../base/shell_words.h"
#include "../base/small_file.h"

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
	return small_file__read_at(AT_FDCWD, path, buf, size);
}

/* /proc has a directory for every thread, though it lists only groups. */
bool proc__tid_exists(uint32_t tid)
{
	char status[4096];

	return read_status(tid, status, sizeof(status)) > 0;
}

/* include/linux/proc_ns.h, PROC_PID_INIT_INO */
static bool is_initial(const char *link)
{
	struct stat st;

	return !stat(link, &st) && st.st_ino == 0xeffffffcU;
}

/* A kernel without such namespaces has no file for them. */
bool proc__initial_pid_namespace(void)
{
	if (is_initial("/proc/self/ns/pid"))
		return true;
	return access("/proc/self/ns/pid", F_OK) && errno == ENOENT && !access("/proc/self/stat", F_OK);
}

/*
 * The first process of a namespace's /proc is in that namespace; a /proc of a namespace that memtrace is not in has
 * no "self".
 */
bool proc__shows_initial_pids(void)
{
	return proc__initial_pid_namespace() || is_initial("/proc/1/ns/pid");
}

bool proc__pid_exists(uint32_t pid)
{
	char status[4096];
	uint32_t tgid;

	return read_status(pid, status, sizeof(status)) > 0 && !status_number(status, "\nTgid:", &tgid) && tgid == pid;
}

/* When a task began, in clock ticks since boot: the 22nd field, the 20th behind the name (proc_pid_stat(5)). */
static int read_start(int dir, uint64_t *ticks)
{
	char stat[1024], *at;
	int len = small_file__read_at(dir, "stat", stat, sizeof(stat)), field;

	if (len < 0)
		return len;
	at = strrchr(stat, ')');
	for (field = 0; at && field < 20; field++)
		at = strchr(at + 1, ' ');
	return at && sscanf(at, "%" SCNu64, ticks) == 1 ? 0 : -EINVAL;
}

/* As fs/proc/array.c tells the reader: by the clock of its time namespace, and rounded down (nsec_to_clock_t()). */
static uint64_t ticks_of(uint64_t ns)
{
	return (ns + (uint64_t)clock__shift_ns(CLOCK_BOOTTIME)) / (NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK));
}

/* Opens a task's directory, which still refers to this task if the pid is reused, and reads when the task began. */
static int open_task(uint32_t tid, uint64_t *ticks)
{
	char path[64];
	int dir, err;

	if (!proc__shows_initial_pids())
		return -ESRCH;
	snprintf(path, sizeof(path), "/proc/%u", tid);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0)
		return errno == ENOENT ? -ESRCH : -errno;
	err = read_start(dir, ticks);
	if (!err)
		return dir;
	close(dir);
	return err;
}

int proc__open(uint32_t pid, uint64_t start_ns)
{
	uint64_t ticks;
	int dir = open_task(pid, &ticks);

	if (dir < 0 || ticks == ticks_of(start_ns))
		return dir;
	close(dir);
	return -ESRCH;
}

/* comm comes from a file of its own: in status its control characters are escaped. */
static int read_who(int dir, struct mt_who *who)
{
	char status[4096], comm[64], path[64];
	int len = small_file__read_at(dir, "status", status, sizeof(status));

	if (len < 0)
		return len;
	if (status_number(status, "\nTgid:", &who->pid) || status_number(status, "\nUid:", &who->uid))
		return -EINVAL;
	snprintf(path, sizeof(path), "task/%u/comm", who->pid); /* the leader's */
	len = small_file__read_at(dir, path, comm, sizeof(comm));
	if (len <= 0)
		return len ? len : -ENOENT;
	comm[len - 1] = '\0'; /* the newline that the kernel adds */
	snprintf(who->comm, sizeof(who->comm), "%s", comm);
	return 0;
}

int proc__who(uint32_t tid, uint64_t time_ns, struct mt_who *who)
{
	uint64_t ticks;
	int dir = open_task(tid, &ticks), err;

	if (dir < 0)
		return dir;
	err = ticks <= ticks_of(time_ns) ? read_who(dir, who) : -ESRCH;
	if (!err)
		who->tid = tid;
	close(dir);
	return err;
}

/* A command line as it was read: its arguments end with a 0 each. */
static void join_arguments(char *buf, int len)
{
	int i;

	if (len < 0)
		len = 0;
	while (len && !buf[len - 1])
		len--;
	for (i = 0; i < len; i++)
		if (!buf[i])
			buf[i] = ' ';
	buf[len] = '\0';
}

void proc__cmdline(uint32_t pid, uint64_t start_ns, char *buf, int size)
{
	int dir = proc__open(pid, start_ns);

	join_arguments(buf, dir < 0 ? dir : small_file__read_at(dir, "cmdline", buf, size));
	if (dir >= 0)
		close(dir);
}

static bool is_called(int dir, const char *comm)
{
	char now[MT_COMM_LEN + 2]; /* with the newline that the kernel adds */
	int len = small_file__read_at(dir, "comm", now, sizeof(now));
	size_t expected = strnlen(comm, MT_COMM_LEN);

	return len > 0 && (size_t)len - 1 == expected && !memcmp(now, comm, expected);
}

void proc__title(uint32_t pid, uint64_t start_ns, const char *comm, char *buf, int size)
{
	int dir = proc__open(pid, start_ns), len = -ESRCH;

	if (dir >= 0)
		len = small_file__read_at(dir, "cmdline", buf, size);
	/* behind it: who has called exec meanwhile has the new name by then (fs/exec.c, begin_new_exec()) */
	if (dir >= 0 && !is_called(dir, comm))
		len = -ESRCH;
	join_arguments(buf, len);
	if (dir >= 0)
		close(dir);
}

int proc__parent(uint32_t pid, uint64_t start_ns, uint32_t *parent)
{
	int dir = proc__open(pid, start_ns), len;
	char status[4096];

	if (dir < 0)
		return dir;
	len = small_file__read_at(dir, "status", status, sizeof(status));
	close(dir);
	if (len < 0)
		return len;
	return status_number(status, "\nPPid:", parent) ? -EINVAL : 0;
}

void proc__own_cmdline(char *buf, int size)
{
	join_arguments(buf, small_file__read_at(AT_FDCWD, "/proc/self/cmdline", buf, size));
}

bool proc__own_command(char *buf, size_t size)
{
	char arguments[4096];
	int len = small_file__read_at(AT_FDCWD, "/proc/self/cmdline", arguments, sizeof(arguments));

	return shell_words(buf, size, arguments, len > 0 ? (size_t)len : 0);
}

uint64_t proc__own_cpu_ns(void)
{
	struct rusage ru;

	getrusage(RUSAGE_SELF, &ru);
	return (ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) * NSEC_PER_SEC +
	       (ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) * 1000ULL;
}
