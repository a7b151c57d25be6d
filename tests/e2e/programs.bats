#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# Call paths of programs as they are: PostgreSQL, node and a JVM with functions made at run time, Rust, C++ whose compiler
# put functions into others, a program in a mount namespace of its own.  Each touches a known number of pages in a
# known function, which is the one that is named.  python3, Redis, stripped, static and deleted programs: unwind.bats.

load lib

need() {
	need_tool jq jq
}

teardown_file() {
	[[ ! -s $BATS_FILE_TMPDIR/maps ]] || xargs rm -f <"$BATS_FILE_TMPDIR/maps"
}

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

# A build with sanitizers unwinds so slowly that some copies find no room on a busy machine.
whole() { # whole PERCENT
	local least=$1

	! sanitized || least=$((least - 10))
	between "whole, of 100" "$(($(chains .dwarf.whole) * 100 / $(chains '.dwarf[]')))" "$least" 100
}

# names OF: a file of names of functions made at run time, to be removed
names() {
	echo "/tmp/perf-$1.map" >>"$BATS_FILE_TMPDIR/maps"
}

@test "PostgreSQL: pages of a sort stand below the query's plan; statements that stay prepared hold objects" {
	local bin i as_nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)

	need_tool setpriv util-linux
	for bin in /usr/lib/postgresql/*/bin "$top"/build/tools/usr/lib/postgresql/*/bin; do
		! "${as_nobody[@]}" test -x "$bin/initdb" || break
	done
	"${as_nobody[@]}" test -x "$bin/initdb" || skip "missing: postgres, for anybody to execute (Debian: postgresql-15)"
	chmod a+rx "$BATS_RUN_TMPDIR" "$BATS_FILE_TMPDIR" "$tmp"
	install -d -o 65534 -g 65534 -m 700 "$tmp/data"
	"${as_nobody[@]}" "$bin/initdb" -D "$tmp/data" -N -E UTF8 --locale=C >"$tmp/initdb" 2>&1 3>&- || fail "$(<"$tmp/initdb")"
	cat >"$tmp/queries" <<-END
		set work_mem = '64MB'
		select count(t) from (select repeat('x', 500) as t from generate_series(1, 20000) g order by md5(g::text) offset 0) s
	END
	stacks --stacks=dwarf -- sh -c 'exec "$@" <"$0"' "$tmp/queries" "${as_nobody[@]}" "$bin/postgres" --single -D "$tmp/data" postgres
	grep -q 'count = "20000"' "$tmp/cmd.out" || fail "$(<"$tmp/cmd.out")"
	# 300 statements that stay prepared
	for ((i = 0; i < 300; i++)); do
		echo "prepare p$i as select relname from pg_class where relpages > $i"
	done >"$tmp/prepare"
	"$memtrace" leak --malloc --json -o "$tmp/leak.json" -- sh -c 'exec "$@" <"$0"' "$tmp/prepare" "${as_nobody[@]}" \
		"$bin/postgres" --single -D "$tmp/data" postgres >"$tmp/leak.out" 2>"$tmp/err" 3>&- || fail "$(<"$tmp/err")"
	same "the first paths" "$(jq -c '[.by_object[:3][] | (.path | index("PrepareQuery") != null), .objects] | unique' "$tmp/leak.json")" \
		'[true,300]'
	between "objects of statements, in hundreds" \
		"$(jq '[.by_object[] | select(.path | index("PrepareQuery")) | .objects] | add / 100 | floor' "$tmp/leak.json")" 9 60
	# 20,000 rows of 500 bytes are 10 MB
	between "pages of the sort" "$(paths ';PostgresMain;.*;standard_ExecutorRun;.*;tuplesort_puttupleslot;.*asm_exc')" 2441 6000
	whole 95
}

# node_touches METHOD: the program ends at once; the file with its names is found nevertheless
node_touches() {
	cd "$tmp" || return # it writes files
	stacks --stacks="$1" -- node --perf-basic-prof --interpreted-frames-native-stack "$tmp/touch.js"
	names "$(cat "$tmp/cmd.out")"
	between "pages by $1" "$(paths ';JS:[~*^+]?work [^;]*touch.js:[^;]*;JS:[~*^+]?touchPages [^;]*;([^;]*;)*asm_exc')" 2900 3100
}

@test "node: pages stand at the JavaScript function that touches them, both ways" {
	need_tool node nodejs
	cat >"$tmp/touch.js" <<-END
		console.log(process.pid);
		const memory = new Uint8Array(3000 * 4096);
		function touchPages(m) { for (let i = 0; i < m.length; i += 4096) m[i] = 1; }
		function work() { touchPages(memory); }
		work();
	END
	node_touches fp
	node_touches dwarf
	# 4 in 100 are deeper than 16 KiB; with more to do, others may be late, and are not among them
	whole 85
}

@test "a JVM: pages stand at the Java method that touches them" {
	local pid

	need_tool jcmd openjdk-17-jdk-headless
	[[ $(java -version 2>&1) =~ version\ \"(1[7-9]|[2-9][0-9])\. ]] || skip "a JDK before 17, which has no Compiler.perfmap"
	cat >"$tmp/Touch.java" <<-END
		import sun.misc.Unsafe;
		public class Touch {
			static Unsafe unsafe;
			static void touchPages(long at, int n) {
				for (int i = 0; i < n; i++)
					unsafe.putByte(at + 4096L * i, (byte) 1);
			}
			public static void main(String[] args) throws Exception {
				var field = Unsafe.class.getDeclaredField("theUnsafe");
				field.setAccessible(true);
				unsafe = (Unsafe) field.get(null);
				long warm = unsafe.allocateMemory(8192);
				for (int i = 0; i < 20000; i++)
					touchPages(warm, 1);
				System.out.println("ready");
				System.in.read();
				touchPages(unsafe.allocateMemory(3001 * 4096), 3000);
				System.out.println("touched");
				System.in.read();
			}
		}
	END
	javac -nowarn -d "$tmp" "$tmp/Touch.java" 2>"$tmp/javac" || fail "$(<"$tmp/javac")"
	mkfifo "$tmp/in"
	java -Xbatch -XX:+PreserveFramePointer -XX:CompileCommand=dontinline,Touch.touchPages -cp "$tmp" Touch \
		<"$tmp/in" >"$tmp/said" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	exec {input}>"$tmp/in"
	eventually grep -qs ready "$tmp/said"
	names "$pid"
	jcmd "$pid" Compiler.perfmap >"$tmp/jcmd"
	memtrace_start stacks fault --json -o "$tmp/out.json" -p "$pid"
	echo >&"$input"
	eventually grep -qs touched "$tmp/said"
	memtrace_stop
	exec {input}>&-
	between "pages" "$(paths ';JavaMain;.*;[^;]*Touch.touchPages[^;]*;asm_exc')" 2990 3000
}

@test "Rust: a page stands at the function that is inlined where it is touched" {
	need_tool rustc rustc
	cat >"$tmp/touch.rs" <<-END
		mod work {
			#[inline(always)]
			fn put(p: *mut u8) { unsafe { std::ptr::write_volatile(p, 1) } }
			pub struct Filler { pub at: *mut u8 }
			impl Filler {
				#[inline(never)]
				pub fn fill(&mut self, pages: usize) { for i in 0..pages { put(unsafe { self.at.add(4096 * i) }); } }
			}
		}
		fn main() {
			let mut v: Vec<u8> = Vec::with_capacity(700 * 4096);
			work::Filler { at: v.as_mut_ptr() }.fill(700);
			std::thread::sleep(std::time::Duration::from_millis(300));
		}
	END
	rustc -O -g -o "$tmp/touch" "$tmp/touch.rs"
	stacks --stacks=dwarf -- "$tmp/touch"
	between "pages" "$(paths ';touch::main;.*work::Filler[^;]*::fill;.*put_\[i];(.*_\[i];)?asm_exc')" 690 701
	whole 90
}

# inlined_program OPTION...: p, whose function fill() is put into run(), and put() into that
inlined_program() {
	cat >"$tmp/p.cc" <<-END
		#include <sys/mman.h>
		#include <unistd.h>
		#define INLINE inline __attribute__((always_inline))
		namespace work {
		INLINE void put(volatile char *p) { *p = 1; }
		struct filler { char *at; INLINE void fill(int n) { for (int i = 0; i < n; i++) put(at + 4096L * i); } };
		__attribute__((noinline)) void run(char *p, int n) { filler f{p}; f.fill(n); usleep(300000); }
		}
		int main() {
			char *p = (char *)mmap(nullptr, 8 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			madvise(p, 8 << 20, MADV_NOHUGEPAGE);
			work::run(p, 333);
			return 0;
		}
	END
	(cd "$tmp" && c++ -O2 "$@" -o p p.cc)
}

inlined=';main;work::run;work::filler::fill_\[i];(work::)?put_\[i];asm_exc'

@test "C++: functions that were put into others are frames of their own, by either way and from a debug file" {
	need_tool c++ g++
	for options in -gdwarf-4 -gdwarf-5 '-gdwarf-5 -gz'; do
		# shellcheck disable=SC2086 # several
		inlined_program $options -fno-omit-frame-pointer
		for by in fp dwarf; do
			stacks --stacks=$by -- "$tmp/p"
			same "pages by $by, $options" "$(paths "$inlined")" 333
		done
	done
	stacks --no-inlined --stacks=dwarf -- "$tmp/p"
	same "pages without" "$(paths ';main;work::run;asm_exc') $(paths '_\[i]')" "333 0"
	stacks --no-demangle --stacks=dwarf -- "$tmp/p"
	same "mangled" "$(paths ';_ZN4work3runEPci;_ZN4work6filler4fillEi_\[i];[^;]*put[^;]*_\[i];asm_exc')" 333
	mkdir "$tmp/debug"
	objcopy --only-keep-debug "$tmp/p" "$tmp/debug/p.debug"
	strip "$tmp/p"
	stacks --stacks=dwarf --symbols "$tmp/debug" -- "$tmp/p"
	same "pages from a debug file" "$(paths "$inlined")" 333
	"$memtrace" record --every fault --stacks=dwarf -o "$tmp/r.rec" -- "$tmp/p" 2>"$tmp/err" 3>&-
	"$memtrace" replay "$tmp/r.rec" stacks --json --symbols "$tmp/debug" -o "$tmp/out.json"
	same "pages of a recording" "$(paths "$inlined")" 333
}

@test "debugging information that is in another file is not looked for, whatever it names" {
	need_tool c++ g++
	inlined_program -gdwarf-5 -gsplit-dwarf
	# whoever opens it waits
	rm "$tmp"/*.dwo
	mkfifo "$tmp/p.dwo" "$tmp/p-p.dwo"
	stacks --stacks=dwarf -- "$tmp/p"
	same "pages" "$(paths ';main;work::run;asm_exc') $(paths ';main;work.*_\[i]')" "333 0"
	! grep -q 'addresses instead of functions' "$tmp/err" || fail "$(<"$tmp/err")"
}

@test "a program in a mount namespace of its own, and what it made at run time" {
	need_tool unshare util-linux
	mkfifo "$tmp/go"
	# the shell is there to find the file by, when the program has ended
	cat >"$tmp/inside" <<-END
		exec 9<>"$tmp/go"
		mount -t tmpfs none /mnt && cp "$workloads/jitted" /mnt/hidden && mount -t tmpfs none /tmp && /mnt/hidden -n 200 -k
		read -r line <&9
	END
	memtrace_start trace fault --stacks --json -- unshare -m --propagation private sh "$tmp/inside"
	eventually grep -q '"comm":"hidden".*;jit_touch' "$tmp/out"
	echo >"$tmp/go"
	memtrace_end
	[[ ! -e /mnt/hidden ]]
	same "pages" "$(grep '"comm":"hidden"' "$tmp/out" | grep -cE '[;"]main;jit_outer LazyCompile:~f /a b.js:1;jit_touch"')" 200
}
