"""The current that an instrument at the terminals of a cell would show."""


def terminal_current(column):
    """Current of the source, A, (n,), where more than the cell draws on it; else that of the cell. column: name ->
    values of a time series, also of an old run."""
    beside = [column.get(name) for name in ("capacitor_current_A", "leakage_current_A")]
    if any(values is not None and values.any() for values in beside):
        return column["source_current_A"]
    return column["current_A"]
