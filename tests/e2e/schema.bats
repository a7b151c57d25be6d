#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# What --json prints is what docs/schema/ says: every key known, none missing,
# every value of its type.  Needs Debian's python3-jsonschema.

load lib

python=/usr/bin/python3

need() {
	$python -c 'import jsonschema' 2>/dev/null || skip "missing: python3-jsonschema (scripts/setup test)"
}

# valid NAME FILE...: there are such files, and each line of each is what docs/schema/NAME.json wants; a line for each of
# what is wrong, which begins with the file's name
valid() {
	$python -W ignore - "$top/docs/schema" "$@" <<-'END'
		import json, pathlib, sys
		import jsonschema
		where = pathlib.Path(sys.argv[1])
		schema = json.loads((where / (sys.argv[2] + ".json")).read_text())
		resolver = jsonschema.RefResolver(where.as_uri() + "/", schema)
		validator = jsonschema.Draft202012Validator(schema, resolver=resolver)
		bad = 0
		for file in map(pathlib.Path, sys.argv[3:]):
		    lines = file.read_text().splitlines()
		    if not lines:
		        bad = 1
		        print("%s: empty" % file.name)
		    for number, line in enumerate(lines, 1):
		        for error in validator.iter_errors(json.loads(line)):
		            bad = 1
		            path = "/".join(str(step) for step in error.absolute_path)
		            print("%s: line %d: /%s: %s" % (file.name, number, path, error.message[:300]))
		sys.exit(bad)
	END
}

@test "the schemas are schemas" {
	$python -W ignore -c 'import json, sys, jsonschema
for file in sys.argv[1:]:
    jsonschema.Draft202012Validator.check_schema(json.load(open(file)))' "$top"/docs/schema/*.json
}

@test "stat --json, all probes, with a kill" {
	memcg_init
	make_cgroup schema 64M
	dir=$cgroup
	make_cgroup schema/v
	victim=$cgroup
	make_cgroup schema/t
	trigger=$cgroup
	memtrace_stat --latency fault alloc free reclaim kswapd oom -- \
		sh -c '"$workloads/hog" -g "$1" -f "$2/file" -w 80; "$workloads/oompair" "$3" "$4"' sh \
		"$dir" "$tmp" "$victim" "$trigger"
	valid stat "$tmp/stat.json"
	[[ $(report '.total.reclaim.memcg.count > 0') == true ]]
	[[ $(report '.oom | length') -ge 1 ]]
}

@test "stat --json of one probe, light, by each kind of row, with intervals" {
	for by in process thread comm cgroup role; do
		memtrace_stat fault --light --by $by -- "$workloads/faults"
		mv "$tmp/stat.json" "$tmp/$by.json"
	done
	"$memtrace" stat -d 0.5 -i 0.2 --command --json -o "$tmp/all.json"
	between "reports of half a second" "$(wc -l <"$tmp/all.json")" 1 3
	valid stat "$tmp"/*.json
}

@test "trace heap --json: what a program holds, and the counts" {
	"$memtrace" trace heap --stacks --json -- "$workloads/holder-dynamic" churn -n 20 | grep '"event":' >"$tmp/heap.json"
	same "events" "$(jq -r .event "$tmp/heap.json" | sort -u | grep '^heap' | tr '\n' ' ')" "heap heap_map heap_sum "
	valid event "$tmp/heap.json"
}

@test "leak --json: of the machine, of a command, and replayed" {
	"$memtrace" leak --kernel -d 0.3 --json -o "$tmp/leak.kernel.json"
	"$memtrace" leak -d 0.3 --json -o "$tmp/leak.machine.json" --record "$tmp/leak.rec"
	"$memtrace" leak --json -o "$tmp/leak.cmd.json" -- "$workloads/grower" leak -n 50
	"$memtrace" replay "$tmp/leak.rec" leak --json >"$tmp/leak.replayed.json" 2>/dev/null
	"$memtrace" leak --malloc --json -o "$tmp/leak.malloc.json" -- "$workloads/holder-dynamic" churn -n 20
	valid leak "$tmp"/leak.*.json
}

@test "stalls --json: by each kind of row, filtered, with intervals, of a command, and replayed" {
	memcg_init
	make_cgroup schema-stalls 24M
	disk_dir
	file=$disk/memtrace-test-file.$$
	hog=("$workloads/hog" -g "$cgroup" -f "$file" -w 60 -r 2)
	for by in process thread comm cgroup role parent; do
		"$memtrace" stalls --by $by --record "$tmp/$by.rec" --json -o "$tmp/stalls.$by.json" -- "${hog[@]}"
		grep -q '"rows":\[{' "$tmp/stalls.$by.json" || fail "no rows by $by"
		"$memtrace" replay "$tmp/$by.rec" stalls --by $by -i 50ms --json >"$tmp/stalls.replayed.$by.json"
		"$memtrace" replay "$tmp/$by.rec" hist stall --json >"$tmp/hist.$by.json"
	done
	"${hog[@]}" -r 100000 3>&- &
	started+=("$!")
	for filter in "-a" "-p $!" "-c $cgroup" "-n hog" "-u 0" "-t $!"; do
		# shellcheck disable=SC2086 # two words
		"$memtrace" stalls $filter -d 0.4 -i 0.1 --json -o "$tmp/stalls.${filter%% *}.json"
		between "reports of $filter" "$(wc -l <"$tmp/stalls.${filter%% *}.json")" 2 6
	done
	"$memtrace" trace stall --longer-than 1ns -d 0.4 -p $! --json -o "$tmp/trace.json"
	rm -f "$file"
	head -n -1 "$tmp/trace.json" >"$tmp/events.json"
	valid event "$tmp/events.json"
	valid stalls "$tmp"/stalls.*.json
	valid hist "$tmp"/hist.*.json
}

@test "cache --json: by each kind of row, with intervals, of a command, and replayed" {
	for by in file cgroup process thread comm; do
		"$memtrace" cache --by $by --record "$tmp/$by.rec" --json -o "$tmp/cache.$by.json" -- \
			sh -c "head -c 1M /dev/zero >'$tmp/file'; rm '$tmp/file'"
		"$memtrace" replay "$tmp/$by.rec" cache --by $by -i 10ms --json >"$tmp/cache.replayed.$by.json"
	done
	"$memtrace" cache -d 0.4 -i 0.1 --json -o "$tmp/cache.intervals.json"
	between "reports" "$(wc -l <"$tmp/cache.intervals.json")" 2 6
	"$memtrace" trace cache --json -o "$tmp/trace.json" -- sh -c "head -c 1M /dev/zero >'$tmp/file'; rm '$tmp/file'"
	head -n -1 "$tmp/trace.json" >"$tmp/events.json"
	grep -q '"path":"[^"]*/file"' "$tmp/events.json" || fail "no path"
	"$memtrace" stat cache --json -o "$tmp/stat.json" -- sh -c "head -c 1M /dev/zero >'$tmp/file'; rm '$tmp/file'"
	valid cache "$tmp"/cache.*.json
	valid event "$tmp/events.json"
	valid stat "$tmp/stat.json"
}

@test "stacks --json" {
	"$memtrace" stacks --json -o "$tmp/stacks.fault.json" -- "$workloads/stacks"
	"$memtrace" stacks alloc --weight pages --json -o "$tmp/stacks.alloc.json" -- "$workloads/stacks"
	"$memtrace" stacks stall --json -o "$tmp/stacks.stall.json" -d 0.1
	valid stacks "$tmp"/stacks.*.json
}

@test "top and hist --json" {
	"$memtrace" top -d 0.5 -i 0.2 --json -o "$tmp/top.json"
	valid top "$tmp/top.json"
	for by in comm cgroup role; do
		"$memtrace" hist --by $by --json -o "$tmp/hist.$by.json" -- "$workloads/faults"
	done
	valid hist "$tmp"/hist.*.json
}

@test "trace --json, each event that can be had without a shortage of the machine" {
	memcg_init
	make_cgroup schema-trace 24M
	"$memtrace" trace fault alloc reclaim --latency --json -o "$tmp/trace.json" -- \
		sh -c '"$workloads/filefault" -n 64 "$2/mapped"; "$workloads/hog" -g "$1" -f "$2/file" -w 80' sh "$cgroup" "$tmp"
	head -n -1 "$tmp/trace.json" >"$tmp/events.json"
	valid event "$tmp/events.json"
	tail -n 1 "$tmp/trace.json" >"$tmp/end.json"
	valid end "$tmp/end.json"
	for event in fault alloc reclaim; do
		grep -q "\"event\":\"$event\"" "$tmp/trace.json"
	done
}

@test "oom --json of each log that is kept for tests" {
	for log in "$top"/tests/golden/logs/*.log; do
		"$memtrace" oom --log "$log" --json
	done >"$tmp/oom.json"
	between "kills" "$(wc -l <"$tmp/oom.json")" 19 19
	valid oom "$tmp/oom.json"
}

@test "oom --json of a kill as it happens, with what is denied beside it; those events" {
	memcg_init
	make_cgroup schema-oom 64M
	make_cgroup schema-oom/v
	victim=$cgroup
	make_cgroup schema-oom/t
	# shellcheck disable=SC2016
	"$memtrace" oom --denied --json -- sh -c '"$workloads/overflow" main
		"$workloads/oompair" "$1" "$2"' sh "$victim" "$cgroup" >"$tmp/out" 2>"$tmp/err"
	grep '^{"schema":"memtrace.oom/1"' "$tmp/out" >"$tmp/oom.json"
	grep '^{"schema":"memtrace.oom_denied/1"' "$tmp/out" >"$tmp/oom_denied.json"
	valid oom "$tmp/oom.json"
	valid oom_denied "$tmp/oom_denied.json"
	make_cgroup schema-at 16M
	# shellcheck disable=SC2016
	"$memtrace" oom --at 50% --json -- sh -c '"$workloads/hog" -g "$1" -a 2 -s 2500; "$workloads/hog" -g "$1" -a 12 -s 3000' \
		sh "$cgroup" >"$tmp/out" 2>"$tmp/err"
	grep '^{"schema":"memtrace.oom_at/1"' "$tmp/out" >"$tmp/oom_at.json"
	valid oom_at "$tmp/oom_at.json"
	"$memtrace" trace denied signal --json -o "$tmp/trace.json" -- sh -c '"$workloads/overflow" main; sleep 9 & kill -9 $!' \
		>"$tmp/out" 2>"$tmp/err"
	head -n -1 "$tmp/trace.json" >"$tmp/events.json"
	same "events" "$(jq -r .event "$tmp/events.json" | sort -u | paste -sd ' ')" "sigkill stack_overflow"
	valid event "$tmp/events.json"
}

@test "oom --explain --json" {
	"$memtrace" oom --explain --json >"$tmp/oom.json"
	"$memtrace" oom --explain -p $$ --json >>"$tmp/oom.json"
	valid oom_explain "$tmp/oom.json"
}

@test "timeline --json: of reclaim and a kill" {
	memcg_init
	make_cgroup schema-timeline 64M
	dir=$cgroup
	make_cgroup schema-timeline/v
	victim=$cgroup
	make_cgroup schema-timeline/t
	"$memtrace" timeline --longer-than 1us --json -o "$tmp/timeline.json" -- \
		sh -c '"$workloads/hog" -g "$1" -f "$2/file" -w 80; "$workloads/oompair" "$3" "$4"' sh "$dir" "$tmp" "$victim" "$cgroup"
	tail -n 1 "$tmp/timeline.json" >"$tmp/end.json"
	valid end "$tmp/end.json"
	head -n -1 "$tmp/timeline.json" >"$tmp/lines.json"
	for recording in rare functions folds keyed cgroups stalls; do
		"$memtrace" replay "$top/tests/golden/$recording.rec" timeline --json | head -n -1 >"$tmp/lines.$recording.json"
	done
	valid timeline "$tmp"/lines*.json
	for event in limit memcg memcg_kill; do
		grep -q "\"event\":\"$event\"" "$tmp"/lines*.json || fail "no $event"
	done
}

@test "stat and stalls --against --json" {
	local by

	for by in process comm cgroup role; do
		"$memtrace" replay "$top/tests/golden/rare.rec" stat --by $by --against "$top/tests/golden/functions.rec" --json \
			>"$tmp/compared.$by.json"
		"$memtrace" replay "$top/tests/golden/stalls.rec" stalls --by $by --from 0.5 --against 100ms --json >"$tmp/stalls.$by.json"
	done
	valid compared "$tmp"/compared.*.json "$tmp"/stalls.*.json
	[[ $(jq -s 'all(.[]; .rows | length > 0)' "$tmp"/compared.*.json "$tmp"/stalls.*.json) == true ]]
}

@test "hist --against --json" {
	local by

	for by in cause comm cgroup role kind; do
		"$memtrace" replay "$top/tests/golden/rare.rec" hist --by $by --against "$top/tests/golden/functions.rec" --json \
			>"$tmp/hists.$by.json"
	done
	valid compared_hist "$tmp"/hists.*.json
	[[ $(jq -s 'all(.[]; .histograms | any(.count > 0 and .before.count > 0))' "$tmp"/hists.*.json) == true ]]
}

@test "state --json, with intervals" {
	"$memtrace" state -d 0.2 --json -o "$tmp/state.json"
	valid state "$tmp/state.json"
	"$memtrace" state -i 0.2 -d 0.5 --json -o "$tmp/state.json"
	valid state "$tmp/state.json"
	memcg_init
	"$memtrace" state -d 0.2 -c "$memcg_root" --json -o "$tmp/state.json"
	valid state "$tmp/state.json"
	[[ $(jq '.processes | length' "$tmp/state.json") -gt 0 ]]
}

@test "map --json" {
	"$workloads/mapped" /proc/self/exe >"$tmp/said" 3>&- &
	started+=($!)
	eventually grep -q pid= "$tmp/said"
	"$memtrace" map -p $! --pss --json -o "$tmp/map.json"
	"$memtrace" map -n bats --json -o "$tmp/maps.json" || "$memtrace" map -n bash --json -o "$tmp/maps.json"
	"$memtrace" map --json -d 0.2 -o "$tmp/map.all.json"
	"$memtrace" map --json -o "$tmp/map.cmd.json" -- "$workloads/faults" -n 3000
	valid map "$tmp/map.json" "$tmp/maps.json" "$tmp/map.all.json" "$tmp/map.cmd.json"
}

@test "verify --json" {
	"$memtrace" verify --json -o "$tmp/verify.json" -- "$workloads/faults"
	"$memtrace" verify fault --json -d 0.2 -o "$tmp/short.json"
	valid verify "$tmp/verify.json" "$tmp/short.json"
}

@test "doctor and list --json" {
	"$memtrace" doctor --json >"$tmp/doctor.json" || true
	valid doctor "$tmp/doctor.json"
	"$memtrace" list --json >"$tmp/list.json"
	valid list "$tmp/list.json"
}

@test "replay --json: what is in a recording, and each report of it" {
	for recording in rare every sampled stacks window samples folds keyed maps; do
		"$memtrace" replay "$top/tests/golden/$recording.rec" report --json >"$tmp/report.$recording.json"
		"$memtrace" replay "$top/tests/golden/$recording.rec" --json >"$tmp/recording.$recording.json"
		"$memtrace" replay "$top/tests/golden/$recording.rec" stat --json -i 1 >"$tmp/stat.$recording.json"
		"$memtrace" replay "$top/tests/golden/$recording.rec" hist --json >"$tmp/hist.$recording.json"
	done
	for recording in rare every; do
		"$memtrace" replay "$top/tests/golden/$recording.rec" trace --json >"$tmp/trace.json"
		head -n -1 "$tmp/trace.json" >"$tmp/event.$recording.json"
		tail -n 1 "$tmp/trace.json" >"$tmp/end.$recording.json"
	done
	"$memtrace" replay "$top/tests/golden/stacks.rec" trace fault --stacks --json | head -n -1 >"$tmp/event.stacks.json"
	"$memtrace" replay "$top/tests/golden/maps.rec" map --json -i 1 >"$tmp/map.maps.json"
	for name in recording stat hist report event end map; do
		valid $name "$tmp/$name".*.json
	done
	jq -c 'del(.host.cpus)' "$tmp/recording.keyed.json" >"$tmp/edited.json"
	run valid recording "$tmp/edited.json"
	[[ $status -eq 1 ]]
}

@test "a key too many, one too few, and a wrong type are found" {
	memtrace_stat fault -- true
	local edits=('.news = 1' 'del(.lost.hot)' 'del(.lost.rings[0].records)' '.lost.rings[0].ring = "cold"'
		'.total.fault.minor = "3"' '.processes[0].fault.minor = -1' '.schema = "memtrace.stat/2"')
	jq -c "$(printf '(%s), ' "${edits[@]}")empty" "$tmp/stat.json" >"$tmp/edited.json"
	: >"$tmp/none.json"
	same "lines" "$(wc -l <"$tmp/edited.json")" ${#edits[@]}
	run valid stat "$tmp/edited.json" "$tmp/none.json"
	[[ $status -eq 1 && $output == *"none.json: empty"* ]]
	for number in "${!edits[@]}"; do
		[[ $output == *"edited.json: line $((number + 1)): "* ]] || fail "not found: ${edits[number]}"
	done
}
