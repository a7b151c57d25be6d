# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# `memtrace export` while somebody sets the clock: a day ahead, two days back, and right again.
# A recording of the run is replayed.

# clock_look STEP: once faults of this step are counted, the file, and the clock around it.
clock_look() {
	dir=/out/clock
	/guest/faults -n 3000 -c mt-clock >/dev/null
	date +%s >"$dir/$1.before"
	# by then the file is of this time, and has these faults
	sleep 2.5
	cp "$dir/memtrace.prom" "$dir/$1.prom"
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
