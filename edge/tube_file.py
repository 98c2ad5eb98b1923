"""Mistakes in what a lane file says of its tube: what could not be kept, or would not be read."""

from collections.abc import Iterator

from edge.settings import Duty, LaneFile, NotFitted, NotNeeded, Seasoning

REACTION_S = 1.0
"""An exposure may outlast its longest time by this much: one report, one decision, one lease."""

_READING = "lane.tube"
_Found = Iterator[tuple[str, str, str, str]]


def tube_mistakes(lane: LaneFile) -> _Found:
    """Key, value, reason and remedy of every mistake about duty, warm-up and seasoning."""
    section = lane.source
    cared = not all(
        isinstance(one, NotNeeded) for one in (section.duty, section.warm_up, section.seasoning)
    )
    row = lane.interlocks.get("tube")
    if cared and row is not None and row != _READING:
        reason = "source.duty, warm_up or seasoning would not keep a beam off"
        yield "interlocks.tube", str(row), reason, f'Say tube = "{_READING}"'
    if isinstance(section.duty, Duty):
        yield from _duty(section.duty, section.max_exposure_ms / 1000 + REACTION_S)
    if isinstance(section.seasoning, Seasoning):
        yield from _seasoning(lane, section.seasoning)


def _duty(duty: Duty, longest_s: float) -> _Found:
    if duty.pause_s is None and duty.window_s is None:
        yield "source.duty", "", "says no limit", "Give pause_s, or window_s with on_s"
    if (duty.window_s is None) != (duty.on_s is None):
        yield "source.duty", "", "window_s and on_s belong together", "Give both or none"
    elif duty.window_s is not None and duty.on_s is not None:
        if duty.on_s >= duty.window_s:
            reason = f"is not below window_s = {duty.window_s}: it would limit nothing"
            yield "source.duty.on_s", str(duty.on_s), reason, "Give the manual's figures"
        if duty.on_s < longest_s:
            reason = f"no scan of up to {longest_s:g} s would ever be admitted"
            yield "source.duty.on_s", str(duty.on_s), reason, "Shorten source.max_exposure_ms"


def _seasoning(lane: LaneFile, seasoning: Seasoning) -> _Found:
    if isinstance(lane.interlocks.get("service"), NotFitted):
        reason = "seasoning needs a key with the position SERVICE"
        yield "interlocks.service", "not_fitted", reason, 'Name its "device.field"'
    total_s = sum(step.hold_s for step in seasoning.steps)
    if total_s >= seasoning.longest_s:
        reason = f"the steps alone last {total_s} s; between them the voltage rises"
        yield "source.seasoning.longest_s", str(seasoning.longest_s), reason, "Give more time"
    for place, step in enumerate(seasoning.steps):
        if step.kv > lane.source.kv:
            reason = f"is above source.kv = {lane.source.kv:g}"
            key = f"source.seasoning.steps.{place}.kv"
            yield key, f"{step.kv:g}", reason, "Season no higher than the lane scans"
