extension BuiltInTaxonomy {
    /// macOS in the names of the Elastic Common Schema 8.
    static let ecsMacOS = """
        taxonomy: 1
        sources:
          - product: macos
            when:
              host.os.type: macos
          - product: macos
            category: process_creation
            when:
              host.os.type: macos
              event.category: process
              event.type: start
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              CommandLine: process.command_line
              CurrentDirectory: process.working_directory
              ParentImage: process.parent.executable
              ParentCommandLine: process.parent.command_line
              ParentProcessId: process.parent.pid
              ParentProcessGuid: process.parent.entity_id
              ParentUser: process.parent.user.name
              OriginalFileName: process.pe.original_file_name
              Company: process.pe.company
              Description: process.pe.description
              FileVersion: process.pe.file_version
              Product: process.pe.product
              md5: process.hash.md5
              sha1: process.hash.sha1
              sha256: process.hash.sha256
              Imphash: process.pe.imphash
          - product: macos
            category: process_termination
            when:
              host.os.type: macos
              event.category: process
              event.type: end
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
          - product: macos
            category: network_connection
            when:
              host.os.type: macos
              event.category: network
              event.type: [start, connection]
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              Protocol: network.transport
              SourceIp: source.ip
              SourcePort: source.port
              SourceHostname: source.domain
              DestinationIp: destination.ip
              DestinationPort: destination.port
              DestinationHostname: destination.domain
          - product: macos
            category: file_event
            when:
              host.os.type: macos
              event.category: file
              event.type: creation
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              TargetFilename: file.path
          - product: macos
            category: file_delete
            when:
              host.os.type: macos
              event.category: file
              event.type: deletion
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              TargetFilename: file.path
          - product: macos
            category: file_change
            when:
              host.os.type: macos
              event.category: file
              event.type: change
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              TargetFilename: file.path
          - product: macos
            category: file_access
            when:
              host.os.type: macos
              event.category: file
              event.type: access
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              TargetFilename: file.path
          - product: macos
            category: dns_query
            when:
              host.os.type: macos
              dns.question.name|exists: true
            fields:
              Image: process.executable
              ProcessId: process.pid
              User: user.name
              Computer: host.name
              ProcessGuid: process.entity_id
              QueryName: dns.question.name
              QueryResults: dns.answers.data
              record_type: dns.question.type
        """
}
