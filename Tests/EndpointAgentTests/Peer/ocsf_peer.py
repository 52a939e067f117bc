"""Holds findings against the OCSF schema: JSON objects, one a line on standard input; what is wrong, a line each."""

import json
import sys

import jsonschema
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version=sys.argv[1]))
for number, line in enumerate(sys.stdin):
    finding = json.loads(line)
    schema = schemas.get_class_schema("detection_finding", profiles=finding["metadata"].get("profiles", []))
    validator = jsonschema.validators.validator_for(schema)(schema)
    for error in validator.iter_errors(finding):
        print(f"{number}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
