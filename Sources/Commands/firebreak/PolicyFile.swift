import CanonicalCoding
import ControlWire

/// A policy that an operator wrote into a file.
enum PolicyFile {
    /// The policy's document. The control plane reads what is in it, and names everything that is wrong.
    static func document(in file: String) throws -> JSONValue {
        let bytes = try PackFileReader.read(
            file, bytesMax: ControlWireLimit.managementRequestBytesMax,
            nextStep: CommandCode.policyUnreadable.nextStep)
        do {
            return try JSONParser.parse(
                bytes, limits: JSONParser.Limits(bytesMax: ControlWireLimit.managementRequestBytesMax))
        } catch {
            throw CommandFailure(.policyUnreadable, subject: file, message: "\(error)")
        }
    }
}
