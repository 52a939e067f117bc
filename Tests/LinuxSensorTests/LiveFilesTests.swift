import CLinuxSensor
import FleetModel
import Foundation
import Glibc
import Testing

@testable import LinuxSensor

private let privilege: Comment = "needs CAP_SYS_ADMIN and CAP_NET_ADMIN in the host's own namespaces"

/// A folder on a file system that nobody else writes to much, and what is started in it.
final class ScratchFolder {
    static let mountPoint = "/dev/shm"
    let path = "\(ScratchFolder.mountPoint)/firebreak-\(UUID().uuidString)"

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Runs a script in the folder, in a process of its own, to its end.
    func run(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", script]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }

    static var options: SensorOptions {
        var options = SensorOptions()
        options.mountPoints = [mountPoint]
        return options
    }

    /// Whether the kernel lets us do what a live sensor does: asked of the kernel, so that a sensor that fails is no
    /// reason to skip its tests.
    static var canMark: Bool {
        var namesTargets: Int32 = 0
        let group = firebreak_files_open(&namesTargets)
        guard group >= 0 else { return false }
        defer { close(group) }
        let connector = firebreak_connector_open(SensorLimit.receiveBufferBytes)
        guard connector >= 0 else { return false }
        defer { firebreak_connector_close(connector) }
        return firebreak_files_mark(group, mountPoint) == 0
            && firebreak_connector_acknowledged(connector, SensorLimit.acknowledgementMilliseconds) == 0
    }
}

// One after the other: a flood that one of them makes is a flood to the sensors of all.
@Suite(.serialized, .enabled(if: ScratchFolder.canMark, privilege), .timeLimit(.minutes(1))) struct LiveFilesTests {
    /// What happened in the folder until `end` was made in it: the kind, the name within the folder and the event.
    private func events(
        in folder: ScratchFolder, of sensor: LiveSensor
    ) async -> [(what: String, event: TelemetryEvent)] {
        var found: [(String, TelemetryEvent)] = []
        for await event in sensor.events {
            guard case .text(let name)? = event[.targetFilename], name.hasPrefix(folder.path + "/") else { continue }
            let short = name.dropFirst(folder.path.count + 1)
            if short == "end" { break }
            found.append(("\(event.kind) \(short)", event))
        }
        return found
    }

    @Test("files that are made, written, renamed and deleted are seen with full names, in order, and who did it")
    func changes() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start(ScratchFolder.options)
        try folder.run("echo a > 'a b'; mv 'a b' c; echo b >> c; ln c hard; ln -s c soft; rm c; : > end")
        let found = await events(in: folder, of: sensor)
        #expect(
            found.map(\.what) == [
                "fileEvent a b", "fileDelete a b", "fileEvent c", "fileEvent c", "fileEvent hard", "fileEvent soft",
                "fileDelete c",
            ])
        let first = try #require(found.first?.event)
        guard case .text(let image)? = first[.image] else {
            Issue.record("no image: \(first)")
            return
        }
        #expect(["/usr/bin/dash", "/bin/dash", "/usr/bin/bash", "/bin/sh"].contains(image))
        #expect(first[.user] == .text(NSUserName()))
        #expect(first.lineage.contains { $0.processId == getpid() })
    }

    @Test("names with bytes that are no UTF-8 are repaired, and none is lost")
    func strangeNames() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start(ScratchFolder.options)
        let long = String(repeating: "n", count: 255)
        try folder.run(": > \"$(printf 'x\\377y')\"; : > \"$(printf 'line\\nend')\"; : > \(long); : > end")
        let found = await events(in: folder, of: sensor)
        #expect(found.map(\.what) == ["fileEvent x\u{FFFD}y", "fileEvent line\nend", "fileEvent \(long)"])
    }

    @Test("a tree that is removed as a whole is named in full, though its folders are gone when it is heard of")
    func removedTree() async throws {
        let folder = try ScratchFolder()
        try folder.run("for i in $(seq 40); do mkdir -p d$i/e/f; : > d$i/e/f/x; done")
        let sensor = try LiveSensor.start(ScratchFolder.options)
        try folder.run("rm -r d*; : > end")
        let found = await events(in: folder, of: sensor)
        #expect(Set(found.map(\.what)) == Set((1...40).map { "fileDelete d\($0)/e/f/x" }))
        #expect(found.count == 40)
    }

    @Test("a folder that is renamed gives its new name to what follows")
    func renamedFolder() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start(ScratchFolder.options)
        try folder.run("mkdir -p one/in; : > one/in/x")
        var stream = sensor.events.makeAsyncIterator()
        while let event = await stream.next() {
            if event[.targetFilename] == .text("\(folder.path)/one/in/x") { break }
        }
        try folder.run("mv one two; : > two/in/y; : > end")
        var names: [FieldValue] = []
        while let event = await stream.next() {
            guard case .text(let name)? = event[.targetFilename], name.hasPrefix(folder.path) else { continue }
            names.append(.text(name))
            if name.hasSuffix("/end") { break }
        }
        #expect(names == [.text("\(folder.path)/two/in/y"), .text("\(folder.path)/end")])
    }

    @Test("what this process does to files is no event")
    func ourselves() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start(ScratchFolder.options)
        for number in 0..<50 { try Data([1]).write(to: URL(fileURLWithPath: "\(folder.path)/own\(number)")) }
        try FileManager.default.moveItem(atPath: "\(folder.path)/own1", toPath: "\(folder.path)/moved")
        try FileManager.default.removeItem(atPath: "\(folder.path)/own2")
        try folder.run(": > end")
        let found = await events(in: folder, of: sensor)
        #expect(found.isEmpty)
    }

    @Test(
        "a process that changes its user after its start has the new one in what it does to files",
        .enabled(if: geteuid() == 0 && access("/usr/bin/perl", X_OK) == 0, "needs root and perl"))
    func userChange() async throws {
        let folder = try ScratchFolder()
        chmod(folder.path, 0o777)
        let sensor = try LiveSensor.start(ScratchFolder.options)
        let (process, input) = (Process(), Pipe())
        process.executableURL = URL(fileURLWithPath: "/usr/bin/perl")
        process.arguments = [
            "-e",
            "open F,'>','before'; close F; <STDIN>; $< = 65534; $> = 65534; open F,'>','after'; close F; <STDIN>",
        ]
        process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        process.standardInput = input
        try process.run()
        var users: [FieldValue?] = []
        var stream = sensor.events.makeAsyncIterator()
        for name in ["before", "after"] {
            while let event = await stream.next() {
                guard event[.targetFilename] == .text("\(folder.path)/\(name)") else { continue }
                users.append(event[.user])
                break
            }
            // It goes on when what it did before was seen: who did it is asked when it is heard of.
            input.fileHandleForWriting.write(Data([10]))
        }
        process.waitUntilExit()
        let nobody = String(cString: try #require(getpwuid(65534)).pointee.pw_name)
        #expect(users == [.text("root"), .text(nobody)])
    }

    @Test("changes that nobody reads overflow the kernel's queue, and that is counted")
    func overflow() throws {
        let folder = try ScratchFolder()
        var namesTargets: Int32 = 0
        let group = firebreak_files_open(&namesTargets)
        try #require(group >= 0)
        defer { close(group) }
        try #require(firebreak_files_mark(group, ScratchFolder.mountPoint) == 0)
        // The kernel's own bound (fs.fanotify.max_queued_events) is 16,384 and half again as many are made.
        for number in 0..<25_000 { close(creat("\(folder.path)/\(number)", 0o600)) }
        var watch = FileWatch(exemptProcessIds: [])
        var changesCount = 0
        var bytes = [UInt8](repeating: 0, count: SensorLimit.fileReadBytes)
        while true {
            let count = firebreak_files_read(group, &bytes, bytes.count)
            guard count > 0 else { break }
            let notices = watch.notices(in: bytes.span.bytes.extracting(0..<count))
            changesCount += watch.changes(in: notices, now: 0).count
        }
        #expect(watch.overflowCount >= 1)
        #expect(changesCount > 1000)
    }

    @Test(
        "a flood is heard in part, which is told and counted, and after it everything is heard again",
        .enabled(
            if: access("/usr/bin/unshare", X_OK) == 0 && access("/bin/mount", X_OK) == 0, "needs unshare and mount"))
    func flood() async throws {
        let folder = try ScratchFolder()
        // On a file system that no other sensor knows of.
        let (maker, input, output) = (Process(), Pipe(), Pipe())
        // Ends with all that it started, also when the test does not come to its end.
        maker.executableURL = URL(fileURLWithPath: "/usr/bin/timeout")
        let script = """
            mkdir m && mount -t tmpfs flood m && cd m && echo $$ && read go
            for lane in 1 2; do
                (i=0; while [ ! -e stop ]; do i=$(((i+1)%2000)); : > f$lane-$i; done) &
            done
            wait
            i=0; while [ ! -e heard ] && [ $i -lt 20000 ]; do i=$((i+1)); : > after; rm after; done
            """
        maker.arguments = ["-s", "KILL", "50", "/usr/bin/unshare", "-m", "/bin/sh", "-c", script]
        maker.currentDirectoryURL = URL(fileURLWithPath: folder.path)
        (maker.standardInput, maker.standardOutput) = (input, output)
        try maker.run()
        defer {
            try? input.fileHandleForWriting.close()
            maker.waitUntilExit()
        }
        let answer = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let shell = try #require(Int32(answer.dropLast()))
        let place = "/proc/\(shell)/root\(folder.path)/m"
        var options = ScratchFolder.options
        (options.mountPoints, options.sources) = ([place], [.files])
        let sensor = try LiveSensor.start(options)
        input.fileHandleForWriting.write(Data("go\n".utf8))

        var stream = sensor.events.makeAsyncIterator()
        while sensor.reducedProtection == nil, await stream.next() != nil {}
        #expect(
            sensor.reducedProtection
                == "file changes: a flood of changes is heard in part, and the rest is counted as lost")
        // What was missed in a rest is reckoned after it.
        while sensor.counters().lostInKernel < 1000, await stream.next() != nil {}
        try Data().write(to: URL(fileURLWithPath: "\(place)/stop"))
        // When the last rest ends cannot be asked: it is written until it is heard, within bounds.
        var isHeard = false
        while !isHeard, let event = await stream.next() {
            guard case .text(let name)? = event[.targetFilename] else { continue }
            isHeard = name.hasSuffix("after")
        }
        try Data().write(to: URL(fileURLWithPath: "\(place)/heard"))
        #expect(isHeard)
    }

    @Test(
        "a file system that is mounted later is watched too, and the sensor does not keep it from being unmounted",
        .enabled(if: access("/bin/mount", X_OK) == 0, "needs mount"))
    func laterMount() async throws {
        let folder = try ScratchFolder()
        let sensor = try LiveSensor.start()
        try folder.run("mkdir m; mount -t tmpfs later m; mkdir m/d")
        let wanted = FieldValue.text("\(folder.path)/m/d/x")
        let seeing = Task { [path = folder.path] in
            for await event in sensor.events where event[.targetFilename] == wanted {
                try Data().write(to: URL(fileURLWithPath: "\(path)/stop"))
                return true
            }
            return false
        }
        // Whether it is marked already cannot be asked: written until it is heard, within bounds.
        try folder.run(
            "i=0; while [ ! -e stop ] && [ $i -lt 2000 ]; do i=$((i+1)); : > m/d/x; rm m/d/x; done")
        try folder.run("umount m")
        #expect(sensor.reducedProtection == nil)
        sensor.stop()
        #expect(try await seeing.value)
    }

    @Test("with every privilege, all sources work and nothing is amiss")
    func whole() throws {
        let sensor = try LiveSensor.start(ScratchFolder.options)
        #expect(sensor.sources().map(\.standing) == [.working, .working, .working])
        #expect(sensor.reducedProtection == nil)
    }

    @Test("a source that cannot be had leaves the others working and says why")
    func missingSource() async throws {
        var options = ScratchFolder.options
        options.mountPoints = ["/nonexistent"]
        let sensor = try LiveSensor.start(options)
        #expect(sensor.sources().map(\.source) == SensorSource.allCases)
        let reason = try #require(sensor.reducedProtection)
        #expect(reason.contains("file changes: not watched: No such file or directory"))
        #expect(sensor.sources().filter { $0.standing == .working }.map(\.source) == [.processes, .connections])
        options.mountPoints?.append(ScratchFolder.mountPoint)
        let other = try LiveSensor.start(options)
        #expect(other.reducedProtection == "file changes: /nonexistent is not watched: No such file or directory")
        options.sources = [.files]
        options.mountPoints = ["/nonexistent"]
        #expect(throws: SensorError.self) { try LiveSensor.start(options) }
    }
}
