"""The truth table of the law a second time, written otherwise: loops and texts, no index, no rows.

It reads the parsed TOML itself and takes from the law only the closed sets a case is made of. What
a description says is not worked out but known by hand, for the few in ``said_by_hand``.
"""

from typing import NamedTuple
from unicodedata import category

from said_by_hand import BY_NOBODY, CODES, IN_NAMES, LOST, NO_CODES, OF_LIFE, SAID

from edge.law.case import Aboard
from edge.law.envelope import Axis, Origin
from edge.law.manifest import Direction, IdentityState, ManifestState
from edge.law.outcomes import Role


class TableFile(NamedTuple):
    """A file of exemptions as parsed; ``says`` is the same for two files that decide alike."""

    mapping: dict
    signed: bool
    says: str


class Shelf(NamedTuple):
    """Every file that is loaded, and on which days which lexicon would count."""

    tables: tuple
    words_from: object
    words_to: object
    words_signed: bool


class Said(NamedTuple):
    """What the second opinion says of a case."""

    verdict: str
    rules: tuple
    notices: tuple
    size: str
    officer_may_scan: bool


def digits_of(printed):
    """The digits of a code, or None when it is none."""
    kept = ""
    for char in printed:
        if char in "0123456789":
            kept += char
        elif char != "." and not char.isspace():
            return None
    if len(kept) not in (2, 4, 6, 8, 10):
        return None
    return None if kept[:2] in ("00", "77", "98", "99") else kept


def spoken(text):
    """Whether a text says anything: a letter that can be seen, or a digit, is in it."""
    said = [char for char in text if char not in "\u115f\u1160\u3164\uffa0"]
    return any(category(char)[0] in "LN" for char in said)


def without_filling(digits):
    """A code without the zeros behind what it says."""
    while len(digits) > 4 and digits[-1] == "0":
        digits = digits[:-1]
    return digits[:2] if digits[2:] == "00" else digits


class SecondOpinion:
    """Judges cases by one shelf of files; remembers what it found for a line."""

    def __init__(self, shelf):
        self.shelf = shelf
        self.lines = {}

    def table_of(self, day):
        """The table of a day, or the rule that says why there is none."""
        files = self.shelf.tables
        there = [one for one in files if not day < one.mapping["valid_from"]]
        there = [one for one in there if not day > one.mapping["valid_to"]]
        if [one for one in there if not one.signed]:
            return None, "HO-TABLE-UNSIGNED"
        if len({one.says for one in there}) >= 2:
            return None, "HO-TABLE-CONTRADICTION"
        if there:
            return there[0].mapping, None
        if files == ():
            return None, "HO-TABLE-NOT-LOADED"
        ended = [one for one in files if one.mapping["valid_to"] < day]
        return None, "HO-TABLE-EXPIRED" if len(ended) == len(files) else "HO-TABLE-GAP"

    def line(self, table, heard_words, code, description):
        """The findings of one line: exempting rules, rules of doubt, and what it says of life."""
        key = (id(table), heard_words, code, description)
        if key in self.lines:
            return self.lines[key]
        digits = digits_of(code)
        doubts = set() if digits is not None else {"HO-MALFORMED-CODE"}
        begun = "-" if digits is None else without_filling(digits)
        known = table is not None and digits is not None
        exempting, maybe = self.standing(table["exempt"], digits, begun) if known else ([], [])
        sure_rows, open_rows = self.standing(table["goods"], digits, begun) if known else ([], [])
        if maybe:
            doubts.add("HO-UNDECIDED-CODE")
        words = SAID[description] if heard_words else []
        if words == LOST:
            doubts.add("HO-DESCRIPTION-UNREAD")
            words = []
        strong = any(word.strong for word in words)
        closest = sorted(sure_rows, key=lambda row: len(row["prefix"].replace(" ", "")))[-1:]
        for row in [*closest, *open_rows]:
            doubts.add(self.advised(row, strong=strong))
        of_life = False
        for word in words:
            told = any(word.entry in row.get("expects", []) for row in exempting)
            if not told and not self.explained(word, closest, open_rows):
                doubts.add("HO-LIVING-WORD" if word.living else "HO-SITE-POLICY")
                of_life = of_life or word.living
        exempt_by = [row["rule"] for row in exempting]
        self.lines[key] = exempt_by, doubts - {""}, of_life or strong, digits
        return self.lines[key]

    def standing(self, rows, digits, begun):
        """The rows that surely speak of a code, and those that may."""
        surely, maybe = [], []
        for row in rows:
            prefix = row["prefix"].replace(" ", "")
            if digits[: len(prefix)] == prefix:
                surely.append(row)
            elif prefix[: len(begun)] == begun:
                maybe.append(row)
        return surely, maybe

    def advised(self, row, *, strong):
        """The rule of a row of advice, empty when it says nothing."""
        if row["action"] == "hold":
            return "HO-SITE-POLICY" if row.get("site_policy") else "HO-LIVING-GOODS"
        if row["action"] == "hold_if_living_word":
            return "HO-LIVING-GOODS" if strong else ""
        return "NT-GOODS" if row["action"] == "notice" else ""

    def explained(self, word, closest, open_rows):
        """Whether every row that may speak of a code explains a word, and one surely does."""
        if not closest:
            return False
        for row in [*closest, *open_rows]:
            expects = row.get("expects", [])
            named = word.living and not word.strong
            if word.entry not in expects and not (
                named and all("names" in one.get("expects", []) for one in [*closest, *open_rows])
            ):
                return False
        return True

    def judge(self, case):
        """Judge one case."""
        table, no_table = self.table_of(case.day)
        shelf = self.shelf
        words = shelf.words_signed and shelf.words_from <= case.day <= shelf.words_to
        rules = {no_table} if no_table else set()
        if not words:
            rules.add("HO-WORDS-NOT-IN-FORCE")
        rules |= self.basis(case)
        rules |= self.papers(case)
        found = [
            self.line(table, words, line.code, line.description) for line in case.manifest.goods
        ]
        released = self.released(case, found, rules)
        rules |= self.goods(case, found)
        size = self.sizes(case, rules)
        rules |= self.company(case, table, found)
        rules |= self.names(case, table, words)
        return self.summed(rules, size, released)

    def basis(self, case):
        """Arrival and departure."""
        way, request = case.manifest.direction, case.manifest.carrier_request
        if way is Direction.ARRIVAL:
            return set()
        if way is Direction.CONTRADICTED:
            return {"HO-DIRECTION-CONTRADICTION"}
        if way is Direction.UNKNOWN:
            return {"HO-DIRECTION-UNKNOWN"}
        if request is None:
            return {"NB-DEPARTURE"}
        good = spoken(request.reference) and spoken(request.carrier)
        good = good and request.dated is not None and not request.dated > case.day
        return set() if good else {"NB-DEPARTURE-REQUEST"}

    def papers(self, case):
        """The standing of the papers."""
        state, identity = case.manifest.state, case.manifest.identity
        flaws = (
            (state is ManifestState.STALE, "HO-MANIFEST-STALE"),
            (state is ManifestState.UNSIGNED, "HO-MANIFEST-UNSIGNED"),
            (state is ManifestState.CONTRADICTED, "HO-MANIFEST-CONTRADICTION"),
            (state is ManifestState.MISSING, "HO-MANIFEST-MISSING"),
            (identity is IdentityState.CONFLICT, "HO-IDENTITY-CONFLICT"),
            (identity is IdentityState.MISSING, "HO-IDENTITY-MISSING"),
        )
        return {rule for met, rule in flaws if met}

    def released(self, case, found, rules):
        """Add what the goods are exempt under; tell whether a circus was released."""
        stated = case.statement
        counts = (
            stated is not None
            and stated.inspection_id == case.inspection_id
            and stated.role is Role.OMS
            and spoken(stated.officer_id)
            and spoken(stated.utc)
        )
        signed = case.manifest.state in (ManifestState.PRESENT, ManifestState.STALE)
        ours = case.manifest.identity in (IdentityState.AGREED, IdentityState.CONFIRMED)
        released = False
        for exempting, _, _, _ in found:
            for rule in exempting:
                if rule == "EX-CIRCUS" and counts:
                    released = True
                else:
                    rules.add(rule if signed and ours else "HO-EXEMPT-UNPROVEN")
        return released

    def goods(self, case, found):
        """Doubts of the goods."""
        if case.manifest.state is ManifestState.MISSING:
            return set()
        if not found:
            return set() if case.manifest.private_vehicle else {"HO-GOODS-MISSING"}
        return set().union(*(doubts for _, doubts, _, _ in found))

    def sizes(self, case, rules):
        """Add what the sizes say; tell whether the unit fits."""
        size = "fits"
        for axis in Axis:
            limits = getattr(case.envelope, axis.value)
            if limits is None:
                continue
            answer = self.size(case, axis, limits)
            if answer == "fits":
                continue
            if answer == "beyond" and axis is not Axis.SPEED:
                size = "beyond"
            elif size == "fits":
                size = "doubtful"
            speeding = axis is Axis.SPEED and answer == "beyond"
            named = {
                "beyond": "EX-DIMENSIONS",
                "declared": "HO-DIMENSIONS-DECLARED",
                "uncertain": "HO-DIMENSIONS-UNCERTAIN",
                "unknown": "HO-DIMENSIONS-UNKNOWN",
                "unmeasured": "HO-DIMENSIONS-UNMEASURED",
            }
            rules.add("HO-SPEED" if speeding else named[answer])
        return size

    def size(self, case, axis, limits):
        """One axis in a word."""
        seen = {
            self.amount(limits, one)
            for one in case.measured
            if one.axis is axis and one.origin is Origin.MEASURED
        }
        if seen:
            known = seen.pop() if len(seen) == 1 else "uncertain"
            return "unknown" if "unknown" in seen else known
        said = {
            self.amount(limits, one)
            for one in case.manifest.declared
            if one.axis is axis and one.origin is Origin.DECLARED
        }
        if "unknown" in said or not said:
            return "unknown"
        if said == {"beyond"}:
            return "declared"
        if axis in case.envelope.must_measure:
            return "unmeasured"
        return said.pop() if len(said) == 1 else "uncertain"

    def amount(self, limits, one):
        """One amount in a word."""
        if one.value < 1 or one.uncertainty < 0:
            return "unknown"
        inside = [
            limits.least <= edge <= limits.greatest
            for edge in (one.value - one.uncertainty, one.value + one.uncertainty)
        ]
        if all(inside):
            return "fits"
        above = one.value - one.uncertainty > limits.greatest
        below = one.value + one.uncertainty < limits.least
        return "beyond" if above or below else "uncertain"

    def company(self, case, table, found):
        """Documents, the vehicle, the driver."""
        rules = set()
        if table is not None:
            for document in case.manifest.documents:
                for row in table["document"]:
                    kind = CODES.get(document.kind, document.kind)
                    if self.named(kind, row["code"], row.get("stems", [])):
                        rules.add(self.document(row, found))
            for row in table["vehicle"]:
                if self.named(case.manifest.vehicle, row["kind"], row.get("stems", [])):
                    rules.add("HO-ANIMAL-VEHICLE")
        rules.add(self.driver(case))
        return rules - {""}

    def names(self, case, table, words):
        """What documents and vehicle say of themselves, whatever the table has on them."""
        kinds = [document.kind for document in case.manifest.documents]
        rules = {"HO-DOCUMENT" for kind in kinds if kind in NO_CODES}
        if words and case.manifest.vehicle in OF_LIFE:
            rules.add("HO-ANIMAL-VEHICLE")
        for kind in kinds if words else []:
            if kind in IN_NAMES and not self.explained_by_all(case, table, IN_NAMES[kind]):
                rules.add("HO-DOCUMENT")
        return rules

    def explained_by_all(self, case, table, word):
        """Whether the code of every line explains a word."""
        if table is None or not case.manifest.goods:
            return False
        for line in case.manifest.goods:
            digits = digits_of(line.code)
            if digits is None:
                return False
            sure, may = self.standing(table["goods"], digits, without_filling(digits))
            closest = sorted(sure, key=lambda row: len(row["prefix"].replace(" ", "")))[-1:]
            if not self.explained(word, closest, may):
                return False
        return True

    def driver(self, case):
        """The rule of the driver's answer, empty when nothing is open."""
        answer = case.driver
        if answer is None or answer.inspection_id != case.inspection_id:
            without = case.manifest.state in (ManifestState.MISSING, ManifestState.UNSIGNED)
            asked = case.manifest.private_vehicle or (case.vehicles and without)
            return "HO-DRIVER-NOT-ASKED" if asked else ""
        if answer.animals is Aboard.YES:
            return "HO-ANIMALS-ABOARD"
        named = spoken(answer.officer_id) and spoken(answer.utc)
        said_no = answer.animals is Aboard.NO and answer.role is Role.OMS and named
        return "" if said_no else "HO-DRIVER-NOT-ASKED"

    def named(self, said, name, stems):
        """Whether a kind is meant."""
        said = " ".join(said.lower().split())
        return said == name or any(stem.lower() in said for stem in stems)

    def document(self, row, found):
        """The rule of one document, empty when it says nothing."""
        life = any(of_life for _, _, of_life, _ in found)
        if row["action"] == "allow":
            return ""
        if row["action"] == "hold_if_living_word":
            return "HO-DOCUMENT" if life else "NT-DOCUMENT"
        if life or not found:
            return "HO-DOCUMENT"
        for _, _, _, digits in found:
            usual = [code.replace(" ", "") for code in row.get("expected_with", [])]
            if digits is None or not any(digits.startswith(code) for code in usual):
                return "HO-DOCUMENT"
        return "NT-DOCUMENT"

    def summed(self, rules, size, released):
        """The verdict from all rules that were met."""
        notices = tuple(sorted(rule for rule in rules if rule.startswith("NT-")))
        for verdict, mark in (("no_basis", "NB-"), ("exempt", "EX-"), ("hold", "HO-")):
            speaking = tuple(sorted(rule for rule in rules if rule.startswith(mark)))
            if speaking:
                may = verdict == "hold" and not any(rule in BY_NOBODY for rule in speaking)
                return Said(verdict, speaking, notices, size, may)
        clear = ("SC-CLEAR", "SC-NO-ANIMALS-STATED") if released else ("SC-CLEAR",)
        return Said("scan", clear, notices, size, officer_may_scan=False)
