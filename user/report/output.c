// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "output.h"

#include <string.h>

#include "../base/log.h"

#define PART ':' /* between the name of an output and the part of a report */

static const struct output_ops *find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; outputs[i]; i++)
		if (strlen(outputs[i]->name) == len && !memcmp(outputs[i]->name, name, len))
			return outputs[i];
	return NULL;
}

const struct output_ops *output__find(const char *name)
{
	return find(name, strlen(name));
}

/* Whether that output can render what the command has. */
static bool is_offered(const struct output_request *request, const struct output_ops *ops)
{
	if (request->events ? !ops->event : ops->events_only)
		return false;
	if (ops->page_only && !request->page)
		return false;
	return !ops->metrics_only && (!ops->paths_only || request->paths);
}

static void refuse(const struct output_request *request, const char *name)
{
	char accepted[256] = "";
	size_t i, len = 0;

	for (i = 0; outputs[i]; i++)
		if (is_offered(request, outputs[i]) && len < sizeof(accepted))
			len += snprintf(accepted + len, sizeof(accepted) - len, " %s", outputs[i]->name);
	log_error("--format '%s': no such format; expected one of%s", name, accepted);
}

static const char *chosen_name(const struct output_request *request)
{
	if (request->json)
		return "json";
	if (request->format)
		return request->format;
	return request->page ? "html" : "text";
}

const char *output__part(const struct output_request *request)
{
	const char *part = strchr(chosen_name(request), PART);

	return part ? part + 1 : NULL;
}

static const struct output_ops *chosen(const struct output_request *request)
{
	const char *name = chosen_name(request);
	const struct output_ops *ops = find(name, strcspn(name, (const char[]){ PART, '\0' }));

	return ops && output__part(request) && !ops->parts ? NULL : ops;
}

bool output__is_for_programs(const struct output_request *request)
{
	const struct output_ops *ops = chosen(request);

	return ops && ops->for_programs;
}

bool output__has_intervals(const struct output_request *request)
{
	const struct output_ops *ops = chosen(request);

	return ops && ops->intervals;
}

const struct output_ops *output__chosen(const struct output_request *request)
{
	const struct output_ops *ops = chosen(request);

	if (ops && is_offered(request, ops))
		return ops;
	refuse(request, chosen_name(request));
	return NULL;
}

void output__done(struct output *out)
{
	if (out->ops && out->ops->done)
		out->ops->done(out);
}
