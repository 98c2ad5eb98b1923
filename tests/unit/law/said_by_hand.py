"""What the second opinion on the law knows by hand: what descriptions, documents, vehicles say."""

from typing import NamedTuple


class Heard(NamedTuple):
    """One word of a description: its entry, whether it is of living goods, and strong."""

    entry: str
    living: bool
    strong: bool


STRONG, WEAK = True, False
LIVING, SENSITIVE = True, False
LOST = "lost"
"""Stands among the words of a description that cannot be read whole."""

SAID = {
    "goods": [],
    "части автомобилей": [],
    "тауар": [],
    "корм для собак": [],
    "live yeast": [],
    "incubators": [],
    "жылқы еті": [],
    "live": [Heard("en-live", LIVING, STRONG)],
    "живые": [Heard("ru-live", LIVING, STRONG)],
    "тірі": [Heard("kk-live", LIVING, STRONG)],
    "horses": [Heard("en-horses", LIVING, WEAK)],
    "лошади": [Heard("ru-horses", LIVING, WEAK)],
    "жылқы": [Heard("kk-horses", LIVING, WEAK)],
    "bees": [Heard("en-bees", LIVING, WEAK)],
    "octopus": [Heard("en-crustaceans-and-molluscs", LIVING, WEAK)],
    "circus": [Heard("en-circus", LIVING, WEAK)],
    "live bees": [Heard("en-live", LIVING, STRONG), Heard("en-bees", LIVING, STRONG)],
    "hatching eggs": [
        Heard("en-hatching", LIVING, WEAK),
        Heard("en-hatching-eggs", LIVING, STRONG),
    ],
    "фотопленка": [Heard("ru-film", SENSITIVE, STRONG)],
    "explosives": [Heard("en-explosive", SENSITIVE, STRONG)],
    "dosimeters": [Heard("en-dosimeters", SENSITIVE, WEAK)],
    **dict.fromkeys(("", "- 12", "goods ???"), LOST),
}

CODES = {"1201": "01201", "О1031/1": "01031"}
"""Kinds of documents that are codes, written otherwise."""

NO_CODES = ("12", "???")
IN_NAMES = {"паспорт лошади": Heard("ru-horses", LIVING, WEAK)}
OF_LIFE = ("livestock_carrier", "цирк шапито", "BEE_TRUCK", "hatchery van", "перевозка скота")
"""Vehicles whose names speak of living goods."""

BY_NOBODY = {
    "HO-DIRECTION-UNKNOWN", "HO-DIRECTION-CONTRADICTION", "HO-UNDECIDED-CODE", "HO-MALFORMED-CODE",
    "HO-GOODS-MISSING", "HO-EXEMPT-UNPROVEN", "HO-MANIFEST-MISSING", "HO-MANIFEST-UNSIGNED",
    "HO-MANIFEST-CONTRADICTION", "HO-IDENTITY-CONFLICT", "HO-IDENTITY-MISSING",
    "HO-DIMENSIONS-UNKNOWN", "HO-DIMENSIONS-UNMEASURED", "HO-DIMENSIONS-DECLARED",
    "HO-TABLE-NOT-LOADED", "HO-TABLE-EXPIRED", "HO-TABLE-GAP", "HO-TABLE-CONTRADICTION",
    "HO-TABLE-UNSIGNED", "HO-DRIVER-NOT-ASKED", "HO-ANIMALS-ABOARD", "HO-WORDS-NOT-IN-FORCE",
}  # fmt: skip
