"""``npz``: a user's own data in one NumPy archive with the arrays x_train, y_train, x_test, y_test."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from geodl.data.arrays import Arrays, Samples
from geodl.data.options import check_choice
from geodl.errors import DataError

_NAMES = ("x_train", "y_train", "x_test", "y_test")
_LAYOUTS = ("auto", "NCHW", "NHWC")
_CHANNELS = {1, 3}


def load_npz(*, path: str | Path, layout: str = "auto") -> Arrays:
    """Load and check a data set of the user's own.

    Samples may be

    - vectors (n, d) of a floating dtype,
    - grey images (n, H, W), uint8 or floating, which become (n, 1, H, W),
    - images (n, C, H, W) or (n, H, W, C), uint8 or floating. With ``layout="auto"`` the channel axis is the
      one among the second and the last that has 1 or 3 entries; where both or neither have, the layout has to
      be given.

    Floating samples become float32. Labels are integers 0..K-1, K = largest training label + 1. Nothing is
    unpickled.

    Args:
        path: the archive, written by ``np.savez(path, x_train=..., y_train=..., x_test=..., y_test=...)``.
        layout: axes of four-dimensional arrays, "auto", "NCHW" or "NHWC".

    Returns:
        Images (n, C, H, W) or vectors (n, d), and K classes.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     x, y = np.zeros((4, 8, 8), dtype=np.uint8), np.array([0, 1, 0, 1])
    ...     np.savez(Path(folder, "mine.npz"), x_train=x, y_train=y, x_test=x, y_test=y)
    ...     load_npz(path=Path(folder, "mine.npz")).x_train.shape
    (4, 1, 8, 8)
    """
    check_choice("data.layout", layout, _LAYOUTS)
    found = _read_archive(Path(path).expanduser())
    y_train = _labels("y_train", found["y_train"])
    return Arrays(
        "npz",
        _samples("x_train", found["x_train"], layout),
        y_train,
        _samples("x_test", found["x_test"], layout),
        _labels("y_test", found["y_test"]),
        n_classes=int(y_train.max()) + 1,
    )


# The four arrays as they were saved.
def _read_archive(path: Path) -> dict[str, NDArray[Any]]:
    if not path.is_file():
        raise DataError(f"data.path: expected an npz file, found no file {path}; give its path")
    # opened here: np.load leaves its own handle open when the archive is damaged
    with path.open("rb") as file:
        try:
            archive = np.load(file, allow_pickle=False)
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise DataError(
                f"data.path: expected an npz file, found {path}, which cannot be read as one ({type(error).__name__}); "
                "write it with np.savez"
            ) from error
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise DataError(
                f"data.path: expected an npz file, found a single array in {path}; "
                f"write it with np.savez and the arrays {', '.join(_NAMES)}"
            )
        missing = [name for name in _NAMES if name not in archive.files]
        if missing:
            raise DataError(
                f"data.path: expected the arrays {', '.join(_NAMES)} in {path}, found {archive.files} "
                f"(missing: {', '.join(missing)}); write it with np.savez(path, x_train=..., ...)"
            )
        return {name: _read_array(archive, name) for name in _NAMES}


def _read_array(archive: np.lib.npyio.NpzFile, name: str) -> NDArray[Any]:
    try:
        return np.asarray(archive[name])
    except ValueError as error:
        raise DataError(
            f"data=npz: {name}: expected numbers, found an array that cannot be read without unpickling "
            f"({error}); save it with a numeric dtype, not as objects"
        ) from error
    except (OSError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(
            f"data=npz: {name}: expected a complete array, found a damaged one ({error}); write it again"
        ) from error


def _labels(name: str, y: NDArray[Any]) -> NDArray[np.int64]:
    if not np.issubdtype(y.dtype, np.integer):
        raise DataError(f"data=npz: {name}: expected integer labels, found {y.dtype}; convert with astype('int64')")
    if y.ndim != 1 or y.size == 0:
        raise DataError(
            f"data=npz: {name}: expected one label a sample, shape (n,) with n >= 1, found shape {y.shape}; "
            "flatten it with reshape(-1), or add samples"
        )
    return y.astype(np.int64)


def _samples(name: str, x: NDArray[Any], layout: str) -> Samples:
    where = f"data=npz: {name}"
    is_float = np.issubdtype(x.dtype, np.floating)
    if not is_float and not (x.dtype == np.uint8 and x.ndim > 2):
        raise DataError(
            f"{where}: expected uint8 images or floating samples, found {x.dtype} of shape {x.shape}; "
            "convert with astype('float32')"
        )
    if x.ndim not in {2, 3, 4}:
        raise DataError(
            f"{where}: expected vectors (n, d) or images (n, H, W), (n, C, H, W), (n, H, W, C), "
            f"found shape {x.shape}; reshape it"
        )
    if x.ndim == 3:
        x = x[:, np.newaxis]
    elif x.ndim == 4 and _is_channels_last(where, x.shape, layout):
        x = np.moveaxis(x, 3, 1)
    if is_float:
        # a value beyond float32's range turns into inf, which Arrays reports as not finite
        with np.errstate(over="ignore"):
            x = x.astype(np.float32)
    return np.ascontiguousarray(x)


def _is_channels_last(where: str, shape: tuple[int, ...], layout: str) -> bool:
    if layout != "auto":
        return layout == "NHWC"
    first, last = shape[1] in _CHANNELS, shape[3] in _CHANNELS
    if first == last:
        raise DataError(
            f"{where}: expected 1 or 3 channels on exactly one of the second and the last axis, found shape "
            f"{shape}, where {'both' if first else 'neither'} could be; set data.layout=NCHW or data.layout=NHWC"
        )
    return last
