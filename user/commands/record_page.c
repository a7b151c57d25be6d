// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "record_page.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../base/log.h"
#include "../base/outfile.h"
#include "../base/stop.h"
#include "../cli/options.h"

/* A page appears when it is complete: what stands in its way is said before the run. */
static int check_place(const char *path)
{
	struct outfile file = { 0 };
	int err = outfile__open(&file, path, OUTFILE_REPORT);

	if (err) {
		outfile__report(&file, err);
		return outfile__exit_code(&file);
	}
	outfile__drop(&file);
	outfile__close(&file);
	return EXIT_OK;
}

int record_page__check(const struct options *options)
{
	if (!options->report)
		return EXIT_OK;
	if (options->keep_ns || options->last_ns || (options->record && !strcmp(options->record, "-"))) {
		log_error("--report: is made of one recording in a file; expected no --keep, no --last and no -o -");
		return EXIT_USAGE;
	}
	if (!strcmp(options->report, "-")) {
		log_error("--report: expected the name of a file");
		return EXIT_USAGE;
	}
	return check_place(options->report);
}

static void become(const struct options *options)
{
	sigprocmask(SIG_SETMASK, stop__old_mask(), NULL);
	execl("/proc/self/exe", "memtrace", "replay", options->record, "report", "-o", options->report, NULL);
	_exit(EXIT_FAILED);
}

int record_page__make(const struct options *options)
{
	pid_t pid;
	int status;

	if (!options->report)
		return EXIT_OK;
	pid = fork();
	if (!pid)
		become(options);
	while (pid > 0 && waitpid(pid, &status, 0) < 0) {
		if (errno != EINTR)
			pid = -1;
	}
	if (pid < 0)
		log_error("--report: %s; memtrace replay %s report -o %s makes the page", strerror(errno),
			  options->record, options->report);
	if (pid < 0 || !WIFEXITED(status))
		return EXIT_FAILED;
	return WEXITSTATUS(status);
}
