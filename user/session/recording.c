// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "recording.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/outfile.h"
#include "../base/small_file.h"
#include "../base/stop.h"
#include "../kernel/proc.h"

/* Also opens the file of --last, to check that it can be written: better now than after the incident. */
static int open_file(struct session *session)
{
	const struct options *o = session->options;
	struct outfile *file = &session->record_file;
	int err = o->keep_ns ? history__open(file, o->record) :
			       outfile__open(file, o->record, o->last_ns ? OUTFILE_DUMP : OUTFILE_RECORDING);

	if (!err && o->keep_ns)
		return EXIT_OK;
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

static bool may_keep(void *ctx)
{
	struct session *session = ctx;

	return !session->config.may_keep || session->config.may_keep(session, session->config.ctx);
}

uint32_t recording__probes(const struct session *session)
{
	return session->options->history_dir ? HISTORY_PROBES : 0;
}

static void take(void *ctx, const void *record)
{
	struct session *session = ctx;

	if (session->recorder)
		recorder__take(session->recorder, record);
	if (session->beside)
		recorder__take(session->beside, record);
}

/* Its own probes alone, as often as a history has counts, whatever else the run is for. */
static int open_beside(struct session *session)
{
	const struct options *o = session->options;
	const struct recorder_request request = {
		.file = &session->beside_file,
		.history = { .keep_ns = o->history_keep_ns ? o->history_keep_ns : HISTORY_KEEP_NS,
			     .max_bytes = o->history_bytes ? o->history_bytes : HISTORY_MAX_BYTES,
			     .every_ns = HISTORY_TICK_NS,
			     .probes = HISTORY_PROBES },
		.cgroup = session->names.cgroup,
		.who = session->names.who,
		.ctx = session,
	};
	int err = history__open(&session->beside_file, o->history_dir);

	if (err) {
		outfile__report(&session->beside_file, err);
		return outfile__exit_code(&session->beside_file);
	}
	err = recorder__new(&session->beside, &request);
	if (!err)
		return EXIT_OK;
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

static int open_own(struct session *session)
{
	const struct options *o = session->options;
	const struct recorder_request request = {
		.file = o->record ? &session->record_file : NULL,
		.last_ns = o->record ? o->last_ns : session->config.keep_ns,
		.max_bytes = o->record ? 0 : session->config.keep_bytes,
		.history = { .keep_ns = o->keep_ns, .max_bytes = o->max_bytes },
		.keep = keep,
		.may_keep = may_keep,
		.cgroup = session->names.cgroup,
		.who = session->names.who,
		.ctx = session,
	};
	int code, err;

	if (!o->record && !session->config.keep)
		return EXIT_OK;
	code = o->record ? open_file(session) : EXIT_OK;
	if (code != EXIT_OK)
		return code;
	err = recorder__new(&session->recorder, &request);
	if (err) {
		log_error("cannot start: %s", strerror(-err));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

int recording__open(struct session *session)
{
	const struct options *o = session->options;
	int code;

	if (!o->history_dir && (o->history_keep_ns || o->history_bytes)) {
		log_error("--history-keep, --history-bytes: are about a history; expected --history-dir as well");
		return EXIT_USAGE;
	}
	code = open_own(session);
	if (code == EXIT_OK && session->options->history_dir)
		code = open_beside(session);
	if (code == EXIT_OK && (session->recorder || session->beside)) {
		session->pipeline.every_record = take;
		session->pipeline.every_record_ctx = session;
	}
	return code;
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
	recorder__free(session->recorder);
	session->recorder = NULL;
	if (session->options->record)
		outfile__close(&session->record_file);
	if (session->config.record_only)
		stop__run_is_over();
}

/* The run goes on without the history. */
static void check_beside(struct session *session, int err)
{
	if (!err)
		return;
	outfile__report(&session->beside_file, err);
	session->recording_failed = true;
	recorder__free(session->beside);
	session->beside = NULL;
	outfile__close(&session->beside_file);
}

void recording__begin(struct session *session)
{
	struct recording_head head = { .facts = session->facts, .start = session->checkpoint };

	if (!session->recorder && !session->beside)
		return;
	memcpy(head.probes, session->source->probes, sizeof(head.probes));
	snprintf(head.version, sizeof(head.version), "%s", MEMTRACE_VERSION);
	proc__own_cmdline(head.command_line, sizeof(head.command_line));
	fill_host(&head);
	small_file__read_line("/proc/sys/kernel/random/boot_id", head.segment.boot, sizeof(head.segment.boot));
	if (session->recorder)
		check(session, recorder__begin(session->recorder, &head));
	if (session->beside)
		check_beside(session, recorder__begin(session->beside, &head));
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

/* A history that has no room, maybe since some record of the interval. */
static void say_paused(const struct recorder *rec, const char *path, int *said)
{
	int now = rec ? recorder__paused(rec) : *said;

	if (now && !*said)
		log_warn("'%s': recording pauses: %s; it goes on when there is room", path, strerror(-now));
	if (!now && *said)
		log_note("'%s': recording goes on", path);
	*said = now;
}

static void checkpoint_beside(struct session *session, uint64_t due_ns, bool final)
{
	check_beside(session,
		     recorder__checkpoint(session->beside, &session->checkpoint, &session->totals, due_ns, final));
	say_paused(session->beside, session->options->history_dir, &session->beside_paused);
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
	say_paused(session->recorder, session->options->record, &session->paused);
	if (session->beside)
		checkpoint_beside(session, due_ns, final);
}

void recording__finish(struct session *session)
{
	unsigned int files = session->recorder ? recorder__stats(session->recorder).files : 0;

	if (session->recorder)
		check(session, recorder__finish(session->recorder, &session->outcome));
	if (session->beside)
		check_beside(session, recorder__finish(session->beside, &session->outcome));
	say_written(session, files);
}
