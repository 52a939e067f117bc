"""Results as people read them, and goals."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Report:
    """What one measurement found: values for the JSON file, rows for the table, and goals that were met or missed."""

    subject: str
    values: dict[str, Any] = field(default_factory=dict)
    rows: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)

    def row(self, label: str, text: str) -> None:
        """Adds a row to the table."""
        self.rows.append((label, text))

    def goal(self, label: str, is_met: bool, text: str) -> None:
        """Adds a goal and whether it was met."""
        self.goals.append({"goal": label, "met": is_met, "measured": text})

    @property
    def is_met(self) -> bool:
        """Whether every goal was met."""
        return all(goal["met"] for goal in self.goals)

    def encoded(self) -> dict[str, Any]:
        """Returns what goes into the JSON file."""
        return {
            "measurement": self.subject, "met": self.is_met, "goals": self.goals, "notes": self.notes, **self.values
        }

    def text(self) -> str:
        """Returns the table."""
        width = max([len(label) for label, _ in self.rows] + [len(goal["goal"]) for goal in self.goals] + [10])
        lines = ["", self.subject]
        lines += [f"  {label:<{width}}  {text}" for label, text in self.rows]
        lines += [
            f"  {goal['goal']:<{width}}  {'met   ' if goal['met'] else 'MISSED'}  {goal['measured']}"
            for goal in self.goals
        ]
        lines += [f"  note: {note}" for note in self.notes]
        return "\n".join(lines)


def percentile(values: Sequence[float], share: float) -> float:
    """Returns the value that `share` of the values do not exceed (nearest rank); 0 of none."""
    if not values:
        return 0.0
    ordered = sorted(values)
    return ordered[max(1, math.ceil(len(ordered) * share)) - 1]


def median(values: Sequence[float]) -> float:
    """Returns the median; 0 of none."""
    return statistics.median(values) if values else 0.0


def say(text: str) -> None:
    """Prints a line about how far it is."""
    print(f"endpoint-bench: {text}", flush=True)
