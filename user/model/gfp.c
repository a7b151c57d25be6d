/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "gfp.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 * include/linux/gfp_types.h (gfp.h up to 5.19): these bits are the same from 5.10 to 7.3.  Those above ZEROTAGS
 * depend on the configuration.
 */
enum {
	DMA = 1 << 0,
	HIGHMEM = 1 << 1,
	DMA32 = 1 << 2,
	MOVABLE = 1 << 3,
	RECLAIMABLE = 1 << 4,
	HIGH = 1 << 5,
	IO = 1 << 6,
	FS = 1 << 7,
	ZERO = 1 << 8,
	ATOMIC = 1 << 9, /* up to 6.2 */
	DIRECT_RECLAIM = 1 << 10,
	KSWAPD_RECLAIM = 1 << 11,
	WRITE = 1 << 12,
	NOWARN = 1 << 13,
	RETRY_MAYFAIL = 1 << 14,
	NOFAIL = 1 << 15,
	NORETRY = 1 << 16,
	MEMALLOC = 1 << 17,
	COMP = 1 << 18,
	NOMEMALLOC = 1 << 19,
	HARDWALL = 1 << 20,
	THISNODE = 1 << 21,
	ACCOUNT = 1 << 22,
	ZEROTAGS = 1 << 23,

	RECLAIM = DIRECT_RECLAIM | KSWAPD_RECLAIM,
	KERNEL = RECLAIM | IO | FS,
	USER = KERNEL | HARDWALL,
	HIGHUSER = USER | HIGHMEM,
	HIGHUSER_MOVABLE = HIGHUSER | MOVABLE,
	TRANSHUGE_LIGHT = (HIGHUSER_MOVABLE | COMP | NOMEMALLOC | NOWARN) & ~RECLAIM,
};

/* A mask takes its bits from those after it, so what contains another comes first. */
static const struct {
	uint32_t mask;
	const char *name;
} names[] = {
	{ .mask = TRANSHUGE_LIGHT | DIRECT_RECLAIM, .name = "GFP_TRANSHUGE" },
	{ .mask = TRANSHUGE_LIGHT, .name = "GFP_TRANSHUGE_LIGHT" },
	{ .mask = HIGHUSER_MOVABLE, .name = "GFP_HIGHUSER_MOVABLE" },
	{ .mask = HIGHUSER, .name = "GFP_HIGHUSER" },
	{ .mask = USER, .name = "GFP_USER" },
	{ .mask = KERNEL | ACCOUNT, .name = "GFP_KERNEL_ACCOUNT" },
	{ .mask = KERNEL, .name = "GFP_KERNEL" },
	{ .mask = RECLAIM | IO, .name = "GFP_NOFS" },
	{ .mask = HIGH | ATOMIC | KSWAPD_RECLAIM, .name = "GFP_ATOMIC" },
	{ .mask = HIGH | KSWAPD_RECLAIM, .name = "GFP_ATOMIC" },
	{ .mask = RECLAIM, .name = "GFP_NOIO" },
	{ .mask = KSWAPD_RECLAIM, .name = "GFP_NOWAIT" }, /* 6.18: with NOWARN, which is then named beside it */
	{ .mask = DMA, .name = "GFP_DMA" },
	{ .mask = DMA32, .name = "GFP_DMA32" },
	{ .mask = HIGHMEM, .name = "__GFP_HIGHMEM" },
	{ .mask = MOVABLE, .name = "__GFP_MOVABLE" },
	{ .mask = RECLAIMABLE, .name = "__GFP_RECLAIMABLE" },
	{ .mask = HIGH, .name = "__GFP_HIGH" },
	{ .mask = IO, .name = "__GFP_IO" },
	{ .mask = FS, .name = "__GFP_FS" },
	{ .mask = ZERO, .name = "__GFP_ZERO" },
	{ .mask = ATOMIC, .name = "__GFP_ATOMIC" },
	{ .mask = DIRECT_RECLAIM, .name = "__GFP_DIRECT_RECLAIM" },
	{ .mask = WRITE, .name = "__GFP_WRITE" },
	{ .mask = NOWARN, .name = "__GFP_NOWARN" },
	{ .mask = RETRY_MAYFAIL, .name = "__GFP_RETRY_MAYFAIL" },
	{ .mask = NOFAIL, .name = "__GFP_NOFAIL" },
	{ .mask = NORETRY, .name = "__GFP_NORETRY" },
	{ .mask = MEMALLOC, .name = "__GFP_MEMALLOC" },
	{ .mask = COMP, .name = "__GFP_COMP" },
	{ .mask = NOMEMALLOC, .name = "__GFP_NOMEMALLOC" },
	{ .mask = HARDWALL, .name = "__GFP_HARDWALL" },
	{ .mask = THISNODE, .name = "__GFP_THISNODE" },
	{ .mask = ACCOUNT, .name = "__GFP_ACCOUNT" },
	{ .mask = ZEROTAGS, .name = "__GFP_ZEROTAGS" },
};

/* Returns the room that remains, or 0 if the name did not fit. */
static size_t append(char **end, size_t room, const char *separator, const char *name)
{
	size_t len = strlen(separator) + strlen(name);

	if (len >= room)
		return 0;
	*end += snprintf(*end, room, "%s%s", separator, name);
	return room - len;
}

const char *gfp__name(char *buf, size_t size, uint64_t flags)
{
	const char *separator = "";
	char rest[24];
	char *end = buf;

	if (size == 0)
		return buf;
	*buf = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names) && size; i++) {
		if ((flags & names[i].mask) != names[i].mask)
			continue;
		size = append(&end, size, separator, names[i].name);
		separator = "|";
		flags &= ~(uint64_t)names[i].mask;
	}
	if (flags)
		snprintf(rest, sizeof(rest), "0x%llx", (unsigned long long)flags);
	if (flags && size)
		append(&end, size, separator, rest);
	else if (!*separator)
		append(&end, size, "", "none");
	return buf;
}
