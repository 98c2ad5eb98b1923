"""What a kind of device says of itself to people: one place for ``scanlane device list``.

``drivers/README.md`` shows the same words; a test holds the two together.
"""

from dataclasses import dataclass

NOT_MET = "not yet met real hardware"


@dataclass(frozen=True, slots=True)
class About:
    """One kind in words.

    Attributes:
        device: maker and purpose.
        protocol: what is spoken.
        wire: what it is spoken on.
        publishes: fields of every poll; ``<n>`` stands for a number, other words in such brackets
            for what the lane file or the map names there.
        tells: fields that come now and then only, or of some devices of the kind.
        sends: what a driver that runs only to be read may send, beside nothing at all; empty
            where a device is read through its map and no driver runs.
        unasked: the device speaks by itself and answers nothing.
        met: who has seen it work on a real device, and when; empty until somebody reports it.
    """

    device: str
    protocol: str
    wire: str
    publishes: tuple[str, ...]
    tells: tuple[str, ...] = ()
    sends: str = ""
    unasked: bool = False
    met: str = ""

    @property
    def hardware(self) -> str:
        """Whether it has met a real device."""
        return self.met or NOT_MET
