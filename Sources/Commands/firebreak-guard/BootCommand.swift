import CGuard

/// `firebreak-guard boot`: before the agent, once a boot.
enum BootCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        let paths = options.paths
        _ = Disk.makeDirectory(paths.guardFolder)
        guard let lock = HeldLock(paths.watchLock, waits: false) else {
            Voice.complain("a guard watches already, or \(paths.watchLock) cannot be made; nothing is done")
            return Disk.names(in: paths.guardFolder) == nil ? .failed : .done
        }
        var driver = GuardDriver(options)
        driver.step(.boot(driver.found()))
        var remedies = RemedyFolder(options)
        remedies.apply(with: &driver)
        _ = consume lock
        Voice.announce(driver.machine.bootLine)
        return driver.isUnwritten ? .failed : .done
    }
}

/// `firebreak-guard shutdown`: the host goes down in good order.
enum ShutdownCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        guard var driver = GuardDriver(withRecordOf: options) else { return .failed }
        guard driver.machine.record.bootID == Disk.bootID else {
            Voice.complain("this boot was never counted; it stays unclean")
            return .failed
        }
        driver.step(.shutdown)
        return driver.isUnwritten ? .failed : .done
    }
}

/// `firebreak-guard status`: what the record says.
enum StatusCommand {
    static func run(_ options: GuardOptions) -> GuardExit {
        guard let driver = GuardDriver(withRecordOf: options) else { return .failed }
        var child = firebreak_guard_child()
        let isFound = driver.paths.pidFile.withCString { firebreak_guard_find($0, &child) } == 0
        if isFound { firebreak_guard_close(child.pidfd) }
        Voice.print(
            StatusView(record: driver.machine.record, agent: isFound ? Int(child.pid) : nil, isJSON: options.isJSON)
                .text)
        return .done
    }
}

extension GuardDriver {
    /// A driver that goes on from the record; nil when there is none that is whole, after saying so.
    init?(withRecordOf options: GuardOptions) {
        self.init(options)
        guard case .whole(let record) = found().record else {
            Voice.complain("\(paths.record) is missing or torn; firebreak-guard boot writes it anew")
            return nil
        }
        machine.refresh(record)
    }
}
