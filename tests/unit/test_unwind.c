// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * Covers unwind.h, cfi.h, and the question APART_UNWIND: a copy of this program's own stack gives the chain that the
 * compiler's unwinder gives; how it ends where bytes, code or sense are missing; what it depends on, and nothing else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <execinfo.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>

#include "../../user/kernel/apart_impl.h"
#include "../../user/kernel/apart_questions.h"
#include "../../user/kernel/cfi_files.h"
#include "../../user/kernel/proc_maps.h"
#include "../../user/kernel/symbols.h"
#include "../../user/symbols/unwind.h"

#define COPY_BYTES (16 * 1024)
#define X86_SP	   19
#define X86_IP	   16
#define X86_FP	   4
#define X86_CS	   17
#define USER_CS	   0x33

/* A stack as it was, and the callers that the compiler's own unwinder finds there. */
struct captured {
	struct stack_copy copy;
	char bytes[COPY_BYTES];
	void *callers[64];
	int nr;
};

static void take_regs(struct stack_copy *copy, const ucontext_t *context)
{
	copy->machine = unwind__machine();
#if defined(__x86_64__)
	static const int order[] = { REG_R15, REG_R14, REG_R13, REG_R12, REG_RBP, REG_RBX, REG_R11, REG_R10, REG_R9,
				     REG_R8,  REG_RAX, REG_RCX, REG_RDX, REG_RSI, REG_RDI, REG_RAX, REG_RIP };

	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		copy->regs[i] = (uint64_t)context->uc_mcontext.gregs[order[i]];
	copy->regs[X86_SP] = (uint64_t)context->uc_mcontext.gregs[REG_RSP];
	copy->regs[X86_CS] = USER_CS;
#elif defined(__aarch64__)
	memcpy(copy->regs, context->uc_mcontext.regs, sizeof(context->uc_mcontext.regs));
	copy->regs[31] = context->uc_mcontext.sp;
	copy->regs[32] = context->uc_mcontext.pc;
#endif
}

static uint64_t stack_pointer(const struct stack_copy *copy)
{
	return copy->regs[copy->machine == UNWIND_X86_64 ? X86_SP : 31];
}

/* Up to the stack's end. */
static size_t read_stack(char *to, uint64_t from)
{
	int fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	ssize_t size = pread(fd, to, COPY_BYTES, (off_t)from);

	close(fd);
	return size < 0 ? 0 : (size_t)size;
}

__attribute__((noinline)) static void capture(struct captured *captured)
{
	ucontext_t context;

	getcontext(&context);
	take_regs(&captured->copy, &context);
	captured->copy.bytes = captured->bytes;
	captured->copy.nr_bytes = read_stack(captured->bytes, stack_pointer(&captured->copy));
	captured->nr = backtrace(captured->callers, 64);
}

__attribute__((noinline)) static int deep(struct captured *captured, int depth)
{
	volatile char room[100];

	room[0] = (char)depth;
	if (depth)
		return deep(captured, depth - 1) + room[0];
	capture(captured);
	return room[0];
}

struct setup {
	struct captured captured;
	struct proc_maps *maps;
	struct cfi_files *files;
	struct unwound unwound;
};

static int begin(void **state)
{
	struct setup *setup = calloc(1, sizeof(*setup));
	struct maps_access access = { .pids = { (uint32_t)getpid() }, .nr = 1 };

	if (!setup || proc_maps__read((uint32_t)getpid(), &setup->maps))
		return -1;
	setup->files = cfi_files__new();
	cfi_files__through(setup->files, &access);
	deep(&setup->captured, 5);
	*state = setup;
	return 0;
}

static int end(void **state)
{
	struct setup *setup = *state;

	proc_maps__free(setup->maps);
	cfi_files__free(setup->files);
	free(setup);
	return 0;
}

static void run(struct setup *setup, const struct stack_copy *copy)
{
	const struct unwind_files files = { cfi_files__find, setup->files };

	unwind(copy, setup->maps, &files, &setup->unwound);
}

/*
 * The first address is another place of capture(), which called both; before it, the other list may have the function
 * with which a sanitizer replaces backtrace().
 */
static void same_callers(const struct captured *captured, const uint64_t *addresses, size_t nr)
{
	size_t first = 1;

	assert_true(nr > 1);
	while (first < 3 && addresses[1] != (uintptr_t)captured->callers[first])
		first++;
	assert_in_range(nr, 2, (size_t)captured->nr - first + 1);
	for (size_t i = 1; i < nr; i++)
		assert_int_equal(addresses[i], (uintptr_t)captured->callers[first + i - 1]);
}

/* All of them. */
static void same_chain(const struct captured *captured, const uint64_t *addresses, size_t nr)
{
	same_callers(captured, addresses, nr);
	assert_int_equal(addresses[nr - 1], (uintptr_t)captured->callers[captured->nr - 1]);
}

static void test_own_stack(void **state)
{
	struct setup *setup = *state;

	run(setup, &setup->captured.copy);
	same_chain(&setup->captured, setup->unwound.addresses, setup->unwound.nr);
	assert_int_equal(setup->unwound.end, UNWIND_WHOLE);
	/* capture(), six times deep(), and who called it */
	assert_true(setup->unwound.nr > 10);
}

/* Data on the stack and in registers may be anything. */
static void test_basis(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = setup->captured.copy;
	static char other[COPY_BYTES];
	struct cfi_basis basis;

	run(setup, &copy);
	basis = setup->unwound.basis;
	assert_false(basis.incomplete);
	assert_true(basis.nr >= setup->unwound.nr - 1);
	for (size_t i = 0; i < copy.nr_bytes; i++)
		other[i] = (char)~copy.bytes[i];
	for (size_t i = 0; i < basis.nr; i++) {
		assert_true(basis.words[i] <= copy.nr_bytes - sizeof(uint64_t));
		memcpy(other + basis.words[i], copy.bytes + basis.words[i], sizeof(uint64_t));
	}
	for (unsigned int i = 0; i < UNWIND_MAX_REGS; i++) {
		if (!(basis.regs >> i & 1) && i != X86_IP && i != X86_SP && i < 31)
			copy.regs[i] = ~copy.regs[i];
	}
	copy.bytes = other;
	run(setup, &copy);
	same_chain(&setup->captured, setup->unwound.addresses, setup->unwound.nr);
	assert_int_equal(setup->unwound.end, UNWIND_WHOLE);
	/* of two hundred and more words that is a part */
	assert_in_range(basis.nr, 1, copy.nr_bytes / sizeof(uint64_t) / 2);
}

static void test_cut(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = setup->captured.copy;
	size_t whole, last = 0;

	run(setup, &copy);
	whole = setup->unwound.nr;
	for (copy.nr_bytes = 0; copy.nr_bytes < 6000; copy.nr_bytes += 56) {
		run(setup, &copy);
		if (setup->unwound.nr > 1)
			same_callers(&setup->captured, setup->unwound.addresses, setup->unwound.nr);
		assert_true(setup->unwound.nr >= last);
		last = setup->unwound.nr;
		assert_int_equal(setup->unwound.end, last == whole ? UNWIND_WHOLE : UNWIND_CUT);
	}
	assert_true(last > 4);
}

/* Of bytes that are not known none is taken for a word; as long as none is needed, the chain is the same. */
static void test_missing(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = setup->captured.copy;
	uint64_t first = UINT64_MAX;
	size_t whole;

	run(setup, &copy);
	assert_true(setup->unwound.basis.nr > 0);
	for (size_t i = 0; i < setup->unwound.basis.nr; i++)
		first = setup->unwound.basis.words[i] < first ? setup->unwound.basis.words[i] : first;
	copy.missing = first;
	run(setup, &copy);
	same_chain(&setup->captured, setup->unwound.addresses, setup->unwound.nr);
	assert_int_equal(setup->unwound.end, UNWIND_WHOLE);
	copy.missing = first + 1;
	whole = setup->unwound.nr;
	run(setup, &copy);
	assert_true(setup->unwound.nr < whole);
	assert_int_not_equal(setup->unwound.end, UNWIND_WHOLE);
	/* all: as if there were none */
	copy.missing = copy.nr_bytes;
	run(setup, &copy);
	whole = setup->unwound.nr;
	assert_int_equal(setup->unwound.end, UNWIND_CUT);
	copy = setup->captured.copy;
	copy.nr_bytes = 0;
	run(setup, &copy);
	assert_int_equal(setup->unwound.nr, whole);
}

/* Where the stack ends behind the bytes, there is no more. */
static void test_to_end(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = setup->captured.copy;

	copy.nr_bytes = 16;
	run(setup, &copy);
	assert_int_equal(setup->unwound.end, UNWIND_CUT);
	copy.to_end = true;
	copy.nr_bytes = 0;
	run(setup, &copy);
	assert_int_equal(setup->unwound.end, UNWIND_WHOLE);
}

static void test_no_code(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = setup->captured.copy;

	copy.regs[copy.machine == UNWIND_X86_64 ? X86_IP : 32] = 0x1234;
	run(setup, &copy);
	assert_int_equal(setup->unwound.nr, 1);
	assert_int_equal(setup->unwound.addresses[0], 0x1234);
	assert_int_equal(setup->unwound.outside, 0x1234);
	assert_int_equal(setup->unwound.end, UNWIND_BROKEN);
}

static void test_other_machines(void **state)
{
	struct setup *setup = *state;
	struct stack_copy copy = { .machine = UNWIND_X86_64, .regs = { [X86_IP] = 77, [X86_CS] = 0x23 } };

	run(setup, &copy);
	assert_int_equal(setup->unwound.nr, 1);
	assert_int_equal(setup->unwound.addresses[0], 77);
	assert_int_equal(setup->unwound.end, UNWIND_BROKEN);
	copy.machine = UNWIND_NR_MACHINES;
	run(setup, &copy);
	assert_int_equal(setup->unwound.nr, 0);
}

static struct cfi *no_file(void *ctx, const struct mapping *mapping)
{
	(void)ctx;
	(void)mapping;
	return NULL;
}

/* Code of a compiler that runs in the program, by its frame pointers, until something else than code stands there. */
static void test_frame_pointers(void **state)
{
	static const struct unwind_files none = { no_file, NULL };
	struct setup *setup = *state;
	uint64_t words[8] = { 0, 0, 0x1030, 0x400044, 0, 0, 0x5, 0x999 };
	struct stack_copy copy = {
		.machine = UNWIND_X86_64,
		.bytes = (const char *)words,
		.nr_bytes = sizeof(words),
		.regs = { [X86_SP] = 0x1000, [X86_FP] = 0x1010, [X86_IP] = 0x400010, [X86_CS] = USER_CS },
	};
	struct proc_maps *maps = proc_maps__new(0);

	proc_maps__add(maps, &(struct mapping){ .start = 0x400000, .end = 0x401000, .path = "" });
	unwind(&copy, maps, &none, &setup->unwound);
	assert_int_equal(setup->unwound.nr, 2);
	assert_int_equal(setup->unwound.addresses[1], 0x400044);
	assert_int_equal(setup->unwound.end, UNWIND_WHOLE);
	/* the same on arm64, where the upper bits of the address are its signature */
	copy.machine = UNWIND_ARM64;
	memset(copy.regs, 0, sizeof(copy.regs));
	copy.regs[31] = 0x1000;
	copy.regs[29] = 0x1010;
	copy.regs[32] = 0x400010;
	words[3] |= 0x7fULL << 48;
	unwind(&copy, maps, &none, &setup->unwound);
	assert_int_equal(setup->unwound.nr, 2);
	assert_int_equal(setup->unwound.addresses[1], 0x400044);
	/* a frame that is its own caller has an end, too */
	copy.machine = UNWIND_X86_64;
	words[2] = 0x1010;
	words[3] = 0x400044;
	copy.regs[X86_SP] = 0x1000;
	copy.regs[X86_FP] = 0x1010;
	copy.regs[X86_IP] = 0x400010;
	copy.regs[X86_CS] = USER_CS;
	unwind(&copy, maps, &none, &setup->unwound);
	assert_int_equal(setup->unwound.nr, 2);
	proc_maps__free(maps);
}

static void put_question(struct message *question, const struct setup *setup)
{
	const struct stack_copy *copy = &setup->captured.copy;
	size_t nr = proc_maps__count(setup->maps);

	message__put_u64(question, APART_UNWIND);
	message__put_u64(question, 1);
	message__put_u64(question, (uint64_t)getpid());
	message__put_u64(question, nr);
	for (size_t i = 0; i < nr; i++)
		message__put_mapping(question, proc_maps__at(setup->maps, i));
	message__put_u64(question, copy->machine);
	message__put_u64(question, UNWIND_MAX_REGS);
	message__put_bytes(question, copy->regs, sizeof(copy->regs));
	message__put_u64(question, copy->to_end);
	message__put_u64(question, copy->missing);
	message__put_string(question, copy->bytes, copy->nr_bytes);
}

static void test_question(void **state)
{
	struct setup *setup = *state;
	struct symbols *symbols = symbols__new(NULL, SYMBOLS_MAX_BYTES);
	struct message question = { 0 }, answer = { 0 };
	uint64_t addresses[64] = { 0 }, nr;
	struct message_cursor cursor;

	put_question(&question, setup);
	cursor = (struct message_cursor){ question.bytes, question.bytes + question.size, false };
	apart_reader__answer(symbols, &cursor, &answer);
	cursor = (struct message_cursor){ answer.bytes, answer.bytes + answer.size, false };
	assert_int_equal(message__get_u64(&cursor), UNWIND_WHOLE);
	assert_int_equal(message__get_u64(&cursor), 0);
	nr = message__get_u64(&cursor);
	assert_in_range(nr, 2, 64);
	for (size_t i = 0; i < nr; i++)
		addresses[i] = message__get_u64(&cursor);
	same_chain(&setup->captured, addresses, nr);
	message__get_u64(&cursor); /* registers */
	run(setup, &setup->captured.copy);
	assert_int_equal(message__get_u64(&cursor), setup->unwound.basis.nr);
	for (size_t i = 0; i < setup->unwound.basis.nr; i++)
		assert_int_equal(message__get_u64(&cursor), setup->unwound.basis.words[i]);
	assert_false(cursor.failed);
	assert_ptr_equal(cursor.at, cursor.end);
	free(question.bytes);
	free(answer.bytes);
	symbols__free(symbols);
}

/* Any part of a question has an answer that can be read. */
static void test_cut_question(void **state)
{
	struct setup *setup = *state;
	struct symbols *symbols = symbols__new(NULL, SYMBOLS_MAX_BYTES);
	struct message question = { 0 };

	put_question(&question, setup);
	for (size_t size = 8; size < question.size; size += 97) {
		struct message_cursor cursor = { question.bytes, question.bytes + size, false };
		struct message answer = { 0 };

		apart_reader__answer(symbols, &cursor, &answer);
		cursor = (struct message_cursor){ answer.bytes, answer.bytes + answer.size, false };
		assert_int_equal(message__get_u64(&cursor), UNWIND_BROKEN);
		assert_int_equal(message__get_u64(&cursor), 0);
		assert_int_equal(message__get_u64(&cursor), 0);
		assert_false(cursor.failed);
		free(answer.bytes);
	}
	free(question.bytes);
	symbols__free(symbols);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_own_stack, begin, end),
		cmocka_unit_test_setup_teardown(test_basis, begin, end),
		cmocka_unit_test_setup_teardown(test_cut, begin, end),
		cmocka_unit_test_setup_teardown(test_missing, begin, end),
		cmocka_unit_test_setup_teardown(test_to_end, begin, end),
		cmocka_unit_test_setup_teardown(test_no_code, begin, end),
		cmocka_unit_test_setup_teardown(test_other_machines, begin, end),
		cmocka_unit_test_setup_teardown(test_frame_pointers, begin, end),
		cmocka_unit_test_setup_teardown(test_question, begin, end),
		cmocka_unit_test_setup_teardown(test_cut_question, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
