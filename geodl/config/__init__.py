"""Configuration: schemas of every group, rules across fields, messages for what is misspelt, and a run's identity."""

from __future__ import annotations

from geodl.config.command_line import check_command_line, rephrase
from geodl.config.commands import SCORE, TRAIN, Command
from geodl.config.fingerprint import fingerprint, slug
from geodl.config.help import help_page
from geodl.config.resolve import resolve
from geodl.config.settle import settle
from geodl.config.store import CONFIG_NAME, VERSION_BASE, conf_dir, register
from geodl.config.suggest import did_you_mean
from geodl.config.validate import validate
from geodl.config.validate_score import validate_score

__all__ = [
    "CONFIG_NAME",
    "SCORE",
    "TRAIN",
    "VERSION_BASE",
    "Command",
    "check_command_line",
    "conf_dir",
    "did_you_mean",
    "fingerprint",
    "help_page",
    "register",
    "rephrase",
    "resolve",
    "settle",
    "slug",
    "validate",
    "validate_score",
]
