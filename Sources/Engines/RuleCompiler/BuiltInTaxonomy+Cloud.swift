extension BuiltInTaxonomy {
    /// Logs of cloud providers and of Zeek, by the fields that only they have.
    static let cloud = """
        taxonomy: 1
        sources:
          - product: aws
            service: cloudtrail
            when:
              eventSource|exists: true
              eventVersion|exists: true
          - product: gcp
            service: gcp.audit
            when:
              protoPayload.@type: type.googleapis.com/google.cloud.audit.AuditLog
            fields:
              gcp.audit.method_name: protoPayload.methodName
          - product: azure
            service: signinlogs
            when:
              category: [SignInLogs, NonInteractiveUserSignInLogs]
              operationName|exists: true
          - product: azure
            service: auditlogs
            when:
              category: AuditLogs
              operationName|exists: true
          - product: azure
            service: activitylogs
            when:
              category: [Administrative, Policy, Security, ServiceHealth]
              operationName|exists: true
              resourceId|exists: true
          - product: kubernetes
            service: audit
            when:
              apiVersion|startswith: audit.k8s.io/
              auditID|exists: true
          - product: kubernetes
            category: application
            service: audit
            when:
              apiVersion|startswith: audit.k8s.io/
              auditID|exists: true
          - product: zeek
            service: conn
            when:
              - _path: conn
              - event.dataset: zeek.conn
          - product: zeek
            service: dns
            when:
              - _path: dns
              - event.dataset: zeek.dns
          - product: zeek
            service: http
            when:
              - _path: http
              - event.dataset: zeek.http
          - product: zeek
            service: smb_files
            when:
              - _path: smb_files
              - event.dataset: zeek.smb_files
          - product: zeek
            service: dce_rpc
            when:
              - _path: dce_rpc
              - event.dataset: zeek.dce_rpc
          - product: zeek
            service: kerberos
            when:
              - _path: kerberos
              - event.dataset: zeek.kerberos
          - product: zeek
            service: rdp
            when:
              - _path: rdp
              - event.dataset: zeek.rdp
          - product: zeek
            service: x509
            when:
              - _path: x509
              - event.dataset: zeek.x509
          - product: zeek
            service: ssl
            when:
              - _path: ssl
              - event.dataset: zeek.ssl
          - product: zeek
            service: ssh
            when:
              - _path: ssh
              - event.dataset: zeek.ssh
          - product: zeek
            service: files
            when:
              - _path: files
              - event.dataset: zeek.files
          - product: zeek
            service: ftp
            when:
              - _path: ftp
              - event.dataset: zeek.ftp
          - product: zeek
            service: smtp
            when:
              - _path: smtp
              - event.dataset: zeek.smtp
          - product: zeek
            service: ntlm
            when:
              - _path: ntlm
              - event.dataset: zeek.ntlm
        """
}
