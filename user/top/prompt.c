// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* A line that is typed. */
#include <stdio.h>
#include <string.h>

#include "app_impl.h"

void top_prompt__ask(struct top_app *app, const char *label, const char *text, size_t max,
		     void (*changed)(struct top_app *app), void (*done)(struct top_app *app))
{
	struct top_prompt *prompt = &app->prompt;

	*prompt = (struct top_prompt){ .label = label, .max = max, .changed = changed, .done = done };
	snprintf(prompt->text, sizeof(prompt->text), "%s", text);
	snprintf(prompt->before, sizeof(prompt->before), "%s", text);
	prompt->len = strlen(prompt->text);
}

/* A character as UTF-8; its bytes. */
static size_t encode(uint32_t code, char out[4])
{
	if (code < 0x80) {
		out[0] = (char)code;
		return 1;
	}
	if (code < 0x800) {
		out[0] = (char)(0xc0 | code >> 6);
		out[1] = (char)(0x80 | (code & 0x3f));
		return 2;
	}
	if (code < 0x10000) {
		out[0] = (char)(0xe0 | code >> 12);
		out[1] = (char)(0x80 | (code >> 6 & 0x3f));
		out[2] = (char)(0x80 | (code & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | code >> 18);
	out[1] = (char)(0x80 | (code >> 12 & 0x3f));
	out[2] = (char)(0x80 | (code >> 6 & 0x3f));
	out[3] = (char)(0x80 | (code & 0x3f));
	return 4;
}

static void add(struct top_prompt *prompt, uint32_t code)
{
	char bytes[4];
	size_t len = encode(code, bytes);

	if (prompt->len + len >= prompt->max)
		return;
	memcpy(prompt->text + prompt->len, bytes, len);
	prompt->len += len;
	prompt->text[prompt->len] = '\0';
}

static void rub_out(struct top_prompt *prompt)
{
	while (prompt->len && ((unsigned char)prompt->text[prompt->len - 1] & 0xc0) == 0x80)
		prompt->len--;
	prompt->len -= prompt->len > 0;
	prompt->text[prompt->len] = '\0';
}

static void end(struct top_app *app, bool done)
{
	struct top_prompt *prompt = &app->prompt;

	if (!done) {
		snprintf(prompt->text, sizeof(prompt->text), "%s", prompt->before);
		if (prompt->changed)
			prompt->changed(app);
	}
	prompt->label = NULL;
	if (done && prompt->done)
		prompt->done(app);
}

void top_prompt__type(struct top_app *app, uint32_t code)
{
	struct top_prompt *prompt = &app->prompt;

	if (code == SCREEN_ENTER || code == SCREEN_ESCAPE) {
		end(app, code == SCREEN_ENTER);
		return;
	}
	if (code == SCREEN_BACKSPACE)
		rub_out(prompt);
	else if (code == 0x15) /* Ctrl-U */
		prompt->text[prompt->len = 0] = '\0';
	else if (code >= ' ' && code < SCREEN_UP)
		add(prompt, code);
	else
		return;
	if (prompt->changed)
		prompt->changed(app);
}
