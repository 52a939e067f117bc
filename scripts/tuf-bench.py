#!/usr/bin/env python3
"""Times firebreak-tuf-client beside python-tuf: one repository, one server, one machine, in turn.

The repository has one targets role with --targets targets, signed with ECDSA P-256, with consistent snapshots. One round is
a refresh from nothing but the root, and the download of one target, in a process of its own. Compared are the processor time
of that process and its peak of resident memory: medians of --rounds.

Goals: at most a tenth of python-tuf's processor time, and at most a quarter of its memory. Exit 0 when both are met, 1 when
not, 2 when it could not be measured.
"""

from __future__ import annotations

import argparse
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from datetime import datetime, timedelta, timezone
from functools import partial
from hashlib import sha256
from pathlib import Path

try:
    from securesystemslib.signer import CryptoSigner
    from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp
    from tuf.api.serialization.json import JSONSerializer
except ImportError as error:
    print(f"tuf-bench: {error}; `make bench-tuf` installs what this needs", file=sys.stderr)
    sys.exit(2)

TIME = "/usr/bin/time"
TIME_GOAL = 10.0
MEMORY_GOAL = 4.0
WANTED = "vendor/pack-00042.fbpack"
# The peer as its own documentation uses it.
PEER = """
import sys
from tuf.ngclient import Updater
from tuf.ngclient.config import UpdaterConfig
metadata, targets, folder, root, wanted = sys.argv[1:]
updater = Updater(metadata_dir=folder + "/metadata", metadata_base_url=metadata, target_dir=folder + "/targets",
                  target_base_url=targets, bootstrap=open(root, "rb").read())
updater.refresh()
found = updater.get_targetinfo(wanted)
updater.download_target(found)
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and writes no line about it."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass


def make_repository(folder: Path, count: int) -> Path:
    """Writes a repository below `folder` and returns its root's file."""
    (folder / "metadata").mkdir()
    (folder / "targets" / "vendor").mkdir(parents=True)
    expires = datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=30)
    root, targets = Root(expires=expires, consistent_snapshot=True), Targets(expires=expires)
    snapshot, timestamp = Snapshot(expires=expires), Timestamp(expires=expires)
    signers = {}
    for role in ("root", "timestamp", "snapshot", "targets"):
        signers[role] = CryptoSigner.generate_ecdsa()
        root.add_key(signers[role].public_key, role)
    for number in range(count):
        content = f"the content of target {number}".encode()
        digest = sha256(content).hexdigest()
        name = f"pack-{number:05}.fbpack"
        targets.targets[f"vendor/{name}"] = TargetFile(len(content), {"sha256": digest}, f"vendor/{name}")
        if f"vendor/{name}" == WANTED:
            (folder / "targets" / "vendor" / f"{digest}.{name}").write_bytes(content)
    serializer = JSONSerializer(compact=True)
    for role, signed, name in (
        ("root", root, "1.root.json"), ("targets", targets, "1.targets.json"), ("snapshot", snapshot, "1.snapshot.json"),
        ("timestamp", timestamp, "timestamp.json"),
    ):
        metadata = Metadata(signed)
        metadata.sign(signers[role])
        data = metadata.to_bytes(serializer)
        (folder / "metadata" / name).write_bytes(data)
        if role == "targets":
            snapshot.meta["targets.json"] = MetaFile(1, len(data), {"sha256": sha256(data).hexdigest()})
        if role == "snapshot":
            timestamp.snapshot_meta = MetaFile(1, len(data), {"sha256": sha256(data).hexdigest()})
    return folder / "metadata" / "1.root.json"


def spent(command: list[str]) -> tuple[float, int]:
    """Runs a command and returns its processor seconds and its peak of resident bytes.

    The memory is told by time(1): what the kernel says of a child begins with the memory of whoever forked it, and that is
    a Python program with a repository in hand.
    """
    with tempfile.NamedTemporaryFile("r") as report:
        process = subprocess.Popen(
            [TIME, "--output", report.name, "--format", "%M", *command], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        output = process.stdout.read() if process.stdout else b""
        # Of time(1), a millisecond, and of what it waited for.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        kilobytes = report.read()
    if process.returncode != 0:
        print(f"tuf-bench: {command[0]} failed: {output.decode(errors='replace')[-800:]}", file=sys.stderr)
        sys.exit(2)
    return usage.ru_utime + usage.ru_stime, int(kilobytes) * 1024


def ours(program: str, base: str, root: Path, rounds: int) -> list[tuple[float, int]]:
    """Returns what each round of ours spent; the initialization asks no server and is not counted."""
    results = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([program, "--metadata-dir", f"{folder}/metadata", "init", str(root)], check=True)
            results.append(spent([
                program, "--metadata-url", f"{base}/metadata", "--metadata-dir", f"{folder}/metadata", "--target-name",
                WANTED, "--target-dir", f"{folder}/targets", "--target-base-url", f"{base}/targets", "download"]))
    return results


def theirs(base: str, root: Path, rounds: int) -> list[tuple[float, int]]:
    """Returns what each round of the peer spent."""
    results = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            os.mkdir(f"{folder}/targets")
            results.append(spent([
                sys.executable, "-c", PEER, f"{base}/metadata/", f"{base}/targets/", folder, str(root), WANTED]))
    return results


def main() -> int:
    """Measures and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", default=".build/release/firebreak-tuf-client", metavar="FILE")
    parser.add_argument("--targets", type=int, default=10_000, metavar="COUNT")
    parser.add_argument("--rounds", type=int, default=7, metavar="COUNT")
    parser.add_argument("--json", metavar="FILE", help="write what was measured there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        root = make_repository(folder, options.targets)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=place))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        mine, peer = ours(options.client, base, root, options.rounds), theirs(base, root, options.rounds)
        server.shutdown()
    seconds = [statistics.median(time for time, _ in each) for each in (mine, peer)]
    bytes_ = [statistics.median(memory for _, memory in each) for each in (mine, peer)]
    time_ratio, memory_ratio = seconds[1] / seconds[0], bytes_[1] / bytes_[0]
    print(f"refresh and download, {options.targets} targets, medians of {options.rounds}")
    print(f"{'':22}{'processor time':>16}{'peak memory':>14}")
    for name, time, memory in zip(("firebreak-tuf-client", "python-tuf"), seconds, bytes_):
        print(f"{name:22}{time * 1000:13.1f} ms{memory / 1e6:11.1f} MB")
    print(f"{'ratio':22}{time_ratio:15.1f}x{memory_ratio:13.1f}x   goals {TIME_GOAL:.0f}x and {MEMORY_GOAL:.0f}x")
    if options.json:
        Path(options.json).write_text(json.dumps({
            "targets": options.targets, "firebreak": mine, "python_tuf": peer, "time_ratio": time_ratio,
            "memory_ratio": memory_ratio}, indent=1) + "\n", encoding="utf-8")
    return 0 if time_ratio >= TIME_GOAL and memory_ratio >= MEMORY_GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
