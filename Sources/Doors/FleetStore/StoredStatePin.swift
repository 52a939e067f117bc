package import FleetModel
import Foundation
import GRDB

/// The key of an endpoint's measured state, trusted since it first verified, and the last state that did. Durable before
/// the reply: a server that forgot it would trust the next key that comes.
package struct StoredStatePin: Hashable, Sendable {
    package var endpoint: EndpointID
    package var strength: SealStrength
    package var publicKey: [UInt8]
    package var counter: UInt64
    package var commitCount: UInt64
    package var recallRevision: UInt64
    package var factsDigest: Digest
    /// When the key was pinned. Later writes keep it.
    package var pinnedAt: Moment

    package init(
        endpoint: EndpointID, strength: SealStrength, publicKey: [UInt8], counter: UInt64, commitCount: UInt64,
        recallRevision: UInt64, factsDigest: Digest, pinnedAt: Moment
    ) {
        self.endpoint = endpoint
        self.strength = strength
        self.publicKey = publicKey
        self.counter = counter
        self.commitCount = commitCount
        self.recallRevision = recallRevision
        self.factsDigest = factsDigest
        self.pinnedAt = pinnedAt
    }
}

extension StoredStatePin {
    /// A pinned key stays, and what was counted does not go back, whatever the code above decides.
    static let table = """
        CREATE TABLE state_pins(
            endpoint TEXT PRIMARY KEY REFERENCES endpoints(id), strength TEXT NOT NULL, public_key BLOB NOT NULL,
            counter INTEGER NOT NULL, commits INTEGER NOT NULL, recall_revision INTEGER NOT NULL,
            facts_sha256 TEXT NOT NULL, pinned_at_ms INTEGER NOT NULL
        ) STRICT;
        CREATE TRIGGER state_pins_fixed BEFORE UPDATE ON state_pins
        WHEN NEW.public_key <> OLD.public_key OR NEW.strength <> OLD.strength OR NEW.counter < OLD.counter
            OR NEW.commits < OLD.commits OR NEW.recall_revision < OLD.recall_revision
        BEGIN SELECT RAISE(ABORT, 'a pinned key stays, and a measured state does not go back'); END;
        CREATE TRIGGER state_pins_kept BEFORE DELETE ON state_pins
        BEGIN SELECT RAISE(ABORT, 'a pinned key is never forgotten'); END;
        """

    init(row: Row) throws {
        let endpoint: EndpointID = try StoredText.identifier(row["endpoint"], "state_pins")
        guard let strength = SealStrength(rawValue: row["strength"]) else {
            throw StoreError(
                .unreadableRow, subject: "state pin of \(endpoint)", message: "its strength is not understood")
        }
        self.init(
            endpoint: endpoint, strength: strength, publicKey: [UInt8](row["public_key"] as Data),
            counter: UInt64(bitPattern: row["counter"]), commitCount: UInt64(bitPattern: row["commits"]),
            recallRevision: UInt64(bitPattern: row["recall_revision"]),
            factsDigest: try StoredText.identifier(row["facts_sha256"], "state_pins"),
            pinnedAt: Moment(milliseconds: row["pinned_at_ms"]))
    }
}

extension BatchWriter {
    /// The counts are below 2^53 by their own bounds, so that their order in the database is theirs.
    func write(_ pin: StoredStatePin) throws {
        try run(
            """
            INSERT INTO state_pins(endpoint, strength, public_key, counter, commits, recall_revision, facts_sha256,
                pinned_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(endpoint) DO UPDATE SET strength = excluded.strength, public_key = excluded.public_key,
                counter = excluded.counter, commits = excluded.commits, recall_revision = excluded.recall_revision,
                facts_sha256 = excluded.facts_sha256
            """,
            [
                pin.endpoint.text, pin.strength.rawValue, pin.publicKey.databaseBlob, Int64(bitPattern: pin.counter),
                Int64(bitPattern: pin.commitCount), Int64(bitPattern: pin.recallRevision), pin.factsDigest.text,
                pin.pinnedAt.milliseconds,
            ])
    }
}
