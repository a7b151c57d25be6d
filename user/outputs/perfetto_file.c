// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#include "perfetto_impl.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../base/hash.h"

#define SEQUENCE 1 /* all packets are of one, in the order in which they were written */

struct perfetto_entry {
	UT_hash_handle hh;
	struct perfetto_track track;
	char key[];
};

struct sink {
	ProtobufCBuffer buffer;
	FILE *stream;
};

static void append(ProtobufCBuffer *buffer, size_t size, const uint8_t *data)
{
	fwrite(data, 1, size, ((struct sink *)buffer)->stream);
}

void perfetto__put(struct perfetto_file *file, PerfettoFile__TracePacket *packet)
{
	PerfettoFile__Trace trace = PERFETTO_FILE__TRACE__INIT;
	struct sink sink = { .buffer = { .append = append }, .stream = file->stream };

	packet->has_trusted_packet_sequence_id = true;
	packet->trusted_packet_sequence_id = SEQUENCE;
	if (!file->begun) {
		packet->has_sequence_flags = true;
		packet->sequence_flags = 1;
		file->begun = true;
	}
	trace.n_packet = 1;
	trace.packet = &packet;
	perfetto_file__trace__pack_to_buffer(&trace, &sink.buffer);
}

void perfetto__put_clocks(struct perfetto_file *file, const int64_t *wall_offset_ns, uint64_t boot_ns)
{
	PerfettoFile__TracePacket packet = PERFETTO_FILE__TRACE_PACKET__INIT;
	PerfettoFile__ClockSnapshot snapshot = PERFETTO_FILE__CLOCK_SNAPSHOT__INIT;
	PerfettoFile__ClockSnapshot__Clock clocks[2] = { PERFETTO_FILE__CLOCK_SNAPSHOT__CLOCK__INIT,
							 PERFETTO_FILE__CLOCK_SNAPSHOT__CLOCK__INIT };
	PerfettoFile__ClockSnapshot__Clock *list[] = { &clocks[0], &clocks[1] };

	if (file->begun || !wall_offset_ns)
		return;
	clocks[0].has_clock_id = clocks[0].has_timestamp = clocks[1].has_clock_id = clocks[1].has_timestamp = true;
	clocks[0].clock_id = 6;
	clocks[0].timestamp = boot_ns;
	clocks[1].clock_id = 1;
	clocks[1].timestamp = boot_ns + (uint64_t)*wall_offset_ns;
	snapshot.n_clocks = 2;
	snapshot.clocks = list;
	packet.clock_snapshot = &snapshot;
	perfetto__put(file, &packet);
}

/* NULL: no room, or no memory. */
static struct perfetto_entry *add(struct perfetto_file *file, const char *key)
{
	size_t len = strlen(key);
	struct perfetto_entry *entry;

	if (file->nr_tracks == PERFETTO_TRACKS_MAX)
		return NULL;
	entry = calloc(1, sizeof(*entry) + len + 1);
	if (!entry)
		goto no_memory;
	memcpy(entry->key, key, len);
	HASH_ADD_KEYPTR(hh, file->tracks, entry->key, len, entry);
	if (!entry->hh.tbl) {
		free(entry);
		goto no_memory;
	}
	entry->track = (struct perfetto_track){ .uuid = ++file->nr_tracks, .last = NAN };
	return entry;
no_memory:
	file->err = -ENOMEM;
	return NULL;
}

struct perfetto_track *perfetto__track(struct perfetto_file *file, const char *key,
				       PerfettoFile__TrackDescriptor *about)
{
	PerfettoFile__TracePacket packet = PERFETTO_FILE__TRACE_PACKET__INIT;
	struct perfetto_entry *entry;

	HASH_FIND_STR(file->tracks, key, entry);
	if (entry)
		return &entry->track;
	entry = add(file, key);
	if (!entry)
		return NULL;
	about->has_uuid = true;
	about->uuid = entry->track.uuid;
	packet.track_descriptor = about;
	perfetto__put(file, &packet);
	return &entry->track;
}

uint64_t perfetto__uuid(struct perfetto_file *file, const char *key, PerfettoFile__TrackDescriptor *about)
{
	const struct perfetto_track *track = perfetto__track(file, key, about);

	return track ? track->uuid : 0;
}

bool perfetto__has_track(const struct perfetto_file *file, const char *key)
{
	struct perfetto_entry *entry;

	HASH_FIND_STR(file->tracks, key, entry);
	return entry;
}

void perfetto__free_tracks(struct perfetto_file *file)
{
	struct perfetto_entry *entry, *next;

	HASH_ITER (hh, file->tracks, entry, next) {
		HASH_DEL(file->tracks, entry);
		free(entry);
	}
}
