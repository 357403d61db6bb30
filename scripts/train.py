#!/usr/bin/env python
"""Train one run or a sweep: ``python scripts/train.py --help`` says how (the same command as ``geodl-train``)."""

import sys

from geodl.cli.train import main

if __name__ == "__main__":
    sys.exit(main())
