// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "own_rules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../base/log.h"
#include "../base/owned_file.h"
#include "../model/cgroup_rules.h"
#include "options.h"

#define DEFAULT_FILE "/etc/memtrace/cgroups"

/* Lives as long as the process. */
static struct cgroup_rules *rules;

static int parse(const char *path, const char *text, size_t size)
{
	struct cgroup_rules_error error;
	int err = cgroup_rules__parse(&rules, text, size, &error);

	if (err == -EINVAL && error.line)
		log_error("--cgroup-rules: %s:%u: %s", path, error.line, error.why);
	else if (err)
		log_error("--cgroup-rules: %s: %s", path, err == -EINVAL ? error.why : strerror(-err));
	return err;
}

int own_rules__read(const struct options *options)
{
	const char *path = options->cgroup_rules ? options->cgroup_rules : DEFAULT_FILE;
	char why[OWNED_FILE_WHY], *text;
	size_t size;
	int err = owned_file__read(path, CGROUP_RULES_TEXT_MAX, &text, &size, why);

	if (err == -ENOENT && !options->cgroup_rules)
		return EXIT_OK;
	if (err)
		log_error("--cgroup-rules: %s: %s", path, why);
	else
		err = parse(path, text, size);
	free(text);
	if (err)
		return EXIT_USAGE;
	log_debug("%zu rules about cgroups from %s", cgroup_rules__nr(rules), path);
	cgroup_path__own_rules(rules);
	return EXIT_OK;
}
