// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "kmemleak_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BEGIN "unreferenced object "

void kmemleak_file__end(struct kmemleak_reading *reading)
{
	int err;

	if (!reading->in_object)
		return;
	err = reading->found(reading->ctx, &reading->object);
	if (!reading->err)
		reading->err = err;
	reading->in_object = reading->in_frames = false;
}

/* "unreferenced object 0xffff888100c2a000 (size 64):", from 6.14 on also "(percpu) 0x7f... (size 8):" */
static void begin_object(struct kmemleak_reading *reading, const char *line)
{
	const char *size = strstr(line, "(size ");
	uint64_t bytes;

	kmemleak_file__end(reading);
	if (!size || sscanf(size, "(size %19" SCNu64 "):", &bytes) != 1)
		return;
	memset(&reading->object, 0, sizeof(reading->object));
	reading->object.bytes = bytes;
	reading->in_object = true;
}

/* comm "insmod", pid 812, jiffies 4294894652 (age 12.345s): a name may have quotes in it. */
static void take_comm(struct kmemleak_object *object, const char *text)
{
	const char *end, *at = text;

	for (end = NULL; (at = strstr(at, "\", pid ")); at++)
		end = at;
	if (!end)
		return;
	snprintf(object->comm, sizeof(object->comm), "%.*s",
		 (int)(end - text < (int)sizeof(object->comm) ? end - text : (int)sizeof(object->comm)), text);
}

/* "[<00000000ab1c2d3e>] kmem_cache_alloc+0x6b/0x1f0", on newer kernels without the address; "[module]" may follow. */
static void take_function(struct kmemleak_object *object, const char *text)
{
	const char *name = text;
	size_t len;

	if (!strncmp(name, "[<", 2)) {
		name = strstr(name, ">] ");
		if (!name)
			return;
		name += 3;
	}
	len = strcspn(name, "+ ");
	if (!len || object->nr_functions == KMEMLEAK_FRAMES)
		return;
	snprintf(object->functions[object->nr_functions++], KMEMLEAK_FUNCTION, "%.*s",
		 (int)(len < KMEMLEAK_FUNCTION ? len : KMEMLEAK_FUNCTION), name);
}

void kmemleak_file__line(void *ctx, char *line)
{
	struct kmemleak_reading *reading = ctx;
	const char *text = line + strspn(line, " \t");

	if (!strncmp(line, BEGIN, sizeof(BEGIN) - 1)) {
		begin_object(reading, line);
		return;
	}
	if (!reading->in_object)
		return;
	if (!strncmp(text, "backtrace", 9))
		reading->in_frames = true;
	else if (reading->in_frames)
		take_function(&reading->object, text);
	else if (!strncmp(text, "comm \"", 6))
		take_comm(&reading->object, text + 6);
}

int kmemleak_file__scan(int fd)
{
	return write(fd, "scan", 4) == 4 ? 0 : -errno;
}
