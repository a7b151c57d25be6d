/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * renamer: touches -n pages (default 100) under each of -r names (default 10),
 * "mt-name-0" and so on, one after the other, in one process.  Each life of
 * -l microseconds (default 1000).
 *
 *	-u  print getrusage
 */
#include "workload.h"

int main(int argc, char **argv)
{
	long pages = 100, names = 10, life_us = 1000;
	bool usage = false;
	char name[32];
	int opt;

	while ((opt = getopt(argc, argv, "n:r:l:u")) != -1) {
		switch (opt) {
		case 'n':
			pages = number(optarg);
			break;
		case 'r':
			names = number(optarg);
			break;
		case 'l':
			life_us = number(optarg);
			break;
		case 'u':
			usage = true;
			break;
		default:
			return 2;
		}
	}
	for (long i = 0; i < names; i++) {
		snprintf(name, sizeof(name), "mt-name-%ld", i);
		set_comm(name);
		touch_fresh((size_t)pages);
		sleep_us(life_us);
	}
	if (usage)
		print_rusage();
	return 0;
}
