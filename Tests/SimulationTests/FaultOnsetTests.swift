import Testing

@testable import FleetSimulator

@Suite("Onsets")
struct FaultOnsetTests {
    private func strikes(_ onset: FaultOnset, activeAt active: UInt32, count: Int = 4_000) -> [UInt32] {
        var random = SimulationRandom(seed: 3)
        return (0..<count).map { _ in onset.strike(activeAt: active, &random) }
    }

    private func mean(_ values: [UInt32]) -> Double { values.map(Double.init).reduce(0, +) / Double(values.count) }

    @Test(
        "no onset strikes before the release is active", arguments: [0, 1, 299, 300, 3_599, 3_600, 90_000] as [UInt32])
    func afterActivation(active: UInt32) {
        let onsets: [FaultOnset] = [
            .after(meanSeconds: 60), .delay(seconds: 300), .clock(seconds: 0), .clock(seconds: 7_200),
            .window(openSeconds: 0, closeSeconds: 3_600), .window(openSeconds: 600, closeSeconds: 601),
            .flapping(periodSeconds: 300), .reboot, .scan, .scanThenReboot,
        ]
        for onset in onsets {
            #expect(strikes(onset, activeAt: active, count: 200).allSatisfy { $0 > active }, "\(onset)")
        }
    }

    @Test("latent onsets have the means that they state, and the restart after the scan has their sum")
    func means() {
        #expect(abs(mean(strikes(.reboot, activeAt: 0)) / FaultOnset.rebootMeanSeconds - 1) < 0.06)
        #expect(abs(mean(strikes(.scan, activeAt: 0)) / FaultOnset.scanMeanSeconds - 1) < 0.06)
        let both = FaultOnset.scanMeanSeconds + FaultOnset.rebootMeanSeconds
        #expect(abs(mean(strikes(.scanThenReboot, activeAt: 0)) / both - 1) < 0.06)
    }

    @Test("a window strikes within itself: today's rest for who is in time, tomorrow's for who is late")
    func window() {
        let window = FaultOnset.window(openSeconds: 3_600, closeSeconds: 7_200)
        #expect(strikes(window, activeAt: 0).allSatisfy { (3_600..<7_200).contains($0) })
        #expect(strikes(window, activeAt: 5_000).allSatisfy { (5_001..<7_200).contains($0) })
        #expect(strikes(window, activeAt: 7_200).allSatisfy { (90_000..<93_600).contains($0) })
    }

    @Test("good and bad change places everywhere at once, good first")
    func flapping() {
        #expect(Set(strikes(.flapping(periodSeconds: 300), activeAt: 10)) == [300])
        #expect(Set(strikes(.flapping(periodSeconds: 300), activeAt: 300)) == [900])
        #expect(Set(strikes(.flapping(periodSeconds: 300), activeAt: 899)) == [900])
    }

    @Test("a clock strikes at its moment, or at once where that has passed")
    func clock() {
        #expect(Set(strikes(.clock(seconds: 500), activeAt: 10)) == [500])
        #expect(Set(strikes(.clock(seconds: 500), activeAt: 700)) == [701])
    }
}
