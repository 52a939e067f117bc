import FleetModel
import SwiftProtobuf

extension EndpointHealth {
    /// Reads OpAMP's health. Components that are not ours are passed over: other agents report many.
    init(_ message: OpAMPComponentHealth) throws(ControlWireError) {
        guard message.componentHealthMap.count <= ControlWireLimit.componentCountMax else {
            throw ControlWireError(
                .tooMany, subject: "health.component_health_map",
                message: "\(message.componentHealthMap.count) components; at most "
                    + "\(ControlWireLimit.componentCountMax) are read")
        }
        isHealthy = message.healthy
        self.message = message.lastError.cut(toBytes: ControlWireLimit.messageBytesMax)
        components = [:]
        for component in EndpointComponent.allCases {
            guard let part = message.componentHealthMap[component.rawValue] else { continue }
            components[component] = Component(
                isHealthy: part.healthy, message: part.lastError.cut(toBytes: ControlWireLimit.messageBytesMax),
                since: Moment(nanoseconds: part.statusTimeUnixNano))
        }
    }

    /// OpAMP's form. The order of a map's entries on the wire is not defined; nothing compares these bytes.
    var opamp: OpAMPComponentHealth {
        var health = OpAMPComponentHealth()
        health.healthy = isHealthy
        health.lastError = message.cut(toBytes: ControlWireLimit.messageBytesMax)
        health.status = isHealthy ? "healthy" : "unhealthy"
        for (component, state) in components {
            var part = OpAMPComponentHealth()
            part.healthy = state.isHealthy
            part.lastError = state.message.cut(toBytes: ControlWireLimit.messageBytesMax)
            part.status = state.isHealthy ? "healthy" : "unhealthy"
            part.statusTimeUnixNano = state.since.nanoseconds
            health.componentHealthMap[component.rawValue] = part
        }
        return health
    }
}

extension Moment {
    /// From OpAMP's nanoseconds since the Unix epoch; what is finer than a millisecond is dropped.
    init(nanoseconds: UInt64) { self.init(milliseconds: Int64(nanoseconds / 1_000_000)) }

    /// OpAMP's nanoseconds since the Unix epoch; 0 before it, and the largest number beyond the year 2554.
    var nanoseconds: UInt64 {
        guard milliseconds > 0 else { return 0 }
        let (product, overflow) = UInt64(milliseconds).multipliedReportingOverflow(by: 1_000_000)
        return overflow ? .max : product
    }
}
