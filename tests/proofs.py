"""Proofs in the journal of a lane that is to be started, without the time they take.

What `scanlane device prove` itself does on wires is tested in `wire/test_device_prove`.
"""

from pathlib import Path

from edge.clock import SystemClock, rfc3339
from edge.journal.entries import JournalEntry
from edge.journal.keys import lane_key
from edge.journal.recovery import recover
from edge.journal.store import Journal
from edge.lane_file import load
from edge.proofs import PROOF, Proof
from simulator.proofs import as_proven


def take_as_proven(lane_file: Path, state: Path) -> None:
    """Write a proof of every device that needs one into the journal."""
    lane, clock = load(lane_file), SystemClock()
    write_proofs(state, lane.lane.id, *as_proven(lane, clock.utc()).values())


def write_proofs(state: Path, lane_id: str, *proofs: Proof) -> None:
    """Write these proofs into the journal, as the command does."""
    clock = SystemClock()
    journal = Journal.open(state / "journal.db", lane_id, lane_key(state), clock=clock)
    try:
        assert recover(journal).sound
        for proof in proofs:
            utc, now_ns = rfc3339(clock.utc()), clock.monotonic_ns()
            entry = JournalEntry(PROOF, None, utc, now_ns, proof.body())
            journal.wait(journal.append([entry]))
    finally:
        journal.close()
