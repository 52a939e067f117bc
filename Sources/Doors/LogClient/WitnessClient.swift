import AsyncHTTPClient
import NIOCore
import NIOHTTP1
package import TransparencyLog

/// Asks a witness to cosign a checkpoint (C2SP tlog-witness).
package struct WitnessClient: Sendable {
    private let address: String
    private let key: NoteVerifier
    private let client: HTTPClient

    private static let deadlineSeconds: Int64 = 10

    /// - Parameters:
    ///   - address: The submission prefix.
    ///   - key: The witness's.
    package init(_ address: String, key: NoteVerifier) throws(LogClientError) {
        guard address.hasPrefix("http://") || address.hasPrefix("https://") else {
            throw LogClientError(.badAddress, subject: address, message: "this is no address of a witness")
        }
        self.address = address.hasSuffix("/") ? String(address.dropLast()) : address
        self.key = key
        client = HTTPClient(configuration: try LogReader.configuration())
    }

    /// Closes the connections. Must be called when the client is not used any more.
    package func close() async { try? await client.shutdown() }

    /// The witness's cosignature of a checkpoint.
    ///
    /// The witness says where it stands; the proof from there is made of the log's own tiles, which `prove` answers with.
    package func cosign(
        _ checkpoint: SignedCheckpoint, prove: (ConsistencyMachine) async throws -> ConsistencyMachine
    ) async throws -> NoteSignature {
        var old: UInt64 = 0
        // Once to hear where it stands, once more, and once for a neighbour that was faster.
        for _ in 0..<3 {
            var machine = try ConsistencyMachine(from: old, to: checkpoint.size)
            machine = try await prove(machine)
            let answer = try await send(
                WitnessRequest(oldSize: old, proof: machine.proof ?? [], note: checkpoint.note).bytes)
            if answer.status == 200 { return try accept(answer.body, checkpoint) }
            let words = String(decoding: answer.body.prefix(400), as: UTF8.self)
            guard answer.status == 409, let size = UInt64(words.dropLast()), size != old, size <= checkpoint.size else {
                throw LogClientError(
                    .refused, subject: address, message: "the witness answered \(answer.status): \(words)")
            }
            old = size
        }
        throw LogClientError(.refused, subject: address, message: "the witness answered with another size each time")
    }

    private func send(_ body: [UInt8]) async throws(LogClientError) -> HTTPCall.Answer {
        var request = HTTPClientRequest(url: "\(address)/add-checkpoint")
        request.method = .POST
        request.body = .bytes(ByteBuffer(bytes: body))
        return try await HTTPCall.send(
            request, bytesMax: LogLimit.witnessAnswerBytesMax, client, Self.deadlineSeconds)
    }

    /// The signature in the answer that is the witness's own; those of others are passed over.
    private func accept(_ body: [UInt8], _ checkpoint: SignedCheckpoint) throws -> NoteSignature {
        let note = SignedNote(text: checkpoint.note.text, signatures: try SignedNote.signatureLines(body))
        guard let own = try note.verified(by: [key]).first else {
            throw LogError(.unsigned, subject: key.name, message: "the witness's answer has no signature of its own")
        }
        return own.signature
    }
}
