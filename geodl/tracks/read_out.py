"""Where on its way through a network a state is read, and how that is written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from geodl.errors import TrackError

GRAMMAR = re.compile(r"(?P<module>[^:\[\]#]+)(?P<port>:input)?(\[(?P<item>[^\[\]]+)\])?(#(?P<firing>[1-9]\d*|\*))?")


@dataclass(frozen=True)
class ReadOut:
    """One point of a forward pass.

    It is written ``MODULE``, then ``:input`` for what the module receives, then ``[ITEM]`` for one item of several,
    then ``#FIRING`` for one run of a module that runs more than once.

    Attributes:
        module: name of the module, as in ``network.named_modules()``.
        port: "output", what the module returns, or "input", what it receives.
        item: position or key in a tuple or mapping of several tensors; None where there is one tensor.
        firing: which of the module's runs in one forward pass, from 1; None for a module that runs once.

    Example:
        >>> ReadOut.parse("h.0:input[hidden_states]#2")
        ReadOut(module='h.0', port='input', item='hidden_states', firing=2)
        >>> str(ReadOut("encoder.layer.3"))
        'encoder.layer.3'
    """

    module: str
    port: str = "output"
    item: str | None = None
    firing: int | None = None

    @classmethod
    def parse(cls, text: str) -> ReadOut:
        """Read a read-out as it is written.

        Args:
            text: for example ``blocks.0``, ``blocks.0:input``, ``h.3[0]`` or ``shared#2``.

        Returns:
            The read-out.

        Raises:
            TrackError: the text is not written like that.
        """
        match = GRAMMAR.fullmatch(text) if isinstance(text, str) else None
        if match is None or match["firing"] == "*":
            raise TrackError(
                f"read_outs: expected NAME, NAME:input, NAME[ITEM] or NAME#FIRING, found {text!r}; "
                "names are those of model.named_modules(), such as 'blocks.0'"
            )
        return cls(
            module=match["module"],
            port="input" if match["port"] else "output",
            item=match["item"],
            firing=int(match["firing"]) if match["firing"] else None,
        )

    def __str__(self) -> str:
        port = ":input" if self.port == "input" else ""
        item = "" if self.item is None else f"[{self.item}]"
        firing = "" if self.firing is None else f"#{self.firing}"
        return f"{self.module}{port}{item}{firing}"
