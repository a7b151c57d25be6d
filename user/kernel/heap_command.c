// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "heap_command.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"
#include "../symbols/elf_needed.h"

/* Of all libraries together. */
#define MAX_FILES 128

/* Where dynamic linkers look, on Debian, Fedora and others. */
#if defined(__x86_64__)
#define TRIPLE "x86_64-linux-gnu"
#else
#define TRIPLE "aarch64-linux-gnu"
#endif
#define DEFAULT_PATH                                                                                                   \
	"/lib/" TRIPLE ":/usr/lib/" TRIPLE ":/lib64:/usr/lib64:/lib:/usr/lib:/usr/local/lib:/usr/local/lib64"

struct command {
	struct heap_attach *attach;
	char *names[MAX_FILES]; /* owned: of files that were found, the program first */
	size_t nr;
	const char *of;	     /* whose needs are looked at */
	char path[PATH_MAX]; /* its DT_RUNPATH */
};

static void add_file(struct command *command, const char *path)
{
	size_t i;

	for (i = 0; i < command->nr; i++)
		if (!strcmp(command->names[i], path))
			return;
	if (command->nr == MAX_FILES)
		return;
	command->names[command->nr] = strdup(path);
	command->nr += command->names[command->nr] != NULL;
}

/* One directory of a path list with a name behind it; *rest moves on.  false: there is none. */
static bool next_path(const char **rest, const char *origin, const char *name, char *buf, size_t size)
{
	static const char own[] = "$ORIGIN", own_too[] = "${ORIGIN}";
	const char *dir = *rest, *end;
	size_t len, skip = 0;

	if (!dir || !*dir)
		return false;
	end = strchr(dir, ':');
	len = end ? (size_t)(end - dir) : strlen(dir);
	*rest = end ? end + 1 : dir + len;
	if (!strncmp(dir, own, sizeof(own) - 1))
		skip = sizeof(own) - 1;
	else if (!strncmp(dir, own_too, sizeof(own_too) - 1))
		skip = sizeof(own_too) - 1;
	if (skip > len)
		skip = 0;
	snprintf(buf, size, "%.*s%.*s/%s", skip ? (int)(strrchr(origin, '/') - origin) : 0, origin, (int)(len - skip),
		 dir + skip, name);
	return true;
}

static bool find_in(struct command *command, const char *list, const char *name)
{
	char path[PATH_MAX];

	while (next_path(&list, command->of, name, path, sizeof(path))) {
		if (path[0] != '/' || access(path, R_OK))
			continue;
		add_file(command, path);
		return true;
	}
	return false;
}

static void add_library(struct command *command, const char *name)
{
	if (strchr(name, '/'))
		add_file(command, name);
	else if (!find_in(command, command->path, name) && !find_in(command, getenv("LD_LIBRARY_PATH"), name))
		find_in(command, DEFAULT_PATH, name);
}

static void take_path(void *ctx, enum elf_need need, const char *text)
{
	struct command *command = ctx;

	if (need == ELF_NEEDS_PATH)
		snprintf(command->path, sizeof(command->path), "%s", text);
}

static void take_need(void *ctx, enum elf_need need, const char *text)
{
	struct command *command = ctx;

	if (need == ELF_NEEDS_LINKER)
		add_file(command, text);
	else if (need == ELF_NEEDS_LIBRARY)
		add_library(command, text);
}

/* "#!/bin/sh -e" */
static void take_script(struct command *command, int fd)
{
	char line[256], *name;
	ssize_t len = pread(fd, line, sizeof(line) - 1, 0);

	if (len < 3 || line[0] != '#' || line[1] != '!')
		return;
	line[len] = '\0';
	name = line + 2 + strspn(line + 2, " \t");
	name[strcspn(name, " \t\r\n")] = '\0';
	if (name[0] == '/')
		add_file(command, name);
}

/* LD_PRELOAD: names with colons or spaces between. */
static void add_preloaded(struct command *command, const char *list)
{
	char *copy = list ? strdup(list) : NULL, *rest = NULL, *name;

	for (name = copy ? strtok_r(copy, ": ", &rest) : NULL; name; name = strtok_r(NULL, ": ", &rest))
		add_library(command, name);
	free(copy);
}

static void look_at(struct command *command, size_t at)
{
	int fd = open_regular(AT_FDCWD, command->names[at], false), err;
	struct elf_file file;

	if (fd < 0)
		return;
	take_script(command, fd);
	command->of = command->names[at];
	command->path[0] = '\0';
	err = elf_file__open(&file, dup(fd));
	if (!err) {
		elf_file__visit_needed(&file, take_path, command);
		elf_file__visit_needed(&file, take_need, command);
		elf_file__close(&file);
	}
	heap_attach__file(command->attach, fd, command->names[at], NULL);
}

static void find_program(struct command *command, const char *program)
{
	char path[PATH_MAX];

	if (strchr(program, '/')) {
		if (realpath(program, path))
			add_file(command, path);
		return;
	}
	command->of = "/";
	find_in(command, getenv("PATH"), program);
}

void heap_attach__command(struct heap_attach *attach, char *const *words)
{
	static const char preload[] = "LD_PRELOAD=";
	struct command *command = calloc(1, sizeof(*command));
	size_t at;

	if (!command)
		return;
	command->attach = attach;
	find_program(command, words[0]);
	command->of = "/";
	add_preloaded(command, getenv("LD_PRELOAD"));
	for (at = 1; words[at]; at++)
		if (!strncmp(words[at], preload, sizeof(preload) - 1))
			add_preloaded(command, words[at] + sizeof(preload) - 1);
	for (at = 0; at < command->nr; at++)
		look_at(command, at);
	while (command->nr)
		free(command->names[--command->nr]);
	free(command);
}
