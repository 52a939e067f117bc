extension BuiltInTaxonomy {
    /// Services of Windows by the channels of its event log.
    static let windowsServices = """
        taxonomy: 1
        sources:
          - product: windows
            when:
              Channel|exists: true
              Channel|neq: Linux-Sysmon/Operational
          - product: windows
            service: application
            when:
              Channel: Application
          - product: windows
            service: security
            when:
              Channel: Security
          - product: windows
            service: system
            when:
              Channel: System
          - product: windows
            service: ntlm
            when:
              Channel: Microsoft-Windows-NTLM/Operational
          - product: windows
            service: sysmon
            when:
              Channel: Microsoft-Windows-Sysmon/Operational
          - product: windows
            service: powershell
            when:
              Channel: [Microsoft-Windows-PowerShell/Operational, PowerShellCore/Operational]
          - product: windows
            service: powershell-classic
            when:
              Channel: Windows PowerShell
          - product: windows
            service: taskscheduler
            when:
              Channel: Microsoft-Windows-TaskScheduler/Operational
          - product: windows
            service: wmi
            when:
              Channel: Microsoft-Windows-WMI-Activity/Operational
          - product: windows
            service: dhcp
            when:
              Channel: Microsoft-Windows-DHCP-Server/Operational
          - product: windows
            service: printservice-admin
            when:
              Channel: Microsoft-Windows-PrintService/Admin
          - product: windows
            service: smbclient-security
            when:
              Channel: Microsoft-Windows-SmbClient/Security
          - product: windows
            service: smbclient-connectivity
            when:
              Channel: Microsoft-Windows-SmbClient/Connectivity
          - product: windows
            service: smbserver-connectivity
            when:
              Channel: Microsoft-Windows-SMBServer/Connectivity
          - product: windows
            service: printservice-operational
            when:
              Channel: Microsoft-Windows-PrintService/Operational
          - product: windows
            service: terminalservices-localsessionmanager
            when:
              Channel: Microsoft-Windows-TerminalServices-LocalSessionManager/Operational
          - product: windows
            service: codeintegrity-operational
            when:
              Channel: Microsoft-Windows-CodeIntegrity/Operational
          - product: windows
            service: applocker
            when:
              Channel: [Microsoft-Windows-AppLocker/MSI and Script, Microsoft-Windows-AppLocker/EXE and DLL, Microsoft-Windows-AppLocker/Packaged app-Deployment, Microsoft-Windows-AppLocker/Packaged app-Execution]
          - product: windows
            service: msexchange-management
            when:
              Channel: MSExchange Management
          - product: windows
            service: windefend
            when:
              Channel: Microsoft-Windows-Windows Defender/Operational
          - product: windows
            service: firewall-as
            when:
              Channel: Microsoft-Windows-Windows Firewall With Advanced Security/Firewall
          - product: windows
            service: bits-client
            when:
              Channel: Microsoft-Windows-Bits-Client/Operational
          - product: windows
            service: security-mitigations
            when:
              Channel: [Microsoft-Windows-Security-Mitigations/Kernel Mode, Microsoft-Windows-Security-Mitigations/User Mode]
          - product: windows
            service: diagnosis-scripted
            when:
              Channel: Microsoft-Windows-Diagnosis-Scripted/Operational
          - product: windows
            service: shell-core
            when:
              Channel: Microsoft-Windows-Shell-Core/Operational
          - product: windows
            service: openssh
            when:
              Channel: OpenSSH/Operational
          - product: windows
            service: ldap
            when:
              Channel: Microsoft-Windows-LDAP-Client/Debug
          - product: windows
            service: bitlocker
            when:
              Channel: Microsoft-Windows-BitLocker/BitLocker Management
          - product: windows
            service: vhdmp
            when:
              Channel: Microsoft-Windows-VHDMP/Operational
          - product: windows
            service: appxdeployment-server
            when:
              Channel: Microsoft-Windows-AppXDeploymentServer/Operational
          - product: windows
            service: lsa-server
            when:
              Channel: Microsoft-Windows-LSA/Operational
          - product: windows
            service: appxpackaging-om
            when:
              Channel: Microsoft-Windows-AppxPackaging/Operational
          - product: windows
            service: dns-client
            when:
              Channel: Microsoft-Windows-DNS Client Events/Operational
          - product: windows
            service: appmodel-runtime
            when:
              Channel: Microsoft-Windows-AppModel-Runtime/Admin
          - product: windows
            service: capi2
            when:
              Channel: Microsoft-Windows-CAPI2/Operational
          - product: windows
            service: certificateservicesclient-lifecycle-system
            when:
              Channel: Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational
          - product: windows
            service: kernel-shimengine
            when:
              Channel: [Microsoft-Windows-Kernel-ShimEngine/Operational, Microsoft-Windows-Kernel-ShimEngine/Diagnostic]
          - product: windows
            service: application-experience
            when:
              Channel: [Microsoft-Windows-Application-Experience/Program-Telemetry, Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant]
          - product: windows
            service: ntfs
            when:
              Channel: Microsoft-Windows-Ntfs/Operational
          - product: windows
            service: hyper-v-worker
            when:
              Channel: Microsoft-Windows-Hyper-V-Worker
          - product: windows
            service: kernel-event-tracing
            when:
              Channel: Microsoft-Windows-Kernel-EventTracing
          - product: windows
            service: sense
            when:
              Channel: Microsoft-Windows-SENSE/Operational
          - product: windows
            service: servicebus-client
            when:
              Channel: [Microsoft-ServiceBus-Client/Admin, Microsoft-ServiceBus-Client/Operational]
          - product: windows
            service: iis-configuration
            when:
              Channel: Microsoft-IIS-Configuration/Operational
          - product: windows
            service: dns-server
            when:
              Channel: DNS Server
          - product: windows
            service: dns-server-audit
            when:
              Channel: Microsoft-Windows-DNS-Server/Audit
          - product: windows
            service: dns-server-analytic
            when:
              Channel: Microsoft-Windows-DNS-Server/Analytical
          - product: windows
            service: driver-framework
            when:
              Channel: Microsoft-Windows-DriverFrameworks-UserMode/Operational
          - product: windows
            service: microsoft-servicebus-client
            when:
              Channel: Microsoft-ServiceBus-Client
          - product: windows
            service: ldap_debug
            when:
              Channel: Microsoft-Windows-LDAP-Client/Debug
        """
}
