/// The help page.
enum GuardHelp {
    static let page: PlainText = """
        firebreak-guard - keeps an endpoint on an agent and on content that have proven themselves

        USAGE
          firebreak-guard boot          [PATHS]
          firebreak-guard watch         [PATHS] [TIMES] -- AGENT-ARGUMENTS...
          firebreak-guard shutdown      [PATHS]
          firebreak-guard status        [PATHS] [--json]
          firebreak-guard remedy        [PATHS] [--test] [FILE...]
          firebreak-guard install-build [PATHS] [--now] FOLDER
          firebreak-guard recall-build  [PATHS]

        DESCRIPTION
          A small program that runs before the agent at boot and beside it afterwards. It has no network, reads
          no content, and fetches nothing. What it remembers is in STATE/guard/record, durable before each act.

        COMMANDS
          boot      Counts the boot. Takes away the release or the agent build that was on trial when the boot
                    before ended without a shutdown in good order, and every unproven release when the agent's
                    journal is torn. After 3 such boots in a row the agent runs in safe mode, after 6 without
                    content, until it reports a healthy stretch. Applies remedies. Prints one line to the console:
                    boot N clean|unclean mode=normal|safe|observe slot=a|b reverted=DIGEST|unproven|-

          watch     Starts INSTALL/slots/SLOT/firebreak-agent with AGENT-ARGUMENTS and hears it on STATE/guard/socket.
                    An agent without a beat for 30 s is killed. One that ends is started again after 0.1, 0.4, 1.6
                    and 6.4 s; after 5 deaths without a healthy stretch the other proven build is tried, then safe
                    mode, then no content; then one try in 10 minutes. A build on trial that dies, hangs, or proves
                    nothing in an hour is taken back at once and for good. A second guard stands by until the first
                    is gone and takes its agent over. SIGTERM ends agent and guard.

          shutdown  Notes that the host goes down in good order. Without it the boot counts as unclean.

          status    Prints the record.

          remedy    Applies signed remedies: the FILEs, or else STATE/remedies/*.fbremedy. The signature is checked by
                    the agent of a proven slot (firebreak-agent remedy check). Each remedy is applied once. The
                    watch looks into the folder every 10 seconds by itself.
            --test  Says what would be done and changes nothing.

          install-build
                    Copies FOLDER/firebreak-agent and FOLDER/firebreak-worker into the slot that is not in force,
                    measures the copy, and has it tried at the agent's next start. A build that failed here is
                    refused, with exit code 4.
            --now   Ends the running agent in good order, so that the next start is now.

          recall-build
                    Condemns the build on trial, or else the one that runs, and goes back to the other at once. Exit
                    code 3 when the other has not proven itself: then nothing is changed.

        PATHS
          --state DIR     what the endpoint remembers              /var/lib/firebreak
          --install DIR   the programs                             /opt/firebreak
          --trust FILE    the keys whose remedies count            /etc/firebreak/trusted.keys

        TIMES, in milliseconds
          --beat-ms N     no beat for so long is a hang            30000
          --trial-ms N    a build has to prove itself within       3600000
          --end-ms N      an agent that was told to end is killed  20000
          --restart-ms N  the first wait before a restart          100
          --retry-ms N    the wait when everything was tried       600000

        ENVIRONMENT OF THE AGENT
          FIREBREAK_GUARD_SOCKET  where it sends: beat PID, committed BUILD, well, stopping
          FIREBREAK_SLOT          a or b
          FIREBREAK_MODE          normal, safe or observe
          FIREBREAK_BOOT          clean or unclean: how the boot before ended
          FIREBREAK_BUILD         proven or trial

        FILES
          STATE/guard/record      the record               STATE/guard/slot-a, slot-b  what became of each slot
          STATE/guard/lock        held by the one that watches
          STATE/journal.json      the agent's journal; its first line is read, nothing is written
          STATE/generations       NAME.fbpack becomes NAME.condemned when it is taken away
          STATE/remedies          drop folder; files become .applied or .refused

        EXIT CODES
          0  done    1  failed    2  the command line is wrong    3  refused    4  the build failed here before

        EXAMPLES
          firebreak-guard watch -- run --control https://control:8443 --ca /etc/firebreak/ca.pem ...
          firebreak-guard remedy --test /media/stick/leave-safe-mode.fbremedy
          firebreak-guard install-build --now /var/tmp/agent-1.5.0

        """
}
