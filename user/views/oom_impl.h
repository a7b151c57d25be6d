/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* What the files of the views of OOM kills share. */
#ifndef MEMTRACE_VIEWS_OOM_IMPL_H
#define MEMTRACE_VIEWS_OOM_IMPL_H

#include "oom_report.h"
#include "wrapped.h"

#define OOM_WORD  32
#define OOM_SHOWN 5 /* candidates, in text */

#define OOM_NO_LIMIT (1ULL << 62) /* what is above it is a limit that is not set: PAGE_COUNTER_MAX */

/* "-" where it is not known.  Each returns buf, or a text that lives longer. */
const char *oom__bytes(char buf[OOM_WORD], uint64_t bytes);
const char *oom__count(char buf[OOM_WORD], uint64_t n);
const char *oom__pages(char buf[OOM_WORD], const struct oom_kill *kill, uint64_t pages);
const char *oom__signed(char buf[OOM_WORD], int64_t n);
const char *oom__adj(char buf[OOM_WORD], int32_t adj);
/* A percentage of a whole; "-" if either is not known. */
const char *oom__percent(char buf[OOM_WORD], uint64_t part, uint64_t whole);
const char *oom__or_dash(const char *text);

/* When it was, for people, with a space behind it; "": not known. */
void oom__time(char *buf, size_t size, const struct oom_moment *when);

struct cell oom__number(uint64_t n);
struct cell oom__text(const char *text); /* "": not known */
uint64_t oom__in_bytes(uint64_t page_size, uint64_t pages);

/* A table for programs; its cells, all unknown, for the caller to fill in; NULL: no memory, or there are no rows. */
struct cell *oom__add_table(struct oom_view_table *table, struct report *report, const char *path,
			    const struct column *columns, size_t nr_columns, size_t nr);

/* Why the first of the ranking is not the victim, in words; "": it is, or there is nothing to say. */
const char *oom_view__why(const struct oom_view *view);
/* What the first function of the chain that says it was doing: "page fault"; "": none does. */
const char *oom_view__doing(const struct oom_view *view);
/* What the ranking is made of, as the kernel's release has it. */
const char *oom_view__formula(const struct oom_view *view);

void oom_view__find_causes(struct oom_view *view);
void oom_view__find_missing(struct oom_view *view);
/* What was before the kill, for people; and for programs. */
void oom_view__say_before(const struct oom_view *view, struct report *report);
void oom_view__add_before(struct oom_view *view, struct report *report);
void oom_view__add_text(struct oom_view *view, struct report *report);

#endif
