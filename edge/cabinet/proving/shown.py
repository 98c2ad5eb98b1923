"""The proofs in a lane's journal as the lane would judge them; may be asked while it runs."""

from datetime import datetime
from pathlib import Path

from edge.errors import EdgeError
from edge.journal.database import Reader
from edge.journal.reading import newest_of_kind
from edge.lane_file import load
from edge.proofs import PROOF, PROOFS_READ, ProofBook, needed, newest


def shown(lane_file: Path, state: Path, now: datetime) -> list[dict[str, object]]:
    """Every device that needs a proof, with the newest one and what stands against it.

    Raises:
        SettingsError: the lane file has mistakes.
        EdgeError: the journal cannot be read.
    """
    lane = load(lane_file)
    path = state / "journal.db"
    if not path.exists():
        raise EdgeError(f"there is no journal {path}: name the lane's --state")
    reader = Reader(path)
    try:
        found = newest(newest_of_kind(reader, PROOF, PROOFS_READ))
    finally:
        reader.close()
    against = ProofBook(lane, found).against(now)
    rows: list[dict[str, object]] = []
    for one in needed(lane):
        proof = found.get(one.device)
        row: dict[str, object] = {
            "device": one.device,
            "part": one.part,
            "against": against.get(one.device, ""),
            "limit_ms": one.limit_ms,
            "outcome": None,
            "bound_ms": None,
            "survived_ms": None,
            "parameters": None,
            "officer": None,
            "utc": None,
            "age_days": None,
        }
        if proof is not None:
            row |= {
                key: getattr(proof, key)
                for key in ("outcome", "bound_ms", "survived_ms", "parameters", "officer", "utc")
            }
            row["age_days"] = (now - datetime.fromisoformat(proof.utc)).days
        rows.append(row)
    return rows
