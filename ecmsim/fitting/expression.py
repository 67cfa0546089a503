"""Settings that follow from others: "0.5 * hopping.activation_energy" as a tree of arithmetic, no code that runs.

Names are parameters of the fit or settings of the configuration, each a number in its declared unit. k is Boltzmann's
constant in eV/K, e the elementary charge in C, pi; exp, log (natural), log10, sqrt are known.
"""

import ast
import math
import operator

from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE
from ecmsim.errors import ConfigError

CONSTANTS = {"k": BOLTZMANN_EV, "e": ELEMENTARY_CHARGE, "pi": math.pi}
FUNCTIONS = {"exp": math.exp, "log": math.log, "log10": math.log10, "sqrt": math.sqrt}
BINARY = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}
LONGEST = 500  # letters


class Expression:
    """A formula; names: those in it that are neither constants nor functions."""

    def __init__(self, text):
        """Raises ConfigError where a text is no formula."""
        self.text = text
        if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
            raise ConfigError(f'expected a formula in quotes, such as "0.5 * hopping.activation_energy", not {text!r}')
        try:
            self._tree = ast.parse(text.strip(), mode="eval").body
            self.names = tuple(dict.fromkeys(self._names(self._tree)))
        except (SyntaxError, RecursionError, ValueError, MemoryError):
            raise ConfigError(f"{quoted(text)} is no formula of numbers, names, + - * / ** and {_known()}") from None

    def __call__(self, values):
        """Its value for a mapping of names to numbers; nan where it has none, as log(-1)."""
        try:
            found = self._value(self._tree, values)
            return float(found) if not isinstance(found, complex) else math.nan
        except (ArithmeticError, ValueError):
            return math.nan

    def _names(self, node):
        name = _dotted(node)
        if name is not None:
            return [] if name in CONSTANTS else [name]
        if isinstance(node, ast.Constant) and type(node.value) in (int, float):
            return []
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            return self._names(node.operand)
        if isinstance(node, ast.BinOp) and type(node.op) in BINARY:
            return self._names(node.left) + self._names(node.right)
        if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
            called = _dotted(node.func)
            if called not in FUNCTIONS:
                raise ConfigError(
                    f"{quoted(self.text)}: no function {quoted(called or '?')}"
                    f"{did_you_mean(called or '', FUNCTIONS)}; there are {_known()}"
                )
            return self._names(node.args[0])
        raise ValueError

    def _value(self, node, values):
        name = _dotted(node)
        if name is not None:
            return CONSTANTS[name] if name in CONSTANTS else float(values[name])
        if isinstance(node, ast.Constant):
            return float(node.value)
        if isinstance(node, ast.UnaryOp):
            inner = self._value(node.operand, values)
            return -inner if isinstance(node.op, ast.USub) else inner
        if isinstance(node, ast.BinOp):
            return BINARY[type(node.op)](self._value(node.left, values), self._value(node.right, values))
        return FUNCTIONS[_dotted(node.func)](self._value(node.args[0], values))


def _dotted(node):
    """A name such as hopping.distance, or None."""
    if isinstance(node, ast.Name):
        return node.id
    above = _dotted(node.value) if isinstance(node, ast.Attribute) else None
    return f"{above}.{node.attr}" if above else None


def _known():
    return ", ".join(FUNCTIONS)
