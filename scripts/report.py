#!/usr/bin/env python
"""Write the report of a sweep: ``python scripts/report.py outputs/<sweep>`` (the same command as ``geodl-report``)."""

import sys

from geodl.cli.report import main

if __name__ == "__main__":
    sys.exit(main())
