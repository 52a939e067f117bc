"""Verifies a DSSE envelope with securesystemslib and reads its statement with in-toto-attestation.

Arguments: `probe`, or `verify HEX` with the raw Ed25519 public key; the envelope is standard input. Prints the predicate's
type and the subject's digest; any mistake ends it with status 1.
"""

import json
import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

PREDICATES = {
    "https://in-toto.io/attestation/test-result/v0.1": test_result_pb2.TestResult,
    "https://slsa.dev/verification_summary/v1": vsa_pb2.VerificationSummary,
}


def verify(public_key: str) -> None:
    envelope = Envelope.from_dict(json.load(sys.stdin))
    (keyid,) = envelope.signatures.keys()
    key = SSlibKey(keyid, "ed25519", "ed25519", {"public": public_key})
    assert list(envelope.verify([key], 1)) == [keyid]
    assert envelope.payload_type == "application/vnd.in-toto+json"

    document = json.loads(envelope.payload)
    statement = json_format.ParseDict(document, Statement([], "", {}).pb)
    Statement.copy_from_pb(statement).validate()
    # SLSA has an array of levels; the library's schema (0.9.3) has one string, and could read no VSA of the specification.
    levels = document["predicate"].pop("verifiedLevels", None)
    # Members that its schema lacks are extensions, which in-toto lets everyone pass over.
    predicate = json_format.ParseDict(
        document["predicate"], PREDICATES[statement.predicate_type](), ignore_unknown_fields=True
    )
    if isinstance(predicate, vsa_pb2.VerificationSummary):
        assert predicate.verification_result in ("PASSED", "FAILED")
        assert predicate.verifier.id and predicate.time_verified.seconds > 0
        assert predicate.policy.digest["sha256"] and predicate.input_attestations[0].digest["sha256"]
        assert levels and all(isinstance(level, str) for level in levels)
        assert predicate.slsa_version == "1.0"
    else:
        assert predicate.result == "PASSED" and list(predicate.passed_tests) and predicate.configuration
    (subject,) = statement.subject
    print(statement.predicate_type, subject.digest["sha256"])


if sys.argv[1] == "verify":
    verify(sys.argv[2])
