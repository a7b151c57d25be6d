/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * One run of a command that traces: opens the source, starts CMD, feeds the
 * pipeline until it is time to stop, and calls the command back for its reports.
 */
#ifndef MEMTRACE_SESSION_SESSION_H
#define MEMTRACE_SESSION_SESSION_H

#include "../count/aggregate.h"
#include "../report/event.h"
#include "../model/gfp.h"
#include "../cli/options.h"
#include "../report/output.h"
#include "../base/outfile.h"
#include "../count/pipeline.h"
#include "../model/probe.h"
#include "../model/titles.h"
#include "../recording/recorder.h"
#include "../sources/live.h"
#include "child.h"
#include "held.h"
#include "manager.h"
#include "../count/run_view.h"
#include "stacks.h"
#include "targets.h"

struct session;

/* What a command wants of a run. */
struct session_config {
	uint32_t probes;     /* bit per enum mt_probe: as if they were named on the command line */
	uint32_t probes_too; /* beside these, where they can be had */
	uint32_t defaults;   /* without named probes: these; 0: those that are not opt_in */
	uint32_t light;	     /* of these defaults: without their hooks on hot paths */
	uint32_t every;	     /* bit per enum mt_probe: each single hot event of these, which are then on */
	bool only_hooks;     /* named probes need hooks: what the kernel accounts by itself is not enough */
	bool no_rows;	     /* rows are not shown: counts that no row has are not lost */
	bool rare_only;	     /* without named probes: those whose events are rare */
	bool latency;
	bool gather;		/* the probes' own gathering */
	bool samples;		/* are shown; a recording has them in any case */
	bool all_cgroups;	/* with samples and the probe "memory": also of those that processes are in */
	bool lazy_memory;	/* as in struct live_request */
	bool record_only;	/* nothing is counted here */
	bool reports_to_stdout; /* reports, or metrics, go to standard output */
	bool metrics;		/* they are metrics */
	bool bpf_stats;		/* count the programs' run time */
	bool reads_on;		/* counts are also read after the end of the run */
	bool stacks_if_any;	/* of a recording: call chains where it has them, without a word where it has none */
	bool goes_on;		/* of a replay: when it is over, the process's run is not: another one follows */
	bool own_times;		/* of a part of a recording: events by their own times, without counts */
	struct aggregate_config aggregate; /* by, hist_by, intervals, keep_dead, max_groups */
	uint64_t default_interval_ns;	   /* 0: without -i no interval */
	uint64_t first_interval_ns;	   /* live, if the others are longer: the first one; 0: as the others */
	/* An event came; NULL: not wanted.  < 0 stops the run. */
	int (*event)(struct session *session, void *ctx, const struct event_row *row, const void *record);
	bool events_before; /* of a part of a recording: also events from before it, while filter.before is set */
	/*
	 * Live: counts were brought up to date, and will be recorded as of a moment; before that the command may send
	 * records of its own to the pipeline.  final: for the last time.  0 or -errno.  NULL: not wanted.
	 */
	int (*look)(struct session *session, void *ctx, uint64_t due_ns, bool final);
	/* Of a replay: such a record (REC_MAP_*).  0 or -errno.  NULL: not wanted. */
	int (*map)(struct session *session, void *ctx, const void *record);
	/*
	 * Without --record: the last keep_ns of the run, at most keep_bytes in memory, as a recording at each OOM
	 * kill, as recorder.h has it; data is the callee's.  NULL: not wanted.
	 */
	void (*keep)(struct session *session, void *ctx, char *data, size_t size);
	bool (*may_keep)(struct session *session, void *ctx); /* NULL: always */
	uint64_t keep_ns, keep_bytes;
	uint64_t tick_ns; /* how often counts are fetched that are not needed sooner; 0: once a second */
	/* Counts are up to date, at each tick: before the interval that may end here.  NULL: not wanted.
	 */
	void (*tick)(struct session *session, void *ctx);
	/* An interval ended: counts are up to date; < 0 stops the run.  NULL: not wanted. */
	int (*interval)(struct session *session, void *ctx);
	/* What a service manager shows of the run, as lines; it then is told of one with CMD, too.  NULL: "tracing". */
	const char *status;
	/*
	 * A service manager sent SIGHUP ("systemctl reload"): files with rules are read again; what is wrong was said,
	 * and the old rules stay.  NULL: SIGHUP ends the run, as it does without a manager.
	 */
	int (*reload)(const struct options *options);
	void *ctx;
};

struct session {
	const struct options *options;
	struct session_config config;
	struct live *live;
	struct source *source;
	struct pipeline pipeline;
	struct run_view view; /* what reports are made of */
	void *gather_state[MT_NR_PROBES];
	uint32_t named; /* probes on the command line, a bit each */
	struct run_facts facts;
	struct child child;
	struct command_outcome outcome; /* of CMD, once the run is over */
	struct outfile record_file;
	struct recorder *recorder; /* NULL: nothing is recorded */
	struct outfile beside_file;
	struct recorder *beside;   /* of --history-dir; NULL: there is none */
	int paused, beside_paused; /* as recorder__paused() was when it was said */
	bool recording_failed;	   /* which was reported; the run goes on, but its exit code says so */
	struct roles roles;	   /* rules: with --by role, and where something is recorded */
	struct sample_counts samples;
	struct cgroup_counts cgroups;
	struct totals totals; /* as of the last interval or the end */
	struct event_names names;
	struct apart *apart;   /* NULL: call chains were not asked for */
	struct stacks *stacks; /* NULL: call chains were not asked for */
	struct held held;
	uint64_t event_ns;	      /* when the event happened whose names are looked up */
	struct checkpoint checkpoint; /* as of the last interval or the end */
	uint64_t interval_ns, interval_due_ns;
	struct record_filter filter; /* of a replay */
	uint64_t from_ns, to_ns; /* the part of a recording that is wanted, boot time clock; 0 and UINT64_MAX: all */
	/*
	 * From session__open() to session__close(); NULL in a replay.  A command may register what it waits for before
	 * session__run(), in its ready() callback: such descriptors are called before those of the run itself (signals,
	 * records), such timers after those of the run (the end, the tick).
	 */
	struct loop *loop;
	struct loop_timer *tick; /* while it runs live; owned by the loop */
	struct manager manager;	 /* hears of the run, live, from its begin to its end */
	struct targets targets;	 /* that the run is about: it ends with them */
	int error;		 /* of a callback or the source, -errno: the run was stopped by it */
	bool callback_failed;	 /* error is one of the command's callbacks */
	unsigned int interrupts; /* Ctrl-C while CMD ran: after the second one no report is wanted */
	int stats_fd;
	char command_line[256];
	struct titles titles; /* of a replay with --command: what processes were called with */
	char gfp[GFP_NAME_LEN];
};

/* Opens all; EXIT_OK, or the exit code after one line on stderr.  session__close() in any case. */
int session__open(struct session *session, const struct options *options, const struct session_config *config);
/* Starts CMD if there is one and runs until the end; EXIT_OK, or the exit code if CMD could not be started, the run
 * failed, or a signal came before it began. */
int session__run(struct session *session);
void session__close(struct session *session);

/* The probes on the command line, a bit each. */
uint32_t session__named_probes(const struct options *options);
/* The run cannot go on: of several errors the first stays.  0 is none. */
void session__fail(struct session *session, int err);
/* The same for an error of the command's callback, which the command reports. */
void session__fail_callback(struct session *session, int err);
/* Brings counts, losses and costs up to date, including tasks that just ended; 0 or -errno. */
int session__drain(struct session *session);
/*
 * Ends an interval at the last checkpoint, and calls the command's interval(): what reports show as the interval is
 * from then on this one, until the next one ends.  The loop does that by the clock.
 */
void session__end_interval(struct session *session);
/* From now on intervals are that long: the one that goes on as well.  Live alone. */
void session__set_interval(struct session *session, uint64_t interval_ns);
/* Whether an interval of -i ends at a moment that is due then. */
bool session__interval_ends(const struct session *session, uint64_t due_ns);
/* CMD's own status once it ran, else code. */
int session__exit_code(const struct session *session, int code);

#endif
