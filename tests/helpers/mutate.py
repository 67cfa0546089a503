"""Mutations: does a test notice when one operator, number or sign of the package is wrong? A command, not a test.

    ./ecm python tests/helpers/mutate.py --count 150 --seed 7 --out mutations.csv

Draws places evenly over the rooms of ecmsim/, changes one at a time in a copy of the repository, and runs the tests of
that room (and those that are named beside it) until one fails. The table tells what was changed, where, and which test
noticed. --list prints the places without running anything; --only ROOM draws from one room. A run that is stopped goes
on from its table.
"""

import argparse
import ast
import csv
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "ecmsim"
# Rooms of the package whose tests stand in rooms of other names, or in several.
TESTS = {
    "models/full": ("full", "running/test_balances.py", "running/test_march.py"),
    "models/reduced": ("reduced", "running/test_march.py"),
    "models": ("models", "full", "reduced", "running"),
    "running": ("running", "results"),
    "results": ("results", "plot/test_plot.py", "plot/test_plot_conductance.py", "running", "page"),
    "physics": ("physics", "models", "running/test_equilibrium.py", "running/test_remarks.py"),
    "watch": ("watch", "study"),
    "switching": ("switching", "study/test_draw.py", "results/test_tables.py", "measured"),
    "fitting": ("fitting",),
    "config": ("config", "running/test_circuit_run.py", "house/test_wheel.py", "house/test_manual.py"),
    "materials": ("config",),
    "shape": ("shape", "full/test_analytic.py", "running/test_march.py"),
    "drive": ("drive", "results/test_limits.py", "config/test_config_programme.py", "running/test_compliance_run.py"),
}
LEFT_OUT = ("commands/clone.py", "quantum/build")  # the first says how to find a clone; the second needs GPAW
SWAPPED = {
    ast.Add: "-",
    ast.Sub: "+",
    ast.Mult: "/",
    ast.Div: "*",
    ast.Lt: ">",
    ast.Gt: "<",
    ast.LtE: ">",
    ast.GtE: "<",
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.And: "or",
    ast.Or: "and",
    ast.Is: "is not",
    ast.IsNot: "is",
}
NAMES = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "any": "all",
    "all": "any",
    "argmin": "argmax",
    "argmax": "argmin",
    "sin": "cos",
    "cos": "sin",
    "floor": "ceil",
    "ceil": "floor",
    "exp": "expm1",
    "cumsum": "cumprod",
}
LANGUAGE = ("frozen", "strict", "kw_only", "slots")  # keywords that guard programmers: no result depends on them
NOTHING_RUN = 5  # pytest's exit code where no test is of that kind
COLUMNS = ("place", "area", "change", "noticed", "by", "seconds")


class Mutation(NamedTuple):
    """One change: of the text of a file between two offsets."""

    path: str
    line: int
    start: int
    end: int
    text: str
    new: str

    @property
    def area(self):
        """The room: models/full, shape, physics, ..."""
        parts = Path(self.path).parts[1:-1]
        return "/".join(parts[:2] if parts[:1] == ("models",) else parts[:1]) or "."

    @property
    def place(self):
        return f"{self.path}:{self.line}+{self.start}"

    @property
    def change(self):
        return f"{' '.join(self.text.split())} -> {' '.join(self.new.split())}"


class _Places(ast.NodeVisitor):
    """All mutations of one file. Texts, annotations, defaults of the command line, raised errors and the lengths of
    pictures are left alone."""

    def __init__(self, path, source):
        self.path, self.source, self.found = path, source, []
        lines = source.splitlines(keepends=True)
        self.offsets = [0]
        for line in lines:
            self.offsets.append(self.offsets[-1] + len(line))
        self.ascii = source.isascii()

    def offset(self, line, column):
        if self.ascii:
            return self.offsets[line - 1] + column
        text = self.source[self.offsets[line - 1] : self.offsets[line]]
        return self.offsets[line - 1] + len(text.encode()[:column].decode())

    def span(self, node):
        return self.offset(node.lineno, node.col_offset), self.offset(node.end_lineno, node.end_col_offset)

    def add(self, line, start, end, new):
        self.found.append(Mutation(self.path, line, start, end, self.source[start:end], new))

    def between(self, line, left, right, operator):
        """Swap the operator that stands between two nodes; parentheses and line breaks around it stay."""
        if (new := SWAPPED.get(type(operator))) is None:
            return
        start, end = self.span(left)[1], self.span(right)[0]
        old = {
            **{ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<="},
            **{ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=", ast.And: "and", ast.Or: "or", ast.Is: "is"},
            **{ast.IsNot: "is not"},
        }[type(operator)]
        at = self.source.find(old, start, end)
        if at >= 0:
            self.add(line, at, at + len(old), new)

    def visit_BinOp(self, node):
        if not any(isinstance(side, ast.JoinedStr | ast.List | ast.Tuple) or _is_text(side) for side in _sides(node)):
            self.between(node.lineno, node.left, node.right, node.op)
        self.generic_visit(node)

    def visit_Compare(self, node):
        for left, operator, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self.between(node.lineno, left, right, operator)
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        for left, right in zip(node.values, node.values[1:], strict=False):
            self.between(node.lineno, left, right, node.op)
        self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if isinstance(node.op, ast.USub | ast.Not):
            start, end = self.span(node)
            self.add(node.lineno, start, end, f"({ast.get_source_segment(self.source, node.operand)})")
        self.generic_visit(node)

    def visit_Constant(self, node):
        if type(node.value) in (int, float) and node.value != 0 and "/plot/" not in self.path:
            start, end = self.span(node)
            self.add(node.lineno, start, end, repr(2 * node.value))
        elif isinstance(node.value, bool):
            start, end = self.span(node)
            self.add(node.lineno, start, end, str(not node.value))

    def visit_keyword(self, node):
        if node.arg not in LANGUAGE:
            self.visit(node.value)

    def visit_Call(self, node):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
        if name in NAMES:
            end = self.span(function)[1]
            self.add(node.lineno, end - len(name), end, NAMES[name])
        self.generic_visit(node)

    def visit_IfExp(self, node):
        start, end = self.span(node.test)
        self.add(node.lineno, start, end, f"(not ({self.source[start:end]}))")
        self.generic_visit(node)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node):
        for statement in node.body:
            self.visit(statement)

    def visit_Raise(self, node):
        """What an error says is not judged."""

    def visit_JoinedStr(self, node):
        """What a text says is not judged."""


def _sides(node):
    return node.left, node.right


def _is_text(node):
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def mutations(only=None):
    """All mutations of the package, by area."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if any(name.removeprefix("ecmsim/").startswith(part) for part in LEFT_OUT):
            continue
        places = _Places(name, source := path.read_text())
        places.visit(ast.parse(source))
        for mutation in places.found:
            found.setdefault(mutation.area, []).append(mutation)
    return {area: of for area, of in found.items() if only in (None, area)}


def drawn(found, count, seed):
    """count of them, as many from each area as its root of places asks for: small rooms are heard as well."""
    draw = random.Random(seed)
    weights = {area: len(of) ** 0.5 for area, of in found.items()}
    areas = draw.choices(list(weights), list(weights.values()), k=count)
    chosen = [m for area, k in Counter(areas).items() for m in draw.sample(found[area], min(k, len(found[area])))]
    draw.shuffle(chosen)
    return chosen


def tests_of(mutation):
    """The tests that should notice, those of the file's own name first."""
    rooms = TESTS.get(mutation.area) or TESTS.get(mutation.area.split("/")[0]) or (mutation.area,)
    paths = [ROOT / "tests" / room for room in rooms]
    files = [f for path in paths for f in ([path] if path.is_file() else sorted(path.glob("test_*.py")))]
    stem = Path(mutation.path).stem
    return [
        f.relative_to(ROOT).as_posix() for f in sorted(dict.fromkeys(files), key=lambda f: stem not in f.read_text())
    ]


def judged(mutation, copy, limit, stages):
    """Whether a test fails with it, and which: (noticed, name). stages: which tests are asked, one after the other, as
    pytest's -m takes it."""
    path = copy / mutation.path
    source = path.read_text()
    path.write_text(source[: mutation.start] + mutation.new + source[mutation.end :])
    try:
        return asked(mutation, copy, limit, stages)
    finally:
        path.write_text(source)


def asked(mutation, copy, limit, stages):
    """As judged, in a copy that has the mutation."""
    for which in stages:
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "-m", which]
        try:
            done = subprocess.run(
                [*command, *tests_of(mutation)], cwd=copy, capture_output=True, text=True, timeout=limit
            )
        except subprocess.TimeoutExpired:
            return True, "nothing in time: it hangs"
        failed = [line for line in done.stdout.splitlines() if line.startswith(("FAILED", "ERROR"))]
        if done.returncode not in (0, NOTHING_RUN):
            return True, failed[0].split(" - ")[0] if failed else ""
    return False, ""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", help="one room: models/full, shape, ...")
    parser.add_argument("--out", type=Path, default=Path("mutations.csv"))
    parser.add_argument(
        "--limit", type=float, default=3600.0, help="seconds after which it hangs, on a busy machine too"
    )
    parser.add_argument("--quick", action="store_true", help="leave out the slow tests")
    parser.add_argument("--list", action="store_true")
    given = parser.parse_args()
    chosen = drawn(mutations(given.only), given.count, given.seed)
    if given.list:
        for mutation in chosen:
            print(f"{mutation.place}  {mutation.change}")
        return
    known = {row["place"] for row in csv.DictReader(given.out.open())} if given.out.exists() else set()
    with tempfile.TemporaryDirectory() as folder, given.out.open("a", newline="") as stream:
        table = csv.DictWriter(stream, COLUMNS)
        if not known:
            table.writeheader()
        copy = Path(folder) / "copy"
        shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(".git", ".ecm", "runs", "__pycache__"))
        stages = ["not slow"] if given.quick else ["not slow", "slow and not walk"]
        for mutation in chosen:
            if mutation.place in known:
                continue
            begin = time.monotonic()
            noticed, by = judged(mutation, copy, given.limit, stages)
            seconds = f"{time.monotonic() - begin:.0f}"
            row = (mutation.place, mutation.area, mutation.change, "yes" if noticed else "no", by, seconds)
            table.writerow(dict(zip(COLUMNS, row, strict=True)))
            stream.flush()
            print(*row, sep="\t", flush=True)
    rows = list(csv.DictReader(given.out.open()))
    for area in sorted({row["area"] for row in rows}):
        of = [row["noticed"] == "yes" for row in rows if row["area"] == area]
        print(f"{area:20} {sum(of)} of {len(of)} noticed")
    print(f"{'all':20} {sum(row['noticed'] == 'yes' for row in rows)} of {len(rows)} noticed")


if __name__ == "__main__":
    main()
