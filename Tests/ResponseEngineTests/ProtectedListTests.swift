import FleetModel
import Testing

@testable import ResponseEngine

@Suite("Protected list")
struct ProtectedListTests {
    private let list = Samples.protected

    @Test(
        "init, rescue shells, package managers, remote access and our own are never ended",
        arguments: [
            "/usr/lib/systemd/systemd", "/lib/systemd/systemd-journald", "/sbin/init", "/sbin/sulogin", "/usr/bin/dpkg",
            "/usr/bin/apt-get", "/usr/bin/dnf", "/usr/bin/rpm", "/usr/sbin/sshd", "/sbin/agetty",
            "/usr/bin/dbus-daemon",
            "/opt/firebreak/slots/a/firebreak-agent", "/opt/firebreak/bin/firebreak-guard", "/usr/bin/containerd",
        ])
    func spared(_ image: String) {
        #expect(list.reason(toSpare: 4_000, image: image, ancestorImages: []) != nil)
        #expect(list.reason(toAllow: image, by: 4_000, ancestorImages: []) != nil)
        #expect(list.reason(toKeep: image) != nil)
    }

    @Test(
        "shells, loaders, tools of repair and of scripts are never denied, and never moved away",
        arguments: [
            "/bin/sh", "/usr/bin/bash", "/usr/bin/dash", "/bin/busybox", "/bin/mount", "/usr/sbin/reboot",
            "/usr/bin/cat",
            "/usr/bin/[", "/lib64/ld-linux-x86-64.so.2", "/usr/lib/x86_64-linux-gnu/libc.so.6", "/usr/bin/env",
        ])
    func allowed(_ image: String) {
        #expect(list.reason(toAllow: image, by: 4_000, ancestorImages: []) != nil)
        #expect(list.reason(toKeep: image) != nil)
    }

    @Test(
        "no file of the system, of sign-in or of ours is ever moved away",
        arguments: [
            "/etc/passwd", "/boot/vmlinuz", "/usr/bin/nc", "/var/lib/dpkg/status", "/var/lib/firebreak/journal.json",
            "/root/.ssh/authorized_keys", "/home/ada/.ssh/config", "/dev/sda", "/run/systemd/private", "/proc/self/exe",
            "/lib/modules/x.ko", "/usr", "/etc",
        ])
    func kept(_ file: String) { #expect(list.reason(toKeep: file) != nil) }

    @Test(
        "what lies where anyone writes is not protected, whatever its name",
        arguments: [
            "/tmp/sshd", "/home/ada/dpkg", "/usr/local/bin/miner", "/dev/shm/x", "/opt/other/tool", "/var/tmp/systemd",
            "/etcetera/x", "/root/x", "/run/user/1000/x", "/var/www/html/shell.php", "/opt/firebreak2/x",
        ])
    func open(_ path: String) {
        #expect(list.reason(toSpare: 4_000, image: path, ancestorImages: ["/usr/sbin/sshd", "/usr/bin/bash"]) == nil)
        #expect(list.reason(toAllow: path, by: 4_000, ancestorImages: ["/usr/bin/bash"]) == nil)
        #expect(list.reason(toKeep: path) == nil)
    }

    @Test("a shell may be ended, but not one of a rescue console, nor what a package manager runs")
    func descendants() {
        func reason(_ ancestors: [String]) -> String? {
            list.reason(toSpare: 4_000, image: "/usr/bin/bash", ancestorImages: ancestors)
        }
        #expect(reason(["/usr/bin/bash", "/usr/sbin/sshd"]) == nil)
        #expect(reason(["/usr/bin/bash", "/usr/sbin/sulogin"])?.contains("rescue console") == true)
        #expect(reason(["/usr/bin/dpkg", "/usr/bin/apt"])?.contains("package manager") == true)
    }

    @Test("init and our own processes are known by their numbers as well")
    func numbers() {
        for processId: Int32 in [-1, 0, 1, 700, 701] {
            #expect(list.reason(toSpare: processId, image: "/tmp/x", ancestorImages: []) != nil)
            #expect(list.reason(toAllow: "/tmp/x", by: processId, ancestorImages: []) != nil)
        }
        #expect(list.reason(toSpare: 2, image: "/tmp/x", ancestorImages: []) == nil)
    }

    @Test("every entry has a reason, and names a folder or a program")
    func reasons() {
        #expect(list.entries.count > 150)
        for entry in list.entries {
            #expect(entry.reason.count > 10 && !entry.acts.isEmpty)
            switch entry.match {
            case .folder(let folder): #expect(folder.hasPrefix("/") && !folder.hasSuffix("/") && folder.count > 1)
            case .program(let name), .part(let name): #expect(!name.isEmpty && !name.contains("/"))
            }
        }
    }
}
