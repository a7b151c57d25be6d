// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "delays.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/taskstats.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/netlink.h>

#include "../base/small_file.h"
#include "proc.h"

#define SWITCH_FILE   "/proc/sys/kernel/task_delayacct"
#define CPUS_FILE     "/sys/devices/system/cpu/possible"
#define MESSAGE_MAX   4096
#define RECEIVE_BYTES (8 * 1024 * 1024) /* room for some thousand tasks that end before it is read */

struct request {
	struct nlmsghdr nl;
	struct genlmsghdr genl;
	char attributes[256];
};

static const char *attribute__data(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static size_t attribute__size(const struct nlattr *a)
{
	return a->nla_len - NLA_HDRLEN;
}

/* The attribute of that type among len bytes of them; NULL: there is none. */
static const struct nlattr *find_attribute(const char *at, size_t len, int type)
{
	const struct nlattr *a;
	size_t size;

	while (len >= NLA_HDRLEN) {
		a = (const struct nlattr *)at;
		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			return NULL;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		size = NLA_ALIGN(a->nla_len);
		if (size >= len)
			return NULL;
		at += size;
		len -= size;
	}
	return NULL;
}

static int ask(int fd, int family, int command, int version, int type, const char *text)
{
	struct request request = {
		.nl = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.genl = { .cmd = command, .version = version },
	};
	struct nlattr *a = (struct nlattr *)request.attributes;
	size_t size = strlen(text) + 1;

	if (NLA_HDRLEN + size > sizeof(request.attributes))
		return -E2BIG;
	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + size;
	memcpy(request.attributes + NLA_HDRLEN, text, size);
	request.nl.nlmsg_len = offsetof(struct request, attributes) + NLA_ALIGN(a->nla_len);
	return send(fd, &request, request.nl.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* A message's attributes; NULL if it has none; *err is the answer's error. */
static const char *attributes_of(const struct nlmsghdr *nl, size_t *len, int *err)
{
	const struct nlmsgerr *answer = NLMSG_DATA(nl);

	*err = 0;
	if (nl->nlmsg_type == NLMSG_ERROR) {
		*err = nl->nlmsg_len >= NLMSG_LENGTH(sizeof(*answer)) ? answer->error : -EPROTO;
		return NULL;
	}
	if (nl->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return NULL;
	*len = nl->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)NLMSG_DATA(nl) + GENL_HDRLEN;
}

/* The number that generic netlink gave to taskstats, or -errno. */
static int find_family(int fd)
{
	char buf[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nl = (struct nlmsghdr *)buf;
	const struct nlattr *id = NULL;
	const char *attributes;
	size_t len = 0;
	ssize_t got;
	int err = ask(fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, CTRL_ATTR_FAMILY_NAME, TASKSTATS_GENL_NAME);

	if (err)
		return err;
	got = recv(fd, buf, sizeof(buf), 0);
	if (got < 0)
		return -errno;
	if (!NLMSG_OK(nl, (size_t)got))
		return -EPROTO;
	attributes = attributes_of(nl, &len, &err);
	if (attributes)
		id = find_attribute(attributes, len, CTRL_ATTR_FAMILY_ID);
	if (!id)
		return err ? err : -EPROTO;
	recv(fd, buf, sizeof(buf), 0); /* the acknowledgement */
	return *(const __u16 *)attribute__data(id);
}

static int listen_on(int fd)
{
	char cpus[200], buf[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nl = (struct nlmsghdr *)buf;
	struct sockaddr_nl address = { .nl_family = AF_NETLINK };
	int family, size = RECEIVE_BYTES, err = small_file__read_line(CPUS_FILE, cpus, sizeof(cpus));
	ssize_t got;
	size_t len;

	if (err)
		return err;
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	family = find_family(fd);
	if (family < 0)
		return family;
	err = ask(fd, family, TASKSTATS_CMD_GET, TASKSTATS_GENL_VERSION, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, cpus);
	if (err)
		return err;
	got = recv(fd, buf, sizeof(buf), 0);
	if (got < 0)
		return -errno;
	attributes_of(nl, &len, &err);
	return err;
}

/* A kernel before 5.14 has no switch, and is on. */
bool delays__are_on(void)
{
	char text[16];

	return small_file__read_line(SWITCH_FILE, text, sizeof(text)) || strcmp(text, "0") != 0;
}

void delays__open(struct delays *delays)
{
	*delays = (struct delays){ 0 };
	if (!delays__are_on()) {
		delays->why = "off: kernel.task_delayacct is 0";
		return;
	}
	if (!proc__initial_pid_namespace()) {
		delays->why = "not available in a pid namespace";
		return;
	}
	delays->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (delays->fd > 0 && !listen_on(delays->fd))
		return;
	delays->why = "this kernel or this user has no taskstats";
	delays__close(delays);
}

void delays__close(struct delays *delays)
{
	if (delays->fd > 0)
		close(delays->fd);
	delays->fd = 0;
}

static void fill(struct task_delays *result, const struct taskstats *s, size_t size)
{
	*result = (struct task_delays){
		.reclaim = { s->freepages_count, s->freepages_delay_total },
		.thrashing = { s->thrashing_count, s->thrashing_delay_total },
		.swapin = { s->swapin_count, s->swapin_delay_total },
		.compaction = { s->compact_count, s->compact_delay_total },
		.has_compaction = size >= offsetof(struct taskstats, compact_delay_total) + sizeof(__u64),
	};
}

/* One of the two forms: of a thread, or of a thread group at the end of its last. */
static bool take_form(const char *attributes, size_t len, int aggregate, int id_type, pid_t pid,
		      struct task_delays *result)
{
	const struct nlattr *a = find_attribute(attributes, len, aggregate), *id, *stats;
	struct taskstats s = { 0 };
	size_t size;

	if (!a)
		return false;
	id = find_attribute(attribute__data(a), attribute__size(a), id_type);
	stats = find_attribute(attribute__data(a), attribute__size(a), TASKSTATS_TYPE_STATS);
	if (!id || !stats || *(const __u32 *)attribute__data(id) != (__u32)pid)
		return false;
	size = attribute__size(stats);
	memcpy(&s, attribute__data(stats), size < sizeof(s) ? size : sizeof(s));
	fill(result, &s, size);
	return true;
}

bool delays__take(struct delays *delays, pid_t pid, struct task_delays *result)
{
	char buf[MESSAGE_MAX] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *nl = (struct nlmsghdr *)buf;
	bool thread = false, group = false, overrun = false;
	struct task_delays of_thread = { 0 };
	const char *attributes;
	size_t len = 0;
	ssize_t got;
	int err;

	while (!delays->why && ((got = recv(delays->fd, buf, sizeof(buf), MSG_DONTWAIT)) > 0 || errno == ENOBUFS)) {
		overrun |= got < 0;
		if (got < 0 || !NLMSG_OK(nl, (size_t)got))
			continue;
		attributes = attributes_of(nl, &len, &err);
		if (!attributes)
			continue;
		thread |= take_form(attributes, len, TASKSTATS_TYPE_AGGR_PID, TASKSTATS_TYPE_PID, pid, &of_thread);
		group |= take_form(attributes, len, TASKSTATS_TYPE_AGGR_TGID, TASKSTATS_TYPE_TGID, pid, result);
	}
	if (!group)
		*result = of_thread;
	if (!delays->why && !thread && !group)
		delays->why = overrun ? "more tasks ended than the kernel could report" :
					"the kernel reported nothing about CMD";
	return thread || group;
}
