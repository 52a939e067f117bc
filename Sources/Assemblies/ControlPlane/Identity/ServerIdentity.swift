import DurableFiles
import FleetModel
import Foundation
import Glibc
import NIOSSL
import SwiftASN1
import X509

import enum Crypto.P256

/// The control plane's certificates: a CA of its own, made at the first start, and a server certificate under it.
///
/// Agents and people trust exactly this CA, so nothing else in the world can stand for this control plane. Keys are
/// P-256 and readable by the owner only.
struct ServerIdentity {
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey

    /// Ten years: replacing it means to visit every agent's configuration.
    private static let caLifetime: TimeInterval = 10 * 365 * 86_400
    /// Below the 398 days that browsers accept (CA/Browser Forum baseline requirements, clause 6.3.2).
    private static let serverLifetime: TimeInterval = 397 * 86_400
    /// The server certificate is made anew when less than this is left at a start.
    static let renewalLead: TimeInterval = 60 * 86_400
    /// A certificate is good from here on: clocks of endpoints lag.
    private static let backdating: TimeInterval = 3600
    private static let pemBytesMax = 64 << 10

    /// Reads what the folder holds, and makes what is missing or about to end.
    ///
    /// - Parameter names: DNS names and IP addresses that the server is reached by.
    init(folder: DataFolder, names: Set<String>, now: Date = Date()) throws {
        let authority = try Self.authority(in: folder, now: now)
        let pems =
            try Self.existingServer(in: folder, authority: authority.certificate, names: names, now: now)
            ?? Self.makeServer(in: folder, authority: authority, names: names, now: now)
        chain = try NIOSSLCertificate.fromPEMBytes(Array(pems.certificate.utf8))
        key = try NIOSSLPrivateKey(bytes: Array(pems.key.utf8), format: .pem)
    }

    private typealias Authority = (certificate: Certificate, key: P256.Signing.PrivateKey)

    private static func authority(in folder: DataFolder, now: Date) throws -> Authority {
        if let pem = try text(of: folder.caCertificate, in: folder) {
            // Made anew, the CA would be one that no agent trusts: that is for a person to decide.
            guard let keyPEM = try text(of: folder.caKey, in: folder) else {
                throw FileError(
                    .notFound, subject: folder.caKey,
                    message:
                        "the key of ca.pem is missing; restore it, or remove ca.pem and give every agent the new one")
            }
            return (try Certificate(pemEncoded: pem), try P256.Signing.PrivateKey(pemRepresentation: keyPEM))
        }
        let key = P256.Signing.PrivateKey()
        let name = try DistinguishedName {
            OrganizationName("Firebreak")
            CommonName("Firebreak control plane CA \(Secret.random().text.prefix(8))")
        }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: now - backdating, notValidAfter: now + caLifetime, issuer: name, subject: name,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true, cRLSign: true))
                SubjectKeyIdentifier(hash: Certificate.PublicKey(key.publicKey))
            },
            issuerPrivateKey: .init(key))
        // The key first: a certificate without its key would be given to agents and could never sign.
        try folder.files.write(Array(key.pemRepresentation.utf8), to: folder.caKey, mode: 0o600)
        try folder.files.write(
            Array(certificate.serializeAsPEM().pemString.utf8), to: folder.caCertificate, mode: 0o644)
        return (certificate, key)
    }

    /// The server certificate in the folder; nil when there is none that will do.
    private static func existingServer(in folder: DataFolder, authority: Certificate, names: Set<String>, now: Date)
        throws -> (certificate: String, key: String)?
    {
        guard let pem = try text(of: folder.serverCertificate, in: folder),
            let key = try text(of: folder.serverKey, in: folder),
            let certificate = try? Certificate(pemEncoded: pem),
            let privateKey = try? P256.Signing.PrivateKey(pemRepresentation: key),
            Certificate.PublicKey(privateKey.publicKey) == certificate.publicKey,
            authority.publicKey.isValidSignature(certificate.signature, for: certificate),
            certificate.notValidBefore <= now, certificate.notValidAfter - renewalLead > now,
            let covered = try? certificate.extensions.subjectAlternativeNames,
            Set(try names.map(generalName)).isSubset(of: Set(covered))
        else { return nil }
        return (pem, key)
    }

    private static func makeServer(in folder: DataFolder, authority: Authority, names: Set<String>, now: Date) throws
        -> (certificate: String, key: String)
    {
        let key = P256.Signing.PrivateKey()
        let subject = try DistinguishedName { CommonName("Firebreak control plane") }
        let certificate = try Certificate(
            version: .v3, serialNumber: Certificate.SerialNumber(), publicKey: .init(key.publicKey),
            notValidBefore: now - backdating,
            notValidAfter: min(now + serverLifetime, authority.certificate.notValidAfter),
            issuer: authority.certificate.subject, subject: subject, signatureAlgorithm: .ecdsaWithSHA256,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage([.serverAuth])
                SubjectAlternativeNames(try names.sorted().map(generalName))
                AuthorityKeyIdentifier(
                    keyIdentifier: SubjectKeyIdentifier(hash: authority.certificate.publicKey).keyIdentifier)
            },
            issuerPrivateKey: .init(authority.key))
        let pem = try certificate.serializeAsPEM().pemString
        // A crash between the two leaves a pair that does not match, which the next start replaces.
        try folder.files.write(Array(key.pemRepresentation.utf8), to: folder.serverKey, mode: 0o600)
        try folder.files.write(Array(pem.utf8), to: folder.serverCertificate, mode: 0o644)
        return (pem, key.pemRepresentation)
    }

    private static func text(of file: String, in folder: DataFolder) throws -> String? {
        do throws(FileError) {
            return String(decoding: try folder.files.read(file, bytesMax: pemBytesMax), as: UTF8.self)
        } catch {
            guard error.code == .notFound else { throw error }
            return nil
        }
    }

    private static func generalName(_ name: String) throws -> GeneralName {
        // RFC 5280 clause 4.2.1.6: four bytes for IPv4, sixteen for IPv6, in network order, as inet_pton writes them.
        for (family, byteCount) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: byteCount)
            if inet_pton(family, name, &bytes) == 1 { return .ipAddress(ASN1OctetString(contentBytes: bytes[...])) }
        }
        return .dnsName(name)
    }

    /// Names by which a server on this machine is reached, and the address that it listens at.
    static func localNames(listeningAt host: String) -> Set<String> {
        var names: Set<String> = ["localhost", "127.0.0.1", "::1"]
        if !["0.0.0.0", "::", ""].contains(host) { names.insert(host) }
        var buffer = [CChar](repeating: 0, count: 256)
        if gethostname(&buffer, buffer.count - 1) == 0 {
            let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if !name.isEmpty { names.insert(name) }
        }
        return names
    }
}
