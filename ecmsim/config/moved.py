"""Settings that have another name now: messages tell it, and configurations of older runs are read with it."""

import tomllib

import tomli_w

# Section and name, then and now.
MOVED = {
    ("checkpoint", "every"): ("stepping", "rebind_every"),
    ("stepping", "velocity_change"): ("stepping", "relative_error"),
}


def with_new_names(text):
    """The TOML text of the effective configuration of a run with the settings of older versions under their new names.

    A text that has none of them, or is damaged, is returned as it is: who reads it tells what is wrong.
    """
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError):
        return text
    sections = {name: section for name, section in data.items() if isinstance(section, dict)}
    found = [
        (old, new)
        for old, new in MOVED.items()
        if old[1] in sections.get(old[0], {}) and isinstance(data.get(new[0], {}), dict)
    ]
    for (section, name), (new_section, new_name) in found:
        data.setdefault(new_section, {}).setdefault(new_name, data[section].pop(name))
    return tomli_w.dumps(data) if found else text
