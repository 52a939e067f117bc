import FleetModel
import Testing

@testable import LinuxSensor

@Suite struct ReplaySensorTests {
    private func recording(_ count: Int64) throws -> Recording {
        try Recording(events: (0..<count).map(RecordingTests.event))
    }

    @Test("a replayed event happens now: its time and those of its lineage move by one span")
    func shift() throws {
        let schedule = ReplaySchedule(events: [RecordingTests.event(0)], pace: .recorded(speed: 1), offset: 0)
        let event = schedule.event(0, shiftedTo: Moment(milliseconds: 51_000))
        #expect(event.at == Moment(milliseconds: 51_000))
        #expect(event.lineage[0].startedAt == Moment(milliseconds: 50_900))
        #expect(event.lineage[1].startedAt == nil)
        #expect(event[.image] == RecordingTests.event(0)[.image])
    }

    @Test("the recorded pace keeps the pauses, divided by the speed and bounded; a steady one has its own")
    func pace() throws {
        var events = (Int64(0)..<3).map(RecordingTests.event)
        events[2].at = Moment(milliseconds: 100_000_000)
        let recorded = ReplaySchedule(events: events, pace: .recorded(speed: 2), offset: 0)
        #expect((0..<3).map(recorded.milliseconds) == [0, 50, 50 + ReplaySchedule.pauseMillisecondsMax / 2])
        let steady = ReplaySchedule(events: events, pace: .steady(eventsPerSecond: 4), offset: 0)
        #expect((0..<3).map(steady.milliseconds) == [0, 250, 500])
        #expect(steady.restMilliseconds == 250)
    }

    @Test("an offset begins elsewhere and goes round", arguments: [-1, 2, 5])
    func offset(offset: Int) throws {
        let schedule = ReplaySchedule(
            events: (Int64(0)..<3).map(RecordingTests.event), pace: .steady(eventsPerSecond: 1), offset: offset)
        let ids = (0..<3).map { schedule.event($0, shiftedTo: Moment(milliseconds: 0))[.processId] }
        #expect(ids == [.integer(2), .integer(0), .integer(1)])
    }

    @Test("so many rounds are played, then the stream ends")
    func rounds() async throws {
        let sensor = try ReplaySensor.start(
            try recording(5), pace: .steady(eventsPerSecond: 100_000), rounds: 3)
        var ids: [FieldValue?] = []
        for await event in sensor.events { ids.append(event[.processId]) }
        #expect(ids == Array(repeating: (Int64(0)..<5).map { .integer($0) }, count: 3).flatMap { $0 })
        #expect(sensor.counters().observed == 15)
        #expect(sensor.counters().lost == 0)
    }

    @Test("when nobody reads, the oldest are kept up to the bound and every loss is counted")
    func loss() async throws {
        let sensor = try ReplaySensor.start(
            try recording(10), pace: .steady(eventsPerSecond: 100_000), rounds: 2, queueCountMax: 4)
        while sensor.counters().observed < 20 { await Task.yield() }
        var count: UInt64 = 0
        for await _ in sensor.events { count += 1 }
        #expect(count == 4)
        #expect(sensor.counters().lostInQueue == 16)
    }

    @Test("a cancelled consumer ends the sensor, and so does stop")
    func cancellation() async throws {
        let first = try ReplaySensor.start(try recording(2), pace: .steady(eventsPerSecond: 1000))
        let consumer = Task { for await _ in first.events {} }
        consumer.cancel()
        await consumer.value
        let second = try ReplaySensor.start(try recording(2), pace: .steady(eventsPerSecond: 0.001))
        second.stop()
        for await _ in second.events {}
    }
}
