"""Flat views over the stored events, for people, reports and other databases."""

from collections.abc import Mapping
from types import MappingProxyType

# The outcome is derived anew from the two answers: what is stored may be older than the model that
# refuses any other. The stricter one is the first in the alphabet, so min() is the stricter one.
_INSPECTIONS = """
SELECT subject AS inspection, lane, min(time) AS opened,
  max(CASE type WHEN 'verdict.given' THEN json_extract(body, '$.data.verdict') END) AS verdict,
  max(CASE type WHEN 'scan.completed' THEN json_extract(body, '$.data.package.sha256') END)
    AS package,
  min(CASE type WHEN 'outcome.given' THEN CASE
    WHEN json_extract(body, '$.data.suspicion') = 0
      AND json_extract(body, '$.data.agrees_with_documents') = 1
      AND json_extract(body, '$.data.outcome') = 'without_suspicion'
    THEN 'without_suspicion' ELSE 'under_suspicion' END END) AS outcome,
  max(CASE type WHEN 'inspection.closed' THEN json_extract(body, '$.data.state') END) AS state,
  max(CASE type WHEN 'inspection.closed' THEN time END) AS closed,
  max(json_extract(body, '$.data.simulated')) AS simulated
FROM events WHERE subject IS NOT NULL AND problem IS NULL
GROUP BY lane, subject ORDER BY opened DESC
"""
_FAULTS = """
SELECT time, lane, type, json_extract(body, '$.data.code') AS code,
  json_extract(body, '$.data.fault_class') AS fault_class,
  json_extract(body, '$.data.text') AS text
FROM events WHERE type IN ('fault.raised', 'fault.cleared') ORDER BY time DESC, sequence DESC
"""
_LATEST = """
SELECT received, lane, stream, sequence, type, subject, problem
FROM events ORDER BY received DESC, sequence DESC
"""
_LANES = """
SELECT l.lane, CASE l.online WHEN 1 THEN 'online' WHEN 0 THEN 'offline' ELSE '?' END AS state,
  json_extract(l.health, '$.mode') AS mode, l.software, l.simulated, s.upto, s.highest, l.updated
FROM lanes l LEFT JOIN streams s ON s.stream = (SELECT stream FROM streams
  WHERE lane = l.lane ORDER BY last_seen DESC LIMIT 1) ORDER BY l.lane
"""
_PROBLEMS = """
SELECT received, 'conflict' AS kind, lane AS place, stream || ':' || sequence AS detail
FROM conflicts
UNION ALL SELECT received, 'rejected', topic, problem FROM rejected
UNION ALL SELECT received, 'unreadable', lane, problem FROM events WHERE problem IS NOT NULL
ORDER BY received DESC
"""
_SENT = "SELECT time, kind, lane, id, response FROM sent ORDER BY time DESC"

VIEWS: Mapping[str, str] = MappingProxyType(
    {
        "inspections": _INSPECTIONS,
        "faults": _FAULTS,
        "latest": _LATEST,
        "lanes_now": _LANES,
        "problems": _PROBLEMS,
        "sent_log": _SENT,
    }
)
"""Every view with its query."""
