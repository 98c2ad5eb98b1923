"""``python -m simulator.exploration``."""

import sys

from simulator.exploration.explorer import main

if __name__ == "__main__":
    sys.exit(main())
