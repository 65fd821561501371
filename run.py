"""Serve the rooms: `python run.py --help` tells the rest."""

import sys

from chat_app.main import main

if __name__ == "__main__":
    sys.exit(main())
