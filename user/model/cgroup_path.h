/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the path of a cgroup says to people: the container, the pod, the systemd unit. */
#ifndef MEMTRACE_MODEL_CGROUP_PATH_H
#define MEMTRACE_MODEL_CGROUP_PATH_H

#define CGROUP_CONTAINER_ID 64	/* hexadecimal digits of an id, as the runtimes have them */
#define CGROUP_LABEL_MAX    256 /* a longer one is cut */

/* Each "" where the path does not say it.  They are parts of the path, which others chose, or what rules say. */
struct cgroup_path {
	char container[CGROUP_LABEL_MAX]; /* the innermost one's id */
	char runtime[CGROUP_LABEL_MAX];	  /* "docker", "containerd", "cri-o", "podman" */
	char pod[CGROUP_LABEL_MAX];	  /* the uid as Kubernetes prints it */
	char unit[CGROUP_LABEL_MAX];	  /* the nearest service or scope; without one the nearest slice */
};

struct cgroup_rules;

/*
 * Of both cgroup drivers (systemd's and cgroupfs) and both hierarchies, by a table of rules.  The cgroup of a
 * container's monitor (conmon) is not the container's.  Rules of the user's own come after that, and win.
 */
void cgroup_path__read(struct cgroup_path *to, const char *path);

/* The user's rules for the rest of this process, which are now its own; NULL: none. */
void cgroup_path__own_rules(const struct cgroup_rules *rules);

#endif
