@testable import DetectionEngine
import FleetModel

/// Short ways to write correlations and to run matches through them.
enum CorrelationFixture {
    static func correlation(
        _ number: Int, _ kind: DraftCorrelation.Kind, _ rules: [Int], by fields: [String] = [], seconds: Int64 = 60,
        bounds: [DraftCorrelation.Bound] = [], value: String? = nil, reportsRules: Bool = true
    ) -> DraftCorrelation {
        DraftCorrelation(
            metadata: Fixture.metadata(number, response: .alert), kind: kind,
            rules: rules.map { Fixture.metadata($0).id },
            groupBy: fields.map { .init(name: $0) }, timespanSeconds: seconds, bounds: bounds, valueField: value,
            reportsRules: reportsRules)
    }
}
