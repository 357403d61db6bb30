#!/usr/bin/env python
"""New scores on saved checkpoints: ``python scripts/rescore.py outputs/<sweep>`` (the same as ``geodl-rescore``)."""

import sys

from geodl.cli.rescore import main

if __name__ == "__main__":
    sys.exit(main())
