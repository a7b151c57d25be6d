# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash disable=SC2154 # stages.sh sources it
# systemd's tree: memtrace is a service of the system's, the victims are in a scope of a user's.

service=/system.slice/memtrace.service
app=/user.slice/user-1000.slice/app.slice
scope=$app/app-y.scope
group=$app/app-z.scope

# One that takes too much; then three that together take too much, and die together.
overeat() {
	/guest/hog -g "/sys/fs/cgroup$scope" -a 40 -c mt-alone
	for _ in 1 2 3; do
		/guest/hog -g "/sys/fs/cgroup$group" -a 12 -c mt-together -s 30000 &
	done
	wait
}

in_service() {
	echo 0 >"$cgroups$service/cgroup.procs"
	gather slices stat -a -- /guest/work.sh overeat
}

stage_slices() {
	new_cgroup /system.slice /user.slice "${app%/*}" $app
	mkdir "$cgroups$service" "$cgroups$scope" "$cgroups$group"
	echo 20M >"$cgroups$scope/memory.max"
	echo 30M >"$cgroups$group/memory.max"
	echo 1 >"$cgroups$group/memory.oom.group"
	(in_service)
	# what was written is charged to the service, which would outlive its removal
	mv /out/slices /out/slices.charged
	cp -r /out/slices.charged /out/slices
	rm -rf /out/slices.charged
	cat "$cgroups$group/memory.events" >/out/slices/events.group
	cgroup_files slices /user.slice
	within 5 rmdir "$cgroups$scope" "$cgroups$group" "$cgroups$service"
	rmdir "$cgroups/system.slice" "$cgroups$app" "$cgroups${app%/*}" "$cgroups/user.slice"
}
