/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#ifndef MEMTRACE_SCREEN_SCREEN_IMPL_H
#define MEMTRACE_SCREEN_SCREEN_IMPL_H

#include <termios.h>

#include <curses.h>

#include "screen.h"

#define MOUSE_EVENTS_MAX 8 /* as many as ncurses keeps (lib_mouse.c, EV_MAX) */

struct screen {
	SCREEN *curses;
	WINDOW *input; /* keys are read through it, so that reading draws nothing */
	struct termios modes;
	int in, out, signals;
	bool utf8, redraw;
	attr_t styles[NR_STYLES];
	MEVENT mouse[MOUSE_EVENTS_MAX]; /* the oldest is the last */
	unsigned int nr_mouse;
};

/* Attributes and colours for what the terminal has. */
void screen__set_styles(struct screen *screen);

#endif
