import ControlWire
import DurableFiles
import Synchronization

/// What the agent shows to be let in: its own credential, or the enrolment secret until it has one.
final class CredentialHolder: Sendable {
    private let current: Mutex<AgentAuthorization?>
    private let directory: StateDirectory

    init(directory: StateDirectory, enrolmentSecret: String?) throws(FileError) {
        self.directory = directory
        let authorization: AgentAuthorization?
        if let credential = try directory.credential() {
            authorization = .credential(credential)
        } else {
            authorization = enrolmentSecret.map { .enrolment($0) }
        }
        current = Mutex(authorization)
    }

    var authorization: AgentAuthorization? { current.withLock { $0 } }

    /// Keeps a credential durably, and only then uses it. When it cannot be kept the secret stays in use: the control
    /// plane lets an enrolment be repeated until the credential has been used.
    func take(_ credential: String) throws(FileError) {
        try directory.store(credential: credential)
        current.withLock { $0 = .credential(credential) }
    }
}
