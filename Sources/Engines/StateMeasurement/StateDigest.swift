package import FleetModel

import struct Crypto.SHA256

/// The hashes of measured states. SHA-256 throughout (FIPS 180-4).
package enum StateDigest {
    package static func sha256(_ bytes: [UInt8]) -> Digest {
        var hasher = SHA256()
        bytes.withUnsafeBytes { hasher.update(bufferPointer: $0) }
        return Digest(accepted: Hexadecimal.encode(Array(hasher.finalize())))
    }

    /// What names the programs of an agent, and is measured into the register first: a seal opens to these programs.
    package static func programs(agent: Digest, worker: Digest) -> Digest {
        sha256(Array("firebreak programs 1\n".utf8) + agent.bytes + worker.bytes)
    }

    /// A register after an extension: the new value is the hash of the old value and what was added (TPM 2.0 Part 1,
    /// "Extend of a PCR").
    static func extended(_ value: [UInt8], by digest: Digest) -> [UInt8] {
        sha256(value + digest.bytes).bytes
    }

    /// The register when only the programs were measured, from zero.
    package static func register(programs: Digest) -> [UInt8] {
        extended([UInt8](repeating: 0, count: 32), by: programs)
    }

    /// The register when programs and state were measured.
    package static func register(of state: MeasuredState) throws(StateFault) -> [UInt8] {
        let programs = programs(agent: state.facts.agentDigest, worker: state.facts.workerDigest)
        return extended(register(programs: programs), by: try state.digest())
    }

    /// What a quote is bound to: the endpoint, the server's nonce and the state. No quote of one endpoint, nonce or state
    /// serves for another.
    package static func binding(endpoint: EndpointID, nonce: [UInt8], state: Digest) -> Digest {
        sha256(Array("firebreak state quote 1\n".utf8) + endpoint.instanceUID + nonce + state.bytes)
    }
}
