"""Service permits: every condition proven, or the full list of what is not."""

import copy
from dataclasses import fields, replace

import pytest

from edge.law.outcomes import Role
from edge.law.service import (
    Proof,
    Purpose,
    ServiceConditions,
    ServicePermit,
    ServiceRefusal,
    ServiceRefused,
    ServiceRequest,
    make_service_permit,
)

REQUEST = ServiceRequest("oms-1", Role.OMS, Purpose.AIR_CALIBRATION, 60)
PROVEN = ServiceConditions(Proof.PROVEN, Proof.PROVEN, Proof.PROVEN, Proof.PROVEN)


def refusals(request=REQUEST, conditions=PROVEN, longest_s=120):
    made = make_service_permit(request, conditions, longest_s=longest_s)
    assert isinstance(made, ServiceRefused), made
    return made.reasons


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize("role", [Role.OMS, Role.SUPERVISOR])
def test_service_is_permitted_when_everything_is_proven(purpose, role):
    request = replace(REQUEST, purpose=purpose, role=role)
    permit = make_service_permit(request, PROVEN, longest_s=120)
    assert isinstance(permit, ServicePermit)
    assert (permit.officer_id, permit.purpose, permit.duration_s) == ("oms-1", purpose, 60)


@pytest.mark.parametrize("doubt", [Proof.REFUTED, Proof.UNKNOWN])
@pytest.mark.parametrize("condition", [field.name for field in fields(ServiceConditions)])
def test_a_condition_that_is_not_proven_refuses_service(condition, doubt):
    assert len(refusals(conditions=replace(PROVEN, **{condition: doubt}))) == 1


@pytest.mark.parametrize(
    ("flaw", "reason"),
    [
        ({"officer_id": "  "}, ServiceRefusal.OFFICER),
        ({"officer_id": "\u200b"}, ServiceRefusal.OFFICER),
        ({"role": Role.OAC}, ServiceRefusal.ROLE),
        ({"duration_s": 0}, ServiceRefusal.DURATION),
        ({"duration_s": 121}, ServiceRefusal.DURATION),
    ],
)
def test_a_request_without_name_right_or_limit_is_refused(flaw, reason):
    assert refusals(replace(REQUEST, **flaw)) == (reason,)


def test_the_longest_duration_itself_is_allowed():
    request = replace(REQUEST, duration_s=120)
    assert isinstance(make_service_permit(request, PROVEN, longest_s=120), ServicePermit)


def test_a_refusal_names_every_reason():
    nothing = ServiceConditions(Proof.UNKNOWN, Proof.REFUTED, Proof.UNKNOWN, Proof.REFUTED)
    request = ServiceRequest("", Role.OAC, Purpose.SEASONING, 0)
    assert set(refusals(request, nothing)) == set(ServiceRefusal)


def test_nobody_else_makes_a_service_permit():
    with pytest.raises(ValueError, match="make_service_permit"):
        ServicePermit("oms-1", Role.OMS, Purpose.SEASONING, 60, key=object())
    permit = make_service_permit(REQUEST, PROVEN, longest_s=120)
    with pytest.raises(TypeError, match="cannot be copied"):
        copy.copy(permit)
    with pytest.raises((ValueError, TypeError), match="key"):  # TypeError from Python 3.13 on
        replace(permit, duration_s=10_000)
