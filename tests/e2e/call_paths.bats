#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# memtrace stacks: paths of a workload that touches a known number of pages at the end of two known chains, of
# allocations and of stalls, live and from a recording; what the memory was for.

load lib

need() {
	memcg_init
	disk_dir
	file=$disk/memtrace-test-file.$$
}

teardown_file() {
	rm -f "$BATS_TEST_DIRNAME/../../build/memtrace-test-file."*
}

# paths FILTER: the sum of the weights of the paths that a jq filter takes
paths() {
	jq "[.paths[] | select($1) | .weight] | add // 0" "$tmp/out.json"
}

# stacks ARGUMENT...: its JSON in $tmp/out.json
stacks() {
	"$memtrace" stacks --json -o "$tmp/out.json" "$@" >"$tmp/cmd.out" 2>"$tmp/err" 3>&- || fail "$(<"$tmp/err")"
	same "schema" "$(jq -r .schema "$tmp/out.json")" memtrace.stacks/1
}

touched=("$workloads/stacks" -n 321 -m 45 -s 300)

@test "each page stands at the path that touched it; paths, kinds and total are one sum" {
	stacks fault -- "${touched[@]}"
	same "pages of the chains" "$(paths '.stack | test("^stacks;.*main;chain_a;chain_b;chain_c;(touch_here_\\[i];)?asm_exc_page_fault")') $(
		paths '.stack | test("^stacks;.*main;chain_d;(touch_here_\\[i];)?asm_exc_page_fault")')" "321 45"
	same "sum" "$(paths true) $(jq '[.kinds[].weight] | add' "$tmp/out.json")" \
		"$(jq '"\(.total.events) \(.total.events)"' -r "$tmp/out.json")"
	same "what faults have not" "$(jq -c '[.probe, .weight, .total.pages, .total.duration_ns, .no_room.events]' "$tmp/out.json")" \
		'["fault","faults",null,null,0]'
	same "lost" "$(jq '.lost | .hot + .stacks' "$tmp/out.json")" 0
}

@test "the tree has shares, and branches below what they have in common" {
	"$memtrace" stacks fault -k 0 -- "${touched[@]}" >"$tmp/text" 2>"$tmp/err" 3>&-
	grep -Eq '^ *[0-9.]+% +[0-9,]+ stacks$' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq '^ *[0-9.]+% +321 +chain_a$' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq '^ +chain_b$' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq '^ *[0-9.]+% +45 +chain_d$' "$tmp/text" || fail "$(<"$tmp/text")"
	grep -Eq '^ *100% +[0-9,]+ total$' "$tmp/text" || fail "$(<"$tmp/text")"
	"$memtrace" stacks fault -k 3 -- "${touched[@]}" >"$tmp/text" 2>"$tmp/err" 3>&-
	same "lines of -k 3" "$(sed -n '/^ *SHARE/,/ total$/p' "$tmp/text" | wc -l)" 5
}

# pages_below PATH: of the function that it ends with, and of what is put into that
pages_below() {
	awk -v path=";$1;" 'index($0, path) { sum += $NF } END { print sum }' "$tmp/folded"
}

@test "names of C++ functions are as in the text, or as in the file" {
	"$memtrace" stacks --format folded -- "$workloads/stacks" -n 1 -m 1 -c 77 -s 300 >"$tmp/folded" 2>"$tmp/err" 3>&-
	same "pages" "$(pages_below 'main;work::touch')" 77
	"$memtrace" stacks --format folded --no-demangle -- "$workloads/stacks" -n 1 -m 1 -c 77 -s 300 >"$tmp/folded" 2>"$tmp/err" 3>&-
	same "pages" "$(pages_below 'main;_ZN4work5touchEPcm')" 77
}

@test "folded is a line a path, with the same weights" {
	"$memtrace" record --every fault --stacks -o "$tmp/r.rec" -- "${touched[@]}" 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" stacks --json >"$tmp/out.json"
	"$memtrace" replay "$tmp/r.rec" stacks --format folded >"$tmp/folded"
	same "paths" "$(sort "$tmp/folded")" "$(jq -r '.paths[] | "\(.stack) \(.weight)"' "$tmp/out.json" | sort)"
	same "pages of the chains" "$(awk '/main;chain_a;chain_b;chain_c;/ { a += $NF } /main;chain_d;/ { d += $NF }
		END { print a, d }' "$tmp/folded")" "321 45"
	"$memtrace" replay "$tmp/r.rec" stacks --format folded >"$tmp/again"
	cmp "$tmp/folded" "$tmp/again"
	"$memtrace" replay "$tmp/r.rec" stacks alloc >"$tmp/text" 2>"$tmp/err" && fail "allocations of a recording without them"
	grep -q 'the single events of alloc are not in the recording' "$tmp/err"
}

@test "allocations by bytes: what was touched is first touch, and the sum is the pages that were counted" {
	"$memtrace" record --every alloc --stacks -o "$tmp/r.rec" -- "${touched[@]}" 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" stacks alloc --json >"$tmp/out.json"
	"$memtrace" replay "$tmp/r.rec" stat alloc --json >"$tmp/stat.json"
	between "bytes of first touch" "$(jq '.kinds[] | select(.kind == "first touch") | .weight' "$tmp/out.json")" \
		$((366 * 4096)) $((1200 * 4096))
	same "bytes" "$(paths true)" "$(jq '.total.pages * 4096' "$tmp/out.json")"
	"$memtrace" replay "$tmp/r.rec" trace alloc --json >"$tmp/events" 2>"$tmp/err"
	same "pages, with those of interrupts" "$(jq '.total.pages' "$tmp/out.json")" $(($(jq .total.alloc.pages "$tmp/stat.json") + $(
		jq -s '[.[] | select(.event == "alloc" and .atomic) | pow(2; .order)] | add // 0' "$tmp/events")))
	"$memtrace" replay "$tmp/r.rec" stacks alloc --by kind >"$tmp/text"
	grep -Eq '^ *[0-9.]+% +[0-9.]+[KM]iB first touch$' "$tmp/text" || fail "$(<"$tmp/text")"
	between "bytes of first touch" "$("$memtrace" replay "$tmp/r.rec" stacks alloc --weight touched --json | jq '
		([.paths[].weight] | add) as $sum | select(.kinds | all(.kind | startswith("first touch"))) |
		select($sum == .total.pages * 4096 and .weight == "touched") | $sum')" $((366 * 4096)) $((1200 * 4096))
	"$memtrace" replay "$tmp/r.rec" stacks alloc --weight touched >"$tmp/text"
	grep -Eq '^ *[0-9.]+% +[0-9.]+[KM]iB +chain_d$' "$tmp/text" || fail "$(<"$tmp/text")"
	"$memtrace" replay "$tmp/r.rec" stacks alloc --weight allocations --json >"$tmp/out.json"
	same "allocations" "$(paths true)" "$(jq .total.events "$tmp/out.json")"
}

@test "a profile for pprof has all numbers of an allocation, and the sums of JSON" {
	"$memtrace" record --every alloc --stacks -o "$tmp/r.rec" -- "${touched[@]}" 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" stacks alloc --json >"$tmp/out.json"
	"$memtrace" replay "$tmp/r.rec" stacks alloc --format pprof -o "$tmp/p"
	python3 "$BATS_TEST_DIRNAME/../readers/pprof.py" "$tmp/p" >"$tmp/text"
	same "types" "$(head -n 1 "$tmp/text")" "types: events/count pages/count bytes/bytes*"
	same "sums" "$(awk '/kind=/ { e += $1; p += $2; b += $3 } END { print e, p, b }' "$tmp/text")" \
		"$(jq -r '.total | "\(.events) \(.pages) \(.pages * 4096)"' "$tmp/out.json")"
	"$memtrace" stacks --format pprof -o "$tmp/live" -- "${touched[@]}" 2>"$tmp/err" 3>&-
	same "pages of the chains" "$(python3 "$BATS_TEST_DIRNAME/../readers/pprof.py" --folded events "$tmp/live" |
		awk '/main;chain_a;chain_b;chain_c;/ { a += $NF } /main;chain_d;/ { d += $NF } END { print a, d }')" "321 45"
}

# of_parent FILTER: the sum of a number of the paths in which a parent writes after a fork
of_parent() {
	jq "[.paths[] | select(.stack | test(\"^mt-parent\\\\[[0-9]+\\\\];.*main;\\\\[(write_present|copied)\\\\]$\")) | $1] | add // 0" \
		"$tmp/out.json"
}

@test "a parent that writes after a fork: faults, bytes and time by path and process" {
	"$memtrace" record minor fault --every minor,fault --stacks -o "$tmp/r.rec" -- "$workloads/forked" -n 777 -s 300 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" trace minor --json 2>"$tmp/err" | jq -c 'select(.event == "minor")' >"$tmp/events"
	"$memtrace" replay "$tmp/r.rec" stacks minor --kind write_present --by process --json >"$tmp/out.json"
	jq -se 'any(.[]; .error_code != null)' "$tmp/events" || skip "this processor has no error code"
	same "faults" "$(of_parent .events)" 777
	same "bytes" "$(of_parent .bytes)" $((777 * $(getconf PAGESIZE)))
	same "all of the kind" "$(jq '[.total.events, .total.duration_ns]' -c "$tmp/out.json")" "$(jq -cs \
		'[.[] | select(.access | startswith("present|write"))] | [length, (map(.duration_ns) | add)]' "$tmp/events")"
	same "roots" "$(jq -r '.paths[].stack | split(";")[0]' "$tmp/out.json" | sort -u)" "$(jq -r \
		'select(.access | startswith("present|write")) | "\(.comm)[\(.pid)]"' "$tmp/events" | sort -u)"
	# the child reads alone: of what it was left it writes to its own stack
	between "the child's" "$(jq '[.paths[] | select(.stack | startswith("mt-child")) | .events] | add // 0' "$tmp/out.json")" 0 50
	"$memtrace" replay "$tmp/r.rec" stacks minor --json >"$tmp/all.json"
	same "sums" "$(jq -c '[.total.events, .total.pages, .total.duration_ns]' "$tmp/all.json")" \
		"$(jq -cs '[length, length, (map(.duration_ns) | add)]' "$tmp/events")"
	same "kinds" "$(jq '[.kinds[].weight] | add' "$tmp/all.json")" "$(jq -s length "$tmp/events")"
	"$memtrace" replay "$tmp/r.rec" stacks fault --kind write_present --json >"$tmp/faults.json"
	same "exceptions of that kind" "$(jq .total.events "$tmp/faults.json")" "$("$memtrace" replay "$tmp/r.rec" trace fault --json 2>/dev/null |
		jq -s '[.[] | select(.event == "fault" and (.access | startswith("present|write")))] | length')"
	"$memtrace" replay "$tmp/r.rec" stacks minor --kind copied --json >"$tmp/out.json"
	if [[ $(jq -s '[.[].kind] | index("first_touch")' "$tmp/events") == null ]]; then
		"$memtrace" replay "$tmp/r.rec" stacks minor --kind copied >"$tmp/text"
		grep -q "^of $(jq -s length "$tmp/events") more faults it is not known whether they are copied" "$tmp/text"
	else
		between "copies" "$(jq .total.events "$tmp/out.json")" 777 900
	fi
}

@test "stalls by time: those of a cgroup at its limit" {
	make_cgroup call-paths 24M
	stacks stall --longer-than 1ns -- "$workloads/hog" -g "$cgroup" -f "$file" -w 60 -r 1
	(($(jq .total.events "$tmp/out.json") > 20)) || fail "$(jq -c .total "$tmp/out.json"): the test is void"
	same "time" "$(paths true)" "$(jq .total.duration_ns "$tmp/out.json")"
	same "paths of reclaim" "$(paths '.stack | test("^hog;.*try_to_free_mem_cgroup_pages_")')" "$(paths true)"
}

@test "wrong use is refused, and why" {
	refused "the probe reclaim has no call chains; expected one of fault, minor, alloc, stall" stacks reclaim -d 0.1
	refused "--kind 'copied': events of fault do not say it; expected minor" stacks fault --kind copied -d 0.1
	refused "--kind 'write_present': events of alloc do not say it; expected minor or fault" stacks alloc --kind write_present -d 0.1
	refused "--weight 'touched': events of minor do not have it; expected one of faults, pages, bytes, time" stacks minor --weight touched -d 0.1
	refused "unexpected word 'alloc': weights of different events are not added up; expected one probe" stacks fault alloc -d 0.1
	refused "--weight 'time': events of alloc do not have it; expected one of allocations, pages, bytes, touched" stacks alloc --weight time -d 0.1
	refused "--format 'folded': no such format; expected one of text json csv" stat --format folded -d 0.1
	refused "--format 'x': no such format; expected one of text json csv folded pprof" stacks --format x -d 0.1
}
