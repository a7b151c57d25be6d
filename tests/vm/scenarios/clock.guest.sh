# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# `memtrace export` while somebody sets the clock: a day ahead, two days back, and right again.
# A recording of the run is replayed.

# counted STEP: a copy of the file is of the time since then, and has the faults of this step
counted() {
	cp /out/clock/memtrace.prom "/out/clock/$1.prom" &&
		awk -v since="$(cat "/out/clock/$1.before")" -v now="$(date +%s)" -v least=$((3000 * ($1 + 1))) '
			$1 == "memtrace_last_update_timestamp_seconds" { at = $2 }
			/^memtrace_page_faults_total[{]/ && /comm="mt-clock"/ && /type="minor"/ { faults += $NF }
			END { exit !(at >= since && at <= now + 1 && faults >= least) }' "/out/clock/$1.prom"
}

# clock_look STEP: once faults of this step are counted, the file, and the clock around it.
clock_look() {
	dir=/out/clock
	/guest/faults -n 3000 -c mt-clock >/dev/null
	date +%s >"$dir/$1.before"
	sleep 1
	within 120 counted "$1"
	date +%s >"$dir/$1.after"
}

stage_clock() {
	mkdir -p /out/clock
	[ "$memtrace" ] || return 0
	"$memtrace" export fault --textfile /out/clock/memtrace.prom -i 1 --series-idle 2h --record /out/clock/clock.rec 2>/out/clock/err &
	exporter=$!
	within 60 test -s /out/clock/memtrace.prom
	clock_look 0
	date -s "@$(($(date +%s) + 86400))" >/dev/null
	clock_look 1
	date -s "@$(($(date +%s) - 172800))" >/dev/null
	clock_look 2
	date -s "@$(($(date +%s) + 86400))" >/dev/null
	clock_look 3
	grep -E '^(CapEff|CapPrm|NoNewPrivs)' "/proc/$exporter/status" >/out/clock/capabilities
	cat /proc/sys/kernel/unprivileged_bpf_disabled >/out/clock/bpf_disabled
	kill -TERM $exporter
	wait $exporter
	echo $? >/out/clock/status
	replay clock stat.json stat --json
	[ ! -e /out/clock/memtrace.prom ] || echo there >/out/clock/left
}
