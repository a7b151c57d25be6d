/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * floor PROGRAM...: attaches these programs of floor.bpf.c, prints "ready", and holds them until its standard
 * input ends.
 */
#include "common.h"

#include <linux/perf_event.h>
#include <sys/syscall.h>

#include "floor.skel.h"

/* One event a fault, on each CPU: a task's own events would not see the others. */
static void attach_to_faults(struct bpf_program *program)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_PAGE_FAULTS,
		.sample_period = 1,
	};
	int cpus = libbpf_num_possible_cpus();
	int online = 0;

	for (int cpu = 0; cpu < cpus; cpu++) {
		int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0)
			fail(-errno, "cannot open a page-faults event on CPU %d", cpu);
		if (!bpf_program__attach_perf_event(program, fd))
			fail(-errno, "cannot attach to a page-faults event on CPU %d", cpu);
		online++;
	}
	if (!online)
		fail(0, "no CPU has page-faults events");
}

static void attach(struct bpf_program *program)
{
	if (bpf_program__type(program) == BPF_PROG_TYPE_PERF_EVENT)
		attach_to_faults(program);
	else if (!bpf_program__attach(program))
		fail(-errno, "cannot attach %s (%s)", bpf_program__name(program), bpf_program__section_name(program));
}

int main(int argc, char **argv)
{
	struct bpf_program *program;
	struct floor_bpf *floor;
	int err;
	char c;

	libbpf_set_print(say_nothing);
	if (argc < 2)
		fail(0, "usage: floor PROGRAM...");
	floor = floor_bpf__open();
	if (!floor)
		fail(-errno, "cannot open the programs");
	bpf_object__for_each_program (program, floor->obj)
		bpf_program__set_autoload(program, false);
	for (int i = 1; i < argc; i++) {
		program = bpf_object__find_program_by_name(floor->obj, argv[i]);
		if (!program)
			fail(0, "there is no program %s", argv[i]);
		bpf_program__set_autoload(program, true);
	}
	err = floor_bpf__load(floor);
	if (err)
		fail(err, "the kernel does not load this");
	for (int i = 1; i < argc; i++)
		attach(bpf_object__find_program_by_name(floor->obj, argv[i]));
	say_ready();
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	/* links end with the process */
	floor_bpf__destroy(floor);
	return 0;
}
