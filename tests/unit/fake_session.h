/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* A run without a kernel, for tests: all probes are on, and the aggregate holds what a test gives it. */
#ifndef MEMTRACE_TESTS_FAKE_SESSION_H
#define MEMTRACE_TESTS_FAKE_SESSION_H

#include "../../user/run/session.h"

struct fake_session {
	struct session session;
	struct source source;
	struct options options;
};

/* Groups by comm.  fake_session__close() also after -ENOMEM. */
int fake_session__open(struct fake_session *fake);
void fake_session__close(struct fake_session *fake);

/* Give the session's aggregate a record; 0 or -ENOMEM. */
int fake_session__kswapd(struct fake_session *fake, int32_t node, uint64_t duration_ns);
int fake_session__task(struct fake_session *fake, uint32_t pid, const char *comm, uint64_t minor);

#endif
