"""What a Spellman generator is asked at every poll, and what people are told of the driver."""

from drivers.about import About
from drivers.bus_plan import Plan, PlannedExchange, per_second
from drivers.spellman import SpellmanSettings
from drivers.spellman_frames import FULL_SCALE, PROFILES, encode

ABOUT = About(
    device="Spellman X-ray generator",
    protocol="Spellman numeric protocol",
    wire="RS-232 or TCP",
    publishes=(
        "hv", "ready", "interlock", "interlock_<n>", "source_fault", "fault_names", "kv", "ma",
    ),
    sends="questions, and HV off when it ends",
)  # fmt: skip


def plan(settings: SpellmanSettings) -> Plan:
    """Status, monitors and faults at every poll, each answer at its longest."""
    profile, polls = PROFILES[settings.series], per_second(settings.poll_ms)
    summed = settings.framing == "rs232"
    longest = str(FULL_SCALE)
    asked = (
        ("read status", profile.status, ["1"] * profile.statuses),
        ("read monitors", profile.monitor, [longest] * profile.monitors),
        ("read faults", profile.fault, ["1"] * len(profile.faults)),
    )
    return tuple(
        PlannedExchange(
            what,
            polls,
            len(encode(command, summed=summed)),
            len(encode(command, *arguments, summed=summed)),
        )
        for what, command, arguments in asked
    )
