"""Wording shared by all messages: values as the user wrote them, lists, did-you-mean."""

import difflib
import json


def quoted(value, width=100):
    """A value as it would stand in the TOML file, shortened to about `width` characters."""
    if isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, str):
        text = json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict):
        text = "{" + ", ".join(f"{key} = {quoted(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, (list, tuple)):
        text = "[" + ", ".join(quoted(item) for item in value) + "]"
    else:
        text = str(value)
    return text if len(text) <= width else text[: width - 3] + "..."


def listed(names, last="or"):
    """Names in quotes: "a", "b" or "c"."""
    names = [f'"{name}"' for name in names]
    return f" {last} ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def did_you_mean(given, names):
    """ "; did you mean "x"?" for the name closest to `given`, or nothing."""
    lower = {name.lower(): name for name in names}
    close = difflib.get_close_matches(str(given).lower(), lower, n=1, cutoff=0.6)
    return f'; did you mean "{lower[close[0]]}"?' if close else ""
