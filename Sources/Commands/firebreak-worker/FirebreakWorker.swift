import DetectionWorker

/// Evaluates events for the agent, sealed off from the machine. Started by the agent, with its channel on descriptor 3.
@main enum FirebreakWorker {
    static func main() {
        WorkerMain.run(arguments: Array(CommandLine.arguments.dropFirst()))
    }
}
