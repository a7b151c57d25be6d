// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "output.h"

#include <string.h>

#include "../base/log.h"

const struct output_ops *output__find(const char *name)
{
	size_t i;

	for (i = 0; outputs[i]; i++)
		if (!strcmp(outputs[i]->name, name))
			return outputs[i];
	return NULL;
}

/* Whether that output can render what the command has. */
static bool is_offered(const struct output_request *request, const struct output_ops *ops)
{
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
	return request->json ? "json" : request->format ? request->format : "text";
}

bool output__is_for_programs(const struct output_request *request)
{
	const struct output_ops *ops = output__find(chosen_name(request));

	return ops && ops->for_programs;
}

const struct output_ops *output__chosen(const struct output_request *request)
{
	const char *name = chosen_name(request);
	const struct output_ops *ops = output__find(name);

	if (ops && is_offered(request, ops))
		return ops;
	refuse(request, name);
	return NULL;
}
