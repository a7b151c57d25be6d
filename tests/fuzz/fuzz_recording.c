/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A whole recording, replayed by a command into its output: reader, pipeline,
 * aggregate, report, JSON.  Byte 12, which is reserved in the format, chooses the command, and byte 13 whether the
 * recording is a file, or the first of two segments of a history; the second one is what comes before a boundary of
 * blocks (byte 14) and so many bytes more (byte 15).  In half of those the first one is written again before, as if it
 * were to be thinned: if that works, the new one is whole.
 *
 * Built without checksums counting (user/recording/block.c).  The mutator
 * changes what is in a block and keeps its frame right, most of the time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/cli/command.h"
#include "../../user/cli/options.h"
#include "../../user/recording/format.h"
#include "../../user/recording/reader.h"
#include "../../user/recording/rewrite.h"

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define MAX_WORDS   10
#define COMMAND_AT  12
#define MODE_AT	    13 /* 0 and what is left after division by 4: a file */
#define FIRST	    "20261130T000000Z-00000001.rec"
#define SECOND	    "20261130T010000Z-00000002.rec"
#define MAX_BLOCKS  64
#define DURATION_NS "-d", "2s"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

static const char *const runs[][MAX_WORDS] = {
	{ "stat", "--json", "-o", "/dev/null" },
	{ "stat", "-i", "10ms", "--by", "thread", "-o", "/dev/null" },
	{ "stat", "--by", "cgroup", "-o", "/dev/null", DURATION_NS },
	{ "trace", "--json", "-o", "/dev/null" },
	{ "trace", "-o", "/dev/null" },
	{ "hist", "--by", "cgroup", "--json", "-o", "/dev/null" },
	{ "export", "--once", "--textfile", "/dev/null" },
	{ "replay", "--json", "-o", "/dev/null" },
	{ "trace", "--stacks", "-o", "/dev/null" },
	{ "stalls", "-i", "10ms", "--json", "-o", "/dev/null" },
	{ "stalls", "--by", "cgroup", "-k", "1", "-o", "/dev/null" },
	{ "timeline", "--json", "-o", "/dev/null" },
	{ "timeline", "-n", "mt-trigger", "-o", "/dev/null", DURATION_NS },
	{ "stat", "--by", "role", "--json", "-o", "/dev/null" },
	{ "export", "--once", "--by", "role,comm", "--textfile", "/dev/null" },
	{ "map", "-i", "10ms", "--json", "-o", "/dev/null" },
	{ "map", "--by", "cgroup", "-k", "1", "-o", "/dev/null", DURATION_NS },
	{ "stacks", "--format", "pprof", "-o", "/dev/null" },
	{ "trace", "--stacks", "--format", "perfetto", "-o", "/dev/null" },
	{ "timeline", "--format", "perfetto", "-o", "/dev/null" },
	{ "stat", "-i", "10ms", "--format", "csv", "-o", "/dev/null" },
	{ "hist", "--format", "csv", "-o", "/dev/null" },
	{ "stat", "--from", "10ms", "--against", "1ms", "--json", "-o", "/dev/null" },
	{ "stalls", "--against", "100ms", "--by", "role", "-k", "2", "-o", "/dev/null" },
};

static void run(const char *const *words, const char *recording)
{
	const struct command *command = command__find(words[0]);
	struct options options;
	char *argv[MAX_WORDS + 1] = { NULL };
	int argc;

	for (argc = 0; argc < MAX_WORDS && words[argc]; argc++)
		argv[argc] = (char *)words[argc];
	options__init(&options);
	options.replay = recording;
	if (!options__parse(&options, command, argc, argv, 1))
		command->run(&options);
	options__free(&options);
}

/* Where blocks begin, as far as they follow each other; the last is where that ends. */
static size_t find_blocks(const uint8_t *data, size_t size, size_t *at)
{
	struct block_head head;
	size_t nr = 0;

	at[0] = sizeof(struct file_head);
	while (nr < MAX_BLOCKS && size >= sizeof(head) && at[nr] <= size - sizeof(head)) {
		memcpy(&head, data + at[nr], sizeof(head));
		if (head.size > size - sizeof(head) - at[nr])
			break;
		at[nr + 1] = at[nr] + sizeof(head) + head.size;
		nr++;
	}
	return nr;
}

static void put(int dir, const char *name, const uint8_t *data, size_t size)
{
	int fd = openat(dir, name, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	close(fd);
}

/* What was written again can be read; one that was cut off has no end, before and after. */
static void check_whole(int dir)
{
	int fd = openat(dir, FIRST, O_RDONLY | O_CLOEXEC);
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
	struct reader reader;
	const void *record;

	if (!stream || reader__open(&reader, stream))
		abort();
	while (reader__next(&reader, &record) > 0)
		;
	if (reader.state == READER_DAMAGED)
		abort();
	reader__close(&reader);
	fclose(stream);
}

static void write_again(int dir, uint64_t every_ns)
{
	struct rewrite *rewrite;
	int more = 1;

	if (rewrite__new(&rewrite, dir, FIRST, every_ns))
		return;
	while (more > 0)
		more = rewrite__step(rewrite, 1000000000, 1 << 30);
	rewrite__free(rewrite);
	if (!more)
		check_whole(dir);
}

static void run_history(const uint8_t *data, size_t size)
{
	char path[] = "/tmp/memtrace-fuzz-XXXXXX";
	size_t at[MAX_BLOCKS + 1], nr = find_blocks(data, size, at), cut;
	int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (dir < 0)
		abort();
	cut = at[data[MODE_AT + 1] % (nr + 1)] + data[MODE_AT + 2];
	put(dir, FIRST, data, size);
	put(dir, SECOND, data, cut < size ? cut : size);
	if (data[MODE_AT] % 4 > 1)
		write_again(dir, data[MODE_AT] / 4 * 10000000ULL);
	run(runs[data[COMMAND_AT] % NR(runs)], path);
	unlinkat(dir, FIRST, 0);
	unlinkat(dir, SECOND, 0);
	close(dir);
	if (rmdir(path))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd;

	if (size > sizeof(struct file_head) && data[MODE_AT] % 4) {
		run_history(data, size);
		return 0;
	}
	fd = memfd_create("recording", MFD_CLOEXEC);
	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run(runs[size > COMMAND_AT ? data[COMMAND_AT] % NR(runs) : 0], path);
	close(fd);
	return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t at[MAX_BLOCKS + 1], nr = find_blocks(data, size, at), from, old, rest, new;
	struct block_head head;
	uint8_t *payload;

	srand(seed);
	if (size >= sizeof(struct file_head) && rand() % 8 == 0)
		data[COMMAND_AT + (size_t)rand() % 4] = (uint8_t)rand();
	if (!nr || rand() % 16 == 0)
		return LLVMFuzzerMutate(data, size, max_size);
	from = at[(size_t)rand() % nr];
	memcpy(&head, data + from, sizeof(head));
	old = head.size;
	rest = size - from - sizeof(head) - old;
	payload = malloc(old + max_size - size + 1);
	if (!payload)
		abort();
	memcpy(payload, data + from + sizeof(head), old);
	new = LLVMFuzzerMutate(payload, old, old + max_size - size);
	memmove(data + from + sizeof(head) + new, data + from + sizeof(head) + old, rest);
	memcpy(data + from + sizeof(head), payload, new);
	free(payload);
	if (head.codec == CODEC_NONE)
		head.raw_size = new;
	head.size = new;
	memcpy(data + from, &head, sizeof(head));
	return size - old + new;
}
