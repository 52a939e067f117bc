import Crypto
import Foundation
import NIOSSL
import SwiftASN1
import X509

/// A certificate authority of its own and a server certificate from it, made anew for each test: no test depends on a
/// file that expires.
struct CertificateFixture {
    let authorityPEM: String
    let server: NIOSSLCertificate
    let serverKey: NIOSSLPrivateKey

    /// - Parameter address: The IPv4 address that the server's certificate is for.
    init(address: [UInt8] = [127, 0, 0, 1]) throws {
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authorityName = try DistinguishedName { CommonName("Firebreak test CA") }
        let authority = try Self.certificate(
            key: authorityKey, subject: authorityName, issuer: authorityName, issuerKey: authorityKey,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            })
        let leafKey = P256.Signing.PrivateKey()
        let leaf = try Self.certificate(
            key: Certificate.PrivateKey(leafKey), subject: try DistinguishedName { CommonName("test") },
            issuer: authorityName, issuerKey: authorityKey,
            extensions: Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                SubjectAlternativeNames([.ipAddress(ASN1OctetString(contentBytes: address[...]))])
            })
        authorityPEM = try authority.serializeAsPEM().pemString
        server = try NIOSSLCertificate(bytes: Array(leaf.serializeAsPEM().pemString.utf8), format: .pem)
        serverKey = try NIOSSLPrivateKey(bytes: Array(leafKey.pemRepresentation.utf8), format: .pem)
    }

    /// Writes the authority's certificate into a folder of its own and gives its path.
    func authorityFile() throws -> String {
        let folder = URL.temporaryDirectory.appending(path: "firebreak-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let file = folder.appending(path: "ca.pem")
        try authorityPEM.write(to: file, atomically: true, encoding: .utf8)
        return file.path
    }

    private static func certificate(
        key: Certificate.PrivateKey, subject: DistinguishedName, issuer: DistinguishedName,
        issuerKey: Certificate.PrivateKey, extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: key.publicKey,
            notValidBefore: Date(timeIntervalSinceNow: -3600), notValidAfter: Date(timeIntervalSinceNow: 86_400),
            issuer: issuer, subject: subject, signatureAlgorithm: .ecdsaWithSHA256, extensions: extensions,
            issuerPrivateKey: issuerKey)
    }
}
