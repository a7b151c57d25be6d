/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers cgroup_rules.h: what rules give, which of them count, and what is refused with which line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../user/model/cgroup_rules.h"

#define ID "0f3c1d5a7b9e8f2c4d6a8b0c1e3f5a7d9b2c4e6f8a0b1c3d5e7f9a1b3c5d7e9f"

static struct cgroup_rules *parsed(const char *text)
{
	struct cgroup_rules_error error;
	struct cgroup_rules *rules;

	if (cgroup_rules__parse(&rules, text, strlen(text), &error))
		fail_msg("%s: line %u: %s", text, error.line, error.why);
	return rules;
}

static const struct shape {
	const char *rules, *path, *container, *runtime, *pod, *unit;
} shapes[] = {
	/* the built-in table stays where no rule fits */
	{ "/lxc.payload.{container_id} runtime=lxc", "/docker/" ID, ID, "docker", "", "" },
	{ "", "/docker/" ID, ID, "docker", "", "" },
	{ "/lxc.payload.{container_id} runtime=lxc", "/lxc.payload.web", "web", "lxc", "", "" },
	/* only the labels that the rule gives, and "" takes one away */
	{ "/docker/* runtime=moby", "/docker/" ID, ID, "moby", "", "" },
	{ "/docker/* runtime= container_id=", "/docker/" ID, "", "", "", "" },
	{ "/system.slice/{unit}.service", "/system.slice/nginx.service", "", "", "", "nginx" },
	/* the first that fits, and the whole path */
	{ "/a runtime=1\n/a/* runtime=2\n/** runtime=3", "/a/b", "", "2", "", "" },
	{ "/a runtime=1\n/a/* runtime=2\n/** runtime=3", "/a/b/c", "", "3", "", "" },
	{ "/a runtime=1", "/a/b", "", "", "", "" },
	/* comments, empty lines, spaces, the other end of line */
	{ "# a comment\n\n \t/a\truntime=x\r\n", "/a", "", "x", "", "" },
	{ "/a runtime=x", "/a", "", "x", "", "" },
	/* wildcards: * and {} within slashes, ** beyond, ? one */
	{ "/*/{unit} runtime=x", "/a/b", "", "x", "", "b" },
	{ "/*/{unit} runtime=x", "/a/b/c", "", "", "", "" },
	{ "/* runtime=x", "/", "", "x", "", "" },
	{ "/{unit}", "/", "", "", "", "" },
	{ "**/job-{unit}.scope", "/x/y/job-12.scope", "", "", "", "12" },
	{ "**-{unit}-{container_id}", "/x/a-b-c-d", "c-d", "", "", "b" }, /* each as little as it can */
	{ "/**/{pod_uid}/{container_id}/**", "/batch/q/p1/c1/x", "p1", "", "q", "" },
	{ "/a?c runtime=x", "/abc", "", "x", "", "" },
	{ "/a?c runtime=x", "/a/c", "", "", "", "" },
	{ "/a*c runtime=x", "/abcbc", "", "x", "", "" },
	{ "/**b/*c runtime=x", "/b/b/ab/cc", "", "x", "", "" },
	{ "/{unit}/{pod_uid}.x", "/u/a.x.x", "", "", "a.x", "u" },
	/* as in names of systemd */
	{ "/system\\x2d{unit}", "/system\\x2dfsck", "", "", "", "fsck" },
};

static void rules_win_over_the_table(void **state)
{
	struct cgroup_path path;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(shapes) / sizeof(*shapes); i++) {
		const struct shape *shape = &shapes[i];
		struct cgroup_rules *rules = parsed(shape->rules);

		cgroup_path__own_rules(rules);
		cgroup_path__read(&path, shape->path);
		cgroup_path__own_rules(NULL);
		cgroup_rules__free(rules);
		if (strcmp(path.container, shape->container) || strcmp(path.runtime, shape->runtime) ||
		    strcmp(path.pod, shape->pod) || strcmp(path.unit, shape->unit))
			fail_msg("%s of '%s': container '%s' of '%s', pod '%s', unit '%s'", shape->path, shape->rules,
				 path.container, path.runtime, path.pod, path.unit);
	}
}

static const struct wrong {
	const char *text;
	unsigned int line;
	const char *why;
} wrongs[] = {
	{ "/a", 1, "gives no label" },
	{ "# x\n\na runtime=x", 3, "expected / or **" },
	{ "/a runtime=x\n/b/{name}", 2, "expected {LABEL}" },
	{ "/b/{unit", 1, "expected {LABEL}" },
	{ "/b/{", 1, "expected {LABEL}" },
	{ "/{unit}/{unit}", 1, "the label unit is there twice" },
	{ "/{unit} unit=x", 1, "the label unit is there twice" },
	{ "/a runtime=x runtime=y", 1, "the label runtime is there twice" },
	{ "/a runtime", 1, "expected LABEL=VALUE" },
	{ "/a image=x", 1, "container_id, pod_uid, runtime or unit" },
	{ "/{unit}{pod_uid}", 1, "directly behind another" },
	{ "/*** runtime=x", 1, "directly behind another" },
	{ "/*{unit}", 1, "directly behind another" },
};

static void what_is_wrong_is_said_with_its_line(void **state)
{
	struct cgroup_rules_error error;
	struct cgroup_rules *rules;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		const struct wrong *wrong = &wrongs[i];

		assert_int_equal(cgroup_rules__parse(&rules, wrong->text, strlen(wrong->text), &error), -EINVAL);
		assert_null(rules);
		if (error.line != wrong->line || !strstr(error.why, wrong->why))
			fail_msg("%s: line %u: %s", wrong->text, error.line, error.why);
	}
}

static void texts_are_bounded(void **state)
{
	char *text = malloc(CGROUP_RULES_TEXT_MAX + 1);
	struct cgroup_rules_error error;
	struct cgroup_rules *rules;
	size_t i, len = 0;

	(void)state;
	memset(text, '\n', CGROUP_RULES_TEXT_MAX + 1);
	assert_int_equal(cgroup_rules__parse(&rules, text, CGROUP_RULES_TEXT_MAX + 1, &error), -EINVAL);
	assert_int_equal(cgroup_rules__parse(&rules, text, CGROUP_RULES_TEXT_MAX, &error), 0);
	assert_int_equal(cgroup_rules__nr(rules), 0);
	cgroup_rules__free(rules);
	text[100] = '\0';
	assert_int_equal(cgroup_rules__parse(&rules, text, CGROUP_RULES_TEXT_MAX, &error), -EINVAL);
	assert_int_equal(error.line, 0);
	for (i = 0; i <= CGROUP_RULES_MAX; i++)
		len += sprintf(text + len, "/%zu runtime=x\n", i);
	assert_int_equal(cgroup_rules__parse(&rules, text, len, &error), -EINVAL);
	assert_int_equal(error.line, CGROUP_RULES_MAX + 1);
	free(text);
}

/* Of each token all that it can be, by trying. */
static bool fits_by_trying(const char *pattern, const char *path)
{
	size_t len, least = *pattern == '{';

	if (!*pattern)
		return !*path;
	if (*pattern != '*' && *pattern != '{')
		return *path && (*pattern == *path || (*pattern == '?' && *path != '/')) &&
		       fits_by_trying(pattern + 1, path + 1);
	for (len = 0; len <= strlen(path); len++) {
		bool beyond = pattern[0] == '*' && pattern[1] == '*';
		const char *behind = least ? strchr(pattern, '}') + 1 : pattern + 1 + beyond;

		if (len && path[len - 1] == '/' && !beyond)
			return false;
		if (len >= least && fits_by_trying(behind, path + len))
			return true;
	}
	return false;
}

static void append(char *text, const char *const *tokens, size_t nr_tokens, int nr)
{
	bool beside = false;

	while (nr-- > 0) {
		const char *token = tokens[rand() % nr_tokens];
		bool wild = *token == '*' || *token == '{';

		if ((wild && beside) || (*token == '{' && strchr(text, '{')))
			continue;
		strcat(text, token);
		beside = wild;
	}
}

static void it_fits_where_some_way_fits(void **state)
{
	static const char *const tokens[] = { "a", "b", "/", "*", "**", "{unit}", "?" };
	struct cgroup_rules *rules;
	struct cgroup_path path;
	size_t fit = 0, i;

	(void)state;
	srand(1);
	for (i = 0; i < 200000; i++) {
		char pattern[128] = "/", name[32] = "/", text[160];
		bool fits;

		append(pattern, tokens, 7, 1 + rand() % 8);
		append(name, tokens, 3, rand() % 9);
		snprintf(text, sizeof(text), "%s runtime=yes", pattern);
		rules = parsed(text);
		path = (struct cgroup_path){ 0 };
		cgroup_rules__apply(rules, &path, name);
		cgroup_rules__free(rules);
		fits = fits_by_trying(pattern, name);
		if (fits != !strcmp(path.runtime, "yes"))
			fail_msg("'%s' and '%s': %d by trying", pattern, name, fits);
		fit += fits;
	}
	assert_in_range(fit, 10000, 190000);
}

/* With each place of "**" each of "*" would have to be tried. */
static void a_path_that_takes_too_long_fits_nothing(void **state)
{
	struct cgroup_rules *rules = parsed("**a*b runtime=x\n/** runtime=y");
	struct cgroup_path path = { 0 };
	char text[4096] = "";
	size_t i;

	(void)state;
	for (i = 0; i + 1 < sizeof(text); i++)
		text[i] = i % 250 ? 'a' : '/';
	cgroup_rules__apply(rules, &path, text);
	assert_string_equal(path.runtime, "");
	text[200] = '\0';
	cgroup_rules__apply(rules, &path, text);
	assert_string_equal(path.runtime, "y");
	cgroup_rules__free(rules);
}

static void long_labels_are_cut(void **state)
{
	struct cgroup_rules *rules = parsed("/{unit}");
	struct cgroup_path path = { 0 };
	char text[1024];

	(void)state;
	memset(text, 'x', sizeof(text));
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	cgroup_rules__apply(rules, &path, text);
	assert_int_equal(strlen(path.unit), CGROUP_LABEL_MAX - 1);
	cgroup_rules__free(rules);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_win_over_the_table),
		cmocka_unit_test(what_is_wrong_is_said_with_its_line),
		cmocka_unit_test(texts_are_bounded),
		cmocka_unit_test(it_fits_where_some_way_fits),
		cmocka_unit_test(a_path_that_takes_too_long_fits_nothing),
		cmocka_unit_test(long_labels_are_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
