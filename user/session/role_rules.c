// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "role_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/log.h"

#define ROLE_RULES_FILE "/etc/memtrace/roles"

static int refuse(char *why, const char *what)
{
	snprintf(why, ROLES_WHY, "%s", what);
	return -EBADMSG;
}

/* Who may write to it decides what root's reports say. */
static int check(int fd, char *why)
{
	struct stat st;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return refuse(why, "is no regular file");
	if (st.st_uid != 0 && st.st_uid != geteuid()) {
		snprintf(why, ROLES_WHY, "belongs to user %u; expected root", st.st_uid);
		return -EBADMSG;
	}
	if (st.st_mode & (S_IWGRP | S_IWOTH))
		return refuse(why, "others than its owner may write to it; expected mode 0644 or less");
	if (st.st_size > ROLES_MAX_BYTES) {
		snprintf(why, ROLES_WHY, "has more than %d bytes", ROLES_MAX_BYTES);
		return -EBADMSG;
	}
	return 0;
}

/* It may grow meanwhile: what is behind the limit is not read. */
static int read_all(int fd, char *buf, size_t *len)
{
	ssize_t got = 1;

	for (*len = 0; got && *len < ROLES_MAX_BYTES; *len += (size_t)got) {
		got = read(fd, buf + *len, ROLES_MAX_BYTES - *len);
		if (got < 0)
			return -errno;
	}
	return 0;
}

static int add_file(struct roles *roles, int fd, char *why)
{
	char *text = malloc(ROLES_MAX_BYTES);
	size_t len;
	int err = text ? check(fd, why) : -ENOMEM;

	if (!err)
		err = read_all(fd, text, &len);
	if (!err)
		err = roles__add(roles, text, len, why);
	free(text);
	return err;
}

static int read_rules(struct roles *roles, const char *path, char why[ROLES_WHY])
{
	/* O_NONBLOCK: a FIFO, which is refused, must not keep it waiting */
	int fd = open(path ? path : ROLE_RULES_FILE, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err;

	why[0] = '\0';
	if (fd < 0 && !path && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	err = fd < 0 ? -errno : add_file(roles, fd, why);
	if (err && !why[0])
		snprintf(why, ROLES_WHY, "%s", strerror(-err));
	if (fd >= 0)
		close(fd);
	return err;
}

bool role_rules__shown(const struct session *session)
{
	const struct aggregate_config *config = &session->config.aggregate;

	return config->by == BY_ROLE || config->hist_by == BY_ROLE || config->also == BY_ROLE;
}

bool role_rules__needed(const struct session *session)
{
	return role_rules__shown(session) || session->config.record_only || session->options->record ||
	       session->options->history_dir;
}

/* Where roles are not shown, a file that is wrong is no reason not to record. */
int role_rules__open(struct session *session)
{
	const char *path = session->options->roles;
	char why[ROLES_WHY];

	if (path && !role_rules__shown(session)) {
		log_error("--roles: says what roles are, which only --by role shows; use both");
		return EXIT_USAGE;
	}
	if (!role_rules__needed(session) || !read_rules(&session->roles, path, why))
		return EXIT_OK;
	if (role_rules__shown(session)) {
		log_error("%s: %s", path ? path : ROLE_RULES_FILE, why);
		return EXIT_USAGE;
	}
	log_warn("%s: %s; without its rules", ROLE_RULES_FILE, why);
	roles__free(&session->roles);
	return EXIT_OK;
}
