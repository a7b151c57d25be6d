/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the path of a cgroup says to people: the container, the pod, the systemd unit. */
#ifndef MEMTRACE_MODEL_CGROUP_PATH_H
#define MEMTRACE_MODEL_CGROUP_PATH_H

#define CGROUP_CONTAINER_ID 64 /* hexadecimal digits */
#define CGROUP_POD_UID	    36
#define CGROUP_UNIT_MAX	    256 /* a longer name is cut */

/* Each "" where the path does not say it.  They are parts of the path, which others chose. */
struct cgroup_path {
	char container[CGROUP_CONTAINER_ID + 1]; /* the innermost one's id */
	const char *runtime;			 /* "docker", "containerd", "cri-o", "podman" */
	char pod[CGROUP_POD_UID + 1];		 /* the uid as Kubernetes prints it */
	char unit[CGROUP_UNIT_MAX];		 /* the nearest service or scope; without one the nearest slice */
};

/*
 * Of both cgroup drivers (systemd's and cgroupfs) and both hierarchies, by a table of rules.  The cgroup of a
 * container's monitor (conmon) is not the container's.
 */
void cgroup_path__read(struct cgroup_path *to, const char *path);

#endif
