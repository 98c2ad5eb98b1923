"""Turns what the journal says of itself into the lane's fault, and what follows when it is back.

While the journal refuses nothing permissive happens: its fault stops the lane, and every entry
that would permit something fails. What it could not write it has kept and written before it is
back, so that only the lane's own knowledge has to be brought up to date here.
"""

from collections.abc import Callable

from edge.clock import Clock, rfc3339
from edge.control.recorder import Recorder
from edge.core import events as ev
from edge.core.faults import Fault
from edge.core.state import State

FAULT = Fault.JOURNAL_UNAVAILABLE
BACK = "journal.back"
"""Kind of the entry that says since when the journal had refused, and why."""


class JournalWatch:
    """Looks at the journal before each tick.

    Args:
        recorder: the way to the journal.
        core: the core's state.
        post: takes events.
        back: called when writing works again, before the lane hears of it.
        clock: says since when.
    """

    def __init__(
        self,
        *,
        recorder: Recorder,
        core: Callable[[], State],
        post: Callable[..., None],
        back: Callable[[], None],
        clock: Clock,
    ) -> None:
        self._recorder = recorder
        self._core = core
        self._post = post
        self._back = back
        self._clock = clock
        self._since = ""
        self._reason = ""

    def tick(self) -> None:
        """Say that the journal refuses, also when it was no step that it refused, or is back."""
        refusal, failed = self._recorder.refusal, self._recorder.take_failure()
        error, faults = refusal or failed, self._core().faults
        if error is None and not faults:
            return
        stands = any(one.fault is FAULT and one.present for one in faults)
        if error is not None:
            self._since = self._since or rfc3339(self._clock.utc())
            self._reason = self._reason or str(error)
            if not stands:
                self._post(ev.FaultRaised(FAULT, present=True), {"detail": str(error)})
        elif stands:
            self._recorder.write(BACK, None, {"since": self._since, "reason": self._reason})
            self._since = self._reason = ""
            self._back()
            self._post(ev.FaultGone(FAULT))
