import FleetModel
import Foundation
import SwiftProtobuf

/// Checks single values of decoded protobuf messages. Protobuf tells only that bytes are bytes and texts are UTF-8.
enum WireValue {
    /// Decodes a message, after a check of its size.
    ///
    /// SwiftProtobuf refuses nesting beyond 100 levels, and allocates no more than a small multiple of what it reads.
    static func message<Message: SwiftProtobuf.Message>(
        _: Message.Type, from bytes: [UInt8], bytesMax: Int, subject: String
    ) throws(ControlWireError) -> Message {
        guard bytes.count <= bytesMax else {
            throw ControlWireError(
                .oversized, subject: subject, message: "\(bytes.count) bytes; at most \(bytesMax) are read")
        }
        do {
            return try Message(serializedBytes: bytes)
        } catch {
            throw ControlWireError(.malformed, subject: subject, message: "these bytes are no protobuf of it")
        }
    }

    /// The bytes of a message.
    static func bytes(_ message: some SwiftProtobuf.Message, subject: String) throws(ControlWireError) -> [UInt8] {
        do {
            return try message.serializedBytes()
        } catch {
            throw ControlWireError(.invalidValue, subject: subject, message: "cannot be written as protobuf: \(error)")
        }
    }

    static func identifier<ID: TextIdentifier>(_ text: String, _ subject: String) throws(ControlWireError) -> ID {
        guard ID.accepts(text) else {
            throw ControlWireError(
                .invalidValue, subject: subject,
                message: IdentifierError(kind: ID.kind, text: text, rule: ID.rule).description)
        }
        return ID(accepted: text)
    }

    static func digest(_ bytes: Data, _ subject: String) throws(ControlWireError) -> Digest {
        guard let digest = Digest(bytes: bytes) else {
            throw ControlWireError(
                .invalidValue, subject: subject, message: "\(bytes.count) bytes; a SHA-256 digest has 32")
        }
        return digest
    }

    /// A word of a closed list.
    static func word<Word: RawRepresentable & CaseIterable>(_ text: String, _ subject: String)
        throws(ControlWireError) -> Word where Word.RawValue == String
    {
        guard let word = Word(rawValue: text) else {
            let known = Word.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlWireError(
                .invalidValue, subject: subject, message: "\"\(text.cut(toBytes: 80))\" is none of \(known)")
        }
        return word
    }

    /// Milliseconds since the Unix epoch.
    static func moment(_ milliseconds: UInt64, _ subject: String) throws(ControlWireError) -> Moment {
        guard let signed = Int64(exactly: milliseconds) else {
            throw ControlWireError(.invalidValue, subject: subject, message: "\(milliseconds) is beyond all time")
        }
        return Moment(milliseconds: signed)
    }

    /// A list of at most `countMax` entries.
    static func requireCount(_ count: Int, atMost countMax: Int, _ subject: String) throws(ControlWireError) {
        guard count <= countMax else {
            throw ControlWireError(
                .tooMany, subject: subject, message: "\(count) entries; at most \(countMax) are read")
        }
    }

    /// A text or byte string of at most `bytesMax` bytes.
    static func requireLength(_ count: Int, atMost bytesMax: Int, _ subject: String) throws(ControlWireError) {
        guard count <= bytesMax else {
            throw ControlWireError(.tooLong, subject: subject, message: "\(count) bytes; at most \(bytesMax) are read")
        }
    }
}
