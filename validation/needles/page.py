"""The page of two needles: what one set of parameters reproduces of Milano et al. (2024) and what not."""

from pathlib import Path

from validation.verdict import word

HERE = Path(__file__).parent


def page(found):
    """The page as Markdown text, of the table of numbers."""
    value = {(row.run, row.quantity): row.value for row in found.itertuples()}
    facts = [
        "| fact | tolerance (ours) | ecmsim | ground | |",
        "|---|---|---|---|---|",
        *(f"| {what} | {limit} | {ours} | {ground} | {word(hit)} |" for what, limit, ours, ground, hit in rows(value)),
    ]
    sweep = [
        ("as it is", "current"),
        ("finer mesh", "current_mesh"),
        ("shorter steps", "current_steps"),
    ]
    names = ("first contact (s)", "atoms at the end", "G at the end (G0)")
    convergence = [f"| | {' | '.join(names)} |", "|---" * 4 + "|"]
    convergence += [f"| {label} | {' | '.join(f'{value[run, name]:.3g}' for name in names)} |" for label, run in sweep]
    first = value["current", "contact begun s"]
    equal = value["equal", "first contact s"]
    told = {
        "grown": value["current", "filament grown nm"],
        "receded": value["current", "needle receded nm"],
        "first": first,
        "equal": equal,
        "equal_current": 8.0,
        "equal_atoms": value["equal", "most atoms"],
        "volt": value["cycle_100uA", "SET voltage"],
        "hot": value["cycle_100uA", "largest temperature K"],
        "convergence": "\n".join(convergence),
        "charge": value["current", "charge imbalance"],
        "power": value["current", "power imbalance"],
        "faraday": value["current", "faraday error"],
        "gained": value["current", "metal gained nm3"],
        "lost": value["current", "metal lost nm3"],
    }
    picture = "![Outlines before and after a current sweep; conductance and atoms](needles.png)"
    parts = [_text("introduction", gap="8.3 Å"), "\n".join(facts), picture, _text("reasons", **told)]
    return "\n\n".join(parts) + "\n"


def rows(value):
    """What is compared: fact, tolerance, ours, ground, whether it is hit (None: nothing to compare)."""
    atoms = value["current", "atoms at the end"]
    peaks = {n: value.get(("drawn", f"G with {n} atoms")) for n in (1, 2, 3)}
    near = all(g is not None and abs(g - n) < 0.25 for n, g in peaks.items())
    shown = ", ".join(f"{g:.2f}" for g in peaks.values() if g is not None)
    small, large = value["cycle_100uA", "G after SET"], value["cycle_400uA", "G after SET"]
    reset, least = value["cycle_100uA", "RESET voltage"], value["cycle_100uA", "least G after RESET"]
    left, kept = value["rest", "metal when left"], value["rest", "metal after 1000 s"]
    begin, end = value["rest", "G in first 100 s of read"], value["rest", "G in last 100 s"]
    up, down = value["slow", "levels in SET"], value["slow", "levels in RESET"]
    fewest, most = value["drawn", "fewest atoms at 20 uA"], value["drawn", "most atoms at 20 uA"]
    counted = f"{fewest:.0f}" if fewest == most else f"{fewest:.0f} to {most:.0f}"
    return [
        (
            "current sweep 0 to 20 µA at 90 nA/s: four levels of the conductance (Fig. 3a)",
            "3 to 5 atoms at 20 µA",
            f"{atoms:.2f}; atom by atom {counted}",
            "fitted",
            3 <= round(atoms) <= 5,
        ),
        (
            "levels near multiples of G₀ (Figs. 3a, 4)",
            "1, 2, 3 G₀ within 0.25 G₀ with as many atoms, of three drawn sweeps",
            f"{shown} G₀",
            "predicted",
            near,
        ),
        (
            "about 1 G₀ after SET to 100 µA (Fig. 2f)",
            "0.75 to 1.25 G₀",
            f"{small:.2f} G₀",
            "predicted",
            0.75 <= small <= 1.25,
        ),
        ("2 to 3 G₀ after SET to 400 µA (Fig. 2d)", "2 to 3 G₀", f"{large:.2f} G₀", "predicted", 2 <= large <= 3),
        (
            "the conductance after SET rises with the compliance, 2 to 3 times from 100 to 400 µA",
            "2 to 3",
            f"{large / small:.2f}",
            "predicted",
            2 <= large / small <= 3,
        ),
        (
            "slow SET, 2.6 mV/s: levels are seen (Fig. 2g)",
            "two at least that last 1 s",
            f"{up:.0f}, from {value['slow', 'SET voltage']:.2f} V on",
            "predicted, steps put in",
            up >= 2,
        ),
        (
            "slow RESET, 4.5 mV/s: levels are seen on the way down (Fig. 2h)",
            "two at least below that of the SET",
            f"the contact goes from {value['slow', 'atoms after SET']:.0f} to "
            f"{value['slow', 'atoms after RESET']:.0f} atoms until {value['slow', 'most negative V']:.2f} V",
            "predicted",
            down >= 2 and value["slow", "atoms after RESET"] < value["slow", "atoms after SET"],
        ),
        (
            "RESET at a negative voltage back to a high resistance (Fig. 2a)",
            "below 0.1 G₀",
            f"breaks at {reset:.2f} V and {-value['cycle_100uA', 'RESET current uA']:.0f} µA; {least:.2f} G₀ are left",
            "predicted",
            least < 0.1,
        ),
        (
            "a low resistance left alone stays (Fig. 2c)",
            "metal of the contact within half an atom after 1000 s",
            f"{left:.2f} atoms, then {kept:.2f}",
            "predicted",
            abs(kept - left) < 0.5,
        ),
        (
            "read at 0.1 V it stays for 1000 s (Figs. 2c, 2e)",
            "within 0.5 G₀",
            f"from {begin:.2f} to {end:.2f} G₀",
            "predicted",
            abs(end - begin) < 0.5,
        ),
        (
            "it fluctuates while it is read (Fig. 5a)",
            "yes; no number is stated",
            f"standard deviation of {value['rest', 'its deviation']:.2f} G₀ in the first 100 s",
            "assumed rates",
            None,
        ),
    ]


def _text(name, **told):
    """A text of the page, with the numbers that it tells."""
    return (HERE / f"{name}.md").read_text(encoding="utf-8").format(**told).strip()
