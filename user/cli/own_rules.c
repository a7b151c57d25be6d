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

/* Those that hold.  They live until others take their place. */
static struct cgroup_rules *rules;

static void take(struct cgroup_rules *others)
{
	cgroup_path__own_rules(others);
	cgroup_rules__free(rules);
	rules = others;
}

static int parse(const char *path, const char *text, size_t size, struct cgroup_rules **parsed)
{
	struct cgroup_rules_error error;
	int err = cgroup_rules__parse(parsed, text, size, &error);

	if (err == -EINVAL && error.line)
		log_error("--cgroup-rules: %s:%u: %s", path, error.line, error.why);
	else if (err)
		log_error("--cgroup-rules: %s: %s", path, err == -EINVAL ? error.why : strerror(-err));
	return err;
}

int own_rules__read(const struct options *options)
{
	const char *path = options->cgroup_rules ? options->cgroup_rules : DEFAULT_FILE;
	char why[OWNED_FILE_WHY], *text = NULL;
	struct cgroup_rules *parsed = NULL;
	size_t size;
	int err = owned_file__read(path, CGROUP_RULES_TEXT_MAX, &text, &size, why);

	if (err == -ENOENT && !options->cgroup_rules) {
		take(NULL);
		return EXIT_OK;
	}
	if (err)
		log_error("--cgroup-rules: %s: %s", path, why);
	else
		err = parse(path, text, size, &parsed);
	free(text);
	if (err)
		return EXIT_USAGE;
	log_debug("%zu rules about cgroups from %s", cgroup_rules__nr(parsed), path);
	take(parsed);
	return EXIT_OK;
}
