#!/usr/bin/env python3
"""Measures a real endpoint on this machine: guard, agent and worker under a real control plane on loopback.

  endpoint-bench.py idle   memory and processor time of an endpoint to which nothing happens, under the production
                           policy: at most 40 MB resident (agent and worker), under 0.5% of a core (all processes)
  endpoint-bench.py load   the rate of executions and file creations up to which no event is lost, what is counted past
                           it, and how much longer the host's own work takes with the endpoint: at most 5%
  endpoint-bench.py kills  SIGKILL of guard, agent or worker at random moments under load, while good and bad releases
                           are rolled out: median gap in protection under 1 s, no durable alert lost or doubled, journal
                           and generations whole, no bad release committed

Needs root (the sensor subscribes to the kernel's process connector) and cc. A quiet machine: numbers taken beside other
work say so little that the notes name it. Prints how far it is, then a table.

Exit codes: 0 every goal was met, 1 a goal was missed, 2 it could not be measured.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path

from endpoint_bench import builds, idle, kills, load
from endpoint_bench.control import BenchError

MEASUREMENTS = {"idle": idle.measure, "load": load.measure, "kills": kills.measure, "builds": builds.measure}


def _parser() -> argparse.ArgumentParser:
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--bin", default=".build/release", metavar="FOLDER", help="the programs to measure (default: "
                        "%(default)s; a debug build is slower and larger, and good for trying only)")
    shared.add_argument("--json", metavar="FILE", help="write everything that was measured there")
    shared.add_argument("--work", metavar="FOLDER", default="/tmp", help="where the run's own folder is made; a short "
                        "path (default: %(default)s)")
    shared.add_argument("--keep", action="store_true", help="leave the run's folder: logs, state, database")
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="measurement", required=True, metavar="idle|load|kills|builds")
    each = commands.add_parser("idle", parents=[shared], help="memory and processor time of a quiet endpoint")
    each.add_argument("--seconds", type=float, default=60.0, help="how long to look (default: %(default)s)")
    each = commands.add_parser("load", parents=[shared], help="events a second, loss, and the host's own work")
    each.add_argument("--seconds", type=float, default=10.0, help="length of each step (default: %(default)s)")
    each.add_argument("--rounds", type=int, default=5, help="times that each job is timed (default: %(default)s)")
    commands.add_parser("builds", parents=[shared], help="builds of the agent by a rollout, good and broken")
    each = commands.add_parser("kills", parents=[shared], help="SIGKILL of guard, agent and worker under load")
    each.add_argument("--minutes", type=float, default=10.0, help="how long to kill (default: %(default)s)")
    each.add_argument("--seed", type=int, default=1, help="of moments and victims (default: %(default)s)")
    each.add_argument("--gap", type=float, default=2.0, metavar="SECONDS", help="mean time between two kills, "
                      "exponentially distributed (default: %(default)s)")
    each.add_argument("--rate", type=float, default=100.0, help="executions a second meanwhile (default: %(default)s)")
    each.add_argument("--rollout-every", type=float, default=15.0, metavar="SECONDS", help="from one rollout's start "
                      "to the next; every third release crashes its worker (default: %(default)s)")
    each.add_argument("--kill-log", metavar="FILE", help="write each kill as a JSON line")
    return parser


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


def main() -> int:
    """Runs one measurement and returns the exit code."""
    options = _parser().parse_args()
    if os.geteuid() != 0:
        print("endpoint-bench: run it as root: the sensor subscribes to the process connector", file=sys.stderr)
        return 2
    # What was started ends with the measurement, also when this is told to end.
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        report = MEASUREMENTS[options.measurement](options)
    except BenchError as error:
        print(f"endpoint-bench: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("endpoint-bench: interrupted; nothing is said of goals", file=sys.stderr)
        return 2
    print(report.text(), flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps(report.encoded(), indent=1) + "\n", encoding="utf-8")
    return 0 if report.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
