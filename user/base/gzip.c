// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "gzip.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#define WINDOW_BITS 15
#define AS_GZIP	    16 /* zlib: added to the window's bits */
#define MEMORY	    8  /* zlib's default */

struct gzip {
	FILE *stream;
	z_stream z;
	unsigned char out[32768];
};

struct gzip *gzip__new(FILE *stream)
{
	struct gzip *gzip = calloc(1, sizeof(*gzip));

	if (!gzip)
		return NULL;
	gzip->stream = stream;
	if (deflateInit2(&gzip->z, Z_DEFAULT_COMPRESSION, Z_DEFLATED, WINDOW_BITS + AS_GZIP, MEMORY,
			 Z_DEFAULT_STRATEGY) == Z_OK)
		return gzip;
	free(gzip);
	return NULL;
}

static int pass(struct gzip *gzip, int flush)
{
	int got;

	do {
		gzip->z.next_out = gzip->out;
		gzip->z.avail_out = sizeof(gzip->out);
		got = deflate(&gzip->z, flush);
		if (got == Z_STREAM_ERROR)
			return -ENOMEM;
		fwrite(gzip->out, 1, sizeof(gzip->out) - gzip->z.avail_out, gzip->stream);
	} while (!gzip->z.avail_out);
	return 0;
}

int gzip__write(struct gzip *gzip, const void *data, size_t size)
{
	const unsigned char *from = data;
	int err = 0;

	while (size && !err) {
		uInt part = size < UINT_MAX ? (uInt)size : UINT_MAX;

		gzip->z.next_in = (unsigned char *)from;
		gzip->z.avail_in = part;
		err = pass(gzip, Z_NO_FLUSH);
		from += part;
		size -= part;
	}
	return err;
}

int gzip__finish(struct gzip *gzip)
{
	return pass(gzip, Z_FINISH);
}

void gzip__free(struct gzip *gzip)
{
	if (!gzip)
		return;
	deflateEnd(&gzip->z);
	free(gzip);
}
