import CExecBroker

// firebreak-broker: the one process that holds executions. See Manual.swift for what it does.

func begin() -> Int32 {
    guard let command = bytes(ofArgument: 1) else {
        Manual.write(to: 2)
        return ExitCode.usage
    }
    if command == "--help" || command == "-h" || command == "help" {
        Manual.write(to: 1)
        return ExitCode.well
    }
    if command == "status" { return StatusCommand.run() }
    guard command == "run" else {
        complain("there is no subcommand", command, remedy: "see firebreak-broker --help")
        return ExitCode.usage
    }
    guard let options = BrokerOptions.parsed() else { return ExitCode.usage }
    guard let doors = BrokerDoors(options) else { return ExitCode.system }
    let policy = BrokerPolicy(
        deadlineMicroseconds: options.deadlineMilliseconds * 1000, denialsPerMinute: options.denialsPerMinute)
    var loop = BrokerLoop(
        machine: BrokerMachine(policy: policy), facts: BrokerFacts(own: OwnFolders(options.own)), doors: doors,
        fault: options.fault)
    return loop.run()
}

exit(begin())
