/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The input is a name of a thread, a title, and a file of rules, a line each; what the rules make of the names is
 * looked at. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/model/roles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

/* Takes a line of the input into size bytes of to. */
static void take_line(const char **at, size_t *left, char *to, size_t size)
{
	const char *newline = memchr(*at, '\n', *left);
	size_t len = newline ? (size_t)(newline - *at) : *left, kept = len < size ? len : size - 1;

	memcpy(to, *at, kept);
	to[kept] = '\0';
	*at += newline ? len + 1 : len;
	*left -= newline ? len + 1 : len;
}

static void name(const struct roles *roles, const char *comm, const char *thread, const char *title)
{
	struct mt_who who = { 0 };
	struct role_name name;

	memcpy(who.comm, comm, strnlen(comm, sizeof(who.comm)));
	memcpy(who.tcomm, thread, strnlen(thread, sizeof(who.tcomm)));
	roles__name(roles, &who, title, &name);
	require(memchr(name.program, '\0', sizeof(name.program)) && memchr(name.role, '\0', sizeof(name.role)));
	roles__name(roles, &who, NULL, &name);
	require(memchr(name.role, '\0', sizeof(name.role)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const comms[] = { "java", "postgres", "redis-server", "nginx", "node", "p", "bash" };
	const char *at = (const char *)data;
	struct roles roles = { 0 };
	char thread[64], title[128], why[ROLES_WHY];
	size_t i;
	int err;

	take_line(&at, &size, thread, sizeof(thread));
	take_line(&at, &size, title, sizeof(title));
	memset(why, 0, sizeof(why));
	err = roles__add(&roles, at, size, why);
	require(!err || (err == -EBADMSG && why[0] && memchr(why, '\0', sizeof(why))));
	require(roles.nr <= ROLES_MAX);
	/* also by what was read before a line was wrong */
	for (i = 0; i < sizeof(comms) / sizeof(*comms); i++)
		name(&roles, comms[i], thread, title);
	name(&roles, thread, thread, title);
	roles__free(&roles);
	return 0;
}
