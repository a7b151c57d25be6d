// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <mntent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "../../bpf/wire.h"
#include "../base/hash.h"
#include "../model/samples.h"

#define NAMES_MAX     4096
#define FILEID_KERNFS 0xfe /* include/linux/exportfs.h: a handle that is a kernfs id */

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

/* A line of /proc/PID/cgroup: "number:controllers:path". */
static bool names_memory(char *line)
{
	char *controllers, *name;

	strsep(&line, ":");
	controllers = strsep(&line, ":");
	while ((name = strsep(&controllers, ",")))
		if (!strcmp(name, "memory"))
			return true;
	return false;
}

/* Whether the controller lives in a v1 hierarchy, mounted here or not: its ids mean other cgroups in v2's. */
static bool memory_is_v1(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char *line = NULL;
	size_t cap = 0;
	bool found = false;

	while (file && !found && getline(&line, &cap, file) > 0)
		found = names_memory(line);
	free(line);
	if (file)
		fclose(file);
	return found;
}

/* The first mount of the hierarchy in which the controller lives. */
static char *find_mount(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool v1 = memory_is_v1();
	char *found = NULL;
	struct mntent *m;

	if (!mounts)
		return NULL;
	while (!found && (m = getmntent(mounts)))
		if (!strcmp(m->mnt_type, v1 ? "cgroup" : "cgroup2") && (!v1 || hasmntopt(m, "memory")))
			found = strdup(m->mnt_dir);
	endmntent(mounts);
	return found;
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

const char *cgroups__below_mount(const struct cgroups *cgroups, const char *path)
{
	size_t len = strlen(cgroups->mount);

	if (strncmp(path, cgroups->mount, len) || (path[len] && path[len] != '/'))
		return NULL;
	return path[len] ? path + len : "/";
}

int cgroups__version(const struct cgroups *cgroups)
{
	struct statfs fs;

	if (cgroups->mount_fd < 0 || fstatfs(cgroups->mount_fd, &fs))
		return -1;
	return fs.f_type == CGROUP2_SUPER_MAGIC ? CGROUP_V2 : fs.f_type == CGROUP_SUPER_MAGIC ? CGROUP_V1 : -1;
}

int cgroups__id_at(int dir, const char *path, uint64_t *id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} h = { .handle = { .handle_bytes = MAX_HANDLE_SZ } };
	struct stat st;
	int mount_id;

	if (!name_to_handle_at(dir, path, &h.handle, &mount_id, AT_EMPTY_PATH) &&
	    h.handle.handle_bytes == sizeof(*id)) {
		memcpy(id, h.handle.f_handle, sizeof(*id));
		return 0;
	}
	if (fstatat(dir, path, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		return -errno;
	*id = st.st_ino; /* the same number where long has 64 bits (fs/kernfs/inode.c) */
	return 0;
}

int cgroups__open(const struct cgroups *cgroups, uint64_t id)
{
	union {
		struct file_handle handle;
		char space[sizeof(struct file_handle) + sizeof(id)];
	} h = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS } };
	int fd;

	if (cgroups->mount_fd < 0)
		return -ENOENT;
	memcpy(h.handle.f_handle, &id, sizeof(id));
	fd = open_by_handle_at(cgroups->mount_fd, &h.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* Its path by what the directory's descriptor points at.  Owned; NULL: gone, or not to be found out. */
static char *ask_kernel(const struct cgroups *cgroups, uint64_t id, bool *gone)
{
	int fd = cgroups__open(cgroups, id);
	char link[64], path[PATH_MAX];
	const char *below;
	ssize_t len;

	*gone = fd == -ESTALE;
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	len = readlink(link, path, sizeof(path) - 1);
	close(fd);
	if (len <= 0)
		return NULL;
	path[len] = '\0';
	below = cgroups__below_mount(cgroups, path);
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
	/* without the mount or the capability it cannot be known whether it is gone */
	snprintf(cgroups->number, sizeof(cgroups->number), gone ? "[gone:%llu]" : "[id:%llu]", (unsigned long long)id);
	return cgroups->number;
}

size_t cgroups__ancestors(struct cgroups *cgroups, uint64_t id, uint64_t *ids, size_t max)
{
	char path[PATH_MAX], *end;
	size_t nr = 0;

	snprintf(path, sizeof(path), "%s", cgroups__name(cgroups, id));
	/* "/" has none, and of one without a name they are not known */
	if (path[0] != '/' || !path[1])
		return 0;
	for (end = path; end && nr < max; end = strchr(end + 1, '/')) {
		*end = '\0';
		nr += !cgroups__id_at(cgroups->mount_fd, end > path ? path + 1 : "", &ids[nr]);
		*end = '/';
	}
	return nr;
}

/* A path that fills the record may have been cut, and its beginning is another cgroup's name. */
static char *path_of_gone(uint64_t id, const char *path)
{
	char *text;

	if (strlen(path) < MT_CGROUP_PATH_LEN - 1)
		return strdup(path);
	return asprintf(&text, "%s...[gone:%llu]", path, (unsigned long long)id) < 0 ? NULL : text;
}

void cgroups__gone(struct cgroups *cgroups, uint64_t id, const char *path)
{
	struct name *name;

	HASH_FIND(hh, cgroups->names, &id, sizeof(id), name);
	if (!name && path[0])
		remember(cgroups, id, path_of_gone(id, path));
}
