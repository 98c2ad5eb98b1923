"""What linters lack: lengths, vacuous assertions, makers of permits, what lies where."""

import ast
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.sources import PACKAGES, ROOT, product_files, shown, suite_files, tree

FILE_LINES = 400
FUNCTION_LINES = 60
ALLOWED_AT_TOP = {
    "edge", "drivers", "firmware_bridge", "headquarters", "config", "simulator", "tests",
    "pyproject.toml", "README.md", "Makefile", "CONTRIBUTING.md", "CHANGELOG.md", "DECISIONS.md",
    "LICENSE", "packages-debian.txt", "constraints-3.11.txt", "constraints-3.12.txt",
    "constraints-3.13.txt",
}  # fmt: skip


def test_every_file_can_be_read_in_one_go() -> None:
    long = [
        f"{shown(path)}: {lines}"
        for path in (*product_files(), *suite_files())
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > FILE_LINES
    ]
    assert long == []


def test_every_function_can_be_read_at_a_glance() -> None:
    long = [
        f"{shown(path)}:{node.lineno} {node.name}"
        for path in product_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno >= FUNCTION_LINES
    ]
    assert long == []


def _vacuous(assertion: ast.Assert) -> bool:
    test = assertion.test
    conditional_truth = isinstance(test, ast.IfExp)
    return conditional_truth or isinstance(test, ast.Constant | ast.Tuple)


def test_no_assertion_is_vacuous() -> None:
    found = [
        f"{shown(path)}:{node.lineno}"
        for path in (*product_files(), *suite_files())
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Assert) and _vacuous(node)
    ]
    assert found == []


def test_the_search_for_vacuous_assertions_finds_them() -> None:
    planted = ast.parse("assert a == b if c else d\nassert (a, 'text')\nassert True\nassert a == b")
    assert [_vacuous(node) for node in planted.body if isinstance(node, ast.Assert)] == [
        True, True, True, False,
    ]  # fmt: skip


def _asserts(function: ast.FunctionDef) -> bool:
    for node in ast.walk(function):
        if isinstance(node, ast.Assert):
            return True
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func)
            if name.startswith(("pytest.raises", "pytest.fail", "assert_")) or ".assert_" in name:
                return True
            if name.rsplit(".", 1)[-1].startswith(("assert_", "check_", "expect_")):
                return True
    return False


def test_every_test_asserts_something() -> None:
    silent = [
        f"{shown(path)}::{node.name}"
        for path in suite_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef)
        and node.name.startswith("test_")
        and not _asserts(node)
    ]
    assert silent == []


def _calls(name: str) -> Iterator[str]:
    for path in product_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and ast.unparse(node.func).rsplit(".", 1)[-1] == name:
                yield shown(path)


def test_scan_permits_are_made_in_one_place() -> None:
    assert list(_calls("ScanPermit")) == ["edge/law/exemptions.py"]


def test_service_permits_are_made_in_one_place() -> None:
    assert list(_calls("ServicePermit")) == ["edge/law/service.py"]


def test_package_files_are_empty() -> None:
    full = [shown(p) for p in product_files() if p.name == "__init__.py" and p.stat().st_size]
    assert full == []


def test_config_holds_only_data() -> None:
    strange = [
        shown(path)
        for path in (ROOT / "config").rglob("*")
        if path.is_file() and path.suffix != ".toml" and path.name not in {"README.md", ".gitkeep"}
    ]
    assert strange == []


def test_nothing_unexpected_stands_at_the_top() -> None:
    visible = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert visible - ALLOWED_AT_TOP == set()


def test_no_test_sleeps() -> None:
    sleeping = [
        f"{shown(path)}:{node.lineno}"
        for path in suite_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "time.sleep"
    ]
    assert sleeping == []


def test_no_exception_is_swallowed() -> None:
    swallowed = [
        f"{shown(path)}:{node.lineno}"
        for path in product_files()
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
    ]
    assert swallowed == []


def test_every_folder_has_its_page() -> None:
    wanted = [*PACKAGES, "config", "tests", "edge/core", "edge/law", "edge/journal", "edge/imaging"]
    missing = [name for name in wanted if not (ROOT / name / "README.md").is_file()]
    assert missing == []


def test_no_machine_path_is_written_down() -> None:
    root = Path(ROOT).parts[1]
    found = [
        shown(path)
        for path in (*product_files(), *(ROOT / "config").rglob("*.toml"), ROOT / "Makefile")
        if f"/{root}/" in path.read_text(encoding="utf-8")
    ]
    assert found == []
