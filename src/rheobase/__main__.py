"""`python -m rheobase` is the command `rheobase`."""

from rheobase.cli.main import main

if __name__ == "__main__":
    main()
