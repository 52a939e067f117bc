import Testing

@testable import BrokerEngine

@Suite("ProtectedProgram")
struct ProtectedProgramTests {
    private static func reason(_ path: String) -> ProtectedProgram.Reason? {
        ProtectedProgram.reason(path: Array(path.utf8))
    }

    @Test(
        "what runs, enters or mends a machine is on the list",
        arguments: [
            ("/usr/lib/systemd/systemd", ProtectedProgram.Reason.initSystem),
            ("/usr/lib/systemd/systemd-shutdown", .initSystem), ("/sbin/init", .initSystem),
            ("/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2", .loader), ("/lib/ld-musl-x86_64.so.1", .loader),
            ("/usr/bin/bash", .shell), ("/usr/bin/dash", .shell), ("/bin/busybox", .shell), ("/bin/sh", .shell),
            ("/usr/sbin/sulogin", .login), ("/usr/bin/login", .login), ("/usr/sbin/agetty", .login),
            ("/usr/sbin/sshd", .login), ("/usr/lib/openssh/sshd-session", .login),
            ("/usr/bin/sudo", .privilege), ("/usr/bin/dpkg", .packageManager), ("/usr/bin/apt-get", .packageManager),
            ("/usr/lib/apt/methods/https", .packageManager), ("/usr/bin/rpm", .packageManager),
            ("/usr/bin/dnf-3", .packageManager), ("/usr/bin/systemctl", .machineControl),
        ])
    func listed(path: String, reason: ProtectedProgram.Reason) { #expect(Self.reason(path) == reason) }

    @Test(
        "a name that only looks alike, or lies elsewhere, is not",
        arguments: [
            "", "/", "bash", "/tmp/bash", "/home/x/usr/bin/bash", "/usr/bin/bash2", "/usr/bin/bas", "/usr/bin/",
            "/usr/bin/sub/bash", "/tmp/ld-linux-x86-64.so.2", "/usr/bin/curl",
            "/usr/bin/bash (deleted)",
        ])
    func unlisted(path: String) { #expect(Self.reason(path) == nil) }

    @Test("each reason is a sentence, and has at least one program")
    func reasons() {
        for reason in ProtectedProgram.Reason.allCases {
            #expect(reason.sentence.utf8CodeUnitCount > 10)
            #expect(reason == .loader || !reason.names.isEmpty)
        }
    }

    @Test("an own folder holds what is below it, and nothing that only begins alike")
    func ownFolders() {
        let own = OwnFolders([Array("/opt/firebreak".utf8)])
        #expect(own.contains(Array("/opt/firebreak/bin/x".utf8)))
        for path in ["/opt/firebreak", "/opt/firebreak/", "/opt/firebreak2/x", "/opt", "/tmp/opt/firebreak/x"] {
            #expect(!own.contains(Array(path.utf8)), "\(path)")
        }
    }
}
