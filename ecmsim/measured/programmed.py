"""What the source was told, from a voltage that was measured over the cell: in compliance the two differ.

While the compliance holds, a measured voltage is that of the cell, and the source is believed to have gone on as it did
before and to have come back as it does after: two straight lines that meet at the peak.
"""

import numpy as np

REACHED = 0.95  # of the compliance current
SHARE = 0.2  # of the largest voltage: by so much a line is told from the samples before and after


def source_voltage(recording):
    """Time (s) and voltage (V) of the source, (m,), and a note on what was put in place of what, "" if nothing."""
    time, voltage = recording.time, recording.voltage
    if recording.voltage_is != "measured" or recording.current is None:
        return time, voltage, ""
    limits = np.array([recording.limit(number) or np.inf for number in recording.cycles])
    limit = limits[np.searchsorted(np.array(recording.cycles), recording.cycle)] if len(limits) else np.inf
    held = np.concatenate([[False], np.abs(recording.current) >= REACHED * limit, [False]])
    starts, ends = np.nonzero(held[1:] & ~held[:-1])[0], np.nonzero(~held[1:] & held[:-1])[0]
    kept, peaks, least = np.ones(len(time), bool), [], SHARE * np.abs(voltage).max(initial=0.0)
    for start, end in zip(starts, ends, strict=True):
        before, after = _line(time, voltage, start, -1, least), _line(time, voltage, end - 1, 1, least)
        if end - start < 3 or before is None or after is None or before[0] == after[0]:
            continue
        at = (after[1] - before[1]) / (before[0] - after[0])
        if time[start] <= at <= time[end - 1]:
            kept[start:end] = False
            peaks.append((at, before[0] * at + before[1]))
    if not peaks:
        note = "the voltage was measured over the cell" if len(starts) else ""
        return time, voltage, f"{note}; what the source did in compliance cannot be told from it" if note else ""
    all_times = np.append(time[kept], [at for at, _ in peaks])
    order = np.argsort(all_times, kind="stable")
    whole = np.append(voltage[kept], [height for _, height in peaks])
    told = ", ".join(f"{height:.3g} V" for _, height in peaks[:3]) + (", …" if len(peaks) > 3 else "")
    return (
        all_times[order],
        whole[order],
        f"the source in compliance went on to {told}, as its rates before and after tell",
    )


def _line(time, voltage, row, way, least):
    """Slope and offset of the samples next to a row, before (way -1) or after it (1); None where they are too few."""
    last = row + way
    while 0 <= last + way < len(time) and abs(voltage[last] - voltage[row + way]) < least:
        last += way
    rows = np.arange(row + way, last + way, way) if 0 <= row + way < len(time) else []
    if len(rows) < 3 or not np.ptp(time[rows]) > 0:
        return None
    slope, height = np.polyfit(time[rows] - time[row], voltage[rows], 1)
    return slope, height - slope * time[row]
