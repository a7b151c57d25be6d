// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The part of the process apart that unwinds copied stacks. */
#include <string.h>

#include "../symbols/unwind.h"
#include "apart_impl.h"
#include "apart_questions.h"
#include "cfi_files.h"
#include "symbols.h"

#define MAX_COPY_BYTES (64 * 1024)

static void get_copy(struct message_cursor *question, struct stack_copy *copy)
{
	uint64_t machine = message__get_u64(question), nr, i;

	*copy = (struct stack_copy){ .machine = machine < UNWIND_NR_MACHINES ? machine : UNWIND_NR_MACHINES };
	nr = message__get_u64(question);
	for (i = 0; i < nr && !question->failed; i++) {
		uint64_t value = message__get_u64(question);

		if (i < UNWIND_MAX_REGS)
			copy->regs[i] = value;
	}
	copy->to_end = message__get_u64(question);
	copy->missing = message__get_u64(question);
	copy->bytes = message__get_string(question, &copy->nr_bytes, MAX_COPY_BYTES);
}

/* Nothing, if another copy's chain does not follow from this one's. */
static void put_basis(struct message *answer, const struct unwound *unwound)
{
	const struct cfi_basis *basis = &unwound->basis;
	size_t nr = basis->incomplete || unwound->outside ? 0 : basis->nr;

	message__put_u64(answer, basis->regs);
	message__put_u64(answer, nr);
	message__put_bytes(answer, basis->words, nr * sizeof(*basis->words));
}

void apart_reader__unwind(struct symbols *symbols, struct message_cursor *question, struct message *answer)
{
	struct maps_access access = { 0 };
	struct unwind_files files = { cfi_files__find, symbols__cfi_files(symbols) };
	struct unwound unwound = { .end = UNWIND_BROKEN };
	struct proc_maps *maps;
	struct stack_copy copy;

	apart_reader__get_pids(question, access.pids, &access.nr);
	maps = apart_reader__get_maps(question, access.nr ? access.pids[0] : 0);
	get_copy(question, &copy);
	if (maps && files.ctx && !question->failed) {
		cfi_files__through(files.ctx, &access);
		unwind(&copy, maps, &files, &unwound);
	}
	message__put_u64(answer, unwound.end);
	message__put_u64(answer, unwound.outside);
	message__put_u64(answer, unwound.nr);
	message__put_bytes(answer, unwound.addresses, unwound.nr * sizeof(*unwound.addresses));
	put_basis(answer, &unwound);
	proc_maps__free(maps);
}

void apart_reader__rule(struct symbols *symbols, struct message_cursor *question, struct message *answer)
{
	struct cfi_rule rule = { .kind = CFI_RULE_UNKNOWN, .pointer = CFI_NOT_SAVED };
	struct cfi_files *files = symbols__cfi_files(symbols);
	struct maps_access access = { 0 };
	struct proc_maps *maps;
	uint64_t machine, vaddr;
	struct cfi *cfi = NULL;

	apart_reader__get_pids(question, access.pids, &access.nr);
	maps = apart_reader__get_maps(question, access.nr ? access.pids[0] : 0);
	machine = message__get_u64(question);
	vaddr = message__get_u64(question);
	if (files && maps && proc_maps__count(maps) && !question->failed) {
		cfi_files__through(files, &access);
		cfi = cfi_files__find(files, proc_maps__at(maps, 0));
	}
	if (cfi && machine < UNWIND_NR_MACHINES)
		rule = unwind__rule((enum unwind_machine)machine, cfi, vaddr);
	message__put_u64(answer, rule.kind);
	message__put_u64(answer, (uint64_t)rule.return_address);
	message__put_u64(answer, (uint64_t)rule.frame);
	message__put_u64(answer, (uint64_t)rule.pointer);
	proc_maps__free(maps);
}
