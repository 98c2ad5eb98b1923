"""One MQTT 5 connection as a wire: paho-mqtt pumped by the thread that owns it, and nothing else.

A `Wire` lives for one connection only, so that nothing of an earlier one (queued messages, message
ids) can leak into the next. Callbacks only append to a list; no decision is made in them.
"""

import select
import socket
import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.errors import PublishError
from edge.messages.base import MESSAGE_LIMIT_BYTES
from edge.messages.tls import TlsFiles, tls_context
from edge.messages.topics import BrokerAddress

if TYPE_CHECKING:
    from paho.mqtt.client import SocketLike

_DEFAULT_RECEIVE_MAXIMUM = 65_535
_SESSION_MARGIN_S = 15
_UNLIMITED_BYTES = 268_435_455


@dataclass(frozen=True, slots=True)
class Connected:
    """The broker accepted us, with its limits."""

    receive_maximum: int
    packet_limit_bytes: int


@dataclass(frozen=True, slots=True)
class Acked:
    """A PUBACK and its reason code."""

    mid: int
    code: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message for us."""

    topic: str
    payload: bytes
    correlation: bytes


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A SUBACK; ``refused`` when the broker denied one of the topics."""

    refused: bool


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over, or never came to be."""

    reason: str


WireEvent = Connected | Acked | Arrived | Subscribed | Closed


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish; ``expiry_s`` 0 means that it never expires."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = False
    expiry_s: int = 0
    correlation: bytes = b""
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class WireSettings:
    """What one connection needs to know."""

    address: BrokerAddress
    client_id: str
    keep_alive_s: int
    connect_timeout_s: float
    will_delay_s: int
    tls: TlsFiles | None = None


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho types all but this one


class Wire:
    """One connection. Every method is called by one thread."""

    def __init__(self, settings: WireSettings, will: Message) -> None:
        self._settings = settings
        self._events: list[WireEvent] = []
        self._closed = False
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=settings.client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        self._client.connect_timeout = settings.connect_timeout_s
        self._set_callbacks()
        self._set_will(will)

    def open(self) -> None:
        """Open the socket and send CONNECT; `Connected` or `Closed` follows from `poll`.

        Raises:
            PublishError: the broker cannot be reached, or the certificates do not fit.
        """
        settings = self._settings
        properties = _properties(PacketTypes.CONNECT)
        # The broker forgets a will's delay with the session: the session must outlive it.
        properties.SessionExpiryInterval = settings.will_delay_s + _SESSION_MARGIN_S
        properties.MaximumPacketSize = MESSAGE_LIMIT_BYTES + 4096
        try:
            self._use_tls()
            self._client.connect(
                settings.address.host,
                settings.address.port,
                keepalive=settings.keep_alive_s,
                clean_start=True,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise PublishError(
                f"broker {settings.address.url}: cannot connect: {error}; "
                "is it running, and do the certificates fit?"
            ) from error

    def poll(self, timeout_s: float, wake: socket.socket) -> list[WireEvent]:
        """Wait until the connection or ``wake`` has something, and give what happened."""
        sock = self._client.socket()
        if sock is None:
            self._note_closed("connection lost")
        else:
            self._pump(sock, timeout_s, wake)
        events, self._events = self._events, []
        return events

    def publish(self, message: Message) -> int:
        """Hand one message to the socket; give its message id."""
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        if message.expiry_s:
            properties.MessageExpiryInterval = message.expiry_s
        if message.correlation:
            properties.CorrelationData = message.correlation
        if message.labels:
            properties.UserProperty = list(message.labels)
        info = self._client.publish(
            message.topic, message.payload, message.qos, message.retain, properties
        )
        return info.mid

    def subscribe(self, topics: tuple[str, ...]) -> None:
        """Subscribe at QoS 1; `Subscribed` follows."""
        self._client.subscribe([(topic, 1) for topic in topics])

    def close(self) -> None:
        """Say DISCONNECT, so that the broker keeps the will to itself, and close."""
        self._client.disconnect()
        if self._client.socket() is not None:
            self._client.loop_write()

    def drop(self) -> None:
        """Close without a word, after a fault."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _pump(self, sock: "SocketLike", timeout_s: float, wake: socket.socket) -> None:
        waiting = isinstance(sock, ssl.SSLSocket) and sock.pending() > 0
        writers = [sock] if self._client.want_write() else []
        try:
            readable, writable, _ = select.select(
                [sock, wake], writers, [], 0 if waiting else timeout_s
            )
            codes = []
            if writable:
                codes.append(self._client.loop_write())
            if waiting or sock in readable:
                codes.append(self._client.loop_read())
            codes.append(self._client.loop_misc())
        except (OSError, ValueError) as error:
            self._note_closed(f"connection lost: {error}")
            return
        failed = [code for code in codes if code != MQTTErrorCode.MQTT_ERR_SUCCESS]
        if failed:
            self._note_closed(f"connection lost: {failed[0].name}")

    def _note_closed(self, reason: str) -> None:
        if not self._closed:
            self._closed = True
            self._events.append(Closed(reason))

    def _use_tls(self) -> None:
        if not self._settings.address.tls:
            return
        if self._settings.tls is None:
            raise ValueError("mqtts needs the files ca, certificate and key")
        self._client.tls_set_context(tls_context(self._settings.tls))

    def _set_will(self, will: Message) -> None:
        properties = _properties(PacketTypes.WILLMESSAGE)
        properties.ContentType = "application/json"
        properties.WillDelayInterval = self._settings.will_delay_s
        self._client.will_set(will.topic, will.payload, will.qos, will.retain, properties)

    def _set_callbacks(self) -> None:
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._note_closed(f"refused: {code}")
            return
        self._events.append(
            Connected(
                getattr(properties, "ReceiveMaximum", _DEFAULT_RECEIVE_MAXIMUM),
                getattr(properties, "MaximumPacketSize", _UNLIMITED_BYTES),
            )
        )

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._note_closed(f"connection lost: {code}")

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._events.append(Acked(mid, int(code.value)))

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._events.append(Subscribed(any(code.is_failure for code in codes)))

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        correlation = getattr(message.properties, "CorrelationData", b"")
        self._events.append(Arrived(message.topic, bytes(message.payload), correlation))
