// Measures OpAMP heartbeats a second at the control plane over keep-alive TLS, beside nginx serving a static body of the
// same size over the same TLS, in turn (A B A B ...), by wrk on the same machine. Prints medians and their ratio.
//
// Usage: checkin-benchmark [--seconds N] [--rounds N] [--connections N] [--endpoints N] [--json]

import ControlClient
import ControlWire
import FleetModel
import Foundation
import Subprocess
import SystemPackage

let options = BenchmarkOptions(CommandLine.arguments)
do {
    let bench = try CheckInBenchmark(options: options)
    let report = try await bench.run()
    print(options.isJSON ? report.json : report.table)
} catch {
    FileHandle.standardError.write(Data("checkin-benchmark: \(error)\n".utf8))
    exit(1)
}
