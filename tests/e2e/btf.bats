#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
#
# Covers: kernels that do not exist yet.  tests/btf/edit changes the running
# kernel's types, memtrace takes them by --btf.  What it cannot be sure of it must refuse, and
# say why; or take another alternative that is right, which counts then
# prove, as the kernel that runs is the one that was not changed.  Files that
# are no types are refused in one line.

load lib

need() {
	need_tool python3 python3
	need_tracefs
	[[ -r /sys/kernel/btf/vmlinux ]] || skip "this kernel has no BTF"
	btf=$tmp/changed.btf
}

changed() { # changed EDIT...
	"$top/tests/btf/edit" /sys/kernel/btf/vmlinux "$btf" "$@"
}

# doctor_says: what doctor finds with these types, in $tmp/doctor.json; its status in mt_status; in hooks of "PROBE;HOOK"
# "KIND: WHY"
doctor_says() {
	local name says

	mt_status=0
	"$memtrace" doctor --json --btf "$btf" >"$tmp/doctor.json" 2>"$tmp/stat.err" || mt_status=$?
	[[ ! -s $tmp/stat.err ]] || fail "doctor said something on stderr"
	declare -gA hooks=()
	while IFS=$'\t' read -r name says; do
		hooks[$name]=$says
	done < <(jq -r '.hooks[] | "\(.probe);\(.hook)\t\(.kind): \(.why)"' "$tmp/doctor.json")
}

hook() { # hook PROBE HOOK: "KIND: WHY"
	echo "${hooks["$1;$2"]-}"
}

probe() { # probe NAME: "STATE: WHY"
	jq -r --arg p "$1" '.probes[] | select(.name == $p) | "\(.state): \(.why)"' "$tmp/doctor.json"
}

# Where tracepoints can be preempted kind tp comes first, and nothing is left that could be taken instead.
need_positions() {
	cp /sys/kernel/btf/vmlinux "$btf"
	doctor_says
	[[ $(hook alloc alloc) == tp_btf:* ]] || skip "on this kernel programs that take arguments by position come last"
}

@test "the kernel's own types from a file change nothing" {
	cp /sys/kernel/btf/vmlinux "$btf"
	doctor_says
	"$memtrace" doctor --json | jq -cS '.hooks | map(del(.load_ns))' >"$tmp/own"
	same "hooks" "$(jq -cS '.hooks | map(del(.load_ns))' "$tmp/doctor.json")" "$(<"$tmp/own")"
	memtrace_stat --btf "$btf" -- "$workloads/faults" -n 2000
	assert_exact
}

# PROBE;HOOK;KIND;WHY;EDIT;EDIT...: KIND is what is taken instead, "null" is nothing
table() {
	cat <<-'END'
	fault;user;tp;other arguments: page_fault_user(long unsigned int error_code;args page_fault_user 2,1,0
	fault;kernel;tp;other arguments: page_fault_kernel(long unsigned int address,int regs;args page_fault_kernel 0,int:regs,2
	alloc;alloc;tp;other arguments: mm_page_alloc(struct page *page,int order;args mm_page_alloc 0,int:order,2,3
	alloc;alloc;tp;unsigned int nr_pages;args mm_page_alloc 0,unsigned int:nr_pages,2,3
	alloc;alloc;null;other arguments;args mm_page_alloc 1,0,2,3;rename-field trace_event_raw_mm_page_alloc.order pages
	alloc;alloc;null;MIGRATE_MOVABLE is 2, not 1;set-value MIGRATE_MOVABLE 2
	alloc;alloc;null;has no MIGRATE_UNMOVABLE;rename-value MIGRATE_UNMOVABLE MIGRATE_FIXED
	free;free;null;no tracepoint kmem:mm_page_free;rename typedef btf_trace_mm_page_free btf_trace_mm_folio_free
	reclaim;direct begin;tp;(long int order;args mm_vmscan_direct_reclaim_begin long int:order,1
	reclaim;direct begin;tp;(gfp_t gfp_flags,int order;args mm_vmscan_direct_reclaim_begin 1,0
	reclaim;direct begin;null;(long int order;args mm_vmscan_direct_reclaim_begin long int:order,1;rename-field trace_event_raw_mm_vmscan_direct_reclaim_begin_template.order depth
	reclaim;memcg begin;null;(long int order;args mm_vmscan_memcg_reclaim_begin long int:order,1;rename struct trace_event_raw_sched_process_hang trace_event_raw_mm_vmscan_memcg_reclaim_begin
	reclaim;memcg end;tp;(unsigned int nr_reclaimed;args mm_vmscan_memcg_reclaim_end unsigned int:nr_reclaimed
	reclaim;memcg begin;null;no tracepoint vmscan:mm_vmscan_memcg_reclaim_end;rename typedef btf_trace_mm_vmscan_memcg_reclaim_end btf_trace_gone
	reclaim;node end;null;no tracepoint vmscan:mm_vmscan_node_reclaim_begin;rename typedef btf_trace_mm_vmscan_node_reclaim_begin btf_trace_gone
	reclaim;node begin;tp;(int order,int nid;args mm_vmscan_node_reclaim_begin 1,0,2
	kswapd;wake;tp;(int nid,int order,int zid;args mm_vmscan_kswapd_wake 0,2,1
	kswapd;shrink;tp;(int nid,long unsigned int nr_reclaimed,long unsigned int nr_scanned;args mm_vmscan_lru_shrink_inactive 0,2,1,3,4,5
	kswapd;asked;null;no tracepoint;rename typedef btf_trace_mm_vmscan_wakeup_kswapd btf_trace_gone
	oom;victim;tp;(int pidfd;args mark_victim int:pidfd
	oom;victim;tp;MM_ANONPAGES is 5, not 1;set-value MM_ANONPAGES 5
	oom;victim;tp;has no MM_FILEPAGES;rename-value MM_FILEPAGES MM_FOLIOS
	oom;victim;tp;rss_stat is a percpu_counter_tree, not a percpu_counter;rename struct percpu_counter percpu_counter_tree
	oom;victim;tp;signal points to cred, not signal_struct;field-type task_struct.signal struct cred *
	oom;victim;tp;oom_score_adj has 4 bytes, not 2;field-type signal_struct.oom_score_adj int
	core;fork;null;(u64 clone_flags,struct task_struct *task;args task_newtask 1,0
	core;fork again;null;(struct task_struct *child,struct task_struct *parent;args sched_process_fork 1,0
	core;fork;null;task_struct.min_flt has 4 bytes, not 8;field-type task_struct.min_flt unsigned int
	core;fork;null;task_struct.min_flt;rename-field task_struct.min_flt minor_faults
	core;tasks;null;task_struct.cgroups points to cred, not css_set;field-type task_struct.cgroups struct cred *
	core;exec;null;kernfs_node.id has 4 bytes, not 8;field-type kernfs_node.id unsigned int
	core;cgroup level;null;cgroup.level;rename-field cgroup.level depth
	core;cgroup level;null;kernfs_node.priv;rename-field kernfs_node.priv private
	core;rename;null;(struct task_struct *task,int comm;args task_rename 0,int:comm
	END
}

# One kernel has the nth change of each probe, as they do not show in others' hooks; but each of core has its own, for without
# core there are no others.
@test "each change that would miscount is refused with its reason, or goes another way" {
	local probe hook kind why row rows says words edits n
	local -A nth=([core]=100) kernels=()
	need_positions
	while IFS= read -r row; do
		probe=${row%%;*}
		n=${nth[$probe]:-0}
		nth[$probe]=$((n + 1))
		kernels[$n]+=$row$'\n'
	done < <(table)
	for n in "${!kernels[@]}"; do
		mapfile -t rows <<<"${kernels[$n]%$'\n'}"
		edits=()
		for row in "${rows[@]}"; do
			IFS=';' read -ra words <<<"$row"
			edits+=("${words[@]:4}")
		done
		changed "${edits[@]}"
		doctor_says
		for row in "${rows[@]}"; do
			IFS=';' read -r probe hook kind why _ <<<"$row"
			says=${hooks["$probe;$hook"]-}
			[[ $says == "$kind: "* ]] || fail "$row: attached as $says"
			[[ $says == *"$why"* ]] || fail "$row: it says $says"
		done
	done
}

@test "a change that does no harm is no obstacle" {
	need_positions
	changed "args mm_page_alloc 0,1,2,3,int:more" "args sched_process_fork 0,1,int:more"
	doctor_says
	same "doctor's status" "$mt_status" 0
	same "the hook of alloc" "$(hook alloc alloc)" "tp_btf: null"
}

@test "a probe that was named and is refused: exit 3, one line, CMD not run; unnamed it is left out" {
	local row probe why edit
	while IFS=';' read -r probe why edit; do
		changed "$edit"
		mt_status=0
		rm -f "$tmp/ran"
		"$memtrace" stat "$probe" --btf "$btf" -- touch "$tmp/ran" >"$tmp/out" 2>"$tmp/err" || mt_status=$?
		same "status for $probe" "$mt_status" 3
		same "lines" "$(wc -l <"$tmp/err")" 1
		[[ $(<"$tmp/err") == *"$why"* ]] || fail "it says $(<"$tmp/err")"
		[[ ! -e $tmp/ran ]] || fail "CMD ran"
	done <<-'END'
	oom;no tracepoint oom:mark_victim;rename typedef btf_trace_mark_victim btf_trace_gone
	alloc;MIGRATE_MOVABLE is 2;set-value MIGRATE_MOVABLE 2
	reclaim;no tracepoint;rename typedef btf_trace_mm_vmscan_direct_reclaim_end btf_trace_gone
	END
	changed "rename typedef btf_trace_mark_victim btf_trace_gone"
	memtrace_stat --btf "$btf" -- "$workloads/faults" -n 2000
	assert_exact
	same "oom" "$(report .oom)" null
	doctor_says
	same "doctor's status" "$mt_status" 1
	[[ $(probe oom) == "unavailable: this kernel has no tracepoint oom:mark_victim" ]]
}

@test "what a missing hook would have counted is null and in no metric, live and in a recording; the rest is counted" {
	local json
	# the end alone: the begin without it is left out as well, and spoils no other kind
	changed "rename typedef btf_trace_mm_vmscan_memcg_reclaim_end btf_trace_gone"
	"$memtrace" stat reclaim --btf "$btf" --json --record "$tmp/run.rec" -- true >"$tmp/stat.json" 2>"$tmp/stat.err"
	"$memtrace" replay "$tmp/run.rec" stat --json >"$tmp/replayed.json"
	for json in "$tmp/stat.json" "$tmp/replayed.json"; do
		same "memcg reclaim in $json" "$(jq -c .total.reclaim.memcg "$json")" \
			'{"count":null,"ns":null,"reclaimed_pages":null}'
		same "direct reclaim in $json" "$(jq -r '.total.reclaim.direct.count | type' "$json")" number
		same "the probe in $json" "$(jq -c '.probes[0] | [.name, .attached, .partial]' "$json")" '["reclaim",true,true]'
	done
	doctor_says
	[[ $(hook reclaim "memcg begin") == null:*mm_vmscan_memcg_reclaim_end* ]] || fail "$(hook reclaim "memcg begin")"
	"$memtrace" verify --btf "$btf" --json -d 0.1 >"$tmp/verify.json" || true
	same "what has memcg reclaim in it" "$(jq -r '.counters[] | select(.counter == "pgsteal_anon + pgsteal_file") | .memtrace' \
		"$tmp/verify.json")" null

	changed "rename typedef btf_trace_mm_vmscan_kswapd_sleep btf_trace_gone"
	"$memtrace" export --textfile "$tmp/without.prom" --btf "$btf" --once -d 0.1
	grep -q '^memtrace_page_faults_total' "$tmp/without.prom" || fail "no faults"
	grep -qxF 'memtrace_probe_attached{probe="kswapd"} 0' "$tmp/without.prom" || fail "it is there"
	grep -E "^memtrace_kswapd" "$tmp/without.prom" && fail "counted nonetheless"
	return 0
}

@test "faults are right by the alternative that was taken" {
	local writes
	memtrace_stat fault -- "$workloads/faults" -n 5000
	writes=$(total '.comm == "faults"' .fault.write)
	between "writes with the kernel's types" "$writes" 5000 5500
	changed "args page_fault_user 2,1,0" "args page_fault_kernel 2,1,0"
	memtrace_stat fault --btf "$btf" -- "$workloads/faults" -n 5000
	assert_exact
	between "writes with arguments that changed places" "$(total '.comm == "faults"' .fault.write)" \
		$((writes - 20)) $((writes + 20))
}

@test "reclaim is right by the alternative that was taken" {
	memcg_init
	make_cgroup hog 24M
	disk_dir
	changed "args mm_vmscan_memcg_reclaim_begin long int:order,1" \
		"args mm_vmscan_memcg_reclaim_end unsigned int:nr_reclaimed"
	"$memtrace" trace reclaim --btf "$btf" --json -- "$workloads/hog" -g "$cgroup" -f "$disk/hog.file" -w 64 \
		>"$tmp/trace.json" 2>"$tmp/stat.err"
	rm -f "$disk/hog.file"
	jq -c 'select(.event == "reclaim" and .kind == "memcg")' "$tmp/trace.json" >"$tmp/episodes"
	(($(wc -l <"$tmp/episodes") > 10)) || fail "few episodes: $(wc -l <"$tmp/episodes")"
	same "orders above 10" "$(jq -s 'map(select(.order < 0 or .order > 10)) | length' "$tmp/episodes")" 0
	same "episodes that reclaimed more than there is" \
		"$(jq -s 'map(select(.reclaimed_pages > 100000)) | length' "$tmp/episodes")" 0
	(($(jq -s 'map(.reclaimed_pages) | add' "$tmp/episodes") > 1000)) || fail "nothing was reclaimed"
}

@test "counters are exact where the kernel's task storage or exit event is not what it was" {
	changed "set-value BPF_MAP_TYPE_TASK_STORAGE 99"
	memtrace_stat --btf "$btf" -- "$workloads/spawn" -n 50
	assert_exact
	# neither the old form nor the new: last counts must come from the task's end
	changed "rename struct trace_event_raw_sched_process_exit gone" "rename struct trace_event_raw_sched_process_template gone"
	memtrace_stat --btf "$btf" -- "$workloads/cleartid" -n 20 -j 8
	assert_exact
}

@test "cgroups that cannot be told are not asked for" {
	local status=0
	memcg_init
	changed "rename-value memory_cgrp_id memcg_cgrp_id"
	"$memtrace" stat -c / -d 0.1 --btf "$btf" >"$tmp/out" 2>"$tmp/err" || status=$?
	same status "$status" 3
	[[ $(<"$tmp/err") == "memtrace: cannot trace: -c: this kernel has no memory_cgrp_id"* ]]
	memtrace_stat --btf "$btf" -- true
	assert_exact
	same "cgroups" "$(report '[.processes[].cgroup] | unique | join(",")')" "-"

	changed "rename-field kernfs_node.priv private"
	status=0
	"$memtrace" stat -c / --btf "$btf" -- touch "$tmp/ran" >"$tmp/out" 2>"$tmp/err" || status=$?
	same status "$status" 3
	same "lines" "$(wc -l <"$tmp/err")" 1
	[[ $(<"$tmp/err") == "memtrace: cannot trace: -c: "*kernfs_node.priv* ]] || fail "it says $(<"$tmp/err")"
	[[ ! -e $tmp/ran ]] || fail "CMD ran"
}

# not_taken FILE: one line that names it, exit 2, CMD not run
not_taken() {
	local status=0
	rm -f "$tmp/ran"
	"$memtrace" stat --btf "$1" -- touch "$tmp/ran" >"$tmp/out" 2>"$tmp/err" || status=$?
	same "status for $1" "$status" 2
	same "lines" "$(wc -l <"$tmp/err")" 1
	[[ $(<"$tmp/err") == "memtrace: --btf $1: "* ]] || fail "it says $(<"$tmp/err")"
	[[ ! -s $tmp/out && ! -e $tmp/ran ]] || fail "CMD ran"
}

@test "a file that is no kernel's types: one line, exit 2" {
	local size file circle
	mkfifo "$tmp/fifo"
	: >"$tmp/empty"
	for file in "$tmp/absent" "$tmp" "$tmp/fifo" /dev/zero "$tmp/empty" "$BATS_TEST_FILENAME" "$memtrace"; do
		not_taken "$file"
	done
	for size in 8 24 1000 100000 1000000; do
		head -c "$size" /sys/kernel/btf/vmlinux >"$tmp/cut"
		not_taken "$tmp/cut"
	done
	changed "rename struct task_struct thread_struct"
	not_taken "$btf"
	for circle in "circle pid_t" "field-type task_struct.min_flt struct task_struct"; do
		changed "$circle"
		not_taken "$btf"
		[[ $(<"$tmp/err") == *'go in circles' ]] || fail "$circle: it says $(<"$tmp/err")"
	done
	local status=0
	"$memtrace" doctor --btf "$tmp/empty" >"$tmp/out" 2>"$tmp/err" || status=$?
	same "doctor's status" "$status" 2
}

@test "nonsense that looks like types: refused, or what is left of it counts right; never a crash" {
	local seed status
	for seed in {1..3}; do
		changed "scramble $seed $((seed * seed * 400))"
		status=0
		timeout 60 "$memtrace" stat --json --btf "$btf" -- true >"$tmp/stat.json" 2>"$tmp/err" || status=$?
		case $status in
		0) same "faults with seed $seed" "$(total true .fault.minor)" "$(report .command.rusage.minor)" ;;
		2 | 3) [[ $(<"$tmp/err") == memtrace:* ]] || fail "seed $seed: it says nothing" ;;
		*) fail "seed $seed: status $status" "$(<"$tmp/err")" ;;
		esac
	done
	for seed in {1..3}; do
		changed "damage $seed $((seed * seed * 4))"
		status=0
		timeout 60 "$memtrace" doctor --btf "$btf" >"$tmp/out" 2>"$tmp/err" || status=$?
		((status <= 3)) || fail "damage $seed: status $status" "$(<"$tmp/err")"
	done
}

@test "without BTF of the kernel's own a file is of no use, and that is said" {
	local status=0
	mkdir "$tmp/none"
	cp /sys/kernel/btf/vmlinux "$btf"
	unshare -m --propagation private bash -c 'mount --bind "$1" /sys/kernel/btf && exec "$2" stat --btf "$3" -- true' \
		sh "$tmp/none" "$memtrace" "$btf" >"$tmp/out" 2>"$tmp/err" || status=$?
	same status "$status" 3
	[[ $(<"$tmp/err") == *"/sys/kernel/btf/vmlinux"*CONFIG_DEBUG_INFO_BTF* ]] || fail "it says $(<"$tmp/err")"
}
