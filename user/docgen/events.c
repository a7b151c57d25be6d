// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The reference of events, counters and metrics. */
#include <string.h>

#include "../base/units.h"
#include "docgen.h"
#include "../metrics/metrics.h"
#include "../model/keyed.h"
#include "../model/probe.h"
#include "../model/samples.h"

static void md_counter(FILE *out, const struct slot_row *row)
{
	char metric[256];

	fputc('|', out);
	docgen__cell(out, row->path, true);
	docgen__cell(out, schema__role_name(row->role), false);
	docgen__cell(out, schema__unit_name(row->unit), false);
	docgen__cell(out, slot_row__metric(row, metric, sizeof(metric)), true);
	docgen__cell(out, row->help, false);
	fputc('\n', out);
}

static void md_counters(FILE *out, enum mt_probe probe, const struct slot_row *rows, size_t nr, const char *heading)
{
	bool any = false;

	for (size_t i = 0; i < nr; i++) {
		if (rows[i].probe != probe)
			continue;
		if (!any)
			fprintf(out,
				"\n### %s\n\n| JSON path | role | unit | metric | meaning |\n"
				"|---|---|---|---|---|\n",
				heading);
		any = true;
		md_counter(out, &rows[i]);
	}
}

/* " (`direct`, `memcg`)"; a bit's name may be empty. */
static void md_names(FILE *out, const char *const *names)
{
	bool any = false;

	for (size_t i = 0; names && names[i]; i++) {
		if (*names[i])
			fprintf(out, "%s`%s`", any ? ", " : " (", names[i]);
		any |= *names[i];
	}
	if (any)
		fputc(')', out);
}

static void md_field(FILE *out, const struct field_row *field)
{
	char path[128];

	bool is_task = schema__is_task(field->type);

	snprintf(path, sizeof(path), "%s%s%s", field->path, is_task && *field->path ? "." : "", is_task ? "*" : "");
	fputc('|', out);
	docgen__cell(out, path, true);
	docgen__cell(out, schema__field_type_name(field->type), false);
	docgen__cell(out, schema__unit_name(field->unit), false);
	fputc(' ', out);
	docgen__text(out, field->help);
	md_names(out, field->names);
	fputs(" |\n", out);
}

static void md_event(FILE *out, const struct event_row *event)
{
	static const char *const uses[] = {
		[EVENT_RARE] = "It comes whenever the probe is on.",
		[EVENT_EVERY] = "It comes only when each single event is asked for.",
		[EVENT_LATENCY] = "It comes only when a latency is asked for.",
	};

	fprintf(out, "\n### Event %s\n\n", event->name);
	docgen__sentence(out, event->help);
	fprintf(out, ". %s\nAs text:\n\n    %s\n\n| JSON path | type | unit | meaning |\n|---|---|---|---|\n",
		uses[event->use], event->text);
	for (size_t i = 0; i < event->nr_fields; i++)
		md_field(out, &event->fields[i]);
}

static void md_histograms(FILE *out, enum mt_probe probe)
{
	bool any = false;

	for (size_t i = 0; i < nr_hist_rows; i++) {
		const struct hist_row *hist = &hist_rows[i];

		if (hist->probe != probe)
			continue;
		if (!any)
			fputs("\n### Histograms\n\n| name | unit | by | metric | meaning |\n|---|---|---|---|---|\n",
			      out);
		any = true;
		fputc('|', out);
		docgen__cell(out, hist->name, true);
		docgen__cell(out, schema__unit_name(hist->unit), false);
		docgen__cell(out, hist->label, true);
		docgen__cell(out, hist->metric, true);
		docgen__cell(out, hist->help, false);
		fputc('\n', out);
	}
}

/* Metrics that count events, rather than add up slots. */
static void md_counts(FILE *out, enum mt_probe probe)
{
	bool any = false;

	for (size_t i = 0; i < nr_count_rows; i++) {
		const struct count_row *count = &count_rows[i];

		if (count->probe != probe)
			continue;
		if (!any)
			fputs("\n### Metrics that count events\n\n| event | metric | labels | meaning "
			      "|\n|---|---|---|---|\n",
			      out);
		any = true;
		fputc('|', out);
		docgen__cell(out, event_rows[count->event].name, true);
		docgen__cell(out, count->metric, true);
		fprintf(out, " `%s`, `cgroup` |", count->label);
		docgen__cell(out, count->help, false);
		fputs("\n|", out);
		docgen__cell(out, event_rows[count->event].name, true);
		docgen__cell(out, count->last_metric, true);
		fputs(" |", out);
		docgen__cell(out, count->last_help, false);
		fputc('\n', out);
	}
}

static void md_keyed_column(FILE *out, const struct keyed_column *column, const char *role)
{
	if (!column->path)
		return;
	fputc('|', out);
	docgen__cell(out, column->path, true);
	docgen__cell(out, role, false);
	docgen__cell(out, schema__unit_name(column->unit), false);
	docgen__cell(out, column->metric, true);
	fputc(' ', out);
	docgen__text(out, column->help);
	md_names(out, column->names);
	fputs(" |\n", out);
}

static void md_keyed_row(FILE *out, const struct keyed_row *row)
{
	fprintf(out, "\n### Counters by a key: %s\n\n", row->path);
	docgen__sentence(out, row->help);
	fputs(". An array in JSON, one object a key:\n\n| JSON path | role | unit | metric | meaning |\n"
	      "|---|---|---|---|---|\n",
	      out);
	for (size_t i = 0; i < row->nr_keys; i++)
		md_keyed_column(out, &row->keys[i], "key");
	for (size_t i = 0; i < row->nr_values; i++)
		md_keyed_column(out, &row->values[i], "counter");
	if (row->hist->path)
		fprintf(out, "| `%s` | histogram | %s | | %s |\n", row->hist->path, schema__unit_name(row->hist->unit),
			row->hist->help);
}

static void md_keyed(FILE *out, enum mt_probe probe)
{
	for (size_t i = 0; i < MT_NR_KEYED; i++)
		if (keyed_rows[i].probe == probe)
			md_keyed_row(out, &keyed_rows[i]);
}

static const char samples_head[] =
	"\n## Samples\n\n"
	"Values that memtrace reads from files of the kernel when it starts, at each tick and at the end, whatever\n"
	"probes are on. `stat --json` has them below `samples`: of a gauge `last`, `min` and `max`, of a counter how\n"
	"far it grew. Each can be unknown: a kernel may not have that key, or not let the file be read.\n"
	"`pressure.*` are there with CONFIG_PSI. A metric that counts starts from 0 with memtrace.\n";

static void md_sample(FILE *out, const struct sample_row *row)
{
	fputc('|', out);
	docgen__cell(out, row->path, true);
	docgen__cell(out, row->key, true);
	docgen__cell(out, sample__kind_name(row->kind), false);
	docgen__cell(out, schema__unit_name(row->unit), false);
	docgen__cell(out, row->metric, true);
	docgen__cell(out, row->help, false);
	fputc('\n', out);
}

static void md_samples(FILE *out)
{
	fputs(samples_head, out);
	for (size_t file = 0; file < NR_SAMPLE_FILES; file++) {
		fprintf(out,
			"\n### Samples of %s\n\n| JSON path | key | kind | unit | metric | meaning |\n"
			"|---|---|---|---|---|---|\n",
			sample_paths[file]);
		for (size_t i = 0; i < NR_SAMPLES; i++)
			if (sample_rows[i].file == file)
				md_sample(out, &sample_rows[i]);
	}
}

static const char cgroup_samples_head[] =
	"\n### Samples of cgroups\n\n"
	"Of each memory cgroup that has samples ([json.md](json.md#cgroups) says which those are), read at the same\n"
	"moments. `stat --json` has them in `cgroups[]`: of a gauge `last`, `min` and `max`, of a counter `last`, as "
	"the\n"
	"kernel has it, and `grown`, how far it grew. A limit that is not set is `\"max\"`, and `+Inf` as a metric. "
	"What\n"
	"one of the hierarchies does not have is unknown there. Metrics have the label `cgroup`, and those that count "
	"are\n"
	"as the kernel has them: they begin with the cgroup, not with memtrace.\n\n"
	"| JSON path | cgroup v2 | cgroup v1 | kind | unit | metric | meaning |\n|---|---|---|---|---|---|---|\n";

/* "`memory.events` `oom`" */
static void md_source(FILE *out, const struct cgroup_sample_source *source)
{
	if (!source->file)
		fputs(" |", out);
	else if (source->key)
		fprintf(out, " `%s` `%s` |", source->file, source->key);
	else
		docgen__cell(out, source->file, true);
}

static void md_cgroup_samples(FILE *out)
{
	fputs(cgroup_samples_head, out);
	for (size_t i = 0; i < NR_CGROUP_SAMPLES; i++) {
		const struct cgroup_sample_row *row = &cgroup_sample_rows[i];

		fputc('|', out);
		docgen__cell(out, row->path, true);
		md_source(out, &row->v2);
		md_source(out, &row->v1);
		docgen__cell(out, sample__kind_name(row->kind), false);
		docgen__cell(out, schema__unit_name(row->unit), false);
		docgen__cell(out, row->metric, true);
		docgen__cell(out, row->help, false);
		fputc('\n', out);
	}
}

static void md_self_metrics(FILE *out)
{
	static const char *const types[] = {
		[METRIC_COUNTER] = "counter",
		[METRIC_GAUGE] = "gauge",
		[METRIC_HISTOGRAM] = "histogram",
	};

	fputs("\n## Metrics of memtrace itself\n\n| metric | type | label | meaning |\n|---|---|---|---|\n", out);
	for (size_t i = 0; i < NR_SELF_METRICS; i++) {
		fputc('|', out);
		docgen__cell(out, self_metrics[i].name, true);
		docgen__cell(out, types[self_metrics[i].type], false);
		docgen__cell(out, self_metrics[i].label, true);
		docgen__cell(out, self_metrics[i].help, false);
		fputc('\n', out);
	}
}

static const char events_head[] =
	"<!-- Generated from bpf/probes.def and user/model/samples.def by \"make docs\": do not edit. -->\n"
	"# Events and metrics\n\n"
	"What each probe gives. A path is the key in JSON, dots between levels; a path that ends in `*` stands\n"
	"for a task: its pid, tid, comm, cgroup and what else is known of it. A counter only grows; a bucket is a\n"
	"counter of a histogram's bucket; what is \"accounted\" the kernel itself counts, so it is known without "
	"hooks.\n"
	"\n"
	"A metric is what `memtrace export` writes: of a counter a counter, of a histogram a histogram. Its unit is\n"
	"the base unit: pages become bytes, ns becomes seconds. Beside the labels that are shown here, metrics of\n"
	"tasks have the label `comm`, or with `--by` the label `cgroup` or `role`; what belongs to the machine has "
	"none.\n"
	"What has no metric is in JSON alone.\n";

void docgen__events(FILE *out, const struct command *unused)
{
	(void)unused;
	fputs(events_head, out);
	for (size_t i = 0; i < MT_NR_PROBES; i++) {
		const struct probe_row *probe = &probe_rows[i];

		fprintf(out, "\n## Probe %s\n\n", probe->name);
		docgen__sentence(out, probe->help);
		fputs(probe->opt_in ? ". Off by default.\n" : ".\n", out);
		md_counters(out, probe->id, slot_rows, MT_NR_SLOTS, "Counters of each task");
		md_counters(out, probe->id, machine_rows, MT_NR_MACHINE_SLOTS, "Counters of the machine");
		for (size_t e = 0; e < MT_NR_RECS; e++) {
			if (event_rows[e].size && event_rows[e].probe == probe->id)
				md_event(out, &event_rows[e]);
		}
		md_counts(out, probe->id);
		md_histograms(out, probe->id);
		md_keyed(out, probe->id);
	}
	md_samples(out);
	md_cgroup_samples(out);
	md_self_metrics(out);
}
