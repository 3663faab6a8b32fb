"""`python -m pipeline`: the command line, from a checkout; installed, it is called `gcw`."""

import sys

from pipeline.cli.app import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
