// swift-tools-version: 6.2
import Glibc
import PackageDescription

// The architecture is a table: which room may import which. Tests/TidyTests holds the sources to it, and
// ARCHITECTURE.md shows it. Rooms are listed bottom tier first; imports point up this list only.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let cryptoExtras = Target.Dependency.product(name: "CryptoExtras", package: "swift-crypto")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let asyncHTTP = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioFoundation = Target.Dependency.product(name: "NIOFoundationCompat", package: "swift-nio")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")

let x509 = Target.Dependency.product(name: "X509", package: "swift-certificates")
let asn1 = Target.Dependency.product(name: "SwiftASN1", package: "swift-asn1")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdTLS = Target.Dependency.product(name: "HummingbirdTLS", package: "hummingbird")
let hummingbirdTesting = Target.Dependency.product(name: "HummingbirdTesting", package: "hummingbird")
let mustache = Target.Dependency.product(name: "Mustache", package: "swift-mustache")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let deque = Target.Dependency.product(name: "DequeModule", package: "swift-collections")
let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")

let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")

func room(_ tier: String, _ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(tier)/\(name)", exclude: exclude, swiftSettings: strict
    )
}

func command(_ name: String, _ dependencies: [Target.Dependency], linker: [LinkerSetting] = []) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Commands/\(name)", swiftSettings: strict,
        linkerSettings: linker)
}

/// Links a small program so that less of it is resident: nothing exported, its functions in the order of
/// scripts/tuf-client-order.py, the C++ library in it when scripts/build.sh found one to put there, and relocations in the
/// compact form, which the C library reads since 2.36.
let compact: [LinkerSetting] = {
    var flags = ["--no-export-dynamic", "--no-warn-symbol-ordering"]
    flags.append("--symbol-ordering-file=\(Context.packageDirectory)/scripts/tuf-client-order.txt")
    var name = [CChar](repeating: 0, count: 64)
    _ = confstr(Int32(_CS_GNU_LIBC_VERSION), &name, name.count)
    // "glibc 2.36"
    let digits = name.prefix { $0 != 0 }.split(separator: 32).last?.split(separator: 46) ?? []
    let version = digits.compactMap { Int(String(decoding: $0.map { UInt8(bitPattern: $0) }, as: UTF8.self)) }
    if !version.lexicographicallyPrecedes([2, 36]) { flags += ["-z", "pack-relative-relocs"] }
    return [
        .unsafeFlags(
            ["-use-ld=lld", "-L", "\(Context.packageDirectory)/.build/static-cxx", "-Xclang-linker", "-static-libgcc"]
                + flags.flatMap { ["-Xlinker", $0] })
    ]
}()

/// A program in Embedded Swift: no runtime, 1 to 2 MB resident. It compiles its engine a second time, through a link
/// beside its sources, since an ordinary module cannot be linked into it. For the same reason no test depends on it:
/// tests find the built program beside them.
func embedded(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Commands/\(name)",
        swiftSettings: strict + [
            // Small in every configuration: tests measure what is shipped.
            .enableExperimentalFeature("Embedded"), .unsafeFlags(["-wmo", "-Osize", "-no-static-stdlib"]),
        ],
        linkerSettings: [.unsafeFlags(["-no-static-stdlib", "-Xlinker", "--gc-sections"])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency], exclude: [String] = []) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, path: "Tests/\(name)", exclude: exclude, swiftSettings: strict)
}

let package = Package(
    name: "firebreak",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.0"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
    ],
    targets: [
        // Model
        room("Model", "FleetModel"),
        room("Model", "CanonicalCoding", ["FleetModel"]),
        room("Model", "ContentPack", ["FleetModel", "CanonicalCoding"]),

        // Engines: decide, never act
        room("Engines", "GuardEngine"),
        room(
            "Engines", "UpdateTrust",
            ["FleetModel", "CanonicalCoding", "ContentPack", "GuardEngine", crypto, cryptoExtras]),
        room("Engines", "RolloutEngine", ["FleetModel", "CanonicalCoding"]),
        room("Engines", "DetectionEngine", ["FleetModel"]),
        room("Engines", "PolicyDocument", ["FleetModel", "CanonicalCoding", "RolloutEngine", yams]),
        room("Engines", "RuleCompiler", ["FleetModel", "DetectionEngine", yams]),
        room("Engines", "AgentEngine", ["FleetModel"]),
        room("Engines", "ControlWire", ["FleetModel", "CanonicalCoding", protobuf], exclude: ["Protos"]),
        room("Engines", "WorkerWire", ["FleetModel"]),
        room("Engines", "BrokerEngine"),
        room("Engines", "StateMeasurement", ["FleetModel", "CanonicalCoding", crypto]),
        room("Engines", "ResponseEngine", ["FleetModel"]),
        room("Engines", "DecisionRecord", ["FleetModel", "CanonicalCoding", "UpdateTrust", "RolloutEngine", crypto]),
        room("Engines", "TransparencyLog", ["FleetModel", "CanonicalCoding", crypto]),

        // Doors: the only rooms that touch the world
        .target(name: "CGuard", path: "Sources/Doors/CGuard"),
        .target(name: "CLinuxSensor", path: "Sources/Doors/CLinuxSensor"),
        .target(name: "CTPM", path: "Sources/Doors/CTPM"),
        .target(name: "CWorkerSandbox", path: "Sources/Doors/CWorkerSandbox"),
        .target(name: "CExecBroker", path: "Sources/Doors/CExecBroker"),
        .target(name: "CResponseActions", path: "Sources/Doors/CResponseActions"),
        room("Doors", "DurableFiles", ["FleetModel"]),
        room("Doors", "FleetStore", ["FleetModel", "CanonicalCoding", "RolloutEngine", grdb]),
        room(
            "Doors", "ContentPublisher",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "RuleCompiler", "DetectionEngine",
            ]),
        room(
            "Doors", "RepositoryPublisher",
            ["FleetModel", "CanonicalCoding", "UpdateTrust", "DurableFiles", crypto, cryptoExtras]),
        room("Doors", "LinuxSensor", ["FleetModel", "CanonicalCoding", "CLinuxSensor", deque]),
        room("Doors", "WorkerSandbox", ["FleetModel", "WorkerWire", "CWorkerSandbox"]),
        room("Doors", "ExecBroker", ["BrokerEngine", "CExecBroker"]),
        room("Doors", "BoundedHTTP", [asyncHTTP, nioCore, nioHTTP1]),
        room(
            "Doors", "RepositoryClient",
            ["FleetModel", "UpdateTrust", "DurableFiles", nioCore, nioHTTP1, nioPosix, nioSSL]),
        room(
            "Doors", "ControlClient",
            [
                "FleetModel", "CanonicalCoding", "ControlWire", "BoundedHTTP", asyncHTTP, nioCore, nioPosix, nioHTTP1,
                nioSSL, nioFoundation, protobuf, logging,
            ]),
        room("Doors", "StateSeal", ["FleetModel", "StateMeasurement", "DurableFiles", "CTPM", crypto]),
        room("Doors", "WebConsole", ["FleetModel", "ControlWire", mustache]),
        room("Doors", "ExposureChecker", ["FleetModel", grdb]),
        room(
            "Doors", "ResponseActions",
            ["FleetModel", "CanonicalCoding", "ResponseEngine", "DurableFiles", "CResponseActions", crypto]),

        room("Doors", "LogStore", ["FleetModel", "TransparencyLog", "DurableFiles"]),
        room(
            "Doors", "LogClient",
            ["FleetModel", "TransparencyLog", "DurableFiles", "BoundedHTTP", asyncHTTP, nioCore, nioHTTP1, nioSSL]),

        // Assemblies
        room(
            "Assemblies", "LogWitness",
            [
                "FleetModel", "TransparencyLog", "DurableFiles", "LogStore", hummingbird, httpTypes, nioCore, logging,
                lifecycle, signals,
            ]),
        room(
            "Assemblies", "ControlPlane",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "RolloutEngine", "DecisionRecord",
                "ControlWire", "StateMeasurement", "TransparencyLog", "FleetStore", "DurableFiles", "LogStore",
                "LogClient", "RepositoryPublisher", "WebConsole", hummingbird, hummingbirdCore, hummingbirdTLS,
                httpTypes, nioCore, nioPosix, nioHTTP1,
                nioHTTPTypes, nioSSL, nioFoundation, x509, asn1, crypto, protobuf, logging, lifecycle, signals,
            ]),
        room(
            "Assemblies", "EndpointAgent",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "AgentEngine", "ControlWire",
                "WorkerWire", "GuardEngine", "BrokerEngine", "ResponseEngine", "StateMeasurement", "TransparencyLog",
                "DurableFiles", "RepositoryClient", "ControlClient", "LinuxSensor", "WorkerSandbox", "ExecBroker",
                "ResponseActions", "StateSeal", crypto, protobuf, logging, deque,
            ]),
        room(
            "Assemblies", "DetectionWorker",
            ["FleetModel", "DetectionEngine", "WorkerWire", "CWorkerSandbox"]),
        room(
            "Assemblies", "FileDetection", ["FleetModel", "CanonicalCoding", "DetectionEngine", "RuleCompiler"]),
        room(
            "Assemblies", "ReleaseLab",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "WorkerWire", "LinuxSensor",
                "WorkerSandbox",
            ]),
        room("Assemblies", "FleetSimulator", ["FleetModel", "CanonicalCoding", "RolloutEngine"]),
        room(
            "Assemblies", "DemoStory",
            [
                "FleetModel", "CanonicalCoding", "ControlWire", "ControlClient", "ContentPublisher",
                "RepositoryPublisher", "ContentPack",
                "UpdateTrust", "DecisionRecord", "TransparencyLog", "LogClient", "ExposureChecker", "LinuxSensor",
                "WorkerSandbox", "ReleaseLab", nioCore, nioPosix, subprocess, system,
            ]),

        // Commands
        command(
            "firebreak",
            [
                "FleetModel", "CanonicalCoding", "ControlWire", "ControlClient", "ContentPublisher",
                "RepositoryPublisher", "ContentPack",
                "UpdateTrust", "RolloutEngine", "PolicyDocument", "WorkerSandbox", "ReleaseLab", "FleetSimulator",
                "DemoStory", "DetectionEngine", "RuleCompiler", "FileDetection", "GuardEngine", "ResponseEngine",
                "ResponseActions", "TransparencyLog", "DecisionRecord", "DurableFiles", "LogStore", "LogClient",
                "LogWitness",
                arguments,
                system,
            ]),
        command("firebreak-control", ["FleetModel", "ControlPlane", arguments, logging]),
        command(
            "firebreak-agent",
            ["FleetModel", "EndpointAgent", "GuardEngine", "UpdateTrust", "DurableFiles", arguments, logging]),
        embedded("firebreak-guard", ["CGuard"]),
        command("firebreak-worker", ["DetectionWorker"]),
        command(
            "firebreak-tuf-client", ["FleetModel", "UpdateTrust", "RepositoryClient", "DurableFiles"], linker: compact),
        embedded("firebreak-broker", ["CExecBroker"]),

        // Programs that only tests and benchmarks run
        .executableTarget(name: "fake-agent", path: "Tests/Fixtures/fake-agent"),
        .executableTarget(
            name: "hostile-worker", dependencies: ["FleetModel", "WorkerWire", "DetectionWorker"],
            path: "Tests/Fixtures/hostile-worker",
            swiftSettings: strict),
        .executableTarget(name: "syscall-cutter", path: "Tests/Fixtures/syscall-cutter"),
        .executableTarget(name: "played-agent", path: "Tests/Fixtures/played-agent"),
        .executableTarget(
            name: "audit-benchmark",
            dependencies: ["FleetModel", "CanonicalCoding", "UpdateTrust", "RolloutEngine", "DecisionRecord"],
            path: "Benchmarks/audit-benchmark", swiftSettings: strict),
        .executableTarget(
            name: "checkin-benchmark",
            dependencies: ["FleetModel", "ControlWire", "ControlClient", subprocess, system],
            path: "Benchmarks/checkin-benchmark", swiftSettings: strict),
        .executableTarget(
            name: "detect-benchmark", dependencies: ["DetectionEngine", "RuleCompiler", "FileDetection", arguments],
            path: "Benchmarks/detect-benchmark", exclude: ["peer.py"], swiftSettings: strict),
        .executableTarget(
            name: "detection-fuzz", dependencies: ["FleetModel", "DetectionEngine", "RuleCompiler", "FuzzSupport"],
            path: "Benchmarks/detection-fuzz", swiftSettings: strict),
        .executableTarget(
            name: "exec-latency", dependencies: ["BrokerEngine", "ExecBroker"], path: "Benchmarks/exec-latency",
            exclude: ["tiny.c"], swiftSettings: strict),
        .executableTarget(
            name: "log-benchmark", dependencies: ["FleetModel", "TransparencyLog", "DurableFiles", "LogStore"],
            path: "Benchmarks/log-benchmark", swiftSettings: strict),
        .target(name: "FuzzSupport", path: "Benchmarks/fuzz-support", swiftSettings: strict),
        .executableTarget(
            name: "log-fuzz", dependencies: ["FleetModel", "TransparencyLog", "FuzzSupport"],
            path: "Benchmarks/log-fuzz",
            swiftSettings: strict),
        .executableTarget(
            name: "tuf-fuzz", dependencies: ["FleetModel", "UpdateTrust", "FuzzSupport"], path: "Benchmarks/tuf-fuzz",
            swiftSettings: strict),
        .executableTarget(
            name: "gate-benchmark", dependencies: ["FleetModel", "RolloutEngine", "FleetSimulator"],
            path: "Benchmarks/gate-benchmark", swiftSettings: strict),

        // Tests
        .target(
            name: "TestSupport", dependencies: [], path: "Tests/TestSupport", swiftSettings: strict),
        tests("AgentEngineTests", ["FleetModel", "CanonicalCoding", "AgentEngine"]),
        tests("BrokerEngineTests", ["BrokerEngine"]),
        tests("BrokerTests", ["BrokerEngine", "CExecBroker", "ExecBroker", "TestSupport"]),
        tests("CanonicalCodingTests", ["FleetModel", "CanonicalCoding"]),
        tests(
            "CommandTests",
            [
                "FleetModel", "CanonicalCoding", "ControlWire", "ControlClient", "RolloutEngine", "PolicyDocument",
                "FleetSimulator", "firebreak",
                "TestSupport", arguments,
            ]),
        tests("ContentPackTests", ["FleetModel", "CanonicalCoding", "ContentPack"]),
        tests(
            "ContentPublisherTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "DetectionEngine", "ContentPublisher",
                "RepositoryPublisher", "TestSupport",
            ]),
        tests(
            "ControlClientTests",
            [
                "FleetModel", "ControlWire", "ControlClient", crypto, nioCore, nioHTTP1, nioPosix, nioSSL, asn1,
                x509,
            ]),
        tests(
            "ControlPlaneTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "RolloutEngine", "DecisionRecord",
                "ControlWire",
                "StateMeasurement", "DurableFiles", "FleetStore", "ControlClient", "ExposureChecker", "ControlPlane",
                "LogClient", "LogWitness", "RepositoryPublisher", "TransparencyLog", "TestSupport", asyncHTTP, crypto,
                grdb, logging, nioCore, nioHTTP1, nioSSL, lifecycle, asn1, x509,
            ]),
        tests(
            "ControlWireTests", ["FleetModel", "CanonicalCoding", "ControlWire", protobuf], exclude: ["Golden", "Peer"]),
        tests(
            "DecisionRecordTests", ["FleetModel", "CanonicalCoding", "UpdateTrust", "RolloutEngine", "DecisionRecord"],
            exclude: ["Peer", "Golden"]),
        tests("DetectionEngineTests", ["FleetModel", "DetectionEngine"]),
        tests(
            "DetectionWorkerTests",
            [
                "FleetModel", "DetectionEngine", "WorkerWire", "WorkerSandbox", "DetectionWorker",
                "firebreak-worker",
            ]),
        tests("DurableFilesTests", ["DurableFiles"]),
        tests(
            "EndToEndTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "ControlWire", "ContentPublisher",
                "RepositoryPublisher", "ControlClient",
                "ExposureChecker",
                "TestSupport", "firebreak", "firebreak-control", "firebreak-agent", "firebreak-worker",
            ]),
        tests(
            "EndpointAgentTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "AgentEngine", "ControlWire",
                "WorkerWire", "DurableFiles", "ContentPublisher", "RepositoryPublisher", "LinuxSensor", "WorkerSandbox",
                "ControlClient",
                "EndpointAgent", "BrokerEngine", "ExecBroker", "TransparencyLog", "LogStore", "TestSupport",
                "firebreak-worker", "firebreak-agent", "firebreak",
            ], exclude: ["Peer"]),
        tests("ExposureCheckerTests", ["FleetModel", "RolloutEngine", "FleetStore", "ExposureChecker", grdb]),
        tests(
            "FileDetectionTests", ["FleetModel", "DetectionEngine", "RuleCompiler", "FileDetection", "TestSupport"]),
        tests("FleetModelTests", ["FleetModel"]),
        tests("FleetStoreTests", ["FleetModel", "RolloutEngine", "FleetStore", grdb]),
        tests("GuardEngineTests", ["GuardEngine"]),
        tests("GuardTests", ["GuardEngine", "TestSupport", "fake-agent"]),
        tests("LinuxSensorTests", ["FleetModel", "CLinuxSensor", "LinuxSensor"]),
        tests(
            "LogClientTests",
            [
                "FleetModel", "TransparencyLog", "DurableFiles", "LogStore", "LogClient", "LogWitness", logging,
                lifecycle,
            ]),
        tests("LogStoreTests", ["FleetModel", "TransparencyLog", "DurableFiles", "LogStore"], exclude: ["Peer"]),
        tests(
            "PolicyDocumentTests",
            ["FleetModel", "CanonicalCoding", "RolloutEngine", "PolicyDocument", "TestSupport"]),
        tests(
            "PowerCutTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "AgentEngine", "DurableFiles",
                "EndpointAgent", "TestSupport", "syscall-cutter", "played-agent", "firebreak", "firebreak-agent",
                "firebreak-control", "firebreak-worker",
            ]),
        tests(
            "ReleaseLabTests",
            [
                "FleetModel", "CanonicalCoding", "ContentPack", "UpdateTrust", "ContentPublisher",
                "RepositoryPublisher", "LinuxSensor",
                "WorkerSandbox", "ReleaseLab", "firebreak-worker", "hostile-worker",
            ]),
        tests("ResponseActionsTests", ["FleetModel", "DurableFiles", "ResponseEngine", "ResponseActions"]),
        tests("ResponseEngineTests", ["FleetModel", "ResponseEngine"]),
        tests("RolloutEngineTests", ["FleetModel", "RolloutEngine"]),
        tests("RuleCompilerTests", ["FleetModel", "DetectionEngine", "RuleCompiler"], exclude: ["Golden"]),
        tests("SimulationTests", ["CanonicalCoding", "RolloutEngine", "FleetSimulator"]),
        tests(
            "StateMeasurementTests", ["FleetModel", "CanonicalCoding", "StateMeasurement", crypto]),
        tests("StateSealTests", ["FleetModel", "StateMeasurement", "DurableFiles", "StateSeal", "TestSupport"]),
        tests("TidyTests", []),
        tests("TransparencyLogTests", ["FleetModel", "TransparencyLog"]),
        tests(
            "UpdateTrustTests", ["FleetModel", "CanonicalCoding", "ContentPack", "GuardEngine", "UpdateTrust", crypto]),
        tests("RepositoryPublisherTests", ["FleetModel", "UpdateTrust", "RepositoryPublisher", "TestSupport"]),
        tests("RepositoryClientTests", ["UpdateTrust", "RepositoryClient", nioCore, nioPosix]),
        tests("WebConsoleTests", ["FleetModel", "ControlWire", "WebConsole"]),
        tests("WorkerSandboxTests", ["WorkerWire", "CWorkerSandbox", "WorkerSandbox", "hostile-worker"]),
        tests("WorkerWireTests", ["FleetModel", "WorkerWire"]),
    ],
    cLanguageStandard: .gnu11
)
