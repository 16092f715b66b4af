"""`python -m nsfix` is the command `nsfix`."""

from nsfix.entry import main

if __name__ == "__main__":
    main()
