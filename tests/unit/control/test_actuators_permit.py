"""What stands between a permit and a beam: arming, this unit's permit, the last healthy tick."""

import asyncio

import pytest

from edge.control.service_mission import Mission
from edge.core import events as ev
from edge.core.effects import Effect, Request
from edge.core.faults import Fault
from edge.errors import (
    DeviceError,
    ScanError,
)
from edge.law.outcomes import Role
from edge.law.service import (
    Proof,
    Purpose,
    ServiceConditions,
    ServicePermit,
    ServiceRequest,
    make_service_permit,
)
from edge.settings import SeasoningStep
from tests.unit.control.kit import LANE, TOKEN
from tests.unit.control.test_actuators import Bench, run


@pytest.mark.parametrize(
    ("word", "error", "fault"),
    [
        ("prepare 160 4", DeviceError("source", "prepare", "local"), Fault.SOURCE_LOST),
        ("arm detector 42", ScanError("the worker is busy"), Fault.DETECTOR_NOT_ARMED),
    ],
)
def test_an_arming_that_fails_names_who_failed(word: str, error: Exception, fault: Fault) -> None:
    async def body(bench: Bench) -> None:
        bench.world.fail[word] = [error]
        bench.do(Effect.ARM_DETECTOR)
        await bench.settle()
        goes_on = fault is not Fault.SOURCE_LOST  # the detector is asked again until taken back
        assert bench.posted.events == [ev.FaultRaised(fault, present=goes_on)]
        await bench.actuators.close()

    run(body)


def test_an_arming_taken_back_never_says_that_a_dead_worker_is_back() -> None:
    async def body(bench: Bench) -> None:
        bench.world.fail["arm detector 42"] = [ScanError("the image worker is not ready")]
        bench.do(Effect.ARM_DETECTOR)
        await bench.settle()
        bench.do(Effect.CANCEL_SCAN)
        await bench.settle()
        assert bench.posted.events == [
            ev.FaultRaised(Fault.DETECTOR_NOT_ARMED, present=True),
            ev.FaultGone(Fault.DETECTOR_NOT_ARMED),
        ]
        assert "not ready" in str(bench.posted.notes[0]["detail"])

    run(body)


def test_an_arming_that_is_cancelled_is_not_announced() -> None:
    async def body(bench: Bench) -> None:
        bench.world.hang["arm detector 42"] = asyncio.Event()
        bench.do(Effect.ARM_DETECTOR)
        await bench.settle()
        bench.do(Effect.CANCEL_SCAN)
        await bench.settle()
        assert bench.posted.of(ev.DetectorArmed) == []
        assert bench.world.log[-1] == "finish False"

    run(body)


@pytest.mark.parametrize("effect", [Effect.ARM_BOARD, Effect.RENEW_LEASE, Effect.HV_ON])
@pytest.mark.parametrize("flaw", ["no permit", "not armed"])
def test_without_a_permit_of_this_unit_there_is_no_beam(effect: Effect, flaw: str) -> None:
    async def body(bench: Bench) -> None:
        if flaw == "no permit":
            bench.case.permit = None
        else:
            bench.case.scan_id = 0
        bench.do(effect)
        await bench.settle()
        assert bench.world.log == ["withdraw"]

    run(body)


@pytest.mark.parametrize("effect", [Effect.ARM_BOARD, Effect.RENEW_LEASE, Effect.HV_ON])
def test_the_permit_of_another_token_gives_no_beam(effect: Effect) -> None:
    async def body(bench: Bench) -> None:
        stranger = bench.book.open(TOKEN + 1, "2026-03-02T08:00:00.000000Z", 0)
        stranger.scan_id, stranger.permit = 43, bench.case.permit
        bench.actuators.do(Request(effect, TOKEN + 1), 5)
        await bench.settle()
        assert bench.world.log == ["withdraw"]

    run(body)


def test_a_lease_carries_the_scan_and_the_last_healthy_tick() -> None:
    async def body(bench: Bench) -> None:
        bench.do(Effect.ARM_BOARD, Effect.RENEW_LEASE)
        assert bench.world.log == ["noted", "arm 42", "renew 42 5"]

    run(body)


def test_closing_ends_what_is_under_way() -> None:
    async def body(bench: Bench) -> None:
        start = f"start {LANE.belt.speed_mm_s}"
        bench.world.hang[start] = asyncio.Event()
        bench.do(Effect.START_BELT)
        await bench.settle()
        await bench.actuators.close()
        assert bench.world.ended == [start]

    run(body)


def test_a_broken_assertion_in_an_act_reaches_the_loop() -> None:
    async def body(bench: Bench) -> None:
        heard: list[object] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(context["exception"]))
        bench.world.fail["hv_on"] = [AssertionError("ours")]
        bench.do(Effect.HV_ON)
        await bench.settle()
        assert [str(error) for error in heard] == ["ours"]
        bench.world.log.clear()

    async def main() -> None:
        bench = Bench()
        await body(bench)

    asyncio.run(main())


SERVICE = -1


def mission() -> Mission:
    proven = Proof.PROVEN
    request = ServiceRequest("oms-sim", Role.OMS, Purpose.SEASONING, 60)
    permit = make_service_permit(
        request, ServiceConditions(proven, proven, proven, proven), longest_s=60
    )
    assert isinstance(permit, ServicePermit)
    steps = (SeasoningStep(kv=50.0, ma=1.0, hold_s=5), SeasoningStep(kv=90.0, ma=2.0, hold_s=5))
    return Mission(SERVICE, 77, permit, steps)


@pytest.mark.parametrize("effect", [Effect.ARM_BOARD, Effect.RENEW_LEASE, Effect.HV_ON])
def test_without_a_mission_under_a_service_permit_there_is_no_beam_without_a_unit(
    effect: Effect,
) -> None:
    async def body(bench: Bench) -> None:
        bench.closed_for = 77
        bench.actuators.do(Request(effect, SERVICE), 5)
        await bench.settle()
        assert bench.world.log == ["withdraw"]

    run(body)


def test_a_service_mission_is_armed_and_radiates_under_its_own_number_at_its_own_step() -> None:
    async def body(bench: Bench) -> None:
        bench.mission, bench.closed_for = mission(), 77
        for effect in (Effect.PREPARE_SOURCE, Effect.ARM_BOARD, Effect.RENEW_LEASE, Effect.HV_ON):
            bench.actuators.do(Request(effect, SERVICE), 5)
            await bench.settle()
        assert bench.world.log == ["prepare 50 1", "noted", "arm 77", "renew 77 5", "hv_on"]
        bench.mission.step = 1
        bench.actuators.set_points(SERVICE)
        await bench.settle()
        assert bench.world.log[-1] == "prepare 90 2"

    run(body)


def test_a_step_that_comes_after_the_end_of_its_mission_sets_nothing() -> None:
    async def body(bench: Bench) -> None:
        bench.actuators.set_points(SERVICE)
        await bench.settle()
        assert bench.world.log == []

    run(body)


def test_a_generator_that_does_not_take_a_step_is_lost() -> None:
    async def body(bench: Bench) -> None:
        bench.mission = mission()
        bench.world.fail["prepare 50 1"] = [DeviceError("source", "prepare", "it refuses")]
        bench.actuators.set_points(SERVICE)
        await bench.settle()
        assert bench.posted.events == [ev.FaultRaised(Fault.SOURCE_LOST, present=False)]

    run(body)
