import CanonicalCoding
import ControlWire
import FleetModel
import HTTPTypes
import Hummingbird
import WebConsole

/// The status page and the probe.
struct PageRoutes: Sendable {
    let driver: FleetDriver
    let token: Secret

    func add(to router: Router<ControlContext>) {
        router.get(RouterPath(Routes.page)) { request, context in
            // On this machine the page is for whoever can log in to it; from elsewhere it shows a fleet to strangers.
            guard context.isLocal || OperatorMiddleware.isOperator(request, token: token) else {
                throw ControlRefusal.badToken
            }
            let page = try await driver.page(version: ControlPlane.version)
            var response = HTTPExchange.answer(Array(try page.html().utf8), "text/html; charset=utf-8")
            response.headers[.contentSecurityPolicy] = Self.policy
            response.headers[.xContentTypeOptions] = "nosniff"
            return response
        }
        router.get(RouterPath(Routes.health)) { _, _ in
            if let fault = await driver.storageFault { throw ControlRefusal(fault) }
            return HTTPExchange.answer(Array("well\n".utf8), "text/plain; charset=utf-8")
        }
    }

    /// Nothing is loaded from anywhere, and no script runs but the page's own.
    private static let policy: String = {
        func hash(_ text: String) -> String { "'sha256-\(Base64.encode(Secret.digest(of: text).bytes))'" }
        return "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
            + "style-src 'unsafe-inline'; script-src \(hash(ConsolePage.script))"
    }()
}
