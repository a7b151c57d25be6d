/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * bpfstat: has the kernel time BPF programs, and prints, for each line on standard input, what all of them have
 * taken so far, as a line of JSON.  The timing ends with it.
 */
#include "common.h"

#include <inttypes.h>
#include <linux/bpf.h>

#include <bpf/bpf.h>

/* Is there a link of kind iterator to it? */
static bool is_iterator(__u32 program_id)
{
	struct bpf_link_info info;
	__u32 size = sizeof(info);
	__u32 id = 0;
	bool found = false;

	while (!found && !bpf_link_get_next_id(id, &id)) {
		int fd = bpf_link_get_fd_by_id(id);

		if (fd < 0)
			continue;
		memset(&info, 0, sizeof(info));
		found = !bpf_obj_get_info_by_fd(fd, &info, &size) && info.type == BPF_LINK_TYPE_ITER &&
			info.prog_id == program_id;
		close(fd);
	}
	return found;
}

/* False if the program is gone meanwhile. */
static bool print_program(__u32 id, bool first)
{
	struct bpf_prog_info info = { 0 };
	__u32 size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	int err;

	if (fd < 0)
		return false;
	err = bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	if (err)
		return false;
	/* A program's name is letters, digits, _ and . (bpf_obj_name_cpy()). */
	printf("%s{\"id\":%u,\"name\":\"%s\",\"iterator\":%s,\"run_time_ns\":%" PRIu64 ",\"run_cnt\":%" PRIu64 "}",
	       first ? "" : ",", info.id, info.name, is_iterator(info.id) ? "true" : "false",
	       (uint64_t)info.run_time_ns, (uint64_t)info.run_cnt);
	return true;
}

int main(void)
{
	bool first;
	char line[16];
	__u32 id;

	/* the statistics are on as long as this descriptor is open */
	if (bpf_enable_stats(BPF_STATS_RUN_TIME) < 0)
		fail(-errno, "cannot turn BPF statistics on");
	say_ready();
	while (fgets(line, sizeof(line), stdin)) {
		first = true;
		putchar('[');
		for (id = 0; !bpf_prog_get_next_id(id, &id);)
			first &= !print_program(id, first);
		puts("]");
		fflush(stdout);
	}
	return 0;
}
