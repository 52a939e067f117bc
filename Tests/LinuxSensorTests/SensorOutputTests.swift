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
        #expect(flooded.lostInQueue == 9_925)
        #expect(output.room(.second) == 0)
        #expect(output.room(.first) == 25)
        let process = TelemetryEvent(kind: .processCreation, at: Moment(milliseconds: 0))
        output.put(process)
        #expect(output.counters.lostInQueue == flooded.lostInQueue)
        output.finish()
        var kinds: [EventKind] = []
        for await event in output.events { kinds.append(event.kind) }
        #expect(kinds.last == .processCreation)
        #expect(kinds.count == 76)
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

    @Test("events come in the order in which they were put, also through many laps of the queue")
    func order() async {
        let output = SensorOutput(queueCountMax: 50)
        let consumer = Task {
            var moments: [Int64] = []
            for await event in output.events { moments.append(event.at.milliseconds) }
            return moments
        }
        var put: [Int64] = []
        for number in 0..<5000 as Range<Int64> {
            while output.room(.first) == 0 { await Task.yield() }
            output.put(TelemetryEvent(kind: .fileEvent, at: Moment(milliseconds: number)))
            put.append(number)
        }
        output.finish()
        let taken = await consumer.value
        #expect(taken == put)
        #expect(output.counters.lostInQueue == 0)
    }

    @Test("a consumer that is cancelled ends the queue, and what waits is let go of", arguments: [0, 3])
    func cancelled(count: Int) async {
        let output = SensorOutput(queueCountMax: 10)
        for _ in 0..<count { output.put(event) }
        await confirmation { ended in
            output.onEnd { ended() }
            let consumer = Task {
                for await _ in output.events { withUnsafeCurrentTask { $0?.cancel() } }
            }
            consumer.cancel()
            await consumer.value
        }
        output.put(event)
        #expect(output.counters.lostInQueue == 1)
    }
}
