extension ProtectedList {
    /// Folders inside protected ones where anyone may write, and so where malware lies.
    static let openFolders = ["/usr/local", "/dev/shm", "/run/user"]

    static let standard: [Entry] = programs + folders

    private static let everything: Acts = [.deny, .kill, .quarantine]

    private static let programs: [Entry] =
        entries(
            [.deny, .kill, .quarantine], "it is init or stands for it",
            "init telinit systemd systemctl runit openrc openrc-init s6-svscan dinit")
        + entries(
            [.deny, .kill, .quarantine, .descendants], "it is the shell of a rescue console",
            "sulogin emergency")
        + entries(
            [.deny, .kill, .quarantine, .descendants], "it is the package manager, and repairs come through it",
            """
            apt apt-get aptitude dpkg dpkg-deb dpkg-query dpkg-trigger dpkg-divert dpkg-split update-alternatives \
            unattended-upgrade unattended-upgrades rpm rpmdb dnf dnf5 dnf-3 yum microdnf zypper pacman apk flatpak snap \
            debconf update-initramfs update-grub grub-install grub-mkconfig kernel-install dracut mkinitramfs depmod
            """)
        + entries(
            [.deny, .kill, .quarantine], "people reach and repair the machine by it",
            "sshd agetty getty login sudo su polkitd")
        + entries(
            [.deny, .kill, .quarantine], "the machine's network, names, clocks and logs hang on it",
            """
            dbus-daemon dbus-broker dbus-broker-launch NetworkManager dhclient dhcpcd wpa_supplicant resolvconf chronyd \
            ntpd auditd rsyslogd syslog-ng cron crond udevd rpcbind iscsid multipathd lvmetad dmeventd
            """)
        + entries(
            [.deny, .kill, .quarantine], "other systems' work runs inside it",
            "containerd containerd-shim-runc-v2 dockerd crio conmon kubelet libvirtd virtqemud qemu-system-x86_64 Xorg")
        + entries(
            [.deny, .quarantine], "without a shell nobody and nothing can work",
            "sh dash bash rbash ash ksh ksh93 mksh zsh fish busybox sash env")
        + entries(
            [.deny, .quarantine], "start, stop and repair of the machine call it",
            """
            mount umount fsck e2fsck xfs_repair btrfs mkfs swapon swapoff modprobe insmod rmmod kmod udevadm reboot \
            shutdown halt poweroff kill killall pkill journalctl loginctl ip ifconfig route sysctl losetup cryptsetup lvm \
            dmsetup blkid lsblk mdadm chroot switch_root pivot_root nsenter setsid start-stop-daemon run-parts ldconfig \
            passwd chpasswd useradd usermod
            """)
        + entries(
            [.deny, .quarantine], "scripts of the system are made of it",
            """
            [ true false test echo printf cat cp mv rm rmdir ln ls mkdir mktemp chmod chown chgrp touch stat readlink \
            realpath basename dirname head tail cut sort uniq tr wc tee xargs find grep egrep fgrep sed awk gawk mawk expr \
            seq sleep date id whoami uname hostname ps pgrep install sync dd df du tar gzip gunzip zstd xz \
            sha256sum md5sum diff cmp perl
            """)

    private static let folders: [Entry] =
        [
            Entry(match: .folder("/usr/lib/systemd"), acts: everything, reason: "it is a part of init"),
            Entry(match: .folder("/usr/lib/apt"), acts: everything, reason: "it is a part of the package manager"),
            Entry(match: .folder("/usr/lib/dpkg"), acts: everything, reason: "it is a part of the package manager"),
            Entry(match: .folder("/usr/lib/openssh"), acts: everything, reason: "people reach the machine by it"),
            Entry(
                match: .folder("/var/lib/dpkg/info"), acts: everything, reason: "it is a script of the package manager"),
        ]
        + ["/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/libx32", "/usr/libexec"].map { folder in
            Entry(
                match: .folder(folder), acts: [.deny, .quarantine],
                reason: "it is a library, a loader or a helper that programs of the system need")
        }
        + ["/usr", "/etc", "/boot", "/efi", "/proc", "/sys", "/dev", "/run", "/var/lib", "/var/log", "/var/cache"].map {
            Entry(
                match: .folder($0), acts: .quarantine, reason: "the system's own files are mended by reinstalling them")
        }
        + ["/nix", "/gnu", "/snap", "/sysroot", "/ostree"].map {
            Entry(
                match: .folder($0), acts: .quarantine, reason: "the system's own files are mended by reinstalling them")
        } + [Entry(match: .part(".ssh"), acts: .quarantine, reason: "people reach the machine by it")]

    private static func entries(_ acts: Acts, _ reason: String, _ names: String) -> [Entry] {
        names.split(separator: " ").map { Entry(match: .program(String($0)), acts: acts, reason: reason) }
    }
}
