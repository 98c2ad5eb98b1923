"""``python -m simulator.world``."""

from simulator.world.seeded import main

if __name__ == "__main__":
    main()
