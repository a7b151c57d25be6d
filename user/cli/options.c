/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "options.h"

#include <errno.h>
#include <popt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "../base/log.h"
#include "../model/schema.h"
#include "../base/units.h"

#define SIZE_SYNTAX "a whole number of bytes with an optional unit K, M, G, such as 64K or 16M"
#define TIME_SYNTAX                                                                                                    \
	"so long after the start, such as 90s or 1h30m; HH:MM or HH:MM:SS, local time of the day on which the "        \
	"recording began; 'YYYY-MM-DD HH:MM:SS'; of a history also 'yesterday HH:MM', or -2h, so long before its end"
#define DURATION_SYNTAX "a number with an optional unit ns, us, ms, s, m, h, d, such as 250ms, 15s or 1h30m"

/* One run of options__parse(): the command's rows side by side with popt's table of them. */
struct parser {
	struct options *options;
	const struct command *command;
	const struct option_row **rows;
	/* val: the row's index + 1; of an OPT_FLAG_CHOICE with its argument, as much more as there are rows */
	struct poptOption *table;
	size_t nr;
};

/* How popt knows the name of an OPT_FLAG_CHOICE that has an argument; nobody types it. */
#define WITH_ARGUMENT "\001"

/* An option as it was given. */
struct given {
	const struct option_row *row;
	const char *text; /* NULL for a flag */
	void *to;
	char name[48];
};

void options__init(struct options *options)
{
	*options = (struct options){
		.by = -1,
		.rows = 20,
		.long_stall_ns = 10000000,
		.max_series = 200,
		.idle_ns = 3600000000000,
		.path_rows = 60,
		.stack_bytes = DEFAULT_STACK_BYTES,
	};
}

void options__free(struct options *options)
{
	for (size_t i = 0; i < options->nr_texts; i++)
		free(options->texts[i]);
	free(options->texts);
	free(options->probes);
	free(options->labels.list);
	free(options->cgroups.list);
	free(options->allocators.list);
	free(options->comms.list);
	free(options->users.list);
	free(options->tids.list);
	free(options->pids.list);
	options__init(options);
}

char *option_row__spell(const struct option_row *row, char *buf, size_t size)
{
	if (row->short_name)
		snprintf(buf, size, "-%c", row->short_name);
	else
		snprintf(buf, size, "--%s", row->name);
	return buf;
}

static size_t min_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t word_distance(const char *a, const char *b)
{
	enum { MAX_WORD = 40 };
	size_t d[MAX_WORD + 1][MAX_WORD + 1];
	size_t la = strlen(a), lb = strlen(b);

	if (la > MAX_WORD || lb > MAX_WORD)
		return SIZE_MAX;
	for (size_t i = 0; i <= la; i++) {
		for (size_t j = 0; j <= lb; j++) {
			if (!i || !j) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] =
				min_of(min_of(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = min_of(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[la][lb];
}

static int out_of_memory(void)
{
	log_error("out of memory");
	return -ENOMEM;
}

/* Room for one more element behind nr; the list, or NULL with the old one untouched. */
static void *grow(void *list, size_t nr, size_t size)
{
	return reallocarray(list, nr + 1, size);
}

static int push_uint(struct uint_list *to, uint64_t value)
{
	uint64_t *list = grow(to->list, to->nr, sizeof(*list));

	if (!list)
		return out_of_memory();
	to->list = list;
	to->list[to->nr++] = value;
	return 0;
}

static int push_string(const char ***to, size_t *nr, const char *text)
{
	const char **list = grow(*to, *nr, sizeof(*list));

	if (!list)
		return out_of_memory();
	*to = list;
	list[(*nr)++] = text;
	return 0;
}

/* Takes over text, which popt allocated, also when it fails. */
static int keep_text(struct options *options, char *text)
{
	char **texts = grow(options->texts, options->nr_texts, sizeof(*texts));

	if (!texts) {
		free(text);
		return out_of_memory();
	}
	options->texts = texts;
	texts[options->nr_texts++] = text;
	return 0;
}

static int set_flag(const struct given *given)
{
	*(bool *)given->to = true;
	return 0;
}

static int set_duration(const struct given *given)
{
	const struct option_row *row = given->row;
	char min[32], max[32];
	uint64_t ns;
	int err;

	err = parse_duration(given->text, &ns);
	if (err == -EINVAL) {
		log_error("%s '%s': not a duration; expected " DURATION_SYNTAX, given->name, given->text);
		return -EINVAL;
	}
	if (err || ns < row->min || ns > row->max) {
		log_error("%s '%s': out of range; expected a duration from %s to %s", given->name, given->text,
			  spell_duration(min, sizeof(min), row->min), spell_duration(max, sizeof(max), row->max));
		return -EINVAL;
	}
	*(uint64_t *)given->to = ns;
	return 0;
}

static int set_size(const struct given *given)
{
	const struct option_row *row = given->row;
	char min[32], max[32];
	uint64_t bytes;
	int err;

	err = parse_size(given->text, &bytes);
	if (err == -EINVAL) {
		log_error("%s '%s': not a size; expected " SIZE_SYNTAX, given->name, given->text);
		return -EINVAL;
	}
	if (err || bytes < row->min || bytes > row->max) {
		log_error("%s '%s': out of range; expected a size from %s to %s", given->name, given->text,
			  format_size(min, sizeof(min), row->min), format_size(max, sizeof(max), row->max));
		return -EINVAL;
	}
	*(uint64_t *)given->to = bytes;
	return 0;
}

static int set_time(const struct given *given)
{
	if (!time_point__parse(given->text, given->to))
		return 0;
	log_error("%s '%s': not a time; expected " TIME_SYNTAX, given->name, given->text);
	return -EINVAL;
}

static int read_uint(const struct given *given, const char *text, uint64_t *value)
{
	const struct option_row *row = given->row;

	if (!parse_uint(text, row->min, row->max, value))
		return 0;
	if (strcmp(text, given->text))
		log_error("%s '%s': '%s' is not a whole number from %llu to %llu", given->name, given->text, text,
			  (unsigned long long)row->min, (unsigned long long)row->max);
	else
		log_error("%s '%s': not a whole number from %llu to %llu", given->name, text,
			  (unsigned long long)row->min, (unsigned long long)row->max);
	return -EINVAL;
}

static int set_uint(const struct given *given)
{
	return read_uint(given, given->text, given->to);
}

static int set_share(const struct given *given)
{
	const struct option_row *row = given->row;

	if (!strncmp(given->text, "1/", 2) && !parse_uint(given->text + 2, row->min, row->max, given->to))
		return 0;
	log_error("%s '%s': not a share; expected 1/N with N from %llu to %llu, such as 1/16", given->name, given->text,
		  (unsigned long long)row->min, (unsigned long long)row->max);
	return -EINVAL;
}

static int set_percent(const struct given *given)
{
	const struct option_row *row = given->row;
	size_t len = strlen(given->text);
	char number[8] = "";

	if (len > 1 && len < sizeof(number) && given->text[len - 1] == '%')
		memcpy(number, given->text, len - 1);
	if (number[0] && !parse_uint(number, row->min, row->max, given->to))
		return 0;
	log_error("%s '%s': not a share; expected N%% with N from %llu to %llu, such as 90%%", given->name, given->text,
		  (unsigned long long)row->min, (unsigned long long)row->max);
	return -EINVAL;
}

static int set_uints(const struct given *given)
{
	char *words, *rest, *word;
	uint64_t value;
	int err = 0;

	rest = words = strdup(given->text);
	if (!words)
		return out_of_memory();
	while (!err && (word = strsep(&rest, ","))) {
		err = read_uint(given, word, &value);
		if (!err)
			err = push_uint(given->to, value);
	}
	free(words);
	return err;
}

static int refuse_empty(const struct given *given)
{
	if (*given->text)
		return 0;
	log_error("%s '': must not be empty; expected %s", given->name, given->row->arg);
	return -EINVAL;
}

static int set_string(const struct given *given)
{
	int err = refuse_empty(given);

	if (!err)
		*(const char **)given->to = given->text;
	return err;
}

static int set_strings(const struct given *given)
{
	struct string_list *to = given->to;
	int err = refuse_empty(given);

	return err ? err : push_string(&to->list, &to->nr, given->text);
}

/* Words separated by commas in a string that the caller frees; NULL if memory ran out. */
struct word_joiner {
	FILE *stream;
	char *text;
	size_t size;
};

static void joiner__open(struct word_joiner *joiner)
{
	*joiner = (struct word_joiner){ 0 };
	joiner->stream = open_memstream(&joiner->text, &joiner->size);
}

static void joiner__add(struct word_joiner *joiner, const char *word)
{
	if (joiner->stream)
		fprintf(joiner->stream, "%s%s", ftell(joiner->stream) > 0 ? ", " : "", word);
}

/* A text in any case, so that a message can be made even if memory ran out. */
static const char *joiner__text(struct word_joiner *joiner)
{
	if (joiner->stream)
		fclose(joiner->stream);
	joiner->stream = NULL;
	return joiner->text ? joiner->text : "see --help";
}

/* The index of a choice and the row's minimum; -EINVAL after a line on stderr. */
static int read_choice(const struct given *given, const char *text)
{
	const char *const *choices = given->row->choices;
	struct word_joiner joiner;

	for (size_t i = 0; choices[i]; i++)
		if (!strcmp(choices[i], text))
			return (int)(given->row->min + i);
	joiner__open(&joiner);
	for (size_t i = 0; choices[i]; i++)
		joiner__add(&joiner, choices[i]);
	log_error("%s '%s': not one of %s", given->name, text, joiner__text(&joiner));
	free(joiner.text);
	return -EINVAL;
}

static int set_choice(const struct given *given)
{
	int choice = read_choice(given, given->text);

	if (choice < 0)
		return choice;
	*(int *)given->to = choice;
	return 0;
}

static int set_flag_choice(const struct given *given)
{
	if (given->text)
		return set_choice(given);
	*(int *)given->to = (int)given->row->min;
	return 0;
}

static int set_choices(const struct given *given)
{
	char *words, *rest, *word;
	int choice = 0;

	rest = words = strdup(given->text);
	if (!words)
		return out_of_memory();
	while (choice >= 0 && (word = strsep(&rest, ","))) {
		choice = read_choice(given, word);
		if (choice >= 0)
			*(uint32_t *)given->to |= 1U << choice;
	}
	free(words);
	return choice < 0 ? choice : 0;
}

static bool has_uint(const struct uint_list *list, uint64_t value)
{
	for (size_t i = 0; i < list->nr; i++)
		if (list->list[i] == value)
			return true;
	return false;
}

static int set_choice_list(const struct given *given)
{
	char *words, *rest, *word;
	int choice, err = 0;

	rest = words = strdup(given->text);
	if (!words)
		return out_of_memory();
	while (!err && (word = strsep(&rest, ","))) {
		choice = read_choice(given, word);
		err = choice < 0 ? choice : 0;
		if (!err && !has_uint(given->to, (uint64_t)choice))
			err = push_uint(given->to, (uint64_t)choice);
	}
	free(words);
	return err;
}

static int (*const setters[])(const struct given *given) = {
	[OPT_FLAG] = set_flag,	     [OPT_DURATION] = set_duration,
	[OPT_UINT] = set_uint,	     [OPT_STRING] = set_string,
	[OPT_CHOICE] = set_choice,   [OPT_UINTS] = set_uints,
	[OPT_STRINGS] = set_strings, [OPT_SHARE] = set_share,
	[OPT_SIZE] = set_size,	     [OPT_CHOICES] = set_choices,
	[OPT_TIME] = set_time,	     [OPT_CHOICE_LIST] = set_choice_list,
	[OPT_PERCENT] = set_percent, [OPT_FLAG_CHOICE] = set_flag_choice,
};

/* The accepted name that is nearest to what was typed, if one is near enough to be meant. */
static const struct option_row *nearest_row(const struct parser *parser, const char *typed)
{
	const struct option_row *best = NULL;
	size_t best_distance = 3;

	for (size_t i = 0; i < parser->nr; i++) {
		const char *name = parser->rows[i]->name;
		size_t distance = word_distance(typed, name);

		/* The start of a name is meant as an abbreviation of it. */
		if (strlen(typed) >= 3 && !strncmp(typed, name, strlen(typed)))
			distance = 0;
		if (distance < best_distance && 2 * distance < strlen(typed)) {
			best = parser->rows[i];
			best_distance = distance;
		}
	}
	return best;
}

static void refuse_unknown(const struct parser *parser, const char *option)
{
	const char *command = parser->command->name;
	const struct option_row *near = NULL;
	struct word_joiner joiner;
	char word[64], spelled[48];

	if (!strncmp(option, "--", 2)) {
		snprintf(word, sizeof(word), "%.*s", (int)strcspn(option + 2, "="), option + 2);
		near = nearest_row(parser, word);
	}
	if (near) {
		log_error("unknown option '%s'; did you mean --%s? 'memtrace %s --help-all' lists all", option,
			  near->name, command);
		return;
	}
	joiner__open(&joiner);
	for (size_t i = 0; i < parser->nr; i++)
		joiner__add(&joiner, option_row__spell(parser->rows[i], spelled, sizeof(spelled)));
	log_error("unknown option '%s'; memtrace %s accepts %s", option, command, joiner__text(&joiner));
	free(joiner.text);
}

/* The row of an option that lacks its argument; in a bundle of short options, that of the last letter. */
static const struct option_row *row_of(const struct parser *parser, const char *option)
{
	bool is_long = !strncmp(option, "--", 2);

	for (size_t i = 0; i < parser->nr; i++) {
		const struct option_row *row = parser->rows[i];

		if (is_long ? !strcmp(option + 2, row->name) : option[strlen(option) - 1] == row->short_name)
			return row;
	}
	return NULL;
}

static int refuse_option(const struct parser *parser, poptContext con, int code)
{
	const char *option = poptBadOption(con, POPT_BADOPTION_NOALIAS);
	const struct option_row *row = row_of(parser, option);

	switch (code) {
	case POPT_ERROR_MALLOC:
		return out_of_memory();
	case POPT_ERROR_BADOPT:
		refuse_unknown(parser, option);
		break;
	case POPT_ERROR_NOARG:
		if (row)
			log_error("%s: needs an argument; expected %s", option, row->arg);
		else
			log_error("%s: needs an argument", option);
		break;
	default:
		/* popt's text for a flag with an argument, and for errors that later versions add. */
		log_error("%s: %s", option, poptStrerror(code));
	}
	return -EINVAL;
}

static bool is_flag(const struct option_row *row)
{
	return row->type == OPT_FLAG || row->type == OPT_FLAG_CHOICE;
}

static int take_option(struct parser *parser, poptContext con, size_t val)
{
	const struct option_row *row = parser->rows[(val - 1) % parser->nr];
	struct given given = { .row = row, .to = (char *)parser->options + row->offset };
	char *text;
	int err;

	option_row__spell(row, given.name, sizeof(given.name));
	if (row->live_only && parser->options->replay) {
		log_error("%s: applies to tracing, not to a recording", given.name);
		return -EINVAL;
	}
	if (row->replay_only && !parser->options->replay) {
		log_error("%s: applies to a recording, not to tracing; expected memtrace replay FILE %s %s %s",
			  given.name, parser->command->name, given.name, row->arg);
		return -EINVAL;
	}
	if (val > parser->nr || !is_flag(row)) {
		text = poptGetOptArg(con);
		if (!text)
			return out_of_memory();
		err = keep_text(parser->options, text);
		if (err)
			return err;
		given.text = text;
	}
	return setters[row->type](&given);
}

/* Takes the options before the first word; returns how many arguments are left, the word among them, or -errno. */
static int take_options(struct parser *parser, int argc, const char **argv)
{
	/*
	 * Posix mode, so that popt does the same with and without
	 * POSIXLY_CORRECT in the environment: stop at each word.
	 */
	poptContext con =
		poptGetContext(NULL, argc, argv, parser->table, POPT_CONTEXT_KEEP_FIRST | POPT_CONTEXT_POSIXMEHARDER);
	const char **rest;
	int val, err = 0, left = 0;

	if (!con)
		return out_of_memory();
	while (!err && (val = poptGetNextOpt(con)) > 0)
		err = take_option(parser, con, (size_t)val);
	if (!err && val < -1)
		err = refuse_option(parser, con, val);
	rest = poptGetArgs(con);
	while (rest && rest[left])
		left++;
	poptFreeContext(con);
	return err ? err : left;
}

static int take_word(struct options *options, const char *word)
{
	for (size_t i = 0; i < options->nr_probes; i++) {
		if (!strcmp(options->probes[i], word))
			return 0;
	}
	return push_string(&options->probes, &options->nr_probes, word);
}

/* Cuts "-- CMD" off; returns the number of arguments before it. */
static int cut_cmd(struct options *options, int argc, char **argv, int first)
{
	for (int i = first; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			options->cmd = argv + i + 1;
			return i;
		}
	}
	return argc;
}

static int check_cmd(const struct parser *parser)
{
	char **cmd = parser->options->cmd;

	if (!cmd)
		return 0;
	if (!parser->command->takes_cmd) {
		log_error("%s runs no command: '--' is not accepted", parser->command->name);
		return -EINVAL;
	}
	if (parser->options->replay) {
		log_error("--: a replay runs no command");
		return -EINVAL;
	}
	if (!*cmd || !**cmd) {
		log_error("--: expected a command to run after it");
		return -EINVAL;
	}
	return 0;
}

static int refuse_probe(const char *name)
{
	struct word_joiner joiner;

	joiner__open(&joiner);
	for (size_t i = 0; i < MT_NR_PROBES; i++)
		joiner__add(&joiner, probe_rows[i].name);
	log_error("unknown probe '%s'; expected %s", name, joiner__text(&joiner));
	free(joiner.text);
	return -EINVAL;
}

static int check_probes(const struct parser *parser)
{
	const struct options *options = parser->options;

	if (options->nr_probes && !parser->command->takes_probes) {
		log_error("unexpected word '%s': %s takes only options", options->probes[0], parser->command->name);
		return -EINVAL;
	}
	for (size_t i = 0; i < options->nr_probes; i++) {
		if (schema__probe(options->probes[i]) < 0)
			return refuse_probe(options->probes[i]);
	}
	return 0;
}

static size_t count_options(const struct command *command)
{
	size_t nr = 0;

	for (const struct option_row *const *group = command->options; *group; group++) {
		for (const struct option_row *row = *group; row->name; row++)
			nr++;
	}
	return nr;
}

/* Behind the others, those of flags that may have an argument. */
static int add_arguments(struct parser *parser)
{
	struct poptOption *to = parser->table + parser->nr;

	for (size_t i = 0; i < parser->nr; i++) {
		char *name;

		if (parser->rows[i]->type != OPT_FLAG_CHOICE)
			continue;
		if (asprintf(&name, WITH_ARGUMENT "%s", parser->rows[i]->name) < 0)
			return out_of_memory();
		if (keep_text(parser->options, name))
			return -ENOMEM;
		*to++ = (struct poptOption){ .longName = name,
					     .argInfo = POPT_ARG_STRING,
					     .val = (int)(parser->nr + i + 1) };
	}
	return 0;
}

/* "--stacks=dwarf" under the name that popt knows; else the word itself.  NULL after a line on stderr. */
static const char *popt_word(struct parser *parser, const char *word)
{
	size_t len = strcspn(word, "=");
	char *text = NULL;

	for (size_t i = 0; !text && word[len] && !strncmp(word, "--", 2) && i < parser->nr; i++) {
		const struct option_row *row = parser->rows[i];

		if (row->type != OPT_FLAG_CHOICE || len != strlen(row->name) + 2 ||
		    strncmp(word + 2, row->name, len - 2))
			continue;
		if (asprintf(&text, "--" WITH_ARGUMENT "%s", word + 2) < 0) {
			out_of_memory();
			return NULL;
		}
		if (keep_text(parser->options, text))
			return NULL;
	}
	return text ? text : word;
}

static int parser__init(struct parser *parser)
{
	size_t nr = count_options(parser->command);

	parser->rows = calloc(nr + 1, sizeof(*parser->rows));
	/* One more, all zero, is POPT_TABLEEND. */
	parser->table = calloc(2 * nr + 1, sizeof(*parser->table));
	if (!parser->rows || !parser->table)
		return out_of_memory();
	for (const struct option_row *const *group = parser->command->options; *group; group++) {
		for (const struct option_row *row = *group; row->name; row++)
			parser->rows[parser->nr++] = row;
	}
	for (size_t i = 0; i < nr; i++)
		parser->table[i] = (struct poptOption){
			.longName = parser->rows[i]->name,
			.shortName = parser->rows[i]->short_name,
			.argInfo = is_flag(parser->rows[i]) ? POPT_ARG_NONE : POPT_ARG_STRING,
			.val = (int)i + 1,
		};
	return add_arguments(parser);
}

/* The list is the caller's.  NULL after a line on stderr. */
static const char **popt_words(struct parser *parser, int argc, char **argv)
{
	const char **words = calloc((size_t)argc + 1, sizeof(*words));

	if (!words) {
		out_of_memory();
		return NULL;
	}
	for (int i = 0; i < argc; i++) {
		words[i] = popt_word(parser, argv[i]);
		if (!words[i]) {
			free(words);
			return NULL;
		}
	}
	return words;
}

int options__parse(struct options *options, const struct command *command, int argc, char **argv, int first)
{
	struct parser parser = { .options = options, .command = command };
	const char **words;
	int err, left;

	argc = cut_cmd(options, argc, argv, first);
	err = parser__init(&parser);
	words = err ? NULL : popt_words(&parser, argc, argv);
	err = err || words ? err : -ENOMEM;
	while (!err && first < argc) {
		left = take_options(&parser, argc - first, words + first);
		if (left > 0)
			err = take_word(options, argv[argc - left]);
		else
			err = left;
		first = argc - left + 1;
	}
	if (!err && !options__want_help(options))
		err = check_cmd(&parser);
	if (!err && !options__want_help(options))
		err = check_probes(&parser);
	free(words);
	free(parser.table);
	free(parser.rows);
	return err;
}
