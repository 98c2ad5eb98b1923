"""What comes down: receipts are acted on here, everything else is handed to the lane unread."""

from edge.errors import PublishError
from edge.messages.base import MESSAGE_LIMIT_BYTES
from edge.messages.state import Receipt, read_receipt
from edge.messages.topics import split_topic
from edge.publish.mqtt import Arrived
from edge.publish.notices import Deliver, Notice, NoticeKind
from edge.publish.outbox_port import Outbox
from edge.publish.pump import Pump

_KINDS = {
    "cmd": NoticeKind.COMMAND,
    "manifest": NoticeKind.MANIFEST,
    "rules": NoticeKind.RULES,
}


class Inbox:
    """Sorts what arrives. Called on the publisher's thread."""

    def __init__(self, outbox: Outbox, pump: Pump, deliver: Deliver) -> None:
        self._outbox = outbox
        self._pump = pump
        self._deliver = deliver
        self._stream = ""
        self._behind = False

    def read_stream(self) -> None:
        """Notice a new stream: its numbers start again, and so does delivery."""
        stream = self._outbox.stream
        if stream != self._stream:
            first = self._outbox.unreceipted(0, 1)
            self._stream = stream
            self._pump.refusals.clear()
            self._pump.restart(first[0].sequence - 1 if first else self._outbox.highest())

    def arrived(self, message: Arrived, now_ns: int) -> bool:
        """Take one message; True when it was a receipt of our stream."""
        try:
            parts = split_topic(message.topic)
            if parts.channel == "receipt":
                return self._receipt(read_receipt(message.payload), now_ns)
            self._hand_over(_KINDS[parts.channel], parts.name, message)
        except (PublishError, KeyError) as error:
            self._deliver(Notice(NoticeKind.UNREADABLE, f"{message.topic}: {error}; ignored"))
        return False

    def _hand_over(self, kind: NoticeKind, name: str, message: Arrived) -> None:
        if not message.payload:
            return  # an empty retained message takes an earlier one back
        if len(message.payload) > MESSAGE_LIMIT_BYTES:
            raise PublishError(f"{len(message.payload)} bytes, limit {MESSAGE_LIMIT_BYTES}")
        self._deliver(
            Notice(kind, name=name, payload=message.payload, correlation=message.correlation)
        )

    def _receipt(self, receipt: Receipt, now_ns: int) -> bool:
        stream, before = self._outbox.stream, self._pump.upto
        if receipt.stream != stream:
            return False  # of a stream that ended, or not ours
        if receipt.upto > before:
            self._outbox.release(receipt.upto)
        if self._outbox.stream != stream:
            self._deliver(
                Notice(
                    NoticeKind.ROLLED_BACK,
                    f"headquarters has event {receipt.upto}, which this journal never sent: the "
                    f"database went back in time; stream {self._outbox.stream} begins",
                    sequence=receipt.upto,
                )
            )
            self.read_stream()
            return True
        effect = self._pump.receipt(receipt, now_ns)
        if effect.release_upto > before:
            self._deliver(Notice(NoticeKind.RECEIPTED, sequence=effect.release_upto))
        if effect.behind and not self._behind:
            detail = f"headquarters fell back to event {receipt.upto} of {before}"
            self._deliver(Notice(NoticeKind.BEHIND, detail, sequence=receipt.upto))
        self._behind = effect.behind
        return True
