#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck disable=SC2154 # lib.bash sets them
#
# A real JVM: what memtrace map tells of its memory is what the JVM says of itself (jcmd VM.native_memory, GC.heap_info).

load lib

need() {
	need_tool jq jq
	need_tool jcmd openjdk-17-jdk-headless
	[[ $(java -version 2>&1) == *'version "17.'* ]] || skip "another JDK than 17"
}

# start_java OPTIONS...: with 256 MiB of heap, of which it touches 24 MiB, and 8 threads more; its pid in $pid
start_java() {
	cat >"$tmp/Hold.java" <<-END
		public class Hold {
			static byte[][] kept = new byte[48][];
			public static void main(String[] args) throws Exception {
				for (int i = 0; i < kept.length; i++)
					kept[i] = new byte[1 << 19];
				for (int i = 0; i < 8; i++)
					new Thread(() -> { try { Thread.sleep(600000); } catch (Exception e) { } }).start();
				System.out.println("ready");
			}
		}
	END
	javac -d "$tmp" "$tmp/Hold.java"
	java "$@" -Xms256m -Xmx256m -XX:NativeMemoryTracking=summary -cp "$tmp" Hold >"$tmp/said" 2>&1 3>&- &
	pid=$!
	started+=("$pid")
	eventually grep -qs ready "$tmp/said"
	jcmd "$pid" VM.native_memory summary scale=KB >"$tmp/native"
	"$memtrace" map -p "$pid" --json -o "$tmp/stat.json"
}

# class NAME FIELD: its sum over the mappings of a class, in KiB if it is bytes
class() {
	report "[.processes[0].mappings[] | select(.class == \"$1\") | .$2 / 1024] | add // 0"
}

# said CATEGORY: KiB of address space that the JVM has reserved for it, by its own word
said() {
	awk -v category="$1" 'index($0, "- ") == 1 { inside = index($0, " " category " (") }
		inside && match($0, /(mmap|stack): reserved=[0-9]+/) {
			size = substr($0, RSTART, RLENGTH)
			sub(/.*=/, "", size)
			print size
			exit
		}' "$tmp/native"
}

# told: each part within its bound
told() {
	same "heap" "$(class java-heap size_bytes)" "$(said 'Java Heap')"
	same "where" "$(report '.processes[0].mappings[] | select(.class == "java-heap") | .start')" "$(jcmd "$pid" GC.heap_info |
		grep -o '0x[0-9a-f]*' | sort | head -n 1 | sed 's/0x0*/0x/')"
	between "rss of the heap" "$(class java-heap rss_bytes)" 24576 65536
	same "metaspace" "$(class metaspace size_bytes)" $(($(said Class) + $(said Metaspace)))
	between "code cache" "$(class code-cache size_bytes)" $(($(said Code) * 98 / 100)) "$(said Code)"
	between "stacks" "$(class stacks size_bytes)" $(($(said Thread) * 95 / 100)) $(($(said Thread) * 105 / 100))
	between "GC" "$(class gc size_bytes)" 0 "$(said GC)"
}

@test "parts of a JVM are as large as it says: G1" {
	start_java -XX:+UseG1GC
	told
}

@test "parts of a JVM are as large as it says: the serial collector" {
	start_java -XX:+UseSerialGC
	told
}
