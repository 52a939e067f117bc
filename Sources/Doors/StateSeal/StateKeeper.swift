import DurableFiles
package import FleetModel
import Glibc
package import StateMeasurement
import Synchronization

/// Measures, seals and quotes for an agent's check-ins, and never keeps one waiting: whoever holds the TPM may not hold the
/// agent.
package final class StateKeeper: Sendable {
    /// What goes with a check-in.
    package enum Evidence: Equatable, Sendable {
        /// An encoded ``StateQuote``.
        case quote([UInt8])
        /// Why there is none, for the server and the log.
        case trouble(SealError)
    }

    /// A check-in waits no longer than this. A slow TPM makes two keys at the first start in about 2 s, and quotes in
    /// less than one.
    package static let answerDeadline = Duration.seconds(5)

    private let desk: Mutex<Desk>
    private let deadline: Duration

    private struct Desk {
        /// Nil while a call is at work with it.
        var session: SessionBox?
        var strength: SealStrength?
        var areProgramsAccepted = false
    }

    package init(settings: SealSettings, deadline: Duration = answerDeadline) {
        desk = Mutex(Desk(session: SessionBox(session: SealSession(settings: settings))))
        self.deadline = deadline
    }

    /// What holds the key; nil until the first quote was made.
    package var strength: SealStrength? { desk.withLock { $0.strength } }

    /// See ``SealSession/acceptPrograms()``. Called when the guard has been told that this build is committed.
    package func acceptPrograms() { desk.withLock { $0.areProgramsAccepted = true } }

    /// A quote of `facts`, or why there is none.
    ///
    /// - Parameter nonce: From the last directive; nil when there was none, or it was answered.
    package func evidence(
        of facts: MeasuredFacts, endpoint: EndpointID, nonce: [UInt8]?
    ) async -> Evidence {
        let taken = desk.withLock { desk in
            defer { desk.session = nil }
            return desk.session.map { ($0, desk.areProgramsAccepted) }
        }
        guard let (box, areProgramsAccepted) = taken else { return .trouble(Self.stuck) }
        return await withCheckedContinuation { continuation in
            let answer = OneAnswer(continuation)
            let isStarted = SealThread.start {
                if areProgramsAccepted { box.session.acceptPrograms() }
                let evidence = Self.evidence(box.session, facts, endpoint, nonce ?? StateQuote.noNonce)
                self.desk.withLock { desk in
                    desk.strength = box.session.strength ?? desk.strength
                    desk.session = box
                }
                answer.give(evidence)
            }
            guard isStarted else {
                desk.withLock { $0.session = box }
                return answer.give(
                    .trouble(SealError(.refused, subject: "thread", message: "no thread can be started")))
            }
            Task {
                try? await Task.sleep(for: deadline)
                answer.give(.trouble(Self.stuck))
            }
        }
    }

    private static let stuck = SealError(.stuck, subject: "seal", message: "it has not answered the last call yet")

    private static func evidence(
        _ session: SealSession, _ facts: MeasuredFacts, _ endpoint: EndpointID, _ nonce: [UInt8]
    ) -> Evidence {
        do throws(SealError) {
            let quote = try session.quote(facts, endpoint: endpoint, nonce: nonce)
            do throws(StateFault) {
                return .quote(try quote.encoded())
            } catch {
                throw SealError(error)
            }
        } catch {
            return .trouble(error)
        }
    }
}

/// The session on its way between threads.
///
/// Sendable: it is in one place at a time. Whoever calls takes it off the desk under the lock, and the one thread that it
/// is given to puts it back when it is done with it.
private struct SessionBox: @unchecked Sendable {
    let session: SealSession
}

/// The first answer counts, whether it comes from the thread or from the deadline.
private final class OneAnswer: Sendable {
    private let waiting: Mutex<CheckedContinuation<StateKeeper.Evidence, Never>?>

    init(_ continuation: CheckedContinuation<StateKeeper.Evidence, Never>) { waiting = Mutex(continuation) }

    func give(_ evidence: StateKeeper.Evidence) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: evidence)
    }
}

/// A thread for one call: the TPM's driver may block for as long as it likes.
private enum SealThread {
    private static let stackBytes = 512 * 1024

    private final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        let body = Unmanaged.passRetained(Body(run))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        pthread_attr_setstacksize(&attributes, stackBytes)
        defer { pthread_attr_destroy(&attributes) }
        var handle = pthread_t()
        let error = pthread_create(
            &handle, &attributes,
            { context in
                var signals = sigset_t()
                sigfillset(&signals)
                pthread_sigmask(SIG_BLOCK, &signals, nil)
                if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        if error != 0 { body.release() }
        return error == 0
    }
}
