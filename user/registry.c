/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * The commands, in the order in which memtrace lists them, the probes and the outputs.  A new command is a file in
 * commands/ and two lines here; so is a new output in outputs/; a new probe is a file in probes/ and its row in
 * bpf/probes.def.
 */
#include <stddef.h>

#include "cli/command.h"
#include "report/output.h"
#include "model/probe.h"

extern const struct command state_command;
extern const struct command map_command;
extern const struct command leak_command;
extern const struct command stat_command;
extern const struct command stalls_command;
extern const struct command cache_command;
extern const struct command timeline_command;
extern const struct command oom_command;
extern const struct command trace_command;
extern const struct command stacks_command;
extern const struct command hist_command;
extern const struct command report_command;
extern const struct command top_command;
extern const struct command export_command;
extern const struct command record_command;
extern const struct command replay_command;
extern const struct command copy_command;
extern const struct command verify_command;
extern const struct command doctor_command;
extern const struct command list_command;

/* clang-format off */
const struct command *const commands[] = {
	&state_command,
	&map_command,
	&leak_command,
	&stat_command,
	&stalls_command,
	&cache_command,
	&timeline_command,
	&oom_command,
	&trace_command,
	&stacks_command,
	&hist_command,
	&report_command,
	&top_command,
	&export_command,
	&record_command,
	&replay_command,
	&copy_command,
	&verify_command,
	&doctor_command,
	&list_command,
	NULL,
};
/* clang-format on */

#define MT_PROBE(id, ...) extern const struct probe id##_probe;
#include "../bpf/probes.def"

const struct probe *const probes[MT_NR_PROBES] = {
#define MT_PROBE(id, ...) [MT_PROBE_##id] = &id##_probe,
#include "../bpf/probes.def"
};

extern const struct output_ops text_output;
extern const struct output_ops json_output;
extern const struct output_ops prometheus_output;
extern const struct output_ops csv_output;
extern const struct output_ops folded_output;
extern const struct output_ops pprof_output;
extern const struct output_ops perfetto_output;
extern const struct output_ops html_output;

/* clang-format off */
const struct output_ops *const outputs[] = {
	&text_output,
	&json_output,
	&prometheus_output,
	&csv_output,
	&folded_output,
	&pprof_output,
	&perfetto_output,
	&html_output,
	NULL,
};
/* clang-format on */
