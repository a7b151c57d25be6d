// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "report_against.h"

#include "../base/log.h"
#include "../session/against.h"
#include "../session/replayed.h"

static int on_event(struct session *session, void *ctx, const struct event_row *row, const void *record)
{
	struct report_against *against = ctx;
	int err = report_gather__begin(&against->gather);

	return err ? err : report_gather__event(&against->gather, session, row, record);
}

static int on_interval(struct session *session, void *ctx)
{
	struct report_against *against = ctx;
	int err = report_gather__begin(&against->gather);

	return err ? err : report_gather__interval(&against->gather, session);
}

static int take(void *ctx, struct session *session)
{
	struct report_against *against = ctx;
	int err = report_gather__begin(&against->gather);

	session__end_interval(session);
	if (!err)
		err = session->error;
	if (!err)
		err = run_over_time__finish(against->gather.over_time);
	return err ? err :
		     against_view__take(&against->view, against->gather.over_time, &session->view,
					replayed__head(session));
}

int report_against__read(struct report_against *against, const struct session *now)
{
	struct session_config config = report_gather__config();
	int code;

	config.event = on_event;
	config.interval = on_interval;
	config.ctx = against;
	code = against__read(now, &config, take, against, &against->damaged);
	against->is_read = code == EXIT_OK;
	return code;
}

void report_against__done(struct report_against *against)
{
	report_gather__done(&against->gather);
	against_view__done(&against->view);
}
