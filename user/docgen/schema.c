// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
/* The JSON schemas of samples and keyed counters. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "docgen.h"
#include "../model/keyed.h"
#include "../model/samples.h"

/* An object of known keys, all of which must be there. */
static json_t *schema_object(void)
{
	return json_pack("{ss s{} s[] sb}", "type", "object", "properties", "required", "additionalProperties", 0);
}

/* Takes over schema.  Returns the schema of the key: the new one, or the one that was there. */
static json_t *schema_add(json_t *object, const char *key, size_t len, json_t *schema)
{
	json_t *properties = json_object_get(object, "properties");
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)len, key);
	if (json_object_get(properties, name)) {
		json_decref(schema);
	} else {
		json_object_set_new(properties, name, schema);
		json_array_append_new(json_object_get(object, "required"), json_string(name));
	}
	return json_object_get(properties, name);
}

/* At a path, dots between levels. */
static void schema_ref(json_t *object, const char *path, const char *of)
{
	size_t len;

	for (; path[len = strcspn(path, ".")]; path += len + 1)
		object = schema_add(object, path, len, schema_object());
	schema_add(object, path, len, json_pack("{ss}", "$ref", of));
}

static const char *schema_of(const struct sample_row *row)
{
	if (row->kind == SAMPLE_COUNTER)
		return "common.json#/$defs/count";
	return row->unit == UNIT_SHARE ? "common.json#/$defs/share_gauge" : "common.json#/$defs/gauge";
}

static json_t *schema_page(const char *id, const char *title)
{
	json_t *schema = schema_object();

	json_object_set_new(schema, "$schema", json_string("https://json-schema.org/draft/2020-12/schema"));
	json_object_set_new(schema, "$id", json_string(id));
	json_object_set_new(schema, "title", json_string(title));
	return schema;
}

static void schema_write(FILE *out, json_t *schema)
{
	json_dumpf(schema, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(schema);
}

/* Members of a key are names or numbers, null where they are unknown. */
static json_t *schema_key(const struct keyed_column *column)
{
	if (column->type == FIELD_CGROUP || column->type == FIELD_CODE)
		return json_pack("{ss}", "$ref", "common.json#/$defs/string_or_null");
	if (column->type == FIELD_INT || column->type == FIELD_TEXT)
		return json_pack("{s[ss]}", "type", column->type == FIELD_INT ? "integer" : "string", "null");
	return json_pack("{ss}", "type", column->type == FIELD_BOOL ? "boolean" : "integer");
}

static json_t *schema_keyed_row(const struct keyed_row *row)
{
	json_t *object = schema_object();

	for (size_t i = 0; i < row->nr_keys; i++)
		if (row->keys[i].path)
			schema_add(object, row->keys[i].path, strlen(row->keys[i].path), schema_key(&row->keys[i]));
	for (size_t i = 0; i < row->nr_values; i++)
		schema_add(object, row->values[i].path, strlen(row->values[i].path),
			   json_pack("{ss}", "$ref",
				     row->values[i].needs ? "common.json#/$defs/count_or_null" :
							    "common.json#/$defs/uint"));
	if (row->hist->path)
		schema_add(object, row->hist->path, strlen(row->hist->path),
			   json_pack("{ss}", "$ref", "common.json#/$defs/distribution"));
	return json_pack("{ss so}", "type", "array", "items", object);
}

void docgen__keyed_schema(FILE *out, const struct command *unused)
{
	json_t *rows = json_object(), *schema;

	(void)unused;
	for (size_t i = 0; i < MT_NR_KEYED; i++)
		json_object_set_new(rows, keyed_rows[i].path, schema_keyed_row(&keyed_rows[i]));
	schema = json_pack("{ss ss ss so}", "$schema", "https://json-schema.org/draft/2020-12/schema", "$id",
			   "keyed.json", "title", "Counters by a key; generated from bpf/probes.def by make docs",
			   "$defs", rows);
	json_dumpf(schema, out, JSON_INDENT(2));
	fputc('\n', out);
	json_decref(schema);
}

void docgen__samples_schema(FILE *out, const struct command *unused)
{
	json_t *schema = schema_page("samples.json", "Samples; generated from user/model/samples.def by make docs");

	(void)unused;
	for (size_t i = 0; i < NR_SAMPLES; i++)
		schema_ref(schema, sample_rows[i].path, schema_of(&sample_rows[i]));
	schema_write(out, schema);
}

static const char *schema_of_cgroup(const struct cgroup_sample_row *row)
{
	if (row->kind == SAMPLE_COUNTER)
		return "common.json#/$defs/cgroup_counter";
	return row->is_limit ? "common.json#/$defs/limit_gauge" : "common.json#/$defs/gauge";
}

void docgen__cgroups_schema(FILE *out, const struct command *unused)
{
	json_t *schema =
		schema_page("cgroup.json", "Samples of a cgroup; generated from user/model/samples.def by make docs");

	(void)unused;
	schema_ref(schema, "cgroup", "common.json#/$defs/who/properties/cgroup");
	schema_ref(schema, "id", "common.json#/$defs/uint");
	schema_ref(schema, "since_ns", "common.json#/$defs/uint");
	schema_add(schema, "removed", strlen("removed"), json_pack("{ss}", "type", "boolean"));
	for (size_t i = 0; i < NR_CGROUP_SAMPLES; i++)
		schema_ref(schema, cgroup_sample_rows[i].path, schema_of_cgroup(&cgroup_sample_rows[i]));
	schema_write(out, schema);
}
