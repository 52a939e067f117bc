import FleetModel
import Testing

@testable import LinuxSensor

@Suite struct SensorOutputTests {
    private let event = TelemetryEvent(kind: .fileEvent, at: Moment(milliseconds: 0))

    @Test("a flood of file changes leaves room in the queue for processes, and all that is dropped is counted")
    func reserve() async {
        let output = SensorOutput(queueCountMax: 100)
        for _ in 0..<10_000 { output.put(event, .second) }
        let flooded = output.counters
        #expect(flooded.observed == 10_000)
        // 75 places, and now and then one of the reserved to learn whether the queue has moved.
        #expect(flooded.lostInQueue > 9_900)
        let process = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0))
        output.put(process)
        #expect(output.counters.lostInQueue == flooded.lostInQueue)
        output.finish()
        var kinds: [EventKind] = []
        for await event in output.events { kinds.append(event.kind) }
        #expect(kinds.last == .processCreation)
        #expect((75...100).contains(kinds.count))
    }

    @Test("the stream ends with the last of its threads, not with the first")
    func ends() async {
        let output = SensorOutput(queueCountMax: 10)
        output.enter()
        output.enter()
        output.leave()
        output.put(event)
        output.leave()
        output.put(event)
        var count = 0
        for await _ in output.events { count += 1 }
        #expect(count == 1)
    }
}
