package import CanonicalCoding
package import FleetModel

/// A build of the agent, as its release carries it in the place of compiled rules: which two programs it is.
///
/// The programs are no part of the pack, which an endpoint holds in memory: they are targets of the repository beside it,
/// under their digests.
package struct AgentBuild: Equatable, Sendable {
    package struct Program: Equatable, Sendable {
        /// SHA-256 of the file.
        package var digest: Digest
        /// Bytes.
        package var length: Int

        package init(digest: Digest, length: Int) {
            self.digest = digest
            self.length = length
        }

        /// Its path among the repository's targets.
        package var target: String { "\(AgentBuild.pack)/\(digest)" }
    }

    /// The pack of every such release. Content has other packs.
    package static let pack = PackName(accepted: "firebreak-agent")
    /// The number of the form that this code reads and writes.
    private static let format: Int64 = 1
    /// Bytes of a program: with all debug information 512 MiB are not reached.
    package static let programBytesMax = 512 << 20

    /// As `uname -m` says it.
    package var architecture: String
    package var agent: Program
    package var worker: Program

    package init(architecture: String, agent: Program, worker: Program) {
        self.architecture = architecture
        self.agent = agent
        self.worker = worker
    }

    package func encoded() throws(JSONError) -> [UInt8] {
        func value(_ program: Program) -> JSONValue {
            ["digest": .string(program.digest.text), "length": .integer(Int64(program.length))]
        }
        return try CanonicalJSON.encode([
            "kind": "agent-build", "format": .integer(Self.format), "architecture": .string(architecture),
            "agent": value(agent), "worker": value(worker),
        ])
    }

    package init(decoding bytes: some Collection<UInt8>) throws(JSONError) {
        let bytes = Array(bytes)
        let reader = JSONReader(
            try JSONParser.parse(bytes, limits: JSONParser.Limits(bytesMax: Self.textBytesMax, depthMax: 2)))
        try reader.requireNoMembers(beside: ["kind", "format", "architecture", "agent", "worker"])
        guard try reader.member("kind").string() == "agent-build" else {
            throw reader.refusal("this is no build of the agent")
        }
        guard try reader.member("format").integer() == Self.format else {
            throw reader.refusal("this version of Firebreak reads builds of format \(Self.format)")
        }
        func program(_ name: String) throws(JSONError) -> Program {
            let member = try reader.member(name)
            try member.requireNoMembers(beside: ["digest", "length"])
            return Program(
                digest: try member.member("digest").identifier(),
                length: Int(try member.member("length").integer(in: 1...Int64(Self.programBytesMax))))
        }
        architecture = try reader.member("architecture").string()
        agent = try program("agent")
        worker = try program("worker")
    }

    /// Bytes of the text: two digests and some words.
    private static let textBytesMax = 4096
}
