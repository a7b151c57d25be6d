/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The input is a file of rules about cgroups, and behind its last newline a path.  Whatever they say, what is refused
 * has a reason, and labels are strings of their size.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/model/cgroup_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *newline = size ? memrchr(data, '\n', size) : NULL;
	size_t len = newline ? newline - data + 1 : 0;
	char *path = strndup(size ? (const char *)data + len : "", size - len);
	struct cgroup_rules_error error;
	struct cgroup_rules *rules;
	struct cgroup_path labels;

	if (cgroup_rules__parse(&rules, len ? (const char *)data : "", len, &error)) {
		require(!rules && error.why[0]);
	} else {
		cgroup_path__own_rules(rules);
		cgroup_path__read(&labels, path);
		cgroup_path__own_rules(NULL);
		require(memchr(labels.container, 0, sizeof(labels.container)));
		require(memchr(labels.runtime, 0, sizeof(labels.runtime)));
		require(memchr(labels.pod, 0, sizeof(labels.pod)));
		require(memchr(labels.unit, 0, sizeof(labels.unit)));
		cgroup_rules__free(rules);
	}
	free(path);
	return 0;
}
