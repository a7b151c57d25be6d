/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * OOM kills of a run that was there: what records say of each, until its report can be made.  Room is taken at the
 * start and never grows.
 */
#ifndef MEMTRACE_COUNT_OOM_CASES_H
#define MEMTRACE_COUNT_OOM_CASES_H

#include "../model/oom_kill.h"
#include "../report/event.h"
#include "flight.h"

#define OOM_CASES_MAX	    256 /* that wait for their reports at a time */
#define OOM_CASES_SENT_MAX  32	/* of these, SIGKILLs of programs */
#define OOM_CASE_CANDIDATES 8
/*
 * Victims of one choice are marked one right after the other; the next choice takes longer.  But the kernel prints a
 * line between (mm/oom_kill.c, __oom_kill_process()), which a slow console makes long: where the choice's candidates
 * were seen, and none since, more time is given.
 */
#define OOM_CASES_GROUP_NS  20000000ULL
#define OOM_CASES_CHOICE_NS 500000000ULL

struct oom_case {
	struct mt_oom kill;
	struct mt_oom_candidate candidates[OOM_CASE_CANDIDATES]; /* those that have points first */
	size_t nr_candidates;
	uint64_t after_ns[MT_NR_OOM_STEPS];	 /* from the kill on; MT_UNKNOWN_U64 */
	struct oom_other others[OOM_OTHERS_MAX]; /* killed with it */
	size_t nr_others;			 /* of them all */
	char command_line[OOM_PATH];		 /* the caller's to fill in; "": not known */
	bool used;
	/* A program's SIGKILL, of which kill has victim and trigger alone. */
	bool sent;
	uint64_t some_avg10, mark; /* the caller's to fill in: as in struct oom_kill; as in oomd_mark.h, before it */
	enum oom_sent why;	   /* likewise, before oom_case__fill() */
};

struct oom_cases {
	struct oom_case list[OOM_CASES_MAX];
	/* of the choice that is under way */
	struct mt_oom_candidate candidates[OOM_CASE_CANDIDATES];
	size_t nr_candidates;
	uint64_t nr;		/* kills so far */
	uint64_t left_out;	/* that found no room */
	uint64_t sent_left_out; /* SIGKILLs of programs that found none */
	/* of the last ones */
	uint64_t kills_ns[OOM_CASES_MAX];
	uint32_t killed[OOM_CASES_MAX]; /* pids */
};

/* An event of the probe "oom".  The case that it opened, or NULL. */
struct oom_case *oom_cases__take(struct oom_cases *cases, const struct mt_hdr *record);
/* A SIGKILL that a program sent: the case that it opened; NULL: it belongs to one that is open, or found no room. */
struct oom_case *oom_cases__take_sent(struct oom_cases *cases, const struct mt_sigkill *sent);
/*
 * The oldest case, those of programs last, if nothing more is to be expected about it: the victim has exited and its
 * memory is back, where that is told a moment later at most; or wait_ns are over.  NULL: there is none.
 */
struct oom_case *oom_cases__due(struct oom_cases *cases, uint64_t now_ns, uint64_t wait_ns);
void oom_cases__close(struct oom_case *closed);

/* What a report needs beside the records. */
struct oom_scene {
	const struct event_names *names;
	const struct flight *flight; /* NULL: none */
	int64_t wall_offset_ns;
	uint64_t page_size, now_ns;
};

/*
 * Puts what the case knows into a kill, which is all unknown or what the kernel's log says of it: what the log does not
 * say, and what records say better.  0 or -ENOMEM.
 */
int oom_case__fill(const struct oom_cases *cases, const struct oom_case *found, const struct oom_scene *scene,
		   struct oom_kill *kill);
/* Of it only what was before: who grew, where the kill has a limit below that alone, and the samples.  0 or -ENOMEM. */
int oom_case__fill_before(const struct oom_cases *cases, const struct oom_case *found, const struct oom_scene *scene,
			  struct oom_kill *kill);

#endif
