// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Which rule a task meets.  roles_read.c reads rules. */
#include "roles.h"

#include <stdio.h>
#include <string.h>

#include "roles_impl.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static const struct role_rule own[] = {
#define MT_ROLE(program_, kind_, pattern_, role_)                                                                      \
	{ .program = program_, .kind = ROLE_##kind_, .pattern = pattern_, .role = role_ },
#include "roles.def"
#undef MT_ROLE
};

const struct role_rule *roles__at(const struct roles *roles, size_t i)
{
	if (i < roles->nr)
		return &roles->added[i];
	return i - roles->nr < NR(own) ? &own[i - roles->nr] : NULL;
}

/* Takes a word, which ends where the pattern goes on with another character. */
static bool take_word(const char **pattern, const char **text, struct role_words *words)
{
	const char *name = *pattern + 1, *end = strchr(name, '>');
	char until[3] = " ";
	size_t len;

	if (!end || words->nr == ROLE_WORDS)
		return false;
	until[1] = strchr("*?<\\", end[1]) ? '\0' : end[1];
	len = strcspn(*text, until);
	if (!len)
		return false;
	words->list[words->nr++] = (struct role_word){ name, (size_t)(end - name), *text, len };
	*pattern = end + 1;
	*text += len;
	return true;
}

/* One element of the pattern that is no star. */
static bool step(const char **pattern, const char **text, struct role_words *words)
{
	const char *p = *pattern;

	if (*p == '<')
		return take_word(pattern, text, words);
	if (!**text)
		return false;
	if (*p == '\\' && p[1])
		p++;
	else if (*p == '?')
		p = *text;
	if (*p != **text)
		return false;
	*pattern += **pattern == '\\' && (*pattern)[1] ? 2 : 1;
	(*text)++;
	return true;
}

/* Only the last star is tried anew: what stands before it has matched as early as it can. */
bool role_pattern__match(const char *pattern, const char *text, struct role_words *words)
{
	const char *star = NULL, *from = NULL;
	size_t nr = 0;

	words->nr = 0;
	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			from = text;
			nr = words->nr;
		} else if (!*pattern && !*text) {
			return true;
		} else if (!*pattern || !step(&pattern, &text, words)) {
			if (!star || !*from)
				return false;
			pattern = star;
			text = ++from;
			words->nr = nr;
		}
	}
}

static const struct role_word *find_word(const struct role_words *words, const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < words->nr; i++)
		if (words->list[i].name_len == len && !memcmp(words->list[i].name, name, len))
			return &words->list[i];
	return NULL;
}

/* The role with <words> in it replaced by what the pattern's words stand for. */
static void fill_in(char *buf, size_t size, const char *role, const struct role_words *words)
{
	const struct role_word *word;
	size_t at = 0, len;

	for (; *role && at + 1 < size; role += len) {
		const char *end = *role == '<' ? strchr(role, '>') : NULL, *from = role;

		len = end ? (size_t)(end - role) + 1 : 1 + strcspn(role + 1, "<");
		word = end ? find_word(words, role + 1, len - 2) : NULL;
		if (word)
			from = word->at;
		at += (size_t)snprintf(buf + at, size - at, "%.*s", (int)(word ? word->len : len), from);
	}
}

/* The name without what may stand behind its end. */
static void copy_comm(char *buf, const char *comm)
{
	size_t len = strnlen(comm, MT_COMM_LEN);

	memcpy(buf, comm, len);
	buf[len] = '\0';
}

/* The program whose process it is, or NULL. */
static const char *find_program(const struct roles *roles, const char *comm)
{
	const struct role_rule *rule;
	struct role_words words;
	size_t i;

	for (i = 0; (rule = roles__at(roles, i)); i++)
		if (rule->kind == ROLE_COMM && role_pattern__match(rule->pattern, comm, &words))
			return rule->program;
	return NULL;
}

static const struct role_rule *next_of(const struct roles *roles, const char *program, size_t *i)
{
	const struct role_rule *rule;

	while ((rule = roles__at(roles, (*i)++)))
		if (!strcmp(rule->program, program))
			return rule;
	return NULL;
}

bool roles__ask_title(const struct roles *roles, const struct mt_who *who)
{
	const struct role_rule *rule;
	char comm[MT_COMM_LEN + 1];
	const char *program;
	size_t i = 0;

	copy_comm(comm, who->comm);
	program = find_program(roles, comm);
	while (program && (rule = next_of(roles, program, &i)))
		if (rule->kind == ROLE_TITLE)
			return true;
	return false;
}

/* What a rule looks at, NULL: nothing, or it is not known. */
static const char *text_of(const struct role_rule *rule, const char *thread, const char *title)
{
	return rule->kind == ROLE_THREAD ? thread : rule->kind == ROLE_TITLE ? title : NULL;
}

/* The role by the program's rules in their order; "" if one before may be what it is for. */
static void find_role(const struct roles *roles, const struct mt_who *who, const char *title, struct role_name *name)
{
	const char *rest = "", *text;
	char thread[MT_COMM_LEN + 1];
	const struct role_rule *rule;
	struct role_words words;
	bool unknown = false;
	size_t i = 0;

	copy_comm(thread, who->tcomm);
	while ((rule = next_of(roles, name->program, &i))) {
		text = text_of(rule, thread, title);
		words.nr = 0;
		if (text ? role_pattern__match(rule->pattern, text, &words) :
			   rule->kind == ROLE_MAIN && who->tid == who->pid && !unknown) {
			fill_in(name->role, sizeof(name->role), rule->role, &words);
			return;
		}
		unknown |= rule->kind == ROLE_TITLE && !title;
		if (rule->kind == ROLE_REST && !*rest)
			rest = rule->role;
	}
	snprintf(name->role, sizeof(name->role), "%s", unknown ? "" : rest);
}

void roles__name(const struct roles *roles, const struct mt_who *who, const char *title, struct role_name *name)
{
	const char *program;

	name->role[0] = '\0';
	copy_comm(name->program, who->comm);
	program = find_program(roles, name->program);
	if (!program)
		return;
	snprintf(name->program, sizeof(name->program), "%s", program);
	find_role(roles, who, title, name);
}
