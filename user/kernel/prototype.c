// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "prototype.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

#include "btf_excerpt.h"

/* Types of a tracepoint have its name behind these. */
#define TYPE_OF_EVENT	"btf_trace_"
#define CALLER_OF_EVENT "__traceiter_"

#define SRCU_DATA "tracepoint_srcu_srcu_data"
#define FAST_SRCU "init_srcu_struct_fast"

/* Between a function's arguments and its result. */
#define RESULT " -> "

struct text {
	char *at, *end;
};

static void text__add(struct text *text, const char *s)
{
	int n = snprintf(text->at, text->end - text->at, "%s", s);

	text->at = n < text->end - text->at ? text->at + n : text->end;
}

/* A type as in C, without qualifiers: names and pointers are enough to distinguish prototypes. */
static void add_type(const struct btf *btf, __u32 id, struct text *text)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && btf_is_mod(t))
		t = btf__type_by_id(btf, t->type);
	if (!t) {
		text__add(text, "?");
		return;
	}
	if (btf_is_ptr(t)) {
		if (t->type)
			add_type(btf, t->type, text);
		else
			text__add(text, "void");
		text__add(text, " *");
		return;
	}
	if (btf_is_composite(t) || btf_is_fwd(t))
		text__add(text, "struct ");
	if (btf_is_any_enum(t))
		text__add(text, "enum ");
	text__add(text, btf__name_by_offset(btf, t->name_off));
}

/* What follows the group in "group:name". */
static const char *name_of_event(const char *event)
{
	const char *name = strchr(event, ':');

	return name ? name + 1 : event;
}

static const struct btf_type *find(const struct btf *btf, const char *prefix, const char *event, __u32 kind)
{
	char name[128];
	int id;

	snprintf(name, sizeof(name), "%s%s", prefix, name_of_event(event));
	id = btf__find_by_name_kind(btf, name, kind);
	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

static const struct btf_type *tracepoint_proto(const struct btf *btf, const char *event)
{
	const struct btf_type *t = find(btf, TYPE_OF_EVENT, event, BTF_KIND_TYPEDEF);

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	if (!t || !btf_is_ptr(t))
		return NULL;
	t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

/*
 * The prototype of the function that calls a tracepoint's programs, if it has
 * as many arguments: types of functions have no names for them, functions do.
 */
static const struct btf_type *named_proto(const struct btf *btf, const char *event, const struct btf_type *proto)
{
	const struct btf_type *t = find(btf, CALLER_OF_EVENT, event, BTF_KIND_FUNC);

	t = t ? btf__type_by_id(btf, t->type) : NULL;
	return t && btf_is_func_proto(t) && btf_vlen(t) == btf_vlen(proto) ? t : NULL;
}

static const char *param_name(const struct btf *btf, const struct btf_type *proto, int i)
{
	const char *name = proto ? btf__name_by_offset(btf, btf_params(proto)[i].name_off) : NULL;

	return name ? name : "";
}

static const struct btf_type *function_proto(const struct btf *btf, const char *function)
{
	const struct btf_type *t = find(btf, "", function, BTF_KIND_FUNC);

	return t ? btf__type_by_id(btf, t->type) : NULL;
}

/* Starts with the argument first; named: a prototype that has names for the arguments, or NULL. */
static void add_arguments(const struct btf *btf, const struct btf_type *proto, const struct btf_type *named, int first,
			  struct text *text)
{
	const char *begin = text->at;
	int i;

	for (i = first; i < btf_vlen(proto); i++) {
		const char *name = param_name(btf, named, i);

		if (i > first)
			text__add(text, ",");
		/* the last of a variable number has no type */
		if (btf_params(proto)[i].type)
			add_type(btf, btf_params(proto)[i].type, text);
		else
			text__add(text, "...");
		if (name[0] && text->at > begin && text->at[-1] != '*')
			text__add(text, " ");
		text__add(text, name);
	}
}

int prototype__read(const struct btf *btf, const char *event, char *buf, int size)
{
	const struct btf_type *proto = tracepoint_proto(btf, event);
	struct text text = { buf, buf + size };

	if (!proto)
		return -ENOENT;
	buf[0] = '\0';
	/* the first argument is the tracepoint's own data */
	add_arguments(btf, proto, named_proto(btf, event, proto), 1, &text);
	return text.at < text.end ? 0 : -ENAMETOOLONG;
}

static void add_result(const struct btf *btf, const struct btf_type *proto, struct text *text)
{
	if (proto->type)
		add_type(btf, proto->type, text);
	else
		text__add(text, "void");
}

int prototype__read_function(const struct btf *btf, const char *function, char *buf, int size)
{
	const struct btf_type *proto = function_proto(btf, function);
	struct text text = { buf, buf + size };

	if (!proto)
		return -ENOENT;
	buf[0] = '\0';
	add_arguments(btf, proto, proto, 0, &text);
	text__add(&text, RESULT);
	add_result(btf, proto, &text);
	return text.at < text.end ? 0 : -ENAMETOOLONG;
}

/* Is text, up to end, that type, or that type and that name?  If the kernel's name is not known, any name fits. */
static bool argument_matches(const char *text, const char *end, const char *type, const char *name)
{
	size_t len = strlen(type);

	if (!len || (size_t)(end - text) < len || memcmp(text, type, len))
		return false;
	text += len;
	if (text == end)
		return true;
	/* anything else is another type whose name has this one as its start */
	if (type[len - 1] != '*' && *text++ != ' ')
		return false;
	if (memchr(text, ' ', end - text) || memchr(text, '*', end - text))
		return false;
	return !name[0] || ((size_t)(end - text) == strlen(name) && !memcmp(text, name, end - text));
}

/* Does the prototype have the arguments expected, up to end, from the argument first on?  How many, or -1. */
static int match_arguments(const struct btf *btf, const struct btf_type *proto, const struct btf_type *named, int first,
			   const char *expected, const char *end)
{
	int i;

	for (i = first; expected < end; i++) {
		const char *comma = memchr(expected, ',', end - expected);
		char type[128] = "";
		struct text text = { type, type + sizeof(type) };

		if (i >= btf_vlen(proto))
			return -1;
		add_type(btf, btf_params(proto)[i].type, &text);
		if (text.at >= text.end ||
		    !argument_matches(expected, comma ? comma : end, type, param_name(btf, named, i)))
			return -1;
		expected = comma ? comma + 1 : end;
	}
	return i - first;
}

bool prototype__matches(const struct btf *btf, const char *event, const char *expected)
{
	const struct btf_type *proto = tracepoint_proto(btf, event);

	if (!proto || !expected)
		return proto;
	return match_arguments(btf, proto, named_proto(btf, event, proto), 1, expected, expected + strlen(expected)) >=
	       0;
}

bool prototype__matches_function(const struct btf *btf, const char *function, const char *expected)
{
	const struct btf_type *proto = function_proto(btf, function);
	const char *result = strstr(expected, RESULT), *end = result ? result : expected + strlen(expected);
	char type[128] = "";
	struct text text = { type, type + sizeof(type) };
	int nr = proto ? match_arguments(btf, proto, proto, 0, expected, end) : -1;

	if (nr < 0 || !result)
		return nr >= 0;
	add_result(btf, proto, &text);
	return nr == btf_vlen(proto) && !strcmp(type, result + strlen(RESULT));
}

bool prototype__has_arguments(const struct btf *btf, const char *event, int nr)
{
	const struct btf_type *proto = tracepoint_proto(btf, event);

	return proto && btf_vlen(proto) == nr + 1;
}

bool prototype__preemptible(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, SRCU_DATA, BTF_KIND_VAR) >= 0 &&
	       btf__find_by_name_kind(btf, FAST_SRCU, BTF_KIND_FUNC) >= 0;
}

void prototype__add_names(struct btf_names *names, const char *event)
{
	const char *name = name_of_event(event);

	btf_names__add(names, TYPE_OF_EVENT, name);
	btf_names__add(names, CALLER_OF_EVENT, name);
	btf_names__add(names, "", name);
}

void prototype__add_general_names(struct btf_names *names)
{
	btf_names__add(names, "", SRCU_DATA);
	btf_names__add(names, "", FAST_SRCU);
}

static int find_value(const struct btf *btf, const struct btf_type *t, const char *name, int *value)
{
	int i;

	for (i = 0; i < btf_vlen(t); i++) {
		const char *found = btf__name_by_offset(btf, btf_enum(t)[i].name_off);

		if (!found || strcmp(found, name))
			continue;
		*value = btf_enum(t)[i].val;
		return 0;
	}
	return -ENOENT;
}

int enumerator__read(const struct btf *btf, const char *name, int *value)
{
	__u32 nr = btf__type_cnt(btf), id;

	for (id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);

		if (btf_is_enum(t) && !find_value(btf, t, name, value))
			return 0;
	}
	return -ENOENT;
}
