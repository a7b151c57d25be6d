/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * Covers the tables of options (every command's and the shared groups), what
 * each type accepts and refuses, limits, repetition, "--", words, and that a
 * refusal is one line which names the option and the value.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "user/cli/command.h"
#include "user/model/probe.h"

static const struct option_row *const all_groups[] = {
	filter_options, time_options,  output_options, table_options,  cmd_options,    gather_options, export_options,
	ring_options,	chain_options, sample_options, attach_options, common_options, NULL,
};

static const struct command full = {
	.name = "full",
	.options = all_groups,
	.takes_probes = true,
	.takes_cmd = true,
};

static const struct option_row *const few_groups[] = { group_options, common_options, NULL };
static const struct command bare = { .name = "bare", .options = few_groups };

static const struct option_row *const label_group[] = { label_options, common_options, NULL };
static const struct command labels = { .name = "labels", .options = label_group };

/* One parse: what it returned and what it said. */
struct parsed {
	struct options options;
	int err;
	char said[2048];
};

/* Calls options__parse() with stderr kept in p->said. */
static void parse_argv(struct parsed *p, const struct command *command, int argc, char **argv)
{
	FILE *said = tmpfile();
	int saved = dup(STDERR_FILENO);
	size_t len;

	assert_non_null(said);
	fflush(stderr);
	dup2(fileno(said), STDERR_FILENO);
	options__init(&p->options);
	p->err = options__parse(&p->options, command, argc, argv, 2);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(said);
	len = fread(p->said, 1, sizeof(p->said) - 1, said);
	p->said[len] = '\0';
	fclose(said);
}

/* The words of the command line behind "memtrace COMMAND", NULL at the end; argv lives until the next call. */
#define PARSE(p, command, ...) parse_words(p, command, (const char *[]){ __VA_ARGS__, NULL })
static void parse_words(struct parsed *p, const struct command *command, const char *const *words)
{
	static char *argv[32];
	int argc = 2;

	argv[0] = (char *)"memtrace";
	argv[1] = (char *)command->name;
	for (; words[argc - 2]; argc++)
		argv[argc] = (char *)words[argc - 2];
	argv[argc] = NULL;
	parse_argv(p, command, argc, argv);
}

static size_t count_lines(const char *text)
{
	size_t nr = 0;

	for (; *text; text++)
		nr += *text == '\n';
	return nr;
}

/* The last words were refused in one line that holds each of the texts. */
#define REFUSED(p, ...) check_refused(p, (const char *[]){ __VA_ARGS__, NULL })
static void check_refused(struct parsed *p, const char *const *texts)
{
	assert_int_equal(p->err, -EINVAL);
	assert_int_equal(count_lines(p->said), 1);
	assert_ptr_equal(strstr(p->said, "memtrace: "), p->said);
	for (; *texts; texts++) {
		if (!strstr(p->said, *texts))
			fail_msg("expected '%s' in: %s", *texts, p->said);
	}
	options__free(&p->options);
}

static void accepted(struct parsed *p)
{
	assert_string_equal(p->said, "");
	assert_int_equal(p->err, 0);
}

static size_t type_size(enum option_type type)
{
	static const size_t sizes[] = {
		[OPT_FLAG] = sizeof(bool),
		[OPT_DURATION] = sizeof(uint64_t),
		[OPT_UINT] = sizeof(uint64_t),
		[OPT_SIZE] = sizeof(uint64_t),
		[OPT_STRING] = sizeof(char *),
		[OPT_CHOICE] = sizeof(int),
		[OPT_CHOICES] = sizeof(uint32_t),
		[OPT_UINTS] = sizeof(struct uint_list),
		[OPT_CHOICE_LIST] = sizeof(struct uint_list),
		[OPT_STRINGS] = sizeof(struct string_list),
		[OPT_SHARE] = sizeof(uint64_t),
		[OPT_TIME] = sizeof(struct time_point),
		[OPT_PERCENT] = sizeof(uint64_t),
		[OPT_FLAG_CHOICE] = sizeof(int),
	};

	return sizes[type];
}

static void check_row(const struct command *command, const struct option_row *row)
{
	if (!row->help || !*row->help)
		fail_msg("%s --%s has no help", command->name, row->name);
	if ((row->type == OPT_FLAG) != !row->arg)
		fail_msg("%s --%s: a flag, and it alone, has no argument", command->name, row->name);
	if ((row->type == OPT_CHOICE || row->type == OPT_CHOICES || row->type == OPT_CHOICE_LIST ||
	     row->type == OPT_FLAG_CHOICE) != !!row->choices)
		fail_msg("%s --%s: choices belong to OPT_CHOICE and its lists", command->name, row->name);
	if ((row->type == OPT_DURATION || row->type == OPT_UINT || row->type == OPT_SIZE || row->type == OPT_UINTS ||
	     row->type == OPT_SHARE) &&
	    row->min >= row->max)
		fail_msg("%s --%s accepts nothing", command->name, row->name);
	assert_true(row->offset + type_size(row->type) <= sizeof(struct options));
}

/* Rows of one command that clash: by name, by short name, or by overlapping members. */
static void check_pair(const struct command *command, const struct option_row *a, const struct option_row *b)
{
	if (!strcmp(a->name, b->name) || (a->short_name && a->short_name == b->short_name))
		fail_msg("%s: --%s and --%s have the same name", command->name, a->name, b->name);
	if (a->offset < b->offset + type_size(b->type) && b->offset < a->offset + type_size(a->type))
		fail_msg("%s: --%s and --%s overlap in struct options", command->name, a->name, b->name);
}

static void check_table(const struct command *command)
{
	const struct option_row *rows[64];
	size_t nr = 0;

	for (const struct option_row *const *group = command->options; *group; group++) {
		for (const struct option_row *row = *group; row->name; row++) {
			assert_true(nr < sizeof(rows) / sizeof(*rows));
			check_row(command, row);
			for (size_t i = 0; i < nr; i++)
				check_pair(command, rows[i], row);
			rows[nr++] = row;
		}
	}
	assert_true(nr > 0);
}

static void test_tables(void **state)
{
	check_table(&full);
	check_table(&bare);
	for (const struct command *const *command = commands; *command; command++)
		check_table(*command);
}

static void test_commands_are_described(void **state)
{
	for (const struct command *const *command = commands; *command; command++) {
		size_t nr = 0;

		assert_ptr_equal(command__find((*command)->name), *command);
		assert_true((*command)->question && *(*command)->question);
		assert_true((*command)->summary && *(*command)->summary);
		assert_non_null((*command)->usage);
		assert_non_null((*command)->run);
		for (const struct example *e = (*command)->examples; e->text; e++, nr++)
			assert_ptr_equal(strstr(e->line, "memtrace "), e->line);
		if (nr < 3)
			fail_msg("%s has %zu examples, expected 3", (*command)->name, nr);
	}
	assert_null(command__find("nonsense"));
	assert_null(command__find(""));
}

static void test_defaults(void **state)
{
	struct parsed p;

	PARSE(&p, &full, NULL);
	accepted(&p);
	assert_int_equal(p.options.by, -1);
	assert_int_equal(p.options.duration_ns, 0);
	assert_int_equal(p.options.max_series, 200);
	assert_int_equal(p.options.rows, 20);
	assert_null(p.options.cmd);
	assert_null(p.options.out.path);
	assert_int_equal(p.options.nr_probes, 0);
	options__free(&p.options);
}

static void test_flags(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "-av", "--json", "--light");
	accepted(&p);
	assert_true(p.options.all && p.options.verbose && p.options.out.json && p.options.light);
	assert_false(p.options.latency || p.options.follow || p.options.keep || p.options.help);
	options__free(&p.options);

	PARSE(&p, &full, "--json=yes");
	REFUSED(&p, "--json=yes");
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} good[] = {
		{ "65536", 65536 }, { "64K", 65536 }, { "16M", 16 << 20 }, { "2G", 2ULL << 30 }, { "1MiB", 1 << 20 }
	};
	struct parsed p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		PARSE(&p, &full, "--ring-size", good[i].text);
		accepted(&p);
		assert_int_equal(p.options.rings.hot_bytes, good[i].bytes);
		options__free(&p.options);
	}
	PARSE(&p, &full, "--ring-size", "16X");
	REFUSED(&p, "--ring-size '16X'", "not a size", "K, M, G");
	PARSE(&p, &full, "--ring-size", "1K");
	REFUSED(&p, "--ring-size '1K'", "out of range", "from 16K to 2G");
	PARSE(&p, &full, "--ring-size", "3G");
	REFUSED(&p, "--ring-size '3G'", "out of range", "from 16K to 2G");
	PARSE(&p, &full, "--ring-size", "99999999999G");
	REFUSED(&p, "out of range", "from 16K to 2G");
}

static void test_shares(void **state)
{
	static const struct {
		const char *text;
		uint64_t one_in;
	} good[] = { { "1/1", 1 }, { "1/2", 2 }, { "1/16", 16 }, { "1/1000000", 1000000 } };
	static const char *const bad[] = {
		"",	"1",	"16",	"1/",	 "/4",	      "1/0", "2/4",
		"1/-4", "1/4x", "1/ 4", "1/1/4", "1/1000001", "0.5", "1/18446744073709551617"
	};
	struct parsed p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
		PARSE(&p, &full, "--sample", good[i].text);
		accepted(&p);
		assert_int_equal(p.options.sample, good[i].one_in);
		options__free(&p.options);
	}
	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		PARSE(&p, &full, "--sample", bad[i]);
		REFUSED(&p, "--sample", bad[i], "expected 1/N with N from 1 to 1000000");
	}
}

static void test_durations(void **state)
{
	static const struct {
		const char *text;
		uint64_t ns;
	} good[] = { { "15", 15000000000 },	    { "250ms", 250000000 }, { "2m", 120000000000 },
		     { "1h", 3600000000000 },	    { "0.5", 500000000 },   { "1ns", 1 },
		     { "8760h", 31536000000000000 } };
	static const char *const bad[] = { "abc", "", " 1", "1 ", "-1", "5x", "ms", "1e3", "0x10", "nan", "--json" };
	static const char *const out_of_range[] = { "0", "0s", "8761h", "99999999999999999999999" };
	struct parsed p;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		PARSE(&p, &full, "-d", good[i].text);
		accepted(&p);
		assert_int_equal(p.options.duration_ns, good[i].ns);
		options__free(&p.options);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		PARSE(&p, &full, "--duration", bad[i]);
		REFUSED(&p, "-d '", bad[i], "not a duration", "ns, us, ms, s, m, h");
	}
	for (size_t i = 0; i < sizeof(out_of_range) / sizeof(*out_of_range); i++) {
		PARSE(&p, &full, "-d", out_of_range[i]);
		REFUSED(&p, "-d '", out_of_range[i]);
	}
	PARSE(&p, &full, "-i", "9ms");
	REFUSED(&p, "-i '9ms'", "from 10ms to 8760h");
	PARSE(&p, &full, "-i", "10ms");
	accepted(&p);
	options__free(&p.options);
}

static void test_uint(void **state)
{
	static const char *const bad[] = { "", "x", "-1", "+1", "1.5", "1k", " 1", "1000001", "18446744073709551616" };
	struct parsed p;

	PARSE(&p, &full, "-k", "0", "--max-series=100000");
	accepted(&p);
	assert_int_equal(p.options.rows, 0);
	assert_int_equal(p.options.max_series, 100000);
	options__free(&p.options);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		PARSE(&p, &full, "-k", bad[i]);
		REFUSED(&p, "-k '", bad[i], "0 to 1000000");
	}
	PARSE(&p, &full, "--max-series", "0");
	REFUSED(&p, "--max-series '0'", "1 to 100000");
	PARSE(&p, &full, "--max-series", "100001");
	REFUSED(&p, "--max-series '100001'");
}

static void test_uint_lists(void **state)
{
	static const char *const bad[] = { "", ",", "1,", ",1", "1,,2", "1 2", "0", "4194305", "1,x" };
	struct parsed p;

	PARSE(&p, &full, "-p", "1,2", "-p3", "--pid=4194304", "-t", "7");
	accepted(&p);
	assert_int_equal(p.options.pids.nr, 4);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(p.options.pids.list[i], i + 1);
	assert_int_equal(p.options.pids.list[3], 4194304);
	assert_int_equal(p.options.tids.nr, 1);
	assert_int_equal(p.options.tids.list[0], 7);
	options__free(&p.options);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		PARSE(&p, &full, "-p", bad[i]);
		REFUSED(&p, "-p '", bad[i], "1 to 4194304");
	}
}

static void test_strings(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "-n", "a,b", "-n", "-x", "-u", "root", "-c", "/a b", "-o", "one", "-o", "two", "--sort=");
	REFUSED(&p, "--sort ''", "FIELD");
	PARSE(&p, &full, "-n", "a,b", "-n", "-x", "-u", "root", "-c", "/a b", "-o", "one", "-o", "two");
	accepted(&p);
	assert_int_equal(p.options.comms.nr, 2);
	assert_string_equal(p.options.comms.list[0], "a,b");
	assert_string_equal(p.options.comms.list[1], "-x");
	assert_string_equal(p.options.users.list[0], "root");
	assert_string_equal(p.options.cgroups.list[0], "/a b");
	assert_string_equal(p.options.out.path, "two");
	options__free(&p.options);

	PARSE(&p, &full, "-n", "");
	REFUSED(&p, "-n ''", "COMM");
}

/* A flag that may say how: behind "=" alone, so that a word behind it is a word. */
static void test_flag_choices(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "--stacks", "fault");
	accepted(&p);
	assert_int_equal(p.options.stacks, STACKS_FP);
	assert_int_equal(p.options.nr_probes, 1);
	assert_string_equal(p.options.probes[0], "fault");
	options__free(&p.options);
	PARSE(&p, &full, "--stacks=dwarf", "fault", "--stacks=fp", "--stacks=dwarf");
	accepted(&p);
	assert_int_equal(p.options.stacks, STACKS_DWARF);
	assert_int_equal(options__stack_bytes(&p.options), DEFAULT_STACK_BYTES);
	assert_int_equal(p.options.nr_probes, 1);
	options__free(&p.options);
	parse_words(&p, &full, (const char *[]){ NULL });
	accepted(&p);
	assert_int_equal(p.options.stacks, STACKS_NONE);
	assert_int_equal(options__stack_bytes(&p.options), 0);
	options__free(&p.options);
	PARSE(&p, &full, "--stacks=Dwarf");
	REFUSED(&p, "--stacks 'Dwarf'", "not one of fp, dwarf");
	PARSE(&p, &full, "--stacks=");
	REFUSED(&p, "--stacks ''", "not one of fp, dwarf");
	PARSE(&p, &full, "--stackss=fp");
	REFUSED(&p, "unknown option '--stackss=fp'", "did you mean --stacks?");
	PARSE(&p, &bare, "--stacks=fp");
	REFUSED(&p, "unknown option '--stacks=fp'");
}

static void test_choices(void **state)
{
	static const char *const names[] = { "process", "thread", "comm", "cgroup", "role", "parent" };
	static const int values[] = { BY_PROCESS, BY_THREAD, BY_COMM, BY_CGROUP, BY_ROLE, BY_PARENT };
	struct parsed p;

	for (size_t i = 0; i < 6; i++) {
		PARSE(&p, &full, "--by", names[i]);
		accepted(&p);
		assert_int_equal(p.options.by, values[i]);
		options__free(&p.options);
		PARSE(&p, &bare, "--by", names[i]);
		if (values[i] == BY_PARENT) {
			REFUSED(&p, "--by", names[i], "process, thread, comm, cgroup, role");
			continue;
		}
		accepted(&p);
		assert_int_equal(p.options.by, values[i]);
		options__free(&p.options);
	}
	PARSE(&p, &full, "--by", "Process");
	REFUSED(&p, "--by 'Process'", "process, thread, comm, cgroup, role, parent");
	PARSE(&p, &full, "--by=");
	REFUSED(&p, "--by ''");
}

static void test_choice_lists(void **state)
{
	struct parsed p;

	(void)state;
	PARSE(&p, &full, "--avoid", "tp_btf,fentry", "--avoid=perf_event", "--avoid", "fentry");
	accepted(&p);
	assert_int_equal(p.options.avoid, 1U << ATTACH_TP_BTF | 1U << ATTACH_FENTRY | 1U << ATTACH_PERF);
	options__free(&p.options);
	PARSE(&p, &full, "--avoid", "raw_tp,tp");
	accepted(&p);
	assert_int_equal(p.options.avoid, 1U << ATTACH_RAW_TP | 1U << ATTACH_TP);
	options__free(&p.options);
	PARSE(&p, &full, "--avoid", "tp,iter");
	REFUSED(&p, "--avoid 'iter'", "tp_btf, raw_tp, tp, fentry, perf_event");
	PARSE(&p, &full, "--avoid", "tp,");
	REFUSED(&p, "--avoid ''");
}

/* In the order in which they were given, each once. */
static void test_ordered_choices(void **state)
{
	struct parsed p;

	(void)state;
	PARSE(&p, &labels, "--by", "cgroup", "--by=comm,cgroup");
	accepted(&p);
	assert_int_equal(p.options.labels.nr, 2);
	assert_int_equal(p.options.labels.list[0], BY_CGROUP);
	assert_int_equal(p.options.labels.list[1], BY_COMM);
	options__free(&p.options);
	PARSE(&p, &labels, "-v");
	accepted(&p);
	assert_int_equal(p.options.labels.nr, 0);
	options__free(&p.options);
	PARSE(&p, &labels, "--by", "comm,thread");
	REFUSED(&p, "--by 'thread'", "comm, cgroup, role");
	PARSE(&p, &labels, "--by", "comm,");
	REFUSED(&p, "--by ''");
}

static void test_last_wins(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "-d", "1", "--by", "comm", "-d", "2", "--by", "thread", "-k1", "-k2");
	accepted(&p);
	assert_int_equal(p.options.duration_ns, 2000000000);
	assert_int_equal(p.options.by, BY_THREAD);
	assert_int_equal(p.options.rows, 2);
	options__free(&p.options);
}

static void test_unknown_options(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "--durtion", "5");
	REFUSED(&p, "'--durtion'", "--duration?", "memtrace full --help-all");
	PARSE(&p, &full, "--inter=5");
	REFUSED(&p, "'--inter=5'", "--interval?");
	PARSE(&p, &full, "--xyzzy");
	REFUSED(&p, "'--xyzzy'", "-p, -t, -u, -n, -c, --follow, -d, -i, -o, --json");
	PARSE(&p, &full, "-Z");
	REFUSED(&p, "'-Z'", "-p, ");
	PARSE(&p, &bare, "-d", "5");
	REFUSED(&p, "'-d'", "--by, --roles, -v, -h");
	PARSE(&p, &full, "--\033[31m");
	REFUSED(&p, "\\x1b[31m");
	assert_null(strchr(p.said, '\033'));
}

static void test_missing_argument(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "--json", "-d");
	REFUSED(&p, "-d: ", "TIME");
	PARSE(&p, &full, "-vp");
	REFUSED(&p, "PID");
	PARSE(&p, &full, "--output");
	REFUSED(&p, "--output: ", "FILE");
	/* What stands behind "--" is no argument of an option. */
	PARSE(&p, &full, "-o", "--", "true");
	REFUSED(&p, "-o: ", "FILE");
}

static void test_probes(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "fault", "-d", "1", "reclaim", "fault", "--json");
	accepted(&p);
	assert_int_equal(p.options.nr_probes, 2);
	assert_string_equal(p.options.probes[0], "fault");
	assert_string_equal(p.options.probes[1], "reclaim");
	assert_true(p.options.out.json);
	assert_int_equal(p.options.duration_ns, 1000000000);
	options__free(&p.options);

	PARSE(&p, &full, "fault", "faults");
	REFUSED(&p, "'faults'", "fault, minor, ");
	PARSE(&p, &full, "-");
	REFUSED(&p, "'-'");
	PARSE(&p, &bare, "fault");
	REFUSED(&p, "'fault'", "bare");
}

/* Options behind a word are options also for a shell that asks for POSIX behaviour. */
static void test_posixly_correct(void **state)
{
	setenv("POSIXLY_CORRECT", "1", 1);
	test_probes(state);
	unsetenv("POSIXLY_CORRECT");
}

static void test_cmd(void **state)
{
	struct parsed p;

	PARSE(&p, &full, "fault", "-d", "1", "--", "ls", "-d", "--", "--json");
	accepted(&p);
	assert_non_null(p.options.cmd);
	assert_string_equal(p.options.cmd[0], "ls");
	assert_string_equal(p.options.cmd[1], "-d");
	assert_string_equal(p.options.cmd[2], "--");
	assert_string_equal(p.options.cmd[3], "--json");
	assert_null(p.options.cmd[4]);
	assert_false(p.options.out.json);
	options__free(&p.options);

	PARSE(&p, &full, "--");
	REFUSED(&p, "--: ", "command");
	PARSE(&p, &full, "--", "");
	REFUSED(&p, "--: ", "command");
	PARSE(&p, &bare, "--", "ls");
	REFUSED(&p, "bare", "'--'");
}

static void test_help_checks_no_words(void **state)
{
	struct parsed p;

	PARSE(&p, &bare, "what", "-h");
	accepted(&p);
	assert_true(p.options.help && !p.options.help_all);
	options__free(&p.options);
	PARSE(&p, &bare, "what", "--help-all", "--", "ls");
	accepted(&p);
	assert_true(p.options.help_all);
	options__free(&p.options);
}

static void test_word_distance(void **state)
{
	char longer[100];

	memset(longer, 'a', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(word_distance("", ""), 0);
	assert_int_equal(word_distance("abc", ""), 3);
	assert_int_equal(word_distance("abc", "abc"), 0);
	assert_int_equal(word_distance("abc", "acb"), 1);
	assert_int_equal(word_distance("abc", "xbc"), 1);
	assert_int_equal(word_distance("abc", "abcd"), 1);
	assert_int_equal(word_distance("kitten", "sitting"), 3);
	assert_int_equal(word_distance(longer, "a"), SIZE_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_commands_are_described),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_flags),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_shares),
		cmocka_unit_test(test_durations),
		cmocka_unit_test(test_uint),
		cmocka_unit_test(test_uint_lists),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_choices),
		cmocka_unit_test(test_flag_choices),
		cmocka_unit_test(test_choice_lists),
		cmocka_unit_test(test_ordered_choices),
		cmocka_unit_test(test_last_wins),
		cmocka_unit_test(test_unknown_options),
		cmocka_unit_test(test_missing_argument),
		cmocka_unit_test(test_probes),
		cmocka_unit_test(test_posixly_correct),
		cmocka_unit_test(test_cmd),
		cmocka_unit_test(test_help_checks_no_words),
		cmocka_unit_test(test_word_distance),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
