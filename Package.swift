// swift-tools-version: 6.2
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

func room(_ tier: String, _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource]? = nil)
    -> Target
{
    .target(
        name: name, dependencies: dependencies, path: "Sources/\(tier)/\(name)", resources: resources,
        swiftSettings: strict)
}

func command(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, path: "Sources/Commands/\(name)", swiftSettings: strict)
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
        room("Engines", "UpdateTrust", ["FleetModel", "CanonicalCoding", "ContentPack", crypto]),
        room("Engines", "RolloutEngine", ["FleetModel", "CanonicalCoding"]),
        room("Engines", "DetectionEngine", ["FleetModel"]),
        room("Engines", "RuleCompiler", ["FleetModel", "DetectionEngine", yams]),
        room("Engines", "AgentEngine", ["FleetModel"]),
        room("Engines", "ControlWire", ["FleetModel", "CanonicalCoding", protobuf]),
        room("Engines", "WorkerWire", ["FleetModel"]),

        // Doors: the only rooms that touch the world
        .target(name: "CLinuxSensor", path: "Sources/Doors/CLinuxSensor"),
        .target(name: "CWorkerSandbox", path: "Sources/Doors/CWorkerSandbox"),
        room("Doors", "DurableFiles", ["FleetModel"]),
    ],
    cLanguageStandard: .gnu11
)
