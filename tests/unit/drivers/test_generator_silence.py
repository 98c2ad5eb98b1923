"""When a generator that does not answer counts as lost."""

from drivers.generator_silence import Silence

MS = 1_000_000


def test_so_many_missing_answers_in_a_row_are_a_loss() -> None:
    silence = Silence(3, 300, lambda: 0)
    assert [silence.missed(0) for _ in range(3)] == [False, False, True]


def test_two_are_a_loss_once_nothing_was_heard_for_as_many_time_outs() -> None:
    now_ms = 0
    silence = Silence(3, 300, lambda: now_ms * MS)
    now_ms = 899
    assert not silence.missed(0)
    assert not silence.missed(600 * MS)
    silence.heard()
    now_ms = 900
    assert not silence.missed(0)
    assert silence.missed(600 * MS)


def test_one_missing_answer_is_no_loss_however_late_it_is_known() -> None:
    assert not Silence(3, 300, lambda: 10_000 * MS).missed(0)
    assert Silence(1, 300, lambda: 0).missed(0)


def test_an_answer_begins_the_count_anew() -> None:
    silence = Silence(2, 300, lambda: 0)
    assert not silence.missed(0)
    silence.heard()
    assert not silence.missed(0)
    assert silence.missed(0)
