import CExecBroker

/// The descriptors that a running broker has, opened in the one order that is safe.
struct BrokerDoors {
    let process: Int32
    private(set) var watchdog: Int32 = -1
    private(set) var watchdogProcess: Int32 = 0
    private(set) var poll: Int32 = -1
    private(set) var timer: Int32 = -1
    private(set) var signals: Int32 = -1
    private(set) var group: Int32 = -1
    private(set) var listener: Int32 = -1

    /// nil when the system refuses; why has been said then. The watchdog is first, so that it never holds the group, and
    /// the socket last: who can connect knows that the marks are set.
    init?(_ options: BrokerOptions) {
        process = getpid()
        watchdog = firebreak_broker_watchdog_start(&watchdogProcess)
        guard Self.check(watchdog, "cannot start the watchdog", "give the service room for two processes") else {
            return nil
        }
        let locked = firebreak_broker_harden()
        guard Self.check(locked, "cannot lock the memory", "run it with CAP_IPC_LOCK or as root") else { return nil }
        poll = firebreak_broker_poll_open()
        timer = firebreak_broker_timer_open()
        signals = firebreak_broker_signals_open()
        group = firebreak_broker_group_open()
        let remedy: StaticString =
            "run it as root with CAP_SYS_ADMIN, on a kernel with CONFIG_FANOTIFY_ACCESS_PERMISSIONS"
        guard Self.check(group, "cannot open a permission group", remedy) else { return nil }
        for mount in options.mounts {
            let marked = firebreak_broker_mark_mount(group, terminated(mount))
            guard Self.check(marked, "cannot mark the mount of", "give a path on a mounted disk", mount) else {
                return nil
            }
        }
        for folder in options.guarded {
            let marked = firebreak_broker_mark_folder(group, terminated(folder))
            guard Self.check(marked, "cannot guard", "give a folder on a disk", folder) else { return nil }
        }
        listener = firebreak_broker_listen(terminated(options.socket))
        guard Self.check(listener, "cannot listen at", "its folder has to be there, for root only", options.socket)
        else {
            return nil
        }
        for descriptor in [watchdog, timer, signals, group, listener] {
            let added = firebreak_broker_poll_add(poll, descriptor)
            guard Self.check(added, "cannot wait", "raise the service's limits (LimitNOFILE)") else { return nil }
        }
    }

    private static func check(
        _ result: Int32, _ what: StaticString, _ remedy: StaticString, _ subject: [UInt8] = []
    ) -> Bool {
        firebreak_broker_beat()
        guard result < 0 else { return true }
        complain(what, subject, errno: -result, remedy: remedy)
        return false
    }
}
