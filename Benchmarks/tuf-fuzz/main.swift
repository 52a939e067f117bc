import Foundation

/// Gives hostile metadata to the parsers, and to a whole client, and counts what came of it:
///
///     tuf-fuzz --executions N [--seed S]
///
/// N is for each of the targets. The outcome is a line of JSON for each; a client that finds what nobody
/// published, or memory that grows, ends the run with 1, and a trap is the failure that is looked for.
var executions: UInt64 = 0
var seed: UInt64 = 1
var arguments = Array(CommandLine.arguments.dropFirst())
while arguments.count >= 2 {
    let (name, value) = (arguments.removeFirst(), arguments.removeFirst())
    switch name {
    case "--executions": executions = UInt64(value) ?? 0
    case "--seed": seed = UInt64(value) ?? 1
    default: executions = 0
    }
}
guard executions > 0, arguments.isEmpty else {
    FileHandle.standardError.write(Data("usage: tuf-fuzz --executions N [--seed S]\n".utf8))
    exit(2)
}
var failed = false
for target in FuzzTarget.allCases {
    var run = try TufFuzz(target, seed: seed)
    run.run(executions)
    FileHandle.standardOutput.write(Data((run.json(seed: seed) + "\n").utf8))
    failed = failed || run.hasFailed
}
exit(failed ? 1 : 0)
