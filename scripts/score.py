#!/usr/bin/env python
"""Score models as they are: ``python scripts/score.py --help`` says how (the same command as ``geodl-score``)."""

import sys

from geodl.cli.score import main

if __name__ == "__main__":
    sys.exit(main())
