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
		{ .program = #mode "_btf",                                                                             \
		  .kind = ATTACH_TP_BTF,                                                                               \
		  .event = "exceptions:page_fault_" #mode,                                                             \
		  .proto = EXCEPTION_PROTO },                                                                          \
			{ .program = #mode "_raw",                                                                     \
			  .kind = ATTACH_RAW_TP,                                                                       \
			  .event = "exceptions:page_fault_" #mode,                                                     \
			  .proto = EXCEPTION_PROTO },                                                                  \
			{ .program = #mode "_tp",                                                                      \
			  .kind = ATTACH_TP,                                                                           \
			  .event = "exceptions:page_fault_" #mode,                                                     \
			  .context = "trace_event_raw_exceptions" },                                                   \
			{ .program = #mode "_tp_x86",                                                                  \
			  .kind = ATTACH_TP,                                                                           \
			  .event = "exceptions:page_fault_" #mode,                                                     \
			  .context = "trace_event_raw_x86_exceptions" },                                               \
			{ .program = #mode "_mm",                                                                      \
			  .kind = ATTACH_FENTRY,                                                                       \
			  .event = "handle_mm_fault",                                                                  \
			  .proto = mm_proto },                                                                         \
			{},                                                                                            \
	}

#define ON_FUNCTION(program_, function, proto_)                                                                        \
	{                                                                                                              \
		{ .program = program_, .kind = ATTACH_FENTRY, .event = function, .proto = proto_ }, {},                \
	}

/* Of a program on handle_mm_fault; 5.10 and 6.1 have the flags only as macros. */
#define HANDLING_CONSTANTS(program_)                                                                                   \
	{ .program = program_, .name = "FAULT_FLAG_WRITE", .value = 0x1, .may_lack = true },                           \
		{ .program = program_, .name = "FAULT_FLAG_TRIED", .value = 0x20, .may_lack = true },                  \
		{ .program = program_, .name = "FAULT_FLAG_USER", .value = 0x40, .may_lack = true },                   \
		{ .program = program_, .name = "FAULT_FLAG_INSTRUCTION", .value = 0x100, .may_lack = true },           \
	{                                                                                                              \
		.program = program_, .name = "VM_FAULT_RETRY", .value = 0x400                                          \
	}

#endif
