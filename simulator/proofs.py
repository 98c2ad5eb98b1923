"""Proofs of a simulated lane's devices without the time they take: for worlds and test kits only.

`scanlane device prove` measures; this takes a lane as one on which it has measured the typical
times of the simulated devices. What it makes says that it is simulated, and is worth nothing on a
real lane.
"""

from datetime import datetime

from edge.clock import rfc3339
from edge.proofs import Proof, Silence, needed
from edge.settings import LaneFile

OFFICER = "oms-sim"
_TIME_MS = 1000
_PARAMETERS = {
    "altivar": "TTO 1000 ms, SLL ramp",
    "sinamics_v20": "40001 1000 ms, 40002 1",
}
"""What the drives of the simulator say of their watchdogs as they are put into service."""


def as_proven(lane: LaneFile, now: datetime) -> dict[str, Proof]:
    """A proof of every device that needs one, dated now, at the lane's own limits."""
    return {
        one.device: Proof(
            device=one.device,
            part=one.part,
            kind=one.kind,
            settings_sha256=one.settings_sha256,
            method="taken as measured, in a world without wires",
            parameters=_PARAMETERS.get(one.kind, ""),
            time_ms=_TIME_MS,
            silences=(Silence(500, fell=False, safe_ms=None, saw="assumed"),),
            outcome="proven",
            reason="",
            survived_ms=500,
            bound_ms=one.limit_ms,
            officer=OFFICER,
            utc=rfc3339(now),
            version="",
            simulated=True,
        )
        for one in needed(lane)
    }
