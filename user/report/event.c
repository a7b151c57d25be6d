/* SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "event.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* A path below a prefix, which may be "": then the dot is skipped, too. */
#define BELOW(prefix, part) (&(prefix "." part)[sizeof(prefix) == 1])

#define PLAIN(path_) { .title = path_, .path = path_ },
#define LEFT(path_)  { .title = path_, .path = path_, .left = true },

/* Columns of a field without its unit, by its type; fill_field() writes as many cells. */
#define WHO_COLUMNS 7
#define COLUMNS_WHO(path)                                                                                              \
	PLAIN(BELOW(path, "pid"))                                                                                      \
	PLAIN(BELOW(path, "tid"))                                                                                      \
	PLAIN(BELOW(path, "start_time_ns"))                                                                            \
	LEFT(BELOW(path, "comm"))                                                                                      \
	LEFT(BELOW(path, "thread_comm"))                                                                               \
	LEFT(BELOW(path, "cgroup"))                                                                                    \
	PLAIN(BELOW(path, "uid"))
#define COLUMNS_REF(path)     COLUMNS_WHO(path)
#define COLUMNS_UINT(path)    PLAIN(path)
#define COLUMNS_INT(path)     PLAIN(path)
#define COLUMNS_BOOL(path)    PLAIN(path)
#define COLUMNS_ADDRESS(path) PLAIN(path)
#define COLUMNS_GFP(path)     LEFT(path)
#define COLUMNS_CODE(path)    LEFT(path)
#define COLUMNS_FLAGS(path)   LEFT(path)
#define COLUMNS_CGROUP(path)  LEFT(path)
#define COLUMNS_TEXT(path)    LEFT(path)
/* They come last, as they may be left out. */
#define COLUMNS_KERNEL_STACK(path)
#define COLUMNS_USER_STACK(path)

/* Each event closes the array before it and opens its own. */
static const struct column columns_before_any[] __attribute__((unused)) = {
#define MT_EVENT(probe, id, ...)                                                                                       \
	}                                                                                                              \
	;                                                                                                              \
	static const struct column columns_##id[] = {                                                                  \
		{ .title = "time", .path = "time_ns", .unit = UNIT_TIME, .key = true },
#define MT_FIELD(event, member, type, path, ...) COLUMNS_##type(path)
#include "../../bpf/probes.def"
};

static const struct {
	const struct column *columns;
	size_t nr;
} events[MT_NR_RECS] = {
#define MT_EVENT(probe, id, ...) [MT_REC_##id] = { columns_##id, ARRAY_SIZE(columns_##id) },
#include "../../bpf/probes.def"
};

#define MT_EVENT(probe, id, ...) _Static_assert(ARRAY_SIZE(columns_##id) <= EVENT_MAX_COLUMNS, #id);
#include "../../bpf/probes.def"

static bool is_stack(const struct field_row *field)
{
	return field->type == FIELD_KERNEL_STACK || field->type == FIELD_USER_STACK;
}

static size_t nr_columns(const struct field_row *field)
{
	if (schema__is_task(field->type))
		return WHO_COLUMNS;
	return is_stack(field) ? 0 : 1;
}

/* Columns of the fields have their units, but for those of a task, which have none; the first column is the time. */
static void set_units(const struct event_row *row, struct column *columns, size_t nr)
{
	size_t at = 1;

	for (size_t i = 0; i < row->nr_fields; i++) {
		const struct field_row *field = &row->fields[i];

		if (nr_columns(field) == 1 && at < nr)
			columns[at].unit = field->unit;
		at += nr_columns(field);
	}
}

size_t event__columns(const struct event_row *row, bool stacks, struct column *columns, size_t max)
{
	size_t nr = events[row->id].nr, copied = nr < max ? nr : max;

	if (copied)
		memcpy(columns, events[row->id].columns, copied * sizeof(*columns));
	set_units(row, columns, copied);
	for (size_t i = 0; stacks && i < row->nr_fields; i++) {
		const struct field_row *field = &row->fields[i];

		if (!is_stack(field))
			continue;
		if (nr < max)
			columns[nr] = (struct column){ .title = field->path, .path = field->path, .left = true };
		nr++;
	}
	return nr;
}

/* Copies of the strings of one record: names of two tasks, their cgroups' paths, flags, and two call chains. */
static _Thread_local struct {
	char data[65536];
	size_t used;
} strings;

/* Text that does not fit is cut. */
static struct cell copy_string(const char *text, size_t max)
{
	size_t room = sizeof(strings.data) - strings.used;
	char *copy = strings.data + strings.used;
	size_t len = strnlen(text, max);

	if (room == 0)
		return cell_none();
	if (len > room - 1)
		len = room - 1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	strings.used += len + 1;
	return cell_string(copy);
}

static struct cell name_or_none(const char *name)
{
	return name ? copy_string(name, SIZE_MAX) : cell_none();
}

static struct cell cgroup_cell(uint64_t id, const struct event_names *names)
{
	return id && names->cgroup ? name_or_none(names->cgroup(names->ctx, id)) : cell_none();
}

static size_t fill_who(struct cell *cells, const struct mt_who *who, const struct event_names *names)
{
	struct cell *cell = cells;

	if (!who || (who->pid == 0 && who->tid == 0)) {
		for (size_t i = 0; i < WHO_COLUMNS; i++)
			*cell++ = cell_none();
		return WHO_COLUMNS;
	}
	*cell++ = cell_uint(who->pid);
	*cell++ = cell_uint(who->tid);
	*cell++ = cell_uint(who->start_ns);
	*cell++ = copy_string(who->comm, sizeof(who->comm));
	*cell++ = copy_string(who->tcomm, sizeof(who->tcomm));
	*cell++ = cgroup_cell(who->cgroup_id, names);
	*cell++ = who->uid == UINT32_MAX ? cell_none() : cell_uint(who->uid);
	return (size_t)(cell - cells);
}

static const struct mt_who *who_of(const struct mt_ref *ref, const struct event_names *names)
{
	return names->who ? names->who(names->ctx, ref->id) : NULL;
}

static uint64_t read_uint(const void *at, size_t size)
{
	uint64_t u64;
	uint32_t u32;
	uint16_t u16;

	switch (size) {
	case sizeof(u64):
		memcpy(&u64, at, sizeof(u64));
		return u64;
	case sizeof(u32):
		memcpy(&u32, at, sizeof(u32));
		return u32;
	case sizeof(u16):
		memcpy(&u16, at, sizeof(u16));
		return u16;
	default:
		return *(const uint8_t *)at;
	}
}

static int64_t read_int(const void *at, size_t size)
{
	unsigned int shift = 64 - 8 * (unsigned int)size;

	return (int64_t)(read_uint(at, size) << shift) >> shift;
}

static struct cell uint_cell(const void *at, size_t size)
{
	uint64_t value = read_uint(at, size);

	return value == UINT64_MAX >> (64 - 8 * size) ? cell_none() : cell_uint(value);
}

static struct cell int_cell(const void *at, size_t size)
{
	int64_t value = read_int(at, size);

	return value == MT_UNKNOWN_S32 ? cell_none() : cell_int(value);
}

static struct cell gfp_cell(const void *at, size_t size, const struct event_names *names)
{
	uint64_t flags = read_uint(at, size);
	const char *name;

	if (flags == MT_UNKNOWN_U64)
		return cell_none();
	name = names->gfp ? names->gfp(names->ctx, flags) : NULL;
	return name ? copy_string(name, SIZE_MAX) : cell_address(flags);
}

/* MT_UNKNOWN_S32 is outside the names, as is a code that only a later kernel knows. */
static struct cell code_cell(const void *at, size_t size, const char *const *names)
{
	int64_t value = read_int(at, size);

	for (int64_t i = 0; names && names[i]; i++) {
		if (i == value)
			return cell_string(names[i]);
	}
	return cell_none();
}

/* "present|write"; unknown if all bits are set. */
static struct cell flags_cell(const void *at, size_t size, const char *const *names)
{
	uint64_t flags = read_uint(at, size);
	char text[128] = "";
	size_t len = 0;

	if (flags == UINT64_MAX >> (64 - 8 * size))
		return cell_none();
	for (size_t bit = 0; names[2 * bit] && names[2 * bit + 1]; bit++) {
		const char *name = names[2 * bit + (flags >> bit & 1)];

		if (*name && len < sizeof(text))
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%s", len ? "|" : "", name);
	}
	return copy_string(text, SIZE_MAX);
}

static struct cell stack_cell(const struct field_row *field, const void *record, const struct event_row *row,
			      const struct event_names *names)
{
	int64_t id = read_int((const char *)record + field->offset, field->size);
	const struct mt_who *who = NULL;
	const char *text;

	if (id < 0)
		return cell_none();
	for (size_t i = 0; !who && i < row->nr_fields; i++)
		if (row->fields[i].type == FIELD_REF)
			who = who_of((const void *)((const char *)record + row->fields[i].offset), names);
	text = names->stack(names->ctx, field->type == FIELD_KERNEL_STACK, (int32_t)id, who);
	return text ? copy_string(text, SIZE_MAX) : cell_none();
}

static size_t fill_field(struct cell *cells, const struct field_row *field, const void *at,
			 const struct event_names *names)
{
	switch (field->type) {
	case FIELD_WHO:
		return fill_who(cells, at, names);
	case FIELD_REF:
		return fill_who(cells, who_of(at, names), names);
	case FIELD_UINT:
		*cells = uint_cell(at, field->size);
		break;
	case FIELD_INT:
		*cells = int_cell(at, field->size);
		break;
	case FIELD_BOOL:
		*cells = cell_bool(read_uint(at, field->size) != 0);
		break;
	case FIELD_GFP:
		*cells = gfp_cell(at, field->size, names);
		break;
	case FIELD_ADDRESS:
		*cells = cell_address(read_uint(at, field->size));
		break;
	case FIELD_CODE:
		*cells = code_cell(at, field->size, field->names);
		break;
	case FIELD_FLAGS:
		*cells = flags_cell(at, field->size, field->names);
		break;
	case FIELD_CGROUP:
		*cells = cgroup_cell(read_uint(at, field->size), names);
		break;
	case FIELD_TEXT:
		*cells = *(const char *)at ? copy_string(at, field->size) : cell_none();
		break;
	case FIELD_KERNEL_STACK:
	case FIELD_USER_STACK:
		return 0;
	}
	return 1;
}

size_t event__cells(const struct event_row *row, const void *record, const struct event_names *names,
		    struct cell *cells)
{
	const struct mt_hdr *hdr = record;
	size_t nr = 0;

	strings.used = 0;
	cells[nr++] = cell_uint(hdr->time_ns);
	for (size_t i = 0; i < row->nr_fields; i++) {
		const struct field_row *field = &row->fields[i];

		nr += fill_field(cells + nr, field, (const char *)record + field->offset, names);
	}
	for (size_t i = 0; names->stack && i < row->nr_fields; i++)
		if (is_stack(&row->fields[i]))
			cells[nr++] = stack_cell(&row->fields[i], record, row, names);
	return nr;
}
