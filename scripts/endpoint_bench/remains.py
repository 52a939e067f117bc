"""What a run of kills has left: alerts, journal, generations, and what was committed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import processes
from .table import Report

if TYPE_CHECKING:
    from .bench import Bench
    from .kills import Kill, Rollouts

# A commit's evidence is taken, its journal written, and then its line is logged: a kill of its worker so shortly before
# the line came after the evidence.
DECISION_MS = 250
JOURNAL_MAGIC = b"firebreak-journal "
# Generations that an endpoint keeps.
PROVEN_COUNT_MAX = 3


def inspect(report: Report, bench: Bench, kills: list[Kill], rollouts: Rollouts) -> None:
    """Adds to the report what is lost and what is wrong."""
    lines = bench.endpoint.watch.since(0)
    _alerts(report, bench)
    journal = _journal(report, bench.endpoint.state)
    _generations(report, bench.endpoint.state, journal, rollouts.good)
    _commits(report, bench, kills, rollouts, lines, journal)
    modes = (journal or {}).get("foothold", {})
    report.row("mode at the end", f"{modes.get('mode', 'normal')}, {modes.get('climbs', 0)} climbs")
    record = bench.endpoint.state / "guard" / "record"
    if record.exists():
        words = re.findall(rb"^(?:mode|deaths)=\S+", record.read_bytes(), re.MULTILINE)
        report.row("guard's record", b" ".join(words).decode())
    report.values["mode"] = modes.get("mode", "normal")
    troubles = Counter(str(line.get("code")) for line in lines if line.get("kind") == "trouble")
    report.values["troubles"] = dict(troubles)
    if troubles:
        report.row("troubles in agent.log", ", ".join(f"{count} {code}" for code, count in troubles.most_common(6)))
    if any(line.get("kind") == "torn" for line in lines):
        report.row("torn lines in agent.log", str(sum(line.get("kind") == "torn" for line in lines)))
    if rollouts.refused:
        report.values["rollouts_refused"] = rollouts.refused
        report.notes.append(f"{len(rollouts.refused)} rollouts could not be started, first {rollouts.refused[0][:160]}")


def _alerts(report: Report, bench: Bench) -> None:
    """Every alert that was durable on the endpoint is at the control plane exactly once."""
    rows = bench.control.get("/api/v1/endpoints")["endpoints"]
    report.goal("one identity kept", len(rows) == 1, f"{len(rows)} endpoints are enrolled")
    held = Counter(bench.control.alert_uids())
    durable = {f"{row['id']}-{sequence}" for row in rows[:1] for sequence in bench.endpoint.watch.durable}
    missing = sorted(durable - set(held))
    doubled = sorted(uid for uid, count in held.items() if count > 1)
    report.values["alerts"] = {
        "durable": len(durable), "held": sum(held.values()), "missing": missing, "doubled": doubled,
        "not_seen_on_disk": len(set(held) - durable),
    }
    report.goal(
        "no durable alert lost", bool(durable) and not missing,
        f"{len(missing)} of {len(durable)} missing at the control plane")
    report.goal("no alert doubled", not doubled, f"{len(doubled)} of {len(held)} held more than once")
    if bench.endpoint.watch.overflowed:
        report.notes.append("inotify overflowed: some durable alerts were not seen and not looked for")


def read_journal(data: bytes) -> dict[str, Any]:
    """Returns the journal's content.

    Raises ValueError when it is torn: a header whose checksum does not hold, or no JSON object.
    """
    if data.startswith(JOURNAL_MAGIC):
        head, separator, body = data.partition(b"\n")
        match = re.fullmatch(rb"firebreak-journal \d+ crc=([0-9A-Fa-f]{8}) .*", head)
        if not separator or not match:
            raise ValueError("the header is none")
        if zlib.crc32(data[match.end(1) + 1:]) != int(match[1], 16):
            raise ValueError("the checksum does not hold")
        data = body
    content = json.loads(data)
    if not isinstance(content, dict):
        raise ValueError("it is no object")
    return content


def _journal(report: Report, state: Path) -> dict[str, Any] | None:
    try:
        journal = read_journal((state / "journal.json").read_bytes())
    except (OSError, ValueError) as error:
        report.goal("journal whole", False, str(error))
        return None
    proven = journal.get("proven", [])
    numbers = [each["commit_number"] for each in proven]
    is_sound = len(proven) <= PROVEN_COUNT_MAX and numbers == sorted(set(numbers), reverse=True)
    report.goal(
        "journal whole", is_sound, f"{len(proven)} proven generations, {journal.get('commit_count')} commits in all")
    return journal


def _generations(report: Report, state: Path, journal: dict[str, Any] | None, good: dict[str, str]) -> None:
    """Each proven generation is there with its mark, byte for byte, and nothing else is."""
    folder = state / "generations"
    proven = {each["pinned"]["digest"] for each in (journal or {}).get("proven", [])}
    attempt = ((journal or {}).get("attempt") or {}).get("offer", {}).get("pinned", {}).get("digest")
    wrong: list[str] = []
    for digest in sorted(proven):
        try:
            if hashlib.sha256((folder / f"{digest}.fbpack").read_bytes()).hexdigest() != digest:
                wrong.append(f"{digest[:12]} is damaged")
            json.loads((folder / f"{digest}.proven").read_bytes())
        except (OSError, ValueError) as error:
            wrong.append(f"{digest[:12]}: {error}")
        if digest not in good:
            wrong.append(f"{digest[:12]} is none of the good releases")
    allowed = {f"{digest}.{suffix}" for digest in proven for suffix in ("fbpack", "proven")} | {f"{attempt}.fbpack"}
    strays = [name for name in os.listdir(folder) if name not in allowed and not name.endswith(".condemned")]
    wrong += [f"{name} belongs to nothing" for name in strays]
    report.values["generations"] = {"proven": sorted(proven), "wrong": wrong}
    report.goal("generations whole", bool(proven) and not wrong, "; ".join(wrong) or f"{len(proven)} with their marks")


def _commits(
    report: Report, bench: Bench, kills: list[Kill], rollouts: Rollouts, lines: list[dict[str, Any]],
    journal: dict[str, Any] | None
) -> None:
    """No bad release was ever committed, and no trial whose agent or worker was killed in it."""
    wrong: list[str] = []
    bad = set(rollouts.bad)
    stages = [line for line in lines if line.get("kind") == "stage"]
    commits = [line for line in stages if line.get("stage") == "committed"]
    wrong += [f"{line.get('release')} is bad and was committed" for line in commits if line.get("digest") in bad]
    wrong += [
        f"{each['pinned']['release']} is bad and in the journal" for each in (journal or {}).get("proven", [])
        if each["pinned"]["digest"] in bad
    ]
    marks = bench.endpoint.state / "generations"
    wrong += [f"{digest[:12]} is bad and has a mark" for digest in bad if (marks / f"{digest}.proven").exists()]
    for row in bench.control.get("/api/v1/endpoints")["endpoints"]:
        wrong += [
            f"{each['release']} is bad and was reported committed" for each in row["releases"]
            if each["digest"] in bad and each["stage"] == "committed"
        ]
    workers = {line.get("worker_pid"): line.get("release") for line in lines if line.get("kind") == "protecting"}
    for commit in commits:
        # A commit may be told of again when the agent starts anew; only its first line is about a trial.
        trials = [
            line for line in stages
            if line.get("digest") == commit.get("digest") and line.get("stage") == "trial"
            and line["at_ms"] <= commit["at_ms"]
        ]
        if not trials or trials[-1].get("pid") != commit.get("pid"):
            wrong.append(f"{commit.get('release')} was committed by an agent that had it on no trial")
            continue
        for kill in kills:
            is_of_trial = kill.pid == commit.get("pid") or (
                kill.victim == processes.WORKER and workers.get(kill.pid) == commit.get("release"))
            if is_of_trial and trials[-1]["at_ms"] < kill.at_ms < commit["at_ms"] - DECISION_MS:
                wrong.append(f"{commit.get('release')} was committed although its {kill.victim} was killed on trial")
    counts = Counter((line.get("stage"), line.get("digest") in bad) for line in stages)
    text = ", ".join(
        f"{stage} {counts[stage, False]} good {counts[stage, True]} bad"
        for stage in ("downloading", "shadow", "trial", "committed", "reverted", "refused"))
    report.row("stages", text)
    # The first good one was rolled out before the first kill.
    report.row(
        "releases rolled out",
        f"{rollouts.started} of {len(rollouts.good) - 1 + len(bad)}, of which {len(bad)} crash their worker; "
        f"{rollouts.recalled} recalled")
    report.values["stages"] = {
        f"{stage} {'bad' if is_bad else 'good'}": count for (stage, is_bad), count in counts.items()
    }
    report.values["wrong_commits"] = wrong
    tried = counts["shadow", True] + counts["trial", True]
    report.goal(
        "no trial committed wrongly", not wrong,
        "; ".join(wrong[:5]) or f"{len(commits)} commits; bad releases began to run {tried} times")
