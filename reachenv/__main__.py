"""`python -m reachenv` is the command `reachenv`."""

from reachenv.lab.commands.main import main

if __name__ == "__main__":
    main()
