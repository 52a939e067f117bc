/// The programs that no content may deny: without them a machine cannot be run, entered or mended.
///
/// A program is matched by its resolved path, so that no link and no other name leads around the list, and only where
/// the broker finds the same file under that path: a container's shell is not the host's.
package enum ProtectedProgram {
    /// Why a program is on the list.
    package enum Reason: UInt8, CaseIterable, Sendable {
        /// Process 1 and what it starts services and generators with.
        case initSystem
        /// Every dynamically linked program is executed through it.
        case loader
        /// A rescue console is a shell, and scripts at boot are.
        case shell
        /// The way in, by console or network.
        case login
        /// Becoming root to mend something.
        case privilege
        /// What mends a machine: installs, removes, configures packages.
        case packageManager
        /// Starting, stopping and mounting.
        case machineControl

        package var sentence: StaticString {
            switch self {
            case .initSystem: "process 1 and what it starts services with"
            case .loader: "every dynamically linked program is executed through it"
            case .shell: "a rescue console is a shell, and so are the scripts at boot"
            case .login: "the way in, by console or network"
            case .privilege: "becoming root to mend something"
            case .packageManager: "it installs, removes and configures what mends a machine"
            case .machineControl: "starting, stopping, mounting and checking the machine's disks"
            }
        }

        /// Names of files in `programFolders`.
        var names: [StaticString] {
            switch self {
            case .initSystem:
                ["init", "systemd", "runit", "runit-init", "openrc", "openrc-run", "s6-svscan", "upstart"]
            case .loader: []
            case .shell: ["sh", "bash", "dash", "busybox", "ash", "ksh", "ksh93", "mksh", "zsh", "rbash"]
            case .login:
                [
                    "sulogin", "login", "agetty", "getty", "mingetty", "sshd", "sshd-session", "sshd-auth",
                    "unix_chkpwd", "nologin",
                ]
            case .privilege: ["su", "sudo", "runuser", "pkexec", "doas", "sudo-rs"]
            case .packageManager:
                [
                    "dpkg", "dpkg-deb", "dpkg-query", "dpkg-split", "dpkg-divert", "dpkg-trigger", "dpkg-statoverride",
                    "update-alternatives", "apt", "apt-get", "apt-cache", "apt-config", "aptitude", "rpm", "rpmdb",
                    "rpmkeys", "dnf", "dnf-3", "dnf5", "microdnf", "yum", "zypper", "pacman", "apk", "snap", "flatpak",
                ]
            case .machineControl:
                [
                    "systemctl", "shutdown", "reboot", "poweroff", "halt", "telinit", "mount", "umount", "swapon",
                    "swapoff", "fsck", "e2fsck", "fsck.ext4", "xfs_repair", "btrfs", "kmod", "modprobe", "udevadm",
                    "switch_root", "pivot_root", "ldconfig", "ldconfig.real", "update-grub", "grub-mkconfig",
                    "update-initramfs", "dracut",
                ]
            }
        }
    }

    private static let programFolders: [StaticString] = [
        "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/", "/lib/",
    ]
    /// Everything below is protected.
    private static let folders: [(StaticString, Reason)] = [
        ("/usr/lib/systemd/", .initSystem), ("/lib/systemd/", .initSystem),
        ("/usr/lib/openssh/", .login), ("/usr/libexec/openssh/", .login),
        ("/usr/lib/apt/", .packageManager), ("/usr/lib/dpkg/", .packageManager), ("/usr/lib/rpm/", .packageManager),
        ("/var/lib/dpkg/info/", .packageManager),
    ]
    private static let libraryFolders: [StaticString] = ["/usr/lib", "/lib"]
    private static let loaderPrefixes: [StaticString] = ["ld-linux", "ld-musl", "ld-2.", "ld.so", "ld64.so"]

    /// Why the program at `path` may not be denied; nil when it may.
    ///
    /// - Parameter path: Resolved and absolute, as the kernel has it.
    package static func reason(path: [UInt8]) -> Reason? {
        for (folder, reason) in folders where starts(path, folder, from: 0) { return reason }
        let nameStart = (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
        guard nameStart > 0, nameStart < path.count else { return nil }
        if libraryFolders.contains(where: { starts(path, $0, from: 0) }),
            loaderPrefixes.contains(where: { starts(path, $0, from: nameStart) })
        {
            return .loader
        }
        guard programFolders.contains(where: { $0.utf8CodeUnitCount == nameStart && starts(path, $0, from: 0) })
        else { return nil }
        return Reason.allCases.first { reason in
            reason.names.contains {
                $0.utf8CodeUnitCount == path.count - nameStart && starts(path, $0, from: nameStart)
            }
        }
    }

    private static func starts(_ path: [UInt8], _ prefix: StaticString, from start: Int) -> Bool {
        guard path.count - start >= prefix.utf8CodeUnitCount else { return false }
        return prefix.withUTF8Buffer { bytes in
            for index in bytes.indices where path[start + index] != bytes[index] { return false }
            return true
        }
    }
}
