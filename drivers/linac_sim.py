"""The dual-energy linac of `drivers/LINAC_SIM.md`: all commands at once, each with a new word."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal, Unpack

from pydantic import BaseModel, ConfigDict, Field, model_validator

from drivers.about import About
from drivers.bus_driver import BusDriver, Head
from drivers.bus_plan import Plan, block_read, modbus_write, per_second
from drivers.device_link import rest_s
from drivers.device_map_checks import value_range
from drivers.device_map_model import DeviceMap
from drivers.modbus_requests import Priority
from drivers.modbus_unit import Sample
from drivers.read_plan import plan_reads
from edge.core.values import Input
from edge.errors import DeviceError, DeviceRefused, DeviceTimeout
from edge.ports import Value, points_of

COMMANDS = ("control", "mode", "high_kev", "low_kev", "current_ua", "pulse_rate_hz")
"""In the order of their registers; the watchdog word follows."""
REQUIRED_FIELDS = (
    *COMMANDS,
    "watchdog_word",
    "status",
    "fault_code",
    "warm_up_s",
    "actual_kev",
    "actual_ua",
    "dose_rate_cgy_min",
    "exposure_count",
    "watchdog_ms",
)

ABOUT = About(
    device="dual-energy linac with a map of our own, of no vendor",
    protocol="drivers/LINAC_SIM.md",
    wire="Modbus/TCP",
    publishes=(
        "hv", "ready", "interlock", "source_fault", "fault_names", "kv", "ma",
        "dose_rate_cgy_min", "exposure_count", "warm_up_s", "watchdog_set",
    ),
)  # fmt: skip

REMOTE, HV_REQUEST, FAULT_RESET = 1 << 0, 1 << 1, 1 << 2
_MODES = {"low": 1, "high": 2, "dual": 3}
_LIMIT_KV = 10_000
_LIMIT_MA = 65.535
_UA_PER_MA = 1000
_NS_PER_MS = 1_000_000
_CONFIRM_S = 0.01
_FAREWELL_S = 0.3


class LinacSimSettings(BaseModel):
    """The linac of a lane file."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    kind: Literal["linac_sim"]
    bus: str = Field(description="Bus the linac is on")
    unit: int = Field(1, ge=0, le=255, description="Modbus unit id")
    mode: Literal["low", "high", "dual"]
    pulse_rate_hz: int = Field(ge=1, le=400, description="Pulses of both energies together")
    low_kv: int | None = Field(None, ge=1, le=_LIMIT_KV, description="Lower energy, mode dual only")
    watchdog_max_ms: int = Field(500, ge=100, le=500, description="Longest allowed watchdog_ms")
    poll_ms: int = Field(50, ge=20, le=300, description="Period of commands and status")
    step_timeout_ms: int = Field(500, ge=50, le=5000, description="Longest wait for one step")
    misses: int = Field(2, ge=1, le=10, description="Missing answers until it counts as lost")

    @model_validator(mode="after")
    def _fits_together(self) -> "LinacSimSettings":
        if 3 * self.poll_ms > self.watchdog_max_ms:
            raise ValueError("poll_ms must be at most a third of watchdog_max_ms")
        if (self.mode == "dual") != (self.low_kv is not None):
            raise ValueError("low_kv belongs to mode dual, and only there")
        return self


def plan(settings: LinacSimSettings, device_map: DeviceMap) -> Plan:
    """Every command with a new watchdog word, and the status, at every poll."""
    polls = per_second(settings.poll_ms)
    (status,) = plan_reads(device_map, "fast")
    return (modbus_write("write control", polls, len(COMMANDS) + 1), block_read(status, polls))


@dataclass(frozen=True, slots=True)
class Image:
    """What is asked of the linac, as its command registers say it."""

    control: int = 0
    mode: int = 0
    high_kev: int = 0
    low_kev: int = 0
    current_ua: int = 0
    pulse_rate_hz: int = 0

    def words(self) -> tuple[int, ...]:
        """The registers in their order."""
        return (
            self.control,
            self.mode,
            self.high_kev,
            self.low_kev,
            self.current_ua,
            self.pulse_rate_hz,
        )


@dataclass(frozen=True, slots=True)
class Status:
    """The status word by its bits."""

    hv: bool
    ready: bool
    fault: bool
    interlock_closed: bool
    remote: bool


class LinacSim(BusDriver[LinacSimSettings]):
    """Satisfies `edge.ports.XraySource`.

    Publishes ``hv`` (OK: off, BLOCKED: on), ``ready``, ``interlock``, ``source_fault`` with
    ``fault_names``, ``kv``, ``ma``, ``dose_rate_cgy_min``, ``exposure_count``, ``warm_up_s`` and
    ``watchdog_set`` (OK only when the machine's own time is on and short enough).
    ``only_looked_at`` is set before `run` where no lane watches: every order but HV off is refused.
    """

    def __init__(self, **head: Unpack[Head[LinacSimSettings]]) -> None:
        super().__init__(**head)
        self.only_looked_at = False
        (self._status_block,) = plan_reads(self._map, "fast")
        (self._command_block,) = plan_reads(self._map, "event")
        self._bits = self._map.field("status").bits
        self._image = Image()
        self._order = 0
        self._word = 0
        self._awaits_hv = False

    async def prepare(self, *, kv: float, ma: float) -> None:
        """Take the linac to remote, set energies, current and pulse rate, read all back.

        Raises:
            DeviceRefused: out of range, high voltage is on, not remote, or other values kept.
            DeviceError: the line or the linac failed.
        """
        self._wants_a_lane("prepare")
        image = self._prepared(kv, ma)
        if (await self._status()).hv:
            raise DeviceRefused(self.name, "prepare", "high voltage is on. End it first")
        order = self._new_order(image)
        await self._send(order, "prepare")
        kept = (await self._unit.read_block(self._command_block, Priority.COMMAND)).values
        self._still(order, "prepare")
        for name, wanted in zip(COMMANDS, image.words(), strict=True):
            if kept[name] != wanted:
                self._new_order(Image())
                detail = f"{name} was set to {wanted} and reads {kept[name]}"
                raise DeviceRefused(self.name, "prepare", detail)
        if not (await self._status()).remote:
            self._new_order(Image())
            raise DeviceRefused(self.name, "prepare", "it stays in local. Check its switch")

    async def hv_on(self) -> None:
        """Ask for high voltage and see it there; only ever called while a lease is held.

        Raises:
            DeviceRefused: not alive, not prepared, the linac shows why not, or HV off came.
            DeviceTimeout: no high voltage in ``step_timeout_ms``; the request is taken back.
        """
        self._wants_a_lane("hv_on")
        if not self._alive():
            raise DeviceRefused(self.name, "hv_on", "the lane logic is not alive")
        if not self._image.control & REMOTE:
            raise DeviceRefused(self.name, "hv_on", "it is not prepared")
        self._awaits_hv = True
        order = self._new_order(replace(self._image, control=REMOTE | HV_REQUEST))
        done = False
        try:
            await self._send(order, "hv_on")
            await self._await_hv(order)
            done = True
        finally:
            self._awaits_hv = False
            if not done and order == self._order:
                self._new_order(replace(self._image, control=self._image.control & ~HV_REQUEST))

    async def hv_off(self) -> None:
        """End high voltage, verified; overtakes every other request. Raises DeviceError."""
        control = self._image.control & REMOTE
        order = self._new_order(replace(self._image, control=control))
        await self._unit.write("control", control, Priority.STOP)
        deadline_ns = self._now_ns() + self._settings.step_timeout_ms * _NS_PER_MS
        while (await self._status(Priority.STOP)).hv:
            self._still(order, "hv_off")
            if self._now_ns() >= deadline_ns:
                detail = f"still on after {self._settings.step_timeout_ms} ms"
                raise DeviceTimeout(self.name, "hv_off", f"{detail}. Press the emergency stop")
            await asyncio.sleep(_CONFIRM_S)

    async def reset_faults(self) -> None:
        """Have the linac forget its fault; high voltage stays off. Raises DeviceError."""
        self._wants_a_lane("reset")
        order = self._order
        for control in (0, FAULT_RESET, 0):
            self._still(order, "reset")
            order = self._new_order(replace(self._image, control=control))
            await self._send(order, "reset")
        sample = await self._unit.read_block(self._status_block, Priority.COMMAND)
        if self._decoded(sample).fault:
            detail = f"{self._fault_name(sample)} stays: its cause is still there"
            raise DeviceRefused(self.name, "reset", detail)

    async def run(self) -> None:
        """Command and poll for ever; on cancellation the last word is no high voltage."""
        try:
            while True:
                begun_ns = self._now_ns()
                if self._alive():
                    await self._guarded(self._cycle)
                elif self._image.control:
                    # Silence lets the linac's own watchdog act; afterwards all is asked anew.
                    self._new_order(Image())
                await asyncio.sleep(rest_s(self._settings.poll_ms, begun_ns, self._now_ns()))
        finally:
            self._new_order(Image())
            # A line that is down already cannot be told anything: the watchdog acts.
            with contextlib.suppress(DeviceError, TimeoutError):
                async with asyncio.timeout(_FAREWELL_S):
                    await self._unit.write("control", 0, Priority.STOP)

    def _prepared(self, kv: float, ma: float) -> Image:
        settings = self._settings
        for value, limit, unit in ((kv, _LIMIT_KV, "kV"), (ma, _LIMIT_MA, "mA")):
            if not 0 < value <= limit:
                raise DeviceRefused(self.name, "prepare", f"{value:g} {unit} is not in 0-{limit:g}")
        highest, low = round(kv), settings.low_kv or 0
        if low >= highest:
            detail = f"low_kv {low} is not below the {kv:g} kV of the lane's source"
            raise DeviceRefused(self.name, "prepare", detail)
        only_low = settings.mode == "low"
        image = Image(
            control=REMOTE,
            mode=_MODES[settings.mode],
            high_kev=0 if only_low else highest,
            low_kev=highest if only_low else low,
            current_ua=round(ma * _UA_PER_MA),
            pulse_rate_hz=settings.pulse_rate_hz,
        )
        for name, word in zip(COMMANDS, image.words(), strict=True):
            lowest, most = value_range(self._map.field(name))
            if not lowest <= word <= most:
                detail = f"{name} {word} is outside {lowest}..{most} of the map"
                raise DeviceRefused(self.name, "prepare", detail)
        return image

    async def _await_hv(self, order: int) -> None:
        deadline_ns = self._now_ns() + self._settings.step_timeout_ms * _NS_PER_MS
        while True:
            sample = await self._unit.read_block(self._status_block, Priority.COMMAND)
            self._still(order, "hv_on")
            status = self._decoded(sample)
            if status.hv:
                return
            if self._now_ns() >= deadline_ns:
                ready, closed = status.ready, status.interlock_closed
                shown = f"ready {ready}, interlock closed {closed}, {self._fault_name(sample)}"
                raise DeviceTimeout(self.name, "hv_on", f"no high voltage: {shown}")
            await asyncio.sleep(_CONFIRM_S)

    async def _cycle(self) -> None:
        order = self._order
        try:
            await self._send(order, "refresh", Priority.POLL)
        except DeviceRefused:
            if order == self._order and self._alive():
                raise
        sample = await self._unit.read_block(self._status_block)
        status = self._decoded(sample)
        if self._image.control & HV_REQUEST and not status.hv and not self._awaits_hv:
            # It ended by itself, by interlock or fault: it never comes back by itself.
            self._new_order(replace(self._image, control=self._image.control & ~HV_REQUEST))
        self._publish(sample, status)

    async def _send(
        self, order: int, operation: str, priority: Priority = Priority.COMMAND
    ) -> None:
        """Write the whole image with the next watchdog word, unless a newer order has come."""
        self._still(order, operation)
        self._word = (self._word + 1) & 0xFFFF
        words = (*self._image.words(), self._word)

        def wanted() -> bool:
            return order == self._order and self._alive()

        await self._unit.write_words("control", words, priority, wanted)

    async def _status(self, priority: Priority = Priority.COMMAND) -> Status:
        return self._decoded(await self._unit.read_block(self._status_block, priority))

    def _decoded(self, sample: Sample) -> Status:
        word = sample.values["status"]
        names = ("hv", "ready", "fault", "interlock_closed", "remote")
        return Status(**{name: bool(word >> self._bits[name] & 1) for name in names})

    def _fault_name(self, sample: Sample) -> str:
        code = sample.values["fault_code"]
        name = self._map.field("fault_code").values.get(code, f"code {code}")
        return "no fault" if name == "none" else name

    def _publish(self, sample: Sample, status: Status) -> None:
        raw = sample.values
        dose = raw["dose_rate_cgy_min"] * self._map.field("dose_rate_cgy_min").scale
        watched = 0 < raw["watchdog_ms"] <= self._settings.watchdog_max_ms
        sound = not status.fault and raw["fault_code"] == 0
        values: dict[str, Value] = {
            "hv": Input.BLOCKED if status.hv else Input.OK,
            "ready": _input(ok=status.ready),
            "interlock": _input(ok=status.interlock_closed),
            "source_fault": _input(ok=sound),
            "fault_names": "" if sound else self._fault_name(sample),
            "kv": float(raw["actual_kev"]),
            "ma": raw["actual_ua"] / _UA_PER_MA,
            "dose_rate_cgy_min": round(dose, 1),
            "exposure_count": raw["exposure_count"],
            "warm_up_s": raw["warm_up_s"],
            "watchdog_set": _input(ok=watched),
        }
        self._sink.deliver(points_of(self.name, values), sample.requested_ns)

    def _wants_a_lane(self, operation: str) -> None:
        if self.only_looked_at:
            raise DeviceRefused(self.name, operation, "it is only looked at; a lane gives orders")

    def _still(self, order: int, operation: str) -> None:
        if order != self._order:
            raise DeviceRefused(self.name, operation, "a newer command took its place")

    def _new_order(self, image: Image) -> int:
        self._order += 1
        self._image = image
        return self._order

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except DeviceError as error:
            if self._link.failed(error):
                # A lost linac ends by its own watchdog and never begins again by itself.
                self._new_order(Image())
        else:
            self._link.good()


def _input(*, ok: bool) -> Input:
    return Input.OK if ok else Input.BLOCKED
