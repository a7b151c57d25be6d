/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * A terminal as a whole screen, by ncurses: what is drawn, what is typed, its size, and the way back.  It knows nothing
 * of what is shown.  A process has one at a time.
 *
 * The terminal is as it was before on every way out: screen__close(), exit(3), signals that end the process
 * (restore.h), and while the process is stopped.
 */
#ifndef MEMTRACE_SCREEN_SCREEN_H
#define MEMTRACE_SCREEN_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How something looks: without colours by bold and reverse alone. */
enum screen_style {
	STYLE_PLAIN,
	STYLE_DIM,
	STYLE_STRONG,
	STYLE_HEAD,   /* heads of columns */
	STYLE_SORTED, /* the head of the column that is sorted by */
	STYLE_CURSOR, /* the row that keys are about */
	STYLE_PINNED,
	STYLE_GOOD,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_BAR,
	STYLE_KEY, /* a key in a line of hints */
	NR_STYLES
};

/* What was typed: a character of Unicode, or one of these. */
enum screen_key {
	SCREEN_ENTER = '\n',
	SCREEN_ESCAPE = 0x1b,
	SCREEN_REDRAW = 0x0c, /* Ctrl-L */
	SCREEN_UP = 0x110000, /* above all characters */
	SCREEN_DOWN,
	SCREEN_LEFT,
	SCREEN_RIGHT,
	SCREEN_SHIFT_LEFT,
	SCREEN_SHIFT_RIGHT,
	SCREEN_PAGE_UP,
	SCREEN_PAGE_DOWN,
	SCREEN_HOME,
	SCREEN_END,
	SCREEN_BACKSPACE,
	SCREEN_F1,
	SCREEN_F10,
	SCREEN_CLICK, /* of the mouse, at y and x */
	SCREEN_WHEEL_UP,
	SCREEN_WHEEL_DOWN,
};

struct screen_input {
	uint32_t key;
	unsigned int y, x;
};

struct screen;

/*
 * Whether standard input and output are a terminal that can be drawn on: TERM is known, and not "dumb".  *unknown:
 * TERM, if they are a terminal that this machine has no description of; else NULL.
 */
bool screen__possible(const char **unknown);
/* Takes the terminal.  NULL and errno. */
struct screen *screen__open(void);
/* Gives it back; NULL is fine. */
void screen__close(struct screen *screen);

unsigned int screen__rows(const struct screen *screen);
unsigned int screen__columns(const struct screen *screen);
bool screen__is_utf8(const struct screen *screen);

/* Begins a frame: all is empty. */
void screen__begin(struct screen *screen);
/*
 * Draws text (any bytes: it is made harmless) into at most width columns; returns how many it took.  A character of two
 * columns is not cut in two.  What is outside the screen is left out.
 */
unsigned int screen__put(struct screen *screen, unsigned int y, unsigned int x, unsigned int width,
			 enum screen_style style, const char *text);
/* The same, aligned to the right. */
void screen__put_right(struct screen *screen, unsigned int y, unsigned int x, unsigned int width,
		       enum screen_style style, const char *text);
/* Gives a stretch of a line that style, whatever is drawn there. */
void screen__tint(struct screen *screen, unsigned int y, unsigned int x, unsigned int width, enum screen_style style);
/* Shows the frame.  A terminal that takes nothing (Ctrl-S) is not waited for: the frame is left out. */
void screen__end(struct screen *screen);
/* Draws the next frame as if nothing were there. */
void screen__redraw(struct screen *screen);

/* The next that was typed: 1; 0: nothing waits; -EIO: the terminal is gone. */
int screen__read(struct screen *screen, struct screen_input *input);
/* Polls readable when something was typed. */
int screen__input_fd(const struct screen *screen);
/* Polls readable when the size changed, or the process is to stop: screen__attend() then does what is to be done. */
int screen__signal_fd(const struct screen *screen);
/* Stops the process if that was asked for, and takes the terminal again when it goes on. */
void screen__attend(struct screen *screen);

#endif
