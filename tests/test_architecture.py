"""The shape of the tree: layers, budgets, and what may stand in one place only."""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "gnomon"
FILES = sorted(SOURCE.rglob("*.py"))
LAYERS = [
    {"errors", "extras", "version", "compiled"},
    {"core"},
    {"catalog", "store", "formats", "settings", "timescales"},
    {"acquire", "publish", "sim"},
    {"instruments"},
    {"engine", "testing"},
    {"cli"},
]
FACES = re.compile(r"instruments/[a-z0-9]+/(cli/.*|demo|handlers)\.py")


def module(path: Path) -> str:
    return path.relative_to(SOURCE).as_posix()


def layer_of(name: str) -> int:
    return next(level for level, names in enumerate(LAYERS) if name in names)


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imports(path: Path) -> list[str]:
    tree = parsed(path)
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


# One test for all files, not one each: there are hundreds, and each test has a price.


def test_imports_go_down_only():
    assert [told for path in FILES for told in upward(path)] == []


def upward(path):
    parts = module(path).removesuffix(".py").split("/")
    if parts == ["__init__"]:
        return
    own = layer_of("cli" if FACES.fullmatch(module(path)) else parts[0])
    for name in imports(path):
        if name.startswith("gnomon."):
            other = name.split(".")[1]
            faces = FACES.fullmatch(name.removeprefix("gnomon.").replace(".", "/") + ".py")
            if (layer_of("cli") if faces else layer_of(other)) > own:
                yield f"{module(path)} imports {name}"


def test_only_an_instrument_imports_itself():
    found = [
        (module(path), name)
        for path in FILES
        for name in imports(path)
        if name.startswith("gnomon.instruments.")
        and module(path).split("/")[:2] != ["instruments", name.split(".")[2]]
    ]
    assert found == []


def test_files_keep_their_budget():
    lengths = {module(path): len(path.read_text("utf-8").splitlines()) for path in FILES}
    assert {name: length for name, length in lengths.items() if length > 400} == {}


def test_functions_keep_their_budget():
    long = [
        f"{module(path)}:{node.name}"
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef) and node.end_lineno - node.lineno >= 60
    ]
    assert long == []


def test_most_functions_are_short():
    lengths = sorted(
        node.end_lineno - node.lineno + 1
        for path in FILES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef)
    )
    assert lengths[len(lengths) // 2] <= 15


def places(pattern: str) -> set[str]:
    return {
        module(path) for path in FILES if re.search(pattern, path.read_text("utf-8"), re.MULTILINE)
    }


def test_everything_is_caught_in_one_place():
    assert places(r"except Exception\b|except:") == {"engine/execute.py"}


def test_the_environment_is_read_in_one_place():
    assert places(r"os\.environ|os\.getenv") == {"settings.py"}


def test_sql_stays_in_the_catalogue():
    found = {name.split("/")[0] for name in places(r"^\s*(import|from) (sqlalchemy|alembic)")}
    assert found == {"catalog", "testing"}  # the conformance suite of catalogues reads the tables


def test_no_absolute_paths():
    assert places(r"[\"']/(tmp|home|data|scratch|work|var)\b") == set()


def test_no_module_has_a_name_that_says_nothing():
    names = {part for path in FILES for part in module(path).removesuffix(".py").split("/")}
    assert not names & {"utils", "helpers", "manager", "base", "impl", "v2", "common", "misc"}


def test_every_package_says_what_it_is_for():
    for path in SOURCE.rglob("__init__.py"):
        assert ast.get_docstring(parsed(path)), module(path)
