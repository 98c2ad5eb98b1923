"""Topic names of the contract with headquarters, and the address of a broker."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from edge.errors import PublishError

ROOT = "scanlane/v1"
LANE_PATTERN = re.compile(r"[a-z0-9-]{3,40}")
_NAME_PATTERN = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


@dataclass(frozen=True, slots=True)
class LaneTopics:
    """Every topic of one lane. Raises PublishError for a lane id the contract does not allow."""

    lane: str

    def __post_init__(self) -> None:
        if not LANE_PATTERN.fullmatch(self.lane):
            raise PublishError(
                f"lane id {self.lane!r} is not 3 to 40 of a-z, 0-9 and '-'; rename the lane"
            )

    def event(self, event_type: str) -> str:
        """Up, QoS 1: one event of the outbox."""
        return self._named("evt", event_type)

    def command(self, name: str) -> str:
        """Down, QoS 1: one signed command."""
        return self._named("cmd", name)

    def response(self, name: str) -> str:
        """Up, QoS 1: the answer to a command."""
        return self._named("rsp", name)

    def manifest(self, manifest_id: str) -> str:
        """Down, QoS 1, retained until it expires: one manifest."""
        return self._named("manifest", manifest_id)

    def rules(self, table_id: str) -> str:
        """Down, QoS 1, retained: one table of rules."""
        return self._named("rules", table_id)

    @property
    def receipt(self) -> str:
        """Down, QoS 1, retained: what headquarters has stored."""
        return f"{ROOT}/{self.lane}/receipt"

    @property
    def state(self) -> str:
        """Up, QoS 1, retained: birth, and the will."""
        return f"{ROOT}/{self.lane}/state"

    @property
    def health(self) -> str:
        """Up, QoS 0: gauges."""
        return f"{ROOT}/{self.lane}/health"

    @property
    def meta(self) -> str:
        """Up, QoS 1, retained: what this lane is."""
        return f"{ROOT}/{self.lane}/meta"

    @property
    def inbound(self) -> tuple[str, ...]:
        """What the lane subscribes to; ``manifest/#`` also matches ``manifest`` itself."""
        root = f"{ROOT}/{self.lane}"
        return (self.receipt, f"{root}/cmd/+", f"{root}/manifest/#", f"{root}/rules/#")

    def _named(self, channel: str, name: str) -> str:
        level = name.lower()
        if not _NAME_PATTERN.fullmatch(level):
            raise PublishError(f"{channel} name {name!r} cannot be one topic level")
        return f"{ROOT}/{self.lane}/{channel}/{level}"


@dataclass(frozen=True, slots=True)
class TopicParts:
    """A received topic taken apart; ``name`` is empty where the channel has none."""

    lane: str
    channel: str
    name: str


def split_topic(topic: str) -> TopicParts:
    """Take a topic of the contract apart. Raises PublishError for any other topic."""
    prefix = f"{ROOT}/"
    levels = topic.removeprefix(prefix).split("/", 2)
    if not topic.startswith(prefix) or len(levels) < 2 or not LANE_PATTERN.fullmatch(levels[0]):
        raise PublishError(f"topic {topic!r} is not {ROOT}/<lane>/<channel>[/<name>]")
    return TopicParts(levels[0], levels[1], levels[2] if len(levels) == 3 else "")


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """Where a broker listens."""

    host: str
    port: int
    tls: bool

    @property
    def url(self) -> str:
        """The address as a person writes it."""
        return f"{'mqtts' if self.tls else 'mqtt'}://{self.host}:{self.port}"


def broker_address(url: str) -> BrokerAddress:
    """Read ``mqtt://host[:1883]`` or ``mqtts://host[:8883]``. Raises PublishError."""
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError as error:
        raise PublishError(f"broker URL {url!r}: {error}; use mqtt://host:port") from error
    plain = not (parts.path.strip("/") or parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or not plain or port == 0:
        raise PublishError(f"broker URL {url!r} is not mqtt://host:port or mqtts://host:port")
    tls = parts.scheme == "mqtts"
    return BrokerAddress(parts.hostname, port or (8883 if tls else 1883), tls)
