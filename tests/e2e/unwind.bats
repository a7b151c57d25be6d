#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# --stacks=dwarf: call chains of programs without frame pointers, of which each function on the way is known: static,
# stripped, deleted, of C++, of threads; python3 and Redis as they are; the same as perf finds; cut copies, recordings, wrong requests.

load lib

# stacks ARGUMENT...: its JSON in $tmp/out.json
stacks() {
	"$memtrace" stacks fault --json -o "$tmp/out.json" "$@" >"$tmp/cmd.out" 2>"$tmp/err" 3>&- || fail "$(<"$tmp/err")"
}

# paths REGEX: the sum of the weights of the paths that match
paths() {
	jq --arg re "$1" '[.paths[] | select(.stack | test($re)) | .weight] | add // 0' "$tmp/out.json"
}

chains() { # chains MEMBER
	jq "[.chains$1] | add" "$tmp/out.json"
}

frameless=$workloads/frameless

@test "without frame pointers each page stands at the whole path that touched it" {
	for program in frameless frameless-dynamic; do
		stacks --stacks=dwarf -- "$workloads/$program" -n 321 -m 45 -t 67 -s 300
		same "pages of $program" "$(paths '^frameless[^;]*;_start;.*;main;outer;middle;inner;asm_exc') $(
			paths ';work;middle;inner;asm_exc')" "321 67"
		# and the page of memset() itself, perhaps
		between "filled by memset" "$(paths ';main;outer;filled;[^;]*;asm_exc')" 45 47
		same "fp, lost" "$(chains '.fp.whole, .chains.fp.part') $(jq .lost.stacks "$tmp/out.json")" "0 0"
		# where the stack grows by the fault itself, its page is not there to be copied, but those above it are
		between "whole" "$(chains .dwarf.whole)" "$(($(chains '.dwarf[]') - 1))" "$(chains '.dwarf[]')"
	done
	grep -q 'call chains by call frame information: ' <("$memtrace" stacks --stacks=dwarf -- "$frameless" 2>"$tmp/err" 3>&-)
}

@test "frame pointers alone do not find that path" {
	stacks --stacks=fp -- "$workloads/frameless-dynamic" -n 321 -m 0 -t 0 -s 300
	same "pages" "$(paths ';main;outer;middle;inner;asm_exc') $(chains '.dwarf[]')" "0 0"
	between "part" "$(chains .fp.part)" 321 5000
	stacks --stacks -- true
	same "fp is what --stacks means" "$(chains '.dwarf[]')" 0
}

# offsets: how many frames of the path with the most pages are in the file "gone"
offsets() {
	jq -r '[.paths[] | select(.weight >= 300)] | max_by(.weight).stack' "$tmp/out.json" | tr ';' '\n' | grep -c '^gone@0x'
}

@test "a stripped program, and one whose file is gone, have the whole path, by where its functions begin" {
	cp "$workloads/frameless-stripped" "$tmp/gone"
	stacks --stacks=dwarf -- "$tmp/gone" -n 321 -m 0 -t 0 -s 300
	# _start, main, outer, middle, inner
	same "frames" "$(offsets)" 5
	echo "cd '$tmp' && exec 9<gone && rm gone && exec /proc/self/fd/9 -n 321 -m 0 -t 0 -s 1500" >"$tmp/script"
	stacks --stacks=dwarf -- bash "$tmp/script"
	[[ ! -e $tmp/gone ]]
	same "frames of what was deleted" "$(offsets)" 5
}

@test "a function without a name is one function, wherever in it pages are touched" {
	need_tool cc gcc
	need_tool nm binutils
	cat >"$tmp/p.c" <<-END
		#include <stdlib.h>
		#include <sys/mman.h>
		#include <unistd.h>
		__attribute__((noinline)) static void fill(volatile char *p, int n)
		{
			for (int i = 0; i < n; i++)
				p[4096L * i] = 1;
			usleep(1);
			for (int i = n; i < 2 * n; i++)
				p[4096L * i] = 1;
		}
		int main(void)
		{
			char *p = mmap(0, 4 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			madvise(p, 4 << 20, MADV_NOHUGEPAGE);
			fill(p, 300);
			usleep(300000);
			return 0;
		}
	END
	local at by
	cc -O1 -o "$tmp/p" "$tmp/p.c"
	at=$(nm "$tmp/p" | sed -nE 's/^0*([0-9a-f]+) t fill$/\1/p')
	strip "$tmp/p"
	for by in fp dwarf; do
		stacks --stacks=$by -- "$tmp/p"
		same "pages by $by" "$(paths ";p@0x$at;asm_exc")" 600
	done
	"$memtrace" trace fault --stacks -- "$tmp/p" >"$tmp/text" 2>"$tmp/err" 3>&-
	between "events" "$(grep -cE "user_stack .*;p@0x$at$" "$tmp/text")" 600 610
}

@test "a recording has the same paths as the live run, without the bytes" {
	"$memtrace" stacks fault --stacks=dwarf --json --record "$tmp/r.rec" -o "$tmp/out.json" -- "$frameless" -n 321 -s 300 2>"$tmp/err" 3>&-
	same "pages" "$(paths ';main;outer;middle;inner;asm_exc')" 321
	"$memtrace" replay "$tmp/r.rec" stacks fault --json -o "$tmp/again.json" 2>"$tmp/err2"
	cmp <(jq -S '.paths, .chains' "$tmp/out.json") <(jq -S '.paths, .chains' "$tmp/again.json")
	between "bytes of the recording" "$(stat -c %s "$tmp/r.rec")" 1000 200000
}

@test "a copy that is too short is counted as cut" {
	stacks --stacks=dwarf --stack-bytes 512 -- "$frameless" -n 321 -m 0 -t 0 -k 4000 -s 300
	between "cut" "$(chains .dwarf.cut)" 321 400
	same "pages" "$(paths 'frameless;middle;inner;asm_exc')" 321
	stacks --stacks=dwarf --sample 1/4 -- "$frameless" -n 4000 -m 0 -t 0 -s 300
	between "a quarter" "$(paths ';main;outer;middle;inner;asm_exc')" 700 1300
	grep -q 'a sample of one page in 4' <("$memtrace" stacks --stacks=dwarf --sample 1/4 -- true 2>"$tmp/err" 3>&-)
}

@test "C++: a stripped program that throws and calls virtual functions" {
	need_tool c++ g++
	cat >"$tmp/p.cc" <<-END
		#include <cstring>
		#include <stdexcept>
		#include <vector>
		struct base { virtual void fill(std::vector<char> &v) = 0; virtual ~base() {} };
		struct derived : base { __attribute__((noinline)) void fill(std::vector<char> &v) override { v.resize(400 * 4096, 1); } };
		__attribute__((noinline)) void run(base *b) { std::vector<char> v; b->fill(v); if (v.size() > 7) throw std::runtime_error("x"); }
		int main(int argc, char **) { base *b = argc ? new derived : nullptr; try { run(b); } catch (std::exception &) { } delete b; }
	END
	c++ -O2 -fomit-frame-pointer -o "$tmp/p" "$tmp/p.cc"
	stacks --stacks=dwarf -- "$tmp/p"
	between "pages" "$(paths ';main;run.*;derived::fill.*asm_exc')" 395 420
	strip "$tmp/p"
	stacks --stacks=dwarf -- "$tmp/p"
	between "whole" "$(chains .dwarf.whole)" "$(($(chains '.dwarf[]') * 95 / 100))" "$(chains '.dwarf[]')"
}

# While memtrace is stopped, what does not fit into its ring is lost: events do, copies of as many stacks do not.
@test "a stack like one before is not copied again" {
	need_tool /usr/bin/python3 python3
	cat >"$tmp/fill.py" <<-END
		import collections, os, re, signal, time
		end = bytearray(1 << 19)
		def known():  # events come in their order, and reading all of them would make more
		    with open("$tmp/out", "rb") as file:
		        file.seek(max(os.fstat(file.fileno()).st_size - len(end), 0))
		        file.readinto(end)
		    places = collections.Counter(re.findall(rb'"ip":"(\w+)"', end))
		    return places and max(places.values()) >= 300
		for pages in (500, 10000):
		    if pages > 500:
		        while not known(): time.sleep(0.1)
		        os.kill(os.getppid(), signal.SIGSTOP)
		    bytearray(pages * 4096)
		os.kill(os.getppid(), signal.SIGCONT)
	END
	"$memtrace" trace fault --stacks=dwarf --ring-size 4M --json -- /usr/bin/python3 "$tmp/fill.py" >"$tmp/out" 2>"$tmp/err" 3>&- ||
		fail "$(<"$tmp/err")"
	said_lossless "$tmp/err"
	between "pages at one whole path" "$(jq -r 'select(.event == "fault").user_stack' "$tmp/out" | grep '^_start;.*;Py_BytesMain;' |
		sort | uniq -c | sort -rn | awk 'NR == 1 { print $1 }')" 10000 11000
}

@test "python3 as it is: who fills a bytearray" {
	need_tool /usr/bin/python3 python3
	stacks --stacks=dwarf -- /usr/bin/python3 -c 'a = [bytearray(400000) for i in range(20)]'
	between "pages" "$(paths ';_PyEval_EvalFrameDefault.*;[^;]*;asm_exc')" 1900 20000
	between "whole, of 100" "$(($(chains .dwarf.whole) * 100 / $(chains '.dwarf[]')))" 90 100
}

# heaviest FILE: of "perf script -F ip,sym", how often the most frequent chain is there, and its functions, the outermost first
heaviest() {
	awk 'function end() { if (chain != "") print chain; chain = "" } NF == 0 { end(); next } { $1 = ""; sub(/^ /, ""); sub(/@.*/, "")
		chain = chain == "" ? $0 : $0 ";" chain } END { end() }' "$1" | sort | uniq -c | sort -rn | head -n 1 | sed 's/^ *//'
}

@test "the path with the most pages is the one that perf finds in its own copies of the stack, function by function" {
	local load=(/usr/bin/python3 -c 'a = [bytearray(400000) for i in range(10)]') perfs own

	need_tool /usr/bin/python3 python3
	need_perf page-faults
	# a ring that all of it fits into
	perf record -q -m 64M -e page-faults -c 1 --call-graph dwarf,16384 -o "$tmp/perf.data" -- "${load[@]}" >"$tmp/perf.out" 2>&1 3>&- ||
		fail "$(<"$tmp/perf.out")"
	perf script -i "$tmp/perf.data" --no-inline -F ip,sym >"$tmp/script" 2>"$tmp/err" 3>&-
	perfs=$(heaviest "$tmp/script")
	stacks --stacks=dwarf --no-inlined -- "${load[@]}"
	# without the program's name, and the kernel's functions, which perf was not asked for
	own=$(jq -r '.paths | max_by(.weight) | "\(.weight) \(.stack)"' "$tmp/out.json" | sed -E 's/ [^;]*;/ /; s/(;[^;]*_\[k\])+$//')
	between "pages" "${own%% *}" 950 970
	between "pages of perf" "${perfs%% *}" 950 970
	# what has no name is known by its file and where it begins
	same "functions" "$(sed -E 's/;[^;]*[+@]0x[0-9a-f]+/;[unknown]/g' <<<"${own#* }")" "${perfs#* }"
}

@test "libraries that are mapped while the program runs are part of its chains" {
	need_tool /usr/bin/python3 python3
	stacks --stacks=dwarf --sample 1/4 -- /usr/bin/python3 -c 'import json
d = [{"a": i, "b": [str(i)] * 5} for i in range(20000)]
for _ in range(2): json.loads(json.dumps(d))'
	between "whole, of 100" "$(($(chains .dwarf.whole) * 100 / $(chains '.dwarf[]')))" 90 100
}

@test "Redis as it is: a page of a value stands below the command that sets it" {
	need_tool redis-check-rdb redis-tools
	# the package with the server would start one; this is the same program, which goes by its name
	ln -s "$(command -v redis-check-rdb)" "$tmp/redis-server"
	local socket=$tmp/redis.sock
	cat >"$tmp/serve" <<-END
		'$tmp/redis-server' --port 0 --unixsocket '$socket' --save '' --appendonly no --dir '$tmp' >'$tmp/redis.log' &
		until redis-cli -s '$socket' ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
		for i in 1 2 3 4; do redis-cli -s '$socket' setrange "key\$i" 4000000 x; done
		redis-cli -s '$socket' shutdown nosave
		wait
	END
	stacks --stacks=dwarf -n redis-server --follow -- sh "$tmp/serve"
	between "pages" "$(jq '[.paths[] | select(.stack | test("^redis-server;.*(setrangeCommand|redis-(check-rdb|server)[+@]0x)")) | .weight] | add // 0' "$tmp/out.json")" 3900 20000
	between "whole, of 100" "$(($(chains .dwarf.whole) * 100 / $(chains '.dwarf[]')))" 90 100
}

@test "wrong requests" {
	refused "--stacks 'frames': not one of fp, dwarf" stacks --stacks=frames -- true
	refused "--stack-bytes '64K': out of range; expected a size from 512 to 16K" stacks --stacks=dwarf --stack-bytes 64K -- true
	"$memtrace" trace --stacks fault --json -o "$tmp/out" -- true 2>"$tmp/err" 3>&-
	same "events without chains" "$(jq -s '[.[] | select(.event == "fault" and (has("user_stack") | not))] | length' "$tmp/out")" 0
}
