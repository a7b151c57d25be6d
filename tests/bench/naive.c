/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * naive PID...: attaches naive.bpf.c, prints "ready", and reads records until its standard input ends.  Then it
 * prints as JSON how many were of these processes, and how many found the ring full.
 */
#include "common.h"

#include <linux/types.h>
#include <poll.h>

#include "naive.h"
#include "naive.skel.h"

struct counts {
	char **pids;
	int nr_pids;
	unsigned long long seen;
};

static int on_record(void *ctx, void *data, size_t size)
{
	struct counts *counts = ctx;
	const struct naive_record *rec = data;

	for (int i = 0; i < counts->nr_pids; i++)
		counts->seen += rec->pid == (__u32)atoi(counts->pids[i]);
	return 0;
}

int main(int argc, char **argv)
{
	struct counts counts = { .pids = argv + 1, .nr_pids = argc - 1 };
	struct ring_buffer *reader;
	struct pollfd fds[2];
	struct naive_bpf *bpf;

	libbpf_set_print(say_nothing);
	bpf = naive_bpf__open_and_load();
	if (!bpf)
		fail(-errno, "the kernel does not load this");
	reader = ring_buffer__new(bpf_map__fd(bpf->maps.ring), on_record, &counts, NULL);
	if (!reader)
		fail(-errno, "cannot read the ring");
	if (naive_bpf__attach(bpf))
		fail(-errno, "cannot attach to page_fault_user");
	say_ready();
	fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
	fds[1] = (struct pollfd){ .fd = ring_buffer__epoll_fd(reader), .events = POLLIN };
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[1].revents && ring_buffer__consume(reader) < 0)
			fail(0, "cannot read the ring");
		if (fds[0].revents)
			break;
	}
	naive_bpf__detach(bpf);
	ring_buffer__consume(reader);
	printf("{\"seen\":%llu,\"lost\":%llu}\n", counts.seen, (unsigned long long)bpf->bss->dropped);
	ring_buffer__free(reader);
	naive_bpf__destroy(bpf);
	return 0;
}
