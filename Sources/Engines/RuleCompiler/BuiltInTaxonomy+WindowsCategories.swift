extension BuiltInTaxonomy {
    /// Categories of Windows by the event ids of Sysmon 15, of PowerShell and of process auditing.
    static let windowsCategories = """
        taxonomy: 1
        sources:
          - product: windows
            category: process_creation
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 1
          - product: windows
            category: process_creation
            when:
              Channel: Security
              EventID: 4688
            fields:
              Image: NewProcessName
              ParentImage: ParentProcessName
          - product: windows
            category: file_change
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 2
          - product: windows
            category: network_connection
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 3
          - product: windows
            category: sysmon_status
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: [4, 16]
          - product: windows
            category: process_termination
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 5
          - product: windows
            category: driver_load
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 6
          - product: windows
            category: image_load
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 7
          - product: windows
            category: create_remote_thread
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 8
          - product: windows
            category: raw_access_thread
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 9
          - product: windows
            category: process_access
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 10
          - product: windows
            category: file_event
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 11
          - product: windows
            category: registry_event
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: [12, 13, 14]
          - product: windows
            category: registry_add
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 12
              EventType: CreateKey
          - product: windows
            category: registry_delete
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 12
              EventType: [DeleteKey, DeleteValue]
          - product: windows
            category: registry_set
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 13
          - product: windows
            category: registry_rename
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 14
          - product: windows
            category: create_stream_hash
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 15
          - product: windows
            category: pipe_created
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: [17, 18]
          - product: windows
            category: wmi_event
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: [19, 20, 21]
          - product: windows
            category: dns_query
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 22
          - product: windows
            category: file_delete
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 23
          - product: windows
            category: clipboard_change
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 24
          - product: windows
            category: process_tampering
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 25
          - product: windows
            category: file_delete_detected
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 26
          - product: windows
            category: file_block_executable
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 27
          - product: windows
            category: file_block_shredding
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 28
          - product: windows
            category: file_executable_detected
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 29
          - product: windows
            category: sysmon_error
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
              EventID: 255
          - product: windows
            category: ps_module
            when:
              Channel: [Microsoft-Windows-PowerShell/Operational, PowerShellCore/Operational]
              EventID: 4103
          - product: windows
            category: ps_script
            when:
              Channel: [Microsoft-Windows-PowerShell/Operational, PowerShellCore/Operational]
              EventID: 4104
          - product: windows
            category: ps_classic_start
            when:
              Channel: Windows PowerShell
              EventID: 400
          - product: windows
            category: ps_classic_provider_start
            when:
              Channel: Windows PowerShell
              EventID: 600
          - product: windows
            category: ps_classic_script
            when:
              Channel: Windows PowerShell
              EventID: 800
        """
}
