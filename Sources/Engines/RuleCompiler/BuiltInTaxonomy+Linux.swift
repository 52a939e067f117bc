extension BuiltInTaxonomy {
    /// Linux by Sysmon for Linux 1.3 and by the records of the audit daemon, which have a type and no event id.
    static let linux = """
        taxonomy: 1
        sources:
          - product: linux
            when:
              Channel: Linux-Sysmon/Operational
          - product: linux
            service: sysmon
            when:
              Channel: Linux-Sysmon/Operational
          - product: linux
            category: process_creation
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 1
          - product: linux
            category: network_connection
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 3
          - product: linux
            category: process_termination
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 5
          - product: linux
            category: raw_access_thread
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 9
          - product: linux
            category: file_event
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 11
          - product: linux
            category: file_delete
            when:
              Channel: Linux-Sysmon/Operational
              EventID: 23
          - product: linux
            when:
              type|exists: true
              Channel|exists: false
              EventID|exists: false
              event.category|exists: false
          - product: linux
            service: auditd
            when:
              type|exists: true
              Channel|exists: false
              EventID|exists: false
              event.category|exists: false
        """
}
