"""The content of a checkpoint as the bytes of an HDF5 file, and back, to the last bit.

An array is a data set; Python's own types carry their name in an attribute.
"""

import io

import h5py
import numpy as np

TYPE = "type"  # attribute that tells Python's own types from arrays
TEXT = h5py.string_dtype()
INT64 = np.iinfo(np.int64)


def encode(content):
    """The bytes of an HDF5 file with a content as Checkpoints.write takes it.

    The file is made in memory: HDF5 can crash on a disk that is full.
    """
    # Without libver="latest": images of such files are not valid (HDF5 1.14).
    with h5py.File("checkpoint", "w", driver="core", backing_store=False, block_size=2**20) as file:
        _put_items(file, content)
        file.flush()
        return file.id.get_file_image()


def decode(image):
    """The content of an encoded checkpoint. Raises OSError, RuntimeError, KeyError or ValueError."""
    with h5py.File(io.BytesIO(image), "r") as file:
        return _get_items(file)


def _put_items(group, items):
    for key, value in items.items():
        if not isinstance(key, str) or key in ("", ".", "..") or "/" in key or "\0" in key:
            raise ValueError(f"{key!r} cannot name a part of a checkpoint")
        _put(group, key, value)


def _put(group, key, value):
    if isinstance(value, dict):
        kind, item = "dict", group.create_group(key)
        _put_items(item, value)
    elif isinstance(value, (np.ndarray, np.generic)) and not isinstance(value, str):
        if value.dtype.kind not in "biufc":
            raise TypeError(f"{group.name}/{key}: an array of {value.dtype} cannot be kept in a checkpoint")
        kind, item = "scalar" if isinstance(value, np.generic) else None, group.create_dataset(key, data=value)
    elif isinstance(value, (list, tuple)):
        kind, item = "tuple" if isinstance(value, tuple) else "list", _put_sequence(group, key, value)
    elif value is None:
        kind, item = "None", group.create_dataset(key, data=h5py.Empty("f8"))
    else:
        kind = next((name for name, plain in SCALARS.items() if isinstance(value, plain)), None)
        if kind is None:
            raise TypeError(f"{group.name}/{key}: {type(value).__name__} cannot be kept in a checkpoint")
        if kind == "int" and not INT64.min <= value <= INT64.max:
            value = str(value)
        text = isinstance(value, str)
        item = group.create_dataset(key, data=value, dtype=TEXT if text else {"int": np.int64}.get(kind))
    if kind:
        item.attrs[TYPE] = kind


def _put_sequence(group, key, values):
    """A data set for floats or texts only, a group for anything else."""
    if values and all(type(value) is float for value in values):
        return group.create_dataset(key, data=np.array(values))
    if values and all(type(value) is str for value in values):
        return group.create_dataset(key, data=list(values), dtype=TEXT)
    item = group.create_group(key)
    for k, value in enumerate(values):
        _put(item, str(k), value)
    return item


def _get_items(group):
    return {key: _get(item) for key, item in group.items()}


def _get(item):
    kind = item.attrs.get(TYPE)
    if isinstance(item, h5py.Group):
        items = _get_items(item)
        return items if kind == "dict" else SEQUENCES[kind](items[str(k)] for k in range(len(items)))
    if kind == "None":
        return None
    value = item.asstr()[()] if h5py.check_string_dtype(item.dtype) else item[()]
    if kind is None:
        return np.asarray(value)
    return value if kind == "scalar" else (SEQUENCES | SCALARS)[kind](value)


SEQUENCES = {
    "list": lambda values: values.tolist() if isinstance(values, np.ndarray) else list(values),
    "tuple": lambda values: tuple(values.tolist() if isinstance(values, np.ndarray) else values),
}
SCALARS = {"bool": bool, "int": int, "float": float, "str": str}  # a bool is an int, too
