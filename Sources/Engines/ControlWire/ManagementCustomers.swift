package import CanonicalCoding
package import FleetModel

/// What one customer lets in: a row of GET /api/v1/customers, and GET and PUT of /api/v1/customers/NAME.
package struct CustomerSummary: Codable, Hashable, Sendable {
    /// The value of the endpoints' tag `customer`; `*` stands for those that no other policy is for.
    package var name: String
    /// The policy's document, as the rollout engine writes it.
    package var policy: JSONValue
    package var changedAt: Moment

    package enum CodingKeys: String, CodingKey {
        case name, policy
        case changedAt = "changed_ms"
    }

    package init(name: String, policy: JSONValue, changedAt: Moment) {
        self.name = name
        self.policy = policy
        self.changedAt = changedAt
    }
}

/// GET /api/v1/customers: in the order of their names.
package struct CustomerList: Codable, Hashable, Sendable {
    package var customers: [CustomerSummary]

    package init(customers: [CustomerSummary]) { self.customers = customers }
}
