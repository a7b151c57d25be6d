// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_name.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define CONTAINER_PREFIX 6

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

bool cgroup_name__means(const char *text, const char *name)
{
	return names_unit(name, text) || names_container(name, text);
}
