extension BuiltInTaxonomy {
    /// Recordings of this product's own sensor: an object a line with `kind` and `fields`.
    static let recordings = """
        taxonomy: 1
        sources:
          - product: linux
            when:
              kind: [process_creation, network_connection, process_termination, file_event, file_delete]
              at_ms|exists: true
            fields:
              '*': fields.*
          - product: linux
            category: process_creation
            when:
              kind: process_creation
              at_ms|exists: true
            fields:
              '*': fields.*
          - product: linux
            category: network_connection
            when:
              kind: network_connection
              at_ms|exists: true
            fields:
              '*': fields.*
          - product: linux
            category: process_termination
            when:
              kind: process_termination
              at_ms|exists: true
            fields:
              '*': fields.*
          - product: linux
            category: file_event
            when:
              kind: file_event
              at_ms|exists: true
            fields:
              '*': fields.*
          - product: linux
            category: file_delete
            when:
              kind: file_delete
              at_ms|exists: true
            fields:
              '*': fields.*
        """
}
