// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../base/clock.h"
#include "../report/output.h"
#include "wrapped.h"

/* The report as one output has it: owned by the caller; NULL: no memory. */
static char *as_text(const struct report *report, const char *format, const int64_t *wall_offset_ns, size_t *size)
{
	struct output output = { .ops = output__find(format), .wall_offset_ns = wall_offset_ns };
	char *text = NULL;
	int err;

	output.stream = open_memstream(&text, size);
	if (!output.stream)
		return NULL;
	err = output.ops->report(&output, report);
	if (fclose(output.stream) || err) {
		free(text);
		return NULL;
	}
	return text;
}

/* "oom-20261128T031244-java-812": of a name what every file system takes. */
static void name_files(char buf[KEEPER_NAME_MAX], uint64_t wall_ns, const char *name, uint32_t pid)
{
	time_t seconds = (time_t)(wall_ns / NSEC_PER_SEC);
	char when[24] = "", comm[20];
	struct tm tm;
	size_t i;

	if (gmtime_r(&seconds, &tm))
		strftime(when, sizeof(when), "%Y%m%dT%H%M%S", &tm);
	snprintf(comm, sizeof(comm), "%.16s", name);
	for (i = 0; comm[i]; i++)
		if (!isalnum((unsigned char)comm[i]))
			comm[i] = '_';
	snprintf(buf, KEEPER_NAME_MAX, OOM_FILES_PREFIX "%s-%s-%u", when, comm, pid);
}

void oom_files__stem(char buf[KEEPER_NAME_MAX], const struct oom_files_name *name)
{
	name_files(buf, name->wall_ns, name->what, name->pid);
}

void oom_files__add_recording(struct report *report, const char *recording, struct cell *storage)
{
	static const struct column columns[] = { { .path = "recording" } };

	*storage = *recording ? cell_string(recording) : cell_none();
	report__add_values(report,
			   &(struct values){ .path = "", .columns = columns, .cells = storage, .nr_columns = 1 });
	if (*recording)
		report__add_note(report, "%-*s%s", WRAPPED_LABEL, "recording", recording);
}

static bool put(struct keeper *keeper, const char *stem, const char *ending, char *data, size_t size)
{
	char name[KEEPER_NAME_MAX + 8];

	snprintf(name, sizeof(name), "%.*s.%s", KEEPER_NAME_MAX - 8, stem, ending);
	return keeper__put(keeper, name, data, size);
}

unsigned int oom_files__keep_recording(struct keeper *keeper, const struct oom_files_name *name, char *data,
				       size_t size)
{
	char stem[KEEPER_NAME_MAX];

	oom_files__stem(stem, name);
	return !put(keeper, stem, "rec", data, size);
}

unsigned int oom_files__pid(const char *name)
{
	const char *comm = strchr(name + strlen(OOM_FILES_PREFIX), '-');
	const char *pid = comm ? strchr(comm + 1, '-') : NULL;

	return pid ? (unsigned int)strtoul(pid + 1, NULL, 10) : 0;
}

unsigned int oom_files__keep_report(struct keeper *keeper, const struct oom_files_name *name,
				    const struct report *report, const int64_t *wall_offset_ns)
{
	static const char *const formats[][2] = { { "text", "txt" }, { "json", "json" } };
	char stem[KEEPER_NAME_MAX], *text;
	unsigned int failed = 0;
	size_t i, size;

	oom_files__stem(stem, name);
	for (i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		text = as_text(report, formats[i][0], wall_offset_ns, &size);
		failed += !text || !put(keeper, stem, formats[i][1], text, size);
	}
	return failed;
}

unsigned int oom_files__keep(struct keeper *keeper, const struct oom_kill *kill, const struct report *report,
			     const int64_t *wall_offset_ns)
{
	const struct oom_files_name name = { .wall_ns = kill->when.wall_ns,
					     .what = kill->victim.comm,
					     .pid = kill->victim.pid };

	return oom_files__keep_report(keeper, &name, report, wall_offset_ns);
}
