// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "prototype.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <bpf/btf.h>

struct text {
	char *at, *end;
};

static void text__add(struct text *text, const char *s)
{
	int n = snprintf(text->at, text->end - text->at, "%s", s);

	text->at = n < text->end - text->at ? text->at + n : text->end;
}

/* A type as C spells it, qualifiers left out: names and pointers are what tells prototypes apart. */
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

static const struct btf_type *tracepoint_proto(const struct btf *btf, const char *event)
{
	const char *name = strchr(event, ':');
	const struct btf_type *t;
	char type[128];
	int id;

	snprintf(type, sizeof(type), "btf_trace_%s", name ? name + 1 : event);
	id = btf__find_by_name_kind(btf, type, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	t = btf__type_by_id(btf, id);
	t = t ? btf__type_by_id(btf, t->type) : NULL;
	if (!t || !btf_is_ptr(t))
		return NULL;
	t = btf__type_by_id(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

int prototype__read(const struct btf *btf, const char *event, char *buf, int size)
{
	const struct btf_type *proto = tracepoint_proto(btf, event);
	struct text text = { buf, buf + size };
	const struct btf_param *params;
	int i;

	if (!proto)
		return -ENOENT;
	buf[0] = '\0';
	params = btf_params(proto);
	/* the first argument is the tracepoint's own data */
	for (i = 1; i < btf_vlen(proto); i++) {
		if (i > 1)
			text__add(&text, ",");
		add_type(btf, params[i].type, &text);
	}
	return text.at < text.end ? 0 : -ENAMETOOLONG;
}

bool prototype__matches(const struct btf *btf, const char *event, const char *expected)
{
	char actual[512];
	size_t n;

	if (prototype__read(btf, event, actual, sizeof(actual)))
		return false;
	if (!expected)
		return true;
	n = strlen(expected);
	return !strncmp(actual, expected, n) && (actual[n] == ',' || actual[n] == '\0');
}

bool prototype__preemptible(const struct btf *btf)
{
	return btf__find_by_name_kind(btf, "tracepoint_srcu_srcu_data", BTF_KIND_VAR) >= 0 &&
	       btf__find_by_name_kind(btf, "init_srcu_struct_fast", BTF_KIND_FUNC) >= 0;
}
