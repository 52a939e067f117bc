import ContentPack
import ContentPublisher
import ControlWire
import FleetModel
import Foundation
import RepositoryPublisher
import TestSupport
import Testing
import UpdateTrust
import WorkerSandbox

@testable import EndpointAgent

/// Builds of the agent as releases, on an agent whose guard is a script that writes down what it is asked.
@Suite("EndpointAgent: builds", .timeLimit(.minutes(3)))
struct BuildDriverTests {
    private static let programs = (agent: Array("the next agent".utf8), worker: Array("the next worker".utf8))

    /// The script answers `code`, and keeps what it was given.
    private static func guardProgram(in folder: TemporaryFolder, code: Int) throws -> GuardProgram {
        try folder.write(
            "firebreak-guard",
            """
            #!/bin/sh
            echo "$@" >> \(folder.file("asked"))
            for folder; do :; done
            [ "$1" = install-build ] && cp -p "$folder"/firebreak-* \(folder.path)/taken/
            exit \(code)
            """)
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o755], ofItemAtPath: folder.file("firebreak-guard"))
        try folder.write("taken/.keep", "")
        return GuardProgram(
            path: folder.file("firebreak-guard"), state: folder.file("state"), install: folder.file("install"))
    }

    /// A build's release, published with `files` as its programs, signed by the key that the rig trusts.
    private static func publish(
        _ rig: AgentRig, _ publisher: ReleaseMetadataTests.Publisher, architecture: String = OwnProcess.architecture,
        agent: [UInt8] = programs.agent
    ) throws -> PackOffer {
        let build = AgentBuild(
            architecture: architecture,
            agent: .init(digest: ContentDigest.sha256(programs.agent), length: programs.agent.count),
            worker: .init(digest: ContentDigest.sha256(programs.worker), length: programs.worker.count))
        let built = try PackBuilder.build(
            build, version: ReleaseVersion(accepted: "1.1.0"), notes: "", key: rig.packs.signingKey)
        try publisher.folder.add(
            built.bytes, of: built.manifest.release,
            with: [(build.agent.target, agent), (build.worker.target, programs.worker)], to: "acme",
            by: publisher.vendor, keys: publisher.keys, at: ReleaseMetadataTests.Publisher.now())
        rig.control.change {
            $0.repositoryFolder = publisher.folder.path
            $0.packs[built.digest] = built.bytes
        }
        return PackOffer(release: built.manifest.release, digest: built.digest, signature: [])
    }

    private static func report(_ rig: AgentRig, of offer: PackOffer, _ stage: ReleaseStage) async -> ReleaseReport {
        rig.control.change { $0.offers = [offer] }
        return await rig.control.wait(for: offer.release, stage)
    }

    @Test("a build is fetched from the repository, verified, and handed to the guard whole")
    func handedOver() async throws {
        let rig = try AgentRig()
        let publisher = try ReleaseMetadataTests.Publisher(in: rig.folder)
        let offer = try Self.publish(rig, publisher)
        let house = try TemporaryFolder("guard")
        try rig.start(repositoryRoot: publisher.root, guardProgram: try Self.guardProgram(in: house, code: 0))
        let report = await Self.report(rig, of: offer, .staged)
        #expect(report.message.isEmpty && !report.isActive)
        let asked = try String(contentsOfFile: house.file("asked"), encoding: .utf8)
        #expect(asked.hasPrefix("install-build --state \(house.file("state")) --install \(house.file("install"))"))
        #expect(Array(try Data(contentsOf: URL(filePath: house.file("taken/firebreak-agent")))) == Self.programs.agent)
        #expect(
            Array(try Data(contentsOf: URL(filePath: house.file("taken/firebreak-worker")))) == Self.programs.worker)
        #expect(access(house.file("taken/firebreak-agent"), X_OK) == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: rig.state + "/builds").isEmpty)
        await rig.stop()

        // The agent that starts next is not that build: the guard has gone back from it.
        try rig.start(repositoryRoot: publisher.root, guardProgram: try Self.guardProgram(in: house, code: 0))
        let back = await Self.report(rig, of: offer, .reverted)
        #expect(back.failure == .crash && back.message.hasPrefix("build.taken_back"))
        await rig.stop()
    }

    @Test("a build that the repository alone has recalled is left, without a word from the control plane")
    func recalledByTheRepository() async throws {
        let rig = try AgentRig()
        let publisher = try ReleaseMetadataTests.Publisher(in: rig.folder)
        let offer = try Self.publish(rig, publisher)
        let house = try TemporaryFolder("guard")
        try rig.start(
            repositoryRoot: publisher.root, recallWatchSpan: .milliseconds(100),
            guardProgram: try Self.guardProgram(in: house, code: 0))
        _ = await Self.report(rig, of: offer, .staged)
        try publisher.recall(offer.digest, "it harms")
        let report = await Self.report(rig, of: offer, .reverted)
        #expect(report.failure == nil && report.message == "update.recalled: recalled: it harms")
        try await eventually("the guard is asked for the other build") {
            try String(contentsOfFile: house.file("asked"), encoding: .utf8).contains("recall-build") ? true : nil
        }
        await rig.stop()
    }

    @Test("content goes on beside a build, and is told of beside it")
    func besideContent() async throws {
        let rig = try AgentRig()
        let publisher = try ReleaseMetadataTests.Publisher(in: rig.folder)
        try publisher.vouch(for: rig.packs.first)
        let offer = try Self.publish(rig, publisher)
        let house = try TemporaryFolder("guard")
        try rig.start(repositoryRoot: publisher.root, guardProgram: try Self.guardProgram(in: house, code: 3))
        await rig.commit(rig.packs.first)
        let report = await Self.report(rig, of: offer, .refused)
        #expect(report.message.hasPrefix("build.not_installed"))
        let state = await rig.control.wait { $0.latest(of: rig.packs.first.release)?.isActive == true }
        #expect(state.latest(of: offer.release)?.stage == .refused)
        await rig.stop()
    }

    enum Wrong: CaseIterable { case noGuard, noRepository, architecture, program }

    @Test(
        "a build that cannot be tried here, or is not what its release says, is refused and not handed over",
        arguments: Wrong.allCases)
    func refused(wrong: Wrong) async throws {
        let rig = try AgentRig()
        let publisher = try ReleaseMetadataTests.Publisher(in: rig.folder)
        let offer = try Self.publish(
            rig, publisher, architecture: wrong == .architecture ? "pdp11" : OwnProcess.architecture,
            agent: wrong == .program ? Array("another program".utf8) : Self.programs.agent)
        let house = try TemporaryFolder("guard")
        let program = wrong == .noGuard ? nil : try Self.guardProgram(in: house, code: 0)
        try rig.start(repositoryRoot: wrong == .noRepository ? nil : publisher.root, guardProgram: program)
        let report = await Self.report(rig, of: offer, .refused)
        let code =
            switch wrong {
            case .noGuard: "build.no_guard"
            case .noRepository: "build.no_repository"
            case .architecture: "build.other_architecture"
            case .program: "build.other_program"
            }
        #expect(report.message.hasPrefix(code))
        #expect(!FileManager.default.fileExists(atPath: house.file("asked")))
        await rig.stop()
    }
}
