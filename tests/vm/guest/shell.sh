# SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause
# shellcheck shell=dash
#
# An interactive shell on the console.  VM_TERM, VM_ROWS, VM_COLS: the terminal on the host.
# shellcheck source=/dev/null
. /guest/lib.sh

mkdir -p /mnt/fs
for disk in /sys/block/nvme*; do
	serial=$(tr -d ' ' <"$disk/device/serial")
	ln -s "/dev/${disk##*/}" "/dev/$serial"
done
mount -t ext4 /dev/fs /mnt/fs
[ "$VM_ROWS" ] && stty rows "$VM_ROWS" cols "$VM_COLS"

programs=$(cd /guest && find . -type f ! -name '*.sh' ! -name exit ! -name 'memtrace*' | sort | cut -c3- | tr '\n' ' ')
cat <<END

Linux $(uname -r), $(awk '/MemTotal/ { print int($2 / 1024) }' /proc/meminfo) MiB, CPUs online: $(cat /sys/devices/system/cpu/online)
memtrace and the workloads are in PATH: $programs
/mnt/fs is an ext4 of 64 MiB; /dev/data and /dev/swap are empty disks; cgroup2 is at /sys/fs/cgroup.
"exit" ends the machine; so does Ctrl-A X at once.

END
PS1="$(uname -r | cut -d- -f1)# "
export PATH=/bin:/guest TERM="${VM_TERM:-linux}" PS1
cd /
setsid cttyhack sh
