"""`python -m policyroute` is the command `policyroute`."""

import sys

from policyroute.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
