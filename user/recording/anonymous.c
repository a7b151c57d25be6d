// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "anonymous.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"
#include "layout.h"

#define NAMES_MAX_BYTES (64U << 20) /* of texts; those that come later have one name for all */
#define NAME_MAX_LEN	24

/* A text, and the number of its name; 0: it stays. */
struct anonymous_name {
	UT_hash_handle hh;
	uint32_t number;
	char text[];
};

/* The mappings of a process, with other names. */
struct anonymous_maps {
	UT_hash_handle hh;
	struct {
		uint64_t pid, start_ns;
	} key;
	uint64_t serial; /* of those that it was made of */
	struct proc_maps *maps;
};

struct anonymous {
	struct layouts layouts;
	struct anonymous_name *names;
	struct anonymous_maps *maps;
	size_t bytes;
	uint32_t nr;
	struct stack_lookup stacks;
	struct mt_who who;
	char path[ANONYMOUS_PATH_MAX], made[NAME_MAX_LEN];
	struct map_name_record part;	/* of the name that is being put together */
	char map_name[MAP_NAME_LENGTH]; /* so far */
	size_t map_name_len;
	uint64_t record[(sizeof(struct checkpoint_record) + sizeof(struct mt_task)) / sizeof(uint64_t) + 1024];
};

/* Endings that say what something is, and not what it is called. */
static const char *const endings[] = { ".service", ".slice", ".scope", ".mount", ".socket", ".swap", ".so" };
/* Names that the kernel gives to mappings. */
static const char *const kernel_mappings[] = { "[heap]", "[stack]", "[vdso]", "[vvar]", "[vsyscall]", "[uprobes]" };
/* Texts of the kernel in events and keys. */
static const char *const kernel_texts[] = { "function", "device" };

#define NR(array) (sizeof(array) / sizeof(*(array)))

struct anonymous *anonymous__new(void)
{
	struct anonymous *anonymous = calloc(1, sizeof(*anonymous));

	if (anonymous && layouts__own(&anonymous->layouts)) {
		anonymous__free(anonymous);
		return NULL;
	}
	return anonymous;
}

void anonymous__free(struct anonymous *anonymous)
{
	struct anonymous_name *name, *next_name;
	struct anonymous_maps *maps, *next_maps;

	if (!anonymous)
		return;
	for (name = anonymous->names; name; name = next_name) {
		next_name = name->hh.next;
		HASH_DEL(anonymous->names, name);
		free(name);
	}
	for (maps = anonymous->maps; maps; maps = next_maps) {
		next_maps = maps->hh.next;
		HASH_DEL(anonymous->maps, maps);
		proc_maps__free(maps->maps);
		free(maps);
	}
	layouts__free(&anonymous->layouts);
	free(anonymous);
}

/* The entry of a text, which is made if there is none; NULL: no room. */
static struct anonymous_name *entry_of(struct anonymous *anonymous, const char *text, size_t len)
{
	struct anonymous_name *name;

	HASH_FIND(hh, anonymous->names, text, len, name);
	if (name || anonymous->bytes + len > NAMES_MAX_BYTES)
		return name;
	name = calloc(1, sizeof(*name) + len);
	if (!name)
		return NULL;
	memcpy(name->text, text, len);
	HASH_ADD(hh, anonymous->names, text[0], len, name);
	if (!name->hh.tbl) {
		free(name);
		return NULL;
	}
	anonymous->bytes += sizeof(*name) + len;
	name->number = ++anonymous->nr;
	return name;
}

/* Appends to a text of size bytes, which ends with a 0; cut if it does not fit. */
static void append(char *to, size_t size, const char *text, size_t len)
{
	size_t at = strlen(to);

	if (len > size - 1 - at)
		len = size - 1 - at;
	memcpy(to + at, text, len);
	to[at + len] = '\0';
}

static void append_name(struct anonymous *anonymous, char *to, size_t size, const char *text, size_t len)
{
	const struct anonymous_name *name = entry_of(anonymous, text, len);
	char spelled[NAME_MAX_LEN];

	if (name && !name->number) {
		append(to, size, text, len);
		return;
	}
	snprintf(spelled, sizeof(spelled), name ? "name%u" : "name", name ? name->number : 0);
	append(to, size, spelled, strlen(spelled));
}

static const char *ending_of(const char *text, size_t len, size_t *stem)
{
	size_t i;

	for (i = 0; i < NR(endings); i++) {
		size_t its = strlen(endings[i]);

		*stem = len - its;
		if (len > its && !memcmp(text + len - its, endings[i], its))
			return endings[i];
	}
	*stem = len;
	return "";
}

/* A part of a path: "nginx.service", "libc.so.6". */
static void append_part(struct anonymous *anonymous, char *to, size_t size, const char *text, size_t len)
{
	const char *so = memmem(text, len, ".so.", 4), *ending;
	size_t stem;

	ending = so ? ".so" : ending_of(text, len, &stem);
	append_name(anonymous, to, size, text, so ? len : stem);
	append(to, size, ending, strlen(ending));
}

static void append_path(struct anonymous *anonymous, char *to, size_t size, const char *text, size_t len)
{
	const char *end = text + len, *slash;

	while (text < end) {
		slash = memchr(text, '/', (size_t)(end - text));
		if (slash == text) {
			append(to, size, "/", 1);
			text++;
			continue;
		}
		slash = slash ? slash : end;
		append_part(anonymous, to, size, text, (size_t)(slash - text));
		text = slash;
	}
}

const char *anonymous__path(struct anonymous *anonymous, const char *path)
{
	anonymous->path[0] = '\0';
	append_path(anonymous, anonymous->path, sizeof(anonymous->path), path, strlen(path));
	return anonymous->path;
}

/* A command line: words between blanks, each of which may be a path. */
static void replace_title(struct anonymous *anonymous, char *title, size_t size)
{
	char *from = strndup(title, size), *at = from, *end;

	memset(title, 0, size);
	if (!from)
		return;
	while (*at) {
		end = strchrnul(at, ' ');
		if (end > at)
			append_path(anonymous, title, size, at, (size_t)(end - at));
		if (*end)
			append(title, size, " ", 1);
		at = *end ? end + 1 : end;
	}
	free(from);
}

/* In a field of a fixed size, which need not end with a 0. */
static void replace_name(struct anonymous *anonymous, char *text, size_t size)
{
	char to[MT_COMM_LEN + 1] = "";

	if (!text[0])
		return;
	append_name(anonymous, to, sizeof(to) < size ? sizeof(to) : size, text, strnlen(text, size));
	memset(text, 0, size);
	memcpy(text, to, strlen(to));
}

static void replace_path(struct anonymous *anonymous, char *text, size_t size)
{
	char *from = strndup(text, size);

	memset(text, 0, size);
	if (from)
		append_path(anonymous, text, size, from, strlen(from));
	free(from);
}

/* The names of the kernel's threads are known from the first record of each on. */
static void replace_who(struct anonymous *anonymous, struct mt_who *who)
{
	struct anonymous_name *name;

	if (who->flags & MT_WHO_KTHREAD) {
		name = entry_of(anonymous, who->comm, strnlen(who->comm, MT_COMM_LEN));
		if (name)
			name->number = 0;
		return;
	}
	replace_name(anonymous, who->comm, sizeof(who->comm));
	replace_name(anonymous, who->tcomm, sizeof(who->tcomm));
}

const struct mt_who *anonymous__who(struct anonymous *anonymous, const struct mt_who *who)
{
	anonymous->who = *who;
	replace_who(anonymous, &anonymous->who);
	return &anonymous->who;
}

static bool is_of_kernel(const char *member)
{
	size_t i;

	for (i = 0; i < NR(kernel_texts); i++)
		if (!strcmp(member, kernel_texts[i]))
			return true;
	return false;
}

/* Texts that may have a name of a task alone are as long as such. */
static void replace_text(struct anonymous *anonymous, const char *member, char *text, size_t size)
{
	if (is_of_kernel(member))
		return;
	if (size == MT_COMM_LEN)
		replace_name(anonymous, text, size);
	else
		replace_path(anonymous, text, size);
}

static void replace_event(struct anonymous *anonymous, char *record, const struct event_row *row)
{
	size_t i;

	for (i = 0; i < row->nr_fields; i++)
		if (row->fields[i].type == FIELD_TEXT)
			replace_text(anonymous, row->fields[i].member, record + row->fields[i].offset,
				     row->fields[i].size);
}

static void replace_keyed(struct anonymous *anonymous, char *record, const struct keyed_row *row)
{
	size_t i;

	for (i = 0; i < row->nr_keys; i++)
		if (row->keys[i].type == FIELD_TEXT)
			replace_text(anonymous, row->keys[i].member, record + row->keys[i].offset, row->keys[i].size);
}

/* Tasks in it that are no references. */
static void replace_tasks(struct anonymous *anonymous, char *record, uint16_t id)
{
	const struct layout *layout = layouts__find(&anonymous->layouts, id);
	size_t i;

	for (i = 0; layout && i < layout->nr_fields; i++)
		if (layout->fields[i].code == CODE_WHO)
			replace_who(anonymous, (struct mt_who *)(record + layout->fields[i].offset));
}

static bool is_kernel_mapping(const char *name)
{
	size_t i;

	for (i = 0; i < NR(kernel_mappings); i++)
		if (!strcmp(name, kernel_mappings[i]))
			return true;
	return false;
}

/* "[anon:NAME]", "/usr/lib/libc.so.6 (deleted)". */
static void replace_mapping(struct anonymous *anonymous, const char *name, char *to, size_t size)
{
	static const char deleted[] = " (deleted)";
	size_t len = strlen(name), its = strlen(deleted);
	const char *colon = name[0] == '[' ? strchr(name, ':') : NULL;
	bool is_deleted = len > its && !strcmp(name + len - its, deleted);

	to[0] = '\0';
	if (is_kernel_mapping(name) || !name[0]) {
		append(to, size, name, len);
	} else if (colon && name[len - 1] == ']') {
		append(to, size, "[anon:", strlen("[anon:"));
		append_name(anonymous, to, size - 1, colon + 1, (size_t)(name + len - 1 - colon - 1));
		append(to, size, "]", 1);
	} else {
		append_path(anonymous, to, size - its, name, is_deleted ? len - its : len);
		append(to, size, deleted, is_deleted ? its : 0);
	}
}

static int emit_mapping(struct anonymous *anonymous, int (*emit)(void *ctx, const void *record), void *ctx)
{
	struct map_name_record record = anonymous->part;
	char name[MAP_NAME_LENGTH] = "";
	size_t len;
	int err = 0;

	replace_who(anonymous, &record.who);
	replace_mapping(anonymous, anonymous->map_name, name, sizeof(name));
	len = strlen(name);
	for (record.at = 0; !err && record.at <= len; record.at += MAP_NAME_PART) {
		memset(record.text, 0, sizeof(record.text));
		memcpy(record.text, name + record.at,
		       len - record.at < MAP_NAME_PART ? len - record.at : MAP_NAME_PART);
		err = emit(ctx, &record);
	}
	return err;
}

/* Parts of a name come one behind the other; one that does not follow is left out with its name. */
static int take_mapping(struct anonymous *anonymous, const struct map_name_record *record,
			int (*emit)(void *ctx, const void *record), void *ctx)
{
	size_t len = strnlen(record->text, MAP_NAME_PART);

	if (!record->at)
		anonymous->map_name_len = 0;
	if (record->at != anonymous->map_name_len || record->at + len >= sizeof(anonymous->map_name))
		return 0;
	memcpy(anonymous->map_name + record->at, record->text, len);
	anonymous->map_name_len += len;
	if (len == MAP_NAME_PART)
		return 0;
	anonymous->map_name[anonymous->map_name_len] = '\0';
	anonymous->part = *record;
	return emit_mapping(anonymous, emit, ctx);
}

int anonymous__take(struct anonymous *anonymous, const void *record, int (*emit)(void *ctx, const void *record),
		    void *ctx)
{
	const struct mt_hdr *hdr = record;
	const struct keyed_row *keyed = keyed_row__of_record(hdr->id);
	char *copy = (char *)anonymous->record;

	if (hdr->id == REC_MAP_NAME)
		return take_mapping(anonymous, record, emit, ctx);
	if (hdr->size > sizeof(anonymous->record))
		return 0;
	memcpy(copy, record, hdr->size);
	replace_tasks(anonymous, copy, hdr->id);
	if (keyed)
		replace_keyed(anonymous, copy, keyed);
	else if (hdr->id < MT_NR_RECS && event_rows[hdr->id].size)
		replace_event(anonymous, copy, &event_rows[hdr->id]);
	if (hdr->id == REC_TITLE)
		replace_title(anonymous, ((struct title_record *)copy)->title, TITLE_LEN);
	return emit(ctx, copy);
}

void anonymous__head(struct recording_head *head)
{
	snprintf(head->facts.subject, sizeof(head->facts.subject), "a run whose names were replaced");
	snprintf(head->command_line, sizeof(head->command_line), "memtrace record");
	snprintf(head->host.name, sizeof(head->host.name), "host");
}

static struct proc_maps *replaced(struct anonymous *anonymous, const struct proc_maps *maps)
{
	struct proc_maps *to = proc_maps__new(0);
	size_t i;

	for (i = 0; to && i < proc_maps__count(maps); i++) {
		struct mapping mapping = *proc_maps__at(maps, i);

		replace_mapping(anonymous, mapping.path, anonymous->path, sizeof(anonymous->path));
		mapping.path = anonymous->path;
		mapping.build_id = (struct build_id){ 0 };
		if (proc_maps__add(to, &mapping) == -ENOMEM) {
			proc_maps__free(to);
			return NULL;
		}
	}
	return to;
}

/* Those that are known are made again when they have changed alone. */
static const struct proc_maps *maps_of(void *ctx, const struct mt_who *who, uint64_t ip, uint64_t time_ns)
{
	struct anonymous *anonymous = ctx;
	const struct proc_maps *maps = anonymous->stacks.maps(anonymous->stacks.ctx, who, ip, time_ns);
	struct anonymous_maps *entry, search = { .key = { who->pid, who->start_ns } };

	if (!maps)
		return NULL;
	HASH_FIND(hh, anonymous->maps, &search.key, sizeof(search.key), entry);
	if (!entry) {
		entry = calloc(1, sizeof(*entry));
		if (!entry)
			return NULL;
		entry->key = search.key;
		HASH_ADD(hh, anonymous->maps, key, sizeof(entry->key), entry);
		if (!entry->hh.tbl) {
			free(entry);
			return NULL;
		}
	}
	if (!entry->maps || entry->serial != proc_maps__serial(maps)) {
		proc_maps__free(entry->maps);
		entry->maps = replaced(anonymous, maps);
		entry->serial = proc_maps__serial(maps);
	}
	return entry->maps;
}

static bool made_symbol(void *ctx, const struct mt_who *who, int32_t id, size_t at, uint64_t time_ns,
			struct symbol *symbol)
{
	struct anonymous *anonymous = ctx;

	if (!anonymous->stacks.made_symbol(anonymous->stacks.ctx, who, id, at, time_ns, symbol))
		return false;
	anonymous->made[0] = '\0';
	append_name(anonymous, anonymous->made, sizeof(anonymous->made), symbol->name, strlen(symbol->name));
	symbol->name = anonymous->made;
	symbol->module = "";
	return true;
}

static const uint64_t *addresses(void *ctx, int32_t id, size_t *nr)
{
	struct anonymous *anonymous = ctx;

	return anonymous->stacks.addresses(anonymous->stacks.ctx, id, nr);
}

static bool kernel_symbol(void *ctx, uint64_t address, struct symbol *symbol)
{
	struct anonymous *anonymous = ctx;

	return anonymous->stacks.kernel_symbol(anonymous->stacks.ctx, address, symbol);
}

struct stack_lookup anonymous__stacks(struct anonymous *anonymous, struct stack_lookup stacks)
{
	anonymous->stacks = stacks;
	return (struct stack_lookup){
		.addresses = stacks.addresses ? addresses : NULL,
		.maps = stacks.maps ? maps_of : NULL,
		.kernel_symbol = stacks.kernel_symbol ? kernel_symbol : NULL,
		.made_symbol = stacks.made_symbol ? made_symbol : NULL,
		.ctx = anonymous,
	};
}
