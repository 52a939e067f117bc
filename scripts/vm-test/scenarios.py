"""What is broken in each scenario, and what must have happened for it to count as passed."""

from dataclasses import dataclass, field

PREVIOUS = "linux-core@1.0.0"
OFFERED = "linux-core@1.1.0"


@dataclass(frozen=True)
class Scenario:
    name: str
    # What a reader of the table is told.
    says: str
    # Release that must be active at the end; None: the machine must never become healthy.
    active: str | None
    # Fewest and most boots of a machine that passed.
    boots: tuple[int, int]
    panics: tuple[int, int] = (0, 0)
    # Agent build that must run at the end.
    slot: str = "a"
    # Longest run, in seconds: four times what it took on two cores that other builds used too.
    limit_seconds: int = 120
    # Words for the kernel's command line, which systemd reads too.
    arguments: str = ""
    # The word after VM of the guest's line that marks the fault; the first panic or power cut counts by itself.
    fault: str = "BOOT"
    # Lines that must be there, as the beginnings of what follows VM.
    signs: tuple[str, ...] = field(default=())


def units(*names):
    """Names of units that only this scenario starts, for the kernel's command line."""
    return " ".join(f"systemd.wants={name}" for name in names)


# Without the guard the agent is a plain service that systemd restarts.
UNGUARDED = " ".join(
    [f"systemd.mask=firebreak-{unit}" for unit in [
        "guard-boot.service", "guard-standby.service", "agent.service", "broker.service", "alive.timer"]]
    + [units("vm-agent.service")])

SCENARIOS = [
    # The longest first, so that two at a time end soonest.
    Scenario(
        "control", "as panic, with no guard", active=None, boots=(2, 1000), panics=(2, 1000), limit_seconds=75,
        arguments=UNGUARDED),
    Scenario(
        "fandead", "every execution blocked, and no watchdog", active=PREVIOUS, boots=(2, 2),
        arguments=units("vm-fandead.service"), fault="BLOCKED"),
    Scenario(
        "hang", "a start-up that never ends", active=PREVIOUS, boots=(1, 1), arguments=units("vm-gate.service")),
    Scenario(
        "panic", "the release panics the kernel at each boot", active=PREVIOUS, boots=(2, 2), panics=(1, 1)),
    Scenario(
        "torn", "power cut, journal torn in a write", active=PREVIOUS, boots=(2, 2),
        arguments=units("vm-tear.service"), fault="TORN"),
    Scenario(
        "hangbuild", "an agent build that hangs", active=PREVIOUS, boots=(1, 1),
        arguments="vm.fault=running vm.build=hangs " + units("vm-build.service"), fault="INSTALLED", signs=("CONDEMNED",)),
    Scenario(
        "build", "an agent build that dies at once", active=PREVIOUS, boots=(1, 1),
        arguments="vm.fault=running vm.build=dies " + units("vm-build.service"), fault="INSTALLED", signs=("CONDEMNED",)),
    Scenario(
        "fanhang", "every execution blocked by a stuck broker", active=PREVIOUS, boots=(1, 1),
        arguments="vm.fault=running " + units("vm-fanhang.service"), fault="BLOCKED", signs=("UNBLOCKED",)),
    Scenario("healthy", "nothing broken: the release commits", active=OFFERED, boots=(1, 1)),
]
