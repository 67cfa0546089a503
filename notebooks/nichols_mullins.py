"""Ripples on a cylinder against the theory of Nichols and Mullins: figure and orders of convergence.

./ecm python notebooks/nichols_mullins.py   writes notebooks/figures/nichols_mullins.png
"""

from pathlib import Path

import numpy as np

from ecmsim.plot import style
from ecmsim.shape.filament import Filament
from ecmsim.shape.relaxation import growth_rate, relax

RADIUS, AMPLITUDE, COEFFICIENT = 1.0, 1e-4, 1.0  # nm, 1, nm4/s


def measured(x, segments):
    """Growth rate (1/s) of a ripple with k r0 = x, from half of a growth or decay time with so many segments."""
    wavelength = 2 * np.pi * RADIUS / x
    z = np.linspace(wavelength / 2, 0, segments + 1)
    cosine = np.cos(2 * np.pi * z / wavelength)
    wall = Filament(np.stack([RADIUS * (1 + AMPLITUDE * cosine), z], axis=1))
    time = 0.5 / abs(growth_rate(x / RADIUS, RADIUS, COEFFICIENT))
    end = relax(wall, COEFFICIENT, time, ends=("mirror", "mirror"), spacing=None, tolerance=1e-8).filaments[-1]

    def ripple(filament):
        return np.trapezoid(filament.points[:, 0] * np.cos(2 * np.pi * filament.points[:, 1] / wavelength), z)

    return np.log(ripple(end) / ripple(wall)) / time


def main():
    line = np.linspace(0.02, 1.6, 300)
    points = np.array([0.25, 0.5, 1 / np.sqrt(2), 0.9, 1.1, 1.25, 1.4, 1.55])
    segments = np.array([8, 16, 32, 64])
    with style.picture(Path(__file__).parent / "figures" / "nichols_mullins.png", style.PAGE_MM, 70) as figure:
        rates, errors = figure.subplots(1, 2)
        rates.axhline(0, color=style.GREY, lw=0.6)
        rates.plot(
            line, growth_rate(line / RADIUS, RADIUS, COEFFICIENT), color=style.BLACK, label="Nichols and Mullins"
        )
        rates.plot(points, [measured(x, 32) for x in points], "o", color=style.VERMILION, label="32 segments")
        rates.set(xlabel="Wave number $k\\,r_0$", ylabel="Growth rate (units of $B/r_0^4$)", ylim=(-4.2, 0.6))
        rates.legend(loc="lower left")
        for x, colour in zip((0.5, 1 / np.sqrt(2), 1.5), (style.BLUE, style.GREEN, style.VERMILION), strict=True):
            exact = growth_rate(x / RADIUS, RADIUS, COEFFICIENT)
            error = np.abs(np.array([measured(x, n) for n in segments]) / exact - 1)
            order = -np.polyfit(np.log(segments), np.log(error), 1)[0]
            print(f"k r0 = {x:.3f}: errors {error}, order {order:.2f}")
            errors.loglog(segments, error, "o-", color=colour, label=f"$k\\,r_0$ = {x:.3g}, order {order:.2f}")
        errors.set(xlabel="Segments of half a wavelength", ylabel="Relative error of the rate")
        errors.set_xticks(segments, [str(n) for n in segments])
        errors.minorticks_off()
        errors.legend()
        style.panel_letter(rates, "a")
        style.panel_letter(errors, "b")


if __name__ == "__main__":
    main()
