#!/usr/bin/env bash
# Puts the programs under test, the units and every scenario's first state on one disk image; each machine then writes to
# a layer of its own over it. Usage: scripts/vm-test/image.sh CACHE COMMANDS
# CACHE holds what machine.sh and state.sh made; COMMANDS the built programs. VM_TEST_EXTRA may name a folder that is laid
# over the root: the Swift libraries, for programs that are not linked statically.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
cache=$(realpath "$1")
commands=$(realpath "$2")
# The whole disk: three times what lies on it, so that ext4 keeps its blocks in groups and its journal has 16 MB.
disk_megabytes=768

root=$cache/image
rm -rf "$root"
cp -a --reflink=auto "$cache/root" "$root"
install -d "$root"/opt/firebreak/{bin,slots/a,slots/b} "$root"/etc/firebreak "$root"/vm/scenario "$root"/var/lib

# The layout of an installed endpoint.
for program in firebreak-agent firebreak-worker; do
    strip -o "$root/opt/firebreak/slots/a/$program" "$commands/$program" 2>/dev/null || cp "$commands/$program" "$root/opt/firebreak/slots/a/"
done
for program in firebreak-guard firebreak-broker; do
    [ ! -e "$commands/$program" ] || strip -o "$root/opt/firebreak/bin/$program" "$commands/$program"
done
units=$root/etc/systemd/system
[ ! -d "$project/packaging/systemd" ] || cp -r "$project"/packaging/systemd/. "$units/"
cp -r "$here"/guest/. "$root/"
clang -Os -Wall -Werror -o "$root/usr/local/sbin/vm-fandead" "$here/fandead.c"
chmod 755 "$root"/usr/local/sbin/vm-*
[ -z "${VM_TEST_EXTRA:-}" ] || cp -r "$VM_TEST_EXTRA"/. "$root/"

# A machine of Debian's, without what waits for hardware, the network or people.
echo vm-test >"$root/etc/hostname"
echo '/dev/vda / ext4 rw,noatime 0 1' >"$root/etc/fstab"
echo 0123456789abcdef0123456789abcdef >"$root/etc/machine-id"
ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
for unit in systemd-timesyncd.service apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer fstrim.timer \
    e2scrub_all.timer e2scrub_reap.service systemd-pstore.service systemd-udevd.service systemd-udev-trigger.service \
    systemd-udevd-control.socket systemd-udevd-kernel.socket serial-getty@.service getty@.service \
    systemd-logind.service systemd-hwdb-update.service; do
    ln -sf /dev/null "$units/$unit"
done
install -d "$units"/{sysinit,multi-user}.target.wants
ln -sf ../vm-boot.service "$units/sysinit.target.wants/"
ln -sf ../vm-verdict.service ../vm-load.service "$units/multi-user.target.wants/"

# What an installation would enable.
for unit in "$units"/firebreak*.{service,timer}; do
    [ -e "$unit" ] || continue
    sed -n 's/^WantedBy=//p' "$unit" | tr ' ' '\n' | while read -r target; do
        [ -n "$target" ] || continue
        install -d "$units/$target.wants"
        ln -sf "../$(basename "$unit")" "$units/$target.wants/"
    done
done

# One folder a scenario, laid over the root at the first boot.
# Usage: scenario NAME PREPARED [offered|settled]: with 1.1.0 on its disk, or before it was offered.
scenario() {
    local folder=$root/vm/scenario/$1
    install -d "$folder/etc/firebreak" "$folder/var/lib"
    cp -a "$cache/$2/${3:-offered}" "$folder/var/lib/firebreak"
    cp "$cache/$2/ca.pem" "$folder/etc/firebreak/"
    cp "$cache/$2/release.key.pub" "$folder/etc/firebreak/trusted.keys"
    install -m 644 "$here/agent.env" "$here/broker.env" "$folder/etc/firebreak/"
    chown -R 0:0 "$folder"
}
for name in healthy torn; do scenario $name prepared-plain; done
for name in build hangbuild fanhang; do scenario $name prepared-plain settled; done
for name in panic control; do scenario $name prepared-panic-host; done
for name in hang fandead; do scenario $name prepared-hang-host; done
# Builds that the guard is given to try: one that was cut short on its way, and one that starts and then does nothing.
install -d "$root"/vm/builds/{dies,hangs}
head -c 1000000 "$root/opt/firebreak/slots/a/firebreak-agent" >"$root/vm/builds/dies/firebreak-agent"
printf '%s\n' '#!/bin/sh' "trap '' TERM" 'while :; do sleep 1; done' >"$root/vm/builds/hangs/firebreak-agent"
for build in dies hangs; do
    ln "$root/opt/firebreak/slots/a/firebreak-worker" "$root/vm/builds/$build/"
    chmod 755 "$root/vm/builds/$build/firebreak-agent"
done

rm -f "$cache/disk.new"
truncate -s ${disk_megabytes}M "$cache/disk.new"
mke2fs -q -F -t ext4 -L vm-test -d "$root" "$cache/disk.new"
mv "$cache/disk.new" "$cache/disk.img"
rm -rf "$root"
