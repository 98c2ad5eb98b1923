"""Every kind of device this program drives, in words."""

from drivers.kind import Kind
from drivers.registry import KINDS


def kinds() -> list[dict[str, object]]:
    """One record a kind, in the order of its name."""
    return [
        {
            "kind": name,
            "device": row.about.device,
            "protocol": row.about.protocol,
            "wire": row.about.wire,
            "map": _map(name, row),
            "hardware": row.about.hardware,
            "publishes": list(row.about.publishes),
            "tells": list(row.about.tells),
            "sends": row.about.sends or "questions",
        }
        for name, row in sorted(KINDS.items())
    ]


def _map(name: str, kind: Kind) -> str:
    """Where its device map is; empty for a kind that has none."""
    if kind.map_fields is None:
        return ""
    if "map" in kind.settings.model_fields:
        return "named in the lane file"
    return f"devices/{name}.toml"
