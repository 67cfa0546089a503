"""A law, traced once: what it does to numbers becomes a tape of operations, evaluated in C for whole arrays.

The law stays where it is written, and is the definition: it is called once with symbols in place of its numbers, as UFL
calls it for a weak form. What it does with its own constants is done then. A law that cannot be traced (it looks at
its numbers, or reads a table) is called as it is.
"""

import math
from numbers import Real

import numpy as np

from ecmsim.compiled.library import kernels

CODES = {
    name: code
    for code, name in enumerate(
        "add subtract multiply divide negative power exp sqrt sinh absolute maximum minimum where_less".split()
    )
}  # as in kernels.c
BLOCK = 64  # places that are worked on at a time
LONGEST = 1000  # operations of a tape


class Untraceable(Exception):
    """A law does something with its numbers that is no operation of a tape."""


def _sides(name):
    """The methods of an operator, by its name in CODES, with a symbol on its left and on its right."""
    return (lambda self, other: self.tape.noted(name, self, other)), (
        lambda self, other: self.tape.noted(name, other, self)
    )


class Symbol:
    """What stands for a number while a law is traced. register: where the tape has it."""

    __slots__ = ("tape", "register")
    __array_ufunc__ = None  # NumPy leaves arithmetic with symbols to them

    def __init__(self, tape, register):
        self.tape, self.register = tape, register

    def __bool__(self):
        raise Untraceable("it asks whether a number is this or that")

    def __eq__(self, other):
        raise Untraceable("it asks whether a number is this or that")

    __ne__, __hash__ = __eq__, None

    __add__, __radd__ = _sides("add")
    __sub__, __rsub__ = _sides("subtract")
    __mul__, __rmul__ = _sides("multiply")
    __truediv__, __rtruediv__ = _sides("divide")

    def __pow__(self, other):
        if isinstance(other, Real) and other == 2:
            return self.tape.noted("multiply", self, self)
        if isinstance(other, Real) and other == 0.5:
            return self.tape.noted("sqrt", self)
        return self.tape.noted("power", self, other)

    def __rpow__(self, other):
        return self.tape.noted("power", other, self)

    def __neg__(self):
        return self.tape.noted("negative", self)

    def __pos__(self):
        return self

    def __abs__(self):
        return self.tape.noted("absolute", self)


def noted(name, *values):
    """An operation on symbols and numbers, as a symbol; name: one of CODES."""
    return next(value for value in values if isinstance(value, Symbol)).tape.noted(name, *values)


class Tape:
    """Operations on `inputs` numbers. Registers: inputs from 0 on, operations from LONGEST on, constants below 0."""

    def __init__(self, inputs):
        self.inputs, self.constants, self.operations = inputs, {}, {}

    def symbols(self):
        return [Symbol(self, register) for register in range(self.inputs)]

    def register(self, value):
        """Where a symbol or a number is; None, what stands for no argument, is anywhere."""
        if isinstance(value, Symbol):
            return value.register
        if not isinstance(value, Real):
            raise Untraceable(f"it combines a number with {type(value).__name__}")
        return self.constants.setdefault(float(value), -1 - len(self.constants))

    def noted(self, name, *values):
        """The symbol of an operation, which is done once where a law asks for it twice."""
        key = (CODES[name], *map(self.register, values))
        if len(self.operations) == LONGEST:
            raise Untraceable(f"it takes more than {LONGEST} operations")
        return Symbol(self, self.operations.setdefault(key, LONGEST + len(self.operations)))

    def finished(self, results):
        """Registers in one row, inputs, constants, operations: code (k, 5) of the operations, constants (c,), and where
        the results are."""
        wanted = [self.register(result) for result in results]
        offset = self.inputs + len(self.constants)

        def place(register):
            if register < 0:
                return self.inputs - 1 - register
            return register if register < LONGEST else offset + register - LONGEST

        code = np.zeros((len(self.operations), 5), dtype=np.int32)
        for row, (what, *of) in zip(code, self.operations, strict=True):
            row[: 1 + len(of)] = what, *map(place, of)
        return code, np.array(list(self.constants)), np.array(list(map(place, wanted)), dtype=np.int32)


class Compiled:
    """A function of numbers as a tape. function: what it stands for; inputs: how many numbers that takes."""

    def __init__(self, module, function, inputs):
        tape = Tape(inputs)
        found = function(*tape.symbols())
        self._several = isinstance(found, tuple)
        code, constants, results = tape.finished(found if self._several else (found,))
        self._results, self._inputs = len(results), inputs
        self._step, scratch = module.ffi.new("int[]", inputs), np.empty(BLOCK * (inputs + len(constants) + len(code)))
        self._kept = code, constants, results, scratch
        pointer, self._evaluate = module.ffi.from_buffer, module.lib.evaluate
        self._head = len(code), pointer("int[]", code), inputs
        self._middle = len(constants), pointer("double[]", constants), len(results), pointer("int[]", results)
        self._scratch, self._pointer = pointer("double[]", scratch), pointer
        self._doubles = module.ffi.typeof("double[]")
        self._input = module.ffi.new("double *[]", inputs)

    def __call__(self, *values):
        return self._evaluated([self._given(value) for value in values])

    def at(self, *others):
        """The function of the first number alone, with the others held."""
        held = [self._given(value) for value in others]
        return lambda first: self._evaluated([self._given(first), *held])

    def _given(self, value):
        """An argument: its shape, its size, it as an array, and where C finds it."""
        array = np.asarray(value, dtype=float, order="C")
        return array.shape, array.size, array, self._pointer(self._doubles, array)

    def _evaluated(self, given):
        shape, size = given[0][:2]
        for its, length, _, _ in given[1:]:
            if its != shape:
                if length == size == 1 or 1 < min(length, size):
                    shape = np.broadcast_shapes(its, shape)
                    size = math.prod(shape)
                elif length > size:
                    shape, size = its, length
        input, step = self._input, self._step
        for k, (its, length, array, pointer) in enumerate(given):
            if length > 1 and its != shape:
                given[k] = *_, pointer = self._given(np.broadcast_to(array, shape))
            step[k] = length > 1
            input[k] = pointer
        out = np.empty((self._results, *shape))
        end = size, self._scratch, self._pointer(self._doubles, out)
        self._evaluate(*self._head, input, step, *self._middle, *end)
        return tuple(out) if self._several else out[0]


def compiled(function, inputs):
    """The function as a tape; itself where it cannot be one, or nothing is compiled here."""
    module = kernels()
    if module is None:
        return function
    try:
        return Compiled(module, function, inputs)
    except Exception:  # whatever a law does with symbols that it cannot do
        return function


def held(function, *others):
    """function(first, *others) as a function of its first argument; for a tape the others are looked at once."""
    if isinstance(function, Compiled):
        return function.at(*others)
    return lambda first: function(first, *others)
