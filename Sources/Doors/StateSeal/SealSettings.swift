/// Where the key is held.
package enum SealChoice: Hashable, Sendable {
    /// A TPM when one answers at the first start, otherwise a file. Later starts keep to what was chosen.
    case auto
    case file
    /// The TPM at an address of tpm2-tss: `device:/dev/tpmrm0`, `swtpm:path=SOCKET`, `mssim:host=HOST,port=PORT`.
    case tpm(String)

    /// The kernel's resource manager, which lets several programs use one TPM.
    package static let deviceDefault = "device:/dev/tpmrm0"
    /// Kinds of addresses that are taken. Others (`cmd:`, `pcap:`) would let a setting start programs or write files.
    private static let kinds = ["device:", "swtpm:", "mssim:"]
    private static let addressBytesMax = 256

    /// Reads a setting: `auto`, `file`, `tpm` or an address.
    package init(setting: String) throws(SealError) {
        switch setting {
        case "auto": self = .auto
        case "file": self = .file
        case "tpm": self = .tpm(Self.deviceDefault)
        default:
            guard setting.utf8.count <= Self.addressBytesMax, Self.kinds.contains(where: setting.hasPrefix) else {
                throw SealError(
                    .badSetting, subject: "seal", message: "\"\(setting.prefix(80))\" is no way to seal the state")
            }
            self = .tpm(setting)
        }
    }
}

/// How an agent seals its state.
package struct SealSettings: Hashable, Sendable {
    package var choice: SealChoice
    /// `seal` in the state directory.
    package var directory: String
    /// 23 ("application support"), or 16 ("debug") where something else uses 23: the two that can be reset without a
    /// reboot, so that an agent which starts anew can measure anew.
    package var register: UInt32
    /// NV index of the counter, in the owner's range (TCG Registry of Reserved TPM 2.0 Handles: 0x01800000 and up). Two
    /// agents on one host need two.
    package var counterIndex: UInt32

    package static let registerDefault: UInt32 = 23
    package static let counterIndexDefault: UInt32 = 0x0180_4642

    package init(
        choice: SealChoice = .auto, directory: String, register: UInt32 = registerDefault,
        counterIndex: UInt32 = counterIndexDefault
    ) {
        self.choice = choice
        self.directory = directory
        self.register = register
        self.counterIndex = counterIndex
    }

    func path(_ name: String) -> String { "\(directory)/\(name)" }
}
