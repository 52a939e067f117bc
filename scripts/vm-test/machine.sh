#!/usr/bin/env bash
# Makes the parts of the machine that no scenario changes, from Debian's own packages, and keeps them: a kernel
# (unpacked, never installed here), an initial RAM disk of 1 MB, and a root file system of 160 MB. Needs root, for the
# owners and device nodes in it. Usage: scripts/vm-test/machine.sh CACHE
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=$1
suite=bookworm
mkdir -p "$cache"
cd "$cache"

# The kernel for virtual machines: NVMe and ext4 are inside, virtio is not.
if [ ! -s vmlinuz ]; then
    echo "vm-test: fetching a kernel"
    rm -rf kernel && mkdir kernel
    package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image/ { print $2; exit }')
    [ -n "$package" ] || { echo "vm-test: apt offers no linux-image-cloud-amd64; run apt-get update" >&2; exit 1; }
    (cd kernel && apt-get download -qq "$package" busybox-static && for deb in ./*.deb; do dpkg-deb -x "$deb" x; done)
    cp kernel/x/boot/config-* kernel.config
    cp kernel/x/boot/vmlinuz-* vmlinuz.new
    mv vmlinuz.new vmlinuz
fi

# virtio-blk and not NVMe: QEMU's NVMe sometimes does not come back after an orderly restart, and that is not our subject.
if [ ! -s initrd.img ] || [ "$here/initramfs-init" -nt initrd.img ]; then
    rm -rf ramdisk && mkdir -p ramdisk/{bin,modules,dev,disk,proc}
    number=10
    for module in virtio_ring virtio virtio_pci_modern_dev virtio_pci_legacy_dev virtio_pci virtio_blk; do
        cp "$(find kernel/x/lib/modules -name "$module.ko")" "ramdisk/modules/$number-$module.ko"
        number=$((number + 1))
    done
    cp "$(find kernel/x -path '*bin/busybox' -type f)" ramdisk/bin/busybox
    install -m 755 "$here/initramfs-init" ramdisk/init
    (cd ramdisk && find . | cpio -o -H newc --quiet) >initrd.new
    mv initrd.new initrd.img
fi

# What systemd, a shell and the agent need, and nothing that people read.
if [ ! -d root ]; then
    echo "vm-test: making a root file system from Debian's packages (half a minute to a minute, once)"
    rm -rf root.new
    mmdebstrap --quiet --variant=custom \
        --include=systemd,systemd-sysv,dbus,udev,kmod,procps,bash,coreutils,util-linux,mount,base-files,base-passwd \
        --include=passwd,login,libc-bin,sed,grep,findutils,gzip,tar,hostname,init-system-helpers,dash,debianutils \
        --include=diffutils,zlib1g,libstdc++6,libgcc-s1,e2fsprogs \
        --aptopt='Acquire::Languages "none"' \
        --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/doc/*' \
        --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/zoneinfo/*' \
        "$suite" root.new
    mv root.new root
fi
