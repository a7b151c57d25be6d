# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it

# Page cache that is used once pushes against memory that somebody holds.
pressure() {
	held=$(($(meminfo MemAvailable) / 1024 - 45))
	/guest/hog -a $held -s 60000 &
	hog=$!
	# the kernel's count of what is resident may lag by some pages
	within 60 resident "$hog" $((held * 1024 - 1024)) || return 1
	dd if="$1" of=/dev/null bs=1M count=80 2>/dev/null
	settle
	dd if="$1" of=/dev/null bs=1M count=80 2>/dev/null
	kill "$hog"
	wait
	return 0
}

# resident PID KIB
resident() {
	rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$1/status" 2>/dev/null)
	[ "${rss:-0}" -ge "$2" ]
}

stage_kswapd() {
	nodes=$(find /sys/devices/system/node -maxdepth 1 -name 'node[0-9]*' | wc -l)
	kswapd_willing
	leave_memory $((50 + 50 * nodes))
	gather kswapd stat -a -- /guest/work.sh pressure "$(disk data)"
	echo "$nodes" >/out/kswapd/nodes
	replay kswapd trace.json trace reclaim kswapd --json
	replay kswapd timeline.json timeline --json
	verify kswapd -- /guest/work.sh pressure "$(disk data)"
	all_memory
}
