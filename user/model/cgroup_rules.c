// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "cgroup_rules.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPACES " \t\r"

static const struct label {
	const char *name;
	size_t offset;
} labels[] = {
	{ "container_id", offsetof(struct cgroup_path, container) },
	{ "pod_uid", offsetof(struct cgroup_path, pod) },
	{ "runtime", offsetof(struct cgroup_path, runtime) },
	{ "unit", offsetof(struct cgroup_path, unit) },
};

#define NR_LABELS   (sizeof(labels) / sizeof(*labels))
#define LABEL_NAMES "container_id, pod_uid, runtime or unit"

struct rule {
	const char *pattern;
	const char *values[NR_LABELS]; /* NULL: it gives none of its own */
};

struct cgroup_rules {
	char *text; /* strings of the rules are in it */
	size_t nr;
	struct rule list[CGROUP_RULES_MAX];
};

static int refuse(struct cgroup_rules_error *error, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct cgroup_rules_error *error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(error->why, sizeof(error->why), fmt, args);
	va_end(args);
	return -EINVAL;
}

/* Which label these letters name; NR_LABELS: none. */
static size_t find_label(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < NR_LABELS && (strlen(labels[i].name) != len || strncmp(labels[i].name, name, len)); i++)
		;
	return i;
}

/* What is behind the wildcard that begins here, and the label that it is for or NR_LABELS; NULL: there is none. */
static const char *skip_wildcard(const char *pattern, size_t *label)
{
	size_t len = strcspn(pattern, "}");

	*label = NR_LABELS;
	if (*pattern == '*')
		return pattern + (pattern[1] == '*' ? 2 : 1);
	if (*pattern != '{')
		return NULL;
	if (!pattern[len])
		return pattern + len; /* not closed: no label */
	*label = find_label(pattern + 1, len - 1);
	return pattern + len + 1;
}

/* given: a bit for each label that the rule has. */
static int check_pattern(const char *pattern, uint32_t *given, struct cgroup_rules_error *error)
{
	bool beside = false;
	size_t label;

	if (*pattern != '/' && *pattern != '*')
		return refuse(error, "'%.40s': a pattern is about a path from its begin; expected / or ** first",
			      pattern);
	while (*pattern) {
		const char *behind = skip_wildcard(pattern, &label);

		if (behind && beside)
			return refuse(error,
				      "'%.40s': a wildcard directly behind another; expected a character between them",
				      pattern);
		if (*pattern == '{' && label == NR_LABELS)
			return refuse(error, "'%.*s': expected {LABEL} with the label " LABEL_NAMES,
				      (int)(behind - pattern > 40 ? 40 : behind - pattern), pattern);
		if (label < NR_LABELS && *given & 1U << label)
			return refuse(error, "the label %s is there twice; expected it once", labels[label].name);
		*given |= label < NR_LABELS ? 1U << label : 0;
		beside = behind;
		pattern = behind ? behind : pattern + 1;
	}
	return 0;
}

static int add_value(struct rule *rule, const char *word, uint32_t *given, struct cgroup_rules_error *error)
{
	const char *equals = strchr(word, '=');
	size_t label = equals ? find_label(word, equals - word) : NR_LABELS;

	if (label == NR_LABELS)
		return refuse(error, "'%.40s': expected LABEL=VALUE with the label " LABEL_NAMES, word);
	if (*given & 1U << label)
		return refuse(error, "the label %s is there twice; expected it once", labels[label].name);
	*given |= 1U << label;
	rule->values[label] = equals + 1;
	return 0;
}

static int add_line(struct cgroup_rules *rules, char *line, struct cgroup_rules_error *error)
{
	struct rule rule = { 0 };
	uint32_t given = 0;
	char *word, *rest = NULL;
	int err;

	rule.pattern = strtok_r(line, SPACES, &rest);
	if (!rule.pattern || rule.pattern[0] == '#')
		return 0;
	err = check_pattern(rule.pattern, &given, error);
	while (!err && (word = strtok_r(NULL, SPACES, &rest)))
		err = add_value(&rule, word, &given, error);
	if (err)
		return err;
	if (!given)
		return refuse(error,
			      "the rule gives no label; expected {LABEL} in the pattern or LABEL=VALUE behind it");
	if (rules->nr == CGROUP_RULES_MAX)
		return refuse(error, "too many rules; expected at most %d", CGROUP_RULES_MAX);
	rules->list[rules->nr++] = rule;
	return 0;
}

static int add_lines(struct cgroup_rules *rules, struct cgroup_rules_error *error)
{
	char *line = rules->text, *end;
	int err = 0;

	for (error->line = 1; line; error->line++) {
		end = strchr(line, '\n');
		if (end)
			*end = '\0';
		err = add_line(rules, line, error);
		line = end ? end + 1 : NULL;
		if (err)
			break;
	}
	return err;
}

int cgroup_rules__parse(struct cgroup_rules **out, const char *text, size_t size, struct cgroup_rules_error *error)
{
	struct cgroup_rules *rules;
	int err;

	*out = NULL;
	*error = (struct cgroup_rules_error){ 0 };
	if (size > CGROUP_RULES_TEXT_MAX)
		return refuse(error, "too long; expected at most %d bytes", CGROUP_RULES_TEXT_MAX);
	if (memchr(text, '\0', size))
		return refuse(error, "a byte 0 is in it; expected a text");
	rules = calloc(1, sizeof(*rules));
	if (!rules)
		return -ENOMEM;
	rules->text = strndup(text, size);
	err = rules->text ? add_lines(rules, error) : -ENOMEM;
	if (err)
		cgroup_rules__free(rules);
	else
		*out = rules;
	return err;
}

void cgroup_rules__free(struct cgroup_rules *rules)
{
	if (rules)
		free(rules->text);
	free(rules);
}

size_t cgroup_rules__nr(const struct cgroup_rules *rules)
{
	return rules->nr;
}

/* A part of the path; begin NULL: none. */
struct capture {
	const char *begin, *end;
};

/* Where to go on when what follows a wildcard does not fit: pattern NULL: nowhere. */
struct mark {
	const char *pattern, *path;
	size_t label;
};

struct match {
	struct mark any, part; /* the last "**", and the last wildcard behind it that stays between two slashes */
	struct capture captures[NR_LABELS];
};

/*
 * The last wildcard takes one character more.  Those before it need not: it comes as early as it can, and takes what
 * they would, but for slashes.
 */
static bool extend(struct match *match, const char **pattern, const char **path)
{
	struct mark *mark = &match->part;

	if (!mark->pattern || !*mark->path || *mark->path == '/') {
		mark->pattern = NULL;
		mark = &match->any;
	}
	if (!mark->pattern || !*mark->path)
		return false;
	mark->path++;
	if (mark->label < NR_LABELS)
		match->captures[mark->label].end = mark->path;
	*pattern = mark->pattern;
	*path = mark->path;
	return true;
}

/* A wildcard takes as little as it can: nothing, and for a label one character. */
static bool begin_wildcard(struct match *match, const char **pattern, const char **path)
{
	struct mark mark = { .path = *path };

	mark.pattern = skip_wildcard(*pattern, &mark.label);
	if (mark.label < NR_LABELS) {
		if (!*mark.path || *mark.path == '/')
			return false;
		match->captures[mark.label] = (struct capture){ mark.path, mark.path + 1 };
		mark.path++;
	}
	if (mark.pattern - *pattern == 2 && **pattern == '*') {
		match->any = mark;
		match->part.pattern = NULL;
	} else {
		match->part = mark;
	}
	*pattern = mark.pattern;
	*path = mark.path;
	return true;
}

static bool fits(struct match *match, const char *pattern, const char *path, unsigned int *steps)
{
	bool ok;

	*match = (struct match){ 0 };
	while (*pattern || *path) {
		if (++*steps > CGROUP_RULES_STEPS_MAX)
			return false;
		if (*pattern == '*' || *pattern == '{') {
			ok = begin_wildcard(match, &pattern, &path);
		} else {
			ok = *path && (*pattern == *path || (*pattern == '?' && *path != '/'));
			pattern += ok;
			path += ok;
		}
		if (!ok && !extend(match, &pattern, &path))
			return false;
	}
	return true;
}

/* What does not fit is cut. */
static void give(struct cgroup_path *to, const struct rule *rule, const struct match *match)
{
	size_t i;

	for (i = 0; i < NR_LABELS; i++) {
		const struct capture *part = &match->captures[i];
		char *label = (char *)to + labels[i].offset;

		if (part->begin)
			snprintf(label, CGROUP_LABEL_MAX, "%.*s", (int)(part->end - part->begin), part->begin);
		else if (rule->values[i])
			snprintf(label, CGROUP_LABEL_MAX, "%s", rule->values[i]);
	}
}

void cgroup_rules__apply(const struct cgroup_rules *rules, struct cgroup_path *to, const char *path)
{
	unsigned int steps = 0;
	struct match match;
	size_t i;

	for (i = 0; i < rules->nr; i++) {
		if (!fits(&match, rules->list[i].pattern, path, &steps))
			continue;
		give(to, &rules->list[i], &match);
		return;
	}
}
