"""Entry point of the ``scanlane`` command."""

from edge.cli import main

if __name__ == "__main__":
    main()
