// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <stdlib.h>
#include <string.h>

#include "screen_impl.h"

/* Colours by number: of 256, and of 8 where there are fewer; -1: the terminal's own. */
static const struct {
	attr_t plain;	 /* without colours */
	attr_t coloured; /* beside the colour */
	short many, few, back;
} looks[NR_STYLES] = {
	[STYLE_PLAIN] = { A_NORMAL, A_NORMAL, -1, -1, -1 },
	[STYLE_DIM] = { A_DIM, A_NORMAL, 245, -1, -1 },
	[STYLE_STRONG] = { A_BOLD, A_BOLD, -1, -1, -1 },
	[STYLE_HEAD] = { A_REVERSE, A_NORMAL, 0, COLOR_BLACK, COLOR_GREEN },
	[STYLE_SORTED] = { A_REVERSE | A_BOLD, A_NORMAL, 0, COLOR_BLACK, COLOR_CYAN },
	[STYLE_CURSOR] = { A_REVERSE, A_NORMAL, 0, COLOR_BLACK, COLOR_CYAN },
	[STYLE_PINNED] = { A_BOLD, A_BOLD, 220, COLOR_YELLOW, -1 },
	[STYLE_GOOD] = { A_NORMAL, A_NORMAL, 71, COLOR_GREEN, -1 },
	[STYLE_WARN] = { A_BOLD, A_BOLD, 214, COLOR_YELLOW, -1 },
	[STYLE_BAD] = { A_BOLD, A_BOLD, 203, COLOR_RED, -1 },
	[STYLE_BAR] = { A_NORMAL, A_NORMAL, 74, COLOR_CYAN, -1 },
	[STYLE_KEY] = { A_BOLD, A_BOLD, 74, COLOR_CYAN, -1 },
};

static bool wants_colours(void)
{
	const char *no_colour = getenv("NO_COLOR");

	return !(no_colour && no_colour[0]) && has_colors() && start_color() == OK;
}

void screen__set_styles(struct screen *screen)
{
	bool colours = wants_colours();
	size_t i;

	if (colours && use_default_colors() != OK)
		assume_default_colors(COLOR_WHITE, COLOR_BLACK);
	for (i = 0; i < NR_STYLES; i++) {
		short front = COLORS >= 256 ? looks[i].many : looks[i].few;

		screen->styles[i] = colours ? looks[i].coloured : looks[i].plain;
		if (colours && (front >= 0 || looks[i].back >= 0) &&
		    init_pair((short)(i + 1), front, looks[i].back) == OK)
			screen->styles[i] |= COLOR_PAIR(i + 1);
	}
}
