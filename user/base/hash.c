// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "hash.h"

#include <string.h>
#include <sys/auxv.h>
#include <sys/random.h>

static uint64_t secret[2];

/*
 * Runs before main() and any thread.  Early in a boot getrandom(2) may have nothing yet; then the 16 random bytes
 * that the kernel gives each program are used.
 */
__attribute__((constructor)) static void draw_secret(void)
{
	const void *given = (const void *)(uintptr_t)getauxval(AT_RANDOM);

	if (getrandom(secret, sizeof(secret), GRND_NONBLOCK) != (ssize_t)sizeof(secret) && given)
		memcpy(secret, given, sizeof(secret));
}

struct state {
	uint64_t a, b, c, d;
};

static inline uint64_t rotate(uint64_t x, unsigned int by)
{
	return x << by | x >> (64 - by);
}

static inline void turn(struct state *s)
{
	s->a += s->b;
	s->b = rotate(s->b, 13) ^ s->a;
	s->a = rotate(s->a, 32);
	s->c += s->d;
	s->d = rotate(s->d, 16) ^ s->c;
	s->a += s->d;
	s->d = rotate(s->d, 21) ^ s->a;
	s->c += s->b;
	s->b = rotate(s->b, 17) ^ s->c;
	s->c = rotate(s->c, 32);
}

static inline void take(struct state *s, uint64_t word)
{
	s->d ^= word;
	turn(s);
	s->a ^= word;
}

uint64_t hash__keyed(const void *bytes, size_t size)
{
	struct state s = { secret[0] ^ 0x736f6d6570736575, secret[1] ^ 0x646f72616e646f6d,
			   secret[0] ^ 0x6c7967656e657261, secret[1] ^ 0x7465646279746573 };
	const char *at = bytes;
	uint64_t word, rest = (uint64_t)size << 56;

	for (; size >= sizeof(word); at += sizeof(word), size -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		take(&s, word);
	}
	word = 0;
	memcpy(&word, at, size);
	take(&s, rest | word);
	s.c ^= 0xff;
	turn(&s);
	turn(&s);
	turn(&s);
	return s.a ^ s.b ^ s.c ^ s.d;
}
