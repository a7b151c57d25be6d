// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* Covers sdt_probes.h: arguments as notes have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/user.h>
#include <cmocka.h>

#include "../../user/symbols/sdt_probes.h"

static void assert_argument(const char **text, uint32_t kind, uint16_t reg, int64_t value, uint16_t unused_bits)
{
	struct sdt_argument is;

	assert_true(sdt_argument__read(text, &is));
	assert_int_equal(is.kind, kind);
	assert_int_equal(is.reg, reg);
	assert_int_equal((int64_t)is.value, value);
	assert_int_equal(is.unused_bits, unused_bits);
}

static void arguments_one_behind_the_other(void **state)
{
#if defined(__aarch64__)
	const char *text = "8@x19 -4@w3 8@[sp, 24]  8@[x1] 2@-7";

	(void)state;
	assert_argument(&text, SDT_IN_REGISTER, 152, 0, 0);
	assert_argument(&text, SDT_IN_REGISTER, 24, 0, 32);
	assert_argument(&text, SDT_IN_MEMORY, 248, 24, 0);
	assert_argument(&text, SDT_IN_MEMORY, 8, 0, 0);
#elif defined(__x86_64__)
	const char *text = "8@%rax -4@%r13d 8@-24(%rbp)  8@(%rsp) 1@12(%rcx) 2@$-7";

	(void)state;
	assert_argument(&text, SDT_IN_REGISTER, 80, 0, 0);
	assert_argument(&text, SDT_IN_REGISTER, 16, 0, 32);
	assert_argument(&text, SDT_IN_MEMORY, 32, -24, 0);
	assert_argument(&text, SDT_IN_MEMORY, 152, 0, 0);
	assert_argument(&text, SDT_IN_MEMORY, 88, 12, 56);
#else
	const char *text = "";

	(void)state;
	return;
#endif
	assert_argument(&text, SDT_CONSTANT, 0, -7, 48);
	assert_string_equal(text, "");
}

#if defined(__x86_64__)
#define AT(name) offsetof(struct user_regs_struct, name)

/* struct pt_regs is as what ptrace(2) has of a thread. */
static void registers_are_where_the_kernel_has_them(void **state)
{
	static const struct {
		const char *name, *half; /* NULL: it has none */
		size_t at;
	} registers[] = {
		{ "rax", "eax", AT(rax) },  { "rbx", "ebx", AT(rbx) },	{ "rcx", "ecx", AT(rcx) },
		{ "rdx", "edx", AT(rdx) },  { "rsi", "esi", AT(rsi) },	{ "rdi", "edi", AT(rdi) },
		{ "rbp", "ebp", AT(rbp) },  { "rsp", NULL, AT(rsp) },	{ "r8", "r8d", AT(r8) },
		{ "r9", "r9d", AT(r9) },    { "r10", "r10d", AT(r10) }, { "r11", "r11d", AT(r11) },
		{ "r12", "r12d", AT(r12) }, { "r13", "r13d", AT(r13) }, { "r14", "r14d", AT(r14) },
		{ "r15", "r15d", AT(r15) },
	};
	char texts[32];
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(registers) / sizeof(*registers); i++) {
		snprintf(texts, sizeof(texts), "8@%%%s", registers[i].name);
		text = texts;
		assert_argument(&text, SDT_IN_REGISTER, (uint16_t)registers[i].at, 0, 0);
		snprintf(texts, sizeof(texts), "-4@%%%s", registers[i].half ? registers[i].half : "eax");
		text = texts;
		assert_argument(&text, SDT_IN_REGISTER, (uint16_t)(registers[i].half ? registers[i].at : AT(rax)), 0,
				32);
	}
}
#endif

static void arguments_of_other_forms(void **state)
{
	static const char *const texts[] = { "",	 "8",	     "8@",	   "3@%rax",	      "@%rax",
					     "8@%rip",	 "8@%raxx",  "8@4(%rbp",   "8@(%rax,%rbx,8)", "8@%rax,",
					     "8@[x1, 3", "8@[sp, x", "8@[x31, 5]", "8@x31",	      "8@sym(%rip)",
					     "8@$",	 "8@[",	     "8@(",	   "99999999999@%rax" };
	struct sdt_argument is;
	const char *text;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		text = texts[i];
		if (sdt_argument__read(&text, &is))
			fail_msg("%s was read", texts[i]);
		assert_ptr_equal(text, texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arguments_one_behind_the_other),
#if defined(__x86_64__)
		cmocka_unit_test(registers_are_where_the_kernel_has_them),
#endif
		cmocka_unit_test(arguments_of_other_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
