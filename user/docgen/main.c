// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * docgen DIR: writes what derives from rows into DIR: the man pages, the completion, the reference of events and
 * metrics, and the JSON schemas of samples.  The same rows give the same bytes, so that a check can compare them with
 * what is committed.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/log.h"
#include "../base/outfile.h"
#include "../cli/command.h"
#include "docgen.h"

typedef void (*write_fn)(FILE *out, const struct command *command);

static const char *const dirs[] = { ".", "man", "completion", "schema" };

static const struct {
	const char *name;
	write_fn write;
} pages[] = {
	{ "events.md", docgen__events },
	{ "timeline-rules.md", docgen__timeline_rules },
	{ "schema/samples.json", docgen__samples_schema },
	{ "schema/cgroup.json", docgen__cgroups_schema },
	{ "schema/keyed.json", docgen__keyed_schema },
	{ "completion/memtrace", docgen__completion },
	{ "man/memtrace.8", docgen__memtrace_page },
};

static int write_page(const char *dir, const char *name, write_fn write, const struct command *command)
{
	struct outfile file;
	char path[4096];
	int err;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	err = outfile__open(&file, path, OUTFILE_REPORT);
	if (!err) {
		write(file.stream, command);
		err = outfile__finish(&file, 0);
	}
	if (err)
		outfile__report(&file, err);
	return err;
}

static int write_command(const char *dir, const struct command *command)
{
	char name[128];

	snprintf(name, sizeof(name), "man/memtrace-%s.8", command->name);
	return write_page(dir, name, docgen__command_page, command);
}

static int make_dir(const char *dir, const char *name)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (!mkdir(path, 0755) || errno == EEXIST)
		return 0;
	log_error("cannot create directory '%s': %s", path, strerror(errno));
	return -errno;
}

static int write_all(const char *dir)
{
	int err = 0;

	for (size_t i = 0; !err && i < sizeof(dirs) / sizeof(*dirs); i++)
		err = make_dir(dir, dirs[i]);
	for (size_t i = 0; !err && i < sizeof(pages) / sizeof(*pages); i++)
		err = write_page(dir, pages[i].name, pages[i].write, NULL);
	for (const struct command *const *command = commands; !err && *command; command++)
		err = write_command(dir, *command);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		log_error("docgen: expected one argument, the directory to write into");
		return EXIT_USAGE;
	}
	return write_all(argv[1]) ? EXIT_FAILED : EXIT_OK;
}
