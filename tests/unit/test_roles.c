/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Covers roles.h: what names that real programs use stand for, and files of rules. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "records.h"
#include "../../user/model/roles.h"
#include "../../user/model/roles_impl.h"

static const char *name_by(const struct roles *roles, const char *comm, const char *thread, const char *title)
{
	static char text[80];
	struct role_name name;
	struct mt_who who = { .pid = 5, .tid = strcmp(comm, thread) ? 6 : 5 };

	set_comm(who.comm, comm);
	set_comm(who.tcomm, thread);
	roles__name(roles, &who, title, &name);
	snprintf(text, sizeof(text), "%s: %s", name.program, name.role);
	return text;
}

static void threads_of_real_programs(void **state)
{
	static const struct {
		const char *comm, *thread, *role;
	} rows[] = {
		{ "java", "GC Thread#1", "java: GC" },
		{ "java", "G1 Conc#0", "java: GC" },
		{ "java", "G1 Main Marker", "java: GC" },
		{ "java", "G1 Refine#0", "java: GC" },
		{ "java", "G1 Service", "java: GC" },
		{ "java", "ZWorkerYoung#0", "java: GC" },
		{ "java", "Shenandoah GC T", "java: GC" },
		{ "java", "C2 CompilerThre", "java: compiler" },
		{ "java", "C1 CompilerThre", "java: compiler" },
		{ "java", "VM Thread", "java: VM" },
		{ "java", "VM Periodic Tas", "java: VM" },
		{ "java", "Reference Handl", "java: VM" },
		{ "java", "Signal Dispatch", "java: VM" },
		{ "java", "Common-Cleaner", "java: VM" },
		{ "java", "java", "java: application" },
		{ "java", "Thread-12", "java: application" },
		{ "java", "http-nio-8080-e", "java: application" },
		{ "node", "node", "node: main" },
		{ "node", "not the first", "node: worker" },
		{ "node", "libuv-worker", "node: libuv worker" },
		{ "node", "V8Worker", "node: V8 worker" },
		{ "node-MainThread", "node-MainThread", "node: main" },
		{ "bash", "GC Thread#1", "bash: " }, /* of no program that rules know */
	};
	const struct roles roles = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(name_by(&roles, rows[i].comm, rows[i].thread, NULL), rows[i].role);
}

static void titles_of_real_programs(void **state)
{
	static const struct {
		const char *comm, *title, *role;
	} rows[] = {
		{ "postgres", "/usr/lib/postgresql/15/bin/postgres -D /var/lib/postgresql/15/main",
		  "postgres: postmaster" },
		{ "postgres", "postgres: 15/main: checkpointer ", "postgres: checkpointer" },
		{ "postgres", "postgres: checkpointer ", "postgres: checkpointer" },
		{ "postgres", "postgres: 15/main: background writer ", "postgres: background writer" },
		{ "postgres", "postgres: 15/main: walwriter ", "postgres: walwriter" },
		{ "postgres", "postgres: 15/main: autovacuum launcher ", "postgres: autovacuum launcher" },
		{ "postgres", "postgres: 15/main: autovacuum worker shop", "postgres: autovacuum worker" },
		{ "postgres", "postgres: 15/main: logical replication launcher ", "postgres: logical replication" },
		{ "postgres", "postgres: 15/main: parallel worker for PID 4711 ", "postgres: parallel worker" },
		{ "postgres", "postgres: 15/main: alice shop [local] idle", "postgres: backend shop" },
		{ "postgres", "postgres: alice shop [local] SELECT", "postgres: backend shop" },
		{ "postgres", "postgres: 15/main: alice shop 127.0.0.1(50234) idle in transaction",
		  "postgres: backend shop" },
		{ "postgres", "postgres: alice shop ::1(50234) authentication", "postgres: backend shop" },
		{ "postgres", "postgres: pg_cron launcher ", "postgres: other worker" },
		{ "redis-server", "/usr/bin/redis-server 127.0.0.1:6379", "redis: main" },
		{ "redis-server", "redis-rdb-bgsave 127.0.0.1:6379", "redis: child" },
		{ "redis-server", "redis-aof-rewrite 127.0.0.1:6379", "redis: child" },
		{ "nginx", "nginx: master process /usr/sbin/nginx -g daemon on; master_process on;", "nginx: master" },
		{ "nginx", "nginx: worker process", "nginx: worker" },
		{ "nginx", "nginx: worker process is shutting down", "nginx: worker" },
		{ "nginx", "nginx: cache manager process", "nginx: cache manager" },
		{ "nginx", "nginx -t", "nginx: " },
	};
	const struct roles roles = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_string_equal(name_by(&roles, rows[i].comm, rows[i].comm, rows[i].title), rows[i].role);
}

/* A role that depends on a title is not known without it; one by a thread's name is. */
static void a_title_that_is_not_known(void **state)
{
	const struct roles roles = { 0 };
	struct mt_who who = { .comm = "postgres" };

	(void)state;
	assert_string_equal(name_by(&roles, "postgres", "postgres", NULL), "postgres: ");
	assert_string_equal(name_by(&roles, "redis-server", "redis-server", NULL), "redis: ");
	assert_string_equal(name_by(&roles, "redis-server", "bio_lazy_free", NULL), "redis: bio");
	assert_true(roles__ask_title(&roles, &who));
	set_comm(who.comm, "java");
	assert_false(roles__ask_title(&roles, &who));
	set_comm(who.comm, "sh");
	assert_false(roles__ask_title(&roles, &who));
}

static void expect_match(const char *pattern, const char *text, bool matches)
{
	struct role_words words;

	if (role_pattern__match(pattern, text, &words) != matches)
		fail_msg("'%s' and '%s': expected %d", pattern, text, matches);
}

static void patterns(void **state)
{
	(void)state;
	expect_match("", "", true);
	expect_match("a", "", false);
	expect_match("", "a", false);
	expect_match("*", "", true);
	expect_match("*", "any thing", true);
	expect_match("a*b*c", "axxbyybzc", true);
	expect_match("a*b*c", "axxbyybzcd", false);
	expect_match("?", "", false);
	expect_match("a?c", "abc", true);
	expect_match("a\\*c", "abc", false);
	expect_match("a\\*c", "a*c", true);
	expect_match("\\<x>", "<x>", true);
	expect_match("<a> <b>", "one two", true);
	expect_match("<a> <b>", "one  two", false);
	expect_match("<a> <b>", "one", false);
	expect_match("<a>:<b>", "one:two", true);
	expect_match("*<a>!", "one two!", true);
	expect_match("a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false);
}

/* Rules of a file come first, may be about other programs, and may add to those that are known. */
static void rules_of_a_file(void **state)
{
	static const char text[] = "# comment\n"
				   "\n"
				   "shop\tcomm\tshop-*  # blanks and comments\n"
				   "shop title \"shop: <tenant> *\" \"tenant <tenant>\"\n"
				   "shop thread \"say \\\"hi\\\"\" polite\n"
				   "shop rest other\n"
				   "java thread \"http-nio-*\" \"web server\"\n"
				   "java thread \"G1 Conc#*\" marking\n"
				   "jvm comm jsvc"; /* without its newline */
	struct roles roles = { 0 };
	char why[ROLES_WHY];

	(void)state;
	assert_int_equal(roles__add(&roles, text, strlen(text), why), 0);
	assert_int_equal(roles.nr, 7);
	assert_string_equal(name_by(&roles, "shop-1", "x", "shop: acme idle"), "shop: tenant acme");
	assert_string_equal(name_by(&roles, "shop-1", "say \"hi\"", ""), "shop: polite");
	assert_string_equal(name_by(&roles, "shop-1", "x", "shop:"), "shop: other");
	assert_string_equal(name_by(&roles, "java", "http-nio-8080-e", NULL), "java: web server");
	assert_string_equal(name_by(&roles, "java", "G1 Conc#0", NULL), "java: marking");
	assert_string_equal(name_by(&roles, "java", "G1 Service", NULL), "java: GC");
	assert_string_equal(name_by(&roles, "jsvc", "G1 Service", NULL), "jvm: ");
	roles__free(&roles);
}

/* What a title says fills the role, and is cut with it. */
static void a_long_role(void **state)
{
	static const char text[] = "p comm p\np title \"<a> <b>\" \"<b><a>-<b>\"\np title \"*<a>!\" \"got <a>\"\n"
				   "q comm q\nq title y z\nq main first\n";
	char title[121], expected[80];
	struct roles roles = { 0 };
	char why[ROLES_WHY];

	(void)state;
	assert_int_equal(roles__add(&roles, text, strlen(text), why), 0);
	assert_string_equal(name_by(&roles, "p", "p", "one two"), "p: twoone-two");
	/* the word of a star's last try */
	assert_string_equal(name_by(&roles, "p", "p", "a b c one two!"), "p: got two");
	/* the first thread, unless a title that is not known says something else */
	assert_string_equal(name_by(&roles, "q", "q", NULL), "q: ");
	assert_string_equal(name_by(&roles, "q", "q", "x"), "q: first");
	assert_string_equal(name_by(&roles, "q", "other", "x"), "q: ");
	memset(title, 'x', 120);
	title[1] = ' ';
	title[120] = '\0';
	snprintf(expected, sizeof(expected), "p: %.*s", ROLE_LEN - 1, title + 2);
	assert_string_equal(name_by(&roles, "p", "p", title), expected);
	roles__free(&roles);
}

static void expect_refused(const char *text, const char *expected)
{
	struct roles roles = { 0 };
	char why[ROLES_WHY] = "";
	int err = roles__add(&roles, text, strlen(text), why);

	assert_int_equal(err, -EBADMSG);
	if (strcmp(why, expected))
		fail_msg("'%s': '%s', expected '%s'", text, why, expected);
	roles__free(&roles);
}

static void files_that_are_wrong(void **state)
{
	char text[600];

	(void)state;
	expect_refused("java\n", "line 1: expected PROGRAM, then comm, thread, title, main or rest");
	expect_refused("\n\njava kind x\n", "line 3: expected PROGRAM, then comm, thread, title, main or rest");
	expect_refused("java thread x\n", "line 1: expected PROGRAM thread PATTERN ROLE");
	expect_refused("java rest\n", "line 1: expected PROGRAM rest ROLE");
	expect_refused("java thread GC Thread GC\n", "line 1: more than 4 words; those with blanks stand in quotes");
	expect_refused("java thread \"GC GC\n", "line 1: a quote (\") is not closed");
	expect_refused("java thread \"GC\"GC x\n", "line 1: expected a blank behind the quote");
	expect_refused("java thread \"\" x\n", "line 1: a pattern has 1 to 127 bytes");
	expect_refused("java thread x \"\"\n", "line 1: a role has 1 to 47 bytes");
	expect_refused("a-name-that-is-too-long comm x\n", "line 1: the program's name has 1 to 15 bytes");
	expect_refused("p comm p\np title \"<a\" x\n", "line 2: expected a name in small letters between < and >");
	expect_refused("p comm p\np title \"<>\" x\n", "line 2: expected a name in small letters between < and >");
	expect_refused("p comm p\np title \"<a>\" <b>\n", "line 2: <b> is not in the pattern");
	expect_refused("p comm p\np rest <b>\n", "line 2: <b> is not in the pattern");
	expect_refused("p comm <a>\n", "line 1: a comm has no <words>");
	expect_refused("p comm p\np title \"<a> <b> <c> <d> <e>\" x\n", "line 2: more than 4 words in < and >");
	expect_refused("p comm \x1b[31m\n", "line 1: has the control character 0x1b");
	expect_refused("p comm p\r\n", "line 1: has the control character 0x0d");
	expect_refused("p rest x\n", "the program p has no line PROGRAM comm PATTERN");
	memset(text, 'x', sizeof(text));
	text[599] = '\0';
	expect_refused(text, "line 1: is longer than 511 bytes");
}

static void too_many_rules(void **state)
{
	size_t size = (ROLES_MAX + 1) * strlen("p comm p\n"), i;
	char *text = malloc(size + 1), why[ROLES_WHY];
	struct roles roles = { 0 };

	(void)state;
	assert_non_null(text);
	for (i = 0; i <= ROLES_MAX; i++)
		strcpy(text + i * strlen("p comm p\n"), "p comm p\n");
	assert_int_equal(roles__add(&roles, text, size, why), -EBADMSG);
	assert_string_equal(why, "line 1025: more than 1024 rules");
	roles__free(&roles);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_of_real_programs),  cmocka_unit_test(titles_of_real_programs),
		cmocka_unit_test(a_title_that_is_not_known), cmocka_unit_test(patterns),
		cmocka_unit_test(rules_of_a_file),	     cmocka_unit_test(a_long_role),
		cmocka_unit_test(files_that_are_wrong),	     cmocka_unit_test(too_many_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
