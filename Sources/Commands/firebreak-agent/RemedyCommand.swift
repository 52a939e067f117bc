import ArgumentParser
import DurableFiles
import FleetModel
import Glibc
import GuardEngine
import UpdateTrust

/// `firebreak-agent remedy`: what the guard asks of the trust code, since it holds no key itself.
struct RemedyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remedy", abstract: "Check signed remedies for the guard.", subcommands: [Check.self])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a remedy and print what it orders, one action a line, for firebreak-guard.",
            discussion: """
                Exit codes: 0 the remedy is signed by a trusted key and in force, and its plan was printed; 65 it is \
                not; 66 a file cannot be read. Only 0 with a whole plan counts.
                """)

        @Argument(help: "The remedy.") var file: String
        @Option(help: "File of the public keys whose remedies count.") var trust: String

        func run() throws {
            let files = DurableFiles()
            do {
                let keys = try TrustedKeys(reading: files.read(trust, bytesMax: TrustedKeys.fileBytesMax))
                let bytes = try files.read(file, bytesMax: UnverifiedRemedy.fileBytesMax)
                let verified = try RemedyVerifier(trustedKeys: keys).verify(UnverifiedRemedy(bytes), at: Self.now())
                try Self.write(verified.plan.encode())
            } catch let error as TrustError {
                say("\(file): \(error)")
                throw ExitCode(65)
            } catch let error as FileError {
                say("\(error)")
                throw ExitCode(66)
            }
        }

        private static func now() -> Moment {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Moment(milliseconds: Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000)
        }

        /// All of it or a failure: a plan without its last line is none.
        private static func write(_ bytes: [UInt8]) throws(FileError) {
            guard Glibc.write(STDOUT_FILENO, bytes, bytes.count) == bytes.count else {
                throw FileError(errno: errno, during: "write", subject: "standard output")
            }
        }
    }
}
