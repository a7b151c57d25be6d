/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include "stack.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

static void format_unknown(char *buf, size_t size, const struct stack_frame *frame)
{
	if (!frame->kernel && frame->module && frame->module[0])
		snprintf(buf, size, "%s+0x%" PRIx64, base_name(frame->module), frame->file_offset);
	else
		snprintf(buf, size, "0x%" PRIx64, frame->address);
}

static void fold_frames(FILE *out, const struct stack_frame *frames, size_t nr, bool first)
{
	while (nr--) {
		const struct stack_frame *frame = &frames[nr];
		char unknown[4200] = "";
		const char *name = frame->symbol;

		if (!name) {
			format_unknown(unknown, sizeof(unknown), frame);
			name = unknown;
		}
		if (!first)
			fputc(';', out);
		for (first = false; *name; name++)
			fputc(*name == ';' ? ':' : *name, out);
		if (frame->kernel)
			fputs("_[k]", out);
		else if (frame->inlined)
			fputs("_[i]", out);
	}
}

char *stack__fold(const struct stack_frame *user, size_t nr_user, const struct stack_frame *kernel, size_t nr_kernel)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fold_frames(out, user, nr_user, true);
	fold_frames(out, kernel, nr_kernel, !nr_user);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}
