"""What a lane can take: limits of size, mass and speed, and how an amount is judged.

Order 722 exempts goods and vehicles whose dimensions do not fit the technical capabilities of the
complex. Height, width, length and ground clearance are dimensions; mass and axle load count as
such on a lane that states limits of them. Speed is none: who drives too fast is held, never exempt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import unique

from edge.law.words import Word


@unique
class Axis(Word):
    """What is measured; the unit of the amount stands at the end of the value."""

    HEIGHT = "height_mm"
    WIDTH = "width_mm"
    LENGTH = "length_mm"
    MASS = "mass_kg"
    AXLE_LOAD = "axle_load_kg"
    GROUND_CLEARANCE = "ground_clearance_mm"
    SPEED = "speed_mm_s"


@unique
class Origin(Word):
    """Where an amount comes from."""

    MEASURED = "measured"
    DECLARED = "declared"


@unique
class Fit(Word):
    """How one amount stands to the limits of its axis."""

    FITS = "fits"
    BEYOND = "beyond"
    UNCERTAIN = "uncertain"
    UNKNOWN = "unknown"
    UNMEASURED = "unmeasured"
    DECLARED_BEYOND = "declared_beyond"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One amount of one axis, in the axis' unit, whole numbers.

    Attributes:
        axis: what it is the amount of.
        value: the amount. Zero or less says nothing was seen and counts as unknown.
        uncertainty: the true amount lies in value +- uncertainty; negative counts as unknown.
            An amount that is unknown leaves its axis unknown, whatever else is said of it.
        origin: measured on the lane, or declared by the carrier.
    """

    axis: Axis
    value: int
    uncertainty: int
    origin: Origin


@dataclass(frozen=True, slots=True)
class Limits:
    """Least and greatest amount the lane takes, both included, in the unit of the axis.

    Raises:
        ValueError: negative, or the least is above the greatest.
    """

    least: int
    greatest: int

    def __post_init__(self) -> None:
        if not 0 <= self.least <= self.greatest:
            raise ValueError(
                f"limits {self.least}..{self.greatest}: least must be 0 or more and not above "
                "greatest; correct the lane's envelope"
            )


@dataclass(frozen=True, slots=True)
class Envelope:
    """The technical capability of one lane: limits by axis; None where the lane states none.

    Attributes:
        height_mm, width_mm, length_mm: limits every lane has.
        mass_kg: limits of the gross mass.
        axle_load_kg: limits of the heaviest axle.
        ground_clearance_mm: limits of the smallest height above the road.
        speed_mm_s: limits of the speed at which a unit may come.
        must_measure: axes on which a declared amount is not enough.

    Raises:
        ValueError: an axis must be measured that has no limits.
    """

    height_mm: Limits
    width_mm: Limits
    length_mm: Limits
    mass_kg: Limits | None = None
    axle_load_kg: Limits | None = None
    ground_clearance_mm: Limits | None = None
    speed_mm_s: Limits | None = None
    must_measure: frozenset[Axis] = frozenset()

    def __post_init__(self) -> None:
        limited = {axis for axis, _ in self.limits()}
        for axis in sorted(self.must_measure - limited, key=lambda axis: axis.value):
            raise ValueError(
                f"must_measure names {axis.value}, which has no limits; give it limits"
            )

    def limits(self) -> tuple[tuple[Axis, Limits], ...]:
        """The axes that have limits, with them."""
        stated = ((axis, getattr(self, axis.value)) for axis in Axis)
        return tuple((axis, limits) for axis, limits in stated if limits is not None)


@dataclass(frozen=True, slots=True)
class AxisFit:
    """The judgement on one axis and the amounts it rests on, in words for people."""

    axis: Axis
    fit: Fit
    shown: str


def judge(
    envelope: Envelope, measured: Iterable[Measurement], declared: Iterable[Measurement]
) -> tuple[AxisFit, ...]:
    """Judge every limited axis.

    Measured beats declared, and so does a measurement that saw nothing: a gauge that fails must not
    leave the word to the carrier, nor to another gauge. Beyond is only what lies outside with its
    whole uncertainty; fitting only what lies inside with its whole uncertainty. Two measurements
    that are known and judge differently are uncertain. An amount alone declared never proves that a
    unit is too large.

    Args:
        envelope: the lane's limits.
        measured: amounts measured on the lane, one of every gauge, also of one that saw nothing;
            any that says ``declared`` is ignored.
        declared: amounts declared; any that says ``measured`` is ignored, since a declaration
            cannot make itself a measurement.
    """
    seen = [one for one in measured if one.origin is Origin.MEASURED]
    said = [one for one in declared if one.origin is Origin.DECLARED]
    return tuple(
        _judge_axis(envelope, axis, limits, seen, said) for axis, limits in envelope.limits()
    )


def _judge_axis(
    envelope: Envelope, axis: Axis, limits: Limits, seen: list[Measurement], said: list[Measurement]
) -> AxisFit:
    measured = [one for one in seen if one.axis is axis]
    declared = [one for one in said if one.axis is axis]
    if measured:
        return AxisFit(axis, _agreed(limits, measured), _show(axis, limits, measured))
    if not declared:
        return AxisFit(axis, Fit.UNKNOWN, _show(axis, limits, declared))
    fit = _agreed(limits, declared)
    if fit is Fit.BEYOND:
        fit = Fit.DECLARED_BEYOND
    elif fit is not Fit.UNKNOWN and axis in envelope.must_measure:
        fit = Fit.UNMEASURED
    return AxisFit(axis, fit, _show(axis, limits, declared))


def _agreed(limits: Limits, amounts: list[Measurement]) -> Fit:
    fits = {_fit(limits, one) for one in amounts}
    if Fit.UNKNOWN in fits:
        return Fit.UNKNOWN
    return fits.pop() if len(fits) == 1 else Fit.UNCERTAIN


def _fit(limits: Limits, one: Measurement) -> Fit:
    if one.value <= 0 or one.uncertainty < 0:
        return Fit.UNKNOWN
    low, high = one.value - one.uncertainty, one.value + one.uncertainty
    if low > limits.greatest or high < limits.least:
        return Fit.BEYOND
    if limits.least <= low and high <= limits.greatest:
        return Fit.FITS
    return Fit.UNCERTAIN


def _show(axis: Axis, limits: Limits, amounts: list[Measurement]) -> str:
    shown = sorted(f"{one.origin.value} {one.value} ±{one.uncertainty}" for one in amounts)
    known = ", ".join(shown) or "nothing known"
    return f"{axis.value}: {known}; limits {limits.least}..{limits.greatest}"
