"""`python -m pipeline` is `curate`."""

import sys

from pipeline.cli import main

sys.exit(main())
