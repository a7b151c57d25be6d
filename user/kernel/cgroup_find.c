// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_find.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../base/log.h"
#include "../model/cgroup_name.h"

/* Is an open directory a cgroup of the memory controller's hierarchy?  0, or an error as from cgroups__find(). */
static int check_dir(const struct cgroups *cgroups, int fd)
{
	struct statfs fs, mount;

	if (fstatfs(fd, &fs) || statfs(cgroups__mount(cgroups), &mount))
		return -errno;
	if (fs.f_type != CGROUP_SUPER_MAGIC && fs.f_type != CGROUP2_SUPER_MAGIC)
		return -EXDEV;
	/* one that is removed has no files any more */
	if (faccessat(fd, "cgroup.procs", F_OK, 0))
		return -ESTALE;
	if (fs.f_type != mount.f_type)
		return -EXDEV;
	if (!faccessat(fd, "memory.stat", F_OK, 0))
		return 0;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? -ENODATA : -EXDEV;
}

static int open_dir(const struct cgroups *cgroups, const char *path, struct cgroup_dir *dir)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int err = fd < 0 ? -errno : check_dir(cgroups, fd);

	if (!err)
		err = cgroups__id_at(fd, "", &dir->id);
	if (err && fd >= 0)
		close(fd);
	else
		dir->fd = fd;
	return err;
}

struct search {
	const char *text;
	char *found; /* paths below the mount, one a line */
	size_t nr;
	size_t unread; /* directories that could not be looked into */
	int why;       /* the first of these; -errno */
};

static int search__add(struct search *search, const struct cgroups *cgroups, const char *path)
{
	char *more;

	if (asprintf(&more, "%s%s%s", search->found ? search->found : "", search->found ? "\n" : "",
		     cgroups__below_mount(cgroups, path)) < 0)
		return -ENOMEM;
	free(search->found);
	search->found = more;
	search->nr++;
	return 0;
}

/* What is below a match belongs to it. */
static int look_at(FTS *tree, FTSENT *entry, const struct cgroups *cgroups, struct search *search)
{
	bool failed = entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS;

	/* cgroups come and go */
	if (failed && entry->fts_errno != ENOENT && !search->unread++)
		search->why = -entry->fts_errno;
	if (entry->fts_info != FTS_D)
		return 0;
	if (!cgroup_name__means(search->text, entry->fts_name))
		return 0;
	fts_set(tree, entry, FTS_SKIP);
	return search__add(search, cgroups, entry->fts_path);
}

static int search_tree(const struct cgroups *cgroups, struct search *search)
{
	char *mount = strdup(cgroups__mount(cgroups));
	char *const roots[] = { mount, NULL };
	FTS *tree = mount ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL) : NULL;
	int err = tree ? 0 : -errno;
	FTSENT *entry;

	while (!err && (entry = fts_read(tree)))
		err = look_at(tree, entry, cgroups, search);
	if (tree)
		fts_close(tree);
	free(mount);
	if (search->unread)
		log_warn("-c '%s': %zu cgroups could not be looked into: %s", search->text, search->unread,
			 strerror(-search->why));
	return err;
}

static int open_below_mount(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", cgroups__mount(cgroups), text) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return open_dir(cgroups, path, dir);
}

/* Has the path a part that is "." or ".."? */
static bool is_relative(const char *path)
{
	size_t len;

	for (; *path; path += len + (path[len] == '/')) {
		len = strcspn(path, "/");
		if ((len == 1 && path[0] == '.') || (len == 2 && !strncmp(path, "..", len)))
			return true;
	}
	return false;
}

static bool cwd_is_gone(void)
{
	char *cwd = getcwd(NULL, 0);
	bool gone = !cwd && errno == ENOENT;

	free(cwd);
	return gone;
}

/* Of two errors, the one of the look-up that found something says more. */
static int open_path(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir)
{
	int err = open_dir(cgroups, text, dir), below;

	if (err && text[0] != '/' && cwd_is_gone())
		err = -ESTALE;
	if (!err || is_relative(text))
		return err;
	below = open_below_mount(cgroups, text, dir);
	return below == -ENOENT ? err : below;
}

static int open_found(const struct cgroups *cgroups, struct search *search, struct cgroup_dir *dir, char **candidates)
{
	if (!search->nr)
		return open_path(cgroups, search->text, dir);
	if (search->nr == 1)
		return open_below_mount(cgroups, search->found, dir);
	*candidates = search->found;
	search->found = NULL;
	return -EEXIST;
}

int cgroups__find(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir, char **candidates)
{
	struct search search = { .text = text };
	int err;

	*candidates = NULL;
	if (!cgroups__mount(cgroups) || !text[0])
		return -ENOENT;
	if (strchr(text, '/') || is_relative(text))
		return open_path(cgroups, text, dir);
	err = search_tree(cgroups, &search);
	if (!err)
		err = open_found(cgroups, &search, dir, candidates);
	free(search.found);
	return err;
}

static const char *why_no_cgroup(int err)
{
	switch (err) {
	case -ENOENT:
		return "no such memory cgroup";
	case -EXDEV:
		return "a directory, but no cgroup of the memory controller";
	case -ESTALE:
		return "the directory was removed";
	case -ENODATA:
		return "the memory controller is not on for it (cgroup.subtree_control of its parent)";
	}
	return strerror(-err);
}

static void say_candidates(const char *text, char *candidates)
{
	char *c;

	for (c = candidates; *c; c++)
		if (*c == '\n')
			*c = ' ';
	log_error("-c '%s': matches several cgroups; give one of them: %s", text, candidates);
	free(candidates);
}

int cgroups__resolve(const struct cgroups *cgroups, const char *text, struct cgroup_dir *dir)
{
	char *candidates;
	int err = cgroups__find(cgroups, text, dir, &candidates);

	if (!err || err == -ENOMEM)
		return err;
	if (err == -EEXIST)
		say_candidates(text, candidates);
	else if (!cgroups__mount(cgroups))
		log_error("-c '%s': the hierarchy of the memory controller is not mounted here; mount -t cgroup2 none "
			  "/sys/fs/cgroup",
			  text);
	else
		log_error("-c '%s': %s; expected a path below %s, a systemd unit, or 6 or more characters of a "
			  "container id",
			  text, why_no_cgroup(err), cgroups__mount(cgroups));
	return -EINVAL;
}
