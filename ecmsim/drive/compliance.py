"""Which compliance holds during a leg, and the current at which it limits the cell: the one place that tells.

A step's own compliance replaces that of the configuration; a current source needs none. The sections are those of the
configuration ([compliance]); nothing of them is known here but kind, current and polarity, and of a transistor the
current at which it saturates.
"""


def compliance_of(config, leg):
    """The section that holds during a leg: of its step, or else of the configuration; None under a current source.

    config: what has the `compliance` of all steps without one of their own.
    """
    return None if leg.piece.source == "current" else leg.piece.compliance or config.compliance


def limit(config, leg, time):
    """Current at which an ideal compliance limits the cell at a time (s) of a leg, with the sign of what it limits, A.

    None where no ideal compliance holds. One of both polarities has the sign of the source. A transistor limits at a
    positive source, where it saturates; at a negative one what drops over the cell is lost to its gate.
    """
    compliance = compliance_of(config, leg)
    if compliance is not None and compliance.kind == "transistor":
        return (compliance.saturation_current(time) or None) if leg.source_voltage(time) > 0 else None
    if compliance is None or compliance.kind != "ideal":
        return None
    backward = leg.source_voltage(time) < 0 if compliance.polarity == "both" else compliance.polarity == "negative"
    return -float(compliance.current) if backward else float(compliance.current)
