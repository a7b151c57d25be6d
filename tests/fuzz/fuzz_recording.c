/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A whole recording, replayed by a command into its output: reader, pipeline,
 * aggregate, report, JSON.  Byte 12, which is reserved in the format, chooses the command.
 *
 * Built without checksums counting (user/recording/block.c).  The mutator
 * changes what is in a block and keeps its frame right, most of the time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../user/cli/command.h"
#include "../../user/cli/options.h"
#include "../../user/recording/format.h"

#define NR(array)   (sizeof(array) / sizeof(*(array)))
#define MAX_WORDS   8
#define COMMAND_AT  12
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[64];
	int fd = memfd_create("recording", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	run(runs[size > COMMAND_AT ? data[COMMAND_AT] % NR(runs) : 0], path);
	close(fd);
	return 0;
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

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	size_t at[MAX_BLOCKS + 1], nr = find_blocks(data, size, at), from, old, rest, new;
	struct block_head head;
	uint8_t *payload;

	srand(seed);
	if (size > COMMAND_AT && rand() % 8 == 0)
		data[COMMAND_AT] = (uint8_t)rand();
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
