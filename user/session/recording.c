// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recording.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/outfile.h"
#include "../base/stop.h"
#include "../kernel/proc.h"

/* Also opens the file of --last, to check that it can be written: better now than after the incident. */
static int open_file(struct session *session)
{
	const struct options *o = session->options;
	struct outfile *file = &session->record_file;
	int err = outfile__open(file, o->record, o->last_ns ? OUTFILE_DUMP : OUTFILE_RECORDING);

	if (err) {
		outfile__report(file, err);
		return outfile__exit_code(file);
	}
	if (isatty(file->fd)) {
		log_error("'%s': a recording is not for a terminal; expected a pipe or a file", o->record);
		return EXIT_USAGE;
	}
	if (outfile__is_stdout(file) && !session->config.record_only && session->config.reports_to_stdout) {
		log_error("--record %s: reports go to standard output as well; expected -o FILE as well", o->record);
		return EXIT_USAGE;
	}
	if (o->last_ns)
		outfile__drop(file);
	return EXIT_OK;
}

static void keep(void *ctx, char *data, size_t size)
{
	struct session *session = ctx;

	session->config.keep(session, session->config.ctx, data, size);
}

int recording__open(struct session *session)
{
	const struct options *o = session->options;
	const struct recorder_request request = {
		.file = o->record ? &session->record_file : NULL,
		.last_ns = o->record ? o->last_ns : session->config.keep_ns,
		.max_bytes = o->record ? 0 : session->config.keep_bytes,
		.keep = keep,
		.cgroup = session->names.cgroup,
		.who = session->names.who,
		.ctx = session,
	};
	int code;

	if (!o->record && !session->config.keep)
		return EXIT_OK;
	code = o->record ? open_file(session) : EXIT_OK;
	if (code != EXIT_OK)
		return code;
	if (recorder__new(&session->recorder, &request)) {
		log_error("cannot start: out of memory");
		return EXIT_FAILED;
	}
	session->pipeline.every_record = recorder__take;
	session->pipeline.every_record_ctx = session->recorder;
	return EXIT_OK;
}

static void fill_host(struct recording_head *head)
{
	struct utsname u;

	head->host.cpus = sysconf(_SC_NPROCESSORS_CONF);
	head->host.memory_bytes = (uint64_t)sysconf(_SC_PHYS_PAGES) * sysconf(_SC_PAGESIZE);
	if (uname(&u))
		return;
	snprintf(head->host.name, HOST_TEXT_MAX, "%s", u.nodename);
	snprintf(head->host.kernel, HOST_TEXT_MAX, "%s", u.release);
	snprintf(head->host.kernel_version, HOST_TEXT_MAX, "%s", u.version);
	snprintf(head->host.machine, HOST_TEXT_MAX, "%s", u.machine);
}

static void say_failed(const struct session *session, int err)
{
	if (session->options->record)
		outfile__report(&session->record_file, err);
	else
		log_error("the last part of the run cannot be kept as a recording: %s", strerror(-err));
}

static void check(struct session *session, int err)
{
	if (!err)
		return;
	say_failed(session, err);
	session->recording_failed = true;
	session->pipeline.every_record = NULL;
	recorder__free(session->recorder);
	session->recorder = NULL;
	if (session->options->record)
		outfile__close(&session->record_file);
	if (session->config.record_only)
		stop__run_is_over();
}

void recording__begin(struct session *session)
{
	struct recording_head head = { .facts = session->facts, .start = session->checkpoint };

	if (!session->recorder)
		return;
	memcpy(head.probes, session->source->probes, sizeof(head.probes));
	snprintf(head.version, sizeof(head.version), "%s", MEMTRACE_VERSION);
	proc__own_cmdline(head.command_line, sizeof(head.command_line));
	fill_host(&head);
	check(session, recorder__begin(session->recorder, &head));
}

void recording__ask(struct session *session)
{
	if (session->recorder)
		recorder__ask(session->recorder);
}

static void say_written(const struct session *session, unsigned int files_before)
{
	if (session->recorder && session->options->last_ns && recorder__stats(session->recorder).files > files_before)
		log_note("wrote %s", recorder__stats(session->recorder).path);
}

void recording__checkpoint(struct session *session, uint64_t due_ns, bool final)
{
	unsigned int files = session->recorder ? recorder__stats(session->recorder).files : 0;
	int dump_err;

	if (session->recorder)
		check(session,
		      recorder__checkpoint(session->recorder, &session->checkpoint, &session->totals, due_ns, final));
	dump_err = session->recorder ? recorder__dump_error(session->recorder) : 0;
	if (dump_err)
		say_failed(session, dump_err);
	say_written(session, files);
}

void recording__finish(struct session *session)
{
	unsigned int files = session->recorder ? recorder__stats(session->recorder).files : 0;

	if (session->recorder)
		check(session, recorder__finish(session->recorder, &session->outcome));
	say_written(session, files);
}
