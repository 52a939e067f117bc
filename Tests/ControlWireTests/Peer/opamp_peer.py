"""A third-party OpAMP client (PyPI: opentelemetry-opamp-client) at work on bytes.

encode       prints one JSON object: the hex of each message that the client builds
decode HEX   prints the ServerToAgent that the client reads from the bytes, as JSON
"""

import json
import sys

from google.protobuf import json_format
from opentelemetry._opamp import messages
from opentelemetry._opamp.proto import opamp_pb2

UID = bytes(range(16))
CAPABILITIES = (
    opamp_pb2.AgentCapabilities.AgentCapabilities_ReportsStatus
    | opamp_pb2.AgentCapabilities.AgentCapabilities_ReportsHeartbeat
)


def encode():
    description = messages.build_agent_description(
        {"service.name": "third-party", "service.version": "2.1", "replicas": 3},
        {"os.type": "linux", "host.name": "build-7"},
    )
    status = messages.build_remote_config_status_message(
        b"\x01\x02", opamp_pb2.RemoteConfigStatuses.RemoteConfigStatuses_FAILED, "unknown member"
    )
    built = {
        "heartbeat": messages.build_heartbeat_message(UID, 7, CAPABILITIES),
        "full_state": messages.build_full_state_message(
            UID,
            8,
            description,
            CAPABILITIES,
            status,
            messages.build_effective_config_message({"a": {"b": 1}}, "application/json"),
        ),
        "disconnect": messages.build_agent_disconnect_message(UID, 9, CAPABILITIES),
    }
    print(json.dumps({name: messages.encode_message(message).hex() for name, message in built.items()}))


def decode(text):
    message = messages.decode_message(bytes.fromhex(text))
    read = json_format.MessageToDict(message, preserving_proto_field_name=True)
    read["policies"] = dict(messages.decode_remote_config(message.remote_config))
    print(json.dumps(read))


if sys.argv[1] == "encode":
    encode()
else:
    decode(sys.argv[2])
