"""JSON Schemas of every message, generated from the models."""

from edge.messages.commands import COMMANDS, Command, CommandResponse
from edge.messages.event_data import EVENTS
from edge.messages.events import CloudEvent, schema_id
from edge.messages.manifest import Manifest
from edge.messages.state import Health, Meta, Receipt, State

_SINGLES = (State, Health, Meta, Receipt, Command, CommandResponse, Manifest)


def schemas() -> dict[str, dict[str, object]]:
    """Give every JSON Schema by its name: ``event``, ``evt:<type>``, ``cmd:<name>``, ``state`` ...

    Schemas of event data carry the ``$id`` that the event names as its ``dataschema``.
    """
    found: dict[str, dict[str, object]] = {"event": CloudEvent.model_json_schema()}
    for event_type, data in EVENTS.items():
        found[f"evt:{event_type}"] = {"$id": schema_id(event_type), **data.model_json_schema()}
    for name, args in COMMANDS.items():
        found[f"cmd:{name}"] = args.model_json_schema()
    for model in _SINGLES:
        found[model.__name__.lower()] = model.model_json_schema()
    return found
