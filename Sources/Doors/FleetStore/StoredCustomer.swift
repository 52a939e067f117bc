import CanonicalCoding
package import FleetModel
import GRDB
package import RolloutEngine

/// What one customer lets in, as an operator last set it.
package struct StoredCustomer: Hashable, Sendable {
    package var name: String
    /// Nil: the customer's policy is removed.
    package var policy: CustomerPolicy?
    package var changedAt: Moment

    package init(name: String, policy: CustomerPolicy?, changedAt: Moment) {
        self.name = name
        self.policy = policy
        self.changedAt = changedAt
    }
}

extension StoredCustomer {
    /// A policy has at most 16 rings of 32 windows and 256 pins, all below 64 KiB.
    private static let policyLimits = JSONParser.Limits(bytesMax: 64 << 10)

    init(row: Row) throws {
        let name: String = row["name"]
        let policy: CustomerPolicy
        do {
            policy = try CodableJSON.decode(
                CustomerPolicy.self, from: Array((row["policy_json"] as String).utf8), limits: Self.policyLimits)
        } catch {
            throw StoreError(
                .unreadableRow, subject: "customer \(name)", message: "its policy is not understood: \(error)")
        }
        self.init(name: name, policy: policy, changedAt: Moment(milliseconds: row["changed_at_ms"]))
    }
}

extension BatchWriter {
    func write(_ customer: StoredCustomer) throws {
        guard let policy = customer.policy else {
            return try run("DELETE FROM customers WHERE name = ?", [customer.name])
        }
        let text: [UInt8]
        do {
            text = try CodableJSON.encode(policy)
        } catch {
            throw StoreError(.failed, subject: customer.name, message: "its policy cannot be written: \(error)")
        }
        try run(
            """
            INSERT INTO customers(name, policy_json, changed_at_ms) VALUES (?, ?, ?)
            ON CONFLICT(name) DO UPDATE SET policy_json = excluded.policy_json, changed_at_ms = excluded.changed_at_ms
            """, [customer.name, String(decoding: text, as: UTF8.self), customer.changedAt.milliseconds])
    }
}
