"""Removes what is no longer needed: manifests that have been out of date for some days.

That they were received stays in the journal for ever; what was decided on them is in the verdicts.
"""

import asyncio
import logging
from datetime import timedelta

from edge.clock import Clock, rfc3339
from edge.control.cases import CaseBook
from edge.control.recorder import Recorder
from edge.errors import JournalError
from edge.journal.database import Reader
from edge.journal.manifests import manifests_out_of_date, remove_manifest

log = logging.getLogger(__name__)
PERIOD_S = 3600.0
AT_ONCE = 100
"""Manifests removed in one round: a round is one short transaction."""
REMOVED = "manifest.removed"


class Housekeeping:
    """Tidies at a fixed rate.

    Args:
        manifest_days: days for which a manifest is kept after it is out of date.
        book: open inspections, whose manifests are kept however old they are.
        recorder: writes what was removed.
        reader: the journal.
        clock: says what day it is.
    """

    def __init__(
        self,
        *,
        manifest_days: int,
        book: CaseBook,
        recorder: Recorder,
        reader: Reader,
        clock: Clock,
    ) -> None:
        self._kept = timedelta(days=manifest_days)
        self._book = book
        self._recorder = recorder
        self._reader = reader
        self._clock = clock

    async def run(self) -> None:
        """Tidy until cancelled."""
        while True:
            self.tidy()
            await asyncio.sleep(PERIOD_S)

    def tidy(self) -> None:
        """Remove one round of manifests; a journal that cannot be read is left as it is."""
        before = rfc3339(self._clock.utc() - self._kept)
        needed = {one for case in self._book.all() for one in case.manifest_ids}
        try:
            found = manifests_out_of_date(self._reader, before, AT_ONCE + len(needed))
        except JournalError as error:
            log.warning("old manifests are kept: %s", error)
            return
        removed = [one for one in found if one not in needed][:AT_ONCE]
        if removed:
            statements = [
                statement for one in removed for statement in remove_manifest(one, before)
            ]
            body = {"manifests": removed, "out_of_date_before": before}
            self._recorder.write(REMOVED, None, body, lambda _: statements)
