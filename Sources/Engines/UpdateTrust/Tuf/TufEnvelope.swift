package import CanonicalCoding
import FleetModel

/// A metadata file before anyone has verified it: what was signed, and the signatures (TUF 4.2.1).
package struct TufEnvelope: Sendable {
    /// The member `signed`, with whatever members it has: unknown ones are signed too (TUF 4). Its `targets` is empty when
    /// ``scanned`` has them.
    package let signed: JSONReader
    /// The targets, when they were read without a tree.
    let scanned: ScannedTargets?
    /// By key, each key once.
    private let signatures: [String: [UInt8]]
    private let message: TufMessage
    private let subject: String

    /// Reads a file and believes nothing of it.
    package init(reading bytes: [UInt8], bytesMax: Int, subject: String) throws(TufError) {
        self.subject = subject
        let message: TufMessage?
        do throws(JSONError) {
            let (document, scan) = try Self.document(in: bytes, limits: JSONParser.Limits(bytesMax: bytesMax))
            signed = try document.member("signed")
            scanned = scan?.table
            message = TufMessage(try signed.object(), targets: scan?.canonical ?? [])
            let elements = try document.member("signatures").elements()
            guard elements.count <= TufLimits.keysMax else {
                throw document.refusal("more than \(TufLimits.keysMax) signatures")
            }
            var signatures: [String: [UInt8]] = [:]
            for element in elements {
                let keyID = try element.member("keyid").string()
                let digits = try element.member("sig").string()
                guard signatures[keyID] == nil else { throw element.refusal("two signatures of one key") }
                // One that is no hex at all is one that does not hold; the others may be enough.
                signatures[keyID] = Hexadecimal.decode(digits) ?? []
            }
            self.signatures = signatures
        } catch {
            throw TufError(error, subject: subject)
        }
        guard let message else {
            throw TufError(.malformed, subject: subject, message: "it holds a fraction, which cannot be signed")
        }
        self.message = message
    }

    /// The file's tree, and the targets that are not in it.
    private static func document(in bytes: [UInt8], limits: JSONParser.Limits) throws(JSONError) -> (
        JSONReader, TargetsScan?
    ) {
        if bytes.count <= limits.bytesMax, let scan = TargetsScan(bytes),
            let rest = try? JSONParser.parse(scan.rest, limits: limits)
        {
            return (JSONReader(rest), scan)
        }
        // What is wrong with it, if anything, is said of the file as it is.
        return (JSONReader(try JSONParser.parse(bytes, limits: limits)), nil)
    }

    /// Requires that enough different keys of the role have signed (TUF 5.3.4, 5.4.2, 5.5.3, 5.6.3).
    package func verify(by role: TufRole, keys: [String: TufKey]) throws(TufError) {
        let signers = signers(of: role, keys: keys, enough: role.threshold)
        guard signers.count >= role.threshold else {
            throw TufError(
                .thresholdNotReached, subject: subject,
                message: "\(signers.count) of the role's keys have signed, and \(role.threshold) must")
        }
    }

    /// The different keys of the role whose signatures hold, in the role's order; no more of them than are `enough`.
    package func signers(of role: TufRole, keys: [String: TufKey], enough: Int = TufLimits.keysMax) -> [TufKey] {
        var signers: [TufKey] = []
        for id in role.keyIDs {
            guard signers.count < enough else { break }
            guard let key = keys[id], let signature = signatures[id], !signers.contains(where: key.isSameKey(as:)),
                key.isValid(signature, over: message)
            else { continue }
            signers.append(key)
        }
        return signers
    }
}
