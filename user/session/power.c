// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "power.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../base/capabilities.h"
#include "../base/log.h"
#include "session.h"

struct subject {
	struct live *live;
	const struct outfile *const *files;
	size_t nr_files;
};

/* With what is in effect now. */
static bool kernel_answers(const struct subject *subject)
{
	return live__may_go_on(subject->live);
}

/* Where /proc hides the processes of others (hidepid), it takes CAP_SYS_PTRACE to see them. */
static bool sees_processes(const struct subject *subject)
{
	int fd = open("/proc/1/status", O_RDONLY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool writes_files(const struct subject *subject)
{
	size_t i;

	for (i = 0; i < subject->nr_files; i++) {
		const struct outfile *file = subject->files[i];

		if (file->is_open && !outfile__is_direct(file) && !capabilities__may_write(file->place.dir))
			return false;
	}
	return true;
}

/* What it cannot be without is found by trying: with none of them, with each, else all are kept. */
static const struct trial {
	bool (*works)(const struct subject *subject);
	uint64_t capabilities[2];
} trials[] = {
	/* bpf(2): kernels before 5.19 that refuse it to others (kernel/bpf/syscall.c, __sys_bpf()) */
	{ kernel_answers, { CAPABILITY(BPF), CAPABILITY(SYS_ADMIN) } },
	{ sees_processes, { CAPABILITY(SYS_PTRACE) } },
	/* root, where the directory is another user's */
	{ writes_files, { CAPABILITY(DAC_OVERRIDE) } },
};

/* Always: cgroups are found by their ids (open_by_handle_at(2)), which cannot be tried without an id. */
#define ALWAYS CAPABILITY(DAC_READ_SEARCH)

static uint64_t try(const struct trial *trial, const struct subject *subject, uint64_t have)
{
	uint64_t all = have & (trial->capabilities[0] | trial->capabilities[1]);
	size_t i;

	if (!all || (!capabilities__use(have & ALWAYS) && trial->works(subject)))
		return 0;
	for (i = 0; i < sizeof(trial->capabilities) / sizeof(*trial->capabilities); i++) {
		uint64_t one = have & trial->capabilities[i];

		if (one && !capabilities__use(have & (ALWAYS | one)) && trial->works(subject))
			return one;
	}
	return all;
}

uint64_t power__needs(struct live *live, const struct outfile *const *files, size_t nr)
{
	const struct subject subject = { .live = live, .files = files, .nr_files = nr };
	uint64_t have = capabilities__effective(), needs = have & ALWAYS;
	size_t i;

	for (i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		needs |= try(&trials[i], &subject, have);
	capabilities__use(have);
	return needs;
}

void power__give_up(struct session *session, const struct outfile *file, uint64_t also)
{
	const struct outfile *const files[] = { file, &session->record_file };
	const struct options *options = session->options;
	char names[CAPABILITIES_TEXT];
	uint64_t needs;
	int err;

	if (!session->live || options->cmd || options->stacks)
		return;
	needs = power__needs(session->live, files, options->last_ns ? 2 : 1);
	needs |= also & capabilities__effective();
	err = capabilities__keep(needs);
	if (err)
		log_warn("capabilities that are no longer needed cannot be given up: %s", strerror(-err));
	else
		log_debug("capabilities from now on: %s",
			  needs ? capabilities__names(needs, names, sizeof(names)) : "none");
}
