"""The errors that a user of geodl can meet, each a ``ValueError`` with one clear sentence.

Every message has the same four parts: the configuration key or argument, what was expected, what was found, and what
to do about it.
"""

from __future__ import annotations


class GeodlError(Exception):
    """Base of all errors that geodl raises on purpose."""


class ConfigError(GeodlError, ValueError):
    """A configuration value, name or combination that cannot be run."""


class DataError(GeodlError, ValueError):
    """A data set that is missing, malformed or too small for what was asked."""


class TrackError(GeodlError, ValueError):
    """A data track that could not be recorded or is inconsistent."""


class RunFolderError(GeodlError, ValueError):
    """A run folder that cannot be written, or that belongs to another run."""


class TrainingDivergedError(GeodlError, ValueError):
    """A loss that stopped being finite; the run keeps its metrics up to the epoch before."""


class MissingExtraError(GeodlError, ImportError):
    """A package of an extra that is not installed."""
