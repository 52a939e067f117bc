import CExecBroker

/// The page that `--help` shows.
enum Manual {
    static func write(to descriptor: Int32) {
        var output = Output()
        output.add(text)
        output.write(to: descriptor)
    }

    private static let text: StaticString = """
        NAME
            firebreak-broker - hold executions for a verdict, and never for longer than a moment

        SYNOPSIS
            firebreak-broker run --socket PATH --mount PATH... [--guard DIR...] [--own DIR...]
                                 [--deadline-ms N] [--denials-per-minute N]
            firebreak-broker status --socket PATH [--json]

        DESCRIPTION
            The broker is the only process that holds a permission group of fanotify(7). For every execution on the
            marked mounts the kernel holds the process until the broker answers. The broker asks the engine that is
            connected at its socket, and answers for it when it is late.

            A stalled holder of such a group stops every execution on the machine. So:

            - Without an engine every execution is allowed at once.
            - An engine has 20 ms for a verdict; then the execution is allowed and counted as missed.
            - Three misses in a row, or one after a pause, open the breaker: nobody is asked for 30 s, then 60 s,
              doubling up to 32 minutes. Ten calm minutes forget the doubling.
            - Past 256 executions that wait, the next are allowed at once.
            - Init, shells, login, package managers, the dynamic loader and what mounts, starts and stops a
              machine are never denied, whatever the engine says.
            - Denials are capped per minute. The first above the cap is not carried out and opens the breaker with
              the reason denial_budget; the agent then takes back the content that asked for it.
            - A watchdog, forked before the group is opened and locked in memory, ends the broker when its loop has
              not turned, or an event has not been answered, for 700 ms. The kernel then releases all that wait.
            - When the watchdog ends, so does the broker.

        OPTIONS OF run
            --socket PATH   Where the engine connects: a Unix socket (SOCK_SEQPACKET), mode 0600, for root and the
                            broker's own user.
            --mount PATH    Hold executions on the mount that PATH is on. May be repeated. Other mounts, also those
                            of the same disk elsewhere, are not held.
            --guard DIR     Deny every opening of a file directly in DIR to all but our own programs. The kernel does not
                            tell reading from writing here, so that a backup is denied as well. Decided in the
                            broker at once; nobody is asked. Needs --own. Folders that a machine needs are refused.
                            Rename, removal and change of mode are no openings, and are not denied.
            --own DIR       Our own programs are in DIR or below. Executions of them and by them are exempt; those by
                            their children are not. Proven by device and inode. Replace a program only while it does
                            not run: a process whose program has been removed is none of ours.
            --deadline-ms N Time for a verdict, 1 to 200. Default 20.
            --denials-per-minute N
                            Denials in any minute, 0 to 1000. Default 20. Those of --guard are not counted.

        OPTIONS OF status
            --socket PATH   Of the broker to ask.
            --json          One object, for programs.

        EXIT STATUS
            0   Ended by SIGTERM or SIGINT, or the status was shown.
            64  The command line cannot be followed.
            69  No broker answers at the socket.
            71  The system refused something that the broker cannot do without.
            75  The watchdog is gone. The service should start the broker again.
            137 Ended by its watchdog.

        EXAMPLE
            firebreak-broker run --socket /run/firebreak/broker --mount / --own /opt/firebreak \\
                --guard /var/lib/firebreak

            As a service: Restart=always, RestartSec=0, StartLimitIntervalSec=0, no descriptor store,
            and nothing that gives it a mount namespace of its own (PrivateTmp, ProtectSystem and the like): it would
            mark copies of the mounts.

        SEE ALSO
            fanotify(7), firebreak-guard(8), docs/design/broker.md

        """
}
