// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "head.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* JSON has no byte strings: text that is not UTF-8 is written as Latin-1, and read back as the same bytes. */
static json_t *text_json(const char *text)
{
	json_t *json = json_string(text);
	char utf8[2 * 1024 + 1], *to = utf8;

	if (json)
		return json_pack("{so}", "text", json);
	for (; *text && to < utf8 + sizeof(utf8) - 3; text++) {
		unsigned char byte = *text;

		if (byte < 0x80) {
			*to++ = (char)byte;
		} else {
			*to++ = (char)(0xc0 | byte >> 6);
			*to++ = (char)(0x80 | (byte & 0x3f));
		}
	}
	*to = '\0';
	return json_pack("{ss}", "latin1", utf8);
}

static void read_text(const json_t *json, char *text, size_t size)
{
	const char *utf8 = json_string_value(json_object_get(json, "text"));
	const unsigned char *at;
	size_t len = 0;

	text[0] = '\0';
	if (utf8) {
		snprintf(text, size, "%s", utf8);
		return;
	}
	at = (const unsigned char *)json_string_value(json_object_get(json, "latin1"));
	for (; at && *at && len < size - 1; at++) {
		if (*at < 0x80)
			text[len++] = (char)*at;
		else if (at[1]) {
			text[len++] = (char)(at[0] << 6 | (at[1] & 0x3f));
			at++;
		}
	}
	text[len] = '\0';
}

static json_t *probes_json(uint32_t probes)
{
	json_t *array = json_array();
	int id;

	for (id = 0; array && id < MT_NR_PROBES; id++)
		if (probes & (1U << id))
			json_array_append_new(array, json_string(probe_rows[id].name));
	return array;
}

static uint32_t read_probes(const json_t *array)
{
	uint32_t probes = 0;
	size_t i;

	for (i = 0; i < json_array_size(array); i++) {
		const char *name = json_string_value(json_array_get(array, i));
		int id = name ? schema__probe(name) : -1;

		if (id >= 0)
			probes |= 1U << id;
	}
	return probes;
}

static json_t *run_json(const struct recording_head *head)
{
	const struct run_facts *facts = &head->facts;

	return json_pack("{so sI sI so so sI sb sb sb sb sb sI sI sb so}", "subject", text_json(facts->subject),
			 "start_ns", (json_int_t)head->start.now_ns, "wall_offset_ns",
			 (json_int_t)head->start.wall_offset_ns, "probes", probes_json(facts->probes), "every",
			 probes_json(facts->every), "sample", (json_int_t)facts->sample, "latency", facts->latency,
			 "stacks", facts->stacks, "parents", facts->parents, "command_alone", facts->command_alone,
			 "whole_machine", facts->whole_machine, "page_size", (json_int_t)facts->page_size, "tick_ns",
			 (json_int_t)facts->tick_ns, "window", head->window, "command_line",
			 text_json(head->command_line));
}

#define LACKS_LATENCY "latency" /* among the paths of counters */

static json_t *lacks_json(const struct probe_status *s)
{
	json_t *list = json_array();
	enum mt_slot slot;

	for (slot = 0; list && slot < MT_NR_SLOTS; slot++)
		if (s->lacks[slot])
			json_array_append_new(list, json_string(slot_rows[slot].path));
	if (list && s->lacks_latency)
		json_array_append_new(list, json_string(LACKS_LATENCY));
	return list;
}

static json_t *status_json(const struct recording_head *head)
{
	json_t *list = json_array();
	int id;

	for (id = 0; list && id < MT_NR_PROBES; id++) {
		const struct probe_status *s = &head->probes[id];

		if (s->wanted)
			json_array_append_new(list, json_pack("{ss sb sb sb so si so}", "name", probe_rows[id].name,
							      "attached", s->attached, "hooked", s->hooked, "partial",
							      s->partial, "lacks", lacks_json(s), "error", s->error,
							      "why", text_json(s->why)));
	}
	return list;
}

static json_t *segment_json(const struct recording_head *head)
{
	return json_pack("{ss ss sI sb sb}", "run", head->segment.run, "boot", head->segment.boot, "number",
			 (json_int_t)head->segment.number, "after_pause", head->segment.after_pause, "packed",
			 head->segment.packed);
}

static json_t *head_json(const struct recording_head *head, const struct layouts *layouts)
{
	return json_pack("{ss so s{so so so so sI sI} so so}", "memtrace", head->version, "run", run_json(head), "host",
			 "name", text_json(head->host.name), "kernel", text_json(head->host.kernel), "kernel_version",
			 text_json(head->host.kernel_version), "machine", text_json(head->host.machine), "cpus",
			 (json_int_t)head->host.cpus, "memory_bytes", (json_int_t)head->host.memory_bytes, "probes",
			 status_json(head), "records", layouts__to_json(layouts));
}

json_t *recording_head__to_json(const struct recording_head *head, const struct layouts *layouts)
{
	json_t *json = head_json(head, layouts);

	if (json && head->segment.run[0] && json_object_set_new(json, "segment", segment_json(head))) {
		json_decref(json);
		json = NULL;
	}
	return json;
}

static uint64_t read_u64(const json_t *object, const char *key)
{
	return (uint64_t)json_integer_value(json_object_get(object, key));
}

static bool read_bool(const json_t *object, const char *key)
{
	return json_is_true(json_object_get(object, key));
}

static void read_run(struct recording_head *head, const json_t *run)
{
	struct run_facts *facts = &head->facts;

	read_text(json_object_get(run, "subject"), facts->subject, sizeof(facts->subject));
	read_text(json_object_get(run, "command_line"), head->command_line, sizeof(head->command_line));
	head->start.now_ns = read_u64(run, "start_ns");
	head->start.wall_offset_ns = (int64_t)read_u64(run, "wall_offset_ns");
	head->window = read_bool(run, "window");
	facts->probes = read_probes(json_object_get(run, "probes"));
	facts->every = read_probes(json_object_get(run, "every"));
	facts->sample = read_u64(run, "sample");
	facts->latency = read_bool(run, "latency");
	facts->parents = read_bool(run, "parents");
	facts->stacks = read_bool(run, "stacks");
	facts->command_alone = read_bool(run, "command_alone");
	facts->whole_machine = read_bool(run, "whole_machine");
	facts->page_size = read_u64(run, "page_size");
	facts->tick_ns = read_u64(run, "tick_ns");
}

/* Older recordings lack it. */
static void read_lacks(struct probe_status *s, const json_t *list)
{
	const char *path;
	size_t i, slot;

	for (i = 0; i < json_array_size(list); i++) {
		path = json_string_value(json_array_get(list, i));
		for (slot = 0; path && slot < MT_NR_SLOTS; slot++)
			s->lacks[slot] |= !strcmp(slot_rows[slot].path, path);
		s->lacks_latency |= path && !strcmp(path, LACKS_LATENCY);
	}
}

static void read_status(struct recording_head *head, const json_t *list)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++) {
		const json_t *json = json_array_get(list, i);
		const char *name = json_string_value(json_object_get(json, "name"));
		int id = name ? schema__probe(name) : -1;
		struct probe_status *s = &head->probes[id < 0 ? 0 : id];

		if (id < 0)
			continue;
		s->wanted = true;
		s->attached = read_bool(json, "attached");
		s->hooked = read_bool(json, "hooked");
		s->partial = read_bool(json, "partial");
		read_lacks(s, json_object_get(json, "lacks"));
		s->error = (int)json_integer_value(json_object_get(json, "error"));
		read_text(json_object_get(json, "why"), s->why, sizeof(s->why));
	}
}

static void read_host(struct recording_head *head, const json_t *host)
{
	read_text(json_object_get(host, "name"), head->host.name, sizeof(head->host.name));
	read_text(json_object_get(host, "kernel"), head->host.kernel, sizeof(head->host.kernel));
	read_text(json_object_get(host, "kernel_version"), head->host.kernel_version,
		  sizeof(head->host.kernel_version));
	read_text(json_object_get(host, "machine"), head->host.machine, sizeof(head->host.machine));
	head->host.cpus = read_u64(host, "cpus");
	head->host.memory_bytes = read_u64(host, "memory_bytes");
}

static void read_id(char *id, const json_t *json)
{
	const char *text = json_string_value(json);

	snprintf(id, SEGMENT_ID_MAX, "%s", text ? text : "");
}

static void read_segment(struct recording_head *head, const json_t *segment)
{
	read_id(head->segment.run, json_object_get(segment, "run"));
	read_id(head->segment.boot, json_object_get(segment, "boot"));
	head->segment.number = read_u64(segment, "number");
	head->segment.after_pause = read_bool(segment, "after_pause");
	head->segment.packed = read_bool(segment, "packed");
}

static bool has_field(const json_t *fields, const char *name)
{
	const json_t *field;
	const char *its;
	size_t i;

	json_array_foreach(fields, i, field)
	{
		its = json_string_value(json_array_get(field, 0));
		if (its && !strcmp(its, name))
			return true;
	}
	return false;
}

/* Counters that a memtrace of another version did not have are unknown. */
static void note_missing_counters(struct recording_head *head, const json_t *fields)
{
	size_t slot;

	for (slot = 0; slot < MT_NR_SLOTS; slot++)
		if (!has_field(fields, slot_rows[slot].path))
			head->probes[slot_rows[slot].probe].lacks[slot] = true;
}

static void read_records(struct recording_head *head, const json_t *records)
{
	const json_t *record;
	const char *name;
	size_t i;
	int id;

	json_array_foreach(records, i, record)
	{
		name = json_string_value(json_object_get(record, "name"));
		for (id = 0; name && id < MT_NR_RECS; id++)
			if (event_rows[id].name && !strcmp(event_rows[id].name, name))
				head->has[id] = true;
		if (name && !strcmp(name, "task"))
			note_missing_counters(head, json_object_get(record, "fields"));
	}
}

int recording_head__read(struct recording_head *head, const json_t *json, char *buf, size_t size)
{
	const char *version = json_string_value(json_object_get(json, "memtrace"));
	const json_t *run = json_object_get(json, "run");

	memset(head, 0, sizeof(*head));
	snprintf(head->version, sizeof(head->version), "%s", version ? version : "unknown");
	read_host(head, json_object_get(json, "host"));
	read_status(head, json_object_get(json, "probes"));
	read_run(head, run);
	read_records(head, json_object_get(json, "records"));
	read_segment(head, json_object_get(json, "segment"));
	if (json_is_object(run) && head->facts.page_size && !(head->facts.page_size & (head->facts.page_size - 1)))
		return 0;
	snprintf(buf, size, "its first block does not say what was recorded");
	return -EBADMSG;
}

json_t *recording_end__to_json(const struct command_outcome *o)
{
	if (!o->pid)
		return json_object();
	return json_pack("{s{sI sb si sI sI}}", "command", "pid", (json_int_t)o->pid, "running", o->running, "status",
			 o->status, "minor", (json_int_t)o->minor, "major", (json_int_t)o->major);
}

void recording_end__read(struct command_outcome *outcome, const json_t *json)
{
	const json_t *command = json_object_get(json, "command");

	*outcome = (struct command_outcome){
		.pid = (uint32_t)read_u64(command, "pid"),
		.running = read_bool(command, "running"),
		.status = (int)json_integer_value(json_object_get(command, "status")),
		.minor = read_u64(command, "minor"),
		.major = read_u64(command, "major"),
	};
}
