// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* What is typed. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <wchar.h>

#include "screen_impl.h"

static const struct {
	wint_t code;
	uint32_t key;
} keys[] = {
	{ KEY_UP, SCREEN_UP },
	{ KEY_DOWN, SCREEN_DOWN },
	{ KEY_LEFT, SCREEN_LEFT },
	{ KEY_RIGHT, SCREEN_RIGHT },
	{ KEY_SLEFT, SCREEN_SHIFT_LEFT },
	{ KEY_SRIGHT, SCREEN_SHIFT_RIGHT },
	{ KEY_PPAGE, SCREEN_PAGE_UP },
	{ KEY_NPAGE, SCREEN_PAGE_DOWN },
	{ KEY_HOME, SCREEN_HOME },
	{ KEY_FIND, SCREEN_HOME },
	{ KEY_END, SCREEN_END },
	{ KEY_SELECT, SCREEN_END },
	{ KEY_BACKSPACE, SCREEN_BACKSPACE },
	{ KEY_ENTER, SCREEN_ENTER },
	{ KEY_F(1), SCREEN_F1 },
	{ KEY_F(10), SCREEN_F10 },
};

/* What the mouse did that is next; false: nothing that means something here. */
static bool next_mouse(struct screen *screen, struct screen_input *input)
{
	const MEVENT *event = &screen->mouse[--screen->nr_mouse];

	if (event->x < 0 || event->y < 0)
		return false;
	input->y = (unsigned int)event->y;
	input->x = (unsigned int)event->x;
	if (event->bstate & BUTTON4_PRESSED)
		input->key = SCREEN_WHEEL_UP;
	else if (event->bstate & BUTTON5_PRESSED)
		input->key = SCREEN_WHEEL_DOWN;
	else if (event->bstate & BUTTON1_PRESSED)
		input->key = SCREEN_CLICK;
	else
		return false;
	return true;
}

/* One KEY_MOUSE stands for all that were read at once; getmouse() gives the newest of them first. */
static void read_mouse(struct screen *screen)
{
	while (screen->nr_mouse < MOUSE_EVENTS_MAX && getmouse(&screen->mouse[screen->nr_mouse]) == OK)
		screen->nr_mouse++;
}

/* False: nothing that means something here. */
static bool translate(wint_t code, struct screen_input *input)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].code != code)
			continue;
		input->key = keys[i].key;
		return true;
	}
	return false;
}

/*
 * Sequences that terminals send though their descriptions lack them: those of screen and of the console have no arrows
 * with Shift.  Others are passed over, as the characters in them are keys, too.
 */
static const struct {
	const char *text;
	uint32_t key;
} sequences[] = {
	{ "[1;2C", SCREEN_SHIFT_RIGHT },
	{ "[1;2D", SCREEN_SHIFT_LEFT },
};

#define SEQUENCE_MAX 16

/* What stands behind an escape, up to its last character; false: it is no sequence, and is read again. */
static bool read_sequence(struct screen *screen, char text[SEQUENCE_MAX])
{
	size_t len = 0;
	wint_t code = 0;
	int kind = ERR;

	while (len < SEQUENCE_MAX - 1 && (kind = wget_wch(screen->input, &code)) == OK) {
		if (code < ' ' || code > '~' || (!len && code != '[' && code != 'O'))
			break;
		text[len++] = (char)code;
		text[len] = '\0';
		if (len > 1 && code >= '@')
			return true;
	}
	if (kind == KEY_CODE_YES)
		ungetch((int)code);
	else if (kind == OK && len < SEQUENCE_MAX - 1)
		unget_wch((wchar_t)code);
	while (len)
		unget_wch((wchar_t)text[--len]);
	return false;
}

/* Whatever comes behind an escape. */
static bool escaped(struct screen *screen, struct screen_input *input)
{
	char text[SEQUENCE_MAX];
	size_t i;

	input->key = SCREEN_ESCAPE;
	if (!read_sequence(screen, text))
		return true;
	for (i = 0; i < sizeof(sequences) / sizeof(*sequences); i++) {
		if (strcmp(sequences[i].text, text) != 0)
			continue;
		input->key = sequences[i].key;
		return true;
	}
	return false;
}

/* False: nothing that means something here. */
static bool take(struct screen *screen, int kind, wint_t code, struct screen_input *input)
{
	if (kind == KEY_CODE_YES && code == KEY_MOUSE) {
		read_mouse(screen);
		return false;
	}
	if (kind == KEY_CODE_YES)
		return translate(code, input);
	if (code == SCREEN_ESCAPE)
		return escaped(screen, input);
	input->key = code == '\r' ? SCREEN_ENTER : code == 0x7f || code == '\b' ? SCREEN_BACKSPACE : code;
	return true;
}

/* 1; 0: nothing waits */
static int read_one(struct screen *screen, struct screen_input *input)
{
	wint_t code;
	int kind;

	for (;;) {
		*input = (struct screen_input){ 0 };
		if (screen->nr_mouse) {
			if (next_mouse(screen, input))
				return 1;
			continue;
		}
		kind = wget_wch(screen->input, &code);
		if (kind == ERR)
			return 0;
		if (take(screen, kind, code, input))
			return 1;
	}
}

/* Readable without anything to read: the end of a terminal that is gone. */
static bool is_gone(const struct screen *screen)
{
	struct pollfd in = { .fd = screen->in, .events = POLLIN };

	return poll(&in, 1, 0) == 1;
}

int screen__read(struct screen *screen, struct screen_input *input)
{
	if (read_one(screen, input))
		return 1;
	if (!is_gone(screen))
		return 0;
	/* perhaps it came just now */
	return read_one(screen, input) ? 1 : is_gone(screen) ? -EIO : 0;
}
