"""The pages' templates, which share one style."""

from __future__ import annotations

from typing import Any

import jinja2


def render_template(name: str, **values: Any) -> str:
    """Fill a template of this package.

    Args:
        name: File name, such as ``report.html.j2``.
        **values: What it shows.

    Returns:
        The page; text is escaped.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("geodl", "report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name).render(**values)
