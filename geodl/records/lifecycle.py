"""How a run ends: finished, failed or interrupted, and its folder says so."""

from __future__ import annotations

import contextlib
import logging
import shutil
from collections.abc import Iterator

from geodl.errors import RunFolderError
from geodl.records.run_folder import RunFolder

log = logging.getLogger(__name__)


@contextlib.contextmanager
def ending(folder: RunFolder) -> Iterator[None]:
    """Mark a run as the block leaves it, and pass its error on.

    Args:
        folder: The folder of the run.

    Yields:
        Nothing.

    Raises:
        RunFolderError: If the folder could not be written.
        KeyboardInterrupt: If the user stopped the run.
    """
    try:
        yield
    except KeyboardInterrupt as error:
        folder.end("interrupted", error)
        log.warning("%s: interrupted; what it has written so far is in %s", folder.path.name, folder.path)
        raise
    except Exception as error:
        no_room = isinstance(error, OSError) or _is_disk_full(folder, error)
        folder.end("failed", error)
        if no_room:
            raise RunFolderError(
                f"paths.outputs: expected room and permission to write {folder.path}, found: {error}; the metrics "
                "written so far are kept; free space or set paths.outputs=<another folder>"
            ) from error
        raise
    folder.end("finished")


def _is_disk_full(folder: RunFolder, error: Exception) -> bool:
    # torch and safetensors report a full disk as errors of their own.
    return "No space left on device" in str(error) or shutil.disk_usage(folder.path).free < 64 * 1024
