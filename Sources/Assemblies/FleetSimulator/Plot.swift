/// A plot as SVG, drawn on a ground of its own, so that it reads the same on light and on dark pages.
package struct Plot: Sendable {
    package struct Series: Sendable {
        package var name: String
        /// As `#rrggbb`, dark enough to read as text on the ground.
        package var color: String
        /// SVG's dash pattern; empty for a whole line. Colours alone do not tell everyone apart.
        package var dash = ""
        package var width = 2.0
        /// Fills what lies below.
        package var isArea = false
        package var points: [(x: Double, y: Double)] = []
    }

    package var title: String
    package var subtitle: String
    package var x: PlotAxis
    package var y: PlotAxis
    package var series: [Series]

    static let width = 900.0
    static let height = 480.0
    private static let left = 92.0
    private static let right = 190.0
    private static let top = 76.0
    private static let bottom = 62.0

    private func px(_ value: Double) -> Double {
        Self.left + x.position(value) * (Self.width - Self.left - Self.right)
    }

    private func py(_ value: Double) -> Double {
        Self.height - Self.bottom - y.position(value) * (Self.height - Self.top - Self.bottom)
    }

    /// The document.
    package var svg: String {
        var parts = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 900 480\" width=\"900\" height=\"480\" "
                + "font-family=\"system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif\" font-size=\"13\" "
                + "role=\"img\" aria-label=\"\(Self.escaped(title))\">",
            "<rect x=\"0.5\" y=\"0.5\" width=\"899\" height=\"479\" rx=\"8\" fill=\"#ffffff\" stroke=\"#d0d7de\"/>",
            Self.text(title, Self.left, 32, size: 17, color: "#111827", weight: "600"),
            Self.text(subtitle, Self.left, 53, size: 13, color: "#4b5563"),
        ]
        // The first series is drawn last: it lies on top.
        parts += grid + series.reversed().flatMap(drawing) + legend
        return parts.joined(separator: "\n") + "\n</svg>\n"
    }

    private var grid: [String] {
        let (end, floor) = (Self.width - Self.right, Self.height - Self.bottom)
        var parts: [String] = []
        for tick in y.ticks {
            let place = py(tick.value)
            parts.append(Self.line(Self.left, place, end, place, color: "#e5e7eb"))
            parts.append(Self.text(tick.label, Self.left - 10, place + 4.5, anchor: "end"))
        }
        for tick in x.ticks {
            let place = px(tick.value)
            parts.append(Self.line(place, Self.top, place, floor, color: "#f3f4f6"))
            parts.append(Self.line(place, floor, place, floor + 5, color: "#6b7280"))
            parts.append(Self.text(tick.label, place, floor + 20, anchor: "middle"))
        }
        parts.append(Self.line(Self.left, floor, end, floor, color: "#6b7280"))
        parts.append(Self.text(x.title, (Self.left + end) / 2, Self.height - 18, color: "#111827", anchor: "middle"))
        let middle = (Self.top + floor) / 2
        parts.append(
            "<text transform=\"translate(24 \(Self.number(middle))) rotate(-90)\" text-anchor=\"middle\" "
                + "fill=\"#111827\">\(Self.escaped(y.title))</text>")
        return parts
    }

    private func drawing(_ series: Series) -> [String] {
        let places = Self.thinned(series.points.map { (px($0.x), py($0.y)) })
        guard let first = places.first, let last = places.last else { return [] }
        let path = places.map { "\(Self.number($0.0)),\(Self.number($0.1))" }.joined(separator: " ")
        var parts: [String] = []
        if series.isArea {
            let floor = Self.number(Self.height - Self.bottom)
            parts.append(
                "<polygon fill=\"\(series.color)\" fill-opacity=\"0.22\" points=\"\(Self.number(first.0)),\(floor) "
                    + "\(path) \(Self.number(last.0)),\(floor)\"/>")
        }
        let dash = series.dash.isEmpty ? "" : " stroke-dasharray=\"\(series.dash)\""
        parts.append(
            "<polyline fill=\"none\" stroke=\"\(series.color)\" stroke-width=\"\(Self.number(series.width))\" "
                + "stroke-linejoin=\"round\" stroke-linecap=\"round\"\(dash) points=\"\(path)\"/>")
        return parts
    }

    private var legend: [String] {
        series.enumerated().flatMap { index, series in
            let row = Self.top + 10 + Double(index) * 24
            let start = Self.width - Self.right + 18
            let dash = series.dash.isEmpty ? "" : " stroke-dasharray=\"\(series.dash)\""
            return [
                "<line x1=\"\(Self.number(start))\" y1=\"\(Self.number(row))\" x2=\"\(Self.number(start + 30))\" "
                    + "y2=\"\(Self.number(row))\" stroke=\"\(series.color)\" "
                    + "stroke-width=\"\(Self.number(series.width))\"\(dash)/>",
                Self.text(series.name, start + 38, row + 4.5, color: "#111827"),
            ]
        }
    }

    /// Without points that a reader could not tell from the one before; the first and the last stay, and so do the
    /// corners of a staircase.
    private static func thinned(_ places: [(Double, Double)]) -> [(Double, Double)] {
        var kept: [(Double, Double)] = []
        for (index, place) in places.enumerated() {
            guard let last = kept.last else {
                kept.append(place)
                continue
            }
            let isFar = abs(place.0 - last.0) >= 1.5 || abs(place.1 - last.1) >= 1.5
            if isFar {
                // The point before a jump: without it a step would become a slope.
                let before = places[index - 1]
                if abs(place.1 - before.1) >= 1.5, before != last { kept.append(before) }
                kept.append(place)
            } else if index == places.count - 1 {
                kept.append(place)
            }
        }
        return kept
    }

    private static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, color: String) -> String {
        "<line x1=\"\(number(x1))\" y1=\"\(number(y1))\" x2=\"\(number(x2))\" y2=\"\(number(y2))\" stroke=\"\(color)\"/>"
    }

    private static func text(
        _ text: String, _ x: Double, _ y: Double, size: Int = 13, color: String = "#374151", anchor: String = "start",
        weight: String = "400"
    ) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" font-weight=\"\(weight)\" "
            + "fill=\"\(color)\" text-anchor=\"\(anchor)\">\(escaped(text))</text>"
    }

    /// Tenths of a pixel are enough.
    private static func number(_ value: Double) -> String { NumberText.plain((value * 10).rounded() / 10) }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
