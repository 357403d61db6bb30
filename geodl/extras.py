"""Optional packages, asked for in the moment they are needed."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from geodl.errors import MissingExtraError


def require(module: str, *, extra: str, for_what: str) -> ModuleType:
    """Import an optional package, or say which extra brings it.

    Args:
        module: Name of the module, such as ``transformers``.
        extra: Name of the extra in ``pyproject.toml`` that installs it, such as ``huggingface``.
        for_what: What asks for it, as the user wrote it, such as ``model=huggingface``.

    Returns:
        The imported module.

    Raises:
        MissingExtraError: If the package is not installed, or lacks something that it imports itself.

    Example:
        >>> require("math", extra="none", for_what="this example").sqrt(4.0)
        2.0
    """
    package = module.partition(".")[0]
    if importlib.util.find_spec(package) is None:
        raise MissingExtraError(f"{for_what}: expected the package {package}, found none; pip install 'geodl[{extra}]'")
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"{for_what}: expected the package {package} with all it needs, found no {error.name}; "
            f"pip install 'geodl[{extra}]'"
        ) from error
