"""Steps of a programme for use in Python: ramp, sweep, pulse and the others, with plain numbers in SI units.

    from ecmsim import drive
    cycle = [drive.sweep(2.0, rate=1.0), drive.sweep(1.5, rate=1.0, polarity="negative")]
    programme = drive.Programme.from_steps([drive.repeat(3, cycle)])

They have the names, meanings and defaults of the tables [[programme]] of a configuration. Common to them:
polarity: "positive", or "negative" to mirror all voltages of the step; compliance: section of the configuration that
replaces [compliance] during the step; until: Condition or its text that ends the step early; name: for events.
"""

from types import SimpleNamespace

VOLTAGE_LIMIT = 10.0  # V, of a current source


def ramp(to, rate=None, *, duration=None, until=None, compliance=None, polarity="positive", name=None):
    """From where the source is to `to` (V), either at a rate (V/s > 0) or within a duration (s)."""
    return SimpleNamespace(kind="ramp", **locals())


def sweep(peak, rate, back=0.0, *, compliance=None, polarity="positive", name=None):
    """Triangle: from where the source is to `peak` (V), then to `back` (V), both at a rate (V/s > 0)."""
    return SimpleNamespace(kind="sweep", **locals())


def hold(duration, *, until=None, compliance=None, name=None):
    """The voltage stays where it is for a duration (s), or until the condition holds."""
    return SimpleNamespace(kind="hold", **locals())


def pulse(
    amplitude,
    width,
    *,
    rise=None,
    fall=None,
    delay=0.0,
    base=0.0,
    read=None,
    compliance=None,
    polarity="positive",
    name=None,
):
    """One pulse: `delay` at `base`, `rise` to `amplitude`, `width` there, `fall` to `base`, then a `read_pulse` if
    there is one; V and s.

    The edges take 1 % of the width unless given. A source that is not at `base` goes there first.
    """
    return SimpleNamespace(kind="pulse", **locals())


def pulse_train(
    amplitude,
    width,
    count,
    interval,
    *,
    rise=None,
    fall=None,
    delay=0.0,
    base=0.0,
    read=None,
    compliance=None,
    polarity="positive",
    name=None,
):
    """`count` pulses with `interval` (s) at `base` between them, each followed by a `read` pulse if there is one.

    `delay` is before the first pulse. The rest as in `pulse`.
    """
    return SimpleNamespace(kind="pulse_train", **locals())


def write_verify(
    start,
    stop,
    increment,
    width,
    read,
    verify,
    *,
    interval=1e-3,
    rise=None,
    fall=None,
    delay=0.0,
    base=0.0,
    compliance=None,
    polarity="positive",
    name=None,
):
    """Pulses whose amplitude rises from `start` to `stop` (V) by an `increment`, each followed by a `read_pulse`, until
    the condition `verify` holds during a read. `interval`: at `base` between them, s."""
    return SimpleNamespace(kind="write_verify", **locals())


def spike_pair(
    amplitude, undershoot, width, tail, interval, *, rise=None, base=0.0, read=None, compliance=None,
    polarity="positive", name=None,
):  # fmt: skip
    """Two spikes, each up to `amplitude`, down to minus `undershoot` (V) within a `width` and back to zero within a
    `tail` (s); the cell sees the second, which comes `interval` after the first, minus the first. A `read_pulse` before
    and after them if there is one."""
    return SimpleNamespace(kind="spike_pair", **locals())


def read_pulse(amplitude, width, *, rise=None, fall=None, delay=0.0):
    """Read pulse of a `pulse` or a `pulse_train`, `delay` (s) after its pulse; from the base of that and back."""
    return SimpleNamespace(**locals())


def table(points, *, scale_time=1.0, compliance=None, polarity="positive", name=None):
    """Straight lines through points (time since the start of the step in s, V); `scale_time` multiplies the times."""
    return SimpleNamespace(kind="table", **locals())


def measured(points, tolerance, rise, *, origin=None, scale_time=1.0, compliance=None, polarity="positive", name=None):
    """The legs of a measurement (ecmsim.measured.legs_of): points as in `table`. A source that is farther than
    `tolerance` (V) from the first voltage goes there first, within `rise` (s); origin: text that tells of the file."""
    return SimpleNamespace(kind="measured", **locals())


def current_ramp(to, rate=None, *, duration=None, until=None, voltage_limit=VOLTAGE_LIMIT, name=None):
    """From where the current source is (0 A after a voltage step) to `to` (A), at a rate (A/s > 0) or within a
    duration (s). voltage_limit: largest voltage (V) of the source."""
    return SimpleNamespace(kind="current_ramp", **locals())


def current_sweep(peak, rate, back=0.0, *, voltage_limit=VOLTAGE_LIMIT, name=None):
    """Triangle to `peak` (A) and on to `back` (A), both at a rate (A/s > 0)."""
    return SimpleNamespace(kind="current_sweep", **locals())


def current_hold(duration, *, until=None, voltage_limit=VOLTAGE_LIMIT, name=None):
    """The current stays where it is (0 A after a voltage step) for a duration (s), or until the condition holds."""
    return SimpleNamespace(kind="current_hold", **locals())


def current_table(points, *, scale_time=1.0, voltage_limit=VOLTAGE_LIMIT, name=None):
    """As `table`, with points (s, A)."""
    return SimpleNamespace(kind="current_table", **locals())


def repeat(count, steps, *, name=None):
    """The steps `count` times in turn; they may contain a `repeat`, but none that contains another one."""
    return SimpleNamespace(kind="repeat", **locals())
