/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/*
 * hostile HEX: takes the bytes of HEX (at most 15, none of them zero) as its
 * name, touches -n pages (default 1000) and sleeps -s milliseconds.
 */
#include "workload.h"

static unsigned int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *p = c ? strchr(digits, c) : NULL;

	if (!p)
		die("not lower-case hexadecimal");
	return (unsigned int)(p - digits);
}

int main(int argc, char **argv)
{
	long pages = 1000, sleep_ms = 0;
	char name[16] = "";
	const char *hex;
	size_t length;
	int opt;

	while ((opt = getopt(argc, argv, "n:s:")) != -1) {
		switch (opt) {
		case 'n':
			pages = number(optarg);
			break;
		case 's':
			sleep_ms = number(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind != argc - 1)
		die("name it in hexadecimal");
	hex = argv[optind];
	length = strlen(hex) / 2;
	if (length >= sizeof(name) || strlen(hex) % 2)
		die("not 1 to 15 bytes");
	for (size_t i = 0; i < length; i++)
		name[i] = (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	set_comm(name);
	touch_fresh((size_t)pages);
	sleep_us(sleep_ms * 1000);
	return 0;
}
