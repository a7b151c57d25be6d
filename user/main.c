/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/help.h"
#include "base/log.h"
#include "cli/options.h"
#include "base/outfile.h"
#include "base/stop.h"

/* A closed standard stream must not become the number of the next file that is opened. */
static void open_standard_streams(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		/* The wrong way round, so that reading and writing fail as they would have. */
		if (fcntl(fd, F_GETFD) < 0)
			open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
	}
}

static void ignore(int signo)
{
	(void)signo;
}

/*
 * Signals that must not end memtrace before it detaches, and what they become instead.  They get a handler and not
 * SIG_IGN, because exec() resets a handler: a traced command has the default.  Signals that were ignored at the start
 * stay ignored.
 */
static void survive_signals(void)
{
	static const int signals[] = {
		SIGPIPE, /* to a reader that left: a write that fails, EPIPE */
		SIGXFSZ, /* a file that may not grow: a write that fails, EFBIG */
		SIGUSR1, /* asks `record --last` for a file; it may come too early, or to a run without one */
	};
	struct sigaction old, action = { .sa_handler = ignore, .sa_flags = SA_RESTART };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) && old.sa_handler == SIG_DFL)
			sigaction(signals[i], &action, NULL);
}

static bool reader_left(void)
{
	struct pollfd out = { .fd = STDOUT_FILENO };

	return poll(&out, 1, 0) == 1 && (out.revents & POLLERR);
}

/*
 * What is still buffered may fail only now.  A command that failed has said
 * so already, and a reader that left (| head) has what it wanted.
 */
static int close_stdout(int code)
{
	bool failed = ferror(stdout);
	int err = failed ? EIO : 0;

	if (fflush(stdout) || fclose(stdout))
		err = errno;
	if (!err || err == EPIPE || (failed && reader_left()) || code != EXIT_OK)
		return code;
	outfile__report_stdout(-err);
	return EXIT_FAILED;
}

static int run_command(const struct command *command, struct options *options)
{
	int err = stop__open();

	if (!err)
		return command->run(options);
	log_error("cannot start: %s", strerror(-err));
	return EXIT_FAILED;
}

/* Runs a command with argv[first..argc), on the recording or, if it is NULL, on the live kernel. */
static int run(const struct command *command, const char *recording, int argc, char **argv, int first)
{
	struct options options;
	int err, code;

	options__init(&options);
	options.replay = recording;
	err = options__parse(&options, command, argc, argv, first);
	if (err) {
		code = err == -EINVAL ? EXIT_USAGE : EXIT_FAILED;
	} else if (options__want_help(&options)) {
		help__command(stdout, command, options.help_all);
		code = EXIT_OK;
	} else {
		log__set_verbose(options.verbose);
		code = run_command(command, &options);
	}
	options__free(&options);
	return code;
}

/* Whether the word is an option of the group: "--from" or "--from=03:00". */
static bool is_option_of(const struct option_row *group, const char *word)
{
	size_t len = strcspn(word, "=");

	if (strncmp(word, "--", 2))
		return false;
	for (; group->name; group++)
		if (strlen(group->name) == len - 2 && !strncmp(group->name, word + 2, len - 2))
			return true;
	return false;
}

/* The first word from there on that is no option about the part of a recording, and no argument of one. */
static int behind_part(int argc, char **argv, int at)
{
	while (at < argc && (is_option_of(window_options, argv[at]) || is_option_of(against_options, argv[at])))
		at += strchr(argv[at], '=') ? 1 : 2;
	return at;
}

/* The word to that place; those before it come behind it. */
static void move_word(char **argv, int from, int to)
{
	char *word = argv[from];

	memmove(&argv[to + 1], &argv[to], (size_t)(from - to) * sizeof(*argv));
	argv[to] = word;
}

/* memtrace replay FILE [COMMAND...], memtrace copy FILE */
static int replay(const struct command *command, int argc, char **argv)
{
	const struct command *replayed;
	int at;

	if (argc < 3 || (argv[2][0] == '-' && argv[2][1]))
		return run(command, NULL, argc, argv, 2);
	at = command->takes_command ? behind_part(argc, argv, 3) : argc;
	if (command->takes_command && at > 3 && (at >= argc || argv[at][0] == '-')) {
		log_error("%s: expected a COMMAND, too, as in memtrace replay FILE stat --from 03:00", argv[3]);
		return EXIT_USAGE;
	}
	if (at >= argc || argv[at][0] == '-')
		return run(command, argv[2], argc, argv, 3);
	replayed = command__find(argv[at]);
	if (!replayed || !replayed->replays) {
		help__refuse_replay(argv[at]);
		return EXIT_USAGE;
	}
	move_word(argv, at, 3);
	return run(replayed, argv[2], argc, argv, 4);
}

/* memtrace help [COMMAND] */
static int show_help(const char *topic)
{
	const struct command *command;

	if (!topic) {
		help__questions(stdout);
		return EXIT_OK;
	}
	command = command__find(topic);
	if (!command) {
		help__refuse_command(topic);
		return EXIT_USAGE;
	}
	help__command(stdout, command, false);
	return EXIT_OK;
}

static int dispatch(int argc, char **argv)
{
	const struct command *command;

	if (argc < 2) {
		help__questions(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return show_help(argv[2]);
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		help__version(stdout);
		return EXIT_OK;
	}
	command = command__find(argv[1]);
	if (!command) {
		help__refuse_command(argv[1]);
		return EXIT_USAGE;
	}
	return command->takes_recording ? replay(command, argc, argv) : run(command, NULL, argc, argv, 2);
}

/* Room for all of a help: only the last write's error is known. */
static void buffer_stdout(void)
{
	static char buffer[64 * 1024];

	setvbuf(stdout, buffer, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, sizeof(buffer));
}

int main(int argc, char **argv)
{
	open_standard_streams();
	buffer_stdout();
	survive_signals();
	setlocale(LC_CTYPE, "");
	return stop__exit(close_stdout(dispatch(argc, argv)));
}
