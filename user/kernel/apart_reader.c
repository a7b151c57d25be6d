// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "apart_impl.h"
#include "apart_questions.h"
#include "../base/clock.h"
#include "proc.h"
#include "proc_maps.h"
#include "symbols.h"
#include "../symbols/demangle.h"

/* Questions come from memtrace itself; more than that is a mistake. */
#define MAX_ADDRESSES 1024
/* How long the files behind one process's mappings may take. */
#define MAPS_LIMIT_NS 300000000ULL

void apart_reader__get_pids(struct message_cursor *question, uint32_t *pids, size_t *nr)
{
	uint64_t count = message__get_u64(question);

	*nr = count < MAPS_ACCESS_PIDS ? (size_t)count : MAPS_ACCESS_PIDS;
	for (size_t i = 0; i < count && !question->failed; i++) {
		uint32_t pid = (uint32_t)message__get_u64(question);

		if (i < MAPS_ACCESS_PIDS)
			pids[i] = pid;
	}
}

static void put_maps(struct message *answer, int err, uint32_t pid, uint64_t unread, const struct proc_maps *maps)
{
	size_t nr = maps ? proc_maps__count(maps) : 0;

	message__put_u64(answer, (uint64_t)-err);
	message__put_u64(answer, pid);
	message__put_u64(answer, unread);
	message__put_u64(answer, nr);
	for (size_t i = 0; i < nr; i++)
		message__put_mapping(answer, proc_maps__at(maps, i));
}

/* Adds the mappings that the kernel reported of a process to those in /proc, if that was asked for. */
static void add_announced(struct message_cursor *question, struct maps_access *access, struct proc_maps *maps)
{
	uint64_t nr = message__get_u64(question);
	char path[MESSAGE_PATH_SIZE];
	struct mapping mapping;

	for (; maps && nr && !question->failed; nr--) {
		message__get_mapping(question, &mapping, path);
		if (question->failed || proc_maps__find(maps, mapping.start))
			continue;
		proc_maps__describe(access, &mapping);
		proc_maps__put(maps, &mapping);
	}
}

static void answer_maps(struct symbols *symbols, struct message_cursor *question, struct message *answer)
{
	struct maps_access access = { .until_ns = clock__boot_ns() + MAPS_LIMIT_NS,
				      .cache = symbols__elf_cache(symbols) };
	uint64_t nr_read = message__get_u64(question), start_ns = message__get_u64(question), i = 0;
	struct proc_maps *maps = NULL;
	uint32_t pid = 0;
	int err = 0;

	apart_reader__get_pids(question, access.pids, &access.nr);
	for (; !maps && i < nr_read && i < access.nr; i++) {
		pid = access.pids[i];
		err = proc_maps__read_with(pid, i ? 0 : start_ns, &access, &maps);
	}
	if (!maps)
		maps = proc_maps__new(pid);
	add_announced(question, &access, maps);
	put_maps(answer, err, err ? 0 : pid, access.unread, maps);
	proc_maps__free(maps);
}

static void put_name(struct message *answer, const char *name, uint64_t naming)
{
	char buf[SYMBOL_NAME_MAX + 1];

	if (!(naming & APART_MANGLED))
		name = demangle(name, buf, sizeof(buf));
	message__put_string(answer, name, strlen(name));
}

static void put_names(struct message *answer, const struct stack_frame *frames, size_t nr, uint64_t naming)
{
	message__put_u64(answer, nr);
	for (size_t i = 0; i < nr; i++) {
		const char *inlined = frames[i].inlined_names;

		message__put_u64(answer, frames[i].offset);
		put_name(answer, frames[i].symbol ? frames[i].symbol : "", naming);
		message__put_u64(answer, frames[i].nr_inlined);
		for (size_t j = 0; j < frames[i].nr_inlined; j++, inlined += strlen(inlined) + 1)
			put_name(answer, inlined, naming);
	}
}

struct proc_maps *apart_reader__get_maps(struct message_cursor *question, uint32_t pid)
{
	struct proc_maps *maps = proc_maps__new(pid);
	uint64_t nr = message__get_u64(question);
	char path[MESSAGE_PATH_SIZE];
	struct mapping mapping;

	for (; maps && nr && !question->failed; nr--) {
		message__get_mapping(question, &mapping, path);
		if (!question->failed)
			proc_maps__add(maps, &mapping);
	}
	return maps;
}

static void answer_names(struct symbols *symbols, struct message_cursor *question, struct message *answer)
{
	struct stack_frame frames[MAX_ADDRESSES];
	uint64_t addresses[MAX_ADDRESSES], nr;
	uint32_t pids[MAPS_ACCESS_PIDS];
	struct jit_process process;
	struct proc_maps *maps;
	size_t nr_pids, i;
	uint64_t naming;

	apart_reader__get_pids(question, pids, &nr_pids);
	maps = apart_reader__get_maps(question, nr_pids ? pids[0] : 0);
	nr = message__get_u64(question);
	for (i = 0; i < nr && i < MAX_ADDRESSES; i++)
		addresses[i] = message__get_u64(question);
	naming = message__get_u64(question);
	process.pid = (uint32_t)message__get_u64(question);
	process.uid = (uint32_t)message__get_u64(question);
	process.start_ns = message__get_u64(question);
	symbols__of_process(symbols, &process);
	symbols__through(symbols, pids, nr_pids);
	if (naming & APART_NO_INLINED)
		symbols__without_inlined(symbols);
	symbols__user(symbols, maps, addresses, i, frames);
	put_names(answer, frames, i, naming);
	proc_maps__free(maps);
}

void apart_reader__answer(struct symbols *symbols, struct message_cursor *question, struct message *answer)
{
	switch (message__get_u64(question)) {
	case APART_MAPS:
		answer_maps(symbols, question, answer);
		break;
	case APART_NAMES:
		answer_names(symbols, question, answer);
		break;
	case APART_UNWIND:
		apart_reader__unwind(symbols, question, answer);
		break;
	case APART_RULE:
		apart_reader__rule(symbols, question, answer);
	}
}

static bool transfer(int fd, char *bytes, size_t size, ssize_t (*how)(int fd, char *bytes, size_t size))
{
	ssize_t done;

	while (size) {
		done = how(fd, bytes, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return false;
		bytes += done;
		size -= (size_t)done;
	}
	return true;
}

static ssize_t receive_some(int fd, char *bytes, size_t size)
{
	return recv(fd, bytes, size, 0);
}

static ssize_t send_some(int fd, char *bytes, size_t size)
{
	return send(fd, bytes, size, MSG_NOSIGNAL);
}

static bool serve_one(int fd, struct symbols *symbols)
{
	struct message answer = { 0 };
	struct apart_head head = { 0 };
	struct message_cursor cursor;
	char *question = NULL;
	bool ok;

	message__put_bytes(&answer, &head, sizeof(head));
	ok = transfer(fd, (char *)&head, sizeof(head), receive_some) && head.size <= MESSAGE_MAX;
	if (ok)
		question = malloc(head.size + 1);
	ok = ok && question && transfer(fd, question, head.size, receive_some);
	if (ok) {
		cursor = (struct message_cursor){ question, question + head.size, false };
		apart_reader__answer(symbols, &cursor, &answer);
		head.size = answer.size - sizeof(head);
		ok = !answer.failed;
	}
	if (ok) {
		memcpy(answer.bytes, &head, sizeof(head));
		ok = transfer(fd, answer.bytes, answer.size, send_some);
	}
	free(answer.bytes);
	free(question);
	return ok;
}

/* The other end does not block: this one may. */
void apart_reader__serve(int fd, const char *dir)
{
	struct symbols *symbols = symbols__new(dir, SYMBOLS_MAX_BYTES);
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	while (symbols && serve_one(fd, symbols))
		;
	symbols__free(symbols);
}
