// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The kinds of lines in a timeline, and its rules. */
#include <stdint.h>

#include "../base/units.h"
#include "docgen.h"

static const char timeline_head[] =
	"<!-- Generated from user/count/timeline_rules.def by \"make docs\": do not edit. -->\n"
	"# Kinds of lines in a timeline, and rules of causes\n\n"
	"[timeline.md](timeline.md) says how to read a timeline. `event` in JSON is one of these kinds:\n\n"
	"| kind | what it is |\n|---|---|\n";

static const char rules_head[] =
	"\nThe first rule of an effect that finds a cause tells it (`rule` in JSON). The cause began before the "
	"effect,\n"
	"and ended no longer before it than *within* says; 0: it was under way.\n\n"
	"| effect | cause | rule | where it is looked for | within | and | the kernel's source |\n"
	"|---|---|---|---|---|---|---|\n";

/* Words for enum timeline_near and enum timeline_flag. */
#define NEAR_INSIDE  "around it, the same task"
#define NEAR_TASK    "the same task"
#define NEAR_CGROUP  "the same cgroup, or one above"
#define NEAR_NODE    "the same node"
#define NEAR_MACHINE "any task"
#define INFER	     1
#define FRUITLESS    2
#define SAME_REQUEST 4
#define SAME_CGROUP  8
#define BESIDE	     16
#define GAP	     32
#define UNTOLD	     64

static const char *const timeline_flags[] = {
	"if nothing was seen of it, a line says so",
	"it got nothing back",
	"order, gfp flags and cgroup are the same",
	"both are about the same cgroup",
	"both stand at the same depth",
	"a gap is named",
	"the kernel does not tell what the kill was for",
};

static void md_rule(FILE *out, const char *name, const char *cause, const char *effect, const char *near,
		    uint64_t within_ns, uint32_t flags, const char *where)
{
	const char *separator = "";
	char within[32];

	fprintf(out, "| `%s` | `%s` | `%s` | %s | %s |", effect, cause, name, near,
		within_ns ? spell_duration(within, sizeof(within), within_ns) : "0");
	for (size_t i = 0; i < sizeof(timeline_flags) / sizeof(*timeline_flags); i++) {
		if (!(flags & 1U << i))
			continue;
		fprintf(out, "%s %s", separator, timeline_flags[i]);
		separator = ";";
	}
	fputs(" |", out);
	docgen__cell(out, where, false);
	fputc('\n', out);
}

void docgen__timeline_rules(FILE *out, const struct command *unused)
{
	(void)unused;
	fputs(timeline_head, out);
#define MT_TIMELINE_KIND(id, fold, help) fprintf(out, "| `%s` | %s |\n", #id, help);
#include "../count/timeline_rules.def"
	fputs(rules_head, out);
#define MT_TIMELINE_RULE(name, cause, effect, near, within_ns, flags, where)                                           \
	md_rule(out, name, #cause, #effect, NEAR_##near, within_ns, flags, where);
#include "../count/timeline_rules.def"
}
