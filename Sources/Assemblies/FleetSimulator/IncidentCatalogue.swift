/// Public incidents, what vendors, customers and the press have told of each, put in the terms
/// of a simulation. A share is of the vendor's own installed base.
package enum IncidentCatalogue {
    package static let all: [Incident] = endpointProducts + serverFleets

    /// Content and agents of security products.
    private static let endpointProducts: [Incident] = [
        Incident(
            "cs-cf291", "CrowdStrike channel file 291", on: "2024-07-19", share: nil, probability: 0.98, .minutes(2),
            silent: 1, cured: false, withdrawn: 78, estimates: [.probability, .onset],
            lesson: "Validator and tests shared one wrong belief; no rings; no known-good copy on the machine."),
        Incident(
            "symantec-cn-2007", "Symantec virus definition, Chinese Windows XP", on: "2007-05-17", share: 0.02,
            probability: 0.95, .reboot, silent: 1, cured: false, withdrawn: 810, estimates: [.share],
            lesson: "One language, one service pack and one patch together; harmless until the next start."),
        Incident(
            "sophos-shh", "Sophos identity Shh/Updater-B", on: "2012-09-19", share: 0.9, probability: 0.4,
            .minutes(10), silent: 0, cured: false, withdrawn: nil,
            lesson: "The updater itself was the victim: there must be a second way in."),
        Incident(
            "mbam-2013", "Malwarebytes definition", on: "2013-04-15", share: 0.003, probability: 0.8, .minutes(15),
            silent: 1, cured: false, withdrawn: 8, estimates: [.share],
            lesson: "Eight minutes are enough; what was packed was not what was reviewed."),
        Incident(
            "mbam-2018", "Malwarebytes web rule", on: "2018-01-27", share: 0.8, probability: 0.9, .minutes(10),
            silent: 0.5, cured: true, withdrawn: 16, estimates: [.share, .probability, .onset, .withdrawal],
            lesson: "Exhaustion shows as a heartbeat that slows before it stops."),
        Incident(
            "bitdefender-2010", "BitDefender definition, 64-bit Windows", on: "2010-03-20", share: 0.25,
            probability: 0.9, .minutes(5), silent: 1, cured: false, withdrawn: 200, estimates: [.share],
            lesson: "The validator refused the 32-bit twin and had a bug for this one: test the validator."),
        Incident(
            "avg-2008", "AVG definition against user32.dll", on: "2008-11-09", share: 0.6, probability: 0.3,
            .scanThenReboot, silent: 1, cured: false, withdrawn: nil, estimates: [.share, .probability],
            lesson: "Two latencies in a row: the scan, then the restart."),
        Incident(
            "panda-2015", "Panda signature file against itself", on: "2015-03-11", share: 0.08, probability: 0.8,
            .minutes(20), silent: 0.5, cured: false, withdrawn: nil,
            lesson: "To restart was the harmful reflex: the machine should be told to hold."),
        Incident(
            "symantec-sonar-2012", "Symantec behaviour signature", on: "2012-07-11", share: 0.01, probability: 0.9,
            .minutes(30), silent: 1, cured: false, withdrawn: 470,
            lesson: "Three parties' software together; what else is installed makes a cohort."),
        Incident(
            "eset-2016", "ESET signatures against every web page", on: "2016-02-29", share: 0.9, probability: 0.95,
            .minutes(1), silent: 0, cured: true, withdrawn: 128,
            lesson: "No crash and no silence: only the number of detections showed it."),
        Incident(
            "defender-asr-2023", "Microsoft Defender rule that deleted shortcuts", on: "2023-01-13", share: 0.1,
            probability: 0.8, .minutes(60), silent: 0, cured: false, withdrawn: nil, estimates: [.share],
            lesson: "Machines that only watched were safe; what deletes must be able to undo."),
        Incident(
            "fipfs-y2k22", "Microsoft Exchange filter, date in 32 bits", on: "2022-01-01", share: 1,
            probability: 0.99, .clock(seconds: 0), silent: 0, cured: false, withdrawn: nil,
            lesson: "No canary sees a date that has not come: run the clock ahead in tests."),
        Incident(
            "avast-2012", "Avast definition against tcpip.sys, Russian Windows XP", on: "2012-12-05", share: 0.1,
            probability: 0.7, .reboot, silent: 1, cured: false, withdrawn: nil, estimates: [.share],
            lesson: "Language makes a cohort, once more."),
        Incident(
            "cs-debian-2024", "CrowdStrike agent on Debian", on: "2024-04-19", share: 0.002, probability: 0.95,
            .minutes(1), silent: 1, cured: false, withdrawn: nil, estimates: [.date, .share],
            lesson: "A system that was supported and in no test."),
        Incident(
            "cs-rhel-2024", "Kernel update under the CrowdStrike agent", on: "2024-05-15", share: 0.01,
            probability: 0.5, .reboot, silent: 1, cured: false, withdrawn: nil,
            lesson: "Somebody else's update was the trigger: the watch must go on after a rollout."),
        Incident(
            "cs-cpu-2024", "CrowdStrike memory scan at full load", on: "2024-06-27", share: 0.3, probability: 0.8,
            .minutes(20), silent: 0, cured: true, withdrawn: nil,
            estimates: [.share, .probability, .onset, .withdrawal],
            lesson: "Slow, not dead: judge load, not crashes alone."),
        Incident(
            "clamav-094", "ClamAV signature that old engines could not load", on: "2010-04-15", share: 0.1,
            probability: 1, .minutes(1), silent: 0, cured: false, withdrawn: nil, estimates: [.share],
            lesson: "The oldest version is a cohort, and what depends on it fails with it."),
        Incident(
            "s1-2025", "SentinelOne control plane", on: "2025-05-29", share: 1, probability: 1, .minutes(1), silent: 0,
            cured: true, withdrawn: 390,
            lesson: "Endpoints must go on as they are when nobody answers."),
    ]

    /// Configuration and software of large server fleets.
    private static let serverFleets: [Incident] = [
        Incident(
            "cf-2019", "Cloudflare firewall expression", on: "2019-07-02", share: 1, probability: 1, .minutes(2),
            silent: 0.5, cured: true, withdrawn: 27,
            lesson: "Matching must be linear in its input, and rules must be staged like code."),
        Incident(
            "cf-2025-11", "Cloudflare feature file", on: "2025-11-18", share: 1, probability: 1,
            .flapping(periodSeconds: 300), silent: 0.5, cured: true, withdrawn: 190,
            lesson: "Good and bad in turn look like an attack; one's own generated files need checks too."),
        Incident(
            // The code that could not read it had been there for a fortnight: the data was the release, and struck.
            "gcp-2025-06", "Google Cloud quota policy with empty fields", on: "2025-06-12", share: 1, probability: 1,
            .minutes(1), silent: 1, cured: true, withdrawn: 40,
            lesson: "Stage data as well as code."),
        Incident(
            "afd-2025-10-29", "Azure Front Door tenant metadata", on: "2025-10-29", share: 1, probability: 0.9,
            .delay(seconds: 300), silent: 1, cured: false, withdrawn: 504,
            lesson: "The crash came after the health check, and the known-good copy had been overwritten."),
        Incident(
            "datadog-2023", "systemd package on Datadog's nodes", on: "2023-03-08", share: 0.9, probability: 0.6,
            .window(openSeconds: 0, closeSeconds: 3_600), silent: 1, cured: false, withdrawn: nil,
            estimates: [.probability],
            lesson: "An update channel that nobody owned struck regions that were thought independent."),
        Incident(
            "meta-2021", "Meta backbone maintenance command", on: "2021-10-04", share: 1, probability: 1, .minutes(1),
            silent: 1, cured: false, withdrawn: 360,
            lesson: "The way to repair it failed with what it should repair."),
    ]
}
