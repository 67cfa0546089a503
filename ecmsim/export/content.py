"""What is exported of a run: tables by name (pandas DataFrames), and words on what their columns are."""

import numpy as np

from ecmsim.errors import ConfigError
from ecmsim.export.line import field_lines
from ecmsim.results.columns import COLUMNS
from ecmsim.results.tables import tables_of
from ecmsim.switching.values import Definitions


def content_of(run, times=None, every=1, line=None, points=400, definitions=Definitions()):  # noqa: B008  (frozen)
    """The tables of a run (a Run) by name, and words on their columns by the same names (lists of texts).

    timeseries, events; cycles, pulses where there are any; outlines: all of them, every so many, or those nearest to
    times (s); fields: of each snapshot along a line (r0, z0, r1, z1) in nm (None: the axis), at a number of points.
    """
    tables = {"timeseries": run.timeseries, "events": run.events}
    words = {"timeseries": [f"{name}: {text}" for name, text in COLUMNS.items()], "events": ["What happened when."]}
    words["timeseries"][:0] = filter(None, [run.loan])
    for name, (table, told) in tables_of(run, definitions).items():
        tables[name], words[name] = table, told
    tables["outlines"] = outlines_of(run, times, every)
    words["outlines"] = [
        "Points of the filament, from the tip to the foot, and of the active electrode's surface, from the axis "
        "outwards; step is the row of timeseries, from 0."
    ]
    if run.snapshots:
        tables["fields"] = field_lines(run, line, points)
        words["fields"] = [
            "Fields of the snapshots along a line, s_nm from its beginning; nan where a field is not defined; "
            "material: 0 counter electrode, 1 filament, 2 switching layer, 3 active electrode."
        ]
    elif line is not None:
        raise ConfigError(f"{run.folder} has no snapshots, so that there are no fields along a line: leave --line out")
    return tables, words


def outlines_of(run, times=None, every=1):
    """The outlines of a run as a DataFrame with step, time_s, curve, r_nm, z_nm; see content_of."""
    import pandas as pd

    outlines = run.outlines
    if times is not None:
        chosen = [outlines.nearest(time_s=time) for time in times]
    else:
        chosen = [item for number, item in enumerate(outlines) if number % every == 0 or number == len(outlines) - 1]
    parts = [
        (item.step, item.time_s, curve, points)
        for item in chosen
        for curve, points in (("filament", item.points), ("active electrode", item.electrode_points))
    ]
    lengths = [len(points) for *_, points in parts]
    both = np.concatenate([np.empty((0, 2)), *(points for *_, points in parts)])
    return pd.DataFrame(
        {
            "step": np.repeat([part[0] for part in parts], lengths),
            "time_s": np.repeat([part[1] for part in parts], lengths),
            "curve": np.repeat([part[2] for part in parts], lengths),
            "r_nm": both[:, 0],
            "z_nm": both[:, 1],
        }
    )
