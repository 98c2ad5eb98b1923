"""What a Spellman generator is asked at every poll, and what people are told of the driver."""

from drivers.about import About
from drivers.bus_plan import Plan, PlannedExchange, per_second
from drivers.generator_settings import FULL_SCALE
from drivers.spellman import SpellmanSettings
from drivers.spellman_frames import encode
from drivers.spellman_profiles import PROFILES

ABOUT = About(
    device="Spellman X-ray generator of series XRV, SLM or XRB011",
    protocol="Spellman numeric protocol",
    wire="RS-232 or TCP",
    publishes=("hv", "ready", "interlock", "interlock_<n>", "source_fault", "kv", "ma"),
    tells=("fault_names", "watchdog"),
    sends="questions, and HV off when it begins and when it ends",
)


def plan(settings: SpellmanSettings) -> Plan:
    """Status, monitors and faults at every poll, as far as its series has them.

    Each answer is counted at its longest; what keeps a watchdog quiet is counted too.
    """
    profile, polls = PROFILES[settings.series], per_second(settings.poll_ms)
    longest = str(FULL_SCALE)
    asked = [("read status", profile.status, ["1"] * profile.statuses)]
    asked += [
        ("read monitors", one, [longest] * profile.monitor_values) for one in profile.monitors
    ]
    if profile.fault is not None:
        asked.append(("read faults", profile.fault, ["1"] * profile.fault_flags))
    if profile.tickle is not None:
        asked.append(("tickle", profile.tickle, ["$"]))
    summed = settings.framing == "rs232"
    return tuple(
        PlannedExchange(
            what,
            polls,
            len(encode(command, summed=summed)),
            len(encode(command, *arguments, summed=summed)),
        )
        for what, command, arguments in asked
    )
