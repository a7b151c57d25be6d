// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include <errno.h>
#include <langinfo.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "screen_impl.h"

#include <term.h>

#include "restore.h"

#define ESCAPE_MS 25 /* how long what follows an escape may take to belong to a key */
#define STUCK_MS  40 /* a terminal that takes nothing is given up */
#define MOUSE_OFF "\033[?1006l\033[?1002l\033[?1000l"

static bool can(const char *name)
{
	const char *sequence = tigetstr(name);

	return sequence && sequence != (char *)-1;
}

/* Whether a terminal of that kind can be drawn on, and is known at all. */
static bool can_be_drawn_on(const char *term, bool *known)
{
	bool possible;
	int err;

	*known = setupterm(term, STDOUT_FILENO, &err) == OK;
	if (!*known)
		return false;
	possible = can("cup") && can("clear");
	del_curterm(cur_term);
	return possible;
}

bool screen__possible(const char **unknown)
{
	const char *term = getenv("TERM");
	bool known, possible;

	*unknown = NULL;
	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) || !term || !term[0] || !strcmp(term, "dumb"))
		return false;
	possible = can_be_drawn_on(term, &known);
	*unknown = known ? NULL : term;
	return possible;
}

/* What a terminal is sent on the way out, as far as it knows that. */
static void arm_restore(const struct screen *screen)
{
	static const char *const names[] = { "sgr0", "cnorm", "rmkx", "rmcup" };
	char sequence[256] = MOUSE_OFF;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *text = tigetstr(names[i]);

		if (text && text != (char *)-1)
			strncat(sequence, text, sizeof(sequence) - strlen(sequence) - 1);
	}
	restore__arm(screen->out, sequence, &screen->modes);
}

/* Signals that come to this process alone are read from a descriptor; where one was ignored it stays so. */
static int open_signals(void)
{
	struct sigaction old;
	sigset_t mask;

	sigemptyset(&mask);
	sigaddset(&mask, SIGWINCH);
	sigaddset(&mask, SIGCONT);
	if (!sigaction(SIGTSTP, NULL, &old) && old.sa_handler != SIG_IGN)
		sigaddset(&mask, SIGTSTP);
	if (sigprocmask(SIG_BLOCK, &mask, NULL))
		return -1;
	return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void set_modes(struct screen *screen)
{
	cbreak();
	noecho();
	nonl();
	curs_set(0);
	keypad(screen->input, TRUE);
	nodelay(screen->input, TRUE);
	set_escdelay(ESCAPE_MS);
	mouseinterval(0);
	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	screen__set_styles(screen);
}

struct screen *screen__open(void)
{
	struct screen *screen = calloc(1, sizeof(*screen));

	if (!screen)
		return NULL;
	screen->in = STDIN_FILENO;
	screen->out = STDOUT_FILENO;
	screen->utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
	screen->signals = open_signals();
	fflush(stdout);
	if (screen->signals >= 0 && !tcgetattr(screen->in, &screen->modes))
		screen->curses = newterm(NULL, stdout, stdin);
	screen->input = screen->curses ? newpad(1, 1) : NULL;
	if (!screen->input) {
		screen__close(screen);
		errno = ENOMEM;
		return NULL;
	}
	set_modes(screen);
	arm_restore(screen);
	return screen;
}

/* Whether the terminal takes what is written now: after Ctrl-S, and while nobody reads, it does not. */
static bool is_ready(const struct screen *screen, int timeout_ms)
{
	struct pollfd out = { .fd = screen->out, .events = POLLOUT };

	return poll(&out, 1, timeout_ms) == 1 && out.revents & POLLOUT;
}

static void leave(struct screen *screen)
{
	if (is_ready(screen, STUCK_MS)) {
		mousemask(0, NULL);
		endwin();
	}
	tcsetattr(screen->in, TCSANOW, &screen->modes);
}

void screen__close(struct screen *screen)
{
	if (!screen)
		return;
	if (screen->curses) {
		leave(screen);
		restore__disarm();
		if (screen->input)
			delwin(screen->input);
		delscreen(screen->curses);
	}
	if (screen->signals >= 0)
		close(screen->signals);
	free(screen);
}

unsigned int screen__rows(const struct screen *screen)
{
	(void)screen;
	return (unsigned int)LINES;
}

unsigned int screen__columns(const struct screen *screen)
{
	(void)screen;
	return (unsigned int)COLS;
}

bool screen__is_utf8(const struct screen *screen)
{
	return screen->utf8;
}

static void resize(void)
{
	struct winsize size;

	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_row && size.ws_col)
		resizeterm(size.ws_row, size.ws_col);
}

/* After a stop, whoever asked for it: a shell may have given the terminal other modes. */
static void retake(struct screen *screen)
{
	reset_prog_mode();
	set_modes(screen);
	arm_restore(screen);
	screen__redraw(screen);
}

/* SIGTSTP itself is read from a descriptor, and SIGCONT tells when it goes on. */
static void suspend(struct screen *screen)
{
	leave(screen);
	restore__disarm();
	raise(SIGSTOP);
	tcgetattr(screen->in, &screen->modes);
	retake(screen);
}

void screen__attend(struct screen *screen)
{
	struct signalfd_siginfo info;
	bool stops = false, goes_on = false;

	while (read(screen->signals, &info, sizeof(info)) == sizeof(info)) {
		stops |= info.ssi_signo == SIGTSTP;
		goes_on |= info.ssi_signo == SIGCONT;
	}
	if (stops)
		suspend(screen);
	else if (goes_on)
		retake(screen);
	resize();
}

void screen__begin(struct screen *screen)
{
	(void)screen;
	erase();
}

void screen__redraw(struct screen *screen)
{
	screen->redraw = true;
}

void screen__end(struct screen *screen)
{
	if (!is_ready(screen, 0)) {
		screen->redraw = true;
		return;
	}
	if (screen->redraw)
		clearok(curscr, TRUE);
	screen->redraw = false;
	wnoutrefresh(stdscr);
	doupdate();
}

int screen__input_fd(const struct screen *screen)
{
	return screen->in;
}

int screen__signal_fd(const struct screen *screen)
{
	return screen->signals;
}
