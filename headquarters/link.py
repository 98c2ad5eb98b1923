"""One MQTT 5 connection of headquarters: paho-mqtt pumped by the thread that owns it.

Callbacks only collect; what arrived is acknowledged by the caller, after it is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from edge.clock import Clock
from edge.errors import PublishError
from edge.messages.tls import TlsFiles, tls_context
from edge.messages.topics import BrokerAddress

RECEIVE_MAXIMUM = 500
_SECOND_NS = 1_000_000_000
_POLL_S = 0.05


@dataclass(frozen=True, slots=True)
class Mail:
    """One message that arrived and is not yet acknowledged.

    Attributes:
        topic: where.
        payload: what, unchecked.
        labels: the MQTT user properties.
        correlation: correlation data, empty where none.
        mid, qos: for the acknowledgement.
    """

    topic: str
    payload: bytes
    labels: tuple[tuple[str, str], ...]
    correlation: bytes
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Post:
    """One message to publish; ``expiry_s`` 0 never expires."""

    topic: str
    payload: bytes
    retain: bool = False
    expiry_s: int = 0
    correlation: bytes = b""
    response_topic: str = ""


@dataclass(slots=True)
class _Heard:
    connected: bool = False
    closed: str = ""
    mail: list[Mail] = field(default_factory=list)
    acks: dict[int, int] = field(default_factory=dict)
    subscribed: bool | None = None


class Link:
    """One connection; made, used and closed by one thread.

    Args:
        address: the broker.
        client_id: fixed for a collector, unique for a one-off.
        clock: for the deadlines.
        session_expiry_s: how long the broker keeps the subscriptions; 0 starts clean.
        tls: needed for ``mqtts``.
    """

    def __init__(
        self,
        address: BrokerAddress,
        *,
        client_id: str,
        clock: Clock,
        session_expiry_s: int = 0,
        tls: TlsFiles | None = None,
    ) -> None:
        self._address = address
        self._clock = clock
        self._session_expiry_s = session_expiry_s
        self._tls = tls
        self._heard = _Heard()
        self._client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
            manual_ack=True,
        )
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_message = self._on_message
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe

    def open(self, timeout_s: float) -> None:
        """Connect and wait for the broker's yes.

        Raises:
            PublishError: not reachable, refused, or no answer in time.
        """
        properties = _properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = self._session_expiry_s
        properties.ReceiveMaximum = RECEIVE_MAXIMUM
        self._client.connect_timeout = timeout_s
        try:
            self._use_tls()
            self._client.connect(
                self._address.host,
                self._address.port,
                keepalive=20,
                clean_start=self._session_expiry_s == 0,
                properties=properties,
            )
        except (OSError, ValueError) as error:
            raise PublishError(
                f"broker {self._address.url}: cannot connect: {error}; is it running?"
            ) from error
        self._wait(lambda: self._heard.connected, timeout_s, "CONNACK")

    def subscribe(self, topics: tuple[str, ...], timeout_s: float) -> None:
        """Subscribe at QoS 1 and wait for the yes. Raises PublishError."""
        self._heard.subscribed = None
        self._client.subscribe([(topic, 1) for topic in topics])
        self._wait(lambda: self._heard.subscribed is not None, timeout_s, "SUBACK")
        if not self._heard.subscribed:
            raise PublishError(f"broker {self._address.url} refused to subscribe to {topics}")

    def poll(self, timeout_s: float) -> list[Mail]:
        """Wait for something to arrive and give it. Raises PublishError when the link is lost."""
        code = self._client.loop(timeout_s)
        if self._heard.closed or code != MQTTErrorCode.MQTT_ERR_SUCCESS:
            reason = self._heard.closed or code.name
            raise PublishError(f"broker {self._address.url}: connection lost: {reason}")
        mail, self._heard.mail = self._heard.mail, []
        return mail

    def ack(self, mail: Mail) -> None:
        """Acknowledge one message: it is stored."""
        self._client.ack(mail.mid, mail.qos)

    def publish(self, post: Post) -> int:
        """Publish at QoS 1; give the message id."""
        properties = _properties(PacketTypes.PUBLISH)
        properties.ContentType = "application/json"
        if post.expiry_s:
            properties.MessageExpiryInterval = post.expiry_s
        if post.correlation:
            properties.CorrelationData = post.correlation
        if post.response_topic:
            properties.ResponseTopic = post.response_topic
        info = self._client.publish(post.topic, post.payload, 1, post.retain, properties)
        return info.mid

    def publish_surely(self, post: Post, timeout_s: float) -> int:
        """Publish and wait for the PUBACK; give its reason code. Raises PublishError."""
        mid = self.publish(post)
        self._wait(lambda: mid in self._heard.acks, timeout_s, "PUBACK")
        code = self._heard.acks.pop(mid)
        if code >= 0x80:
            raise PublishError(
                f"broker {self._address.url} refused {post.topic} (0x{code:02x}); "
                "check its access list"
            )
        return code

    def forget_acks(self) -> None:
        """Forget the PUBACKs nobody waited for."""
        self._heard.acks.clear()

    def close(self) -> None:
        """Say DISCONNECT and close."""
        self._client.disconnect()
        if self._client.socket() is not None:
            self._client.loop_write()
        self.drop()

    def drop(self) -> None:
        """Close without a word, after a fault."""
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _wait(self, done: Callable[[], bool], timeout_s: float, what: str) -> None:
        deadline_ns = self._clock.monotonic_ns() + int(timeout_s * _SECOND_NS)
        while not done():
            code = self._client.loop(_POLL_S)
            if self._heard.closed or code != MQTTErrorCode.MQTT_ERR_SUCCESS:
                reason = self._heard.closed or code.name
                raise PublishError(f"broker {self._address.url}: {reason}")
            if self._clock.monotonic_ns() > deadline_ns:
                raise PublishError(f"broker {self._address.url}: no {what} in {timeout_s:g} s")

    def _use_tls(self) -> None:
        if not self._address.tls:
            return
        if self._tls is None:
            raise ValueError("mqtts needs --ca, --certificate and --key")
        self._client.tls_set_context(tls_context(self._tls))

    def _on_connect(
        self,
        _client: Client,
        _userdata: object,
        _flags: ConnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        if code.is_failure:
            self._heard.closed = f"refused: {code}"
        else:
            self._heard.connected = True

    def _on_disconnect(
        self,
        _client: Client,
        _userdata: object,
        _flags: DisconnectFlags,
        code: ReasonCode,
        _properties: Properties | None,
    ) -> None:
        self._heard.closed = self._heard.closed or str(code)

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        labels = tuple(getattr(message.properties, "UserProperty", ()))
        correlation = bytes(getattr(message.properties, "CorrelationData", b""))
        self._heard.mail.append(
            Mail(
                message.topic,
                bytes(message.payload),
                labels,
                correlation,
                message.mid,
                message.qos,
            )
        )

    def _on_publish(
        self,
        _client: Client,
        _userdata: object,
        mid: int,
        code: ReasonCode,
        _properties: Properties,
    ) -> None:
        self._heard.acks[mid] = int(code.value)

    def _on_subscribe(
        self,
        _client: Client,
        _userdata: object,
        _mid: int,
        codes: list[ReasonCode],
        _properties: Properties | None,
    ) -> None:
        self._heard.subscribed = not any(code.is_failure for code in codes)


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]  # paho types all but this one
