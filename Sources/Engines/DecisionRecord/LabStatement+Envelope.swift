package import CanonicalCoding
import FleetModel
package import UpdateTrust

extension LabStatement {
    /// The statement as it goes into the record. One that does not fit is told without the lab's own details, which have
    /// every finding: their digest and size stand in their place, and what the other members mean does not depend on
    /// them (in-toto v1, "Parsing rules").
    package func fitting(_ bytesMax: Int = Statement.bytesMax) throws(JSONError) -> [UInt8] {
        let whole = try encoded()
        guard whole.count > bytesMax else { return whole }
        var short = self
        short.details = [
            "omitted": [
                "sha256": .string(ContentDigest.sha256(whole).text), "bytes": .integer(Int64(whole.count)),
            ]
        ]
        return try short.encoded()
    }
}
