#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash and start() set them
#
# `memtrace oom` waiting for kills: what each report says of a kill in a limited cgroup, against the kernel's log and what
# the workload did; the files of --dir; what must not be touched.

load lib

need() {
	memcg_init
	make_cgroup box 64M
	parent=$cgroup_name
	parent_dir=$cgroup
	make_cgroup box/victim
	victim_dir=$cgroup
	make_cgroup box/trigger
	trigger_dir=$cgroup
	grep -q oom_kill_disable.0 "$memcg_root$parent/memory.oom_control" 2>/dev/null || [[ $memcg_limit == memory.max ]] ||
		skip "the OOM killer is off in $parent"
}

# watch OPTIONS... -- CMD...: CMD under memtrace oom; reports in $tmp/out, one a line.
watch() {
	mt_status=0
	"$memtrace" oom --json "$@" >"$tmp/out" 2>"$tmp/err" || mt_status=$?
	grep '^{' "$tmp/out" >"$tmp/reports" || true
}

# told FILTER: of the first report
told() {
	head -n 1 "$tmp/reports" | jq -r "$1"
}

# looks LEAST SECONDS: before the kill there was a look each second since then, of $SECONDS, and no more
looks() {
	between "looks before" "$(told '.before.samples | length')" "$1" $((SECONDS - $2 + 2))
}

@test "victim, trigger, limit, and what decided" {
	watch -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	same "status" "$mt_status" 0
	# shellcheck disable=SC2046
	eval $(grep -o 'victim=[0-9]* trigger=[0-9]*' "$tmp/err" | tr ' ' '\n')
	# shellcheck disable=SC2154
	same "victim" "$(told '.victim | "\(.pid) \(.comm) \(.cgroup) \(.adj)"')" "$victim mt-victim $parent/victim 1000"
	# shellcheck disable=SC2154
	same "trigger" "$(told '.trigger | "\(.pid) \(.comm) \(.cgroup)"')" "$trigger mt-trigger $parent/trigger"
	between "anonymous memory" "$(told .victim.anon_bytes)" $((39 << 20)) $((42 << 20))
	between "age" "$(told .victim.age_ns)" 1000000 60000000000
	between "exit" "$(told .after.exit_ns)" 1 2000000000
	[[ $(told .victim.command_line) == *oompair* ]] || [[ $(told .victim.command_line) == null ]]
	if [[ $(told '.sources[0].source') == *log* ]]; then
		same "kind" "$(told '.kill | "\(.kind) \(.limit.cgroup) \(.limit.limit_bytes)"')" "memcg $parent $((64 << 20))"
		same "the limit decided" "$(told '[.decides[].rule] | index("at_limit") != null')" true
	fi
}

@test "who grew before a kill, and how fast" {
	local began=$SECONDS

	memtrace_start oom --json -c "$parent"
	nap 1
	# 16 MiB a second
	python3 - "$parent_dir/cgroup.procs" >/dev/null 2>&1 <<-'END' || true
		import sys, time
		open(sys.argv[1], "w").write("0")
		held = []
		while True:
		    held.append(bytearray(b"x") * (4 << 20))
		    time.sleep(0.25)
	END
	eventually grep -q '^{' "$tmp/out"
	memtrace_stop
	grep '^{' "$tmp/out" >"$tmp/reports"
	looks 2 "$began"
	same "the victim grew most" "$(told '.before.grew[0].pid')" "$(told .victim.pid)"
	between "by" "$(told .before.grew[0].grown_bytes)" $((20 << 20)) $((84 << 20))
	# what the samples say of the victim only goes up
	told '[.before.samples[].victim_rss_bytes | select(. != null)] | . == sort' | grep -qx true
	told '[.before.samples[].before_kill_ns] | . == (sort | reverse)' | grep -qx true
	same "those that grew outside the limit's cgroup" "$(told "[.before.grew[].cgroup | select(startswith(\"$parent\") | not)] | length")" 0
}

@test "the text says how the victim was called" {
	memtrace_start oom -c "$parent"
	python3 - $'mt\e[31marg' "$parent_dir/cgroup.procs" >/dev/null 2>&1 <<-'END' || true
		import sys, time
		open(sys.argv[2], "w").write("0")
		held = bytearray(b"x") * (48 << 20)
		time.sleep(4)
		more = bytearray(b"x") * (48 << 20)
	END
	eventually grep -q '^killed' "$tmp/out"
	kill -INT "$mt_pid"
	wait "$mt_pid" || true
	tr -s ' \n' ' ' <"$tmp/out" | grep -qF "command python3 - mt\\x1b[31marg $parent_dir/cgroup.procs" ||
		tr -s ' \n' ' ' <"$tmp/out" | grep -qF " - mt\\x1b[31marg $parent_dir/cgroup.procs"
}

@test "files of --dir: text and JSON that are the same report, and a recording, of root alone" {
	watch --dir "$tmp/box" -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	same "mode" "$(stat -c %a "$tmp/box")" 700
	[[ $(echo "$tmp"/box/*.json) =~ oom-[0-9]{8}T[0-9]{6}-mt_victim-[0-9]+\.json ]]
	same "reports" "$(find "$tmp/box" -type f ! -name '*.rec' | wc -l)" $((2 * $(wc -l <"$tmp/reports")))
	recording=$(echo "$tmp"/box/oom-*-mt_victim-"$(told .victim.pid)".rec)
	same "the kill in the recording" \
		"$("$memtrace" replay "$recording" trace oom --json | jq -r 'select(.event == "oom") | .victim.pid' | head -n 1)" \
		"$(told .victim.pid)"
	"$memtrace" replay "$recording" timeline --json >"$tmp/timeline"
	same "and what led to it" "$(jq -s '[.[].event] | index("memcg") != null and any(.[]; test("kill"))' "$tmp/timeline")" true
	same "modes" "$(find "$tmp/box" -type f -printf '%m\n' | sort -u)" 600
	same "JSON" "$(cat "$tmp"/box/oom-*-mt_victim-*.json)" "$(head -n 1 "$tmp/reports")"
	grep -q "killed  *mt-victim\[$(told .victim.pid)\]" "$tmp"/box/oom-*-mt_victim-*.txt
}

# what_was OF: what a report says that needs no log of the kernel's
what_was() {
	jq -c 'select(.schema == "memtrace.oom/1") | [.kill.kind, (.victim | .pid, .comm, .cgroup, .anon_bytes, .adj),
		(.trigger | .pid, .comm, .cgroup), .after.exit_ns, [.before.samples[].victim_rss_bytes]]' "$1"
}

@test "a replay reports the kills of a recording as the run did" {
	local began=$SECONDS

	watch --dir "$tmp/box" -- sh -c "sleep 3.2; '$workloads/oompair' '$victim_dir' '$trigger_dir'; sleep 1.2"
	recording=$(echo "$tmp"/box/oom-*.rec)
	run -0 --separate-stderr "$memtrace" replay "$recording" oom --json
	printf '%s\n' "$output" >"$tmp/replayed"
	same "reports" "$(what_was "$tmp/replayed")" "$(what_was "$tmp/reports")"
	looks 2 "$began"
	same "source" "$(jq -r '.sources[0].source' "$tmp/replayed" | head -n 1)" "the kernel's events, as recorded"
	# a report is made when its time has come, not at the recording's end
	"$memtrace" record oom memory -a -o "$tmp/run.rec" -- \
		sh -c "'$workloads/oompair' '$victim_dir' '$trigger_dir'; sleep 8" >"$tmp/record.out" 2>&1
	"$memtrace" replay "$tmp/run.rec" oom --json -c "$parent" 2>"$tmp/err" | grep '^{' >"$tmp/replayed"
	between "looked for further kills" "$(jq .after.further_kills_within_ns "$tmp/replayed" | head -n 1)" 0 7000000000
	run -0 --separate-stderr "$memtrace" replay "$recording" oom -c "$parent/other" --json
	[[ ! $output ]]
	for words in "--dir $tmp/box" --last --explain "--log $recording"; do
		# shellcheck disable=SC2086
		run -2 --separate-stderr "$memtrace" replay "$recording" oom $words
		[[ $stderr == *"applies to tracing, not to a recording"* ]]
	done
}

@test "kills within a second share a recording, and each report names it" {
	watch --dir "$tmp/box" -- sh -c "'$workloads/oompair' '$victim_dir' '$trigger_dir'; '$workloads/oompair' '$victim_dir' '$trigger_dir'"
	between "reports" "$(wc -l <"$tmp/reports")" 2 9
	jq -r .recording "$tmp/reports" | sort -u >"$tmp/named"
	same "recordings" "$(paste -sd ' ' "$tmp/named")" "$(cd "$tmp/box" && echo *.rec)"
	while read -r pid recording; do
		"$memtrace" replay "$tmp/box/$recording" trace oom --json | jq -r 'select(.event == "oom") | .victim.pid' | grep -qx "$pid"
		grep -qx "recording $recording" "$tmp"/box/oom-*-"$pid".txt
	done < <(jq -r '"\(.victim.pid) \(.recording)"' "$tmp/reports")
}

@test "--last --dir: the report that was kept, or the log's kill if it is later" {
	watch --dir "$tmp/box" -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	newest=$("$memtrace" oom --last --dir /proc --json 2>/dev/null | jq .victim.pid) || true
	[[ ! $newest ]] || jq -e "select(.victim.pid == $newest)" "$tmp/reports" >/dev/null ||
		void "others were killed meanwhile"
	same "JSON" "$("$memtrace" oom --last --dir "$tmp/box" --json)" "$(tail -n 1 "$tmp/reports")"
	run --separate-stderr "$memtrace" oom --last --dir "$tmp/box"
	same "text" "$output" "$(cat "$tmp"/box/oom-*-"$(tail -n 1 "$tmp/reports" | jq .victim.pid)".txt)"
	[[ $stderr == *"$tmp/box/oom-"*".txt has this report"* ]]
	# a kill that nobody kept
	nap 1.1
	"$workloads/oompair" "$victim_dir" "$trigger_dir" >"$tmp/pair"
	dmesg | grep -q "Killed process $(sed -nE 's/^victim=([0-9]+) .*/\1/p' "$tmp/pair") " || skip "the kernel's log has no kill"
	"$memtrace" oom --last --dir "$tmp/box" --json >"$tmp/last"
	same "later" "$(jq .victim.pid "$tmp/last")" "$("$memtrace" oom --last --dir /proc --json | jq .victim.pid)"
	[[ $(jq .victim.pid "$tmp/last") != "$(tail -n 1 "$tmp/reports" | jq .victim.pid)" ]]
	run "$memtrace" oom --last --dir "$tmp/none"
	same "no directory" "$status" 1
	[[ $output == "memtrace: --dir: '$tmp/none' cannot be read: No such file or directory" ]]
}

@test "the memory for reports is taken beforehand" {
	! sanitized || skip "its own allocator"
	watch -v --dir "$tmp/box" -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	grep -q . "$tmp/reports"
	grep -qx "memtrace: debug: the heap grew by 0 bytes since it was taken" "$tmp/err"
}

# kept PID: the box has the report of that victim, and a recording
kept() {
	compgen -G "$tmp/box/oom-*-$1.json" >/dev/null && compgen -G "$tmp/box/oom-*.rec" >/dev/null
}

@test "export --oom-dir: reports as those of oom --dir, and the counts, from one process" {
	local began=$SECONDS

	mkdir "$tmp/textfile"
	memtrace_start export fault -v --by cgroup --max-series 2000 -i 0.2 --textfile "$tmp/textfile/memtrace.prom" \
		--oom-dir "$tmp/box"
	eventually test -s "$tmp/textfile/memtrace.prom"
	same "mode" "$(stat -c %a "$tmp/box")" 700
	nap 3.5
	# CAP_DAC_READ_SEARCH, CAP_BPF where a tick takes it, CAP_SYSLOG for the kernel's log; also of the thread that writes
	for thread in "/proc/$mt_pid/task"/*; do
		same "what ${thread##*/} has beside them" \
			"$(printf '%x' $((0x$(awk '$1 == "CapEff:" { print $2 }' "$thread/status") & ~0x8400000004)))" 0
	done
	"$workloads/oompair" "$victim_dir" "$trigger_dir" >"$tmp/pair"
	# shellcheck disable=SC2046
	eval $(grep -o 'victim=[0-9]* trigger=[0-9]*' "$tmp/pair" | tr ' ' '\n')
	# shellcheck disable=SC2154
	eventually kept "$victim"
	# of the victim's cgroup, as the file has them now
	counted() {
		[[ $(kills) != 0 ]]
	}
	kills() {
		awk -v cgroup="cgroup=\"$parent/victim\"" '/^memtrace_oom_kills_total[{]/ && index($0, cgroup) { sum += $NF }
			END { print sum + 0 }' "$tmp/textfile/memtrace.prom"
	}
	eventually counted
	same "kills that are counted" "$(kills)" 1
	same "faults are counted" "$(grep -c '^memtrace_page_faults_total{' "$tmp/textfile/memtrace.prom" | sed 's/^[1-9].*/some/')" some
	memtrace_stop
	same "status" "$mt_status" 0
	cat "$tmp"/box/oom-*-"$victim".json >"$tmp/reports"
	same "report" "$(told '"\(.victim.pid) \(.victim.comm) \(.victim.cgroup) \(.trigger.cgroup)"')" \
		"$victim mt-victim $parent/victim $parent/trigger"
	# a look a second, also where the file is written more often
	looks 2 "$began"
	same "the kill in the recording" \
		"$("$memtrace" replay "$tmp"/box/oom-*.rec trace oom --json | jq -r 'select(.event == "oom") | .victim.pid' | head -n 1)" \
		"$victim"
	grep -qF "OOM kill of mt-victim[$victim] in $parent/victim: its report is in $tmp/box" "$tmp/err"
	sanitized || grep -qx "memtrace: debug: the heap grew by 0 bytes since it was taken" "$tmp/err"
}

# more_names NUMBER: a process takes so many names in turn, and faults under each
more_names() {
	python3 - "$1" <<-'END'
		import ctypes, mmap, sys
		for number in range(int(sys.argv[1])):
		    ctypes.CDLL(None).prctl(15, b"mt-grow-%d" % number, 0, 0, 0)
		    with mmap.mmap(-1, 4096) as page:
		        page[0] = 1
	END
}

@test "export --oom-dir: a limit of locked memory refuses nothing that is taken later, also without CAP_IPC_LOCK" {
	! sanitized || skip "its own allocator, and mlockall(2) does nothing"
	grown() {
		! kill -0 "$mt_pid" 2>/dev/null || (($(grep -c '^memtrace_page_faults_total{comm="mt-grow-' "$tmp/textfile/memtrace.prom") >= 3000))
	}
	mkdir "$tmp/textfile"
	printf '#!/bin/sh\nexec setpriv --bounding-set=-sys_resource --inh-caps=-sys_resource prlimit --memlock=65536:65536 "%s" "$@"\n' \
		"$memtrace" >"$tmp/limited"
	chmod 755 "$tmp/limited"
	memtrace=$tmp/limited
	memcg_init
	make_cgroup many
	memtrace_start export fault alloc free stall reclaim kswapd oom swap cache thp denied space process -v \
		--by comm,cgroup --max-series 9000 -i 0.2 --textfile "$tmp/textfile/memtrace.prom" \
		--oom-dir "$tmp/box"
	eventually test -s "$tmp/textfile/memtrace.prom"
	# more than what is taken at the start
	more_names 3500
	"$workloads/many" -t 3000 -g 3000 -d "$cgroup" -n 20 -r 3 -s 1500 >/dev/null
	eventually grown
	memtrace_stop
	same "status" "$mt_status" 0
	grep -q "^memtrace: only the memory that memtrace has now is locked" "$tmp/err"
	grep -qE "the heap grew by [1-9][0-9]{6,} bytes since it was taken" "$tmp/err"
}

@test "export --oom-dir: what cannot be is refused" {
	local words
	for words in "--oom-dir $tmp/none/box" "--oom-dir $tmp --record $tmp/x.rec" "--max-reports 3" "--history 10"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$memtrace" export fault -d 1 --textfile "$tmp/x.prom" $words
		same "export $words" "$status" 2
		[[ $stderr == "memtrace: "*--* && ${#stderr_lines[@]} == 1 ]]
		[[ ! -e $tmp/x.prom ]]
	done
}

# with_pressure SHARE OPTIONS...: memtrace oom where /proc/pressure/memory says that share; "": where it says nothing
with_pressure() {
	: >"$tmp/pressure"
	[[ ! $1 ]] || printf '%s avg10=%s avg60=0.00 avg300=0.00 total=0\n' some "$1" full 0.00 >"$tmp/pressure"
	cat >"$tmp/short" <<-END
		#!/bin/sh
		exec unshare -m sh -c 'mount --bind "\$0" /proc/pressure/memory && exec "\$@"' "$tmp/pressure" "$memtrace" "\$@"
	END
	chmod +x "$tmp/short"
	[[ -e /proc/pressure/memory ]] || skip "no PSI here"
	unshare -m mount --bind "$tmp/pressure" /proc/pressure/memory 2>/dev/null || skip "nothing can be mounted here"
	memtrace=$tmp/short memtrace_start oom --json "${@:2}"
}

# held DIR: a process there that holds memory; $held
held() {
	"$workloads/hog" -g "$1" -a 8 -c mt-held -s 600000 3>&- &
	held=$!
	started+=("$held")
	eventually holds "$held"
}

# but for what is in counters of CPUs
holds() {
	(($(awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0) >= 7 << 10))
}

# told_of_kill: there is a report of such a kill, and time for another one has gone by
told_of_kill() {
	[[ $(user_kills) ]] && nap 2
}

# user_kills: of the reports those of kills by programs in the test's cgroups
user_kills() {
	grep '^{' "$tmp/out" | jq -c "select(.kill.kind == \"user\" and ((.victim.cgroup // \"\") | startswith(\"$parent\")))"
}

@test "a program that kills for want of memory, by its name; its kills in one cgroup are one report" {
	cp /bin/sh "$tmp/earlyoom"
	with_pressure 0.00 --dir "$tmp/box"
	held "$victim_dir"
	one=$held
	held "$victim_dir"
	other=$held
	nap 2.2
	"$tmp/earlyoom" -c "kill -9 $one $other; exit"
	# the same signal, of one that nobody knows
	held "$trigger_dir"
	/bin/sh -c "kill -9 $held; exit"
	eventually told_of_kill
	memtrace_stop
	same "status" "$mt_status" 0
	user_kills >"$tmp/reports"
	same "reports" "$(wc -l <"$tmp/reports")" 1
	same "kill" "$(told '"\(.victim.pid) \(.victim.comm) \(.trigger.comm) \(.kill.sent.why) \(.kill.sent.confirmed)"')" \
		"$one mt-held earlyoom name true"
	same "others" "$(told '[.kill.others[].pid] | @csv')" "$other"
	same "PSI" "$(told '.kill.sent | "\(.psi_some_avg10) \(.psi_threshold)"')" "0 0.1"
	between "what it held" "$(told .victim.anon_bytes)" $((7 << 20)) $((10 << 20))
	same "JSON" "$(jq -c . "$tmp"/box/oom-*-mt_held-"$one".json)" "$(<"$tmp/reports")"
	grep -qF "kill by a program that kills for want of memory" "$tmp"/box/oom-*-mt_held-"$one".txt
	grep -qE "^sent by   earlyoom\[[0-9]+\]" "$tmp"/box/oom-*-mt_held-"$one".txt
}

@test "SIGKILL while memory is short: reported, and that its reason is not known" {
	with_pressure 34.56
	held "$victim_dir"
	nap 2.2
	/bin/sh -c "kill -9 $held; exit"
	eventually told_of_kill
	memtrace_stop
	user_kills >"$tmp/reports"
	same "kill" "$(told '"\(.victim.pid) \(.kill.sent.why) \(.kill.sent.confirmed) \(.kill.sent.psi_some_avg10)"')" \
		"$held pressure false 0.3456"
}

@test "where PSI cannot be read that is said, and a known name is enough" {
	cp /bin/sh "$tmp/nohang"
	with_pressure ""
	held "$victim_dir"
	one=$held
	nap 2.2
	/bin/sh -c "kill -9 $one; exit"
	held "$trigger_dir"
	"$tmp/nohang" -c "kill -9 $held; exit"
	eventually told_of_kill
	memtrace_stop
	user_kills >"$tmp/reports"
	same "kill" "$(told '"\(.victim.pid) \(.kill.sent.why) \(.kill.sent.psi_some_avg10)"')" "$held name null"
	same "reports" "$(wc -l <"$tmp/reports")" 1
	grep -q "this kernel does not tell PSI" "$tmp/err"
}

@test "--at: who grew when a cgroup passes a share of its limit, once a crossing; --last is about kills" {
	need_tool python3 python3
	local began=$SECONDS

	memtrace_start oom --at 75% --json --dir "$tmp/box"
	# 16 MiB; above 48 of 64; not far enough below; then far below, and above once more
	python3 - "$parent_dir/cgroup.procs" "$tmp/box" >/dev/null 2>&1 <<-'END' || true
		import glob, mmap, sys, time
		open(sys.argv[1], "w").write("0")
		area = mmap.mmap(-1, 56 << 20, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
		def hold(mib):
		    area.madvise(mmap.MADV_DONTNEED, mib << 20)
		    for at in range(0, mib << 20, 4096): area[at] = 1
		def hold_until_reported(mib):
		    reports = len(glob.glob(sys.argv[2] + "/*.json"))
		    hold(mib)
		    while len(glob.glob(sys.argv[2] + "/*.json")) == reports: time.sleep(0.1)
		# a look comes each second
		hold(16); time.sleep(2.5)
		hold_until_reported(52)
		for mib in 46, 52, 8:
		    hold(mib); time.sleep(2.5)
		hold_until_reported(52)
	END
	memtrace_stop
	jq -c "select(.schema == \"memtrace.oom_at/1\" and .cgroup == \"$parent\")" "$tmp/out" >"$tmp/reports"
	same "reports" "$(wc -l <"$tmp/reports")" 2
	same "limit" "$(told '"\(.share) \(.limit_bytes)"')" "0.75 $((64 << 20))"
	between "usage" "$(told .usage_bytes)" $((48 << 20)) $((62 << 20))
	same "who grew" "$(told '.before.grew[0].comm')" python3
	between "by" "$(told '.before.grew[0].grown_bytes')" $((30 << 20)) $((80 << 20))
	looks 1 "$began"
	files=("$tmp"/box/oom-*-memtrace_test_*-0*.json)
	same "files" "${#files[@]}" 2
	same "JSON" "$(jq -c . "${files[0]}")" "$(head -n 1 "$tmp/reports")"
	grep -q "$parent has passed 75% of its limit (.* of 64.0MiB)$" "${files[0]%.json}.txt"
	"$memtrace" replay "${files[0]%.json}.rec" timeline >/dev/null
	run "$memtrace" oom --last --dir "$tmp/box" --json
	[[ $output != *oom_at* ]]
	for words in 0% 100% 90 x% %; do
		run "$memtrace" oom --at "$words" -d 1
		same "--at $words" "$status" 2
	done
}

@test "--at --stacks: which code touched the pages before, in that cgroup and below it, since the last time" {
	memtrace_start oom --at 75% --stacks --json -c "$parent" --dir "$tmp/box"
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 3000 -m 45 -s 1500' - "$parent_dir" "$workloads/stacks"
	# 52 of 64 MiB are too much
	sh -c 'echo $$ >"$1/cgroup.procs" && exec "$2" -n 13312 -m 1 -s 2500' - "$trigger_dir" "$workloads/stacks"
	memtrace_stop
	jq -c "select(.schema == \"memtrace.oom_at/1\" and .cgroup == \"$parent\")" "$tmp/out" >"$tmp/reports"
	same "reports" "$(wc -l <"$tmp/reports")" 1
	between "faults of chain_a" "$(told '[.paths[] | select(.stack | contains(";chain_a;chain_b;chain_c;")) | .weight] | add')" \
		$((3000 + 12288)) $((3000 + 13312))
	between "faults of chain_d" "$(told '[.paths[] | select(.stack | contains("main;chain_d;")) | .weight] | add')" 45 46
	grep -q '^page faults there before, by call path$' "$tmp"/box/oom-*-0.txt
	grep -Eq ' chain_a$' "$tmp"/box/oom-*-0.txt
	run "$memtrace" oom --stacks -d 0.1
	same "--stacks alone" "$status" 2
}

@test "--denied: what is refused without a kill, beside the kills and at the end, also as files" {
	need_tool python3 python3
	cat >"$tmp/deny.py" <<-'END'
		import mmap, resource, sys
		resource.setrlimit(resource.RLIMIT_AS, (1 << 30, -1))
		for i in range(7):
		    try: mmap.mmap(-1, (1 << 30) + (i << 20))
		    except OSError: pass
	END
	watch --denied --dir "$tmp/box" -- sh -c "python3 '$tmp/deny.py'; '$workloads/overflow' main
		'$workloads/oompair' '$victim_dir' '$trigger_dir'"
	same "status" "$mt_status" 0
	ours='.denied.rows[] | select(.what == "mmap" and .reason == "rlimit_as") | "\(.comm) \(.error) \(.count) \(.bytes) \(.limit)"'
	denied="python3 ENOMEM 7 $(((1 << 30) + (6 << 20))) $((1 << 30))"
	same "beside the kill" "$(told "$ours")" "$denied"
	tail -n 1 "$tmp/reports" >"$tmp/last"
	same "at the end" "$(jq -r "select(.schema == \"memtrace.oom_denied/1\") | $ours" "$tmp/last")" "$denied"
	same "stacks" "$(jq -r '.denied.rows[] | select(.what == "stack overflow") | "\(.comm) \(.count) \(.bytes)"' "$tmp/last")" \
		"overflow 1 null"
	same "JSON" "$(cat "$tmp"/box/oom-*-denied-0.json)" "$(cat "$tmp/last")"
	grep -qE '^denied    python3\[[0-9]+\] mmap of 1\.0[01]GiB: ENOMEM, rlimit_as, limit 1\.00GiB, 7 times$' "$tmp"/box/oom-*-denied-0.txt
	run "$memtrace" oom --denied --last
	same "status" "$status" 2
}

@test "a directory that is full of others' files, a planted link, and the oldest reports" {
	mkdir "$tmp/box"
	echo precious >"$tmp/precious"
	local i
	for i in 1 2 3 4 5; do
		touch "$tmp/box/oom-2020010${i}T000000-old-$i.json" "$tmp/box/oom-2020010${i}T000000-old-$i.txt"
	done
	touch "$tmp/box/oom-report.txt" "$tmp/box/notes" "$tmp/box/oom-20200101T00000x-a-1.txt"
	ln -s "$tmp/precious" "$tmp/box/oom-20200101T000000-link-1.json"
	# every name that the report may get within a minute
	for i in {0..59}; do
		ln -s "$tmp/precious" "$tmp/box/$(date -u -d "now + $i seconds" "+oom-%Y%m%dT%H%M%S-mt_victim-0.json")"
	done
	watch --dir "$tmp/box" --max-reports 3 -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	same "status" "$mt_status" 0
	same "precious" "$(cat "$tmp/precious")" precious
	same "others' files" "$(cd "$tmp/box" && find . -name notes -o -name oom-report.txt -o -name '*00000x*' -o -name '*link*' | wc -l)" 4
	same "reports" "$(find "$tmp/box" -type f -name 'oom-*T*.json' | wc -l)" 3
	same "none is half written" "$(find "$tmp/box" -name '.*' -type f | wc -l)" 0
	for i in "$tmp"/box/oom-*mt_victim*.json; do
		[[ -L $i ]] || jq -e '.schema == "memtrace.oom/1"' "$i" >/dev/null
	done
}

@test "a full disk: the report still comes, and it is said" {
	mkdir "$tmp/box"
	mount -t tmpfs -o size=8k none "$tmp/box"
	mounts+=("$tmp/box")
	head -c 4096 /dev/zero >"$tmp/box/filler"
	watch --dir "$tmp/box" -- "$workloads/oompair" "$victim_dir" "$trigger_dir"
	same "status" "$mt_status" 1
	grep -q "could not be written to $tmp/box.*No space left" "$tmp/err"
	same "the report" "$(told .victim.comm)" mt-victim
	same "none is half written" "$(find "$tmp/box" -name '.*' -type f | wc -l)" 0
}

@test "a directory that goes is made again; one that cannot be written to is refused" {
	mkdir "$tmp/box"
	watch --dir "$tmp/box" -- sh -c "rmdir '$tmp/box'; exec '$workloads/oompair' '$victim_dir' '$trigger_dir'"
	same "status" "$mt_status" 0
	[[ -e $(echo "$tmp"/box/oom-*mt_victim*.txt) ]]
	run "$memtrace" oom --dir "$tmp/none/box" -d 1
	same "status" "$status" 2
	[[ $output == *"--dir: '$tmp/none/box' cannot be written to: No such file or directory"* ]]
	touch "$tmp/file"
	run "$memtrace" oom --dir "$tmp/file" -d 1
	same "status" "$status" 2
}

@test "SIGKILL leaves no half report, and the next run none of its own" {
	"$memtrace" oom --json --dir "$tmp/box" >"$tmp/out" 2>"$tmp/err" &
	started+=($!)
	box=$!
	eventually test -d "$tmp/box"
	nap 1
	"$workloads/oompair" "$victim_dir" "$trigger_dir" >/dev/null 2>&1 || true
	nap 0.2
	kill -KILL "$box"
	wait "$box" 2>/dev/null || true
	local i
	for i in "$tmp"/box/oom-*.json; do
		[[ ! -e $i ]] || jq -e .victim "$i" >/dev/null
	done
}

@test "a hostile name is no path and no escape" {
	cp "$workloads/hog" "$tmp/hog"
	watch --dir "$tmp/box" -- "$tmp/hog" -g "$parent_dir" -a 90 -c $'../\e[31m'
	grep -q . "$tmp/reports"
	same "name" "$(told .victim.comm)" $'../\e[31m'
	[[ -e $(echo "$tmp"/box/oom-*-_____31m-*.txt) ]]
	run ! grep -q $'\e' "$tmp"/box/oom-*.txt
}

@test "what is about a log waits for nothing" {
	local words
	for words in "--last --max-reports 3" "--explain --dir $tmp/x" "--log - -d 3" "--explain -c /" "--last --explain" "--max-reports 3" "--last -p 1"; do
		# shellcheck disable=SC2086
		run --separate-stderr "$memtrace" oom $words </dev/null
		same "oom $words" "$status" 2
		[[ $stderr == "memtrace: "* && ${#stderr_lines[@]} == 1 ]]
	done
}
