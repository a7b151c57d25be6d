/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * nodes: memory on two NUMA nodes, half of it on each.
 *
 *	-n N   pages on each (default 1024)
 *	-s MS  then print "ready" and sleep
 *	-m     then let the kernel move it: touch that of node 1, on a CPU of node 0, until all of it is on node 0, or
 *10 s are over; print how many pages have moved
 */
#include "workload.h"

#include <sys/syscall.h>

#define POLICY_DEFAULT	 0
#define POLICY_PREFERRED 1
#define ASKED_AT_ONCE	 256

static void set_policy(char *p, size_t pages, int mode, unsigned long nodes)
{
	if (syscall(SYS_mbind, p, pages * PAGE, mode, mode == POLICY_DEFAULT ? NULL : &nodes, 8 * sizeof(nodes), 0))
		die("mbind");
}

static char *pages_on(unsigned int node, size_t pages)
{
	char *p = fresh_pages(pages);

	set_policy(p, pages, POLICY_PREFERRED, 1UL << node);
	touch_pages(p, pages);
	return p;
}

/* How many pages are on that node. */
static size_t count_on(char *p, size_t pages, int node)
{
	void *asked[ASKED_AT_ONCE];
	int where[ASKED_AT_ONCE];
	size_t nr = 0, i, at;

	for (at = 0; at < pages; at += ASKED_AT_ONCE) {
		size_t now = pages - at < ASKED_AT_ONCE ? pages - at : ASKED_AT_ONCE;

		for (i = 0; i < now; i++)
			asked[i] = p + (at + i) * PAGE;
		if (syscall(SYS_move_pages, 0, now, asked, NULL, where, 0))
			die("move_pages");
		for (i = 0; i < now; i++)
			nr += where[i] == node;
	}
	return nr;
}

static void let_move(char *p, size_t pages)
{
	time_t until = time(NULL) + 10;
	size_t moved;

	set_policy(p, pages, POLICY_DEFAULT, 0);
	do {
		touch_pages(p, pages);
		moved = count_on(p, pages, 0);
	} while (moved < pages && time(NULL) < until);
	printf("moved=%zu\n", moved);
}

int main(int argc, char **argv)
{
	long pages = 1024, sleep_ms = 0;
	bool move = false;
	char *far;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:m")) != -1) {
		if (opt == 'n')
			pages = number(optarg);
		else if (opt == 's')
			sleep_ms = number(optarg);
		else if (opt == 'm')
			move = true;
		else
			return 2;
	}
	pages_on(0, (size_t)pages);
	far = pages_on(1, (size_t)pages);
	if (move)
		let_move(far, (size_t)pages);
	puts("ready");
	fflush(stdout);
	sleep_us(sleep_ms * 1000);
	return 0;
}
