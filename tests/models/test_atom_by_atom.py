"""Atoms that join a contact and leave it one by one: waiting times, occupation, mean, what steps must not change."""

from math import exp

import numpy as np
import pytest
from scipy.stats import binom, chisquare, kstest

from ecmsim.config import load_config
from ecmsim.constants import BOLTZMANN_EV, ELEMENTARY_CHARGE
from ecmsim.errors import ConfigError, SolveError
from ecmsim.models.counting import Count, Counting
from ecmsim.physics.atom_by_atom import AtomByAtom
from ecmsim.physics.bridging import Bridging
from ecmsim.physics.model import DeviceModel

ROOM = 300.0
HOP = 1e13 * exp(-0.75 / (BOLTZMANN_EV * ROOM))  # 1/s
DRAWN = [
    "tunnelling.law=blend",
    "contact.atoms=drawn",
    "contact.attempt_frequency=1e13 / s",
    "contact.barrier=0.75 eV",
    "contact.binding=0.2 eV",
]


def law_of(binding=0.2, seed=1):
    return Counting(AtomByAtom(1e13, 0.75, binding, 1.0), seed)


def still(law, metal, times, exchange=0.0, temperature=ROOM, cycle=1, count=None):
    """N at times (s), with as much metal all along."""
    count = count or law.begun(metal, cycle)
    found, before = [], 0.0
    for time in times:
        count = law.advanced(count, metal, exchange, temperature, time - before, cycle)
        found.append(count.number)
        before = time
    return np.array(found)


@pytest.mark.slow
@pytest.mark.parametrize("exchange", [0.0, 1.3])
def test_waiting_times_are_exponential_with_the_mean_of_the_rates(exchange):
    """1,000 stays each at 2 and at 3 atoms, with the metal of 2.4: telegraph noise."""
    law, step = law_of(binding=2.0), 0.02 / (HOP + 2 * exchange)
    trace = still(law, 2.4, step * np.arange(1, 280_000), exchange)
    edges = np.flatnonzero(np.diff(trace)) + 1
    for number in (2, 3):
        stays = (np.diff(edges) * step)[trace[edges[:-1]] == number][:1000]
        assert len(stays) == 1000
        rate = 2 * exchange + (0.4 if number == 2 else 0.6) * HOP
        # Seen at whole steps alone: a stay is known to one of them.
        seen = stays + step * np.random.default_rng(1).uniform(-0.5, 0.5, 1000)
        assert kstest(seen, "expon", args=(0, 1 / rate)).pvalue > 0.01
        assert stays.mean() == pytest.approx(1 / rate, rel=4 / np.sqrt(1000))


def test_arrivals_alone_are_a_poisson_process():
    """Growth without hopping: 40 atoms' worth of metal in 2 s; numbers over many seeds have mean and variance 40."""
    counts = []
    for seed in range(400):
        law = Counting(AtomByAtom(1.0, 5.0, 0.0, 1.0), seed)
        count = law.begun(1.0, 1)
        for k in range(1, 5):
            count = law.advanced(count, 1.0 + 10 * k, 0.0, ROOM, 0.5, 1)
        counts.append(count.number - 1)
    assert np.mean(counts) == pytest.approx(40, abs=4 * np.sqrt(40 / 400))
    assert np.var(counts) == pytest.approx(40, rel=4 * np.sqrt(2 / 400))


@pytest.mark.slow
@pytest.mark.parametrize("steps", [0.5, 400.0])
def test_without_currents_the_occupation_is_in_detailed_balance(steps):
    """At a whole x each atom is in the contact with probability a/(a + b): binomial; long steps draw from it at once.

    steps: in units of 1/a.
    """
    law, binding = law_of(binding=0.02, seed=3), 0.02
    apart = int(np.ceil(8 / steps)) if steps < 8 else 1  # until what was before is forgotten
    trace = still(law, 4.0, steps / HOP * np.arange(1, 2501 * apart))[apart - 1 :: apart]
    share = 1 / (1 + exp(-binding / (BOLTZMANN_EV * ROOM)))
    wanted = binom(4, share).pmf(np.arange(5)) * len(trace)
    assert trace.max() <= 4
    assert chisquare(np.bincount(trace, minlength=5), wanted).pvalue > 0.01


@pytest.mark.slow
def test_long_steps_and_many_short_ones_have_the_same_occupation_with_exchange():
    """Where both, reaction and hopping, take part: what is drawn at once against what comes out event by event."""
    short = still(law_of(seed=1), 1.6, 10 / HOP * np.arange(1, 4001), exchange=2 * HOP)
    long = still(law_of(seed=2), 1.6, 100 / HOP * np.arange(1, 4001), exchange=2 * HOP)
    largest = max(short.max(), long.max())
    share = [np.bincount(trace, minlength=largest + 1) / len(trace) for trace in (short, long)]
    assert np.abs(share[0] - share[1]).max() < 5 * np.sqrt(0.25 * 2 / 4000)
    assert short.std() > 1  # both branches of a reaction make it fluctuate


@pytest.mark.slow
def test_the_mean_over_many_runs_is_the_metal():
    """Bound well, <N> = x at every moment of growth and of dissolution: the law without whole atoms."""
    times, runs = np.linspace(0, 4, 41), 600
    metal = 1.3 + 4 * np.sin(np.pi * times / 4) ** 2
    traces = []
    for seed in range(runs):
        law = law_of(binding=2.0, seed=seed)
        count = law.begun(metal[0], 1)
        trace = [count.number]
        for k in range(1, len(times)):
            count = law.advanced(count, metal[k], 0.2, ROOM, times[k] - times[k - 1], 1)
            trace.append(count.number)
        traces.append(trace)
    traces = np.array(traces)
    off = (traces.mean(axis=0) - metal) / (traces.std(axis=0) / np.sqrt(runs))
    assert np.abs(off).max() < 4.5
    assert traces.std(axis=0)[1:].min() > 0.3


def test_less_well_bound_the_mean_relaxes_to_a_part_of_the_metal():
    """d<N>/dt = a (x - <N>) - b <N>, from N = x, as long as x - N is more than nothing."""
    binding, runs = 0.01, 600
    share = exp(-binding / (BOLTZMANN_EV * ROOM))
    times = np.array([0.1, 0.3, 1.0, 3.0]) / HOP
    numbers = np.array([still(law_of(binding, seed), 8.0, times) for seed in range(runs)])
    end = 8 / (1 + share)
    wanted = end + (8 - end) * np.exp(-(1 + share) * HOP * times)
    error = numbers.std(axis=0) / np.sqrt(runs)
    assert (np.abs(numbers.mean(axis=0) - wanted) < 4 * error).all()


def test_steps_do_not_decide_what_happens():
    """The same events whatever the steps: one that is taken again, shorter, does not draw anew."""
    law, times = law_of(seed=11), np.arange(1, 41) / HOP
    every = still(law, 2.4, times, exchange=0.7)
    finer = still(law, 2.4, np.arange(1, 401) / 10 / HOP, exchange=0.7)
    assert (every == finer[9::10]).all() and len(set(every)) > 1


def test_a_seed_tells_all_and_every_cycle_draws_anew():
    times = np.arange(1, 41) / HOP
    first, again, other = (still(law_of(seed=seed), 2.4, times) for seed in (5, 5, 6))
    assert (first == again).all() and (first != other).any()
    assert (first != still(law_of(seed=5), 2.4, times, cycle=2)).any()
    # Whatever went on in the cycle before, the next one draws the same.
    counts = [Count(2, 2.4, 0.3, drawn, 1) for drawn in (0, 17)]
    one, two = (still(law_of(seed=5), 2.4, times, cycle=2, count=count) for count in counts)
    assert (one == two).all()


def test_lifetimes_follow_arrhenius():
    rates = [law_of().law.hopping(temperature)[0] for temperature in (300.0, 350.0)]
    assert rates[0] == pytest.approx(HOP)
    assert np.log(rates[1] / rates[0]) == pytest.approx(0.75 / BOLTZMANN_EV * (1 / 300 - 1 / 350))
    inwards, outwards = law_of(binding=0.2).law.hopping(ROOM)
    assert outwards / inwards == pytest.approx(exp(-0.2 / (BOLTZMANN_EV * ROOM)))


def test_without_metal_in_the_layer_there_is_no_atom():
    count = law_of().advanced(Count(3, 0.4, 1.0, 0, 1), 0.0, 0.0, ROOM, 1e-9, 1)
    assert count.number == 0


def test_too_many_events_are_refused():
    law = Counting(AtomByAtom(1.0, 0.0, 0.0, 1.0), 1)
    with pytest.raises(SolveError, match="atoms enter and leave"):
        law.advanced(law.begun(2.5, 1), 2.5, 1e9, ROOM, 1.0, 1)


# --- the reaction in the layer ------------------------------------------------------------------------------------


def test_what_both_branches_share_is_the_smaller_one():
    plain = ["stress.enabled=false", "dissolution.enabled=false"]
    model = DeviceModel.from_config(load_config("configs/ag_contact.toml", [*DRAWN, *plain]))
    kinetics, at = model.kinetics, (ROOM, 0.0, 0.0)
    unit = kinetics.exchange_current_density(ROOM)
    assert model.balanced_current_density(0.0, *at) == pytest.approx(unit, rel=1e-4)
    reduced = 1 / (BOLTZMANN_EV * ROOM)
    growing, shrinking = (model.balanced_current_density(eta, *at) for eta in (-0.1, 0.1))
    assert growing < unit and shrinking < unit
    assert growing == pytest.approx(unit * exp(-0.1 * (1 - kinetics.transfer_coefficient) * reduced), rel=1e-6)
    assert shrinking == pytest.approx(unit * exp(-0.1 * kinetics.transfer_coefficient * reduced), rel=1e-6)


def test_the_exchange_is_atoms_per_time():
    assert law_of().law.exchange(3.0, 0.5) == pytest.approx(3.0 * 0.5e-18 / ELEMENTARY_CHARGE)


def test_metal_fills_the_layer_where_it_is_neither_empty_nor_full():
    """The filling area times a small growth is the metal that comes in, where nothing is bridged yet."""
    bridging = Bridging(layer=0.24, area=0.075, contact_gap=0.05)
    weight = np.array([0.3, 0.2])
    assert bridging.filling(np.array([bridging.onset + 0.01, 0.04]), weight) == 0
    gap, step = np.array([0.15, bridging.onset - 0.01]), 1e-6
    slope = (bridging.taken(gap - step, weight) - bridging.taken(gap + step, weight)) / (2 * step)
    closed = (weight * bridging.open_share(gap) * [1.0, 0.5]).sum()
    assert bridging.filling(gap, weight) == pytest.approx(closed)
    assert slope * bridging.layer == pytest.approx(weight[0] + 0.5 * weight[1], rel=1e-6)


# --- settings -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ([*DRAWN, "tunnelling.law=simmons"], "contact.atoms.*simmons.*choose"),
        ([*DRAWN, "tunnelling.enabled=false"], "contact.atoms.*tunnelling.enabled = false has no contact"),
        ([*DRAWN, "tunnelling.plateaus=false"], "contact.atoms.*plateaus = false"),
        (DRAWN[:2], r"\[contact\] attempt_frequency \(1/s\), barrier \(eV\), binding \(eV\)"),
        ([*DRAWN, "contact.barrier=-0.1 eV"], "contact.barrier"),
        ([*DRAWN, "contact.binding=0.2 V"], "contact.binding"),
        ([*DRAWN, "contact.attempt_frequency=0 / s"], "contact.attempt_frequency"),
        ([*DRAWN, "contact.seed=-1"], "contact.seed"),
        ([*DRAWN, "contact.atoms=whole"], "contact.atoms"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(settings, told):
    with pytest.raises(ConfigError, match=told):
        load_config("configs/ag_contact.toml", settings)


def test_settings_of_atoms_that_are_not_counted_are_told():
    config = load_config("configs/ag_contact.toml", ["contact.seed=3"])
    assert any("contact.seed" in line and "no effect" in line for line in config.idle)
    assert DeviceModel.from_config(config).atom_by_atom is None


def test_a_law_of_ones_own_has_to_take_the_number_of_atoms():
    config = load_config("configs/ag_contact.toml", DRAWN)
    contact = DeviceModel.from_config(config).tunnelling

    class Plain:
        bridging = contact.bridging

        def over(self, gap, weight):
            return contact.over(gap, weight)

        def decay_constant(self):
            return 1.0

    with pytest.raises(ConfigError, match="counted"):
        DeviceModel.from_config(config, {"tunnelling": Plain()})
