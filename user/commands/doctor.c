// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* memtrace doctor: what this kernel and this user can trace, how, and what to do about the rest. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../cli/command.h"
#include "../base/capabilities.h"
#include "../base/log.h"
#include "../kernel/features.h"
#include "../report/render.h"
#include "../session/power.h"
#include "../sources/live.h"
#include "../views/wrapped.h"

extern const struct command doctor_command;

#define MAX_FEATURES 32
#define NOTE_LEN     160
#define TEXT_LEN     2048 /* of what no hook of a probe tells, if none is attached */
#define NR(array)    (sizeof(array) / sizeof(*(array)))

static const struct column feature_columns[] = {
	{ .title = "MACHINE", .path = "name", .left = true, .key = true },
	{ .title = "", .path = "state", .left = true, .key = true },
	{ .title = "FOR", .path = "gain", .left = true },
	{ .title = "FOUND", .path = "note", .left = true },
	{ .title = "WHAT TO DO", .path = "remedy", .left = true },
};

static const struct column probe_columns[] = {
	{ .title = "PROBE", .path = "name", .left = true, .key = true },
	{ .title = "", .path = "state", .left = true, .key = true },
	{ .title = "NEEDS", .path = "capabilities", .left = true },
	{ .title = "WHY", .path = "why", .left = true },
	{ .path = "unknown" },
	{ .path = "remedy" },
};

static const struct column capability_columns[] = {
	{ .title = "CAPABILITY", .path = "name", .left = true, .key = true },
	{ .title = "HERE", .path = "here", .left = true, .key = true },
	{ .title = "EXPORT KEEPS IT", .path = "kept_by_export", .left = true },
	{ .title = "FOR", .path = "gain", .left = true },
};

static const struct {
	int number;
	const char *gain, *old_gain; /* the second on kernels before 5.8 */
} capability_rows[] = {
	{ CAP_BPF, "loading programs", NULL },
	{ CAP_PERFMON, "attaching programs that read the kernel's memory", NULL },
	{ CAP_SYS_ADMIN, "timing programs (metrics memtrace_bpf_*)", "loading and attaching programs" },
	{ CAP_DAC_READ_SEARCH, "names of cgroups; tracefs, without being root", NULL },
	{ CAP_SYSLOG, "the kernel's log (reports of OOM kills); names of the kernel's functions (--stacks)", NULL },
	{ CAP_SYS_PTRACE, "mappings of other users' processes (map, --stacks); processes that /proc hides", NULL },
};

#define NR_CAPABILITY_ROWS NR(capability_rows)

static const struct column hook_columns[] = {
	{ .title = "HOOK OF", .path = "probe", .left = true, .key = true },
	{ .title = "HOOK", .path = "hook", .left = true, .key = true },
	{ .title = "KIND", .path = "kind", .left = true, .key = true },
	{ .title = "EVENT", .path = "event", .left = true },
	{ .title = "WHY", .path = "why", .left = true },
	{ .path = "loss" },
	{ .path = "optional" },
	{ .path = "program" },
	{ .path = "instructions" },
	{ .path = "verified_instructions" },
	{ .path = "load_ns" },
};

static const struct column object_columns[] = { { .path = "probe" }, { .path = "bytes" } };

struct diagnosis {
	char notes[MAX_FEATURES][NOTE_LEN];
	struct cell features[MAX_FEATURES * NR(feature_columns)];
	struct cell_rows feature_rows;
	char reasons[MT_NR_PROBES][WHY_MAX];
	char unknown[MT_NR_PROBES][TEXT_LEN];
	char remedies[MT_NR_PROBES][TEXT_LEN];
	struct cell probes[MT_NR_PROBES * NR(probe_columns)];
	struct cell_rows probe_rows;
	char needs[MT_NR_PROBES][CAPABILITIES_TEXT];
	struct cell capabilities[NR_CAPABILITY_ROWS * NR(capability_columns)];
	struct cell_rows capability_rows;
	char (*whys)[2 * WHY_MAX]; /* owned, a row a hook */
	struct cell *hooks;	   /* the same */
	struct cell_rows hook_rows;
	struct cell objects[(MT_NR_PROBES + 1) * NR(object_columns)];
	struct cell_rows object_rows;
	struct cell verdict[1];
	int code;
};

static const char *state_name(const struct feature *f, enum feature_state state)
{
	if (state == FEATURE_OK)
		return "ok";
	if (state == FEATURE_UNKNOWN)
		return "unknown";
	return f->required ? "missing" : "limited";
}

static void look_at_machine(struct diagnosis *d)
{
	const struct feature *f;
	size_t i = 0;

	for (f = features; f->name && i < MAX_FEATURES; f++, i++) {
		struct cell *c = &d->features[i * NR(feature_columns)];
		enum feature_state state = f->look(d->notes[i], NOTE_LEN);

		c[0] = cell_string(f->name);
		c[1] = cell_string(state_name(f, state));
		c[2] = f->gain[0] ? cell_string(f->gain) : cell_none();
		c[3] = d->notes[i][0] ? cell_string(d->notes[i]) : cell_none();
		c[4] = state == FEATURE_MISSING ? cell_string(f->remedy) : cell_none();
	}
	d->feature_rows = (struct cell_rows){ .cells = d->features, .nr = i, .nr_columns = NR(feature_columns) };
}

static bool is_missing(const struct hook_report *h)
{
	return h->wanted && !h->kind;
}

/* What no hook of the probe that is attached tells, each once: "what major faults were on; ..."; "" if nothing. */
static void list_unknown(struct live *live, enum mt_probe id, char *buf, size_t size)
{
	const struct hook_report *h;
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; (h = live__hook(live, i)) && len < size; i++)
		if (is_missing(h) && !strcmp(h->object, probe_rows[id].name) && !strstr(buf, h->loss))
			len += snprintf(buf + len, size - len, "%s%s", len ? "; " : "", h->loss);
}

/* Before 5.8 there is one for all. */
static uint64_t for_programs(void)
{
	return capabilities__known(CAP_BPF) ? CAPABILITY(BPF) | CAPABILITY(PERFMON) : CAPABILITY(SYS_ADMIN);
}

/*
 * The least set of capabilities with which a probe runs as it does with all.  Ids of tracepoints are read from tracefs.
 * Programs on a process's functions took CAP_SYS_ADMIN, which has all of it, before 5.8, and take it again on 6.18
 * (perf_uprobe_event_init() in kernel/events/core.c); where less is enough it is no more than is asked for.
 */
static void list_needs(struct live *live, enum mt_probe id, char *buf, size_t size)
{
	uint64_t needs = for_programs();
	const struct hook_report *h;
	size_t i;

	for (i = 0; (h = live__hook(live, i)); i++) {
		if (strcmp(h->object, probe_rows[id].name))
			continue;
		if (h->tracefs)
			needs |= CAPABILITY(DAC_READ_SEARCH);
		if (h->kind && !strcmp(h->kind, "uprobe"))
			needs = CAPABILITY(SYS_ADMIN);
	}
	capabilities__names(needs, buf, size);
}

/* live NULL: what export keeps is not known, as nothing could be attached. */
static void look_at_capabilities(struct diagnosis *d, struct live *live)
{
	uint64_t here = capabilities__effective(), kept = live ? power__needs(live, NULL, 0) : 0;
	size_t i, nr = 0;

	for (i = 0; i < NR_CAPABILITY_ROWS; i++) {
		struct cell *c = &d->capabilities[nr * NR(capability_columns)];
		int number = capability_rows[i].number;
		bool old = !capabilities__known(CAP_BPF) && capability_rows[i].old_gain;

		if (!capabilities__known(number))
			continue;
		c[0] = cell_string(capabilities__name(number));
		c[1] = cell_bool(here & 1ULL << number);
		c[2] = live && here & 1ULL << number ? cell_bool(kept & 1ULL << number) : cell_none();
		c[3] = cell_string(old ? capability_rows[i].old_gain : capability_rows[i].gain);
		nr++;
	}
	d->capability_rows =
		(struct cell_rows){ .cells = d->capabilities, .nr = nr, .nr_columns = NR(capability_columns) };
}

static const char *probe_state(const struct probe_status *status, const char *unknown)
{
	if (!status->attached)
		return "unavailable";
	return status->partial || *unknown ? "partial" : "ok";
}

/*
 * Exit code: all core probes, some, or none can run.  Opt-in probes do not count.  The source's texts are copied,
 * because the source is closed when the report is rendered.
 */
static void look_at_probes(struct diagnosis *d, struct live *live, bool opened)
{
	unsigned int wanted = 0, attached = 0;
	enum mt_probe id;

	for (id = 0; id < MT_NR_PROBES; id++) {
		static const struct probe_status nothing = { .why = "the core programs cannot run" };
		const struct probe_status *status = opened ? &live__source(live)->probes[id] : &nothing;
		struct cell *c = &d->probes[id * NR(probe_columns)];

		c[0] = cell_string(probe_rows[id].name);
		if (opened && status->attached) {
			list_unknown(live, id, d->unknown[id], sizeof(d->unknown[id]));
			list_needs(live, id, d->needs[id], sizeof(d->needs[id]));
		}
		c[1] = cell_string(probe_state(status, d->unknown[id]));
		memcpy(d->reasons[id], status->why, WHY_MAX);
		c[2] = d->needs[id][0] ? cell_string(d->needs[id]) : cell_none();
		c[3] = d->reasons[id][0] ? cell_string(d->reasons[id]) : cell_none();
		c[4] = d->unknown[id][0] ? cell_string(d->unknown[id]) : cell_none();
		c[5] = cell_none();
		if (!status->attached &&
		    features__explain(status->error ? status->error : -EPERM, d->remedies[id], sizeof(d->remedies[id])))
			c[5] = cell_string(d->remedies[id]);
		else
			d->remedies[id][0] = '\0';
		wanted += !probe_rows[id].opt_in;
		attached += status->attached && !probe_rows[id].opt_in && !status->error;
	}
	d->probe_rows = (struct cell_rows){ .cells = d->probes, .nr = MT_NR_PROBES, .nr_columns = NR(probe_columns) };
	d->code = attached == wanted ? EXIT_OK : attached ? EXIT_FAILED : EXIT_NOT_ATTACHED;
}

/* For a hook that is missing: why, and what is unknown without it. */
static void explain_hook(const struct hook_report *h, char *buf, size_t size)
{
	if (h->kind || !h->why[0])
		snprintf(buf, size, "%s", h->why);
	else
		snprintf(buf, size, "%s; unknown without it: %s", h->why, h->loss);
}

static struct cell cell_known(uint64_t n)
{
	return n ? cell_uint(n) : cell_none();
}

static void look_at_objects(struct diagnosis *d, const struct live *live)
{
	struct object_report o;
	size_t i;

	for (i = 0; (o = live__object(live, i)).name; i++) {
		struct cell *c = &d->objects[i * NR(object_columns)];

		c[0] = cell_string(o.name);
		c[1] = cell_known(o.bytes);
	}
	d->object_rows = (struct cell_rows){ .cells = d->objects, .nr = i, .nr_columns = NR(object_columns) };
}

static int look_at_hooks(struct diagnosis *d, struct live *live)
{
	const struct hook_report *h;
	size_t i, nr = 0;

	while (live__hook(live, nr))
		nr++;
	d->whys = calloc(nr + 1, sizeof(*d->whys));
	d->hooks = calloc(nr + 1, NR(hook_columns) * sizeof(*d->hooks));
	if (!d->whys || !d->hooks)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		struct cell *c = &d->hooks[i * NR(hook_columns)];

		h = live__hook(live, i);
		explain_hook(h, d->whys[i], sizeof(d->whys[i]));
		c[0] = cell_string(h->object);
		c[1] = cell_string(h->hook);
		c[2] = cell_string(h->kind);
		c[3] = cell_string(h->event);
		c[4] = d->whys[i][0] ? cell_string(d->whys[i]) : cell_none();
		c[5] = cell_string(h->loss);
		c[6] = cell_bool(h->optional);
		c[7] = cell_string(h->program);
		c[8] = cell_known(h->instructions);
		c[9] = cell_known(h->verified);
		c[10] = cell_known(h->load_ns);
	}
	d->hook_rows = (struct cell_rows){ .cells = d->hooks, .nr = nr, .nr_columns = NR(hook_columns) };
	return 0;
}

static void add_table(struct report *report, const char *path, const struct column *columns, size_t nr,
		      struct cell_rows *rows)
{
	struct table table = { .path = path, .columns = columns, .nr_columns = nr, .rows = cell_rows__source(rows) };

	table.not_in_text = columns == object_columns;
	report__add_table(report, &table);
}

/* What is long of some probes: below a heading a paragraph for each that has such a text. */
static void add_texts(struct report *report, const char *heading, char (*texts)[TEXT_LEN])
{
	struct wrapped line;
	enum mt_probe id;
	const char *word;
	size_t len;

	for (id = 0; id < MT_NR_PROBES; id++) {
		if (!texts[id][0])
			continue;
		if (heading)
			report__add_note(report, "%s", heading);
		heading = NULL;
		wrapped__begin(&line, report, probe_rows[id].name);
		for (word = texts[id]; *word; word += len + strspn(word + len, " ")) {
			len = strcspn(word, " ");
			wrapped__add(&line, " ", "%.*s", (int)len, word);
		}
		wrapped__end(&line);
	}
}

static int report(struct diagnosis *d, struct render *render)
{
	static const struct column verdict_columns[] = { { .title = "", .path = "verdict" } };
	static const char *const verdicts[] = {
		[EXIT_OK] = "all core probes can run",
		[EXIT_FAILED] = "some core probes cannot run",
		[EXIT_NOT_ATTACHED] = "no probe can run",
	};
	struct values verdict = {
		.path = "", .heading = "", .columns = verdict_columns, .cells = d->verdict, .nr_columns = 1
	};
	struct report *rep = report__new("memtrace.doctor/1");
	int err;

	if (!rep)
		return -ENOMEM;
	rep->width = render->output.style.width;
	d->verdict[0] = cell_string(verdicts[d->code]);
	add_table(rep, "machine", feature_columns, NR(feature_columns), &d->feature_rows);
	add_table(rep, "probes", probe_columns, NR(probe_columns), &d->probe_rows);
	add_texts(rep, "UNKNOWN OF", d->unknown);
	add_texts(rep, "TO DO FOR", d->remedies);
	add_table(rep, "capabilities", capability_columns, NR(capability_columns), &d->capability_rows);
	if (d->hook_rows.nr) {
		add_table(rep, "hooks", hook_columns, NR(hook_columns), &d->hook_rows);
		add_table(rep, "objects", object_columns, NR(object_columns), &d->object_rows);
	}
	report__add_values(rep, &verdict);
	err = render__report(render, rep);
	report__free(rep);
	return err;
}

static void ignore_record(void *ctx, const void *data, size_t size)
{
	(void)ctx;
	(void)data;
	(void)size;
}

/* Attaches everything, including latencies and opt-in probes, to see what works; then detaches it. */
static int diagnose(struct diagnosis *d, struct options *options)
{
	struct live_request request = {
		.options = options,
		.probes = (1U << MT_NR_PROBES) - 1,
		.latency = true,
		.keep_going = true,
		.sink = { .record = ignore_record },
	};
	struct live *live = NULL;
	int err = live__open(&live, &request);

	if (err == -EINVAL)
		return EXIT_USAGE;
	if (err == -ECANCELED)
		return EXIT_FAILED;
	if (err && err != -ENOTCONN) {
		log_error("cannot examine this machine: %s", strerror(-err));
		return EXIT_FAILED;
	}
	look_at_machine(d);
	look_at_probes(d, live, !err);
	look_at_capabilities(d, err ? NULL : live);
	if (!live)
		return EXIT_OK;
	err = look_at_hooks(d, live);
	look_at_objects(d, live);
	live__source(live)->ops->free(live__source(live));
	if (err)
		log_error("cannot examine this machine: %s", strerror(-err));
	return err ? EXIT_FAILED : EXIT_OK;
}

static int run_doctor(struct options *options)
{
	struct diagnosis *d = calloc(1, sizeof(*d));
	struct render render = { 0 };
	int code, err = 0;

	if (!d) {
		log_error("cannot examine this machine: out of memory");
		return EXIT_FAILED;
	}
	code = render__open(&render, &options->out);
	if (code == EXIT_OK) {
		code = diagnose(d, options);
		if (code == EXIT_OK)
			err = report(d, &render);
		code = render__close(&render, err, code);
		code = code == EXIT_OK ? d->code : code;
	}
	free(d->whys);
	free(d->hooks);
	free(d);
	return code;
}

static const struct option_row *const option_groups[] = { output_options, attach_options, kernel_options,
							  common_options, NULL };

static const struct example examples[] = {
	{ .text = "what works here, and how", .line = "memtrace doctor" },
	{ .text = "the probes that cannot run in full, for a script",
	  .line = "memtrace doctor --json | jq -r '.probes[] | select(.state != \"ok\") | .name'" },
	{ .text = "is everything there, in a start script",
	  .line = "memtrace doctor >/dev/null && memtrace export --textfile "
		  "/var/lib/prometheus/node-exporter/memtrace.prom" },
	{},
};

const struct command doctor_command = {
	.name = "doctor",
	.question = "what can this kernel show me, and what is missing?",
	.summary = "what can be traced here, by which kind of hook, and what to do about the rest",
	.usage = "[OPTIONS]",
	.details = "Attaches every probe for a moment. For each hook it shows the kind by which it attached, or why it "
		   "did\n"
		   "not attach and what to do about it. Exit status: 0 if all core probes can run, 1 if some can, 3 if "
		   "none can.",
	.options = option_groups,
	.examples = examples,
	.run = run_doctor,
};
