import Glibc

/// One axis of a plot: where a value lies between its ends, and what is written beside it.
package struct PlotAxis: Sendable {
    package struct Tick: Sendable, Hashable {
        package var value: Double
        package var label: String

        package init(_ value: Double, _ label: String) {
            self.value = value
            self.label = label
        }
    }

    package var title: String
    package var range: ClosedRange<Double>
    package var isLogarithmic: Bool
    package var ticks: [Tick]

    package init(title: String, range: ClosedRange<Double>, isLogarithmic: Bool, ticks: [Tick]) {
        self.title = title
        self.range = range
        self.isLogarithmic = isLogarithmic
        self.ticks = ticks
    }

    /// 0 at the lower end, 1 at the upper; what lies beyond is put at the end. On a logarithmic axis that is where zero
    /// is, too.
    func position(_ value: Double) -> Double {
        let bounded = min(max(value, range.lowerBound), range.upperBound)
        guard isLogarithmic else { return (bounded - range.lowerBound) / (range.upperBound - range.lowerBound) }
        return log(bounded / range.lowerBound) / log(range.upperBound / range.lowerBound)
    }

    /// Counts, a decade apart, from none to at least `max`.
    package static func counts(title: String, upTo max: Int) -> PlotAxis {
        var ticks = [Tick(0.3, "0")]
        var power = 1
        while true {
            ticks.append(Tick(Double(power), power < 1_000_000 ? NumberText.grouped(power) : "\(power / 1_000_000) M"))
            if power >= max { break }
            power *= 10
        }
        return PlotAxis(title: title, range: 0.3...Double(power), isLogarithmic: true, ticks: ticks)
    }

    /// Shares, a decade apart.
    package static func shares(title: String, from low: Double, to high: Double) -> PlotAxis {
        var ticks: [Tick] = []
        var share = low
        while share <= high * 1.0001 {
            ticks.append(Tick(share, NumberText.percent(share)))
            share *= 10
        }
        return PlotAxis(title: title, range: low...high, isLogarithmic: true, ticks: ticks)
    }

    package static func percents(title: String) -> PlotAxis {
        PlotAxis(
            title: title, range: 0...1, isLogarithmic: false,
            ticks: [0, 0.2, 0.4, 0.6, 0.8, 1].map { Tick($0, NumberText.percent($0)) })
    }

    /// Hours on a logarithmic scale, from a quarter of an hour to at least `max`.
    package static func hoursLogarithmic(title: String, upTo max: Double) -> PlotAxis {
        let marks: [(Double, String)] = [
            (0.25, "15 min"), (0.5, "30 min"), (1, "1 h"), (2, "2 h"), (4, "4 h"), (8, "8 h"), (16, "16 h"),
            (32, "32 h"), (64, "64 h"), (128, "128 h"), (256, "256 h"), (512, "512 h"), (1_024, "1024 h"),
        ]
        let count = (marks.firstIndex { $0.0 >= max } ?? marks.count - 1) + 1
        let ticks = marks.prefix(Swift.max(2, count)).map { Tick($0.0, $0.1) }
        return PlotAxis(title: title, range: 0.25...ticks[ticks.count - 1].value, isLogarithmic: true, ticks: ticks)
    }

    /// Hours from zero to `max`, at most ten ticks.
    package static func hours(title: String, upTo max: Double) -> PlotAxis {
        let steps: [Double] = [0.25, 0.5, 1, 2, 4, 6, 12, 24, 48, 96]
        let step = steps.first { max / $0 <= 10 } ?? 96
        let count = Int((max / step).rounded(.up))
        return PlotAxis(
            title: title, range: 0...Swift.max(max, step), isLogarithmic: false,
            ticks: (0...Swift.max(1, count)).map { Double($0) * step }.filter { $0 <= Swift.max(max, step) }
                .map { Tick($0, NumberText.plain($0)) })
    }
}
