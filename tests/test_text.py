"""Numbers as people write them, by examples."""

import math

import pytest

from ecmsim.text import number, prefixed, quantity, readable


@pytest.mark.parametrize(
    ("value", "factor", "unit"),
    [
        (0.0, 1.0, "A"),
        (1.0, 1.0, "A"),
        (-999.9, 1e-3, "kA"),  # so near a thousand that it is written as one
        (990.0, 1.0, "A"),
        (1e-3, 1e3, "mA"),
        (0.98e-3, 1e6, "µA"),
        (2e-9, 1e9, "nA"),
        (-3e-12, 1e12, "pA"),
        (4e6, 1e-6, "MA"),
        (5e-20, 1e15, "fA"),
        (5e15, 1e-9, "GA"),
        (math.inf, 1.0, "A"),
        (math.nan, 1.0, "A"),
    ],
)
def test_prefixes_bring_a_value_between_one_and_a_thousand(value, factor, unit):
    assert prefixed(value, "A") == (pytest.approx(factor), unit)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.2, "V", (1.0, "V")),
        (0.1, "V", (1e3, "mV")),
        (-0.05, "V", (1e3, "mV")),
        (999.0, "s", (1.0, "s")),
        (1000.0, "s", (1e-3, "ks")),
        (0.05, "nm", (1.0, "nm")),
        (5e4, "K", (1.0, "K")),
    ],
)
def test_prefixes_are_used_where_people_do(value, unit, expected):
    assert readable(value, unit) == (pytest.approx(expected[0]), expected[1])


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [(1.23456e-4, 3, "123 µA"), (1.23456e-4, 5, "123.46 µA"), (0.9999, 3, "1 A"), (999.6e-6, 3, "1 mA")],
)
def test_a_quantity_is_rounded_before_it_gets_its_prefix(value, digits, text):
    assert quantity(value, "A", digits) == text


@pytest.mark.parametrize(
    ("value", "error", "unit", "text"),
    [
        (1.7719, 0.004, "s", "1.772 ± 0.004 s"),
        (1.7719, 0.04, "s", "1.77 ± 0.04 s"),
        (1.7719, 12.0, "s", "2 ± 12 s"),
        (1.7719, 1e-9, "s", "1.772 ± 0.001 s"),  # no more exactly than the fourth digit
        (17.719e-3, 0.2e-3, "s", "17.7 ± 0.2 ms"),
        (0.0, 0.5, "V", "0.0 ± 0.5 V"),
        (1234.5, math.nan, "ohm", "1.23 kΩ"),
        (123.45, math.nan, "ohm", "123 Ω"),
        (0.012345, math.nan, "", "0.0123"),
        (12345.0, math.nan, "", "12345"),
        (50.0, 1.0, "%", "50 ± 1 %"),
        (0.0, math.nan, "", "0.00"),
        (math.nan, 1.0, "V", "none"),
        (math.inf, 1.0, "V", "none"),
    ],
)
def test_a_number_has_the_digits_that_its_error_leaves(value, error, unit, text):
    assert number(value, error, unit) == text
