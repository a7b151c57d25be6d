/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
/* The hooks of all probes on page faults, and the constants that their programs rely on. */
#ifndef MEMTRACE_PROBES_PAGE_FAULT_H
#define MEMTRACE_PROBES_PAGE_FAULT_H

#include "../model/probe.h"

#define EXCEPTION_PROTO "long unsigned int address,struct pt_regs *regs,long unsigned int error_code"
#define HANDLE_PROTO	"struct vm_area_struct *vma,long unsigned int address,unsigned int flags,struct pt_regs *regs"
#define HANDLED_PROTO	HANDLE_PROTO " -> vm_fault_t"

/* A fault taken in that mode ("user", "kernel"); without a tracepoint (arm64) where the function begins, or ends. */
#define EXCEPTION(mode, mm_proto)                                                                                      \
	{                                                                                                              \
		{ #mode "_btf", ATTACH_TP_BTF, "exceptions:page_fault_" #mode, EXCEPTION_PROTO, NULL },                \
			{ #mode "_raw", ATTACH_RAW_TP, "exceptions:page_fault_" #mode, EXCEPTION_PROTO, NULL },        \
			{ #mode "_tp", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                                \
			  "trace_event_raw_exceptions" },                                                              \
			{ #mode "_tp_x86", ATTACH_TP, "exceptions:page_fault_" #mode, NULL,                            \
			  "trace_event_raw_x86_exceptions" },                                                          \
			{ #mode "_mm", ATTACH_FENTRY, "handle_mm_fault", mm_proto, NULL },                             \
			{ NULL, 0, NULL, NULL, NULL },                                                                 \
	}

#define ON_FUNCTION(program, function, proto)                                                                          \
	{                                                                                                              \
		{ program, ATTACH_FENTRY, function, proto, NULL }, { NULL, 0, NULL, NULL, NULL },                      \
	}

/* Of a program on handle_mm_fault; 5.10 and 6.1 have the flags only as macros. */
#define HANDLING_CONSTANTS(program)                                                                                    \
	{ program, "FAULT_FLAG_WRITE", 0x1, true }, { program, "FAULT_FLAG_TRIED", 0x20, true },                       \
		{ program, "FAULT_FLAG_USER", 0x40, true }, { program, "FAULT_FLAG_INSTRUCTION", 0x100, true },        \
	{                                                                                                              \
		program, "VM_FAULT_RETRY", 0x400, false                                                                \
	}

#endif
