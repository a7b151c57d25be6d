// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "filters.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "../base/log.h"
#include "../base/units.h"
#include "proc.h"

static int list__add(struct uint_list *list, uint64_t value)
{
	uint64_t *more = realloc(list->list, (list->nr + 1) * sizeof(*more));

	if (!more)
		return -ENOMEM;
	list->list = more;
	list->list[list->nr++] = value;
	return 0;
}

/* The programs know pids of the initial namespace only, and another namespace's mean other tasks there. */
static int check_namespace(const struct options *o)
{
	const char *option = o->pids.nr ? "-p" : "-t";

	if ((!o->pids.nr && !o->tids.nr) || proc__initial_pid_namespace())
		return 0;
	if (access("/proc/self", F_OK))
		log_error(
			"%s: /proc is not mounted here, or belongs to another pid namespace; mount -t proc proc /proc, "
			"or filter by -n, -u or -c",
			option);
	else
		log_error("%s: pids are those of the host, and this is another pid namespace; run memtrace in the "
			  "host's (docker run --pid=host), or filter by -n, -u or -c",
			  option);
	return -EINVAL;
}

static int check_ids(const struct uint_list *ids, bool (*exists)(uint32_t), const char *option, const char *what,
		     const char *accepted)
{
	size_t i;

	for (i = 0; i < ids->nr; i++) {
		if (exists(ids->list[i]))
			continue;
		if (exists == proc__pid_exists && proc__tid_exists(ids->list[i]))
			log_error("%s %llu: a thread, not a process; expected %s, or -t %llu", option,
				  (unsigned long long)ids->list[i], accepted, (unsigned long long)ids->list[i]);
		else
			log_error("%s %llu: no such %s; expected %s", option, (unsigned long long)ids->list[i], what,
				  accepted);
		return -EINVAL;
	}
	return 0;
}

#ifdef MEMTRACE_STATIC
/* Name services are shared libraries that fit one C library only: a static binary only reads /etc/passwd. */
static struct passwd *find_user(const char *name)
{
	FILE *f = fopen("/etc/passwd", "re");
	struct passwd *user = NULL;

	while (f && (user = fgetpwent(f)) && strcmp(user->pw_name, name))
		;
	if (f)
		fclose(f);
	return user;
}
#else
static struct passwd *find_user(const char *name)
{
	return getpwnam(name);
}
#endif

static int resolve_user(struct filters *filters, const char *text)
{
	struct passwd *user;
	uint64_t uid;

	if (!parse_uint(text, 0, UINT32_MAX - 1, &uid))
		return list__add(&filters->uids, uid);
	user = find_user(text);
	if (user)
		return list__add(&filters->uids, user->pw_uid);
	log_error("-u '%s': no such user; expected a user's name or number", text);
	return -EINVAL;
}

static int resolve_cgroups(struct filters *filters, struct cgroups *cgroups, const struct string_list *texts)
{
	size_t i;
	int err = 0;

	if (!texts->nr)
		return 0;
	filters->cgroups = calloc(texts->nr, sizeof(*filters->cgroups));
	if (!filters->cgroups)
		return -ENOMEM;
	for (i = 0; !err && i < texts->nr; i++) {
		err = cgroups__resolve(cgroups, texts->list[i], &filters->cgroups[i]);
		filters->nr_cgroups += !err;
	}
	return err;
}

static __u32 filter_bits(const struct options *o)
{
	return (o->pids.nr ? MT_FILTER_PID : 0) | (o->tids.nr ? MT_FILTER_TID : 0) | (o->users.nr ? MT_FILTER_UID : 0) |
	       (o->comms.nr ? MT_FILTER_COMM : 0) | (o->cgroups.nr ? MT_FILTER_CGROUP : 0) |
	       (o->follow ? MT_FILTER_FOLLOW : 0);
}

int filters__check_comms(const struct string_list *comms)
{
	size_t i;

	for (i = 0; i < comms->nr; i++) {
		if (comms->list[i][0] && strlen(comms->list[i]) < MT_COMM_LEN)
			continue;
		log_error("-n '%s': not the name of a process; expected 1 to %d bytes, as the kernel keeps no more",
			  comms->list[i], MT_COMM_LEN - 1);
		return -EINVAL;
	}
	return 0;
}

static int check_follow(const struct options *o)
{
	if (!o->follow || o->pids.nr || o->tids.nr || o->comms.nr)
		return 0;
	log_error("--follow: there is nothing to follow; expected -p, -t or -n with it");
	return -EINVAL;
}

static int check_sizes(const struct options *o)
{
	const struct {
		const char *option;
		size_t nr;
	} lists[] = {
		{ .option = "-p", .nr = o->pids.nr },	 { .option = "-t", .nr = o->tids.nr },
		{ .option = "-u", .nr = o->users.nr },	 { .option = "-n", .nr = o->comms.nr },
		{ .option = "-c", .nr = o->cgroups.nr },
	};
	size_t i;

	for (i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		if (lists[i].nr <= MT_FILTER_ENTRIES)
			continue;
		log_error("%s: given %zu times; at most %d are possible", lists[i].option, lists[i].nr,
			  MT_FILTER_ENTRIES);
		return -EINVAL;
	}
	return 0;
}

int filters__resolve(struct filters *filters, const struct options *o, struct cgroups *cgroups)
{
	size_t i;
	int err;

	memset(filters, 0, sizeof(*filters));
	filters->bits = filter_bits(o);
	err = check_sizes(o);
	if (!err)
		err = check_namespace(o);
	if (!err)
		err = check_follow(o);
	if (!err)
		err = check_ids(&o->pids, proc__pid_exists, "-p", "process", "the pid of a process that runs");
	if (!err)
		err = check_ids(&o->tids, proc__tid_exists, "-t", "thread", "the id of a thread that runs");
	if (!err)
		err = filters__check_comms(&o->comms);
	for (i = 0; !err && i < o->users.nr; i++)
		err = resolve_user(filters, o->users.list[i]);
	return err ? err : resolve_cgroups(filters, cgroups, &o->cgroups);
}

static int install(const struct object *core, const char *map, const void *key)
{
	const __u8 yes = 1;

	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(core->bpf, map), key, &yes, BPF_ANY);
}

static int install_ids(const struct object *core, const char *map, const struct uint_list *ids)
{
	__u32 key;
	size_t i;
	int err = 0;

	for (i = 0; !err && i < ids->nr; i++) {
		key = ids->list[i];
		err = install(core, map, &key);
	}
	return err;
}

/* How deep a cgroup is, as the kernel reports it; 0 or -errno. */
static int read_level(const struct object *core, int dir_fd, __u32 *level)
{
	const struct bpf_program *program = bpf_object__find_program_by_name(core->bpf, "core_cgroup_level");
	__u64 args[] = { dir_fd };
	DECLARE_LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int err = bpf_prog_test_run_opts(bpf_program__fd(program), &opts);

	*level = opts.retval;
	return err;
}

static int add_level(struct mt_filter_levels *levels, __u32 level)
{
	__u32 i;

	for (i = 0; i < levels->nr; i++)
		if (levels->level[i] == level)
			return 0;
	if (levels->nr == MT_FILTER_LEVELS)
		return -E2BIG;
	levels->level[levels->nr++] = level;
	return 0;
}

static int install_cgroup(const struct object *core, const struct cgroup_dir *cgroup, struct mt_filter_levels *levels)
{
	__u32 level;
	int err = read_level(core, cgroup->fd, &level);

	if (!err)
		err = add_level(levels, level);
	return err ? err : install(core, "filter_cgroup", &cgroup->id);
}

static void say_cgroups_failed(const struct object *core, int err)
{
	const struct hook_state *hook = object__hook(core, "cgroup level");

	if (err == -E2BIG)
		log_error("cannot trace: -c: cgroups at more than %d different depths, which is the limit",
			  MT_FILTER_LEVELS);
	else
		log_error("cannot trace: -c: %s", hook->why[0] ? hook->why : strerror(-err));
}

static int install_cgroups(const struct filters *filters, const struct object *core)
{
	struct mt_filter_levels levels = { 0 };
	const __u32 only = 0;
	size_t i;
	int err = 0;

	if (!filters->nr_cgroups)
		return 0;
	for (i = 0; !err && i < filters->nr_cgroups; i++)
		err = install_cgroup(core, &filters->cgroups[i], &levels);
	if (!err)
		err = bpf_map_update_elem(bpf_object__find_map_fd_by_name(core->bpf, "filter_levels"), &only, &levels,
					  BPF_ANY);
	if (err)
		say_cgroups_failed(core, err);
	return err;
}

static int install_tasks(const struct filters *filters, const struct options *o, const struct object *core)
{
	size_t i;
	int err = install_ids(core, "filter_pid", &o->pids);

	if (!err)
		err = install_ids(core, "filter_tid", &o->tids);
	if (!err)
		err = install_ids(core, "filter_uid", &filters->uids);
	for (i = 0; !err && i < o->comms.nr; i++) {
		char key[MT_COMM_LEN] = "";

		memcpy(key, o->comms.list[i], strlen(o->comms.list[i]));
		err = install(core, "filter_comm", key);
	}
	if (err)
		log_error("cannot trace: the filters: %s", strerror(-err));
	return err;
}

int filters__install(const struct filters *filters, const struct options *o, const struct object *core)
{
	int err = install_tasks(filters, o, core);

	return err ? err : install_cgroups(filters, core);
}

void filters__free(struct filters *filters)
{
	while (filters->nr_cgroups)
		close(filters->cgroups[--filters->nr_cgroups].fd);
	free(filters->cgroups);
	free(filters->uids.list);
}
