/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>

#include "stream.h"

int stream__error(FILE *stream)
{
	return ferror(stream) ? -EIO : 0;
}

int stream__flush(FILE *stream)
{
	if (fflush(stream) != 0)
		return errno ? -errno : -EIO;
	return stream__error(stream);
}
