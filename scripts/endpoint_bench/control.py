"""A real control plane on loopback, and what its operator does."""

from __future__ import annotations

import http.client
import json
import os
import signal
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

PACK = "linux-core"
AGENT_PACK = "firebreak-agent"
VENDOR = "bench"
# How long the control plane may take to listen: it makes its certificates first.
START_SECONDS = 30.0
# Alerts of one page of the management API, its most.
PAGE_COUNT = 64


class BenchError(Exception):
    """The measurement cannot be made: what is missing, and what to do."""


class ControlPlane:
    """`firebreak-control` and its operator's `firebreak`."""

    def __init__(self, programs: Path, root: Path, content: Path, has_repository: bool = False) -> None:
        self.programs = programs
        self.root = root
        self.data = root / "control"
        self.key = root / "release.key"
        self.trust = root / "release.key.pub"
        self.address = ""
        self._content = content
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._client("keys", "make", "--out", str(self.key))
        # Where endpoints are held to a TUF repository, in which one vendor speaks for both packs.
        self.repository: Path | None = root / "repository" if has_repository else None
        self._repository_keys = root / "repository-keys"
        if self.repository:
            self._keep("init")
            self._keep("delegate", VENDOR, "--pack", PACK, "--pack", AGENT_PACK, "--key", str(self.key))

    def start(self, preset: str) -> None:
        """Starts it, and returns when it answers."""
        arguments = [
            str(self.programs / "firebreak-control"), "--listen", f"127.0.0.1:{self._port}", "--data", str(self.data),
            "--trust", str(self.trust), "--preset", preset,
        ]
        if self.repository:
            arguments += ["--repository", str(self.repository), "--repository-keys", str(self._repository_keys)]
        address = self.data / "address"
        address.unlink(missing_ok=True)
        with (self.root / "control.log").open("ab") as log:
            self._process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                text = address.read_text(encoding="utf-8").strip()
                self.address = text if text.startswith("https://") else f"https://{text}"
                self._port = int(text.rsplit(":", 1)[1])
                self.get("/api/v1/status")
                return
            except (OSError, ValueError, IndexError, http.client.HTTPException):
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise BenchError(f"the control plane did not start; see {self.root}/control.log") from None
                # Nothing announces a listening socket of another program.
                time.sleep(0.02)

    def stop(self) -> None:
        """Ends it in good order."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def get(self, path: str) -> Any:
        """Asks the management API."""
        context = ssl.create_default_context(cafile=str(self.data / "ca.pem"))
        token = (self.data / "operator.token").read_text(encoding="utf-8").strip()
        connection = http.client.HTTPSConnection("127.0.0.1", self._port, timeout=30, context=context)
        try:
            connection.request("GET", path, headers={"authorization": f"Bearer {token}", "accept": "application/json"})
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        if response.status != 200:
            raise http.client.HTTPException(f"{path}: {response.status} {body[:200]!r}")
        return json.loads(body)

    def endpoint(self) -> dict[str, Any] | None:
        """Returns the one endpoint as the control plane knows it; None before it has enrolled."""
        rows = self.get("/api/v1/endpoints")["endpoints"]
        return rows[0] if rows else None

    def alert_uids(self) -> list[str]:
        """Returns the finding's uid of every alert that the control plane holds, in the order of arrival."""
        uids: list[str] = []
        after = 0
        while True:
            page = self.get(f"/api/v1/alerts?after={after}&limit={PAGE_COUNT}")
            uids += [json.loads(row["finding"])["finding_info"]["uid"] for row in page["alerts"]]
            if not page["alerts"]:
                return uids
            after = page["next"]

    def publish(self, version: str, fault: str = "") -> str:
        """Builds and publishes a release, and returns its digest."""
        pack = self.root / "packs" / f"{PACK}-{version}.fbpack"
        pack.parent.mkdir(exist_ok=True)
        arguments = [
            "pack", "build", "--name", PACK, "--version", version, "--rules", str(self._content / "rules"),
            "--examples", str(self._content / "examples"), "--key", str(self.key), "--out", str(pack),
        ]
        self._client(*arguments, *(["--chaos", fault] if fault else []))
        if self.repository:
            self._keep("add", str(pack), "--vendor", VENDOR, "--key", str(self.key))
        return str(json.loads(self._client("release", "publish", str(pack), "--json"))["digest"])

    def publish_build(self, version: str, folder: Path) -> None:
        """Publishes a build of the agent: the two programs in a folder."""
        pack = self.root / "packs" / f"{AGENT_PACK}-{version}.fbpack"
        pack.parent.mkdir(exist_ok=True)
        programs = [str(folder / "firebreak-agent"), str(folder / "firebreak-worker")]
        self._client("pack", "build-agent", "--version", version, "--agent", programs[0], "--worker", programs[1],
                     "--key", str(self.key), "--out", str(pack))
        self._keep("add", str(pack), "--vendor", VENDOR, "--key", str(self.key), "--program", programs[0],
                   "--program", programs[1])
        self._client("release", "publish", str(pack))

    def _keep(self, command: str, *arguments: str) -> None:
        self._client("repository", command, *arguments, "--repository", str(self.repository), "--keys",
                     str(self._repository_keys))

    def roll_out(self, version: str, pack: str = PACK, policy_file: Path | None = None) -> str:
        """Starts a rollout, by the demo's policy or the one in the file, and returns its id."""
        policy = ["--policy-file", str(policy_file)] if policy_file else ["--policy", "demo"]
        answer = self._client("rollout", "start", f"{pack}@{version}", *policy, "--json")
        return str(json.loads(answer)["id"])

    def recall(self, rollout: str) -> None:
        """Takes a release back from every endpoint."""
        self._client("rollout", "recall", rollout, "--reason", "it goes nowhere")

    def _client(self, *arguments: str) -> str:
        environment = dict(
            os.environ, FIREBREAK_CONTROL=self.address or "https://127.0.0.1:1",
            FIREBREAK_CA=str(self.data / "ca.pem"), FIREBREAK_OPERATOR_TOKEN_FILE=str(self.data / "operator.token"),
            NO_COLOR="1")
        result = subprocess.run(
            [str(self.programs / "firebreak"), *arguments], env=environment, capture_output=True, text=True,
            check=False, timeout=120)
        if result.returncode != 0:
            raise BenchError(f"firebreak {' '.join(arguments[:2])}: {(result.stderr or result.stdout).strip()}")
        return result.stdout
