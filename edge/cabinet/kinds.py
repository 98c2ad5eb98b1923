"""Every kind of device this program drives, in words."""

from drivers.registry import KINDS


def kinds() -> list[dict[str, object]]:
    """One record a kind, in the order of its name."""
    return [
        {
            "kind": name,
            "device": row.about.device,
            "protocol": row.about.protocol,
            "wire": row.about.wire,
            "map": f"devices/{name}.toml" if row.map_fields is not None else "",
            "hardware": row.about.hardware,
            "publishes": list(row.about.publishes),
            "tells": list(row.about.tells),
            "sends": row.about.sends or "questions",
        }
        for name, row in sorted(KINDS.items())
    ]
