import Foundation
import Testing

/// The architecture as a table: which room may import which, and which libraries. It is held against every import
/// statement, and ARCHITECTURE.md shows it.
enum Layers {
    struct Room {
        let name: String
        let tier: String
        let rooms: Set<String>
        let libraries: Set<String>
    }

    static let rooms: [Room] = [
        room("Model", "FleetModel", ""),
        room("Model", "CanonicalCoding", "FleetModel"),
        room("Model", "ContentPack", "FleetModel CanonicalCoding"),
        room("Engines", "GuardEngine", ""),
        room("Engines", "UpdateTrust", "FleetModel CanonicalCoding ContentPack GuardEngine", "Crypto CryptoExtras"),
        room("Engines", "RolloutEngine", "FleetModel CanonicalCoding", "Glibc"),
        room("Engines", "DetectionEngine", "FleetModel"),
        room("Engines", "PolicyDocument", "FleetModel CanonicalCoding RolloutEngine", "Yams"),
        room("Engines", "RuleCompiler", "FleetModel DetectionEngine", "Yams"),
        room("Engines", "AgentEngine", "FleetModel"),
        room("Engines", "ControlWire", "FleetModel CanonicalCoding", "SwiftProtobuf Foundation"),
        room("Engines", "WorkerWire", "FleetModel"),
        room("Engines", "BrokerEngine", ""),
        room("Engines", "StateMeasurement", "FleetModel CanonicalCoding", "Crypto"),
        room("Engines", "ResponseEngine", "FleetModel"),
        room("Engines", "DecisionRecord", "FleetModel CanonicalCoding UpdateTrust RolloutEngine", "Crypto"),
        room("Engines", "TransparencyLog", "FleetModel CanonicalCoding", "Crypto"),
        room("Doors", "DurableFiles", "FleetModel", "Glibc Foundation Synchronization"),
        room("Doors", "FleetStore", "FleetModel CanonicalCoding RolloutEngine", "GRDB Foundation Synchronization"),
        room(
            "Doors", "ContentPublisher",
            "FleetModel CanonicalCoding ContentPack UpdateTrust RuleCompiler DetectionEngine", "Foundation Glibc"),
        room(
            "Doors", "RepositoryPublisher", "FleetModel CanonicalCoding UpdateTrust DurableFiles",
            "Crypto CryptoExtras Foundation Glibc"),
        room(
            "Doors", "LinuxSensor", "FleetModel CanonicalCoding CLinuxSensor",
            "DequeModule Glibc Foundation Synchronization"),
        room("Doors", "WorkerSandbox", "FleetModel WorkerWire CWorkerSandbox", "Glibc Synchronization"),
        room("Doors", "ExecBroker", "BrokerEngine CExecBroker", "Glibc Synchronization"),
        room("Doors", "BoundedHTTP", "", "AsyncHTTPClient NIOCore NIOHTTP1"),
        room(
            "Doors", "RepositoryClient", "FleetModel UpdateTrust DurableFiles",
            "NIOCore NIOPosix NIOHTTP1 NIOSSL Synchronization"),
        room(
            "Doors", "ControlClient", "FleetModel CanonicalCoding ControlWire BoundedHTTP",
            "AsyncHTTPClient NIOCore NIOPosix NIOHTTP1 NIOSSL NIOFoundationCompat Foundation SwiftProtobuf Logging"),
        room(
            "Doors", "StateSeal", "FleetModel StateMeasurement DurableFiles CTPM", "Crypto Glibc Synchronization"),
        room("Doors", "WebConsole", "FleetModel ControlWire", "Mustache Foundation"),
        room("Doors", "ExposureChecker", "FleetModel CanonicalCoding", "GRDB Foundation"),
        room(
            "Doors", "ResponseActions", "FleetModel CanonicalCoding ResponseEngine DurableFiles CResponseActions",
            "Crypto Glibc"),
        room("Doors", "LogStore", "FleetModel TransparencyLog DurableFiles", "Dispatch Glibc Synchronization"),
        room(
            "Doors", "LogClient", "FleetModel TransparencyLog DurableFiles BoundedHTTP",
            "AsyncHTTPClient NIOCore NIOHTTP1 NIOSSL"),
        room(
            "Assemblies", "LogWitness", "FleetModel TransparencyLog DurableFiles LogStore",
            "Hummingbird HTTPTypes NIOCore Logging ServiceLifecycle UnixSignals Foundation Glibc Synchronization"),
        room(
            "Assemblies", "ControlPlane",
            "FleetModel CanonicalCoding ContentPack UpdateTrust RolloutEngine DecisionRecord ControlWire StateMeasurement TransparencyLog FleetStore DurableFiles LogStore LogClient RepositoryPublisher WebConsole",
            "Hummingbird HummingbirdCore HummingbirdTLS NIOCore NIOPosix NIOHTTP1 NIOHTTPTypes NIOSSL NIOFoundationCompat X509 SwiftASN1 Crypto HTTPTypes SwiftProtobuf Logging ServiceLifecycle UnixSignals Foundation Glibc Synchronization"
        ),
        room(
            "Assemblies", "EndpointAgent",
            "FleetModel CanonicalCoding ContentPack UpdateTrust AgentEngine ControlWire WorkerWire GuardEngine BrokerEngine ResponseEngine StateMeasurement TransparencyLog DurableFiles RepositoryClient ControlClient LinuxSensor WorkerSandbox ExecBroker ResponseActions StateSeal",
            "Crypto DequeModule Dispatch Logging Foundation Glibc Synchronization SwiftProtobuf"),
        room(
            "Assemblies", "DetectionWorker", "FleetModel DetectionEngine WorkerWire WorkerSandbox CWorkerSandbox",
            "Glibc"),
        room(
            "Assemblies", "FileDetection", "FleetModel CanonicalCoding DetectionEngine RuleCompiler", "Foundation Glibc"
        ),
        room(
            "Assemblies", "ReleaseLab",
            "FleetModel CanonicalCoding ContentPack UpdateTrust WorkerWire LinuxSensor WorkerSandbox",
            "Glibc Synchronization"),
        room("Assemblies", "FleetSimulator", "FleetModel CanonicalCoding RolloutEngine AgentEngine", "Glibc"),
        room(
            "Assemblies", "DemoStory",
            "FleetModel CanonicalCoding ControlWire ControlClient ContentPublisher RepositoryPublisher ContentPack UpdateTrust DecisionRecord TransparencyLog LogClient ExposureChecker DurableFiles LinuxSensor WorkerSandbox ReleaseLab",
            "NIOCore NIOPosix Subprocess SystemPackage Foundation Glibc"),
        room(
            "Commands", "firebreak",
            "FleetModel CanonicalCoding ControlWire ControlClient ContentPublisher RepositoryPublisher ContentPack UpdateTrust RolloutEngine PolicyDocument WorkerSandbox ReleaseLab FleetSimulator DemoStory DetectionEngine RuleCompiler FileDetection GuardEngine ResponseEngine ResponseActions TransparencyLog DecisionRecord DurableFiles LogStore LogClient LogWitness",
            "ArgumentParser SystemPackage Foundation Glibc Synchronization"),
        room("Commands", "firebreak-control", "FleetModel ControlPlane", "ArgumentParser Foundation Logging Glibc"),
        room(
            "Commands", "firebreak-agent", "FleetModel EndpointAgent GuardEngine UpdateTrust DurableFiles",
            "ArgumentParser Foundation Logging Glibc"),
        room("Commands", "firebreak-guard", "GuardEngine CGuard"),
        room("Commands", "firebreak-worker", "DetectionWorker", "Glibc"),
        room(
            "Commands", "firebreak-tuf-client", "FleetModel UpdateTrust RepositoryClient DurableFiles",
            "Glibc"),
        room("Commands", "firebreak-broker", "CExecBroker"),
    ]

    private static func room(_ tier: String, _ name: String, _ rooms: String, _ libraries: String = "") -> Room {
        Room(
            name: name, tier: tier, rooms: Set(rooms.split(separator: " ").map(String.init)),
            libraries: Set(libraries.split(separator: " ").map(String.init)))
    }

    /// Every room that `name` reaches by imports, itself left out.
    static func closure(of name: String) -> Set<String> {
        var reached: Set<String> = []
        var open = [name]
        while let next = open.popLast() {
            for imported in rooms.first(where: { $0.name == next })?.rooms ?? [] where reached.insert(imported).inserted
            {
                open.append(imported)
            }
        }
        return reached
    }

    /// The table as ARCHITECTURE.md shows it.
    static var markdown: String {
        var lines = ["| tier | room | may import |", "|---|---|---|"]
        for room in rooms {
            let imports = rooms.map(\.name).filter(room.rooms.contains).joined(separator: ", ")
            let libraries = room.libraries.subtracting(["Foundation", "Glibc", "Synchronization"]).sorted().joined(
                separator: ", ")
            let cell = [imports, libraries.isEmpty ? "" : "(\(libraries))"].filter { !$0.isEmpty }.joined(
                separator: " ")
            lines.append("| \(room.tier) | \(room.name) | \(cell.isEmpty ? "-" : cell) |")
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

@Suite("Layers")
struct LayerTests {
    @Test("a room imports only what the table allows it")
    func importsFollowTheTable() throws {
        var violations: [String] = []
        for room in Layers.rooms {
            for file in try SourceTree.swiftFiles(under: "Sources/\(room.tier)/\(room.name)") {
                violations += Self.forbiddenImports(in: file.text, room: room).map { "\(file.path): imports \($0)" }
            }
        }
        #expect(violations.isEmpty, "\(violations.joined(separator: "\n"))")
    }

    @Test("the import check bites: a room that imports what the table does not allow is named")
    func importCheckBites() throws {
        let agent = try #require(Layers.rooms.first { $0.name == "EndpointAgent" })
        let text =
            "import AgentEngine\npackage import DetectionEngine\n@preconcurrency import Yams\nimport struct X.Y\n"
        #expect(Self.forbiddenImports(in: text, room: agent) == ["DetectionEngine", "Yams", "X"])
    }

    @Test("every folder of sources is a room of the table, and the reverse")
    func everyRoomIsInTheTable() throws {
        var found: Set<String> = []
        for tier in ["Model", "Engines", "Doors", "Assemblies", "Commands"] {
            for folder in try SourceTree.folders(under: "Sources/\(tier)") {
                found.insert("\(tier)/\(folder)")
            }
        }
        let shims: Set<String> = [
            "Doors/CExecBroker", "Doors/CGuard", "Doors/CLinuxSensor", "Doors/CResponseActions", "Doors/CTPM",
            "Doors/CWorkerSandbox",
        ]
        #expect(found.subtracting(shims) == Set(Layers.rooms.map { "\($0.tier)/\($0.name)" }))
    }

    @Test("imports point up the tiers only")
    func importsPointUp() {
        let order = ["Model", "Engines", "Doors", "Assemblies", "Commands"]
        let tiers = Dictionary(
            uniqueKeysWithValues: Layers.rooms.map { ($0.name, order.firstIndex(of: $0.tier) ?? -1) })
        for room in Layers.rooms {
            for imported in room.rooms {
                let upper = tiers[imported] ?? 2  // the C shims are doors
                #expect(upper <= tiers[room.name] ?? -1, "\(room.name) imports \(imported) from a lower tier")
            }
        }
    }

    @Test("first wall: agent and lab never reach the detection engine or the rule compiler")
    func agentNeverReachesDetection() {
        let reached = Layers.closure(of: "EndpointAgent").union(Layers.closure(of: "firebreak-agent"))
            .union(Layers.closure(of: "ReleaseLab"))
        #expect(reached.isDisjoint(with: ["DetectionEngine", "RuleCompiler"]))
    }

    @Test("second wall: the worker never reaches trust, network or sensor code, nor Foundation")
    func workerReachesNoTrust() {
        let reached = Layers.closure(of: "firebreak-worker")
        #expect(
            reached.isDisjoint(with: [
                "UpdateTrust", "ContentPack", "ControlClient", "ControlWire", "LinuxSensor", "DurableFiles",
                "RuleCompiler",
            ]))
        for room in Layers.rooms where reached.contains(room.name) {
            #expect(room.libraries.isSubset(of: ["Glibc", "Synchronization"]), "\(room.name) burdens the worker")
        }
    }

    @Test("the guard reaches its engine and nothing else: no trust code, no content, no network")
    func guardReachesItsEngineOnly() {
        #expect(Layers.closure(of: "firebreak-guard") == ["GuardEngine", "CGuard"])
        let libraries = Layers.rooms.filter { ["firebreak-guard", "GuardEngine"].contains($0.name) }.map(\.libraries)
        #expect(libraries.allSatisfy { $0.isEmpty })
    }

    @Test("third wall: the simulator reaches models and engines only")
    func simulatorReachesEnginesOnly() {
        for name in Layers.closure(of: "FleetSimulator") {
            let tier = Layers.rooms.first { $0.name == name }?.tier
            #expect(tier == "Model" || tier == "Engines", "\(name) is no engine")
        }
    }

    @Test("the broker reaches its engine and its C shim, and nothing else")
    func brokerReachesNothing() {
        #expect(Layers.closure(of: "firebreak-broker") == ["CExecBroker"])
        #expect(Layers.closure(of: "BrokerEngine").isEmpty)
        for name in ["BrokerEngine", "firebreak-broker"] {
            #expect(Layers.rooms.first { $0.name == name }?.libraries.isEmpty == true, "\(name) must stay embedded")
        }
    }

    @Test("the exposure checker shares no code with the gate")
    func checkerSharesNoCodeWithTheGate() {
        #expect(
            Layers.closure(of: "ExposureChecker").isDisjoint(with: ["RolloutEngine", "FleetStore", "ControlPlane"]))
    }

    @Test("ARCHITECTURE.md shows the table that is checked")
    func architectureShowsTheTable() throws {
        let text = try SourceTree.text(of: "ARCHITECTURE.md")
        let open = "<!-- layers -->\n"
        let close = "<!-- /layers -->"
        let start = try #require(text.range(of: open)).upperBound
        let end = try #require(text.range(of: close)).lowerBound
        let shown = text[start..<end]
        if SourceTree.isUpdatingGolden {
            try SourceTree.write(text[..<start] + Layers.markdown + text[end...], to: "ARCHITECTURE.md")
        } else {
            #expect(shown == Layers.markdown, "run UPDATE_GOLDEN=1 swift test --filter TidyTests")
        }
    }

    static func forbiddenImports(in text: String, room: Layers.Room) -> [String] {
        let names = text.split(separator: "\n").compactMap { line -> String? in
            let words = line.split(separator: " ").map(String.init)
            guard let index = words.firstIndex(of: "import"), index + 1 < words.count,
                words[..<index].allSatisfy({
                    $0.hasPrefix("@") || ["package", "internal", "private", "public", "fileprivate"].contains($0)
                })
            else { return nil }
            let kinds: Set<String> = ["struct", "class", "enum", "protocol", "func", "var", "let", "typealias"]
            let name = kinds.contains(words[index + 1]) && index + 2 < words.count ? words[index + 2] : words[index + 1]
            return name.split(separator: ".").first.map(String.init)
        }
        return names.filter { !room.rooms.contains($0) && !room.libraries.contains($0) }
    }
}
