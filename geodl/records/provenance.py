"""Where a number comes from: code, versions, machine and command."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import platform
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

PACKAGES = (
    "geodl",
    "torch",
    "torchvision",
    "pytorch-lightning",
    "torchmetrics",
    "POT",
    "numpy",
    "scipy",
    "scikit-learn",
    "mlxtend",
    "hydra-core",
    "omegaconf",
    "wandb",
)
EXTRAS = ("timm", "transformers")  # said where they are installed


def provenance() -> dict[str, Any]:
    """Describe the code and the machine.

    Returns:
        ``commit`` and ``dirty`` of the checkout (None in an installed package), ``diff_sha`` (a hash of the changes
        since the commit, "" when there are none), ``code_sha`` (a hash of the package's own files), ``packages``,
        ``python``, ``platform``, ``threads``, ``device``, ``command``.
    """
    import torch  # this module is also read by commands that need no torch

    package = Path(__file__).resolve().parents[1]
    changes = _git(package.parent, "diff", "HEAD", "--", "geodl", "conf")
    commit = _git(package.parent, "rev-parse", "HEAD")
    return {
        "commit": commit,
        "dirty": None if changes is None else bool(changes),
        "diff_sha": hashlib.sha256(changes.encode()).hexdigest()[:12] if changes else "",
        "code_sha": _code_sha(package),
        "packages": {
            **{name: importlib.metadata.version(name) for name in PACKAGES},
            **{name: importlib.metadata.version(name) for name in EXTRAS if importlib.util.find_spec(name)},
        },
        "python": platform.python_version(),
        "platform": platform.platform(),
        "threads": torch.get_num_threads(),
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
        "command": shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]]),
    }


def _git(folder: Path, *arguments: str) -> str | None:
    if not (folder / ".git").exists():
        return None  # an installed package: a repository further up would be somebody else's
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, text=True, timeout=10, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _code_sha(package: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        digest.update(str(file.relative_to(package)).encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]
