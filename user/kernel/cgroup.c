// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../core/hash.h"

#define NAMES_MAX	 4096
#define FILEID_KERNFS	 0xfe /* include/linux/exportfs.h: a handle that is a kernfs id */
#define CONTAINER_PREFIX 6

struct name {
	uint64_t id;
	char *path;
	UT_hash_handle hh;
};

struct cgroups {
	char *mount; /* NULL: none */
	int mount_fd;
	struct name *names; /* by id, oldest first */
	char number[32];
};

/* v1's memory hierarchy if there is one, as it is then where the controller lives; else v2's. */
static char *find_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *v1 = NULL, *v2 = NULL;
	struct mntent *m;

	if (!mounts)
		return NULL;
	while ((m = getmntent(mounts))) {
		if (!v1 && !strcmp(m->mnt_type, "cgroup") && hasmntopt(m, "memory"))
			v1 = strdup(m->mnt_dir);
		if (!v2 && !strcmp(m->mnt_type, "cgroup2"))
			v2 = strdup(m->mnt_dir);
	}
	endmntent(mounts);
	if (!v1)
		return v2;
	free(v2);
	return v1;
}

struct cgroups *cgroups__new(void)
{
	struct cgroups *cgroups = calloc(1, sizeof(*cgroups));

	if (!cgroups)
		return NULL;
	cgroups->mount = find_mount();
	cgroups->mount_fd = cgroups->mount ? open(cgroups->mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	return cgroups;
}

static void forget(struct cgroups *cgroups, struct name *name)
{
	HASH_DEL(cgroups->names, name);
	free(name->path);
	free(name);
}

void cgroups__free(struct cgroups *cgroups)
{
	struct name *name, *next;

	if (!cgroups)
		return;
	HASH_ITER (hh, cgroups->names, name, next)
		forget(cgroups, name);
	if (cgroups->mount_fd >= 0)
		close(cgroups->mount_fd);
	free(cgroups->mount);
	free(cgroups);
}

const char *cgroups__mount(const struct cgroups *cgroups)
{
	return cgroups->mount;
}

/* A path of the file system as one below the mount; NULL if it is outside. */
static const char *below_mount(const struct cgroups *cgroups, const char *path)
{
	size_t len = strlen(cgroups->mount);

	if (strncmp(path, cgroups->mount, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

/* Opens a cgroup by its kernfs id; its path by what the fd points at.  Owned; NULL: gone, or not to be found out. */
static char *ask_kernel(const struct cgroups *cgroups, uint64_t id, bool *gone)
{
	char link[64], path[PATH_MAX];
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + sizeof(id)];
	} h = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	const char *below;
	ssize_t len;
	int fd;

	if (cgroups->mount_fd < 0)
		return NULL;
	memcpy(h.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(cgroups->mount_fd, &h.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*gone = fd < 0 && errno == ESTALE;
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	below = below_mount(cgroups, path);
	return below ? strdup(below) : NULL;
}

static struct name *remember(struct cgroups *cgroups, uint64_t id, char *path)
{
	struct name *name = path ? malloc(sizeof(*name)) : NULL;

	if (!name) {
		free(path);
		return NULL;
	}
	if (HASH_COUNT(cgroups->names) >= NAMES_MAX)
		forget(cgroups, cgroups->names);
	name->id = id;
	name->path = path;
	HASH_ADD(hh, cgroups->names, id, sizeof(name->id), name);
	if (name->hh.tbl)
		return name;
	free(path);
	free(name);
	return NULL;
}

const char *cgroups__name(struct cgroups *cgroups, uint64_t id)
{
	struct name *name;
	bool gone = false;

	if (!id)
		return "-";
	HASH_FIND(hh, cgroups->names, &id, sizeof(id), name);
	if (!name)
		name = remember(cgroups, id, ask_kernel(cgroups, id, &gone));
	if (name)
		return name->path;
	/* without the mount or the capability nobody can tell whether it is gone */
	snprintf(cgroups->number, sizeof(cgroups->number), gone ? "[gone:%llu]" : "[id:%llu]", (unsigned long long)id);
	return cgroups->number;
}

void cgroups__gone(struct cgroups *cgroups, uint64_t id, const char *path)
{
	struct name *name;

	HASH_FIND(hh, cgroups->names, &id, sizeof(id), name);
	if (!name && path[0])
		remember(cgroups, id, strdup(path));
}

static int id_of_path(const char *path, uint64_t *id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	struct stat st;
	int mount_id;

	if (stat(path, &st))
		return -errno;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	if (!name_to_handle_at(AT_FDCWD, path, &h.handle, &mount_id, 0) && h.handle.handle_bytes == sizeof(*id))
		memcpy(id, h.handle.f_handle, sizeof(*id));
	else
		*id = st.st_ino; /* the same number where long has 64 bits (fs/kernfs/inode.c) */
	return 0;
}

/* "docker-<id>.scope", "cri-containerd-<id>.scope", "<id>": does a name hold a container id that begins so? */
static bool names_container(const char *name, const char *prefix)
{
	size_t len = strlen(prefix), i;
	const char *id = strrchr(name, '-');

	id = id ? id + 1 : name;
	if (len < CONTAINER_PREFIX || strncmp(id, prefix, len))
		return false;
	for (i = 0; isxdigit((unsigned char)id[i]); i++)
		;
	return i >= 12;
}

/* systemd's short form: a unit's name without what kind of unit it is. */
static bool names_unit(const char *name, const char *text)
{
	static const char *const kinds[] = { ".service", ".slice", ".scope" };
	size_t len = strlen(text), i;

	if (strncmp(name, text, len))
		return false;
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(name + len, kinds[i]))
			return true;
	return !name[len];
}

struct search {
	const char *text;
	char *found; /* paths below the mount, one a line */
	size_t nr;
	uint64_t id;
};

static int search__add(struct search *search, const struct cgroups *cgroups, const char *path)
{
	char *more;

	if (asprintf(&more, "%s%s%s", search->found ? search->found : "", search->found ? "\n" : "",
		     below_mount(cgroups, path)) < 0)
		return -ENOMEM;
	free(search->found);
	search->found = more;
	search->nr++;
	return id_of_path(path, &search->id);
}

static int search_tree(const struct cgroups *cgroups, struct search *search)
{
	char *const roots[] = { cgroups->mount, NULL };
	FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
	FTSENT *entry;
	int err = 0;

	if (!tree)
		return -errno;
	while (!err && (entry = fts_read(tree))) {
		if (entry->fts_info != FTS_D)
			continue;
		if (!names_unit(entry->fts_name, search->text) && !names_container(entry->fts_name, search->text))
			continue;
		err = search__add(search, cgroups, entry->fts_path);
		fts_set(tree, entry, FTS_SKIP); /* what is below belongs to it */
	}
	fts_close(tree);
	return err;
}

/* As a path of the file system, or as one below the mount. */
static int resolve_path(const struct cgroups *cgroups, const char *text, uint64_t *id)
{
	char path[PATH_MAX], real[PATH_MAX];

	if (realpath(text, real) && below_mount(cgroups, real))
		return id_of_path(real, id);
	if (snprintf(path, sizeof(path), "%s/%s", cgroups->mount, text) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (realpath(path, real) && below_mount(cgroups, real))
		return id_of_path(real, id);
	return -ENOENT;
}

int cgroups__resolve(struct cgroups *cgroups, const char *text, uint64_t *id, char **candidates)
{
	struct search search = { .text = text };
	int err;

	*candidates = NULL;
	if (!cgroups->mount || !text[0])
		return -ENOENT;
	if (strchr(text, '/') || !strcmp(text, "."))
		return resolve_path(cgroups, text, id);
	err = search_tree(cgroups, &search);
	if (!err && !search.nr)
		err = resolve_path(cgroups, text, id);
	else if (!err && search.nr > 1)
		err = -EEXIST;
	else if (!err)
		*id = search.id;
	if (err == -EEXIST)
		*candidates = search.found;
	else
		free(search.found);
	return err;
}
