import CanonicalCoding
import ControlWire
import PolicyDocument
import RolloutEngine

/// A policy that an operator wrote into a file: YAML as `firebreak policy check` reads it, or the JSON object that the
/// control plane shows.
enum PolicySource {
    /// What a file must hold.
    enum Kind: String {
        case rollout, customer
    }

    /// The policy's document for the control plane. A YAML file has been checked whole; of a JSON object the control
    /// plane names everything that is wrong.
    static func document(in file: String, _ kind: Kind) throws -> JSONValue {
        let bytes = try PackFileReader.read(
            file, bytesMax: min(PolicyFileLimit.fileBytesMax, ControlWireLimit.managementRequestBytesMax),
            nextStep: CommandCode.policyUnreadable.nextStep)
        // No policy in YAML begins with a brace: its keys stand at the start of their lines.
        if bytes.first(where: { $0 > UInt8(ascii: " ") }) == UInt8(ascii: "{") {
            return try object(bytes, file: file)
        }
        do {
            switch (try PolicyFile.document(bytes, name: file), kind) {
            case (.rollout(let policy), .rollout): return try value(of: policy, file: file)
            case (.customer(let policy), .customer): return try value(of: policy, file: file)
            case (.rollout, .customer), (.customer, .rollout):
                throw CommandFailure(
                    .policyUnreadable, subject: file,
                    message: kind == .customer
                        ? "this is a rollout's policy, and a customer's was asked for: its keys are `customer` and `rings`"
                        : "this is a customer's policy, and a rollout's was asked for")
            }
        } catch let error as PolicyDocumentError {
            throw CommandFailure(error)
        }
    }

    /// The name of the rollout policy in a file, and what it asks of the release lab.
    static func rollout(in file: String) throws -> (name: String, labResult: String) {
        let document = try document(in: file, .rollout)
        do {
            let policy = try CodableJSON.decode(RolloutPolicy.self, from: document)
            return (policy.name, policy.labResult.rawValue)
        } catch {
            throw CommandFailure(.policyUnreadable, subject: file, message: "\(error)")
        }
    }

    private static func object(_ bytes: [UInt8], file: String) throws -> JSONValue {
        do {
            return try JSONParser.parse(
                bytes, limits: JSONParser.Limits(bytesMax: ControlWireLimit.managementRequestBytesMax))
        } catch {
            throw CommandFailure(.policyUnreadable, subject: file, message: "\(error)")
        }
    }

    private static func value(of policy: some Encodable, file: String) throws -> JSONValue {
        do {
            return try CodableJSON.value(of: policy)
        } catch {
            throw CommandFailure(.policyUnreadable, subject: file, message: "\(error)")
        }
    }
}
