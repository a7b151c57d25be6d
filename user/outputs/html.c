// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * The output for a browser: a page of one file, with the report as JSON in it, compressed and in base64.  The page is
 * made of the files in outputs/page/ when memtrace is built.
 */
#include <errno.h>
#include <stdlib.h>

#include "../base/gzip.h"
#include "../base/stream.h"
#include "../report/output.h"

#include "page.h"

extern const struct output_ops json_output, html_output;

/* What json writes of the report; *text is the caller's to free.  0 or -errno. */
static int to_json(const struct output *out, const struct report *report, char **text, size_t *size)
{
	struct output json = *out;
	int err;

	json.ops = &json_output;
	json.stream = open_memstream(text, size);
	if (!json.stream)
		return -ENOMEM;
	err = json_output.report(&json, report);
	return fclose(json.stream) && !err ? -ENOMEM : err;
}

static int compress(const char *text, size_t size, char **packed, size_t *packed_size)
{
	FILE *stream = open_memstream(packed, packed_size);
	struct gzip *gzip = stream ? gzip__new(stream) : NULL;
	int err = gzip ? gzip__write(gzip, text, size) : -ENOMEM;

	if (!err)
		err = gzip__finish(gzip);
	gzip__free(gzip);
	return stream && fclose(stream) && !err ? -ENOMEM : err;
}

static void put_base64(FILE *stream, const unsigned char *bytes, size_t size)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i, n;

	for (i = 0; i < size; i += 3) {
		unsigned int bits = (unsigned int)bytes[i] << 16;

		if (i + 1 < size)
			bits |= (unsigned int)bytes[i + 1] << 8;
		if (i + 2 < size)
			bits |= bytes[i + 2];
		for (n = 0; n < 4; n++)
			putc(i + n > size ? '=' : digits[bits >> (18 - 6 * n) & 63], stream);
	}
}

static int render(struct output *out, const struct report *report)
{
	char *text = NULL, *packed = NULL;
	size_t size, packed_size;
	int err = to_json(out, report, &text, &size);

	if (!err)
		err = compress(text, size, &packed, &packed_size);
	if (!err) {
		fputs(page_begin, out->stream);
		put_base64(out->stream, (const unsigned char *)packed, packed_size);
		fputs(page_end, out->stream);
		err = stream__flush(out->stream);
	}
	free(text);
	free(packed);
	return err;
}

const struct output_ops html_output = {
	.name = "html",
	.page_only = true,
	.binary = true,
	.for_programs = true,
	.report = render,
};
