// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "counters.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "key_file.h"

static bool is_named(const char *names, const char *name, size_t len)
{
	const char *at, *end;
	size_t word;

	for (at = names; *at; at = end + strspn(end, " ")) {
		end = at + strcspn(at, " ");
		word = end - at;
		if (at[word - 1] == '*' ? len >= word - 1 && !memcmp(at, name, word - 1) :
					  len == word && !memcmp(at, name, len))
			return true;
	}
	return false;
}

struct sums {
	struct counter_sum *list;
	size_t nr;
};

static void take(void *ctx, const struct key_value *entry)
{
	const struct sums *sums = ctx;
	uint64_t value;
	size_t i;

	if (!key_file__number(entry, 0, &value))
		return;
	for (i = 0; i < sums->nr; i++) {
		if (!is_named(sums->list[i].names, entry->key, entry->key_len))
			continue;
		sums->list[i].found = true;
		sums->list[i].sum += value;
	}
}

void counters__parse(const char *text, struct counter_sum *list, size_t nr)
{
	struct sums sums = { list, nr };

	key_file__each(text, strlen(text), take, &sums);
}

static int read_whole(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	if (fd < 0)
		return -errno;
	len = key_file__read(fd, buf, size);
	close(fd);
	return len < 0 ? (int)len : 0;
}

int counters__read(const char *path, struct counter_sum *sums, size_t nr)
{
	char buf[KEY_FILE_MAX];
	int err = read_whole(path, buf, sizeof(buf));

	if (!err)
		counters__parse(buf, sums, nr);
	return err;
}

int counters__read_one(const char *path, uint64_t *value)
{
	char buf[32];
	int err = read_whole(path, buf, sizeof(buf));

	if (err)
		return err;
	return key_file__number(&(struct key_value){ .value = buf, .value_len = strlen(buf) }, 0, value) ? 0 : -EINVAL;
}
