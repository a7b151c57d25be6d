// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "btf_excerpt.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>

#define FIRST_SLOTS 1024

/* A hash of both ends of a name is enough, and fast: each of a kernel's hundred thousand names is looked up. */
static size_t hash_of(const char *name, size_t len)
{
	uint64_t begin = 0, end = 0;
	size_t part = len < sizeof(begin) ? len : sizeof(begin);

	memcpy(&begin, name, part);
	memcpy(&end, name + len - part, part);
	return ((begin ^ len) * 0x9e3779b97f4a7c15ULL ^ end * 0xc2b2ae3d27d4eb4fULL) >> 32;
}

/* Where the name is, or the free slot where it belongs; there is always one. */
static size_t slot_of(const struct btf_names *names, const char *name)
{
	size_t i = hash_of(name, strlen(name));

	for (i &= names->nr_slots - 1; names->slots[i] && strcmp(names->slots[i], name);)
		i = (i + 1) & (names->nr_slots - 1);
	return i;
}

static bool grow(struct btf_names *names)
{
	size_t nr_slots = names->nr_slots ? names->nr_slots * 2 : FIRST_SLOTS, i;
	struct btf_names larger = { .slots = calloc(nr_slots, sizeof(*larger.slots)), .nr_slots = nr_slots };

	if (!larger.slots)
		return false;
	for (i = 0; i < names->nr_slots; i++)
		if (names->slots[i])
			larger.slots[slot_of(&larger, names->slots[i])] = names->slots[i];
	free(names->slots);
	names->slots = larger.slots;
	names->nr_slots = nr_slots;
	return true;
}

/* Takes over the name. */
static void add(struct btf_names *names, char *name)
{
	/* at most a quarter is taken, so most names are found to be missing at once */
	if (!name || (names->nr * 4 >= names->nr_slots && !grow(names))) {
		names->failed = true;
		free(name);
	} else if (btf_names__has(names, name)) {
		free(name);
	} else {
		names->slots[slot_of(names, name)] = name;
		names->nr++;
	}
}

void btf_names__add(struct btf_names *names, const char *prefix, const char *name)
{
	size_t len = strlen(prefix), size = strlen(name) + 1;
	char *both = malloc(len + size);

	if (both) {
		memcpy(both, prefix, len);
		memcpy(both + len, name, size);
	}
	add(names, both);
}

void btf_names__add_types(struct btf_names *names, const struct btf *btf)
{
	__u32 nr = btf__type_cnt(btf), id;

	for (id = 1; id < nr; id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name = btf__name_by_offset(btf, t->name_off), *flavour;

		if (!name || !*name || !(btf_is_composite(t) || btf_is_any_enum(t) || btf_is_typedef(t)))
			continue;
		flavour = strstr(name, "___");
		add(names, flavour ? strndup(name, flavour - name) : strdup(name));
	}
}

bool btf_names__has(const struct btf_names *names, const char *name)
{
	return names->nr_slots && names->slots[slot_of(names, name)];
}

void btf_names__free(struct btf_names *names)
{
	size_t i;

	for (i = 0; i < names->nr_slots; i++)
		free(names->slots[i]);
	free(names->slots);
	*names = (struct btf_names){ 0 };
}

/* How much of a type is copied. */
enum part {
	PART_NONE,
	PART_NAME, /* of a struct its name and size; of another type all */
	PART_ALL,
};

struct selection {
	const struct btf *whole;
	__u8 *parts;	/* by the whole's ids: enum part */
	__u32 *new_ids; /* by the whole's ids */
	__u32 *todo;	/* ids whose references are not followed yet; each gets here twice at most */
	size_t nr_todo;
	enum part part; /* of the type that the current type refers to */
};

typedef void ref_visitor(struct selection *selection, __u32 *id);

/* Each id that a type refers to. */
static void visit_refs(struct selection *selection, const struct btf_type *type, ref_visitor *visit)
{
	struct btf_type *t = (struct btf_type *)type;
	int i;

	if (btf_is_ptr(t) || btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t) || btf_is_func(t) ||
	    btf_is_var(t) || btf_is_func_proto(t))
		visit(selection, &t->type);
	if (btf_is_array(t)) {
		visit(selection, &btf_array(t)->type);
		visit(selection, &btf_array(t)->index_type);
	}
	for (i = 0; btf_is_composite(t) && i < btf_vlen(t); i++)
		visit(selection, &btf_members(t)[i].type);
	for (i = 0; btf_is_func_proto(t) && i < btf_vlen(t); i++)
		visit(selection, &btf_params(t)[i].type);
}

static void take_ref(struct selection *s, __u32 *id)
{
	if (!*id || s->parts[*id] >= s->part)
		return;
	s->parts[*id] = s->part;
	s->todo[s->nr_todo++] = *id;
}

static void renumber_ref(struct selection *s, __u32 *id)
{
	*id = s->new_ids[*id];
}

static void follow(struct selection *s, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(s->whole, id);

	s->part = s->parts[id];
	if (btf_is_composite(t) && s->part == PART_NAME)
		return;
	if (btf_is_ptr(t) || btf_is_func_proto(t))
		s->part = PART_NAME;
	visit_refs(s, t, take_ref);
}

static bool has_wanted_enumerator(const struct btf *btf, const struct btf_type *t, const struct btf_names *names)
{
	int i;

	for (i = 0; btf_is_enum(t) && i < btf_vlen(t); i++)
		if (btf_names__has(names, btf__str_by_offset(btf, btf_enum(t)[i].name_off)))
			return true;
	return false;
}

static bool is_wanted(const struct btf *btf, const struct btf_type *t, const struct btf_names *names)
{
	/* a tag's name is no name of a type, and a section has all variables */
	if (btf_is_decl_tag(t) || btf_is_type_tag(t) || btf_is_datasec(t))
		return false;
	return (t->name_off && btf_names__has(names, btf__str_by_offset(btf, t->name_off))) ||
	       has_wanted_enumerator(btf, t, names);
}

static void take(struct selection *s, const struct btf_names *names)
{
	__u32 nr = btf__type_cnt(s->whole), id;

	for (id = 1; id < nr; id++) {
		__u32 wanted = id;

		if (!is_wanted(s->whole, btf__type_by_id(s->whole, id), names))
			continue;
		s->part = PART_ALL;
		take_ref(s, &wanted);
		while (s->nr_todo)
			follow(s, s->todo[--s->nr_todo]);
	}
}

static int copy_type(struct selection *s, struct btf *to, __u32 id)
{
	const struct btf_type *from = btf__type_by_id(s->whole, id);
	struct btf_type name;
	int err;

	if (btf_is_composite(from) && s->parts[id] == PART_NAME) {
		name = *from;
		name.info = from->info & ~(__u32)BTF_MAX_VLEN; /* no members */
		from = &name;
	}
	err = btf__add_type(to, s->whole, from);
	if (err > 0)
		visit_refs(s, btf__type_by_id(to, err), renumber_ref);
	return err < 0 ? err : 0;
}

/* Types also refer to later ones, so all get their numbers before the first is copied. */
static int copy(struct selection *s, struct btf_excerpt *excerpt)
{
	__u32 nr = btf__type_cnt(s->whole), id, taken = 0, i;
	int err = 0;

	for (id = 1; id < nr; id++)
		if (s->parts[id])
			s->new_ids[id] = ++taken;
	excerpt->btf = btf__new_empty();
	excerpt->ids = calloc(taken + 1, sizeof(*excerpt->ids));
	if (!excerpt->btf || !excerpt->ids)
		return -ENOMEM;
	for (id = 1, i = 0; !err && id < nr; id++) {
		if (!s->parts[id])
			continue;
		excerpt->ids[++i] = id;
		err = copy_type(s, excerpt->btf, id);
	}
	return err;
}

int btf_excerpt__make(struct btf_excerpt *excerpt, const struct btf *whole, const struct btf_names *names)
{
	__u32 nr = btf__type_cnt(whole);
	struct selection selection = {
		.whole = whole,
		.parts = calloc(nr, sizeof(*selection.parts)),
		.new_ids = calloc(nr, sizeof(*selection.new_ids)),
		.todo = calloc(nr, 2 * sizeof(*selection.todo)),
	};
	int err = -ENOMEM;

	*excerpt = (struct btf_excerpt){ 0 };
	if (!names->failed && selection.parts && selection.new_ids && selection.todo) {
		take(&selection, names);
		err = copy(&selection, excerpt);
	}
	free(selection.parts);
	free(selection.new_ids);
	free(selection.todo);
	return err;
}

void btf_excerpt__free(struct btf_excerpt *excerpt)
{
	btf__free(excerpt->btf);
	free(excerpt->ids);
	*excerpt = (struct btf_excerpt){ 0 };
}
