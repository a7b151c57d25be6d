// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace leak --kernel: what kmemleak has found, by the path that allocated it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../base/log.h"
#include "../kernel/kmemleak_file.h"
#include "../kernel/line_file.h"
#include "leak.h"

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define FINDINGS    "/sys/kernel/debug/kmemleak"
#define PATHS_BYTES (4U << 20)

/* In the order of fill(). */
static const struct column columns[] = {
	{ .title = "LEAKED", .path = "bytes", .unit = UNIT_BYTES, .key = true, .main = true },
	{ .title = "OBJECTS", .path = "objects", .unit = UNIT_COUNT, .key = true },
	{ .title = "TASK AND CALL PATH", .path = "path", .left = true, .key = true, .path_of_calls = true },
};

struct leak_kmemleak {
	int fd; /* or -errno */
	struct held_paths found;
	/* below: what the report borrows */
	struct cell_list rows;
	struct column none;
	struct cell null;
};

static bool wanted(const struct options *options)
{
	return options->kernel_side;
}

static bool replayed(const struct session *session)
{
	(void)session;
	return false;
}

static int ready(struct leak_run *run)
{
	bool scan = run->tracing.session.options->kmemleak_scan;
	struct leak_kmemleak *kmemleak = run->kmemleak = calloc(1, sizeof(*kmemleak));

	if (!kmemleak) {
		log_error("cannot start: %s", strerror(ENOMEM));
		return EXIT_FAILED;
	}
	kmemleak->found.max_bytes = PATHS_BYTES;
	kmemleak->fd = open(FINDINGS, (scan ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NOFOLLOW);
	if (kmemleak->fd >= 0)
		return EXIT_OK;
	kmemleak->fd = -errno;
	if (!scan)
		return EXIT_OK;
	if (kmemleak->fd == -ENOENT)
		log_error("--scan: there is no " FINDINGS ": the kernel was built without kmemleak, or debugfs is not "
			  "mounted (mount -t debugfs debugfs /sys/kernel/debug)");
	else
		log_error("--scan: cannot open " FINDINGS ": %s", strerror(-kmemleak->fd));
	return EXIT_FAILED;
}

static int found(void *ctx, const struct kmemleak_object *object)
{
	const struct held_objects objects = { .bytes = object->bytes, .objects = 1 };
	const char *parts[KMEMLEAK_FRAMES + 1] = { object->comm };
	char comm[sizeof(object->comm)];
	size_t i;

	/* between functions stands ";", so a name has none */
	for (i = 0; i < sizeof(comm); i++)
		comm[i] = object->comm[i] == ';' ? ':' : object->comm[i];
	parts[0] = comm;
	for (i = 0; i < object->nr_functions; i++)
		parts[1 + i] = object->functions[object->nr_functions - 1 - i];
	return held_paths__add(ctx, &objects, false, parts, 1 + object->nr_functions);
}

/* When the run is over: what was found by then. */
static int sum_up(struct leak_run *run)
{
	struct leak_kmemleak *kmemleak = run->kmemleak;
	struct kmemleak_reading reading = { .found = found, .ctx = &kmemleak->found };
	int err;

	if (kmemleak->fd < 0)
		return 0;
	err = run->tracing.session.options->kmemleak_scan ? kmemleak_file__scan(kmemleak->fd) : 0;
	if (err)
		log_warn("--scan: kmemleak did not scan: %s", strerror(-err));
	err = line_file__each(kmemleak->fd, kmemleak_file__line, &reading);
	if (err && err != -EFBIG) {
		log_warn("what kmemleak found could not be read: %s", strerror(-err));
		close(kmemleak->fd);
		kmemleak->fd = err;
		return 0;
	}
	kmemleak_file__end(&reading);
	held_paths__settle(&kmemleak->found);
	return reading.err;
}

static int make_rows(struct leak_kmemleak *kmemleak)
{
	struct held_path **list;
	size_t nr, i;
	int err = held_paths__rank(&kmemleak->found, false, &list, &nr);
	struct cell *c;

	if (err)
		return err;
	c = cell_list__make(&kmemleak->rows, nr, NR(columns));
	for (i = 0; c && i < nr; i++) {
		*c++ = cell_uint(list[i]->living.bytes);
		*c++ = cell_uint(list[i]->living.objects);
		*c++ = cell_string(list[i]->text);
	}
	free(list);
	return c ? 0 : -ENOMEM;
}

static int add(struct leak_run *run, struct report *report)
{
	struct leak_kmemleak *kmemleak = run->kmemleak;
	int err;

	kmemleak->none = (struct column){ .path = "kmemleak" };
	kmemleak->null = cell_none();
	if (kmemleak->fd < 0) {
		report__add_values(report, &(struct values){ .path = "",
							     .columns = &kmemleak->none,
							     .cells = &kmemleak->null,
							     .nr_columns = 1 });
		return 0;
	}
	err = make_rows(kmemleak);
	if (err)
		return err;
	cell_list__add(&kmemleak->rows,
		       &(struct table){ .path = "kmemleak",
					.heading = "what kmemleak has found: memory to which nothing points",
					.empty = "kmemleak has found nothing",
					.columns = columns,
					.nr_columns = NR(columns) },
		       run->tracing.session.options->rows, NR(columns) - 1, report);
	return 0;
}

static void done(struct leak_run *run)
{
	struct leak_kmemleak *kmemleak = run->kmemleak;

	if (!kmemleak)
		return;
	if (kmemleak->fd >= 0)
		close(kmemleak->fd);
	held_paths__done(&kmemleak->found);
	cell_list__free(&kmemleak->rows);
	free(kmemleak);
	run->kmemleak = NULL;
}

const struct leak_section leak_kmemleak_section = {
	.name = "kmemleak",
	.wanted = wanted,
	.replayed = replayed,
	.ready = ready,
	.sum = sum_up,
	.add = add,
	.done = done,
};
