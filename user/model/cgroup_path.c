// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_path.h"

#include <ctype.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cgroup_rules.h"

/* A part of a path, between two slashes. */
struct part {
	const char *begin, *end;
};

/*
 * What stands before an id in its part, to the left as far as it tells them apart; the first rule that fits counts.  Of
 * an id alone the part above says who made it.
 */
static const struct rule {
	const char *before; /* ""; nothing */
	const char *above;  /* NULL: any */
	const char *runtime;
	bool other; /* the id of something else */
} rules[] = {
	{ .before = "conmon-", .other = true },	    /* the monitor of CRI-O and of Podman, with the container's id */
	{ .before = "libpod_pod_", .other = true }, /* a pod of Podman */
	{ .before = "docker-", .runtime = "docker" },
	{ .before = "cri-containerd-", .runtime = "containerd" },
	{ .before = "cri-containerd:", .runtime = "containerd" }, /* cgroupfs with systemd's names */
	{ .before = "nerdctl-", .runtime = "containerd" },
	{ .before = "crio-", .runtime = "cri-o" },
	{ .before = "libpod-", .runtime = "podman" },
	{ .before = "", .above = "docker", .runtime = "docker" },
	{ .before = "", .runtime = "" }, /* Kubernetes with cgroupfs, and whatever else has such an id */
};

/* The part before this one; begin at the path's end.  false: there is none. */
static bool previous(const char *path, struct part *part)
{
	const char *end = part->begin;

	while (end > path && end[-1] == '/')
		end--;
	part->end = part->begin = end;
	while (part->begin > path && part->begin[-1] != '/')
		part->begin--;
	return part->begin < part->end;
}

static bool ends_with(const char *begin, const char *end, const char *what)
{
	size_t len = strlen(what);

	return (size_t)(end - begin) >= len && !strncmp(end - len, what, len);
}

static bool is_part(const struct part *part, const char *text)
{
	return (size_t)(part->end - part->begin) == strlen(text) && ends_with(part->begin, part->end, text);
}

/* So many hexadecimal digits, no more and no less; NULL: there are none. */
static const char *find_digits(const char *begin, const char *end, ptrdiff_t nr)
{
	const char *at = begin, *first = begin;

	for (; at <= end; at++) {
		if (at < end && isxdigit((unsigned char)*at))
			continue;
		if (at - first == nr)
			return first;
		first = at + 1;
	}
	return NULL;
}

static bool fits(const struct rule *rule, const char *path, const struct part *part, const char *id)
{
	struct part above = *part;

	if (!ends_with(part->begin, id, rule->before))
		return false;
	return !rule->above || (id == part->begin && previous(path, &above) && is_part(&above, rule->above));
}

static void read_container(struct cgroup_path *to, const char *path, const struct part *part)
{
	const char *id = find_digits(part->begin, part->end, CGROUP_CONTAINER_ID);
	const struct rule *rule = rules;

	if (!id || to->container[0])
		return;
	while (!fits(rule, path, part, id))
		rule++;
	if (rule->other)
		return;
	memcpy(to->container, id, CGROUP_CONTAINER_ID);
	to->container[CGROUP_CONTAINER_ID] = '\0';
	snprintf(to->runtime, sizeof(to->runtime), "%s", rule->runtime);
}

/* Where a uid begins that is behind "pod", at the begin of the part or behind a dash; NULL: nowhere. */
static const char *find_pod(const struct part *part)
{
	const char *at;

	for (at = part->begin; at + 3 < part->end; at++)
		if (!strncmp(at, "pod", 3) && (at == part->begin || at[-1] == '-'))
			return at + 3;
	return NULL;
}

/* Digits in groups, apart by dashes, for which systemd's names have underlines; of a static pod 32 digits. */
static size_t uid_length(const char *uid, const char *end)
{
	static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
	size_t i;

	if (end - uid >= 32 && find_digits(uid, end, 32) == uid)
		return 32;
	for (i = 0; form[i] && uid + i < end; i++)
		if (form[i] == 'x' ? !isxdigit((unsigned char)uid[i]) : uid[i] != '-' && uid[i] != '_')
			return 0;
	return form[i] || (uid + i < end && isalnum((unsigned char)uid[i])) ? 0 : i;
}

static void read_pod(struct cgroup_path *to, const struct part *part)
{
	const char *uid = find_pod(part);
	size_t len = uid && !to->pod[0] ? uid_length(uid, part->end) : 0, i;

	for (i = 0; i < len; i++)
		to->pod[i] = uid[i] == '_' ? '-' : uid[i];
}

static void read_unit(struct cgroup_path *to, const struct part *part, bool *is_slice)
{
	bool service = ends_with(part->begin, part->end, ".service") || ends_with(part->begin, part->end, ".scope");
	bool slice = ends_with(part->begin, part->end, ".slice");

	if ((to->unit[0] && !(service && *is_slice)) || !(service || slice))
		return;
	snprintf(to->unit, sizeof(to->unit), "%.*s", (int)(part->end - part->begin), part->begin);
	*is_slice = slice;
}

static const struct cgroup_rules *own_rules;

void cgroup_path__own_rules(const struct cgroup_rules *rules)
{
	own_rules = rules;
}

void cgroup_path__read(struct cgroup_path *to, const char *path)
{
	const char *end = path + strlen(path);
	struct part part = { end, end };
	bool is_slice = false;

	*to = (struct cgroup_path){ 0 };
	while (previous(path, &part)) {
		read_container(to, path, &part);
		read_pod(to, &part);
		read_unit(to, &part, &is_slice);
	}
	if (own_rules)
		cgroup_rules__apply(own_rules, to, path);
}
