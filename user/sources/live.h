/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The running kernel as a source. */
#ifndef MEMTRACE_SOURCES_LIVE_H
#define MEMTRACE_SOURCES_LIVE_H

#include "../cli/options.h"
#include "../model/probe.h"
#include "../model/roles.h"
#include "../model/source.h"

struct live_request {
	const struct options *options; /* filters, what to avoid */
	uint32_t light;		       /* bit per enum mt_probe: without its hooks on hot paths */
	uint32_t probes;	       /* bit per enum mt_probe */
	uint32_t every;		       /* those of which each single event is wanted */
	bool latency;
	bool stacks;	      /* single events have call chains */
	uint32_t stack_bytes; /* of user stacks so many are copied, to be unwound; 0: frame pointers are followed */
	uint32_t sample;      /* of single events one in so many; 0: all */
	bool parents;	      /* tasks' records name who started them */
	bool family;	      /* only the command to be started and its descendants */
	const struct roles *roles; /* the titles that they ask for are read; NULL: none */
	bool titles;		   /* each process's is read, once for each name that it has */
	bool samples;		   /* what files of the kernel say of the machine and of cgroups */
	bool all_cgroups; /* with samples and the probe "memory": of those that processes are in, and above these */
	bool lazy_memory; /* what processes have that do not run is read at each fifth tick alone */
	bool keep_going;  /* for doctor: continue after failures, to report them */
	struct sink sink;
	struct apart *apart; /* reads mappings for stacks; borrowed, must outlive the source */
};

struct count_rules;
struct live;

/* How one hook of one object is attached, for doctor. */
struct hook_report {
	const char *object; /* a probe's name, or "core" */
	const char *hook;
	const char *kind; /* "tp_btf", ...; NULL: not attached */
	const char *event;
	const char *why;  /* why it is not attached, or not of the best kind; "" */
	const char *loss; /* what is missing without it */
	bool wanted, optional;
	bool tracefs; /* that kind needs the ids that tracefs has; also where it is not attached as that cannot be read
		       */
	int error;
	/* of the program that is attached; NULL and 0 if that is not known */
	const char *program;
	uint64_t instructions, verified, load_ns;
};

/* One BPF object as it is in this program. */
struct object_report {
	const char *name; /* a probe's name, or "core" */
	uint64_t bytes;
};

/*
 * Loads and attaches; while it does, records come and *live can already name cgroups.  0; -ENOTCONN if nothing could be
 * attached, after one line on stderr that says why and what to do; -EINVAL if the request was wrong (a pid, a user or a
 * cgroup that does not exist), after one line; -ECANCELED if a signal ended it first; or another -errno.
 */
int live__open(struct live **live, const struct live_request *request);
struct source *live__source(struct live *live);
/* The objects that were opened, the core first: name NULL at the end. */
struct object_report live__object(const struct live *live, size_t i);
/* The hooks of all objects, one after the other: NULL at the end. */
const struct hook_report *live__hook(struct live *live, size_t i);
/* What has begun and not ended: it is counted at its end. */
struct under_way {
	uint64_t episodes; /* of reclaim by tasks */
	uint64_t sessions; /* of kswapd */
};
struct under_way live__under_way(struct live *live);
/* How the traced kernel counts, by the types that live was opened with. */
const struct count_rules *live__count_rules(const struct live *live);
/* A child that memtrace forks from now on is the command (or, with false, no longer is). */
void live__expect_command(struct live *live, bool expect);
/*
 * The run ends at this moment; what comes later is no part of it.  The drain that follows waits only for what tasks
 * counted before.
 */
void live__end(struct live *live);
/*
 * Whether the kernel does for a tick what it is asked for, with the capabilities that are in effect now and whatever
 * kernel.unprivileged_bpf_disabled will be.
 */
bool live__may_go_on(struct live *live);
/* Takes samples now, if they were asked for. */
void live__take_samples(struct live *live);

#endif
