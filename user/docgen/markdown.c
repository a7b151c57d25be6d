// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Text in Markdown. */
#include <ctype.h>
#include <string.h>

#include "docgen.h"

void docgen__text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (strchr("|<>*\\", *text))
			fputc('\\', out);
		fputc(*text, out);
	}
}

/* The start of a sentence. */
void docgen__sentence(FILE *out, const char *text)
{
	char first[] = { (char)toupper((unsigned char)*text), '\0' };

	docgen__text(out, first);
	docgen__text(out, text + 1);
}

/* A cell of a table: code or text; "" and NULL are empty. */
void docgen__cell(FILE *out, const char *text, bool code)
{
	fputs(" ", out);
	if (text && *text && code)
		fprintf(out, "`%s` ", text);
	else if (text && *text)
		docgen__text(out, text), fputc(' ', out);
	fputc('|', out);
}
