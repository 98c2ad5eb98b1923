"""Every small change of a module that a good test must notice, made on its syntax tree."""

import ast
import copy
from collections.abc import Callable, Iterator
from typing import NamedTuple

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.BitOr: ast.BitAnd,
}
_REMOVABLE = (ast.Expr, ast.AugAssign, ast.Raise, ast.Break, ast.Continue, ast.If, ast.For)


class Mutant(NamedTuple):
    """One change.

    Attributes:
        module: the module.
        line: where.
        text: the line as it is.
        before: the statement or expression as it is.
        after: as it is in the mutant, ``(removed)`` for a statement that is not there.
        source: the whole module.
    """

    module: str
    line: int
    text: str
    before: str
    after: str
    source: str

    @property
    def shown(self) -> str:
        """The change for people; also the key under which it is known to be equivalent."""
        return f"{self.module}: {self.text}: {_short(self.before)} -> {_short(self.after)}"


def _short(text: str) -> str:
    return " ".join(text.split())[:90]


def mutants(module: str, source: str) -> Iterator[Mutant]:
    """Every mutant of a module."""
    tree = ast.parse(source)
    nodes, lines = list(ast.walk(tree)), ["", *source.splitlines()]
    spared = set(_spared(tree))
    for number, node in enumerate(nodes):
        if node in spared:
            continue
        for change in _changes(node):
            other = copy.deepcopy(tree)
            twin = list(ast.walk(other))[number]
            before = ast.unparse(twin)
            removed = change(twin)
            after = "(removed)" if removed else ast.unparse(twin)
            if removed:
                _replace(other, twin)
            ast.fix_missing_locations(other)
            placed = node.target if isinstance(node, ast.comprehension) else node
            line = getattr(placed, "lineno", 0)
            text = _short(lines[line])
            yield Mutant(module, line, text, before, after, ast.unparse(other))


def _spared(tree: ast.Module) -> Iterator[ast.AST]:
    """Documentation, annotations, decorators, and texts for people."""
    for node in ast.walk(tree):
        roots: list[ast.AST | None] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node
            yield node.value
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            roots.extend(node.decorator_list)
        if isinstance(node, ast.FunctionDef):
            roots.append(node.returns)
        if isinstance(node, ast.arg | ast.AnnAssign):
            roots.append(node.annotation)
        if isinstance(node, ast.FormattedValue | ast.JoinedStr):
            roots.append(node)
        if isinstance(node, ast.ClassDef):
            roots.extend(node.bases)
        for root in roots:
            if root is not None:
                yield from ast.walk(root)


Change = Callable[[ast.AST], bool]
"""Changes a node in place; true when it is to be removed instead."""


def _changes(node: ast.AST) -> Iterator[Change]:
    yield from _of_operators(node)
    yield from _of_values(node)
    if isinstance(node, _REMOVABLE):
        yield lambda _: True


def _of_operators(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.Compare) and len(node.ops) >= 1:
        for place, op in enumerate(node.ops):
            for other in _COMPARISONS[type(op)]:
                yield lambda twin, p=place, o=other: _put(twin.ops, p, o())  # type: ignore[misc]
    if isinstance(node, ast.BoolOp):
        swapped = ast.Or if isinstance(node.op, ast.And) else ast.And
        yield lambda twin: _set(twin, "op", swapped())
    if isinstance(node, ast.BinOp) and type(node.op) in _ARITHMETIC:
        arithmetic = _ARITHMETIC[type(node.op)]
        yield lambda twin: _set(twin, "op", arithmetic())
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda twin: _set(twin, "op", ast.UAdd()) or _set_bool(twin)


def _of_values(node: ast.AST) -> Iterator[Change]:
    if isinstance(node, ast.If | ast.IfExp | ast.While):
        yield lambda twin: _set(twin, "test", ast.UnaryOp(ast.Not(), twin.test))  # type: ignore[attr-defined]
    if isinstance(node, ast.comprehension) and node.ifs:
        yield lambda twin: _set(twin, "ifs", [])
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda twin: _set(twin, "value", not node.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, int):
        for step in (1, -1):
            yield lambda twin, s=step: _set(twin, "value", node.value + s)  # type: ignore[misc]
    if isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield lambda twin: _set(twin, "value", ast.Constant(None))


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _put(things: list[ast.cmpop], place: int, thing: ast.cmpop) -> bool:
    things[place] = thing
    return False


def _set(twin: ast.AST, name: str, value: object) -> bool:
    setattr(twin, name, value)
    return False


def _set_bool(twin: ast.AST) -> bool:
    """Make ``not x`` into ``bool(x)``: written as two negations."""
    assert isinstance(twin, ast.UnaryOp)
    twin.op = ast.Not()
    twin.operand = ast.UnaryOp(ast.Not(), twin.operand)
    return False


def _replace(tree: ast.Module, gone: ast.AST) -> None:
    """Put ``pass`` where a statement stood."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            body = getattr(node, name, None)
            if isinstance(body, list) and gone in body:
                body[body.index(gone)] = ast.Pass()
