// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kallsyms.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/stop.h"

/* A distribution's kernel has 200,000 functions, which take 10 MB. */
#define MAX_BYTES (64 * 1024 * 1024)

/* It has no sizes of functions; none is as long as this. */
#define MAX_FUNCTION_BYTES (256 * 1024)

/*
 * "ffffffff81000000 T _stext", and for a module "\t[ext4]" behind it.  0, also
 * for what is no function, or the error of symtab__add(); *hidden: it is one,
 * and its address is 0.
 */
static int add_line(struct symtab *tab, char *line, bool *hidden)
{
	char *word, *name, *module, *rest = NULL;
	uint64_t address;

	address = strtoull(line, &word, 16);
	*hidden = false;
	if (word == line || word[0] != ' ' || !word[1] || !strchr("tTwW", word[1]) || word[2] != ' ')
		return 0;
	*hidden = !address;
	name = strtok_r(word + 3, " \t\n", &rest);
	module = strtok_r(NULL, " \t[]\n", &rest);
	if (!name || !address)
		return 0;
	return symtab__add_unsized(tab, address, MAX_FUNCTION_BYTES, name, module ? module : "");
}

static int add_lines(struct symtab *tab, FILE *file)
{
	bool hidden, any_hidden = false;
	char *line = NULL;
	size_t cap = 0;
	int err = 0;

	while (!err && getline(&line, &cap, file) > 0) {
		err = stop__hurried() ? -ECANCELED : add_line(tab, line, &hidden);
		any_hidden |= hidden;
	}
	free(line);
	if (err || symtab__count(tab))
		return err;
	return any_hidden ? -EACCES : -ENODATA;
}

int kallsyms__read(const char *path, struct symtab **tab)
{
	FILE *file = fopen(path, "re");
	int err;

	*tab = NULL;
	if (!file)
		return -errno;
	*tab = symtab__new(MAX_BYTES);
	err = *tab ? add_lines(*tab, file) : -ENOMEM;
	fclose(file);
	if (err) {
		symtab__free(*tab);
		*tab = NULL;
	}
	return err;
}
