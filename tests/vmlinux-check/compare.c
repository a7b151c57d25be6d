// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/*
 * compare OURS KERNEL [ALTERNATIVES]: does what we believe about a kernel's
 * types hold for that kernel?
 *
 * OURS is an object file made by ./run, in which each variable mt_use_* has a
 * type to be compared; KERNEL is BTF, raw or in an ELF file.  For each type
 * that does not fit there is a line on stdout, and the exit code is 1.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define USE_PREFIX     "mt_use_"
#define ANONYMOUS_ENUM "mt_anonymous_"
#define VALUE_PREFIX   "mt_value_"

enum verdict { MATCHES, DIFFERS, ABSENT };

/* One of our types, and what the kernel says about it. */
struct subject {
	const char *name;
	char *group; /* owned; of all that have the same group, one must match */
	bool may_be_absent;
	enum verdict verdict;
	char reason[512];
	char notes[512];
};

struct comparison {
	struct btf *ours, *kernel;
	struct subject *subjects; /* owned */
	size_t nr;
	char **alternatives; /* owned lines, NULL at the end */
};

static __attribute__((format(printf, 2, 3))) void append(char (*text)[512], const char *fmt, ...)
{
	size_t len = strlen(*text);
	va_list args;

	if (len && len + 2 < sizeof(*text)) {
		strcat(*text, "; ");
		len += 2;
	}
	va_start(args, fmt);
	vsnprintf(*text + len, sizeof(*text) - len, fmt, args);
	va_end(args);
}

/* Does a line "a | b | -" have that name among its alternatives? */
static bool has_word(const char *line, const char *name, size_t len)
{
	while (*line) {
		size_t word;

		line += strspn(line, " |\t\n");
		word = strcspn(line, " |\t\n");
		if (word == len && !memcmp(line, name, len))
			return true;
		line += word;
	}
	return false;
}

/* Is there a line "name.part | -": a kernel may have that type without that part? */
static bool may_lack(const struct comparison *c, const struct subject *s, const char *part)
{
	char name[256];

	snprintf(name, sizeof(name), "%s.%s", s->name, part);
	for (char **line = c->alternatives; *line; line++)
		if (has_word(*line, name, strlen(name)) && has_word(*line, "-", 1))
			return true;
	return false;
}

static const char *name_of(const struct btf *btf, const struct btf_type *t)
{
	return btf__name_by_offset(btf, t->name_off);
}

/* Length of a name without its ___flavour. */
static size_t essential_len(const char *name)
{
	const char *end;

	for (end = name + 1; *name && *end; end++)
		if (!strncmp(end, "___", 3) && end[3] && end[3] != '_')
			return end - name;
	return strlen(name);
}

static bool same_essential(const char *ours, const char *kernel)
{
	size_t len = essential_len(ours);

	return strlen(kernel) == len && !memcmp(ours, kernel, len);
}

/* The type behind typedefs, const, volatile and the like. */
static const struct btf_type *plain(const struct btf *btf, __u32 id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t) || btf_is_type_tag(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

static bool is_number(const struct btf_type *t)
{
	return btf_is_int(t) || btf_is_any_enum(t) || btf_is_float(t);
}

static bool is_signed(const struct btf_type *t)
{
	return btf_is_int(t) ? btf_int_encoding(t) & BTF_INT_SIGNED : btf_kflag(t);
}

static const char *kind_of(const struct btf_type *t)
{
	switch (btf_kind(t)) {
	case BTF_KIND_UNKN:
		return "void";
	case BTF_KIND_INT:
		return "an integer";
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return "an enum";
	case BTF_KIND_PTR:
		return "a pointer";
	case BTF_KIND_ARRAY:
		return "an array";
	case BTF_KIND_STRUCT:
		return "a struct";
	case BTF_KIND_UNION:
		return "a union";
	case BTF_KIND_FUNC_PROTO:
		return "a function";
	default:
		return "something else";
	}
}

/* Finds a member by name, also in anonymous members. */
static const struct btf_type *find_member(const struct btf *btf, const struct btf_type *t, const char *name,
					  __u32 *index)
{
	for (__u32 i = 0; i < btf_vlen(t); i++) {
		const struct btf_member *m = &btf_members(t)[i];
		const char *member = btf__name_by_offset(btf, m->name_off);
		const struct btf_type *inner, *found;

		if (*member) {
			if (strcmp(member, name))
				continue;
			*index = i;
			return t;
		}
		inner = plain(btf, m->type);
		if (!btf_is_composite(inner))
			continue;
		found = find_member(btf, inner, name, index);
		if (found)
			return found;
	}
	return NULL;
}

static bool types_fit(struct comparison *c, struct subject *s, const char *path, __u32 our_id, __u32 kernel_id);

static bool member_fits(struct comparison *c, struct subject *s, const char *path, const struct btf_type *ours, __u32 i,
			const struct btf_type *kernel)
{
	const struct btf_member *m = &btf_members(ours)[i], *found;
	const char *name = btf__name_by_offset(c->ours, m->name_off);
	const struct btf_type *holder;
	char inner[256];
	__u32 index;

	snprintf(inner, sizeof(inner), "%s%s%s", path, *path ? "." : "", name);
	holder = find_member(c->kernel, kernel, name, &index);
	if (!holder && may_lack(c, s, inner)) {
		append(&s->notes, "no field %s, which may be", inner);
		return true;
	}
	if (!holder) {
		append(&s->reason, "no field %s", inner);
		return false;
	}
	if (!btf_member_bitfield_size(ours, i) != !btf_member_bitfield_size(holder, index)) {
		append(&s->reason, "%s is a bit field on one side only", inner);
		return false;
	}
	found = &btf_members(holder)[index];
	return types_fit(c, s, inner, m->type, found->type);
}

/* Has the kernel's struct each field of ours, of a type that fits? */
static bool members_fit(struct comparison *c, struct subject *s, const char *path, const struct btf_type *ours,
			const struct btf_type *kernel)
{
	bool fits = true;

	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		const struct btf_member *m = &btf_members(ours)[i];
		const struct btf_type *inner = plain(c->ours, m->type);

		if (!*btf__name_by_offset(c->ours, m->name_off) && btf_is_composite(inner))
			fits &= members_fit(c, s, path, inner, kernel);
		else
			fits &= member_fits(c, s, path, ours, i, kernel);
	}
	return fits;
}

/*
 * libbpf adapts the size of a direct access to an unsigned number, not that of
 * bpf_probe_read_kernel(): so another size is worth a note at least.
 */
static bool numbers_fit(struct subject *s, const char *path, const struct btf_type *ours, const struct btf_type *kernel)
{
	if (ours->size == kernel->size)
		return true;
	if (is_signed(ours) || is_signed(kernel)) {
		append(&s->reason, "%s has %u bytes, not %u", path, kernel->size, ours->size);
		return false;
	}
	append(&s->notes, "%s has %u bytes, not %u: only a direct access adapts", path, kernel->size, ours->size);
	return true;
}

/* Names tell; what is in a struct is compared where it is defined. */
static bool composites_fit(struct comparison *c, struct subject *s, const char *path, const struct btf_type *ours,
			   const struct btf_type *kernel)
{
	const char *our_name = name_of(c->ours, ours), *kernel_name = name_of(c->kernel, kernel);

	if (!*our_name)
		return members_fit(c, s, path, ours, kernel);
	if (same_essential(our_name, kernel_name))
		return true;
	append(&s->reason, "%s is of type %s, not %s", path, *kernel_name ? kernel_name : "(anonymous)", our_name);
	return false;
}

static bool pointers_fit(struct comparison *c, struct subject *s, const char *path, const struct btf_type *ours,
			 const struct btf_type *kernel)
{
	const struct btf_type *to = plain(c->ours, ours->type), *kernel_to = plain(c->kernel, kernel->type);

	if (btf_is_func_proto(to))
		return types_fit(c, s, path, ours->type, kernel->type);
	if (!(btf_is_composite(to) || btf_is_fwd(to)) || !(btf_is_composite(kernel_to) || btf_is_fwd(kernel_to)))
		return true;
	if (!*name_of(c->ours, to))
		return true;
	return composites_fit(c, s, path, to, kernel_to);
}

/* An array of numbers is copied as a whole; of any other, single elements are looked up. */
static bool arrays_fit(struct comparison *c, struct subject *s, const char *path, const struct btf_type *ours,
		       const struct btf_type *kernel)
{
	const struct btf_array *a = btf_array(ours), *b = btf_array(kernel);

	if (is_number(plain(c->ours, a->type)) && b->nelems && a->nelems > b->nelems) {
		append(&s->reason, "%s has %u elements, not %u", path, b->nelems, a->nelems);
		return false;
	}
	return types_fit(c, s, path, a->type, b->type);
}

static bool functions_fit(struct comparison *c, struct subject *s, const struct btf_type *ours,
			  const struct btf_type *kernel)
{
	bool fits = true;

	if (btf_vlen(ours) != btf_vlen(kernel)) {
		append(&s->reason, "%u arguments, not %u", btf_vlen(kernel), btf_vlen(ours));
		return false;
	}
	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		char path[32];

		snprintf(path, sizeof(path), "argument %u", i);
		fits &= types_fit(c, s, path, btf_params(ours)[i].type, btf_params(kernel)[i].type);
	}
	return fits;
}

static bool types_fit(struct comparison *c, struct subject *s, const char *path, __u32 our_id, __u32 kernel_id)
{
	const struct btf_type *ours = plain(c->ours, our_id), *kernel = plain(c->kernel, kernel_id);

	if (is_number(ours) && is_number(kernel))
		return numbers_fit(s, path, ours, kernel);
	if (btf_kind(ours) != btf_kind(kernel)) {
		append(&s->reason, "%s is %s, not %s", path, kind_of(kernel), kind_of(ours));
		return false;
	}
	switch (btf_kind(ours)) {
	case BTF_KIND_PTR:
		return pointers_fit(c, s, path, ours, kernel);
	case BTF_KIND_ARRAY:
		return arrays_fit(c, s, path, ours, kernel);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return composites_fit(c, s, path, ours, kernel);
	case BTF_KIND_FUNC_PROTO:
		return functions_fit(c, s, ours, kernel);
	default:
		return true;
	}
}

/* Both kinds of enum. */
static const char *enumerator(const struct btf *btf, const struct btf_type *t, __u32 i, __s64 *value)
{
	if (btf_is_enum64(t)) {
		*value = (__s64)btf_enum64_value(&btf_enum64(t)[i]);
		return btf__name_by_offset(btf, btf_enum64(t)[i].name_off);
	}
	*value = btf_enum(t)[i].val;
	return btf__name_by_offset(btf, btf_enum(t)[i].name_off);
}

static bool find_enumerator(const struct btf *btf, const struct btf_type *t, const char *name, __s64 *value)
{
	for (__u32 i = 0; i < btf_vlen(t); i++)
		if (!strcmp(enumerator(btf, t, i, value), name))
			return true;
	return false;
}

/* The kernel numbers a named enum as it likes: a program asks for the value at load. */
static bool enums_fit(struct comparison *c, struct subject *s, const struct btf_type *ours,
		      const struct btf_type *kernel)
{
	bool fits = true;

	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		__s64 value, found;
		const char *name = enumerator(c->ours, ours, i, &value);

		if (!find_enumerator(c->kernel, kernel, name, &found)) {
			if (may_lack(c, s, name)) {
				append(&s->notes, "no value %s, which may be", name);
				continue;
			}
			append(&s->reason, "no value %s", name);
			fits = false;
		} else if (value != found) {
			append(&s->notes, "%s is %lld, not %lld: only bpf_core_enum_value() may use it", name,
			       (long long)found, (long long)value);
		}
	}
	return fits;
}

/* Nothing relocates the values of an anonymous enum, so those which the kernel has must be the same. */
static void compare_anonymous_enum(struct comparison *c, struct subject *s, const struct btf_type *ours)
{
	for (__u32 i = 0; i < btf_vlen(ours); i++) {
		__s64 value, found;
		const char *name = enumerator(c->ours, ours, i, &value) + strlen(VALUE_PREFIX);
		bool seen = false;

		for (__u32 id = 1; !seen && id < btf__type_cnt(c->kernel); id++) {
			const struct btf_type *t = btf__type_by_id(c->kernel, id);

			seen = btf_is_any_enum(t) && find_enumerator(c->kernel, t, name, &found);
		}
		if (seen && value != found) {
			append(&s->reason, "%s is %lld, not %lld", name, (long long)found, (long long)value);
			s->verdict = DIFFERS;
		}
		if (!seen)
			append(&s->notes, "%s is in no enum of this kernel", name);
	}
}

static bool fits(struct comparison *c, struct subject *s, __u32 our_id, __u32 kernel_id)
{
	const struct btf_type *ours = btf__type_by_id(c->ours, our_id);
	const struct btf_type *kernel = btf__type_by_id(c->kernel, kernel_id);

	if (btf_is_typedef(ours))
		return types_fit(c, s, "it", ours->type, kernel->type);
	if (btf_is_any_enum(ours))
		return enums_fit(c, s, ours, kernel);
	return members_fit(c, s, "", ours, kernel);
}

static bool same_kind(const struct btf_type *ours, const struct btf_type *kernel)
{
	if (btf_is_any_enum(ours))
		return btf_is_any_enum(kernel);
	return btf_kind(ours) == btf_kind(kernel);
}

/* A kernel can have several types of one name: one that fits is enough. */
static void compare(struct comparison *c, struct subject *s, __u32 id)
{
	const struct btf_type *ours = btf__type_by_id(c->ours, id);

	s->name = name_of(c->ours, ours);
	if (!strncmp(s->name, ANONYMOUS_ENUM, strlen(ANONYMOUS_ENUM))) {
		compare_anonymous_enum(c, s, ours);
		return;
	}
	s->verdict = ABSENT;
	for (__u32 k = 1; s->verdict != MATCHES && k < btf__type_cnt(c->kernel); k++) {
		const struct btf_type *kernel = btf__type_by_id(c->kernel, k);

		if (!same_kind(ours, kernel) || !same_essential(s->name, name_of(c->kernel, kernel)))
			continue;
		s->reason[0] = s->notes[0] = '\0';
		s->verdict = fits(c, s, id, k) ? MATCHES : DIFFERS;
	}
	if (s->verdict == ABSENT)
		append(&s->reason, "no such type");
}

static int find_group(struct comparison *c, struct subject *s)
{
	size_t len = essential_len(s->name);

	for (char **line = c->alternatives; *line; line++)
		if (has_word(*line, s->name, len)) {
			s->may_be_absent = has_word(*line, "-", 1);
			s->group = strdup(*line);
			return s->group ? 0 : -ENOMEM;
		}
	s->group = strndup(s->name, len);
	return s->group ? 0 : -ENOMEM;
}

static int read_alternatives(struct comparison *c, const char *path)
{
	FILE *file = path ? fopen(path, "r") : NULL;
	char *line = NULL;
	size_t size = 0, nr = 0;
	int err = 0;

	if (path && !file)
		return -errno;
	c->alternatives = calloc(1, sizeof(*c->alternatives));
	while (c->alternatives && file && getline(&line, &size, file) > 0) {
		char **more;

		if (*line == '#' || *line == '\n')
			continue;
		more = realloc(c->alternatives, (nr + 2) * sizeof(*more));
		if (!more) {
			err = -ENOMEM;
			break;
		}
		c->alternatives = more;
		line[strcspn(line, "\n")] = '\0';
		more[nr++] = strdup(line);
		more[nr] = NULL;
	}
	if (!c->alternatives)
		err = -ENOMEM;
	free(line);
	if (file)
		fclose(file);
	return err;
}

static int compare_all(struct comparison *c)
{
	c->subjects = calloc(btf__type_cnt(c->ours), sizeof(*c->subjects));
	if (!c->subjects)
		return -ENOMEM;
	for (__u32 id = 1; id < btf__type_cnt(c->ours); id++) {
		const struct btf_type *t = btf__type_by_id(c->ours, id);
		struct subject *s = &c->subjects[c->nr];
		int err;

		if (!btf_is_var(t) || strncmp(name_of(c->ours, t), USE_PREFIX, strlen(USE_PREFIX)))
			continue;
		compare(c, s, t->type);
		err = find_group(c, s);
		if (err)
			return err;
		c->nr++;
	}
	return 0;
}

/* What one group, of which subject first is the first, comes to. */
static bool judge(const struct comparison *c, size_t first)
{
	const struct subject *head = &c->subjects[first];
	bool matches = false, absent = true;

	for (size_t i = first; i < c->nr; i++) {
		const struct subject *s = &c->subjects[i];

		if (strcmp(s->group, head->group))
			continue;
		matches |= s->verdict == MATCHES;
		absent &= s->verdict == ABSENT;
	}
	return matches || (absent && head->may_be_absent);
}

static bool seen_before(const struct comparison *c, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (!strcmp(c->subjects[i].group, c->subjects[j].group))
			return true;
	return false;
}

static void report_subject(const struct subject *s, bool ok)
{
	const char *name = s->name;

	if (!strncmp(name, ANONYMOUS_ENUM, strlen(ANONYMOUS_ENUM)))
		name = "(anonymous enum)";
	if (s->verdict != MATCHES)
		printf("%s %s: %s\n", ok ? "not used:" : "MISMATCH:", name, s->reason);
	else if (essential_len(s->name) != strlen(s->name) || strchr(s->group, '|'))
		printf("used:     %s\n", name);
	if (*s->notes)
		printf("note:     %s: %s\n", name, s->notes);
}

static int report(const struct comparison *c, const char *kernel)
{
	size_t groups = 0, failed = 0;

	for (size_t i = 0; i < c->nr; i++) {
		bool ok;

		if (seen_before(c, i))
			continue;
		ok = judge(c, i);
		groups++;
		failed += !ok;
		for (size_t j = i; j < c->nr; j++)
			if (!strcmp(c->subjects[j].group, c->subjects[i].group))
				report_subject(&c->subjects[j], ok);
	}
	printf("%zu types compared with %s: %zu fit, %zu do not\n", groups, kernel, groups - failed, failed);
	return failed ? 1 : 0;
}

static struct btf *parse(const char *path)
{
	struct btf *btf = btf__parse(path, NULL);
	char why[128];

	if (!btf) {
		libbpf_strerror(errno, why, sizeof(why));
		fprintf(stderr, "%s: no BTF: %s\n", path, why);
	}
	return btf;
}

int main(int argc, char **argv)
{
	struct comparison c = { 0 };
	int err = 0;

	if (argc < 3 || argc > 4) {
		fprintf(stderr, "usage: %s OURS KERNEL [ALTERNATIVES]\n", argv[0]);
		return 2;
	}
	c.ours = parse(argv[1]);
	c.kernel = parse(argv[2]);
	if (!c.ours || !c.kernel) {
		err = 2;
		goto out;
	}
	err = read_alternatives(&c, argv[3]);
	if (!err)
		err = compare_all(&c);
	if (err) {
		fprintf(stderr, "%s: %s\n", argv[0], strerror(-err));
		err = 2;
		goto out;
	}
	if (!c.nr) {
		fprintf(stderr, "%s: no type to compare\n", argv[1]);
		err = 2;
		goto out;
	}
	err = report(&c, argv[2]);
out:
	for (size_t i = 0; i < c.nr; i++)
		free(c.subjects[i].group);
	free(c.subjects);
	for (char **line = c.alternatives; line && *line; line++)
		free(*line);
	free(c.alternatives);
	btf__free(c.kernel);
	btf__free(c.ours);
	return err;
}
