// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Files of rules: a rule a line. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "roles_impl.h"

#define MAX_PATTERN 127
#define MAX_WORDS   4

/* The words that stand in a line behind the program, by kind. */
static const struct {
	const char *name;
	bool pattern, role;
	const char *form;
} kinds[NR_ROLE_KINDS] = {
	[ROLE_COMM] = { "comm", true, false, "PROGRAM comm PATTERN" },
	[ROLE_THREAD] = { "thread", true, true, "PROGRAM thread PATTERN ROLE" },
	[ROLE_TITLE] = { "title", true, true, "PROGRAM title PATTERN ROLE" },
	[ROLE_MAIN] = { "main", false, true, "PROGRAM main ROLE" },
	[ROLE_REST] = { "rest", false, true, "PROGRAM rest ROLE" },
};

struct line {
	size_t number;
	char text[512];
	char *words[MAX_WORDS + 1];
	size_t nr;
	char *why;
};

static int __attribute__((format(printf, 2, 3))) refuse(struct line *line, const char *fmt, ...)
{
	int len = snprintf(line->why, ROLES_WHY, "line %zu: ", line->number);
	va_list args;

	va_start(args, fmt);
	vsnprintf(line->why + len, ROLES_WHY - (size_t)len, fmt, args);
	va_end(args);
	return -EBADMSG;
}

/* Ends the word that begins at *at, where \" in quotes is a quote, and moves *at behind it. */
static int end_word(struct line *line, char **at)
{
	bool quoted = **at == '"';
	char *from = *at + quoted, *to = *at;

	for (; *from && (quoted ? *from != '"' : *from != ' ' && *from != '\t'); from++) {
		if (quoted && *from == '\\' && from[1] == '"')
			from++;
		*to++ = *from;
	}
	if (quoted && *from != '"')
		return refuse(line, "a quote (\") is not closed");
	if (quoted && from[1] && from[1] != ' ' && from[1] != '\t')
		return refuse(line, "expected a blank behind the quote");
	*at = from + (*from != '\0');
	*to = '\0';
	return 0;
}

/* A word that begins with # begins a comment. */
static int split(struct line *line)
{
	char *at = line->text;
	int err = 0;

	for (line->nr = 0; !err; line->nr++) {
		at += strspn(at, " \t");
		if (!*at || *at == '#')
			return 0;
		if (line->nr == MAX_WORDS)
			return refuse(line, "more than %d words; those with blanks stand in quotes", MAX_WORDS);
		line->words[line->nr] = at;
		err = end_word(line, &at);
	}
	return err;
}

static bool is_name(const char *text, size_t len)
{
	return len && strspn(text, "abcdefghijklmnopqrstuvwxyz_") >= len;
}

/* Each < of a pattern or role begins a <name>; a role's names are the pattern's. */
static int check_names(struct line *line, const char *text, const char *pattern)
{
	size_t nr = 0, len;
	char name[32];

	for (; *text; text++) {
		if (*text == '\\' && text[1] && !pattern)
			text++;
		else if (*text == '<') {
			len = strcspn(text, ">");
			if (!text[len] || len + 2 > sizeof(name) || !is_name(text + 1, len - 1))
				return refuse(line, "expected a name in small letters between < and >");
			snprintf(name, sizeof(name), "%.*s", (int)len + 1, text);
			if (pattern && !strstr(pattern, name))
				return refuse(line, "%s is not in the pattern", name);
			text += len;
			if (++nr > ROLE_WORDS)
				return refuse(line, "more than %d words in < and >", ROLE_WORDS);
		}
	}
	return 0;
}

static int check_texts(struct line *line, const struct role_rule *rule)
{
	int err = 0;

	if (!*rule->program || strlen(rule->program) >= MT_COMM_LEN)
		return refuse(line, "the program's name has 1 to %d bytes", MT_COMM_LEN - 1);
	if (rule->pattern && (!*rule->pattern || strlen(rule->pattern) > MAX_PATTERN))
		return refuse(line, "a pattern has 1 to %d bytes", MAX_PATTERN);
	if (rule->role && (!*rule->role || strlen(rule->role) >= ROLE_LEN))
		return refuse(line, "a role has 1 to %d bytes", ROLE_LEN - 1);
	if (rule->kind == ROLE_COMM && strchr(rule->pattern, '<'))
		return refuse(line, "a comm has no <words>");
	if (rule->pattern)
		err = check_names(line, rule->pattern, NULL);
	if (!err && rule->role)
		err = check_names(line, rule->role, rule->pattern ? rule->pattern : "");
	return err;
}

static int find_kind(struct line *line, enum role_kind *kind)
{
	enum role_kind i;

	for (i = 0; line->nr > 1 && i < NR_ROLE_KINDS; i++) {
		if (strcmp(line->words[1], kinds[i].name))
			continue;
		*kind = i;
		if (line->nr != 2 + (size_t)kinds[i].pattern + (size_t)kinds[i].role)
			return refuse(line, "expected %s", kinds[i].form);
		return 0;
	}
	return refuse(line, "expected PROGRAM, then comm, thread, title, main or rest");
}

static void free_rule(struct role_rule *rule)
{
	free((char *)rule->program);
	free((char *)rule->pattern);
	free((char *)rule->role);
}

static int keep_rule(struct roles *roles, const struct role_rule *rule)
{
	struct role_rule *added = reallocarray(roles->added, roles->nr + 1, sizeof(*added)), copy = *rule;

	if (!added)
		return -ENOMEM;
	roles->added = added;
	copy.program = strdup(rule->program);
	copy.pattern = rule->pattern ? strdup(rule->pattern) : NULL;
	copy.role = rule->role ? strdup(rule->role) : NULL;
	if (copy.program && !copy.pattern == !rule->pattern && !copy.role == !rule->role) {
		added[roles->nr++] = copy;
		return 0;
	}
	free_rule(&copy);
	return -ENOMEM;
}

static int take_line(struct roles *roles, struct line *line)
{
	struct role_rule rule = { 0 };
	int err = split(line);
	size_t word = 2;

	if (err || !line->nr)
		return err;
	err = find_kind(line, &rule.kind);
	if (err)
		return err;
	rule.program = line->words[0];
	if (kinds[rule.kind].pattern)
		rule.pattern = line->words[word++];
	if (kinds[rule.kind].role)
		rule.role = line->words[word];
	err = check_texts(line, &rule);
	if (!err && roles->nr == ROLES_MAX)
		err = refuse(line, "more than %d rules", ROLES_MAX);
	return err ? err : keep_rule(roles, &rule);
}

/* Control characters but for the tab: they are in no name that somebody gives on purpose. */
static int check_bytes(struct line *line, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
			return refuse(line, "has the control character 0x%02x", (unsigned char)text[i]);
	return 0;
}

static bool has_comm(const struct roles *roles, const char *program)
{
	const struct role_rule *rule;
	size_t i;

	for (i = 0; (rule = roles__at(roles, i)); i++)
		if (rule->kind == ROLE_COMM && !strcmp(rule->program, program))
			return true;
	return false;
}

/* A program whose processes no rule names has no threads either. */
static int check_programs(const struct roles *roles, size_t first, char *why)
{
	size_t i;

	for (i = first; i < roles->nr; i++) {
		if (has_comm(roles, roles->added[i].program))
			continue;
		snprintf(why, ROLES_WHY, "the program %s has no line %s", roles->added[i].program,
			 kinds[ROLE_COMM].form);
		return -EBADMSG;
	}
	return 0;
}

int roles__add(struct roles *roles, const char *text, size_t len, char why[ROLES_WHY])
{
	const char *end = text + len, *next;
	struct line line = { .why = why };
	size_t first = roles->nr;
	int err = 0;

	for (; !err && text < end; text = next) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((newline ? newline : end) - text);

		next = text + size + 1;
		line.number++;
		err = check_bytes(&line, text, size);
		if (!err && size >= sizeof(line.text))
			err = refuse(&line, "is longer than %zu bytes", sizeof(line.text) - 1);
		if (err)
			break;
		memcpy(line.text, text, size);
		line.text[size] = '\0';
		err = take_line(roles, &line);
		if (!newline)
			break;
	}
	return err ? err : check_programs(roles, first, why);
}

void roles__free(struct roles *roles)
{
	while (roles->nr)
		free_rule(&roles->added[--roles->nr]);
	free(roles->added);
	roles->added = NULL;
}
