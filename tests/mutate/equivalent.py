"""Mutants that decide every unit as the law does, each with the reason."""

EQUIVALENT: dict[str, str] = {}
