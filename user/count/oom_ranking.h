/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* Who the kernel would kill: points of processes as mm/oom_kill.c:oom_badness() computes them. */
#ifndef MEMTRACE_COUNT_OOM_RANKING_H
#define MEMTRACE_COUNT_OOM_RANKING_H

#include "../model/oom_standing.h"

/* How kernels differ.  "3.10.0-1160" is 3.10. */
struct oom_rules {
	bool known;	   /* the release is; else these are the newest kernel's */
	bool root_adj;	   /* before 3.14: root's adj is 30 less */
	bool root_share;   /* before 4.17: root has 3 % less */
	bool at_least_one; /* before 5.9: who may be killed has a point */
	bool first_wins;   /* before 5.3: of equal points the first one wins; later the last one */
};

struct oom_candidate {
	const struct oom_task *task;
	int64_t points; /* in pages: the kernel's own if it told any, else computed */
	bool known;	/* points are */
	size_t place;	/* in the order in which the kernel looked */
};

struct oom_ranking {
	struct oom_rules rules;
	bool init_is_1; /* pids are the machine's: 1 is init, which is never killed */
	struct oom_candidate
		*list; /* owned: those that may be killed, the first to be killed first; unknown ones last */
	size_t nr;
	const struct oom_task **exempt; /* owned: those that are never killed: oom_exempt__why() */
	size_t nr_exempt;
	uint64_t total_pages; /* what adj is a share of: the limit, or all memory, each with swap */
	bool without_swap;    /* of a limit whose swap is not known: nothing was swapped, so it counts as none */
	size_t nr_unknown;    /* candidates at the end whose points are not known */
};

/* By a release such as "6.1.0-13-amd64"; "" is not known. */
struct oom_rules oom_rules__of(const char *release);

/*
 * Of a kill's tasks; kill must outlive ranking.  What the kernel itself says, points and total pages, is taken as it
 * is.  Points of tasks whose adj matters are not known where total_pages are not.  0 or -ENOMEM; oom_ranking__done() is
 * fine after either.
 */
int oom_ranking__compute(struct oom_ranking *ranking, const struct oom_kill *kill);
/* The same of processes that run: all of them, or those in the cgroup. */
int oom_ranking__of(struct oom_ranking *ranking, const struct oom_standing *standing, bool inside);
/* Why an exempt task is never killed, in words (mm/oom_kill.c:oom_unkillable_task(), oom_badness()). */
const char *oom_exempt__why(const struct oom_task *task);
void oom_ranking__done(struct oom_ranking *ranking);

/* The place of a process in the list, from 0 on; SIZE_MAX: it is not in it. */
size_t oom_ranking__find(const struct oom_ranking *ranking, uint32_t pid);

#endif
