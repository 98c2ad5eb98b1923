"""A scriptable MQTT 5 broker for one client: says what real brokers say only on bad days.

Written from the MQTT 5.0 specification, sharing nothing with the client library.
"""

import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

CONNECT, PUBLISH, PUBACK, SUBSCRIBE, PINGREQ, DISCONNECT = 1, 3, 4, 8, 12, 14


@dataclass(frozen=True, slots=True)
class Published:
    """A PUBLISH as it came."""

    connection: int
    topic: str
    payload: bytes
    qos: int
    mid: int
    retain: bool


@dataclass
class Script:
    """What the broker does: the reason code per PUBLISH (None: no PUBACK), and its limits."""

    answer: Callable[[Published], int | None] = lambda _message: 0
    receive_maximum: int | None = None
    packet_limit: int | None = None
    connack: int = 0
    hang_up_on: frozenset[int] = frozenset()
    hold: bool = False


@dataclass
class FaultBroker:
    """Listens on loopback; ``published`` holds what came, ``connections`` how often."""

    script: Script = field(default_factory=Script)
    published: list[Published] = field(default_factory=list)
    subscribed: list[str] = field(default_factory=list)
    connects: list[bytes] = field(default_factory=list)
    outstanding: int = 0
    most_outstanding: int = 0
    changed: threading.Condition = field(default_factory=threading.Condition)
    _client: socket.socket | None = None

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        self._thread.join(5.0)
        assert not self._thread.is_alive()

    def cut(self) -> None:
        """Cut the connection without a word."""
        client = self._client
        if client is not None:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                return

    def send(self, topic: str, payload: bytes) -> None:
        """Send a message to the client at QoS 0."""
        assert self._client is not None
        name = topic.encode()
        self._client.sendall(packet(0x30, struct.pack("!H", len(name)) + name + b"\0" + payload))

    def wait_for(self, ready: Callable[[], bool], timeout_s: float = 10.0) -> bool:
        with self.changed:
            return self.changed.wait_for(ready, timeout_s)

    def rows(self) -> list[Published]:
        return [message for message in self.published if "/evt/" in message.topic]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._client = client
                self.outstanding = 0
                try:
                    self._serve(client)
                except OSError:
                    pass
                finally:
                    self._client = None

    def _serve(self, client: socket.socket) -> None:
        reader = client.makefile("rb")
        with reader:
            while (head := reader.read(1)) != b"":
                body = reader.read(read_length(reader.read))
                kind = head[0] >> 4
                if kind == DISCONNECT:
                    return
                with self.changed:
                    hang_up = self._handle(client, kind, head[0] & 15, body)
                    self.changed.notify_all()
                if hang_up:
                    return

    def _handle(self, client: socket.socket, kind: int, flags: int, body: bytes) -> bool:
        if kind == CONNECT:
            self.connects.append(body)
            client.sendall(packet(0x20, bytes([0, self.script.connack]) + self._limits()))
            return self.script.connack != 0
        if kind == PINGREQ:
            client.sendall(packet(0xD0, b""))
        elif kind == SUBSCRIBE:
            topics = subscriptions(body)
            self.subscribed.extend(topics)
            client.sendall(packet(0x90, body[:2] + b"\0" + bytes([1] * len(topics))))
        elif kind == PUBLISH:
            return self._publish(client, flags, body)
        return False

    def _publish(self, client: socket.socket, flags: int, body: bytes) -> bool:
        message = parse_publish(len(self.connects), flags, body)
        self.published.append(message)
        if message.qos == 0:
            return False
        self.outstanding += 1
        self.most_outstanding = max(self.most_outstanding, self.outstanding)
        code = None if self.script.hold else self.script.answer(message)
        if code is None:
            return False
        self.outstanding -= 1
        client.sendall(packet(0x40, struct.pack("!HBB", message.mid, code, 0)))
        return code in self.script.hang_up_on

    def _limits(self) -> bytes:
        limits = b""
        if self.script.receive_maximum is not None:
            limits += struct.pack("!BH", 0x21, self.script.receive_maximum)
        if self.script.packet_limit is not None:
            limits += struct.pack("!BI", 0x27, self.script.packet_limit)
        return bytes([len(limits)]) + limits


def parse_publish(connection: int, flags: int, body: bytes) -> Published:
    length = struct.unpack_from("!H", body)[0]
    topic, rest = body[2 : 2 + length].decode(), body[2 + length :]
    qos = flags >> 1 & 3
    mid = struct.unpack_from("!H", rest)[0] if qos else 0
    rest = rest[2:] if qos else rest
    source = iter(rest)
    used = read_length(lambda _n: bytes([next(source)]))
    width = next(n for n in range(1, 5) if used < 128**n)
    return Published(connection, topic, rest[width + used :], qos, mid, bool(flags & 1))


def subscriptions(body: bytes) -> list[str]:
    at, topics = 3 + body[2], []
    while at < len(body):
        length = struct.unpack_from("!H", body, at)[0]
        topics.append(body[at + 2 : at + 2 + length].decode())
        at += 3 + length
    return topics


def read_length(read: Callable[[int], bytes]) -> int:
    value = shift = 0
    while True:
        byte = read(1)[0]
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value


def packet(head: int, body: bytes) -> bytes:
    length, size = b"", len(body)
    while True:
        size, low = divmod(size, 128)
        length += bytes([low | (128 if size else 0)])
        if not size:
            return bytes([head]) + length + body
