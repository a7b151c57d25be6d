// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "oom_parser_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oom_log_line.h"

/* A victim whose kill was longer ago is gone. */
#define EARLIER_NS 60000000000ULL

/* Messages of several lines, which /dev/kmsg gives as one: what they begin with. */
static const char *const multi_line[] = { "anon ", "cache ", "active_anon:" };

struct oom_parser *oom_parser__new(int (*take)(void *ctx, const struct oom_kill *kill), void *ctx)
{
	struct oom_parser *parser = calloc(1, sizeof(*parser));

	if (!parser)
		return NULL;
	parser->take = take;
	parser->ctx = ctx;
	return parser;
}

static void free_pending(struct oom_pending *pending)
{
	oom_kill__done(&pending->kill);
	free(pending);
}

void oom_parser__free(struct oom_parser *parser)
{
	size_t i;

	if (!parser)
		return;
	for (i = 0; i < parser->nr_pending; i++)
		free_pending(parser->pending[i]);
	free(parser);
}

/* How many were killed soon after the oldest kill. */
static uint64_t count_further(const struct oom_parser *parser)
{
	const struct oom_kill *oldest = &parser->pending[0]->kill;
	uint64_t nr = 0, ns;
	size_t i;

	if (oldest->when.clock == OOM_CLOCK_NONE)
		return MT_UNKNOWN_U64;
	for (i = 1; i < parser->nr_pending; i++) {
		ns = oom_moment__between(&oldest->when, &parser->pending[i]->kill.when);
		nr += ns <= OOM_FURTHER_NS && parser->pending[i]->kill.outcome == OOM_OUTCOME_KILLED;
	}
	return nr;
}

static void take_oldest(struct oom_parser *parser)
{
	struct oom_pending *oldest = parser->pending[0];

	oldest->kill.further_kills = count_further(parser);
	oom_pending__finish(oldest);
	if (!parser->err)
		parser->err = parser->take(parser->ctx, &oldest->kill);
	parser->nr_held -= oldest->kill.nr_tasks;
	memmove(parser->pending, parser->pending + 1, --parser->nr_pending * sizeof(struct oom_pending *));
	if (parser->last == oldest)
		parser->last = NULL;
	free_pending(oldest);
}

/* Who was killed shortly before: they may be in the table, but are not chosen again. */
static void add_earlier(const struct oom_parser *parser, struct oom_kill *kill)
{
	size_t i;

	for (i = 0; i < OOM_EARLIER_MAX && i < parser->nr_killed; i++) {
		uint64_t ns = oom_moment__between(&parser->killed[i].when, &kill->when);

		if (ns == MT_UNKNOWN_U64 || ns <= EARLIER_NS)
			kill->earlier[kill->nr_earlier++] = parser->killed[i].pid;
	}
}

struct oom_pending *oom_parser__begin(struct oom_parser *parser, const struct oom_moment *when)
{
	struct oom_pending *pending;

	while (parser->nr_pending == OOM_PENDING_MAX || (parser->nr_pending && parser->nr_held > OOM_HELD_MAX))
		take_oldest(parser);
	pending = calloc(1, sizeof(*pending));
	if (!pending) {
		parser->err = parser->err ? parser->err : -ENOMEM;
		parser->last = NULL;
		return NULL;
	}
	oom_kill__init(&pending->kill);
	memset(&pending->info, 0xff, sizeof(pending->info));
	pending->ram_pages = pending->reserved_pages = MT_UNKNOWN_U64;
	pending->kill.when = *when;
	add_earlier(parser, &pending->kill);
	parser->pending[parser->nr_pending++] = parser->last = pending;
	parser->in_stats = parser->in_info = parser->in_trace = parser->in_group = parser->in_slabs = false;
	parser->nr_columns = 0;
	return pending;
}

struct oom_pending *oom_parser__current(struct oom_parser *parser)
{
	struct oom_pending *last = parser->last;

	return last && last->kill.outcome == OOM_OUTCOME_UNKNOWN ? last : NULL;
}

struct oom_pending *oom_parser__open(struct oom_parser *parser, const struct oom_moment *when)
{
	struct oom_pending *current = oom_parser__current(parser);

	return current ? current : oom_parser__begin(parser, when);
}

/* The reader of the message that text begins, or NULL. */
static const struct oom_message *find_message(const struct oom_message *messages, const char *text)
{
	for (; messages->begin; messages++)
		if (!strncmp(text, messages->begin, strlen(messages->begin)))
			return messages;
	return NULL;
}

static void take_message(struct oom_parser *parser, const struct oom_moment *when, char *text)
{
	const struct oom_message *message;

	/* first: its name may look like any other message */
	if (oom_parser__trigger(parser, when, text))
		return;
	message = find_message(oom_kill_messages, text);
	if (!message)
		message = find_message(oom_memory_messages, text);
	if (message) {
		message->read(parser, when, text + strlen(message->begin));
		return;
	}
	if (*text == '[' && oom_parser__table(parser, when, text))
		return;
	if (oom_parser__frame(parser, text))
		return;
	oom_parser__stats(parser, text);
	oom_parser__pages(parser, text);
}

static bool has_lines(const char *text)
{
	size_t i;

	for (i = 0; i < sizeof(multi_line) / sizeof(*multi_line); i++)
		if (!strncmp(text, multi_line[i], strlen(multi_line[i])))
			return true;
	return false;
}

static void take_line(struct oom_parser *parser)
{
	struct oom_moment when;
	char *text, *next;

	parser->line[parser->len] = '\0';
	while (parser->len && strchr("\r \t", parser->line[parser->len - 1]))
		parser->line[--parser->len] = '\0';
	parser->len = 0;
	if (!oom_log_line__split(parser->line, &when, &text) || !*text)
		return;
	for (; has_lines(text) && (next = strchr(text, '\n')); text = next + 1 + strspn(next + 1, " ")) {
		*next = '\0';
		take_message(parser, &when, text);
	}
	take_message(parser, &when, text);
}

int oom_parser__feed(struct oom_parser *parser, const char *data, size_t len)
{
	const char *end = data + len;

	for (; data < end && !parser->err; data++) {
		if (*data == '\n')
			take_line(parser);
		else if (*data && parser->len < sizeof(parser->line) - 1)
			parser->line[parser->len++] = *data; /* a crash leaves zeros in a file */
	}
	return parser->err;
}

int oom_parser__end(struct oom_parser *parser)
{
	if (parser->len && !parser->err)
		take_line(parser);
	while (parser->nr_pending)
		take_oldest(parser);
	return parser->err;
}
